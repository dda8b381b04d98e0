//! Salt Edge PSD2 Compliance, version 1: what a bank's connector and Salt Edge, the hub, say to each other. No I/O.
//!
//! ```text
//!             11 requests: a JWT of the hub in Authorization
//!   hub  ──────────────────────────────────────────────────────►  connector
//!        ◄──────────────────────────────────────────────────────
//!             6 callbacks and questions: a JWT of the connector
//! ```
//!
//! Parameters travel inside the JWT alone, whatever the method. This crate begins with that envelope: [`envelope`] verifies and makes
//! it, [`class`] has the error classes of both directions. The operations themselves are not here yet.
//!
//! Section numbers (`§6.1`) are those of the Salt Edge sheet.

pub mod class;
pub mod envelope;

pub use class::{Class, Refusal};
pub use envelope::{Issuer, UnfitKeys, Verifier, sign};
