//! The certificate services of the families: first certificates for a code, further ones for the present one, and the
//! bank's own (§5, §9.4).
//!
//! ```text
//!   examination   message ─► application: what it says, who signed it
//!   codes         what the bank has sent to its customers, and how often a wrong one was tried
//!   issuing       the checks of each family ─► a certificate, or the same once more
//! ```

pub(crate) mod codes;
mod examination;
mod issuing;

pub(crate) use examination::ExaminedApplication;
pub(crate) use issuing::{Issued, Issuing};
