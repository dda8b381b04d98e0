//! Runs the specification's vectors and defects through all checks. Ids (`T-081`) are those of the specification's
//! checklist.

use super::*;
use crate::{
    certificates::{
        AuthorityOptions, CertificateKind, IssueOptions, PlantedDefect, Psd2Role, TestAuthority, certificate_header,
    },
    signing::{SigningDialect, SigningProfile, sign},
};
use bankchannel_crypto::signature::SigningKey;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

mod any;
mod certificates;
mod connection;
mod options;

/// The specification's test clock, 2026-03-03T10:15:30Z.
const NOW: i64 = 1_772_532_930;
const ID: &str = "4eba4445-1a4b-47b8-bdd5-4e56ef026b19";

/// An authority, a third party and its key.
struct TestParty {
    authority: TestAuthority,
    certificate: Certificate,
    key: SigningKey,
}

fn authority() -> TestAuthority {
    TestAuthority::create(&AuthorityOptions::new("Sandbox QSEAL CA", NOW)).unwrap()
}

fn party_of(authority: TestAuthority, options: &IssueOptions) -> TestParty {
    let issued = authority.issue(options).unwrap();
    let certificate = Certificate::from_pem(&issued.certificate_pem).unwrap();
    let key = SigningKey::from_pem(&issued.private_key_pem, None).unwrap();
    TestParty { authority, certificate, key }
}

fn party() -> TestParty {
    party_of(authority(), &IssueOptions::new(CertificateKind::Qseal, NOW))
}

fn request() -> Request {
    let text = "POST /api/v1/user/verification HTTP/1.1\nHost: sandbox.example\nContent-Type: application/json\n\n{\"PSU-ID\":\"a\"}";
    Request::parse(text.as_bytes()).unwrap()
}

fn consents() -> Request {
    let text = "POST /api/v1/consents HTTP/1.1\nHost: sandbox.example\nPSU-ID: psu-7f3a91\nTPP-Redirect-URI: https://tpp.example/cb?state=1\n\n";
    Request::parse(text.as_bytes()).unwrap()
}

fn policy(request: &Request) -> Policy {
    let endpoint = EndpointRequirements::for_request(&request.method, &request.target, SigningDialect::Era);
    Policy { endpoint, ..Policy::at(NOW, SigningDialect::Era) }
}

impl TestParty {
    fn signed(&self, request: Request) -> Request {
        sign(request, &self.certificate, &self.key, &SigningProfile::default(), NOW, ID).unwrap().0
    }

    fn verifier(&self) -> RequestVerifier {
        RequestVerifier::new(vec![self.authority.certificate().clone()])
    }

    /// The id of the first failure, or `ok`.
    fn verdict(&self, request: &Request, change: impl FnOnce(&mut Policy)) -> &'static str {
        let mut policy = policy(request);
        change(&mut policy);
        self.verifier().verify(request, &policy).refusal().map_or("ok", |check| check.rule.id)
    }

    fn plain(&self, request: &Request) -> &'static str {
        self.verdict(request, |_| {})
    }
}

fn set(request: &Request, name: &str, value: &str) -> Request {
    let mut request = request.clone();
    request.headers.set(name, value.to_owned());
    request
}

fn without(request: &Request, name: &str) -> Request {
    let mut request = request.clone();
    request.headers.remove(name);
    request
}

/// Changes the text of the Signature header.
fn with_signature(request: &Request, change: impl FnOnce(&str) -> String) -> Request {
    let text = request.headers.text("signature").unwrap().to_owned();
    set(request, "Signature", &change(&text))
}

#[test]
fn what_is_signed_here_holds_everywhere() {
    let party = party();
    for unsigned in [request(), consents()] {
        let signed = party.signed(unsigned);
        let verified = party.verifier().verify(&signed, &policy(&signed));
        let odd: Vec<_> =
            verified.checks.iter().filter(|check| check.status != CheckStatus::Ok).map(|check| check.rule.id).collect();
        assert_eq!(odd, ["V22"], "{:?}", verified.refusal());
        let lenient = |policy: &mut Policy| policy.mode = VerificationMode::Lenient;
        assert_eq!(
            (party.verdict(&signed, lenient), party.verdict(&signed, |policy| policy.mode = VerificationMode::Strict)),
            ("ok", "ok")
        );
    }
}

