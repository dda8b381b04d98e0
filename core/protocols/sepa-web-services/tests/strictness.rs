//! Messages that the schemas and specifications do not allow, and messages that the checks of others refuse: each is
//! refused here, by a check that names it.
#![allow(clippy::unwrap_used)]

mod common;

use bankchannel_crypto::digest::MessageDigestAlgorithm;
use bankchannel_sepa_web_services::{
    profile::{self, BankFamily, BankSignerPattern},
    verify::{StopFlag, VerificationRules, examine},
};
use bankchannel_xml_signature::{CanonicalMethod, SignatureTemplate, TemplateReference};
use common::*;

fn signed(before: &str) -> String {
    BANK.document(before, RESPONSE_END)
}

fn envelope_of(document: &str) -> String {
    BANK.envelope(&answer_body(document))
}

/// The checks that do not hold, of a message as a client examines it.
fn found(message: &str, rules: &VerificationRules) -> Vec<String> {
    let verdict = examine(message.as_bytes(), rules, false).verdict;
    assert_eq!(verdict.valid, failed(&verdict).is_empty(), "{:?}", verdict.checks);
    failed(&verdict).into_iter().map(str::to_owned).collect()
}

#[test]
fn elements_that_the_schema_has_once_are_there_once() {
    let of = |more: &str| envelope_of(&signed(&format!("{}{more}", response("00"))));
    let file = |inside: &str| format!("<FileDescriptors><FileDescriptor>{inside}</FileDescriptor></FileDescriptors>");
    for (more, expected) in [
        ("<ResponseCode>24</ResponseCode>".to_owned(), &["V10"][..]),
        ("<CustomerId>7700112233</CustomerId>".to_owned(), &["V10"]),
        ("<Content>QQ==</Content><Content>Qg==</Content>".to_owned(), &["V10"]),
        (file("<FileReference>1</FileReference><FileReference>2</FileReference>"), &["V10"]),
        ("<Certificates></Certificates><Certificates></Certificates>".to_owned(), &["V10"]),
        (
            "<Certificates><Certificate><Certificate>QQ==</Certificate><Certificate>Qg==</Certificate></Certificate></Certificates>"
                .to_owned(),
            &["V10"],
        ),
        // Lists, the customer's own elements, and other namespaces may repeat.
        ("<FileDescriptors><FileDescriptor></FileDescriptor><FileDescriptor></FileDescriptor></FileDescriptors>".to_owned(), &[]),
        ("<Certificates><Certificate></Certificate><Certificate></Certificate></Certificates>".to_owned(), &[]),
        ("<CustomerExtension><a></a><a></a></CustomerExtension>".to_owned(), &[]),
        ("<x:a xmlns:x=\"urn:x\"></x:a><x:a xmlns:x=\"urn:x\"></x:a>".to_owned(), &[]),
    ] {
        assert_eq!(found(&of(&more), &rules()), expected, "{more}");
    }
    let body = answer_body(&signed(&response("00")));
    for element in ["<mod:ResponseCode>24</mod:ResponseCode>", "<mod:RequestId>other</mod:RequestId>"] {
        let twice = body.replace("</mod:ResponseHeader>", &format!("{element}</mod:ResponseHeader>"));
        assert_eq!(found(&BANK.envelope(&twice), &rules()), ["V9"], "{element}");
    }
    let created = "2031-03-04T05:06:07Z</wsu:Created><wsu:Created>2031-03-04T05:06:07Z";
    assert_eq!(found(&BANK.envelope_at(&body, created, "2031-03-04T05:11:07Z"), &rules()), ["V7"]);
}

#[test]
fn a_message_is_not_over_before_it_is_made() {
    let body = answer_body(&signed(&response("00")));
    for (created, expires, expected) in [
        ("2031-03-04T05:06:07Z", "2031-03-04T05:06:06Z", &["V7"][..]),
        ("2031-03-04T05:10:07Z", "2031-03-04T05:05:07Z", &["V7"]),
        ("2031-03-04T05:06:07Z", "2031-03-04T05:06:07Z", &[]),
    ] {
        assert_eq!(found(&BANK.envelope_at(&body, created, expires), &rules()), expected, "{created} {expires}");
    }
}

#[test]
fn a_block_that_must_be_understood_is_known() {
    let message = envelope_of(&signed(&response("00")));
    let with = |attributes: &str| {
        let block = format!("<x:t xmlns:x=\"urn:x\" {attributes}></x:t></soapenv:Header>");
        found(&message.replace("</soapenv:Header>", &block), &rules())
    };
    let next = "http://schemas.xmlsoap.org/soap/actor/next";
    for must in [
        "soapenv:mustUnderstand=\"1\"".to_owned(),
        "soapenv:mustUnderstand=\"true\"".to_owned(),
        format!("soapenv:mustUnderstand=\"1\" soapenv:actor=\"{next}\""),
        "soapenv:mustUnderstand=\"1\" soapenv:actor=\"\"".to_owned(),
    ] {
        assert_eq!(with(&must), ["V16"], "{must}");
    }
    for may in [
        "",
        "soapenv:mustUnderstand=\"0\"",
        "mustUnderstand=\"1\"",
        "soapenv:mustUnderstand=\"1\" soapenv:actor=\"urn:other\"",
    ] {
        assert!(with(may).is_empty(), "{may}");
    }
}

