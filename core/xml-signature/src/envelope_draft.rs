//! A signed SOAP envelope in the making. The Body is written in exclusive canonical form, so its own bytes are digested
//! while they are written; its digest goes into the Header before it.

use bankchannel_crypto::digest::MessageDigestAlgorithm;
use bankchannel_crypto::x509::Certificate;

use crate::draft::{DraftedReference, DraftedSignature, signed_info};
use crate::methods::CanonicalMethod;
use crate::names::{
    BASE64_TOKEN, EXCLUSIVE_NAMESPACE, SIGNATURE_NAMESPACE, SOAP_NAMESPACE, WS_SECURITY_NAMESPACE,
    WS_UTILITY_NAMESPACE, X509_TOKEN,
};

/// An envelope whose Body is about to be written.
#[derive(Debug, Clone)]
pub struct EnvelopeDraft {
    /// The end of the message's ids: letters and digits, different in each message.
    suffix: String,
}

/// The times of a Timestamp, as they are written: UTC with `Z`.
#[derive(Debug, Clone)]
pub struct EnvelopeTimes {
    /// When the message was made.
    pub created: String,
    /// When it ends.
    pub expires: String,
}

impl EnvelopeDraft {
    /// Begins an envelope; the suffix, letters and digits, makes its ids.
    #[must_use]
    pub fn new(suffix: &str) -> Self {
        Self { suffix: suffix.to_owned() }
    }

    /// The start tag of the Body, as it is written and digested. What follows, up to [`Self::BODY_END`], is in exclusive
    /// canonical form: each prefix declared where it is used first.
    #[must_use]
    pub fn body_start(&self) -> String {
        format!(
            "<soapenv:Body xmlns:soapenv=\"{SOAP_NAMESPACE}\" xmlns:wsu=\"{WS_UTILITY_NAMESPACE}\" wsu:Id=\"body-{}\">",
            self.suffix
        )
    }

    /// The end tag of the Body.
    pub const BODY_END: &'static str = "</soapenv:Body>";

    /// What follows the Body.
    pub const ENVELOPE_END: &'static str = "</soapenv:Envelope>";

    /// What comes before the Body, whose digest (SHA-256) is known: to be signed with the key of this certificate, RSA
    /// (PKCS#1 v1.5) with SHA-256.
    #[must_use]
    pub fn sign_as(&self, body_digest: Vec<u8>, times: &EnvelopeTimes, certificate: &Certificate) -> DraftedSignature {
        let suffix = &self.suffix;
        let timestamp = format!(
            "<wsu:Timestamp xmlns:wsu=\"{WS_UTILITY_NAMESPACE}\" wsu:Id=\"ts-{suffix}\"><wsu:Created>{}</wsu:Created>\
             <wsu:Expires>{}</wsu:Expires></wsu:Timestamp>",
            times.created, times.expires
        );
        let reference = |name: &str, digest: Vec<u8>| DraftedReference {
            uri: format!("#{name}-{suffix}"),
            transforms: &[EXCLUSIVE_NAMESPACE],
            digest,
        };
        let digest = MessageDigestAlgorithm::Sha256.digest(timestamp.as_bytes());
        let references = [reference("ts", digest), reference("body", body_digest)];
        let info = signed_info("ds", CanonicalMethod::Exclusive, &references);
        let token = format!(
            "<wsse:BinarySecurityToken xmlns:wsu=\"{WS_UTILITY_NAMESPACE}\" EncodingType=\"{BASE64_TOKEN}\" \
             ValueType=\"{X509_TOKEN}\" wsu:Id=\"token-{suffix}\">{}</wsse:BinarySecurityToken>",
            certificate.base64()
        );
        let before = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"{SOAP_NAMESPACE}\">\
             <soapenv:Header><wsse:Security xmlns:wsse=\"{WS_SECURITY_NAMESPACE}\" soapenv:mustUnderstand=\"1\">\
             {token}{timestamp}<ds:Signature xmlns:ds=\"{SIGNATURE_NAMESPACE}\">{}<ds:SignatureValue>",
            info.written
        );
        let behind = format!(
            "</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI=\"#token-{suffix}\" \
             ValueType=\"{X509_TOKEN}\"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature>\
             </wsse:Security></soapenv:Header>"
        );
        DraftedSignature { before, signed: info.signed, behind }
    }
}