/// T-080 to T-084, T-104.
#[test]
fn headers_must_be_there_once_and_well_formed() {
    let party = party();
    let good = party.signed(request());
    for (name, id) in [
        ("X-Request-ID", "V05"),
        ("Signature", "V07"),
        ("TPP-Signature-Certificate", "V08"),
        ("Date", "V09"),
        ("Digest", "V10"),
    ] {
        assert_eq!(party.plain(&without(&good, name)), id, "{name}");
        let mut twice = good.clone();
        let value = twice.headers.get(name).unwrap().to_vec();
        twice.headers.push(name.to_ascii_lowercase(), value);
        assert_eq!(party.plain(&twice), "V03", "{name}");
    }
    assert_eq!(party.plain(&set(&good, "X-Request-ID", "")), "V05");
    assert_eq!(party.plain(&set(&good, "X-Request-ID", "not-a-uuid")), "V06");
    assert_eq!(party.plain(&set(&good, "X-Long", &"x".repeat(17_000))), "V01");
    let mut sly = good.clone();
    sly.headers.push("X-Sly", &b"a\r\nPSU-ID: b"[..]);
    assert_eq!(party.plain(&sly), "V02");
}

/// T-084, second half.
#[test]
fn a_request_without_a_body_may_lack_its_digest_in_era_only() {
    let party = party();
    let profile = SigningProfile { digest_empty_body: false, ..SigningProfile::default() };
    let (signed, _) = sign(consents(), &party.certificate, &party.key, &profile, NOW, ID).unwrap();
    assert_eq!(party.plain(&signed), "ok");
    assert_eq!(party.verdict(&signed, |policy| policy.mode = VerificationMode::Strict), "V10");
}

/// T-031 to T-036, T-095.
#[test]
fn the_signature_header_is_read_as_the_draft_says() {
    let party = party();
    let good = party.signed(request());
    let swapped = with_signature(&good, |text| {
        let mut parts: Vec<&str> = text.splitn(2, ",algorithm").collect();
        let rest = format!("algorithm{}", parts.pop().unwrap());
        format!("{rest}, {}", parts.pop().unwrap())
    });
    assert_eq!(party.plain(&swapped), "ok");
    assert_eq!(party.plain(&with_signature(&good, |text| format!("{text},extra=\"1\""))), "ok");
    assert_eq!(party.plain(&with_signature(&good, |text| format!("{text},signature=\"eA==\""))), "V12");
    assert_eq!(party.plain(&with_signature(&good, |text| format!("Signature {text}"))), "V12");
    assert_eq!(party.plain(&with_signature(&good, |text| text.replace("keyId=", "KeyID="))), "V12");
    assert_eq!(party.plain(&with_signature(&good, |text| text.trim_end_matches('"').to_owned())), "V12");
    let headers = "headers=\"date digest x-request-id\"";
    assert_eq!(party.plain(&with_signature(&good, |text| text.replace(headers, "headers=\"\""))), "V12");
    let replaced = |by: &str| with_signature(&good, |text| text.replace("rsa-sha256", by));
    for by in ["hs2019", "rsa-sha1", "hmac-sha256", "none", "ecdsa-sha256"] {
        assert_eq!(party.plain(&replaced(by)), "V24", "{by}");
    }
    assert_eq!(party.plain(&replaced("RSA-SHA256")), "ok");
    // T-096.
    assert_eq!(party.plain(&replaced("rsa-sha512")), "V30");
    let missing = with_signature(&good, |text| text.replace(",algorithm=\"rsa-sha256\"", ""));
    assert_eq!(party.plain(&missing), "V12");
    assert_eq!(party.verdict(&missing, |policy| policy.mode = VerificationMode::Lenient), "ok");
}

