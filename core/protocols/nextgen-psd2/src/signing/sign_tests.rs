use std::sync::LazyLock;

use bankchannel_crypto::{
    legacy_rsa,
    rsa::RsaPrivateKey,
    signature::{Hash, VerifyingKey},
};
use proptest::prelude::*;

use super::*;
use crate::{
    certificates::{CertForm, NameStyle, read_certificate_header},
    signing::{
        DecodedWords, DigestAlgorithm, ParameterSeparator, SerialStyle, algorithm_hash, decode_rfc2047, required_names,
        vectors,
    },
};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_pem(vectors::TEST_KEY, None).unwrap());
static LEAF: LazyLock<Certificate> = LazyLock::new(|| vectors::leaf(&vectors::request_a()));

const REQUEST_ID_A: &str = "4eba4445-1a4b-47b8-bdd5-4e56ef026b19";
const REQUEST_ID_B: &str = "0d5c2a3e-6f0b-4c1d-9a77-3f2b8e51c604";

/// The request before it is signed.
fn bare(mut request: Request) -> Request {
    for name in [DATE, REQUEST_ID, DIGEST, CERTIFICATE, SIGNATURE] {
        request.headers.remove(name);
    }
    request
}

fn signed(request: Request, profile: &SigningProfile) -> Result<(Request, SignedData), SignFault> {
    sign(request, &LEAF, &KEY, profile, vectors::NOW_S, REQUEST_ID_A)
}

fn empty() -> Request {
    Request::parse(b"POST /api/v1/consents?x=1 HTTP/1.1\r\n\r\n").unwrap()
}

fn read(request: &Request, lenient: bool) -> (SignatureHeader, Vec<String>) {
    let DecodedWords { text, warnings } = decode_rfc2047(request.headers.get(SIGNATURE).unwrap(), lenient).unwrap();
    (SignatureHeader::parse(&text, DuplicateParameters::Reject).unwrap(), warnings)
}

/// The core of the verification.
fn verifies(request: &Request, certificate: &Certificate) -> bool {
    let (header, _) = read(request, true);
    let hash = algorithm_hash(header.algorithm.as_deref().unwrap()).unwrap();
    let Ok(text) = signing_string(&header.signed_names(), request) else { return false };
    certificate.key().unwrap().verify_pkcs1(hash, &text.bytes, &header.signature_bytes().unwrap())
}

/// T-001 to T-004: every byte of request A.
#[test]
fn vector_a() {
    let (request, signed) = signed(bare(vectors::request_a()), &SigningProfile::default()).unwrap();
    assert_eq!(request.headers.text(DIGEST), Some("SHA-256=de4rLSCVlwP1bW5GqppBjlcH03QfwavsIRQtrYooEY4="));
    assert_eq!(signed.signing_string.bytes, vectors::SIGNING_STRING_A);
    assert_eq!(signed.key_id, vectors::KEY_ID_A);
    assert_eq!(request.to_bytes(), vectors::REQUEST_A);
    assert!(verifies(&request, &LEAF));
}

/// T-006, T-007.
#[test]
fn vector_b() {
    let expected = vectors::request_b();
    let leaf = vectors::leaf(&expected);
    let profile = SigningProfile::default();
    let (request, signed) = sign(bare(expected.clone()), &leaf, &KEY, &profile, vectors::NOW_S, REQUEST_ID_B).unwrap();
    assert_eq!(signed.signing_string.bytes, vectors::SIGNING_STRING_B);
    assert_eq!(signed.key_id, vectors::KEY_ID_B);
    assert_eq!(request.headers.len(), expected.headers.len());
    for header in expected.headers.iter() {
        assert_eq!(request.headers.get(&header.name), Some(header.trimmed()), "{}", header.name);
    }
    assert!(verifies(&request, &leaf));
}

/// T-009.
#[test]
fn vector_c() {
    let profile = SigningProfile {
        signature_hash: Hash::Sha512,
        digest_algorithm: DigestAlgorithm::Sha512,
        ..SigningProfile::default()
    };
    let (request, signed) = signed(bare(vectors::request_a()), &profile).unwrap();
    assert_eq!(request.headers.text(DIGEST), Some(vectors::DIGEST_C));
    assert_eq!(signed.signing_string.bytes.len(), 191);
    let (header, _) = read(&request, false);
    assert_eq!((header.algorithm.as_deref(), header.signature.as_str()), (Some("rsa-sha512"), vectors::SIGNATURE_C));
    assert!(verifies(&request, &LEAF));
}

