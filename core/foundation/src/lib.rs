//! The types shared by every part of bankchannel. No I/O, except for the files that a request names.
//!
//! ```text
//!   model         the closed type model: what may cross the boundary, its JSON form, its schema
//!   operation     the declaration of an operation, from which every language and the server derive it
//!   openapi       the OpenAPI description of an HTTP interface, from its operations
//!   question      the declaration of the questions that a call asks its program
//!   message       HTTP messages as data: what a protocol writes and reads
//!   json          strict reading of foreign JSON; content streamed out of and into it
//!   error         the error table, the error, the outcome of an exchange
//!   environment   settings in environment variables: their texts, and which names are meant
//!   cache         a bounded cache, shared by threads
//!   client_cache  a client's cache of parsed keys and certificates
//!   clock, secret, redact
//!   regular_file  opens files without blocking, reads those of limited size
//!   shown         the parts of a path or a variable's name that an error may repeat
//! ```
//!
//! Protocols are functions over these types: typed request → message → typed response. Sockets, clocks
//! and randomness are passed in or live elsewhere.

// The derive macros refer to this crate by name.
extern crate self as bankchannel_foundation;

mod cache;
mod client_cache;
pub mod clock;
pub mod environment;
pub mod error;
pub mod json;
pub mod message;
pub mod model;
mod near;
pub mod openapi;
pub mod operation;
pub mod question;
pub mod redact;
mod regular_file;
mod secret;
pub mod shown;

/// What the file of an operation is written with: `use bankchannel_foundation::prelude::*`. Hidden, since each of these
/// names has a path of its own.
#[doc(hidden)]
pub mod prelude {
    pub use crate::error::{Error, ErrorRow};
    pub use crate::message::Method;
    pub use crate::model::{Boundary, Content, Date, JsonObject, Timestamp};
    pub use crate::operation::{
        Command, CommandField, CommandForm, CommandGroup, CommandInput, CommandOutput, Declaration, Exchange, FileForm,
        Local, LocalContext, Operation, Pages, Parameters, Repeat, Route, WatchedList,
    };
    pub use crate::secret::Secret;
}

pub use jiff;

pub use cache::Cache;
pub use client_cache::{ClientCache, ClientResources};
pub use error::{CallOutcome, Category, Error, Result};
pub use near::{letter_edits, listed_names, meant_names, nearest_name};
pub use regular_file::{open_regular, read_opened, read_opened_text, read_regular, read_regular_text};
pub use secret::Secret;
