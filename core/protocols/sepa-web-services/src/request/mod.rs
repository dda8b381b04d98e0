//! Requests to a bank's file service, written and signed: a document in an envelope (§2, §3); and those to its certificate
//! service, which are small and not sealed (§5).
//!
//! ```text
//!   ApplicationRequest ─► text before and behind the content ─┐
//!   RequestHeader ──────► text before and behind the document ┴─► RequestSeal ◄─ content, once, piece by piece
//!                                                                     │ base64, digest of the document
//!                                                                     │ base64 of that, digest of the Body
//!                                                            document's signature, then the envelope's
//! ```
//!
//! Documents are written canonically, so their own bytes are digested. Nothing here signs: the bytes to sign are handed
//! out, for a key on a token or at the caller's.

mod certificate;
mod document;
mod header;
mod pki_factory;
mod seal;
mod text;

pub use bankchannel_xml_encryption::EncryptedDraft;
pub use bankchannel_xml_signature::EnvelopeTimes;
pub use certificate::{CertificateApplication, CertificateCommand, CertificateHeader, UnsignedApplication};
pub use document::{ApplicationRequest, DocumentText, FileCommand};
pub use header::RequestHeader;
pub use pki_factory::ENCRYPTION_RECIPIENT;
pub(crate) use pki_factory::{ID_LENGTH, REQUEST_ID_MOST};
pub use seal::{RequestSeal, SealedDocument, SealedRequest};
pub use text::whole_seconds;
