//! A hub that plays Salt Edge: takes what connectors report, and answers what they ask.
//!
//! ```text
//!   running     start, readiness, stop             options     how it is started
//!   keys        the data folder's keys             service     who may ask, and what a hub knows
//!   pipeline    request ─► app id ─► JWT ─► handler ─► answer, or a class of error
//!   sessions/ tokens/ clients/                     one handler per operation
//!   state       sessions and tokens, in memory     control     what tests tell it
//!   requests    requests to a connector, made and signed as Salt Edge makes them     connector   sent to one
//!   records     what was said in both directions       page        the same for a browser
//!   check/      a connector judged
//! ```
//!
//! Section numbers are those of docs/protocols/salt-edge.md.

pub mod check;
mod clients;
mod connector;
mod control;
mod keys;
mod options;
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

use crate::counterpart::Counterpart;

pub(crate) use options::{HubOptions, HubReadiness};
pub(crate) use running::Running;

/// The hub, as whoever starts one knows it.
pub(crate) static DESCRIPTOR: Counterpart = Counterpart::of::<Running>(
    "salt-edge-hub",
    PROTOCOL,
    ("SaltEdgeHubServer", "Hub"),
    "An embedded hub that plays Salt Edge",
    crate::salt_edge_openapi::hub,
);