/// T-025 to T-029, T-089 to T-094.
#[test]
fn what_must_be_signed_is_signed_and_nothing_that_is_not_there() {
    let party = party();
    let good = party.signed(consents());
    let listed = "date digest x-request-id psu-id tpp-redirect-uri";
    let list = |by: &str| with_signature(&good, |text| text.replace(listed, by));
    assert_eq!(party.plain(&list("date digest x-request-id tpp-redirect-uri")), "V26");
    assert_eq!(party.plain(&list("date x-request-id psu-id tpp-redirect-uri")), "V26");
    assert_eq!(party.plain(&list(&format!("{listed} psu-corporate-id"))), "V25");
    assert_eq!(party.plain(&list(&format!("{listed} date"))), "V25");
    assert_eq!(party.plain(&list(&format!("{listed} (created)"))), "V25");
    assert_eq!(party.plain(&list(&format!("{listed} digest=="))), "V25");
    assert_eq!(party.plain(&without(&good, "PSU-ID")), "V25");
    assert_eq!(party.plain(&set(&good, "TPP-Redirect-URI", "https://evil.example/")), "V30");
    // T-011: the draft's default, only `date`, is not enough for a bank.
    assert_eq!(party.plain(&with_signature(&good, |text| text.replace(&format!(",headers=\"{listed}\""), ""))), "V26");
    let bg = |policy: &mut Policy| policy.dialect = SigningDialect::Bg;
    assert_eq!(party.verdict(&good, bg), "V27");
    let by_bg = SigningProfile { dialect: SigningDialect::Bg, ..SigningProfile::default() };
    let (plain, _) = sign(request(), &party.certificate, &party.key, &by_bg, NOW, ID).unwrap();
    assert_eq!(party.verdict(&plain, bg), "ok");
    for name in ["content-type", "host", "tpp-signature-certificate"] {
        let one_more = with_signature(&plain, |text| text.replace("x-request-id\"", &format!("x-request-id {name}\"")));
        assert_eq!(party.verdict(&one_more, bg), "V27", "{name}");
    }
    for name in ["(request-target)", "content-type"] {
        let extra = SigningProfile { extra_signed_headers: vec![name.into()], ..SigningProfile::default() };
        let (more, _) = sign(request(), &party.certificate, &party.key, &extra, NOW, ID).unwrap();
        let verified = party.verifier().verify(&more, &policy(&more));
        assert!(
            verified.is_valid()
                && verified.checks.iter().any(|check| check.rule.id == "V27" && check.status == CheckStatus::Warning),
            "{name}"
        );
    }
}

/// T-024, T-028: names are compared without regard to case, so a name listed twice is found in any spelling; a result
/// without a verified signature is never valid.
#[test]
fn the_case_of_listed_names_does_not_count() {
    let party = party();
    let good = party.signed(request());
    let list = |by: &str| {
        with_signature(&good, |text| text.replace("headers=\"date digest x-request-id\"", &format!("headers=\"{by}\"")))
    };
    assert_eq!(party.plain(&list("Date Digest X-Request-ID")), "ok");
    let forged = with_signature(&list("date digest x-request-id Date"), |text| {
        let (before, _) = text.split_once("signature=").unwrap();
        format!("{before}signature=\"{}\"", STANDARD.encode([7; 256]))
    });
    let verified = party.verifier().verify(&forged, &policy(&forged));
    assert!(!verified.is_valid());
    assert_eq!(verified.refusal().map(|check| check.rule.id), Some("V25"));
    assert!(!VerifiedRequest::default().is_valid());
}

/// A Date that is not text must not disable the check.
#[test]
fn a_date_of_other_bytes_is_no_date() {
    let party = party();
    let mut signed = party.signed(request());
    signed.headers.set("Date", &b"\xff"[..]);
    let names: Vec<String> = ["date", "digest", "x-request-id"].map(str::to_owned).into();
    let text = crate::signing::signing_string(&names, &signed).unwrap();
    let signature = STANDARD.encode(party.key.sign_pkcs1(Hash::Sha256, &text.bytes).unwrap());
    let signed = with_signature(&signed, |text| {
        format!("{}signature=\"{signature}\"", text.split_once("signature=").unwrap().0)
    });
    assert_eq!(party.plain(&signed), "V31");
}

