//! A target for every parser of foreign bytes: for any input it returns and does not panic.
//!
//! `tests/run` feeds each target its corpus (`tests/fuzz/corpus/NAME/`), mutations of it and random bytes;
//! `tests/long/fuzz` feeds the same functions through cargo-fuzz for a given time.

mod salt_edge;
mod sepa;

use std::{path::Path, sync::OnceLock, time::SystemTime};

use bankchannel_bank_simulator::{AnswerIds, BankLedger, decide};
use bankchannel_crypto::{pkcs12, rsa, signature::SigningKey, totp, x509};
use bankchannel_foundation::{
    json::{ContentSplitter, SplitError, parse},
    message::{InRequest, InResponse, Response, percent_decode},
    model::{Reader, Representation, Timestamp, write_boundary},
    operation::Exchange,
    redact::redact_words,
};
use bankchannel_iso20022::{
    MAX_UNASKED,
    check::{CheckOptions, check},
    files_in,
    make::{PaymentData, PaymentMaker, PaymentParty, PaymentTable, RowFormat},
    read_message_file,
};
use bankchannel_nextgen_psd2::{
    BankConventions, RESPONSE_HEADERS,
    answer::{self, BankRefusal},
    certificates::{self, Certificate, DistinguishedName, NameStyle, Psd2Certificate},
    explain::{self, ExplainInput},
    http::Request,
    model::LinkedAnswer,
    operations as psd2,
    signing::{self, DuplicateParameters, KeyId, SerialStyle, SignatureHeader, SigningDialect},
    verify::{EndpointRequirements, Policy, RequestVerifier, VerificationMode},
};
use bankchannel_openpgp as openpgp;
use bankchannel_ws_channel::{challenge::ReturnedChallenge, operations};
use bankchannel_xml::{TokenFlow, XmlFault, XmlRules, XmlToken, XmlTokens};
use bytes::Bytes;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("json", |bytes| drop(parse(bytes, 16))),
    ("content_splitter", content_splitter),
    ("ws_channel_request", ws_channel_request),
    ("ws_channel_response", ws_channel_response),
    ("settings", settings),
    ("challenge", |bytes| drop(std::str::from_utf8(bytes).ok().and_then(ReturnedChallenge::parse))),
    ("pgp_public_key", |bytes| {
        drop(openpgp::OpenPgpPublicKey::from_armored(bytes, openpgp::PublicKeyLimits::default()))
    }),
    ("pgp_signatures", |bytes| drop(openpgp::parse_signatures(bytes))),
    ("pgp_verify", pgp_verify),
    ("pgp_message", |bytes| drop(openpgp::decrypt(message_key(), bytes, SystemTime::now()))),
    ("pgp_inspect", |bytes| drop(openpgp::inspect(bytes, SystemTime::now()))),
    ("certificate", |bytes| drop(x509::Certificate::from_pem(&String::from_utf8_lossy(bytes)))),
    ("certificate_request", certificate_request),
    ("revocation_list", revocation_list),
    ("rsa_public_key", |bytes| drop(rsa::RsaPublicKey::from_pem(&String::from_utf8_lossy(bytes)))),
    ("rsa_private_key", |bytes| drop(rsa::RsaPrivateKey::from_pem(&String::from_utf8_lossy(bytes)))),
    ("pkcs12", |bytes| drop(pkcs12::Pkcs12Keystore::read(bytes, "corpus"))),
    ("encrypted_key", |bytes| drop(SigningKey::from_pem(&String::from_utf8_lossy(bytes), Some("corpus")))),
    ("totp_secret", |bytes| drop(totp::TotpKey::from_base32(&String::from_utf8_lossy(bytes)))),
    ("payment", bankchannel_iso20022::payment::fuzz),
    ("status_report", |bytes| drop(bankchannel_iso20022::read_status_report(bytes))),
    ("statement", bankchannel_iso20022::cash::fuzz),
    ("swift_statement", bankchannel_iso20022::cash::fuzz_swift),
    ("finnish_records", bankchannel_iso20022::cash::fuzz),
    ("archive", archive),
    ("check_payment", check_payment),
    ("decide_payment", decide_payment),
    ("xml_payment", xml_tokens),
    ("xml_statement", xml_tokens),
    ("payment_json_lines", |bytes| payment_rows(bytes, RowFormat::JsonLines)),
    ("payment_table", |bytes| payment_rows(bytes, RowFormat::Csv)),
    ("text", text),
    ("psd2_signature_header", psd2_signature_header),
    ("psd2_rfc2047", psd2_rfc2047),
    ("psd2_key_id", psd2_key_id),
    ("psd2_http_request", psd2_http_request),
    ("psd2_certificate_header", psd2_certificate_header),
    ("psd2_digest", psd2_digest),
    ("psd2_date", psd2_date),
    ("psd2_explain", psd2_explain),
    ("psd2_refusal", psd2_refusal),
    ("psd2_request", psd2_request),
    ("psd2_response", psd2_response),
    ("salt_edge_jwt", salt_edge::jwt),
    ("salt_edge_request", salt_edge::request),
    ("salt_edge_answer", salt_edge::answer),
    ("salt_edge_bank_answer", salt_edge::bank_answer),
    ("sepa_message", sepa::message),
    ("canonical_xml", sepa::canonical),
    ("sepa_profile", sepa::profile),
    ("sepa_content", sepa::content),
    ("sepa_certificates", sepa::certificates),
    ("sepa_pki_answer", sepa::pki_answer),
    ("encrypted_document", sepa::encrypted_document),
];