#[test]
fn what_has_no_one_canonical_form_is_not_read() {
    let document = |more: &str| signed(&format!("{}{more}", response("00")));
    for relative in ["rel", "../x", "#x", "//example/x", "urn:a b"] {
        let message = BANK.document(&format!("{}<r:x xmlns:r=\"URI\"></r:x>", response("00")), RESPONSE_END);
        let message = message.replace("\"URI\"", &format!("\"{relative}\""));
        assert_eq!(found(&message, &rules()), ["V2"], "{relative}");
        assert_eq!(found(&envelope_of(&message), &rules()), ["V10"], "{relative}");
    }
    assert!(found(&document("<r:x xmlns:r=\"urn:x\"></r:x>"), &rules()).is_empty());
    for (version, holds) in [("1.0", true), ("1.1", false), ("2.0", false), ("1", false), ("", false), ("1.0 ", false)]
    {
        let message = format!("<?xml version=\"{version}\"?>{}", document(""));
        assert_eq!(found(&message, &rules()).is_empty(), holds, "{version}");
    }
    for encoding in ["", " UTF-8", "utf_9", "UTF 8", "-UTF-8"] {
        let message = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{}", document(""));
        assert_eq!(found(&message, &rules()), ["V2"], "{encoding}");
    }
}

#[test]
fn iso_8859_1_has_control_characters() {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{}",
        signed(&response("00").replace("OK.", "a\u{80}\u{85}\u{9f}\u{e4}"))
    );
    let bytes: Vec<u8> = text.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect();
    let verdict = examine(&bytes, &rules(), false).verdict;
    assert!(verdict.valid, "{:?}", verdict.checks);
    assert_eq!(verdict.response_text.as_deref(), Some("a\u{80}\u{85}\u{9f}\u{e4}"));
}

#[test]
fn a_critical_purpose_is_kept() {
    for (purposes, expected) in [
        ("critical,serverAuth", &["V8", "V11"][..]),
        ("critical,clientAuth", &["V8", "V11"]),
        ("critical,OCSPSigning,timeStamping", &["V8", "V11"]),
        ("critical,serverAuth,emailProtection", &[]),
        ("critical,anyExtendedKeyUsage", &[]),
        ("critical,1.3.6.1.5.5.7.3.36", &[]),
        // Not critical: nobody can tell, and banks have issued such.
        ("serverAuth,clientAuth", &[]),
    ] {
        let extensions = format!("{SIGNER_EXTENSIONS}extendedKeyUsage={purposes}\n");
        let signer = AUTHORITY.issue("File Transfer Web Services", &extensions, 2048);
        let message = signer.envelope(&answer_body(&signer.document(&response("00"), RESPONSE_END)));
        assert_eq!(found(&message, &rules()), expected, "{purposes}");
    }
}

#[test]
fn the_names_of_signers_are_whole_at_nordea_and_op() {
    let patterns = |bank: &str| profile::named(bank).unwrap().signers.clone().unwrap();
    for (bank, names) in
        [("nordea", &["File Transfer Web Services"][..]), ("op", &["SOAP for WS", "Application for WS"])]
    {
        let patterns = patterns(bank);
        for name in names {
            let is_of = |name: &str| patterns.iter().any(|pattern: &BankSignerPattern| pattern.is_of(name));
            assert!(is_of(name), "{bank}");
            for other in [
                format!("{name} Oy"),
                format!("Oy {name}"),
                format!("{name} "),
                format!("{name}\n"),
                name.to_uppercase(),
            ] {
                assert!(!is_of(&other), "{bank}: {other:?}");
            }
        }
    }
    // As a whole: a customer of the same authority with such a name, or with two.
    let by = |name: &str, rules: &VerificationRules| {
        let signer = AUTHORITY.issue(name, SIGNER_EXTENSIONS, 2048);
        found(&signer.envelope(&answer_body(&signer.document(&response("00"), RESPONSE_END))), rules)
    };
    let nordea = VerificationRules { signers: Some(patterns("nordea")), ..rules() };
    assert!(by("File Transfer Web Services", &nordea).is_empty());
    assert_eq!(by("File Transfer Web Services Oy", &nordea), ["V12", "V12"]);
    for rules in [&nordea, &rules()] {
        assert_eq!(by("File Transfer Web Services/CN=ESIMERKKI OY", rules), ["V12", "V12"]);
    }
}