/// T-040, T-041, T-046, T-047.
#[test]
fn the_key_id_names_the_certificate_by_meaning() {
    let party = party();
    let good = party.signed(request());
    let serial = data_encoding::HEXUPPER.encode(party.certificate.serial());
    let given = serial.trim_start_matches('0').to_owned();
    let change = |by: String| with_signature(&good, |text| text.replace(&format!("SN={given}"), &format!("SN={by}")));
    assert_eq!(party.plain(&change(given.to_ascii_lowercase())), "ok");
    assert_eq!(party.plain(&change(format!("000{given}"))), "ok");
    assert_eq!(party.plain(&change("1".into())), "V23");
    assert_eq!(party.plain(&with_signature(&good, |text| text.replace("CA=CN=", "CA=CN=Not "))), "V23");
    let percent = with_signature(&good, |text| text.replace("Sandbox QSEAL CA", "Sandbox%20QSEAL%20CA"));
    assert_eq!(party.plain(&percent), "V23");
    assert_eq!(party.verdict(&percent, |policy| policy.mode = VerificationMode::Lenient), "ok");
}

/// T-085 to T-088.
#[test]
fn the_digest_is_the_bodys() {
    let party = party();
    let good = party.signed(request());
    let mut longer = good.clone();
    longer.body = [&good.body[..], b"\n"].concat().into();
    assert_eq!(party.plain(&longer), "V28");
    assert_eq!(party.plain(&set(&good, "Digest", "MD5=XrY7u+Ae7tCTyyK7j1rNww==")), "V28");
    let profile = SigningProfile { digest_lower_case: true, ..SigningProfile::default() };
    let (lower, _) = sign(request(), &party.certificate, &party.key, &profile, NOW, ID).unwrap();
    assert_eq!(party.plain(&lower), "ok");
}

/// T-098, T-099.
#[test]
fn a_signature_of_another_shape_or_key_is_refused() {
    let party = party();
    let good = party.signed(request());
    let signature = with_signature(&good, |text| text.to_owned()).headers.text("signature").unwrap().to_owned();
    let value = signature.split("signature=\"").nth(1).unwrap().trim_end_matches('"').to_owned();
    let put = |by: &str| set(&good, "Signature", &signature.replace(&value, by));
    let zero = STANDARD.encode([0; 256]);
    for (by, id) in [
        (URL_SAFE_NO_PAD.encode([255; 256]), "V29"),
        (STANDARD.encode([1; 255]), "V29"),
        (STANDARD.encode([1; 257]), "V29"),
        (zero, "V30"),
    ] {
        assert_eq!(party.plain(&put(&by)), id, "{}", by.len());
    }
    let other = party_of(authority(), &IssueOptions::new(CertificateKind::Qseal, NOW));
    let stolen = set(
        &other.signed(request()),
        "TPP-Signature-Certificate",
        &certificate_header(&party.certificate, Default::default()),
    );
    assert_eq!(party.plain(&stolen), "V23");
    // Another key with the right key id.
    let text = "date digest x-request-id".split(' ').map(str::to_owned).collect::<Vec<_>>();
    let text = crate::signing::signing_string(&text, &good).unwrap();
    let foreign = STANDARD.encode(other.key.sign_pkcs1(Hash::Sha256, &text.bytes).unwrap());
    assert_eq!(party.plain(&put(&foreign)), "V30");
}

