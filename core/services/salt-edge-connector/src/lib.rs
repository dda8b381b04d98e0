//! A connector server: the engine behind HTTP, for a bank that does not run it in its own process.
//!
//! ```text
//!   running     start, readiness, stop             options, config     start options and configuration file
//!   keys        the data folder's keys             service             the engine's client, the bank, the clock
//!   pipeline    request of Salt Edge ─► engine ─► answer               worker     asks the bank, reports to Salt Edge
//!   bank/       the bank's answers                 bank_interface      calls of the bank about sessions and tokens
//!   control     commands of tests                  check               checks before a start
//! ```

mod bank;
mod bank_interface;
mod check;
mod config;
mod control;
mod keys;
mod metrics;
mod migrate;
mod options;
mod pipeline;
mod reload;
mod running;
mod service;
mod worker;

use bankchannel_salt_edge::hub::PROTOCOL;

use bankchannel_server::counterpart::Counterpart;

pub(crate) use options::{ConnectorOptions, ConnectorReadiness};
pub(crate) use running::RunningConnector;

/// The orders that only this kind of server has, their requests and answers.
pub mod orders {
    pub use crate::bank::{ExampleCustomer, NewCustomers};
    pub use crate::control::{AddedCustomers, Seed};
}

/// The connector's entry in the list of counterparts.
pub static DESCRIPTOR: Counterpart = Counterpart::declare::<RunningConnector>(
    "salt-edge-connector",
    PROTOCOL,
    ("SaltEdgeConnectorServer", "Connector"),
    "A connector to Salt Edge that serves: with an example bank, or before the bank's own code",
    Some(bankchannel_salt_edge::openapi::connector),
);