/// The target whose corpus this target uses: the readers of a payment file share theirs.
pub(crate) fn inputs_of(name: &str) -> &str {
    ["check_", "decide_", "xml_"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

fn certificate_request(bytes: &[u8]) {
    let (pem, der) = (String::from_utf8_lossy(bytes), x509::CertificateRequest::from_der(bytes));
    for read in [der, x509::CertificateRequest::from_pem(&pem)].into_iter().flatten() {
        let again = x509::CertificateRequest::from_pem(&read.to_pem()).expect("what was read is read again");
        assert_eq!(again.der(), read.der());
    }
}

/// Reads a revocation list and asks it; read again from its DER, it has the same entries.
fn revocation_list(bytes: &[u8]) {
    let Ok(list) = x509::RevocationList::from_pem_or_der(bytes) else { return };
    let again = x509::RevocationList::from_der(list.der()).expect("what was read is read again");
    assert_eq!((again.len(), again.next_update_s()), (list.len(), list.next_update_s()));
    assert_eq!(again.find(&[1]), list.find(&[1]));
    assert!(list.is_signed_by(leaf(), true).is_err(), "another authority's list is believed");
    drop(list.find_certificate(leaf()));
}

/// Reads bytes as an archive, by every reader; all see the same files.
fn archive(bytes: &[u8]) {
    bankchannel_iso20022::cash::fuzz(bytes);
    let mut given = Vec::new();
    let read = files_in(bytes, &mut |name, content| {
        given.push(name.map(str::to_owned));
        std::io::copy(&mut content?, &mut std::io::sink()).map(drop).map_err(|why| XmlFault::of_input(&why))
    });
    if let Ok(Some(found)) = read {
        let named = |name: &String| found.members.iter().any(|member| member.name == *name);
        assert!(given.iter().flatten().all(named), "a file is given and not listed");
    }
    drop(read_message_file(bytes, None, 1000, MAX_UNASKED));
    drop(bankchannel_iso20022::read_payment(bytes));
}

fn check_payment(bytes: &[u8]) {
    /// 2026-11-20T08:00:00Z.
    const NOW_MS: i64 = 1_795_161_600_000;
    drop(check(bytes, &CheckOptions::at_ms(NOW_MS)));
}

fn decide_payment(bytes: &[u8]) {
    let ids = AnswerIds::new("FUZZ").expect("an id");
    let day = jiff::civil::date(2026, 11, 20);
    let decided = decide(bytes, &BankLedger::with_default_account(), None, jiff::Timestamp::UNIX_EPOCH, day, &ids);
    decided.expect("the bank answers every file");
}

/// Reads bytes as strict XML; strict input is read tolerantly too, to the same tokens.
fn xml_tokens(bytes: &[u8]) {
    let read = |rules| {
        let (mut starts, mut text) = (0, 0);
        let mut tokens = XmlTokens::open(bytes, None, rules)?;
        tokens.pump(|token| {
            match token {
                XmlToken::Start(tag) => starts += 1 + tag.attributes.iter().map(|one| one.value().len()).sum::<usize>(),
                XmlToken::Text(piece) => text += piece.len(),
                _ => {}
            }
            Ok(TokenFlow::Next)
        })?;
        Ok::<_, XmlFault>((starts, text))
    };
    if let Ok(strict) = read(XmlRules::strict()) {
        assert_eq!(read(XmlRules::tolerant()), Ok(strict), "a strict document is read otherwise");
    }
}

fn payment_rows(bytes: &[u8], format: RowFormat) {
    let debtor = PaymentParty {
        name: Some("Example Oy".to_owned()),
        iban: Some("FI2112345600000785".to_owned()),
        ..PaymentParty::default()
    };
    let mut data = PaymentData::default();
    data.group.debtor = Some(debtor);
    let mut maker = PaymentMaker::new(data, &Timestamp::from_ms(0));
    if maker.add_rows(bytes, format, &PaymentTable::default()).is_ok() {
        drop(maker.finish(std::io::sink()));
    }
}

/// The files of a target's corpus.
#[must_use]
pub fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(inputs_of(name));
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| std::fs::read(entry.ok()?.path()).ok()).collect()
}

