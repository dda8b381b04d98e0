//! XML signatures (XML-DSig and WS-Security 1.0 with X.509 tokens) over `core/xml` and `core/crypto`: no I/O, no clock,
//! no protocol.
//!
//! ```text
//!  text ─► XmlTree ─┬─► SignedDocument ─► CoveredElement: the root, less its Signature
//!                   └─► SignedEnvelope ─► CoveredElement: the Body, and the Timestamp
//!
//!  DocumentDraft, EnvelopeDraft: the written form is canonical already, so it is digested while it is written
//! ```
//!
//! What a signature covers is handed on as the element itself, never as a yes. Structure is strict: each part once and
//! in order, at most two references, each of this document, methods from a list, nothing but text inside of values.
//! Whether a certificate is trusted is not decided here.

mod alternatives;
mod canonical;
mod covered;
mod document;
mod draft;
mod envelope;
mod envelope_draft;
mod fault;
mod ids;
mod key_info;
mod methods;
mod names;
mod parts;
mod survey;
mod template;
mod values;

pub use alternatives::{DigestAlternative, digest_alternatives};
pub use canonical::{CanonicalSink, Canonicalizer, canonical_bytes, canonicalize, push_canonical_text};
pub use covered::CoveredElement;
pub use document::SignedDocument;
pub use draft::{DocumentDraft, DocumentSignatureForm, DraftedSignature};
pub use envelope::SignedEnvelope;
pub use envelope_draft::{EnvelopeDraft, EnvelopeTimes};
pub use fault::{SignatureFault, SignatureFaultKind};
pub use key_info::KeyCertificates;
pub use methods::{AlgorithmRules, CanonicalForm, CanonicalMethod, digest_uri, signature_uri};
pub use names::{
    BASE64_TOKEN, SIGNATURE_NAMESPACE, SOAP_NAMESPACE, WS_SECURITY_NAMESPACE, WS_UTILITY_NAMESPACE, X509_TOKEN,
};
pub use parts::{ReferenceTarget, ReferenceTransform, SignatureReference, XmlSignatureParts};
pub use survey::{MAX_SURVEYED, SurveyedReference, SurveyedSignature, survey};
pub use template::{SignatureTemplate, TemplateReference};