#[test]
fn a_certificate_answer_is_signed_where_the_bank_signs_them() {
    const SERVICE: &str = "http://bxd.fi/CertificateService";
    const DOCUMENTS: &str = "http://filetransfer.nordea.com/xmldata/";
    let document = BANK.document(
        &response("00")
            .replace("http://bxd.fi/xmldata/", DOCUMENTS)
            .replace("<ApplicationResponse", "<CertApplicationResponse"),
        "</CertApplicationResponse>",
    );
    let body = answer_body(&document)
        .replace("http://bxd.fi/CorporateFileService", SERVICE)
        .replace("http://model.bxd.fi", SERVICE)
        .replace("downloadFileListout", "getCertificateout");
    let bare = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{body}</s:Body></s:Envelope>"
    );
    for (family, expected) in [
        (Some(BankFamily::Nordea), &["V4"][..]),
        (Some(BankFamily::Samlink), &["V4"]),
        (Some(BankFamily::Op), &[]),
        (None, &[]),
    ] {
        let rules = VerificationRules { family, ..rules() };
        assert_eq!(found(&bare, &rules), expected, "{family:?}");
        assert!(found(&BANK.envelope(&body), &rules).is_empty(), "{family:?}");
    }
}

/// A document with signatures over one element of it, of which the last may be spoilt.
fn with_signatures(count: usize, is_last_spoilt: bool) -> String {
    let key_info = format!("<X509Data><X509Certificate>{}</X509Certificate></X509Data>", BANK.certificate.base64());
    let template = SignatureTemplate {
        prefix: "",
        canonical: CanonicalMethod::Exclusive,
        algorithm: MessageDigestAlgorithm::Sha256,
        references: &[TemplateReference { id: "i0", canonical: Some(CanonicalMethod::Exclusive) }],
        key_info: &key_info,
    };
    let before = "<ApplicationResponse xmlns=\"http://bxd.fi/xmldata/\"><a Id=\"i0\"></a>";
    let one = template.sign::<String>(before, RESPONSE_END, |bytes| Ok(BANK.sign(bytes))).unwrap();
    let signature = &one[before.len()..one.len() - RESPONSE_END.len()];
    let last = if is_last_spoilt {
        signature.replace("<SignatureValue>", "<SignatureValue>AAAA")
    } else {
        signature.to_owned()
    };
    format!("{before}{}{last}{RESPONSE_END}", signature.repeat(count - 1))
}

#[test]
fn each_signature_is_looked_at_or_the_message_is_not_valid() {
    let only = VerificationRules { signatures_only: true, ..rules() };
    for (count, is_last_spoilt, expected) in
        [(1, false, true), (4, false, true), (4, true, false), (5, false, false), (5, true, false)]
    {
        for explains in [false, true] {
            let verdict = examine(with_signatures(count, is_last_spoilt).as_bytes(), &only, explains).verdict;
            assert_eq!(verdict.valid, expected, "{count} {is_last_spoilt}");
            assert_eq!(verdict.signatures.len(), count.min(4));
            let named = verdict.failed("V11").is_some_and(|why| why.contains("more signatures"));
            assert_eq!(named, count > 4, "{:?}", verdict.checks);
        }
    }
    // One that stands inside of another is not passed over either.
    let nested = with_signatures(2, false);
    let at = nested.rfind("<Signature ").unwrap();
    let (outer, inner) = (&nested[..at], &nested[at..nested.len() - RESPONSE_END.len()]);
    let nested = format!("{}{RESPONSE_END}", outer.replace("</KeyInfo>", &format!("{inner}</KeyInfo>")));
    assert!(!examine(nested.as_bytes(), &only, false).verdict.valid);
}

#[test]
fn what_is_refused_is_surveyed_for_a_person_alone() {
    let changed = envelope_of(&signed(&response("00"))).replace("NDEAFIHH", "OKOYFIHH");
    let soap = |explains| {
        let verdict = examine(changed.as_bytes(), &rules(), explains).verdict;
        assert_eq!(failed(&verdict), ["V6"]);
        verdict.signatures.len()
    };
    // The document's own signature holds; that of the envelope is computed again only where somebody asks why.
    assert_eq!((soap(false), soap(true)), (1, 2));
}

#[test]
fn an_examination_that_nobody_waits_for_ends() {
    let stop = StopFlag::default();
    let rules = VerificationRules { stop: stop.clone(), ..rules() };
    let message = envelope_of(&signed(&response("00")));
    assert!(examine(message.as_bytes(), &rules, false).verdict.valid);
    stop.set();
    let verdict = examine(message.as_bytes(), &rules, false).verdict;
    assert!(!verdict.valid && verdict.signatures.is_empty(), "{verdict:?}");
    // A long one is not even read to its end.
    let long = format!("<a>{}", "<b></b>".repeat(10_000));
    let why = examine(long.as_bytes(), &rules, false).verdict.failed("V2").unwrap().to_owned();
    assert!(why.contains("was not read to its end"), "{why}");
}
