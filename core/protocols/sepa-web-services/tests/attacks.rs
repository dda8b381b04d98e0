//! Forged messages (§10.1, §10.2, §15): each is refused, by the reader or by a check that names it.
#![allow(clippy::unwrap_used)]

mod common;

use bankchannel_sepa_web_services::verify::VerificationRules;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::*;

/// The part of a message from a tag to another, both included.
fn part<'m>(message: &'m str, begin: &str, end: &str) -> &'m str {
    let from = message.find(begin).unwrap();
    let to = message[from..].find(end).unwrap() + from + end.len();
    &message[from..to]
}

fn body(message: &str) -> &str {
    part(message, "<soapenv:Body", "</soapenv:Body>")
}

/// What an attacker wants to be read.
fn forged_body() -> String {
    let forged = BANK.document(&response("00"), RESPONSE_END).replace("7700112233", "7700119999");
    format!("<soapenv:Body>{}</soapenv:Body>", answer_body(&forged))
}

#[track_caller]
fn refused(name: &str, message: &str) {
    assert_ne!(message, answer(), "{name}: nothing was changed");
    let found = verdict(message, &rules());
    assert!(!found.valid, "{name} was accepted");
    assert!(!failed(&found).is_empty(), "{name}: no check names it");
}

#[test]
fn t19_wrapping_of_the_body() {
    let message = answer();
    let (signed, forged) = (body(&message), forged_body());
    let with_id = forged.replace("<soapenv:Body>", "<soapenv:Body xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\" wsu:Id=\"body-5e1\">");
    let signature = part(&message, "<ds:Signature ", "</ds:Signature>");
    let security = part(&message, "<wsse:Security", "</wsse:Security>");
    for (name, attack) in [
        ("X1", message.replace(signed, &forged).replace("</soapenv:Header>", &format!("{signed}</soapenv:Header>"))),
        (
            "X1 in Security",
            message.replace(signed, &forged).replace("</wsse:Security>", &format!("{signed}</wsse:Security>")),
        ),
        ("X2 forged first", message.replace(signed, &format!("{with_id}{signed}"))),
        ("X2 forged last", message.replace(signed, &format!("{signed}{with_id}"))),
        ("X2 without an id", message.replace(signed, &format!("{forged}{signed}"))),
        (
            "X3",
            message
                .replace(signed, &forged)
                .replace("</ds:Signature>", &format!("<ds:Object>{signed}</ds:Object></ds:Signature>")),
        ),
        ("X3 in KeyInfo", message.replace(signed, &forged).replace("</ds:KeyInfo>", &format!("{signed}</ds:KeyInfo>"))),
        (
            "Body in Body",
            message.replace(signed, &forged.replace("</soapenv:Body>", &format!("{signed}</soapenv:Body>"))),
        ),
        (
            "the message in another",
            format!(
                "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Header>{}</soapenv:Header>{forged}</soapenv:Envelope>",
                message.replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "")
            ),
        ),
        ("two Headers", message.replace("</soapenv:Header>", "</soapenv:Header><soapenv:Header></soapenv:Header>")),
        (
            "Body before Header",
            message.replace(signed, "").replace("<soapenv:Header>", &format!("{signed}<soapenv:Header>")),
        ),
        ("an element behind Body", message.replace(signed, &format!("{signed}<x/>"))),
        ("two Securities", message.replace("</soapenv:Header>", &format!("{security}</soapenv:Header>"))),
        ("X5", message.replace(signature, &format!("{signature}{signature}"))),
        (
            "signature in the Body",
            message.replace("</cor:downloadFileListout>", &format!("{signature}</cor:downloadFileListout>")),
        ),
        ("no signature", message.replace(signature, "")),
        ("no Security", message.replace(security, "")),
        (
            "signature beside Security",
            message.replace(signature, "").replace("</soapenv:Header>", &format!("{signature}</soapenv:Header>")),
        ),
        ("another root", message.replace("soapenv:Envelope", "soapenv:Envelop")),
        (
            "SOAP 1.2",
            message.replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
        ),
        ("two operations", message.replace("</cor:downloadFileListout>", "</cor:downloadFileListout><x/>")),
        ("changed Body", message.replace("NDEAFIHH", "OKOYFIHH")),
        ("changed Timestamp", message.replace("05:11:07Z", "05:59:07Z")),
    ] {
        refused(name, &attack);
    }
}

