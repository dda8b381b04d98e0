//! NextGenPSD2: signs, verifies and explains requests of a third party to a bank. No I/O.
//!
//! ```text
//!   certificates   QSEAL and QWAC: roles, authorisation number, issuer, trust; test certificates
//!        │
//!   signing        Digest ─► signing string ─► Signature (key id, RFC 2047) ─► TPP-Signature-Certificate
//!        │
//!   verify         the bank's checks V01–V36, in their order, in both dialects
//!        │
//!   answer         links, and refusals in all formats that banks use
//!        │
//!   codec          typed request ⇄ message ⇄ typed response, unsigned, for each exchange of `operations`
//!
//!   explain        which byte of the signing string differs, and why: tests the specification's hypotheses one by one
//! ```
//!
//! Section numbers in the documentation (`§2.4`) and ids of checks (`V30`) are those of docs/protocols/nextgen-psd2.md.

pub mod answer;
pub mod certificates;
mod codec;
mod declare;
pub mod errors;
pub mod explain;
pub mod http;
pub mod model;
pub mod operations;
pub mod signing;
mod terms;
pub mod verify;

pub use codec::{BankConventions, MAX_DEPTH, NextGenPsd2Codec, RESPONSE_HEADERS};
pub use operations::{CATALOGUE, TERMS, terms};
pub use terms::NextGenPsd2Terms;

/// The protocol's name in the catalogue.
pub const PROTOCOL: &str = "nextgen-psd2";
