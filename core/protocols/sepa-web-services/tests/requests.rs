//! Requests as they are written: valid by their schemas, verified by us and by xmlsec1, the same whatever the pieces.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::process::Command;

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::{SessionKeyOpener, TRIPLE_DES};
use bankchannel_crypto::rsa::RsaPrivateKey;
use bankchannel_foundation::message::{Body, SOAP, Segment};
use bankchannel_foundation::model::{Content, Date};
use bankchannel_sepa_web_services::request::{
    ApplicationRequest, FileCommand, RequestHeader, RequestSeal, SealedRequest,
};
use bankchannel_sepa_web_services::verify::VerificationRules;
use bankchannel_xml::XmlTree;
use bankchannel_xml_encryption::{EncryptedData, EncryptedDraft};
use bankchannel_xml_signature::EnvelopeTimes;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::*;

const TIMESTAMP: &str = "2031-03-04T05:06:07.089Z";

fn header() -> RequestHeader {
    RequestHeader {
        sender_id: "7700112233".to_owned(),
        request_id: "4b1d5c1e9a3f4f6d8c7e2a0b9d8f7e6c".to_owned(),
        timestamp: TIMESTAMP.to_owned(),
        language: "EN".to_owned(),
        user_agent: "Example & Bank Client 1.0".to_owned(),
        receiver_id: "NDEAFIHH".to_owned(),
    }
}

fn plain(command: FileCommand) -> ApplicationRequest {
    ApplicationRequest::new(command, "7700112233", TIMESTAMP, "Example <Bank> Client 1.0")
}

/// A request with every element that it may have.
fn full(command: FileCommand) -> ApplicationRequest {
    let some = |text: &str| Some(text.to_owned());
    ApplicationRequest {
        start_date: Some(Date::new(2031, 3, 1).unwrap()),
        end_date: Some(Date::new(2031, 3, 4).unwrap()),
        status: some("DOWNLOADED"),
        service_id: some("NDEAFIHHXXX-FI1-EUR-12345600000785"),
        file_references: vec!["31030400017".to_owned(), "31030400018".to_owned()],
        user_filename: some("salaries-0304.xml"),
        target_id: some("7700112233B1"),
        execution_serial: some("RUN-000417"),
        compression_method: some("GZIP"),
        file_type: some("NDCORPAYS"),
        has_content: command == FileCommand::UploadFile,
        ..plain(command)
    }
}

/// The message around content that comes in pieces.
fn made(request: &ApplicationRequest, pieces: &[&[u8]]) -> String {
    let sealed = sealed(request, pieces, None);
    let value = CUSTOMER.sign(sealed.bytes_to_sign());
    let content = if request.has_content { STANDARD.encode(pieces.concat()) } else { String::new() };
    let document = [sealed.document_begin.as_str(), &content, &sealed.document_end].concat();
    let tail = sealed.tail.clone();
    format!("{}{}{tail}", sealed.head(&value), STANDARD.encode(document))
}

fn sealed(request: &ApplicationRequest, pieces: &[&[u8]], encryption: Option<EncryptedDraft>) -> SealedRequest {
    let mut seal = RequestSeal::begin(request, &header(), "5e1", encryption).unwrap();
    pieces.iter().for_each(|piece| seal.update(piece).unwrap());
    let document = seal.finish_content(&CUSTOMER.certificate).unwrap();
    let value = CUSTOMER.sign(document.bytes_to_sign());
    let times =
        EnvelopeTimes { created: "2031-03-04T05:06:07Z".to_owned(), expires: "2031-03-04T05:11:07Z".to_owned() };
    document.signed(&value, &times, &CUSTOMER.certificate).unwrap()
}

fn customer_rules() -> VerificationRules {
    VerificationRules { signers: None, ..rules() }
}

#[test]
fn what_is_written_is_what_is_verified() {
    let content = vec![0xa7; 100_000];
    for command in FileCommand::ALL {
        for request in [plain(command), full(command)] {
            let given: &[&[u8]] = if request.has_content { &[&content] } else { &[] };
            let found = verdict(&made(&request, given), &customer_rules());
            assert!(found.valid, "{command:?} {:?}", found.checks);
        }
    }
}

#[test]
fn pieces_make_no_difference() {
    let request = full(FileCommand::UploadFile);
    let content: Vec<u8> = (0..200_001_u32).map(|at| (at * 31 % 251) as u8).collect();
    let whole = made(&request, &[&content]);
    for size in [1, 2, 3, 4, 24 * 1024 - 1, 24 * 1024 + 1, 100_000] {
        let pieces: Vec<&[u8]> = content.chunks(size).collect();
        assert!(made(&request, &pieces) == whole, "pieces of {size}");
    }
    for size in 0..10 {
        assert!(verdict(&made(&request, &[&content[..size]]), &customer_rules()).valid, "{size} bytes");
    }
}