/// A key, then signatures over a document: the inputs for judging an upload.
fn pgp_verify(bytes: &[u8]) {
    const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
    let at = bytes.windows(SIGNATURE.len()).position(|window| window == SIGNATURE).unwrap_or(bytes.len());
    let Ok(key) = openpgp::OpenPgpPublicKey::from_armored(&bytes[..at], openpgp::PublicKeyLimits::default()) else {
        return;
    };
    let now = SystemTime::now();
    let policy = openpgp::VerifyPolicy::default();
    drop(openpgp::verify_detached(&bytes[at..], &[&key], &b"document"[..], now, &policy));
    drop((key.check_signing(now), key.check_encryption(now), key.expires(now), key.user_ids()));
}

/// The private key to which the messages of the corpus are encrypted.
fn message_key() -> &'static openpgp::OpenPgpPrivateKey {
    static KEY: OnceLock<openpgp::OpenPgpPrivateKey> = OnceLock::new();
    const ARMORED: &str = include_str!("../../../fuzz/message-key.asc");
    KEY.get_or_init(|| {
        openpgp::OpenPgpPrivateKey::from_armored(ARMORED.as_bytes()).expect("the key of the corpus can be read")
    })
}

fn content_splitter(bytes: &[u8]) {
    // The first byte chooses how the rest is cut into pieces: the result must not depend on it.
    let Some((&size, bytes)) = bytes.split_first() else { return };
    let split = |size: usize| {
        let mut splitter = ContentSplitter::new("Content", 4096);
        let mut content = Vec::new();
        for piece in bytes.chunks(size.max(1)) {
            splitter.push(piece, &mut content)?;
        }
        splitter.finish().map(|(rest, found)| (rest, found, content))
    };
    let whole: Result<_, SplitError> = split(usize::MAX);
    let pieces = split(usize::from(size));
    assert_eq!(whole.is_ok(), pieces.is_ok(), "pieces of {size} are judged otherwise than the whole");
    if let (Ok(whole), Ok(pieces)) = (whole, pieces) {
        assert_eq!(whole, pieces, "pieces of {size} give something else than the whole");
    }
}

macro_rules! exchanges {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        fn ws_channel_request(bytes: &[u8]) {
            let message = || InRequest {
                path: vec![("Email", "a@b.test".into()), ("Mode", "admin".into()), ("Bank", "nordea".into()), ("Phone", "+358401234567".into())],
                body: Bytes::copy_from_slice(bytes),
                ..InRequest::default()
            };
            $(exchanges!(@request $kind $subject $file $name message);)+
        }

        fn ws_channel_response(bytes: &[u8]) {
            let message = |status| InResponse::new(status, Bytes::copy_from_slice(bytes));
            $(exchanges!(@response $kind $subject $file $name message);)+
        }
    };
    (@request exchange $subject:ident $file:ident $name:ident $message:ident) => {
        drop(operations::$subject::$file::$name::decode_request($message()));
    };
    (@response exchange $subject:ident $file:ident $name:ident $message:ident) => {
        drop(operations::$subject::$file::$name::decode_response($message(200)));
        drop(operations::$subject::$file::$name::decode_response($message(400)));
    };
    (@request local $($rest:tt)*) => {};
    (@response local $($rest:tt)*) => {};
}

