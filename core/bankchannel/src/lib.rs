//! Talk to banks from code.
//!
//! ```text
//!   ws_channel::WsChannel    a client: settings, the current session, connections
//!      .list_files(…)        a method per operation, typed
//!      .call_json(…)         the same by name, JSON in and out: what every language stands on
//!   catalogue()              every operation there is, with its schemas
//! ```
//!
//! A client is cheap to clone, and safe to use from many tasks at once.

mod catalogue;
pub mod call;
pub mod ws_channel;

pub use bankchannel_foundation::{
    Category, Content, Error, Outcome, Result, Secret,
    clock::{Clock, SystemClock},
    error::Peer,
    message,
    model::{self, Date, Decimal, Timestamp},
    operation,
};
pub use bankchannel_transport::{CancellationToken, check_base_url};
pub use call::{Answer, Asker, CallOptions, Destination, Question};
pub use catalogue::{catalogue, catalogue_json, error_table, find};

/// The version of this library.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