/// The document in a message.
fn document(message: &str) -> Vec<u8> {
    let begin = "<mod:ApplicationRequest xmlns:mod=\"http://model.bxd.fi\">";
    let text = message.split(begin).nth(1).unwrap().split('<').next().unwrap();
    STANDARD.decode(text).unwrap()
}

#[test]
fn t11_xmlsec_verifies_both_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let certificate = write("certificate.pem", CUSTOMER.certificate.to_pem().as_bytes());
    let utility = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd:Timestamp";
    let message = made(&full(FileCommand::UploadFile), &[b"content"]);
    for (name, bytes) in [("envelope.xml", message.as_bytes()), ("document.xml", &document(&message))] {
        let file = write(name, bytes);
        let ids = ["--id-attr:Id", "http://schemas.xmlsoap.org/soap/envelope/:Body", "--id-attr:Id", utility];
        let output =
            Command::new("xmlsec1").args(["--verify", "--pubkey-cert-pem", &certificate]).args(ids).arg(&file).output();
        let Ok(output) = output else {
            assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "xmlsec1 is not installed");
            eprintln!("not run: xmlsec1 is not installed");
            return;
        };
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn t28_lengths_are_checked_before_anything_is_written() {
    let refused = |change: fn(&mut ApplicationRequest), field: &str| {
        let mut request = full(FileCommand::UploadFile);
        change(&mut request);
        let error = RequestSeal::begin(&request, &header(), "5e1", None).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some(field)));
    };
    refused(|request| request.customer_id = "1".repeat(17), "customer_id");
    refused(|request| request.user_filename = Some("x".repeat(81)), "user_filename");
    refused(|request| request.software_id = "x".repeat(81), "software_id");
    refused(|request| request.target_id = Some(String::new()), "target_id");
    refused(|request| request.file_type = Some("x".repeat(41)), "file_type");
    refused(|request| request.execution_serial = Some("a\u{1}".to_owned()), "execution_serial");
    refused(|request| request.file_references = vec!["1".repeat(33)], "file_reference");
    let long = RequestHeader { user_agent: "x".repeat(36), ..header() };
    let error = RequestSeal::begin(&plain(FileCommand::GetUserInfo), &long, "5e1", None).unwrap_err();
    assert_eq!(error.detail("field"), Some("user_agent"));
    // Characters, not bytes.
    let mut wide = full(FileCommand::UploadFile);
    wide.user_filename = Some("\u{e4}".repeat(80));
    assert!(verdict(&made(&wide, &[b"x"]), &customer_rules()).valid);
}

#[test]
fn t27_documents_obey_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let schema = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/application_request.xsd");
    for command in FileCommand::ALL {
        for (name, request) in [("plain", plain(command)), ("full", full(command))] {
            let file = folder.path().join(format!("{name}.xml"));
            let content: &[&[u8]] = if request.has_content { &[b"content"] } else { &[] };
            std::fs::write(&file, document(&made(&request, content))).unwrap();
            let output =
                Command::new("xmllint").args(["--nonet", "--noout", "--schema"]).arg(&schema).arg(&file).output();
            let Ok(output) = output else {
                assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "xmllint is not installed");
                eprintln!("not run: xmllint is not installed");
                return;
            };
            assert!(output.status.success(), "{command:?} {name}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// The names of the elements of a text in their order, without prefixes.
fn elements(text: &str) -> Vec<&str> {
    let tags = text.split('<').skip(1).filter(|tag| !tag.starts_with(['/', '?']));
    let names = tags.map(|tag| tag.split([' ', '>', '/']).next().unwrap_or_default());
    names.map(|name| name.rsplit(':').next().unwrap_or_default()).collect()
}

/// The values of an attribute in their order.
fn values<'t>(text: &'t str, attribute: &str) -> Vec<&'t str> {
    let begin = format!(" {attribute}=\"");
    text.split(&*begin).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

#[test]
fn t15_t16_r12_envelopes_are_written_in_one_order_with_sha_256_alone() {
    const SIGNATURE: [&str; 19] = [
        "Signature",
        "SignedInfo",
        "CanonicalizationMethod",
        "SignatureMethod",
        "Reference",
        "Transforms",
        "Transform",
        "DigestMethod",
        "DigestValue",
        "Reference",
        "Transforms",
        "Transform",
        "DigestMethod",
        "DigestValue",
        "SignatureValue",
        "KeyInfo",
        "SecurityTokenReference",
        "Reference",
        "Body",
    ];
    const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
    for command in FileCommand::ALL {
        for request in [plain(command), full(command)] {
            let content: &[&[u8]] = if request.has_content { &[b"content"] } else { &[] };
            let message = made(&request, content);
            let mut order =
                vec!["Envelope", "Header", "Security", "BinarySecurityToken", "Timestamp", "Created", "Expires"];
            order.extend(SIGNATURE);
            order.extend([command.wrapper(), "RequestHeader"]);
            // T16: all six, also those that may be empty.
            order.extend(["SenderId", "RequestId", "Timestamp", "Language", "UserAgent", "ReceiverId"]);
            order.push("ApplicationRequest");
            assert_eq!(elements(&message), order, "{command:?}");
            let methods = values(&message, "Algorithm");
            let rsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
            assert_eq!(methods, [EXCLUSIVE, rsa, EXCLUSIVE, SHA256, EXCLUSIVE, SHA256], "{command:?}");
            let document = String::from_utf8(document(&message)).unwrap();
            let methods = values(&document, "Algorithm");
            assert_eq!((methods[1], methods.last().copied()), (rsa, Some(SHA256)), "{document}");
            assert!(!message.contains("sha1") && !document.contains("sha1"));
        }
    }
    // None of them is left out, and those that must say something are never empty.
    for (field, empty) in [
        ("sender_id", RequestHeader { sender_id: String::new(), ..header() }),
        ("request_id", RequestHeader { request_id: String::new(), ..header() }),
        ("receiver_id", RequestHeader { receiver_id: String::new(), ..header() }),
    ] {
        let error = RequestSeal::begin(&plain(FileCommand::DownloadFileList), &empty, "5e1", None).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some(field)));
    }
}

