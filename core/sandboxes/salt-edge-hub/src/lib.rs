//! A hub that plays Salt Edge: receives the reports of connectors and answers their requests.
//!
//! ```text
//!   running     start, readiness, stop             options     start options
//!   keys        the data folder's keys             service     the hub's state and identities
//!   pipeline    request ─► app id ─► JWT ─► handler ─► answer, or a class of error
//!   sessions/ tokens/ clients/                     one handler per operation
//!   state       sessions and tokens, in memory     control     commands of tests
//!   requests    requests to a connector, made and signed as Salt Edge makes them     connector   sends them
//!   records     messages in both directions        page        the same for a browser
//!   check/      the conformance checker for connectors
//! ```
//!
//! Section numbers are those of docs/protocols/salt-edge.md.

pub mod check;
mod clients;
mod connector;
mod control;
mod keys;
mod options;
pub mod orders;
mod page;
mod pipeline;
mod records;
mod requests;
mod running;
mod service;
mod sessions;
mod state;
mod tokens;

use bankchannel_salt_edge::connector::PROTOCOL;

use bankchannel_server::counterpart::Counterpart;

pub(crate) use options::{HubOptions, HubReadiness};
pub(crate) use running::RunningHub;

// What every handler takes.
use pipeline::ConnectorRequest;
use service::PlayedHub;

/// The hub's entry in the list of counterparts.
pub static DESCRIPTOR: Counterpart = Counterpart::declare::<RunningHub>(
    "salt-edge-hub",
    PROTOCOL,
    ("SaltEdgeHubServer", "Hub"),
    "An embedded hub that plays Salt Edge",
    Some(bankchannel_salt_edge::openapi::hub),
);
