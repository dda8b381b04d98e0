//! XML encryption of a whole document (XML-Enc 1.0), over `core/xml` and `core/crypto`: no I/O, no protocol. A draft is an
//! encoding of segments, so that a document is encrypted while it is sent.
//!
//! ```text
//!  EncryptedDraft ─► SegmentEncoder ◄─ the document, piece by piece
//!
//!  text ─► XmlTree ─► EncryptedData: recipient, wrapped key ─► SessionKey ─► the document's bytes
//! ```
//!
//! Structure is strict: one recipient, the key inside of the data, methods from a list. Whoever decrypts must not tell a
//! stranger why it fails: each failure behind the structure is the same [`DecryptionFailure`]. Encryption proves nothing;
//! what comes out counts once a signature inside of it holds.

mod draft;
mod encrypted_data;
mod fault;
mod names;

pub use draft::EncryptedDraft;
pub use encrypted_data::{DecryptedText, EncryptedData};
pub use fault::{DecryptionFailure, EncryptionFault};
pub use names::{ENCRYPTION_NAMESPACE, cipher_uri};
