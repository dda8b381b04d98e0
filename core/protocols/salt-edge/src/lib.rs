//! Salt Edge PSD2 Compliance, version 1: the messages between a bank's connector and Salt Edge, the hub. No I/O.
//!
//! ```text
//!             11 requests: a JWT of the hub in Authorization           operations of `hub`
//!   hub  ──────────────────────────────────────────────────────►  connector
//!        ◄──────────────────────────────────────────────────────
//!             6 callbacks and questions: a JWT of the connector        operations of `connector`
//! ```
//!
//! Each endpoint is one operation; both ends use the same [`codec`]. Parameters are only sent inside the JWT, whatever
//! the method: [`envelope`] creates and verifies it, [`receive`] makes a connector's checks in their order, [`class`]
//! has the error classes of both directions.
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
pub mod openapi;
pub mod receive;
mod terms;

/// Salt Edge's published public key, which verifies its requests. It may change: a setting can name another one.
pub const SALT_EDGE_PUBLIC_KEY: &str = include_str!("salt-edge.public.pem");

use codec::SaltEdge;
pub use terms::{ReportAfterwards, SaltEdgeTerms, ServingSide, TokenUse};