/// The bytes of segments, as they are sent.
fn sent(segments: &[Segment]) -> Vec<u8> {
    let bytes = segments.iter().map(|segment| match segment {
        Segment::Literal(bytes) => bytes.to_vec(),
        Segment::Base64(Content::Bytes(bytes)) => STANDARD.encode(bytes).into_bytes(),
        Segment::Encoded(segments, encoding) => {
            let (mut out, mut encoder) = (Vec::new(), encoding.encoder().unwrap());
            encoder.push(&sent(segments), &mut |text| out.extend_from_slice(text)).unwrap();
            encoder.end(&mut |text| out.extend_from_slice(text)).unwrap();
            out
        }
        Segment::Base64(_) => panic!("content in memory"),
    });
    bytes.collect::<Vec<_>>().concat()
}

/// Signed, then encrypted, then in an envelope that is signed (§2.9).
#[test]
fn an_encrypted_document_is_signed_inside_and_outside() {
    let recipient = AUTHORITY.issue("BANK ENCRYPTION", SIGNER_EXTENSIONS, 2048);
    let opener = SessionKeyOpener::new(&RsaPrivateKey::from_pem(&recipient.key_pem()).unwrap()).unwrap();
    for cipher in [CbcCipher::AES_256, TRIPLE_DES] {
        for command in FileCommand::ALL {
            let request = full(command);
            let content = vec![0xa7; 100_000];
            let given = request.has_content.then_some(&*content);
            let draft = EncryptedDraft::new(cipher, &recipient.certificate, "name:DanskeBankCryptCERT").unwrap();
            let sealed = sealed(&request, given.as_slice(), Some(draft));
            let value = CUSTOMER.sign(sealed.bytes_to_sign());
            let segments = sealed.message(&value, given.map(|bytes| Content::from(bytes.to_vec())));
            let message = String::from_utf8(sent(&segments)).unwrap();
            assert_eq!(Body::of_segments(SOAP, segments).known_length(), Some(message.len() as u64));
            let envelope = verdict(&message, &customer_rules());
            let holds = |id: &str| envelope.checks.iter().any(|check| check.id == id && check.ok);
            assert!(holds("V5") && holds("V6"), "{command:?} {:?}", envelope.checks);
            let text = String::from_utf8(document(&message)).unwrap();
            assert!(text.starts_with("<xenc:EncryptedData ") && !text.contains("7700112233"), "{text}");
            let tree = XmlTree::read(&text).unwrap();
            let data = EncryptedData::read(tree.root()).unwrap();
            let key = opener.open(data.wrapped_key(), data.cipher());
            let document = data.decrypt(&key, &|| false).unwrap().document(|_| true).unwrap();
            let found = verdict(&String::from_utf8(document).unwrap(), &customer_rules());
            assert!(found.valid, "{command:?} {:?}", found.checks);
        }
    }
}
