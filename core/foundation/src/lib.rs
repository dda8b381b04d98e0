//! What every part of bankchannel speaks, and nothing that does I/O.
//!
//! ```text
//!   model      the closed type model: what may cross the boundary, its JSON form, its schema
//!   operation  the declaration of an operation: from here it reaches every language and the server
//!   question   the declaration of what a call asks the program that made it
//!   message    HTTP messages as data: what a protocol writes and reads
//!   json       strict reading of foreign JSON; content streamed out of and into it
//!   error      the error table, the error, the outcome of an exchange
//!   cache      a bounded cache that many threads share
//!   kept       what a client keeps of the keys and certificates that it has read
//!   clock, random, secret, redact
//!   shown      what an error may repeat of a path or a variable's name
//! ```
//!
//! Protocols are functions over these types: typed request → message → typed response. Sockets, clocks
//! and randomness are passed in or live elsewhere.

// The derive writes paths of this crate by its name.
extern crate self as bankchannel_foundation;

pub mod cache;
pub mod client_cache;
pub mod clock;
pub mod error;
pub mod json;
pub mod message;
pub mod model;
pub mod operation;
pub mod question;
pub mod random;
pub mod redact;
pub mod secret;
pub mod shown;

pub use cache::Cache;
pub use client_cache::ClientCache;
pub use error::{Category, Error, Outcome, Result};
pub use model::{Boundary, Content};
pub use operation::{Codec, Declaration, Exchange, Local, LocalContext, Operation, OperationKind};
pub use secret::Secret;
