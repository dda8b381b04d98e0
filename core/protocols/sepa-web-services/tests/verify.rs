//! Messages of banks and customers, held against the checklist (§4.6).
#![allow(clippy::unwrap_used)]

mod common;

use bankchannel_sepa_web_services::profile::{self, BankEnvironment, SignatureLevel};
use bankchannel_sepa_web_services::verify::{MessageKind, VerificationRules};
use common::*;

#[test]
fn a_bank_answer_is_verified_in_all_its_parts() {
    let found = verdict(&answer(), &rules());
    assert!(found.valid, "{:#?}", found.checks);
    assert_eq!((found.kind, found.operation.as_deref()), (MessageKind::SoapAnswer, Some("list_files")));
    assert_eq!((found.response_code.as_deref(), found.response_text.as_deref()), (Some("00"), Some("OK.")));
    let ids: Vec<&str> = found.checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids, ["V2", "V4", "V5", "V6", "V7", "V8", "V12", "V9", "V10", "V11", "V12"]);
    let [soap, document] = &found.signatures[..] else { panic!("{:?}", found.signatures) };
    assert_eq!((soap.level, document.level), (SignatureLevel::Soap, SignatureLevel::Document));
    assert_eq!(
        soap.covers,
        ["/soapenv:Envelope/soapenv:Header/wsse:Security/wsu:Timestamp", "/soapenv:Envelope/soapenv:Body"]
    );
    assert_eq!(document.covers, ["/ApplicationResponse"]);
    assert!(soap.valid && soap.trusted && document.valid && document.trusted);
    assert_eq!(soap.signer.as_ref().unwrap().bits, 2048);
}

#[test]
fn the_documents_code_wins_and_an_error_is_a_valid_message() {
    let found = verdict(&BANK.envelope(&answer_body(&BANK.document(&response("24"), RESPONSE_END))), &rules());
    assert!(found.valid);
    assert_eq!(found.response_code.as_deref(), Some("24"));
}

#[test]
fn t17_time() {
    let body = answer_body(&BANK.document(&response("00"), RESPONSE_END));
    for (created, expires, holds) in [
        ("2031-03-04T05:06:07Z", "2031-03-04T05:11:07Z", true),
        ("2031-03-04T07:06:07.123+02:00", "2031-03-04T07:11:07.5+02:00", true),
        ("2031-03-04T05:06:07", "2031-03-04T05:11:07", true),
        ("2031-03-03T05:06:07Z", "2031-03-03T05:11:07Z", false),
        ("2031-03-04T05:13:07Z", "2031-03-04T05:18:07Z", false),
        ("2031-03-04T05:06:07Z", "2031-03-05T05:06:08Z", false),
        ("yesterday", "2031-03-04T05:11:07Z", false),
    ] {
        let found = verdict(&BANK.envelope_at(&body, created, expires), &rules());
        assert_eq!(found.valid, holds, "{created} {expires} {:?}", found.checks);
        assert_eq!(failed(&found), if holds { vec![] } else { vec!["V7"] });
    }
}

#[test]
fn t42_a_customer_of_the_same_authority_is_not_the_bank() {
    let by =
        |soap: &Party, document: &Party| soap.envelope(&answer_body(&document.document(&response("00"), RESPONSE_END)));
    for (message, expected) in [
        (by(&CUSTOMER, &BANK), vec!["V12"]),
        (by(&BANK, &CUSTOMER), vec!["V12"]),
        (by(&STRANGER, &BANK), vec!["V8"]),
        (by(&BANK, &STRANGER), vec!["V11"]),
    ] {
        let found = verdict(&message, &rules());
        assert!(!found.valid);
        assert_eq!(failed(&found), expected);
        // The signatures themselves hold: only trust is missing.
        assert!(found.signatures.iter().all(|one| one.valid) && found.signatures.iter().any(|one| !one.trusted));
    }
    // Another certificate for the document than for the envelope, each with a name of its own.
    let two = VerificationRules {
        signers: Some(vec![
            pattern(SignatureLevel::Soap, "ESIMERKKI"),
            pattern(SignatureLevel::Document, "File Transfer"),
        ]),
        ..rules()
    };
    assert!(verdict(&by(&CUSTOMER, &BANK), &two).valid);
    assert_eq!(failed(&verdict(&by(&BANK, &CUSTOMER), &two)), ["V12", "V12"]);
}

