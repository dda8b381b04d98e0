//! A customer's keys and certificates in a folder, and their life there: asked for, tried, used, replaced.
//!
//! ```text
//!   CertificateDriver (core/renewal) ─► the due step ─► request, renewal, trial: ClientCertificates ─► bank
//!     └── CertificateStore: state, keys, requests
//!           └── HeldIdentity: `identity_dir`; the bank's certificates beside it
//! ```
//!
//! Whatever is done at the bank is stored before: key and request before the first byte leaves, the certificate before it
//! is used.

mod folder;
mod notes;
mod passphrase;
mod renewing;
mod unbelieved;
mod unopened;

pub(super) use folder::IdentityFolder;
pub(super) use renewing::{IdentityRenewing, renewing};
pub(super) use unbelieved::UnbelievedAnswer;
pub(super) use unopened::settle_unopened;