bankchannel_ws_channel::for_each_operation!(exchanges);

fn settings(bytes: &[u8]) {
    use bankchannel_foundation::model::Boundary;
    if let Ok(value) = parse(bytes, 16) {
        // Files and variables are not read here: a fuzzer must not open a file that it names by chance.
        let text = value.to_json();
        if !text.contains("\"file\"") && !text.contains("\"env\"") {
            drop(bankchannel::ws_channel::WsChannelSettings::read(value, &mut Reader::new(Representation::Boundary)));
        }
    }
}

fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop(percent_decode(&text));
    drop(redact_words(&text));
    drop(Timestamp::new(&text));
    drop(bankchannel::check_base_url(&text));
}

fn psd2_signature_header(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for duplicates in [DuplicateParameters::Reject, DuplicateParameters::LastWins] {
        let Ok(header) = SignatureHeader::parse(&text, duplicates) else { continue };
        drop(header.signed_names());
        drop(header.signature_bytes());
        drop(KeyId::parse(&header.key_id));
        for separator in [",", ", "] {
            drop(SignatureHeader::parse(&header.to_text(separator), DuplicateParameters::Reject));
        }
    }
}

fn psd2_rfc2047(bytes: &[u8]) {
    let strict = signing::decode_rfc2047(bytes, false);
    let lenient = signing::decode_rfc2047(bytes, true);
    if let Ok(decoded) = &strict {
        assert_eq!(
            lenient.as_ref().map(|found| &found.text).ok(),
            Some(&decoded.text),
            "lenience changes what is read"
        );
        assert!(!decoded.text.contains(['\r', '\n', '\0']), "a control character comes out");
    }
    drop(signing::encode_rfc2047(&String::from_utf8_lossy(bytes)));
}

fn psd2_key_id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(key_id) = KeyId::parse(&text) {
        drop(key_id.to_text());
        drop(key_id.matches(leaf(), false));
        drop(key_id.matches(leaf(), true));
    }
    if let Ok(name) = DistinguishedName::parse(&text) {
        for style in [NameStyle::Rfc2253, NameStyle::Rfc2253Named, NameStyle::Forward, NameStyle::Pct20] {
            drop(DistinguishedName::parse(&name.to_text(style)));
        }
        drop(name.slash_text());
        assert!(name.matches(&name), "a name is not itself");
    }
    drop(DistinguishedName::from_der(bytes));
}

fn psd2_http_request(bytes: &[u8]) {
    let Ok(request) = Request::parse(bytes) else { return };
    let names: Vec<String> = request.headers.iter().map(|header| header.name.clone()).collect();
    drop(signing::signing_string(&names, &request));
    drop(Request::parse(&request.to_bytes()));
}

fn psd2_certificate_header(bytes: &[u8]) {
    for lenient in [false, true] {
        drop(certificates::read_certificate_header(bytes, lenient).map(|read| inspected(&read.certificate)));
    }
    drop(Certificate::from_der(bytes).map(|certificate| inspected(&certificate)));
    drop(Certificate::all_from_pem(&String::from_utf8_lossy(bytes)));
    drop(certificates::parse_qc(bytes));
}

fn inspected(certificate: &Certificate) {
    drop((certificate.qc(), certificate.authorisation(), certificate.key_usage(), certificate.key()));
    drop(certificate.subject().to_text(NameStyle::Rfc2253));
    let _ = certificates::trusted_issuer([certificate], certificate.not_before_s());
    let _ = certificate.is_issued_by(certificate);
    for serial in [SerialStyle::HexUpper, SerialStyle::Decimal] {
        let text = KeyId::from_certificate(certificate, serial, NameStyle::Rfc2253).to_text();
        drop(KeyId::parse(&text));
    }
}

fn psd2_digest(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop(signing::digest_members(&text));
    drop(signing::check_digest(&text, b"", false));
    drop(signing::check_digest(&text, bytes, true));
}

fn psd2_date(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(seconds) = signing::parse_imf_fixdate(&text) {
        assert_eq!(signing::imf_fixdate(seconds), text, "a date reads back as another one");
    }
}