#[test]
fn certificates_expire_and_must_fit() {
    let body = |party: &Party| answer_body(&party.document(&response("00"), RESPONSE_END));
    let name = "File Transfer Web Services";
    let short = AUTHORITY.issue_for("30", name, SIGNER_EXTENSIONS, 2048, "-sha256");
    let small = AUTHORITY.issue(name, SIGNER_EXTENSIONS, 1024);
    let sealing = AUTHORITY.issue(name, "keyUsage=critical,keyEncipherment\n", 2048);
    let critical = AUTHORITY.issue(name, "1.2.3.4=critical,ASN1:UTF8String:x\n", 2048);
    let below = BANK.issue(name, SIGNER_EXTENSIONS, 2048);
    for (party, why) in [
        (&short, "expired"),
        (&sealing, "may not sign"),
        (&critical, "critical extension"),
        (&below, "neither an anchor nor issued by one"),
    ] {
        let found = verdict(&party.envelope(&body(party)), &rules());
        assert_eq!(failed(&found), ["V8", "V11"], "{why}");
        assert!(found.checks.iter().any(|check| check.id == "V8" && check.why.contains(why)), "{:?}", found.checks);
    }
    // Keys below 2048 bits do not even verify (A49), but can be examined.
    let message = small.envelope(&body(&small));
    assert!(!verdict(&message, &rules()).valid);
    assert!(verdict(&message, &VerificationRules { signatures_only: true, ..rules() }).valid);
    // The middle of the path is not authority over the message without its intermediate.
    let alone = VerificationRules { intermediates: Vec::new(), ..rules() };
    assert_eq!(failed(&verdict(&answer(), &alone)), ["V8", "V11"]);
    let old = AUTHORITY.issue_for("7000", name, SIGNER_EXTENSIONS, 2048, "-sha1");
    let message = old.envelope(&body(&old));
    assert_eq!(failed(&verdict(&message, &rules())), ["V8", "V11"]);
    assert!(verdict(&message, &VerificationRules { allows_sha1: true, ..rules() }).valid);
}

#[test]
fn t21_r11_a_fault_proves_nothing() {
    let fault = "<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>malformed message</faultstring><detail>\
        <cor:FileServiceFaultElement xmlns:cor=\"http://bxd.fi/CorporateFileService\" xmlns:mod=\"http://model.bxd.fi\">\
        <mod:category>message</mod:category><mod:code>12</mod:code></cor:FileServiceFaultElement></detail></soapenv:Fault>";
    let bare = format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>{fault}</soapenv:Body></soapenv:Envelope>"
    );
    for message in [bare, BANK.envelope(fault)] {
        let found = verdict(&message, &rules());
        assert!(!found.valid);
        assert_eq!((found.kind, failed(&found)), (MessageKind::SoapFault, vec!["V3"]));
        assert_eq!(
            (found.response_code.as_deref(), found.response_text.as_deref()),
            (Some("12"), Some("malformed message"))
        );
    }
}

#[test]
fn t22_other_encodings_are_read() {
    let text = answer_body(&BANK.document(&response("00"), RESPONSE_END)).replace("OK.", "hyv\u{e4}");
    let message = BANK.envelope(&text).replace("encoding=\"UTF-8\"", "encoding=\"ISO-8859-15\"");
    let bytes: Vec<u8> = message.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect();
    let found = bankchannel_sepa_web_services::verify::examine(&bytes, &rules(), false).verdict;
    assert!(found.valid, "{:?}", found.checks);
}