/// T-064 to T-076.
#[test]
fn certificates_with_a_defect_are_refused_for_it() {
    for (defect, id) in [
        (PlantedDefect::NoQc, "V21"),
        (PlantedDefect::BareQc, "ok"),
        (PlantedDefect::Expired, "V16"),
        (PlantedDefect::NotYet, "V15"),
        (PlantedDefect::CaTrue, "V20"),
        (PlantedDefect::NoOrgId, "V21"),
        (PlantedDefect::Sha1, "V14"),
    ] {
        let party = party_of(
            authority(),
            &IssueOptions { defects: vec![defect], ..IssueOptions::new(CertificateKind::Qseal, NOW) },
        );
        assert_eq!(party.plain(&party.signed(request())), id, "{}", defect.name());
    }
    let web = party_of(authority(), &IssueOptions::new(CertificateKind::Qwac, NOW));
    assert_eq!(web.plain(&web.signed(request())), "V20");
    let stranger = TestParty { authority: authority(), ..party() };
    assert_eq!(stranger.plain(&stranger.signed(request())), "V17");
}

/// T-067, T-076.
#[test]
fn lists_and_the_tls_certificate_count() {
    let party = party();
    let good = party.signed(request());
    let serial = [&[0], party.certificate.serial()].concat();
    let listed =
        || ListedCertificate::Certificate { serial: serial.clone(), issuer: party.certificate.issuer().clone() };
    assert_eq!(party.verdict(&good, |policy| policy.revoked = [listed()].into()), "V18");
    assert_eq!(
        party.verdict(&good, |policy| policy.blocked =
            [ListedCertificate::Organization("PSDNO-FSA-987654321".into())].into()),
        "V19"
    );
    let options = IssueOptions { authorisation_number: "1".into(), ..IssueOptions::new(CertificateKind::Qwac, NOW) };
    let other = Certificate::from_pem(&party.authority.issue(&options).unwrap().certificate_pem).unwrap();
    assert_eq!(party.verdict(&good, |policy| policy.tls_client = Some(other)), "V22");
    let own = Certificate::from_pem(
        &party.authority.issue(&IssueOptions::new(CertificateKind::Qwac, NOW)).unwrap().certificate_pem,
    )
    .unwrap();
    assert_eq!(party.verdict(&good, |policy| policy.tls_client = Some(own)), "ok");
}

/// T-100, T-101.
#[test]
fn the_date_is_now_and_in_the_one_form() {
    let party = party();
    for (seconds, id) in [(299, "ok"), (-299, "ok"), (301, "V31"), (-301, "V31")] {
        let (signed, _) =
            sign(request(), &party.certificate, &party.key, &SigningProfile::default(), NOW + seconds, ID).unwrap();
        assert_eq!(party.plain(&signed), id, "{seconds}");
    }
}

