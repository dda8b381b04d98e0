//! Messages that xmlsec1 signs, in every variant that programs and banks write (docs/protocols/sepa-web-services.md
//! §2.5): we verify them (T08), and nothing that was changed afterwards.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use bankchannel_xml::XmlTree;
use bankchannel_xml_signature::{
    AlgorithmRules, SignatureFaultKind, SignedDocument, SignedEnvelope, digest_alternatives, survey,
};
use common::SIGNER;

const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const INCLUSIVE_COMMENTS: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const EXCLUSIVE_COMMENTS: &str = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// A Signature without values.
fn signature(canonical: &str, transforms: &[&str], uri: &str, sha1: bool, key_info: &str) -> String {
    let (method, digest) = if sha1 {
        ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1")
    } else {
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256")
    };
    let transforms: String = transforms.iter().map(|uri| format!("<Transform Algorithm=\"{uri}\"/>")).collect();
    let references: String = uri
        .split(' ')
        .map(|uri| {
            format!(
                "<Reference URI=\"{uri}\">\n<Transforms>{transforms}</Transforms>\r\n<DigestMethod Algorithm=\"{digest}\"/>\
                 <DigestValue></DigestValue></Reference>"
            )
        })
        .collect();
    format!(
        "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\n<SignedInfo>\n<CanonicalizationMethod Algorithm=\"{canonical}\"/>\
         <SignatureMethod Algorithm=\"{method}\"/>{references}</SignedInfo><SignatureValue/><KeyInfo>{key_info}</KeyInfo></Signature>"
    )
}

/// A document as banks write it: a prefix on the root, more namespaces than are used, lines.
fn document(signature: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<c2b:ApplicationResponse xmlns:c2b=\"http://bxd.fi/xmldata/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xml:lang=\"fi\">\r\n  <c2b:CustomerId>7700112233</c2b:CustomerId>\n  \
         <c2b:ResponseText>hyv\u{e4}\u{e4} &amp; &#13;</c2b:ResponseText>\n  {signature}\n</c2b:ApplicationResponse>\n"
    )
}

const X509: &str = "<X509Data><X509Certificate/></X509Data>";

/// The rows of §2.5: who, canonicalisation of SignedInfo, transforms, SHA-1.
const VARIANTS: [(&str, &str, &[&str], bool); 12] = [
    ("S1, all banks", INCLUSIVE_COMMENTS, &[ENVELOPED], true),
    ("S1, Nordea", INCLUSIVE_COMMENTS, &[ENVELOPED], false),
    ("PK, FR, NS", INCLUSIVE, &[ENVELOPED], true),
    ("BW, JB", EXCLUSIVE, &[ENVELOPED], true),
    ("BN", EXCLUSIVE_COMMENTS, &[ENVELOPED, EXCLUSIVE], true),
    ("RK", EXCLUSIVE, &[ENVELOPED, EXCLUSIVE], false),
    ("Danske RenewCertificate", EXCLUSIVE, &[ENVELOPED, EXCLUSIVE], true),
    ("Nordea, Samlink answers", INCLUSIVE, &[ENVELOPED, INCLUSIVE], true),
    ("Nordea answers", INCLUSIVE, &[ENVELOPED, INCLUSIVE], false),
    ("OP answers", INCLUSIVE_COMMENTS, &[ENVELOPED], true),
    ("newer Samlink answer", EXCLUSIVE_COMMENTS, &[ENVELOPED], true),
    ("emitted", INCLUSIVE, &[ENVELOPED], false),
];

fn verify(text: &str, allows_sha1: bool) -> Result<(), SignatureFaultKind> {
    let tree = XmlTree::read(text).unwrap();
    let signed = SignedDocument::read(&tree).map_err(|fault| fault.kind)?;
    let key = signed.certificates().signer.key().unwrap();
    let verified = signed.verify(key, AlgorithmRules { allows_sha1 });
    verified.map(|covered| assert_eq!(covered.element(), tree.root())).map_err(|fault| fault.kind)
}

#[test]
fn t08_all_variants_of_documents_verify() {
    for (who, canonical, transforms, sha1) in VARIANTS {
        for uri in ["", "#xpointer(/)"] {
            let template = document(&signature(canonical, transforms, uri, sha1, X509));
            let Some(message) = SIGNER.xmlsec_signs(&template) else { return };
            assert_eq!(verify(&message, true), Ok(()), "{who} {uri}");
            let refused = if sha1 { Err(SignatureFaultKind::Algorithm) } else { Ok(()) };
            assert_eq!(verify(&message, false), refused, "{who}");
            let changed = message.replace("7700112233", "7700112234");
            assert_eq!(verify(&changed, true), Err(SignatureFaultKind::Digest), "{who}");
            // T07: the blanks around the signature are signed too.
            let moved = message.replace("</c2b:ResponseText>\n", "</c2b:ResponseText>");
            assert_eq!(verify(&moved, true), Err(SignatureFaultKind::Digest), "{who}");
        }
    }
}

