//! Signatures of this library: by itself, byte by byte, and as xmlsec1 sees it (T11, AV1).
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use bankchannel_crypto::digest::{MessageDigestAlgorithm, hex};
use bankchannel_xml::XmlTree;
use bankchannel_xml_signature::{
    AlgorithmRules, CanonicalMethod, DocumentDraft, SignatureFaultKind, SignedDocument, SignedEnvelope,
    canonical_bytes, survey,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::{OTHER, SIGNER};

const BEFORE: &str = "<ApplicationRequest xmlns=\"http://bxd.fi/xmldata/\"><CustomerId>7700112233</CustomerId><Command>DownloadFileList</Command><Timestamp>2031-03-04T05:06:07.089Z</Timestamp><Status>NEW</Status><Environment>TEST</Environment><TargetId>7700112233B1</TargetId><SoftwareId>Example Bank Client 1.0</SoftwareId><FileType>NDCAMT53L</FileType>";
const CLOSING: &str = "</ApplicationRequest>";

#[test]
fn av1_digests_and_signed_info() {
    let text = format!("{BEFORE}{CLOSING}");
    assert_eq!(text.len(), 351);
    let tree = XmlTree::read(&text).unwrap();
    assert_eq!(canonical_bytes(tree.root(), None, &CanonicalMethod::Inclusive.into()), text.as_bytes());
    let digest = |algorithm: MessageDigestAlgorithm| STANDARD.encode(algorithm.digest(text.as_bytes()));
    assert_eq!(digest(MessageDigestAlgorithm::Sha256), "nGk2+5xTpZsdYYPCQQ29AVfJScCMGGOjtFSB5mVEsTM=");
    assert_eq!(digest(MessageDigestAlgorithm::Sha1), "H88Av9OlV1bb0MFW7MEN0utC2DM=");
    let mut draft = DocumentDraft::new();
    draft.update(text.as_bytes());
    let drafted = draft.sign_as(&SIGNER.certificate);
    assert_eq!(drafted.bytes_to_sign().len(), 570);
    assert_eq!(
        hex(&MessageDigestAlgorithm::Sha256.digest(drafted.bytes_to_sign())),
        "5405a500b99ff5eec590a2c5d54920045ea85cfc758bbe42169658eafbe304f2"
    );
}

#[test]
fn t11_a_document_is_verified_by_us_and_by_xmlsec() {
    let message = SIGNER.document(BEFORE, CLOSING);
    let tree = XmlTree::read(&message).unwrap();
    let signed = SignedDocument::read(&tree).unwrap();
    assert_eq!(signed.certificates().signer, SIGNER.certificate);
    // The draft signs the very bytes that the reader canonicalises.
    let covered = signed.verify(signed.certificates().signer.key().unwrap(), AlgorithmRules::default()).unwrap();
    assert_eq!(covered.place(), "/ApplicationRequest");
    assert_eq!(covered.children().count(), 8);
    let fault = signed.verify(OTHER.certificate.key().unwrap(), AlgorithmRules::default()).unwrap_err();
    assert_eq!(fault.kind, SignatureFaultKind::Value);
    assert_ne!(SIGNER.xmlsec_verifies(&message), Some(false));
    assert_ne!(OTHER.xmlsec_verifies(&message), Some(true));
    let with_declaration = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{message}");
    assert_ne!(SIGNER.xmlsec_verifies(&with_declaration), Some(false));
}

#[test]
fn t11_an_envelope_is_verified_by_us_and_by_xmlsec() {
    let message = SIGNER.envelope("<c:in xmlns:c=\"urn:c\"><m:id xmlns:m=\"urn:m\">7</m:id></c:in>");
    let tree = XmlTree::read(&message).unwrap();
    let signed = SignedEnvelope::read(&tree).unwrap();
    let (body, timestamp) =
        signed.verify(signed.certificates().signer.key().unwrap(), AlgorithmRules::default()).unwrap();
    assert_eq!(body.children().next().unwrap().local(), "in");
    assert_eq!(timestamp.unwrap().place(), "/soapenv:Envelope/soapenv:Header/wsse:Security/wsu:Timestamp");
    assert_ne!(SIGNER.xmlsec_verifies(&message), Some(false));
    assert_ne!(SIGNER.xmlsec_verifies(&message.replace(">7<", ">8<")), Some(true));
    assert!(survey(&tree).0[0].holds());
}

#[test]
fn t09_each_change_has_its_own_fault() {
    let message = SIGNER.document(BEFORE, CLOSING);
    let verify = |text: &str| {
        let tree = XmlTree::read(text).unwrap();
        let signed = SignedDocument::read(&tree).map_err(|fault| fault.kind)?;
        let key = signed.certificates().signer.key().unwrap();
        signed.verify(key, AlgorithmRules::default()).map(|_| ()).map_err(|fault| fault.kind)
    };
    assert_eq!(verify(&message), Ok(()));
    assert_eq!(verify(&message.replace("NDCAMT53L", "NDCAMT54L")), Err(SignatureFaultKind::Digest));
    let flipped = |tag: &str| {
        let at = message.find(&format!("<{tag}>")).unwrap() + tag.len() + 6;
        let digit = if &message[at..=at] == "A" { "B" } else { "A" };
        format!("{}{digit}{}", &message[..at], &message[at + 1..])
    };
    // The digest's value is signed too: the value of the signature is checked first.
    assert_eq!(verify(&flipped("DigestValue")), Err(SignatureFaultKind::Value));
    assert_eq!(verify(&flipped("SignatureValue")), Err(SignatureFaultKind::Value));
    assert!(matches!(
        verify(&flipped("X509Certificate")),
        Err(SignatureFaultKind::Certificate | SignatureFaultKind::Structure)
    ));
    let other = message.replace(SIGNER.certificate.base64(), OTHER.certificate.base64());
    assert_eq!(verify(&other), Err(SignatureFaultKind::Value));
    let sha1 = message.replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1");
    // T10: the digest is as long as that of SHA-256.
    assert_eq!(verify(&sha1), Err(SignatureFaultKind::Digest));
}