/// T-010, T-011.
#[test]
fn vectors_d() {
    let base64: String = vectors::CAVAGE_KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let spki = STANDARD.decode(base64.as_bytes()).unwrap();
    let key = VerifyingKey::from_spki_der(&spki).unwrap();
    for (listed, signature) in vectors::CAVAGE {
        let listed = listed.map_or(String::new(), |names| format!("headers=\"{names}\","));
        let text = format!("keyId=\"Test\",algorithm=\"rsa-sha256\",{listed}signature=\"{signature}\"");
        let header = SignatureHeader::parse(&text, DuplicateParameters::Reject).unwrap();
        let text = signing_string(&header.signed_names(), &vectors::request_d()).unwrap().bytes;
        let signature = header.signature_bytes().unwrap();
        assert!(legacy_rsa::verify_pkcs1_any_size(&spki, Hash::Sha256, &text, &signature));
        assert!(!legacy_rsa::verify_pkcs1_any_size(&spki, Hash::Sha256, &text[1..], &signature));
        // The key is too small for anything else.
        assert!(!key.verify_pkcs1(Hash::Sha256, &text, &signature));
    }
}

/// The private key need not be local.
#[test]
fn a_prepared_request_may_be_signed_elsewhere() {
    let profile = SigningProfile::default();
    let prepared = prepare(bare(vectors::request_a()), &LEAF, &profile, vectors::NOW_S, REQUEST_ID_A).unwrap();
    assert_eq!(prepared.names, ["date", "digest", "x-request-id"]);
    let signature = KEY.sign_pkcs1(Hash::Sha256, &prepared.signing_string.bytes).unwrap();
    let request = prepared.clone().finish(&signature, &LEAF, &profile).unwrap();
    assert_eq!(request.to_bytes(), vectors::REQUEST_A);
    // A signature with another hash, over another text, or an empty one is not sent.
    let other_hash = KEY.sign_pkcs1(Hash::Sha512, &prepared.signing_string.bytes).unwrap();
    let other_text = KEY.sign_pkcs1(Hash::Sha256, b"x").unwrap();
    for signature in [other_hash.as_slice(), &other_text, &signature[1..], b""] {
        let fault = prepared.clone().finish(signature, &LEAF, &profile).unwrap_err();
        assert_eq!(fault.header.as_deref(), Some(SIGNATURE));
    }
}

/// T-147.
#[test]
fn the_key_must_be_the_certificates() {
    let other = SigningKey::from_private_key(&RsaPrivateKey::generate(2048).unwrap()).unwrap();
    let fault = sign(empty(), &LEAF, &other, &SigningProfile::default(), 0, REQUEST_ID_A).unwrap_err();
    assert_eq!(fault.why, "the private key does not belong to the certificate");
}

#[test]
fn the_berlin_group_signs_no_date_and_nothing_else() {
    let mut profile = SigningProfile { dialect: SigningDialect::Bg, digest_empty_body: false, ..Default::default() };
    let (request, _) = signed(empty(), &profile).unwrap();
    assert_eq!(request.headers.count(DATE), 0);
    assert_eq!(read(&request, false).0.signed_names(), ["digest", "x-request-id"]);
    // A date in the request is not signed.
    let mut dated = empty();
    dated.headers.push(DATE, "whatever");
    assert_eq!(read(&signed(dated, &profile).unwrap().0, false).0.signed_names(), ["digest", "x-request-id"]);
    profile.extra_signed_headers = vec!["(request-target)".into()];
    assert_eq!(signed(empty(), &profile).unwrap_err().header.as_deref(), Some("(request-target)"));
}

/// A-03.
#[test]
fn an_empty_body_may_go_without_a_digest() {
    let profile = SigningProfile { digest_empty_body: false, ..SigningProfile::default() };
    let (request, _) = signed(empty(), &profile).unwrap();
    assert_eq!(request.headers.count(DIGEST), 0);
    assert_eq!(read(&request, false).0.signed_names(), ["date", "x-request-id"]);
    let (with_body, _) = signed(bare(vectors::request_a()), &profile).unwrap();
    assert_eq!(with_body.to_bytes(), vectors::REQUEST_A);
}