#[test]
fn t02_signed_info_inherits_the_namespaces_around_it() {
    let template = document(&signature(INCLUSIVE, &[ENVELOPED], "", false, X509));
    let Some(message) = SIGNER.xmlsec_signs(&template) else { return };
    let tree = XmlTree::read(&message).unwrap();
    let signed = SignedDocument::read(&tree).unwrap();
    let bytes = String::from_utf8(signed.parts().signed_bytes()).unwrap();
    assert!(bytes.starts_with(
        "<SignedInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:c2b=\"http://bxd.fi/xmldata/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xml:lang=\"fi\">"
    ));
    // Taken out of its document, it is another text, which the value does not fit.
    let alone = bytes.replacen(" xmlns:c2b=\"http://bxd.fi/xmldata/\"", "", 1);
    assert!(!SIGNER.certificate.key().unwrap().verify_pkcs1(
        bankchannel_crypto::signature::Hash::Sha256,
        alone.as_bytes(),
        &signed.parts().value
    ));
}

#[test]
fn r08_prefix_lists_of_others_verify() {
    let list = "<InclusiveNamespaces xmlns=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xsi #default\"/>";
    let with_list = signature(EXCLUSIVE, &[ENVELOPED, EXCLUSIVE], "", false, X509)
        .replace(
            &format!("<CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"/>"),
            &format!("<CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">{list}</CanonicalizationMethod>"),
        )
        .replace(
            &format!("<Transform Algorithm=\"{EXCLUSIVE}\"/>"),
            &format!("<Transform Algorithm=\"{EXCLUSIVE}\">{list}</Transform>"),
        );
    let Some(message) = SIGNER.xmlsec_signs(&document(&with_list)) else { return };
    assert_eq!(verify(&message, false), Ok(()));
    // Ignored in one place or both, it would be another text (R08).
    let without = message.replace("PrefixList=\"xsi #default\"/></Transform>", "PrefixList=\"\"/></Transform>");
    assert_ne!(without, message);
    assert_eq!(verify(&without, false), Err(SignatureFaultKind::Value));
}

/// An envelope with the order and the forms of others.
fn envelope(order: [&str; 3], references: &str, sha1: bool) -> String {
    let token = format!(
        "<wsse:BinarySecurityToken EncodingType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary\" \
         ValueType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3\" wsu:Id=\"tok\">\n{}\n</wsse:BinarySecurityToken>",
        SIGNER.certificate.base64()
    );
    let times = "<wsu:Timestamp wsu:Id=\"ts\"><wsu:Created>2031-03-04T05:06:07Z</wsu:Created><wsu:Expires>2031-03-04T05:11:07Z</wsu:Expires></wsu:Timestamp>";
    let key = "<wsse:SecurityTokenReference xmlns=\"\"><wsse:Reference URI=\"#tok\" ValueType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3\"/></wsse:SecurityTokenReference>";
    let signature = signature(EXCLUSIVE, &[EXCLUSIVE], references, sha1, key);
    let parts = order.map(|part| match part {
        "token" => token.as_str(),
        "times" => times,
        "signature" => &signature,
        _ => "",
    });
    format!(
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:u1=\"urn:1\" xmlns:u2=\"urn:2\" \
         xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\">\n<S:Header>\
         <wsse:Security xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">{}</wsse:Security></S:Header>\
         <S:Body wsu:Id=\"body\"><out xmlns=\"urn:x\"><m:a xmlns:m=\"urn:m\">1</m:a> <m:b xmlns:m=\"urn:m\">2</m:b></out></S:Body>\n</S:Envelope>",
        parts.concat()
    )
}

#[test]
fn t12_envelopes_of_others_verify() {
    for (order, references) in [
        (["token", "signature", "times"], "#ts #body"),
        (["times", "token", "signature"], "#body #ts"),
        (["token", "signature", ""], "#body"),
        (["times", "token", "signature"], "#body"),
    ] {
        for sha1 in [false, true] {
            let Some(message) = SIGNER.xmlsec_signs(&envelope(order, references, sha1)) else { return };
            let tree = XmlTree::read(&message).unwrap();
            let signed = SignedEnvelope::read(&tree).unwrap();
            let key = signed.certificates().signer.key().unwrap();
            let (body, timestamp) = signed.verify(key, AlgorithmRules { allows_sha1: true }).unwrap();
            assert_eq!(body.element().name(), "S:Body");
            assert_eq!(timestamp.is_some(), references.contains("#ts"), "{order:?}");
            assert_eq!(signed.has_uncovered_timestamp(), order.contains(&"times") && !references.contains("#ts"));
            assert_eq!(signed.verify(key, AlgorithmRules::default()).is_ok(), !sha1);
            assert!(survey(&tree).0[0].holds());
        }
    }
}

#[test]
fn a_differing_digest_names_what_would_give_it() {
    let template = document(&signature(EXCLUSIVE, &[ENVELOPED], "", false, X509));
    let Some(message) = SIGNER.xmlsec_signs(&template) else { return };
    // As if the signer had digested the exclusive form and named none.
    let exclusive = document(&signature(EXCLUSIVE, &[ENVELOPED, EXCLUSIVE], "", false, X509));
    let exclusive = SIGNER.xmlsec_signs(&exclusive).unwrap();
    let value = |text: &str| text.split("<DigestValue>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let wrong = message.replace(&value(&message), &value(&exclusive));
    let tree = XmlTree::read(&wrong).unwrap();
    let signed = SignedDocument::read(&tree).unwrap();
    let found = digest_alternatives(&signed.parts().references[0], tree.root(), signed.parts().element());
    let [only] = &found[..] else { panic!("{found:?}") };
    assert!(only.method.is_exclusive() && only.enveloped && only.difference.is_empty());
}