fn psd2_explain(bytes: &[u8]) {
    let Ok(request) = Request::parse(bytes) else { return };
    let verifier = RequestVerifier::new(vec![leaf().clone()]);
    for (mode, dialect) in
        [(VerificationMode::Normal, SigningDialect::Era), (VerificationMode::Lenient, SigningDialect::Bg)]
    {
        let endpoint = EndpointRequirements::for_request(&request.method, &request.target, dialect);
        let policy = Policy { mode, endpoint, ..Policy::at(NOW_S, dialect) };
        let verified = verifier.verify(&request, &policy);
        let own_text = Some(request.body.as_ref()).filter(|body| !body.is_empty());
        for client_signing_string in [None, own_text] {
            let known = std::slice::from_ref(leaf());
            let input = ExplainInput { client_signing_string, known, tls_client: None, base_path: "/api" };
            let explained = explain::explain(&request, &verified, input);
            drop(write_boundary(psd2::verification::explain_request::ExplainRequestResponse::from(explained)));
        }
    }
}

fn psd2_refusal(bytes: &[u8]) {
    for status in [400, 401, 503] {
        let refusal = BankRefusal::read(status, bytes);
        drop(refusal.to_error("https://bank.example/api", &[]));
        for link in refusal.links.iter() {
            drop(answer::encode_href(&link.href));
            drop(answer::resolve_href("https://bank.example/api", &link.href));
            drop(answer::safe_redirect("https://bank.example/api", &link.href, &[]));
        }
    }
}

macro_rules! psd2_exchanges {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// A request as text: its headers, its query and its body go to every exchange, regardless of its path.
        fn psd2_request(bytes: &[u8]) {
            let Ok(request) = Request::parse(bytes) else { return };
            let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
            let last = path.rsplit('/').next().and_then(percent_decode).unwrap_or_default();
            let message = || InRequest {
                path: vec![("consentId", last.clone()), ("authorisationId", last.clone())],
                query: query
                    .split('&')
                    .filter_map(|pair| pair.split_once('='))
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                headers: Some(&request.headers),
                body: request.body.clone(),
                content: None,
            };
            $(psd2_exchanges!(@request $kind $subject $file $name message);)+
        }

        fn psd2_response(bytes: &[u8]) {
            let value = Bytes::copy_from_slice(&bytes[..bytes.len().min(64)]);
            let message = |status| {
                let headers = RESPONSE_HEADERS.iter().map(|name| (*name, value.clone())).collect();
                let message = Response { status, headers, body: Bytes::copy_from_slice(bytes) };
                InResponse { message, ..InResponse::default() }
            };
            $(psd2_exchanges!(@response $kind $subject $file $name message);)+
        }
    };
    (@request exchange $subject:ident $file:ident $name:ident $message:ident) => {
        // A request that a bank accepts can also be sent by a client.
        if let Ok(request) = psd2::$subject::$file::$name::decode_request($message()) {
            for dialect in [SigningDialect::Era, SigningDialect::Bg] {
                let with = BankConventions { dialect, ..BankConventions::default() };
                drop(psd2::$subject::$file::$name::encode_request(request.clone(), &with));
            }
        }
    };
    (@response exchange $subject:ident $file:ident $name:ident $message:ident) => {
        if let Ok(mut response) = psd2::$subject::$file::$name::decode_response($message(200)) {
            response.resolve_links("https://bank.example/api");
            drop(psd2::$subject::$file::$name::encode_response(response));
        }
        drop(psd2::$subject::$file::$name::decode_response($message(401)));
    };
    (@request local $($rest:tt)*) => {};
    (@response local $($rest:tt)*) => {};
}

bankchannel_nextgen_psd2::for_each_operation!(psd2_exchanges);

/// The test clock of docs/protocols/nextgen-psd2.md.
const NOW_S: i64 = 1_772_532_930;

/// The certificate of the specification's vector A.
fn leaf() -> &'static Certificate {
    static LEAF: OnceLock<Certificate> = OnceLock::new();
    const PEM: &str = include_str!("../../../scenarios/data/psd2-leaf-1.cert.pem");
    LEAF.get_or_init(|| Certificate::from_pem(PEM).expect("the specification's certificate can be read"))
}
