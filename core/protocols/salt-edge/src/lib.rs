//! Salt Edge PSD2 Compliance, version 1: what a bank's connector and Salt Edge, the hub, say to each other. No I/O.
//!
//! ```text
//!             11 requests: a JWT of the hub in Authorization           operations of `hub`
//!   hub  ──────────────────────────────────────────────────────►  connector
//!        ◄──────────────────────────────────────────────────────
//!             6 callbacks and questions: a JWT of the connector        operations of `connector`
//! ```
//!
//! Each endpoint is one operation, read from both ends by one [`codec`]. Parameters travel inside the JWT alone, whatever the method:
//! [`envelope`] verifies and makes it, [`receive`] makes the checks of a connector in their order, [`class`] has the error classes of
//! both directions.
//!
//! Section numbers (`§6.1`) are those of docs/protocols/salt-edge.md.

pub mod bank_interface;
pub mod class;
pub mod client_jwt;
pub mod codec;
pub mod connector;
mod declare;
pub mod envelope;
pub mod http;
pub mod hub;
pub mod model;
pub mod receive;
mod terms;

/// The key that Salt Edge has published for what it signs. It may change: settings name another.
pub const SALT_EDGE_PUBLIC_KEY: &str = include_str!("salt-edge.public.pem");

pub use class::{Class, Refusal};
pub use codec::{Credentials, SaltEdge};
pub use envelope::{Issuer, UnfitKeys, Verifier, sign};
pub use terms::{Afterwards, Side, Terms, TokenUse};