#[test]
fn requests_are_verified_too() {
    let before = "<ApplicationRequest xmlns=\"http://bxd.fi/xmldata/\"><CustomerId>7700112233</CustomerId><Command>UploadFile</Command>";
    let document = CUSTOMER.document(before, "</ApplicationRequest>");
    let found = verdict(&document, &rules());
    assert!(found.valid);
    assert_eq!((found.kind, found.operation.as_deref()), (MessageKind::ApplicationRequest, Some("upload_file")));
    let body = answer_body(&document)
        .replace("downloadFileListout", "uploadFilein")
        .replace("ResponseHeader", "RequestHeader")
        .replace("ApplicationResponse", "ApplicationRequest");
    let found = verdict(&CUSTOMER.envelope(&body), &rules());
    assert!(found.valid, "{:?}", found.checks);
    assert_eq!((found.kind, found.operation.as_deref()), (MessageKind::SoapRequest, Some("upload_file")));
    let other = verdict(&CUSTOMER.envelope(&body.replace("uploadFilein", "deleteFilein")), &rules());
    assert_eq!(failed(&other), ["V9"]);
}

#[test]
fn an_explanation_shows_the_text_and_the_cause() {
    let document = BANK.document(&response("00"), RESPONSE_END);
    // Indented after it was signed, as a program that stores messages may do.
    let indented = document.replace("><", ">\n<");
    let found = examined(&indented, &rules());
    assert_eq!(failed(&found.verdict), ["V11"]);
    let changed = examined(&document.replace("7700112233", "7700112234"), &rules());
    let [one] = &changed.differences[..] else { panic!("{:?}", changed.differences) };
    assert!(one.alternatives.is_empty() && one.canonical.contains("7700112234"));
    assert_ne!(one.expected, one.computed);
    assert!(!changed.verdict.signatures[0].valid && changed.verdict.signatures[0].covers.is_empty());
}

#[test]
fn t95_profiles() {
    for name in profile::names() {
        let found = profile::named(name).unwrap();
        assert_eq!(found.name.as_deref(), Some(name));
        for environment in [BankEnvironment::Production, BankEnvironment::Test] {
            for anchor in found.anchors_of(environment).unwrap() {
                assert!(anchor.is_ca() && anchor.key().unwrap().bits() >= 2048, "{name}");
            }
        }
    }
    // The start-up check of §1.7.
    let hex =
        |certificate: &bankchannel_crypto::x509::Certificate| bankchannel_crypto::digest::hex(&certificate.sha256());
    let anchor = |name: &str, environment| hex(&profile::named(name).unwrap().anchors_of(environment).unwrap()[0]);
    for (name, environment, expected) in [
        ("nordea", BankEnvironment::Production, "eb92b80db649bb4a72385d908930260568b8ab376acf244ead0f5a144db61bf7"),
        ("op", BankEnvironment::Production, "2cf41da0546bff84052a87cac7d4886e3aae6089dce101b93aa6a82f2dc6d3fc"),
        ("op", BankEnvironment::Test, "8c7ca576e9f9ba07ee43eff7de11f174adfd73c7b7ce465e3e70bf100f5e80fc"),
        ("pop", BankEnvironment::Production, "b39017cb972706040f9b64b82f652267ce2dc97318b4ce3b3c2cb6952e4e0407"),
        ("danske", BankEnvironment::Production, "d4e07e837e0e2fc980bdf58cd48018c30064c93fc3c022f412deaaf5669f821c"),
        ("saastopankki", BankEnvironment::Test, "875c8f3a601bee57d563f02fce9ef6b030e4345d0101331a003ad4f6edfbd55b"),
    ] {
        assert_eq!(anchor(name, environment), expected, "{name}");
    }
    let unknown = profile::named("alandsbanken").unwrap_err();
    for name in ["nordea", "op", "aktia", "saastopankki", "pop", "omasp", "danske"] {
        assert!(unknown.message().contains(name), "{unknown}");
    }
}

/// Writes the messages of the scenarios again, into `tests/scenarios/data`.
#[test]
#[ignore = "only when the messages of the scenarios are to be made anew"]
fn writes_the_messages_of_the_scenarios() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/scenarios/data");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let by_customer = BANK.envelope(&answer_body(&CUSTOMER.document(&response("00"), RESPONSE_END)));
    write("sepa-answer.xml", &answer());
    write("sepa-answer-by-customer.xml", &by_customer);
    write("sepa-root.cert.pem", &ROOT.certificate.to_pem());
    write("sepa-authority.cert.pem", &AUTHORITY.certificate.to_pem());
}