#[test]
fn t19_tokens_timestamps_and_references() {
    let message = answer();
    let token = part(&message, "<wsse:BinarySecurityToken", "</wsse:BinarySecurityToken>");
    let timestamp = part(&message, "<wsu:Timestamp", "</wsu:Timestamp>");
    let reference = part(&message, "<ds:Reference URI=\"#body-5e1\">", "</ds:Reference>");
    let info = part(&message, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let value = part(&message, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let key = part(&message, "<ds:KeyInfo>", "</ds:KeyInfo>");
    let other_token = token.replace(BANK.certificate.base64(), STRANGER.certificate.base64());
    let later = timestamp.replace("05:11:07Z", "09:11:07Z");
    let other_info = info.replace("URI=\"#body-5e1\"", "URI=\"#ts-5e1\"");
    let without = |text: &str| message.replace(text, "");
    for (name, attack) in [
        ("X6 first", message.replace(token, &format!("{other_token}{token}"))),
        ("X6 last", message.replace(token, &format!("{token}{other_token}"))),
        ("the attacker's token", message.replace(token, &other_token)),
        ("X7", message.replace(timestamp, &format!("{timestamp}{later}"))),
        ("X7 with its own id", message.replace(timestamp, &format!("{timestamp}{}", later.replace("ts-5e1", "ts-2")))),
        ("the later Timestamp alone", message.replace(timestamp, &later)),
        ("no Timestamp", without(timestamp)),
        ("Timestamp outside of Security", without(timestamp).replace("</soapenv:Header>", &format!("{timestamp}</soapenv:Header>"))),
        ("two-signedinfo first", message.replace(info, &format!("{other_info}{info}"))),
        ("two-signedinfo last", message.replace(info, &format!("{info}{other_info}"))),
        ("two-signaturevalue", message.replace(value, &format!("{value}{value}"))),
        ("signedinfo-in-object", message.replace(info, &format!("<ds:Object>{info}</ds:Object>{other_info}"))),
        ("two tokens in KeyInfo", message.replace("</ds:KeyInfo>", &format!("{}</ds:KeyInfo>", part(&message, "<wsse:SecurityTokenReference", "</wsse:SecurityTokenReference>")))),
        ("two KeyInfo", message.replace(key, &format!("{key}{key}"))),
        ("no KeyInfo", without(key)),
        ("Body not signed", without(reference)),
        ("Body signed twice", message.replace(reference, &format!("{reference}{reference}"))),
        ("external-uri", message.replace("URI=\"#body-5e1\"", "URI=\"http://127.0.0.1/body\"")),
        ("whole document", message.replace("URI=\"#body-5e1\"", "URI=\"\"")),
        ("xpointer", message.replace("URI=\"#body-5e1\"", "URI=\"#xpointer(id('body-5e1'))\"")),
        ("id-name", message.replace("wsu:Id=\"body-5e1\"", "AssertionID=\"body-5e1\"")),
        ("id in another namespace", message.replace("wsu:Id=\"body-5e1\"", "soapenv:Id=\"body-5e1\"")),
        ("R01 xml:id", message.replace("<wsse:Security ", "<wsse:Security xml:id=\"body-5e1\" ")),
        ("R01 Id", message.replace("<wsse:Security ", "<wsse:Security Id=\"body-5e1\" ")),
        ("R01 ID", message.replace("<wsse:Security ", "<wsse:Security ID=\"body-5e1\" ")),
        ("R01 id", message.replace("<wsse:Security ", "<wsse:Security id=\"body-5e1\" ")),
        ("text in SignedInfo", message.replace("<ds:SignedInfo>", "<ds:SignedInfo>x")),
        ("element in DigestValue", message.replace("</ds:DigestValue>", "<x/></ds:DigestValue>")),
        ("unknown transform", message.replace("<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">", "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">")),
        ("HMAC", message.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")),
        ("MD5", message.replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5")),
        ("R14 SubjectKeyIdentifier", message.replace(key, "<ds:KeyInfo><wsse:SecurityTokenReference><wsse:KeyIdentifier ValueType=\"x#X509SubjectKeyIdentifier\">AAAA</wsse:KeyIdentifier></wsse:SecurityTokenReference></ds:KeyInfo>")),
        ("R14 IssuerSerial", message.replace(key, "<ds:KeyInfo><wsse:SecurityTokenReference><ds:X509Data><ds:X509IssuerSerial/></ds:X509Data></wsse:SecurityTokenReference></ds:KeyInfo>")),
        ("KeyValue", message.replace(key, "<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo>")),
        ("RetrievalMethod", message.replace(key, "<ds:KeyInfo><ds:RetrievalMethod URI=\"#token-5e1\"/></ds:KeyInfo>")),
    ] {
        refused(name, &attack);
    }
    let named = |attack: &str, expected: &str| {
        let found = verdict(attack, &rules());
        assert!(found.checks.iter().any(|check| !check.ok && check.why.contains(expected)), "{:?}", found.checks);
    };
    named(&message.replace(key, "<ds:KeyInfo><wsse:SecurityTokenReference><wsse:KeyIdentifier ValueType=\"x#X509SubjectKeyIdentifier\">AAAA</wsse:KeyIdentifier></wsse:SecurityTokenReference></ds:KeyInfo>"), "X509SubjectKeyIdentifier");
    named(&message.replace("wsu:Id=\"body-5e1\"", "AssertionID=\"body-5e1\""), "no element has the id");
}

/// The answer around another text of its document.
fn around(document: &str) -> String {
    BANK.envelope(&answer_body(document))
}

#[test]
fn t13_t14_documents() {
    let document = BANK.document(&response("00"), RESPONSE_END);
    let signature = part(&document, "<Signature ", "</Signature>");
    let forged = document.replace("7700112233", "7700119999");
    let moved = document.replace(signature, "").replace("<ResponseCode>", &format!("<ResponseCode>{signature}"));
    let reference = part(&document, "<Reference URI=\"\">", "</Reference>");
    for (name, attack) in [
        ("X4", format!("<Outer>{document}</Outer>")),
        (
            "X4 with the right name",
            format!(
                "<ApplicationResponse xmlns=\"http://bxd.fi/xmldata/\"><ResponseCode>00</ResponseCode>{document}</ApplicationResponse>"
            ),
        ),
        (
            "X8",
            document.replace(
                signature,
                &format!("{}{signature}", forged.replace(part(&forged, "<Signature ", "</Signature>"), "")),
            ),
        ),
        ("none", document.replace(signature, "")),
        ("two", document.replace(signature, &format!("{signature}{signature}"))),
        ("nested", moved),
        ("changed", forged),
        ("R06 another root", document.replace("ApplicationResponse", "ApplicationRequest")),
        ("another namespace", document.replace("http://bxd.fi/xmldata/", "http://bxd.fi/other/")),
        ("two references", document.replace(reference, &format!("{reference}{reference}"))),
        (
            "the id of a part",
            document
                .replace("Reference URI=\"\"", "Reference URI=\"#a\"")
                .replace("<CustomerId>", "<CustomerId Id=\"a\">"),
        ),
        (
            "not enveloped",
            document.replace(
                "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
                "http://www.w3.org/2001/10/xml-exc-c14n#",
            ),
        ),
        ("Manifest", document.replace("</Signature>", "<Object><Manifest/></Object></Signature>")),
    ] {
        refused(name, &around(&attack));
        assert!(!verdict(&attack, &rules()).valid, "{name} alone");
    }
}

#[test]
fn t87_comments_instructions_cdata_and_types_anywhere() {
    let document = BANK.document(&response("00"), RESPONSE_END);
    let nodes = ["<!-- c -->", "<?pi x?>", "<![CDATA[]]>"];
    let message = answer();
    let mut tried = 0;
    for text in [&message, &document] {
        // Behind each tag, and in the middle of each text.
        for (at, _) in text.match_indices('>') {
            if at < 5 || (text.starts_with("<?xml") && at < 40) {
                continue;
            }
            for node in nodes {
                let attack = format!("{}{node}{}", &text[..=at], &text[at + 1..]);
                // A CDATA section outside of the root is no XML at all.
                let found = verdict(&attack, &rules());
                assert!(!found.valid && failed(&found) == ["V2"], "{node} at {at}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300);
    let split = around(&document.replace("7700112233", "77001<!-- -->12233"));
    assert_eq!(failed(&verdict(&split, &rules())), ["V10"]);
    for typed in ["<!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY e \"x\">]>", "<!DOCTYPE a SYSTEM \"http://127.0.0.1/x\">"] {
        let attack = message.replace("?><", &format!("?>{typed}<"));
        assert_eq!(failed(&verdict(&attack, &rules())), ["V2"]);
    }
}

#[test]
fn t20_hostile_sizes_are_refused_early() {
    let nested = format!("<a>{}", "<a>".repeat(100_000));
    let attributes: String = (0..1_000_000).map(|number| format!(" a{number}=''")).collect();
    let elements = format!("<a>{}</a>", "<b/>".repeat(250_000));
    let references = format!("<a>{}</a>", "&e;".repeat(100_000));
    let namespaces = format!("<a{}>{}", (0..60).map(|n| format!(" xmlns:p{n}='u'")).collect::<String>(), "");
    let wide: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep = namespaces.repeat(60);
    for message in [nested, format!("<a{attributes}/>"), elements, references, deep] {
        assert_eq!(failed(&verdict(&message, &rules())), ["V2"]);
    }
    let found = bankchannel_sepa_web_services::verify::examine(&wide, &rules(), true).verdict;
    assert_eq!(failed(&found), ["V2"]);
    assert!(!bankchannel_sepa_web_services::verify::examine(b"", &rules(), true).verdict.valid);
    assert!(!bankchannel_sepa_web_services::verify::examine([0xff; 100], &rules(), true).verdict.valid);
}

#[test]
fn signatures_only_says_what_it_computes_and_no_more() {
    let only = VerificationRules { signatures_only: true, anchors: Vec::new(), ..rules() };
    let message = answer();
    let (signed, forged) = (body(&message), forged_body());
    assert!(verdict(&message, &only).valid);
    // Digests and values hold wherever the signed Body is; nothing is trusted, and nothing says so.
    let wrapped = message.replace(signed, &forged).replace("</soapenv:Header>", &format!("{signed}</soapenv:Header>"));
    let found = verdict(&wrapped, &only);
    let soap = &found.signatures[0];
    assert!(soap.valid && !soap.trusted);
    assert!(soap.covers.contains(&"/soapenv:Envelope/soapenv:Header/soapenv:Body".to_owned()), "{:?}", soap.covers);
    // A document without any signature is not valid for lack of a false one.
    assert!(!verdict("<a/>", &only).valid);
    assert!(!verdict(&message.replace("NDEAFIHH", "OKOYFIHH"), &only).valid);
}

#[test]
fn r10_base64_with_lines_and_references_is_read() {
    let document = BANK.document(&response("00"), RESPONSE_END);
    let encoded = STANDARD.encode(&document);
    for line_end in ["\n", " \t", "&#13;\n"] {
        let lines: Vec<&str> = encoded.as_bytes().chunks(60).map(|line| std::str::from_utf8(line).unwrap()).collect();
        // The Body is signed as it is written: the reference of a carriage return is one in canonical form, too.
        let text = answer_body(&document).replace(&encoded, &lines.join(line_end));
        let canonical = text.replace("&#13;", "&#xD;");
        let found = verdict(&BANK.envelope(&canonical), &rules());
        assert!(found.valid, "{line_end:?} {:?}", found.checks);
    }
}

#[test]
fn an_encoding_that_is_not_the_declared_one_is_refused() {
    let message = answer();
    for declared in ["UTF-16", "utf-16le", "EBCDIC"] {
        let attack = message.replace("encoding=\"UTF-8\"", &format!("encoding=\"{declared}\""));
        assert_eq!(failed(&verdict(&attack, &rules())), ["V2"], "{declared}");
    }
    let marked = format!("\u{feff}{message}").replace("encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"");
    assert_eq!(failed(&verdict(&marked, &rules())), ["V2"]);
    assert!(verdict(&format!("\u{feff}{message}"), &rules()).valid);
}

#[test]
fn a_token_outside_of_security_is_none() {
    let message = answer();
    let token = part(&message, "<wsse:BinarySecurityToken", "</wsse:BinarySecurityToken>");
    let moved = message.replace(token, "").replace("</wsse:Security>", &format!("</wsse:Security>{token}"));
    let moved = moved.replace(
        "<wsse:BinarySecurityToken ",
        "<wsse:BinarySecurityToken xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\" ",
    );
    refused("token outside", &moved);
}