/// T-074, T-075, T-123, T-145.
#[test]
fn roles_and_other_headers_are_those_of_the_operation() {
    let payments = IssueOptions { roles: vec![Psd2Role::Pi], ..IssueOptions::new(CertificateKind::Qseal, NOW) };
    let payer = party_of(authority(), &payments);
    assert_eq!(payer.plain(&payer.signed(request())), "ok");
    assert_eq!(payer.plain(&payer.signed(consents())), "V33");
    let party = party();
    assert_eq!(party.plain(&party.signed(without(&consents(), "TPP-Redirect-URI"))), "V36");
    assert_eq!(party.plain(&party.signed(set(&consents(), "PSU-Context", "OTHER"))), "V36");
    assert_eq!(party.plain(&party.signed(set(&request(), "Accept", "text/html"))), "V34");
    assert_eq!(party.plain(&party.signed(set(&request(), "Content-Type", "text/plain"))), "V35");
    assert_eq!(party.plain(&party.signed(set(&request(), "PSU-IP-Address", "here"))), "V36");
    // G11: spaces inside are part of an identifier; signer and verifier share the rule.
    for name in ["PSU-ID", "PSU-Corporate-ID"] {
        let spaced = party.signed(set(&consents(), name, "psu 7f  3a91"));
        for mode in [VerificationMode::Strict, VerificationMode::Normal, VerificationMode::Lenient] {
            assert_eq!(party.verdict(&spaced, |policy| policy.mode = mode), "ok", "{name} {mode:?}");
        }
        let long = set(&spaced, name, &"x".repeat(257));
        let verified = party.verifier().verify(&long, &policy(&long));
        let refused = |check: &RequestCheck| check.rule.id == "V36" && check.status == CheckStatus::Failed;
        assert!(verified.checks.iter().any(refused), "{name}");
    }
    // RFC 9110 §12.5.1: the most specific matching range decides.
    for (accept, found) in [
        ("application/json;q=0, */*", "V34"),
        ("*/*;q=0, application/*;q=0.1", "ok"),
        ("text/html, application/json;q=0.001", "ok"),
    ] {
        assert_eq!(party.plain(&party.signed(set(&request(), "Accept", accept))), found, "{accept}");
    }
    // Every one of several headers is checked.
    let mut twice = consents();
    twice.headers.push("PSU-Context", "PRIVATE");
    twice.headers.push("PSU-Context", "OTHER");
    assert_eq!(party.plain(&party.signed(twice)), "V36");
    // V35, A-04: a body in an operation without one.
    for (method, normal) in [("POST", "ok"), ("GET", "V35"), ("DELETE", "V35")] {
        let target = if method == "POST" { "/bg/v1/consents/1/authorisations" } else { "/bg/v1/consents/1" };
        let with_body = Request { method: method.into(), target: target.into(), body: "{}".into(), ..consents() };
        let profile = SigningProfile { dialect: SigningDialect::Bg, ..SigningProfile::default() };
        let (signed, _) = sign(with_body, &party.certificate, &party.key, &profile, NOW, ID).unwrap();
        for (mode, found) in
            [(VerificationMode::Lenient, "ok"), (VerificationMode::Normal, normal), (VerificationMode::Strict, "V35")]
        {
            let endpoint = EndpointRequirements::for_request(method, target, SigningDialect::Bg);
            let policy = Policy { mode, endpoint, ..Policy::at(NOW, SigningDialect::Bg) };
            let verified = party.verifier().verify(&signed, &policy);
            assert_eq!(verified.refusal().map_or("ok", |check| check.rule.id), found, "{method} {mode:?}");
        }
    }
    let mut elsewhere = consents();
    elsewhere.target = "/api/v1/consents/".into();
    let signed = party.signed(elsewhere);
    let verified = party.verifier().verify(&signed, &policy(&signed));
    assert!(
        verified.is_valid()
            && verified.checks.iter().any(|check| check.rule.id == "V33" && check.status == CheckStatus::Warning)
    );
}

#[test]
fn a_bank_that_only_answers_stops_at_the_first_failure() {
    let party = party();
    let good = party.signed(request());
    let policy = Policy { stop_at_failure: true, ..policy(&good) };
    let verified = party.verifier().verify(&without(&good, "Date"), &policy);
    assert_eq!(verified.checks.last().map(|check| check.rule.id), Some("V09"));
}

/// T-149: an authority that has given its own serial number to a third party. The key id then identifies both
/// certificates, since the authority is its own issuer; the certificate in the request counts.
#[test]
fn an_authority_with_the_serial_number_of_its_third_party() {
    let serial = Some(vec![0x5a; 16]);
    let authority = AuthorityOptions { serial: serial.clone(), ..AuthorityOptions::new("Sandbox QSEAL CA", NOW) };
    let options = IssueOptions { serial, ..IssueOptions::new(CertificateKind::Qseal, NOW) };
    let party = party_of(TestAuthority::create(&authority).unwrap(), &options);
    let of_authority = party.authority.certificate();
    assert_eq!(
        (of_authority.serial(), of_authority.issuer()),
        (party.certificate.serial(), party.certificate.issuer())
    );
    let signed = party.signed(request());
    assert_eq!(party.plain(&signed), "ok");
    let verified = party.verifier().verify(&signed, &policy(&signed));
    assert_eq!(verified.certificate.as_ref(), Some(&party.certificate));
    let value = certificate_header(of_authority, crate::certificates::CertForm::DerBase64);
    assert_eq!(party.plain(&set(&signed, "TPP-Signature-Certificate", &value)), "V20");
}
