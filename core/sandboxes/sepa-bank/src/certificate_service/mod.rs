//! The certificate services of the families: first certificates for a code, further ones for the present one, and the
//! bank's own (§5, §9.4).
//!
//! ```text
//!   examination   message ─► application: its content and its signer
//!   codes         the bank's letters to its customers, and the tries with wrong codes
//!   issuing       the checks of each family ─► a certificate, or the same once more
//! ```

pub(crate) mod codes;
mod examination;
mod issuing;

pub(crate) use examination::ExaminedApplication;
pub(crate) use issuing::{Issued, Issuing};
