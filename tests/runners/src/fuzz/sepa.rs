//! The parsers of SEPA Web Services: messages, canonicalisation, encryption, profiles, packed content.

use std::sync::LazyLock;

use bankchannel_crypto::{
    digest::MessageDigestAlgorithm,
    legacy_cipher::SessionKey,
    signature::{Hash, SigningKey},
    x509::Certificate,
};
use bankchannel_foundation::{
    Error,
    message::InResponse,
    model::{Boundary as _, Field, read_boundary},
};
use bankchannel_sepa_web_services::{
    answer::{
        AnswerExpectation, BelievedMessage, CertificateExpectation, UnpackingLimits, open_answer, unpack_content,
    },
    codec::{certificates_of, listed_certificates},
    operations::certificates::{
        get_bank_certificates::GetBankCertificatesResponse, list_own_certificates::ListOwnCertificatesResponse,
        renew_certificate::RenewBankCertificateResponse, revoke_certificate::RevokeCertificateResponse,
    },
    profile::{self, BankEnvironment, BankFamily, ChannelProfile},
    verify::{VerificationRules, examine},
};
use bankchannel_xml::{TokenFlow, XmlRules, XmlTokens, XmlTree, decode_message};
use bankchannel_xml_encryption::EncryptedData;
use bankchannel_xml_signature::{
    CanonicalForm, CanonicalMethod, Canonicalizer, SOAP_NAMESPACE, SignatureTemplate, TemplateReference,
    canonical_bytes,
};

/// 2031-03-04T05:07:00Z.
const NOW_S: i64 = 1_930_367_220;

/// Examines a message by the profile of a bank: a valid one is so by its signatures alone, too.
pub(super) fn message(bytes: &[u8]) {
    let bank = profile::named("op").expect("a shipped profile");
    let rules = VerificationRules {
        at_s: NOW_S,
        anchors: bank.anchors_of(BankEnvironment::Production).expect("its anchors"),
        signers: bank.signers.clone(),
        ..VerificationRules::default()
    };
    let strict = examine(bytes, &rules, true);
    let only = examine(bytes, &VerificationRules { signatures_only: true, ..rules }, false);
    assert!(!strict.verdict.valid || only.verdict.valid, "what is not signed is valid");
}

/// Canonicalises a document in each method: from the tokens and from the tree alike, and a canonical document stays as
/// it is.
pub(super) fn canonical(bytes: &[u8]) {
    let Ok(text) = decode_message(bytes, None) else { return };
    for method in CanonicalMethod::ALL {
        let Some(once) = document(&text, method) else { return };
        // The canonical form may declare more on one element than the reader takes.
        if let Some(twice) = document(&once, method) {
            assert_eq!(twice, once, "canonical twice differs in {method:?}");
        }
        if let Ok(tree) = XmlTree::read(&text) {
            let form = CanonicalForm::from(method);
            assert_eq!(canonical_bytes(tree.root(), None, &form), once.as_bytes(), "the tree differs in {method:?}");
        }
    }
}

fn document(text: &str, method: CanonicalMethod) -> Option<String> {
    let (form, mut bytes) = (CanonicalForm::from(method), Vec::new());
    let mut canonical = Canonicalizer::new(&form, &mut bytes);
    let mut tokens = XmlTokens::whole(text, XmlRules::strict()).ok()?;
    let read = tokens.pump(|token| {
        canonical.token(&token);
        Ok(TokenFlow::Next)
    });
    canonical.finish();
    read.ok().map(|_| String::from_utf8(bytes).expect("canonical text is UTF-8"))
}

/// Reads and decrypts an encrypted document with a key that is known; whether it fits must not show.
pub(super) fn encrypted_document(bytes: &[u8]) {
    let Ok(text) = decode_message(bytes, None) else { return };
    let Ok(tree) = XmlTree::read(&text) else { return };
    let Ok(data) = EncryptedData::read(tree.root()) else { return };
    let key: Vec<u8> = (0..32).take(data.cipher().key_len()).collect();
    for unwrapped in [Some(&*key), None] {
        let key = SessionKey::from_unwrapped(unwrapped, data.cipher(), data.wrapped_key(), b"secret");
        let document = data.decrypt(&key, &|| false).and_then(|text| text.document(|_| true));
        let Ok(document) = document else { continue };
        assert!(document.len() < text.len(), "a document is shorter than its encryption");
    }
}

/// Reads a profile of a user's own.
pub(super) fn profile(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    if let Ok(own) = read_boundary::<ChannelProfile>(value).and_then(ChannelProfile::resolved) {
        for environment in [BankEnvironment::Production, BankEnvironment::Test] {
            drop(own.anchors_of(environment));
        }
    }
}

/// Reads a certificate in an answer, in any packing: each is one whose PEM is read again.
pub(super) fn certificates(bytes: &[u8]) {
    let Ok(found) = certificates_of(&String::from_utf8_lossy(bytes)) else { return };
    for one in found {
        let again = Certificate::from_pem(&one.to_pem()).expect("what was read is read again");
        assert_eq!(again, one);
    }
}

/// Who signs for Danske's certificate service here: the signer, the root that has issued it, the key.
static PKI_SIGNER: LazyLock<(Certificate, Certificate, SigningKey)> = LazyLock::new(|| {
    const PEM: &str = include_str!("../../../fuzz/danske-signer.pem");
    let key = PEM.find("-----BEGIN PRIVATE").expect("the key stands last");
    let [signer, root] = &Certificate::all_from_pem(&PEM[..key]).expect("two certificates")[..] else {
        panic!("two certificates");
    };
    (signer.clone(), root.clone(), SigningKey::from_pem(&PEM[key..], None).expect("its key"))
});

