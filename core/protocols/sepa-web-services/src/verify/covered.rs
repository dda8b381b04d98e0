//! The signed parts of a message, handed on as soon as its checks hold.

use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::TreeElement;
use bankchannel_xml_signature::CoveredElement;

/// Takes the signed parts of a message. Its readers read them here, and nothing else of it.
pub trait CoveredParts {
    /// The element inside of the Body, before anything is verified: it only says where an answer goes.
    fn unverified(&mut self, _wrapper: TreeElement<'_>) {}

    /// All checks of the envelope hold.
    fn envelope(&mut self, _envelope: &CoveredEnvelope<'_>) {}

    /// A first request for a certificate, or one that anybody may make: it is not signed, and nothing vouches for it
    /// but a code.
    fn unsigned_request(&mut self, _root: TreeElement<'_>, _was_encrypted: bool) {}

    /// All checks of the document hold, and those of its envelope if it came in one.
    fn document(&mut self, _document: &CoveredDocument<'_>) {}
}

/// An envelope whose signature covers its Body.
#[derive(Debug, Clone, Copy)]
pub struct CoveredEnvelope<'r> {
    /// The element inside of the Body.
    pub wrapper: TreeElement<'r>,
    /// Whether a time is covered too.
    pub has_time: bool,
    /// Who signed it.
    pub signer: &'r Certificate,
}

/// A document that its signature covers.
#[derive(Debug)]
pub struct CoveredDocument<'r> {
    /// The document's root, less its signature.
    pub root: CoveredElement<'r>,
    /// The text of the whole document.
    pub text: &'r str,
    /// The digest that is signed.
    pub digest: &'r [u8],
    /// Who signed it.
    pub signer: &'r Certificate,
    /// Whether it was encrypted, and opened with a key of ours.
    pub was_encrypted: bool,
}

/// Takes nothing: for a mere verdict.
pub(super) struct NoCoveredParts;

impl CoveredParts for NoCoveredParts {}
