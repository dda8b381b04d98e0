//! A document's signature in the making. The document is written in canonical form, so its own bytes are digested while
//! they are written.

use bankchannel_crypto::digest::{MessageDigestAlgorithm, StreamedDigest};
use bankchannel_crypto::x509::Certificate;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::methods::{CanonicalMethod, digest_uri, signature_uri};
use crate::names::{ENVELOPED, SIGNATURE_NAMESPACE};

/// Which canonical form a document's signature names. A document as [`DocumentDraft`] has it is written alike in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DocumentSignatureForm {
    /// The inclusive one, for SignedInfo; the reference has one transform, enveloped.
    #[default]
    Inclusive,
    /// The exclusive one, for SignedInfo and as the second transform of the reference: the document may be put into another.
    Exclusive,
}

/// The digest of a document that is being written: UTF-8 without declaration, one default namespace on the root, start
/// and end tag for each element, no blanks between them.
#[derive(Debug)]
pub struct DocumentDraft(StreamedDigest);

impl DocumentDraft {
    /// Begins a document.
    #[must_use]
    pub fn new() -> Self {
        Self(MessageDigestAlgorithm::Sha256.begin())
    }

    /// Adds the next bytes of the document, the end tag of the root too. The signature is put before that tag.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of the document, SHA-256.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.finish()
    }

    /// The signature of the document, to be signed with the key of this certificate, RSA (PKCS#1 v1.5) with SHA-256.
    #[must_use]
    pub fn sign_as(self, certificate: &Certificate) -> DraftedSignature {
        Self::sign_digest(self.finish(), DocumentSignatureForm::Inclusive, certificate)
    }

    /// The same for a document with this digest, in one of the forms.
    #[must_use]
    pub fn sign_digest(digest: Vec<u8>, form: DocumentSignatureForm, certificate: &Certificate) -> DraftedSignature {
        const BOTH: &[&str] = &[ENVELOPED, CanonicalMethod::Exclusive.uri()];
        let (method, transforms) = match form {
            DocumentSignatureForm::Inclusive => (CanonicalMethod::Inclusive, &BOTH[..1]),
            DocumentSignatureForm::Exclusive => (CanonicalMethod::Exclusive, BOTH),
        };
        let info = signed_info("", method, &[DraftedReference { uri: String::new(), transforms, digest }]);
        let key = format!(
            "<KeyInfo><X509Data><X509Certificate>{}</X509Certificate></X509Data></KeyInfo></Signature>",
            certificate.base64()
        );
        DraftedSignature {
            before: format!("<Signature xmlns=\"{SIGNATURE_NAMESPACE}\">{}<SignatureValue>", info.written),
            signed: info.signed,
            behind: format!("</SignatureValue>{key}"),
        }
    }
}

impl Default for DocumentDraft {
    fn default() -> Self {
        Self::new()
    }
}

/// A signature that lacks its value.
#[derive(Debug)]
pub struct DraftedSignature {
    pub(crate) before: String,
    pub(crate) signed: String,
    pub(crate) behind: String,
}

impl DraftedSignature {
    /// The bytes to sign, with RSA (PKCS#1 v1.5) and SHA-256.
    #[must_use]
    pub fn bytes_to_sign(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The text with the signature's value.
    #[must_use]
    pub fn complete(self, value: &[u8]) -> String {
        [self.before, STANDARD.encode(value), self.behind].concat()
    }
}

/// A reference of a signature in the making.
pub(crate) struct DraftedReference {
    pub(crate) uri: String,
    pub(crate) transforms: &'static [&'static str],
    pub(crate) digest: Vec<u8>,
}

/// SignedInfo as it is written inside of a Signature, and as it is signed.
pub(crate) struct DraftedInfo {
    pub(crate) written: String,
    pub(crate) signed: String,
}

/// SignedInfo in canonical form under a prefix (empty for the default namespace) that Signature declares.
pub(crate) fn signed_info(prefix: &str, method: CanonicalMethod, references: &[DraftedReference]) -> DraftedInfo {
    let (p, declares) = match prefix {
        "" => (String::new(), format!(" xmlns=\"{SIGNATURE_NAMESPACE}\"")),
        _ => (format!("{prefix}:"), format!(" xmlns:{prefix}=\"{SIGNATURE_NAMESPACE}\"")),
    };
    let empty = |name: &str, uri: &str| format!("<{p}{name} Algorithm=\"{uri}\"></{p}{name}>");
    let mut inside = empty("CanonicalizationMethod", method.uri());
    inside.push_str(&empty("SignatureMethod", signature_uri(MessageDigestAlgorithm::Sha256)));
    for one in references {
        let transforms: String = one.transforms.iter().map(|uri| empty("Transform", uri)).collect();
        inside.push_str(&format!(
            "<{p}Reference URI=\"{}\"><{p}Transforms>{transforms}</{p}Transforms>{}<{p}DigestValue>{}</{p}DigestValue></{p}Reference>",
            one.uri,
            empty("DigestMethod", digest_uri(MessageDigestAlgorithm::Sha256)),
            STANDARD.encode(&one.digest),
        ));
    }
    let whole = |declares: &str| format!("<{p}SignedInfo{declares}>{inside}</{p}SignedInfo>");
    DraftedInfo { written: whole(""), signed: whole(&declares) }
}