#[test]
fn what_is_there_is_kept_and_checked() {
    let profile = SigningProfile::default();
    // Signed again, A does not change: its own headers stay, and its signature is replaced.
    let (again, _) = sign(vectors::request_a(), &LEAF, &KEY, &profile, 0, "unused").unwrap();
    assert_eq!(again.to_bytes(), vectors::REQUEST_A);

    let fault = |name: &str, value: &str| {
        let mut request = bare(vectors::request_a());
        request.headers.push(name, value.to_owned());
        signed(request, &profile).unwrap_err()
    };
    for (name, value) in [
        ("Date", "Tue, 3 Mar 2026 10:15:30 GMT"),
        ("Digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ("Digest", "MD5=x"),
        ("X-Request-ID", "1"),
        ("PSU-ID", "hidden\tvalue"),
        ("TPP-Redirect-URI", "http://tpp.example/cb"),
    ] {
        let fault = fault(name, value);
        assert_eq!(fault.header.map(|name| name.to_ascii_lowercase()), Some(name.to_ascii_lowercase()));
        assert!(!fault.why.contains("hidden"), "{}", fault.why);
    }
    let bad_id = sign(empty(), &LEAF, &KEY, &profile, 0, "4EBA4445-1A4B-47B8-BDD5-4E56EF026B19").unwrap_err();
    assert_eq!(bad_id.header.as_deref(), Some("x-request-id"));
}

/// T-025, the signer's part; T-026, T-028, T-029 as far as a profile can request such names.
#[test]
fn further_headers() {
    let with = |names: &[&str]| {
        let extra_signed_headers = names.iter().map(|name| (*name).to_owned()).collect();
        signed(empty(), &SigningProfile { extra_signed_headers, ..SigningProfile::default() })
    };
    let (request, made) = with(&["(Request-Target)", "TPP-Signature-Certificate", "date"]).unwrap();
    let text = String::from_utf8(made.signing_string.bytes).unwrap();
    assert!(text.contains("\n(request-target): post /api/v1/consents?x=1\ntpp-signature-certificate: MII"), "{text}");
    assert!(verifies(&request, &LEAF));
    for name in ["accept", "digest==", "(created)", "Signature", ""] {
        assert!(with(&[name]).is_err(), "{name}");
    }
}

/// T-058: always encoding can be requested.
#[test]
fn a_word_may_be_asked_for() {
    let profile = SigningProfile { rfc2047: Rfc2047Use::Always, ..SigningProfile::default() };
    let (request, _) = signed(empty(), &profile).unwrap();
    assert!(request.headers.text(SIGNATURE).unwrap().starts_with("=?utf-8?B?"));
    assert!(verifies(&request, &LEAF));
}

/// T-049: bare UTF-8 is sent only if requested.
#[test]
fn a_word_may_be_refused() {
    let leaf = vectors::leaf(&vectors::request_b());
    let profile = SigningProfile { rfc2047: Rfc2047Use::Never, ..SigningProfile::default() };
    let (request, _) = sign(empty(), &leaf, &KEY, &profile, 0, REQUEST_ID_A).unwrap();
    let value = request.headers.get(SIGNATURE).unwrap();
    assert!(decode_rfc2047(value, false).is_err());
    assert_eq!(read(&request, true).1.len(), 1);
    assert!(verifies(&request, &leaf));
}

/// T-144: all combinations of the options for the header, for an issuer in ASCII and one outside.
#[test]
fn every_combination_of_options() {
    let leaves = [LEAF.clone(), vectors::leaf(&vectors::request_b())];
    for leaf in &leaves {
        for rfc2047 in [Rfc2047Use::Auto, Rfc2047Use::Always, Rfc2047Use::Never] {
            for name_style in [NameStyle::Rfc2253, NameStyle::Rfc2253Named, NameStyle::Forward, NameStyle::Pct20] {
                for cert_form in [CertForm::DerBase64, CertForm::PemOneLine, CertForm::Base64Pem] {
                    for digest_empty_body in [false, true] {
                        let param_separator =
                            if digest_empty_body { ParameterSeparator::CommaSpace } else { ParameterSeparator::Comma };
                        let serial_style = if digest_empty_body { SerialStyle::HexEven } else { SerialStyle::HexLower };
                        let profile = SigningProfile {
                            rfc2047,
                            name_style,
                            cert_form,
                            digest_empty_body,
                            param_separator,
                            serial_style,
                            ..SigningProfile::default()
                        };
                        let (request, made) = sign(empty(), leaf, &KEY, &profile, 0, REQUEST_ID_A).unwrap();
                        assert!(verifies(&request, leaf), "{profile:?}");
                        let (header, _) = read(&request, true);
                        assert_eq!(header.key_id, made.key_id);
                        let sent = read_certificate_header(request.headers.get(CERTIFICATE).unwrap(), true).unwrap();
                        assert_eq!(sent.certificate.der(), leaf.der());
                        assert_eq!(sent.warnings.is_empty(), cert_form == CertForm::DerBase64);
                        let matched = KeyId::parse(&made.key_id).unwrap().matches(leaf, true).unwrap();
                        assert_eq!(matched.len(), usize::from(name_style == NameStyle::Pct20), "{profile:?}");
                    }
                }
            }
        }
    }
}

/// T-045: the escapes of a distinguished name are safe inside quotation marks, and nothing else is sent.
#[test]
fn an_issuer_does_not_break_out_of_its_quotation_marks() {
    let value = |issuer: &str| {
        let header = SignatureHeader {
            key_id: format!("SN=1,CA=CN={issuer}"),
            algorithm: Some("rsa-sha256".into()),
            headers: Some(vec!["date".into()]),
            signature: "AAAA".into(),
        };
        let value = header_value(&header, &SigningProfile::default())?;
        let text = decode_rfc2047(value.as_bytes(), false).unwrap().text;
        assert_eq!(SignatureHeader::parse(&text, DuplicateParameters::Reject), Ok(header));
        Ok::<_, SignFault>(value)
    };
    for issuer in [r#"a\"b"#, r"a\,b\+c", r"\ a\\", "a=?utf-8?B?YQ==?=", "ø"] {
        assert!(value(issuer).is_ok(), "{issuer}");
    }
    for issuer in [r#"a"b"#, r#"a",keyId="b"#, r"a\", "a\nb", "a\u{85}b", r#"a\\"b"#] {
        assert_eq!(value(issuer).unwrap_err().header.as_deref(), Some(SIGNATURE), "{issuer}");
    }
    assert!(value(&"ø".repeat(MAX_FIELD)).is_err());
}

#[test]
fn faults_and_debug_hold_no_values() {
    let mut request = bare(vectors::request_a());
    request.headers.push("PSU-ID", "hidden");
    let prepared = prepare(request, &LEAF, &SigningProfile::default(), 0, REQUEST_ID_A).unwrap();
    let shown = format!("{prepared:?}");
    assert!(!shown.contains("hidden") && !shown.contains("PSUPersonalIdentifier"), "{shown}");
}

/// S8: `finish` detects a wrong signature before it is sent; `attach` skips that.
#[test]
fn what_is_finished_was_verified() {
    let profile = SigningProfile::default();
    assert!(profile.self_verify);
    let prepared = || prepare(empty(), &LEAF, &profile, 0, REQUEST_ID_A).unwrap();
    let mut signature = KEY.sign_pkcs1(Hash::Sha256, &prepared().signing_string.bytes).unwrap();
    let finished = prepared().finish(&signature, &LEAF, &profile).unwrap();
    assert_eq!(prepared().attach(&signature, &profile), Ok(finished));
    signature[0] ^= 1;
    assert_eq!(prepared().finish(&signature, &LEAF, &profile).unwrap_err().header.as_deref(), Some(SIGNATURE));
    assert!(!verifies(&prepared().attach(&signature, &profile).unwrap(), &LEAF));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// T-141, T-142: a signed request verifies; a changed one does not.
    #[test]
    fn signed_then_read(
        body: Vec<u8>,
        psu_id in proptest::option::of("[!-~]{1,256}"),
        accept in proptest::option::of("[ -~]{0,40}"),
        target in "/[!-~]{0,40}",
        bits: (bool, bool, bool, bool),
        now_s in 0..253_402_300_799_i64,
        flip: usize,
    ) {
        let (bg, long, wrapped, lower) = bits;
        let mut request = Request { method: "POST".into(), target, headers: Default::default(), body: body.into() };
        let mut profile = SigningProfile { digest_lower_case: lower, ..SigningProfile::default() };
        if let Some(psu_id) = psu_id {
            request.headers.push("PSU-ID", psu_id);
        }
        if bg {
            profile.dialect = SigningDialect::Bg;
        } else if let Some(accept) = accept {
            request.headers.push("Accept", accept);
            profile.extra_signed_headers = vec!["accept".into(), "(request-target)".into()];
        }
        if long {
            profile.signature_hash = Hash::Sha512;
            profile.digest_algorithm = DigestAlgorithm::Sha512;
        }
        if wrapped {
            profile.rfc2047 = Rfc2047Use::Always;
        }
        let (request, made) = sign(request, &LEAF, &KEY, &profile, now_s, REQUEST_ID_A).unwrap();
        prop_assert!(verifies(&request, &LEAF));
        let (header, _) = read(&request, false);
        let listed = header.signed_names();
        prop_assert!(required_names(&request, profile.dialect).into_iter().all(|name| listed.iter().any(|one| one == name)));
        prop_assert_eq!(&signing_string(&header.signed_names(), &request).unwrap(), &made.signing_string);
        prop_assert_eq!(KeyId::parse(&header.key_id).unwrap().matches(&LEAF, false), Ok(vec![]));

        let key = LEAF.key().unwrap();
        let changed = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = flip % bytes.len();
            bytes[at] ^= 1 << (flip % 8);
            bytes
        };
        let signature = header.signature_bytes().unwrap();
        prop_assert!(!key.verify_pkcs1(profile.signature_hash, &changed(&made.signing_string.bytes), &signature));
        prop_assert!(!key.verify_pkcs1(profile.signature_hash, &made.signing_string.bytes, &changed(&signature)));
        if !request.body.is_empty() {
            let digest = request.headers.text(DIGEST).unwrap();
            prop_assert!(check_digest(digest, &changed(&request.body), true).is_err());
        }
    }
}
