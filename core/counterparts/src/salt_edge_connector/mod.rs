//! A connector that serves: the engine behind HTTP, for a bank that does not run it in its own process.
//!
//! ```text
//!   running     start, readiness, stop             options, config     how it is started
//!   keys        the data folder's keys             service             the engine's client, the bank, the clock
//!   pipeline    request of Salt Edge ─► engine ─► answer               worker     what follows: asks the bank, tells Salt Edge
//!   bank/       who answers for the bank           bank_interface      where the bank reaches sessions and tokens
//!   control     what tests tell it                 check               what a start would need
//! ```

mod bank;
mod bank_interface;
mod check;
mod config;
mod control;
mod keys;
mod options;
mod pipeline;
mod running;
mod service;
mod worker;

use bankchannel_salt_edge::hub::PROTOCOL;

use crate::counterpart::Counterpart;

pub(crate) use options::{ConnectorOptions, ConnectorReadiness};
pub(crate) use running::Running;

/// The connector, as whoever starts one knows it.
pub(crate) static DESCRIPTOR: Counterpart = Counterpart::of::<Running>(
    "salt-edge-connector",
    PROTOCOL,
    ("SaltEdgeConnectorServer", "Connector"),
    "A connector to Salt Edge that serves: with an example bank, or before the bank's own code",
    crate::salt_edge_openapi::connector,
);
