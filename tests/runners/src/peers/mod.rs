//! The counterparts of scenarios: how each is started, the values it gives to a case, the checks of each of its
//! answers.

pub mod nextgen_psd2;
mod salt_edge_connector;
mod salt_edge_hub;
mod sepa_bank;
#[cfg(feature = "testing")]
#[path = "../../../toy/peer.rs"]
mod toy;
pub mod ws_channel;

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::{
    connection::{Answer, Tls},
    world::Outcome,
};

/// A counterpart for scenarios.
pub trait Peer: Sync {
    /// Its name in the member `world` of a case.
    fn word(&self) -> &'static str;

    /// Its kind, as started by the library.
    fn kind(&self) -> &'static str;

    /// The options that every case starts it with; the case's own are added after them. Files may be written into the
    /// folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    fn options(&self, folder: &Path, config: &Value) -> Outcome<Value>;

    /// Runs before each start.
    ///
    /// # Errors
    /// The obstacle.
    fn before_start(&self, _options: &Value) -> Outcome<()> {
        Ok(())
    }

    /// Runs after each start.
    ///
    /// # Errors
    /// The failure.
    fn after_start(&self, _options: &Value) -> Outcome<()> {
        Ok(())
    }

    /// The values available to cases in addition to the members of its readiness line.
    ///
    /// # Errors
    /// A file that cannot be read.
    fn values(&self, _ready: &Value) -> Outcome<BTreeMap<String, Value>> {
        Ok(BTreeMap::new())
    }

    /// TLS to it as this third party, or as a browser; `None` if it uses plain HTTP.
    ///
    /// # Errors
    /// Unusable files.
    fn tls(&self, _ready: &Value, _third_party: Option<u64>) -> Outcome<Option<Tls>> {
        Ok(None)
    }

    /// Completes the settings of a client of its protocol.
    fn fill(&self, ready: &Value, values: &BTreeMap<String, Value>, step: &Value, settings: &Value) -> Value;

    /// Checks every answer.
    ///
    /// # Errors
    /// The violated rule.
    fn check_answer(&self, _step: &Value, _sent: Sent<'_>, _answer: &Answer) -> Outcome<()> {
        Ok(())
    }

    /// The value for a protocol-specific name in an expectation, from `{"status", "headers", "body", "page"}`.
    fn found<'a>(&self, _name: &str, _seen: &'a Value) -> Option<&'a Value> {
        None
    }
}

/// The request of an answer.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// The path.
    pub path: &'a str,
    /// The headers.
    pub headers: &'a [(String, String)],
}

/// All of them. The first is the default of a case.
pub static PEERS: &[&dyn Peer] = &[
    &ws_channel::Service,
    &nextgen_psd2::Bank,
    &salt_edge_hub::Hub,
    &sepa_bank::SepaBank,
    &salt_edge_connector::Connector,
    #[cfg(feature = "testing")]
    &toy::Host,
];

/// A text of the readiness line or the options; empty if it is missing.
pub(crate) fn text<'a>(from: &'a Value, name: &str) -> &'a str {
    from[name].as_str().unwrap_or_default()
}