/// The operations of Danske's certificate service, and what an answer to each may have.
fn pki_operations() -> [(&'static str, &'static str, &'static [Field]); 4] {
    [
        ("get_bank_certificate", "GetBankCertificate", GetBankCertificatesResponse::SHAPE.fields()),
        ("renew_certificate", "RenewCertificate", RenewBankCertificateResponse::SHAPE.fields()),
        ("get_own_certificate_list", "GetOwnCertificateList", ListOwnCertificatesResponse::SHAPE.fields()),
        ("revoke_certificate", "RevokeCertificate", RevokeCertificateResponse::SHAPE.fields()),
    ]
}

/// Opens an answer of Danske's certificate service whose document has these bytes inside, and is signed: what comes behind the
/// signature is read as well. The first byte says which operation was asked for.
pub(super) fn pki_answer(bytes: &[u8]) {
    match opened_pki_answer(bytes) {
        Some(Ok(believed)) => drop(listed_certificates(&believed.fields)),
        // An error names the fault, and is no internal one.
        Some(Err(error)) => assert_ne!(error.code(), "internal", "{error:?}"),
        None => {}
    }
}

fn opened_pki_answer(bytes: &[u8]) -> Option<Result<BelievedMessage, Error>> {
    let (first, inside) = (bytes.first()?, std::str::from_utf8(&bytes[1..]).ok()?);
    let all = pki_operations();
    let (operation, name, fields) = all[usize::from(*first) % all.len()];
    let (signer, root, key) = &*PKI_SIGNER;
    let (service, documents) = (BankFamily::Danske.certificate_service(), BankFamily::Danske.certificate_documents());
    let key_info = format!("<X509Data><X509Certificate>{}</X509Certificate></X509Data>", signer.base64());
    let template = SignatureTemplate {
        prefix: "",
        canonical: CanonicalMethod::Exclusive,
        algorithm: MessageDigestAlgorithm::Sha256,
        references: &[TemplateReference { id: "response", canonical: Some(CanonicalMethod::Exclusive) }],
        key_info: &key_info,
    };
    let begin = format!("<t:{name}Response xml:id=\"response\" xmlns=\"\" xmlns:t=\"{documents}\">{inside}");
    let sign = |bytes: &[u8]| key.sign_pkcs1(Hash::Sha256, bytes).map_err(|why| why.to_string());
    let document = template.sign::<String>(&begin, &format!("</t:{name}Response>"), sign).ok()?;
    let message = format!(
        "<s:Envelope xmlns:s=\"{SOAP_NAMESPACE}\" xmlns:p=\"{service}\"><s:Body><p:{name}Out><p:ResponseHeader>\
         <p:SenderId>4Q7K2M</p:SenderId><p:CustomerId>4Q7K2M</p:CustomerId><p:RequestId>a1b2</p:RequestId>\
         <p:Timestamp>2031-03-04T05:06:08Z</p:Timestamp><p:InterfaceVersion>1</p:InterfaceVersion></p:ResponseHeader>{document}\
         </p:{name}Out></s:Body></s:Envelope>"
    );
    let danske = profile::named("danske").expect("a shipped profile");
    let rules = VerificationRules {
        at_s: NOW_S,
        family: Some(BankFamily::Danske),
        anchors: vec![root.clone()],
        signers: danske.signers.clone(),
        ..VerificationRules::default()
    };
    let certificates = CertificateExpectation { family: BankFamily::Danske, request: None, encryption_request: None };
    Some(open_answer(
        InResponse::new(200, message.into_bytes()),
        &AnswerExpectation {
            rules: &rules,
            operation,
            is_once: operation == "renew_certificate",
            certificates: Some(certificates),
            sender_id: "4Q7K2M",
            customer_id: "4Q7K2M",
            request_id: "a1b2",
            request_timestamp: "2031-03-04T05:06:07.089Z",
            request_digest: b"",
            execution_serial: None,
            fields,
            limits: UnpackingLimits::CLIENT,
        },
    ))
}

/// Unpacks content by each announcement: never more than the limits allow.
pub(super) fn content(bytes: &[u8]) {
    for (compressed, method) in [(false, None), (true, None), (true, Some("DEFLATE"))] {
        let limits = UnpackingLimits::CLIENT;
        let Ok(mut next) = unpack_content(bytes.to_vec().into(), compressed, method, limits) else { continue };
        let mut unpacked = 0;
        while let Ok(Some(piece)) = next() {
            unpacked += piece.len() as u64;
        }
        let max = (bytes.len() as u64 * limits.ratio).max(1024 * 1024);
        assert!(unpacked <= max, "{unpacked} bytes of {}", bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corpus reaches what lies behind the signature.
    #[test]
    fn answers_of_the_corpus_are_believed_or_refused_by_the_bank() {
        let corpus = crate::fuzz::corpus("sepa_pki_answer");
        let opened = corpus.iter().map(|bytes| opened_pki_answer(bytes).expect("it is text"));
        let (believed, refused): (Vec<_>, Vec<_>) = opened.partition(Result::is_ok);
        assert_eq!(
            (believed.len(), refused.len()),
            (4, 1),
            "{:?}",
            refused.iter().map(|one| one.as_ref().err()).collect::<Vec<_>>()
        );
    }
}
