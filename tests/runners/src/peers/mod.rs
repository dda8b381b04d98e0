//! The counterparts as scenarios know them: how each is started, what a case may name of it, what holds for each of its answers.

pub mod nextgen_psd2;
mod salt_edge_connector;
mod salt_edge_hub;
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

/// A counterpart as scenarios know it.
pub trait Peer: Sync {
    /// Its word in the member `world` of a case.
    fn word(&self) -> &'static str;

    /// What it is called where one is started.
    fn kind(&self) -> &'static str;

    /// The options that every case starts it with; its own come after them. Files may be written into the folder.
    ///
    /// # Errors
    /// What cannot be written.
    fn options(&self, folder: &Path, config: &Value) -> Outcome<Value>;

    /// Done before each start.
    ///
    /// # Errors
    /// What is in the way.
    fn before_start(&self, _options: &Value) -> Outcome<()> {
        Ok(())
    }

    /// Done after each start.
    ///
    /// # Errors
    /// What went wrong.
    fn after_start(&self, _options: &Value) -> Outcome<()> {
        Ok(())
    }

    /// The values that cases may name besides the members of its readiness line.
    ///
    /// # Errors
    /// What cannot be read.
    fn values(&self, _ready: &Value) -> Outcome<BTreeMap<String, Value>> {
        Ok(BTreeMap::new())
    }

    /// TLS to it as this third party, or as a browser; `None` where it speaks plain HTTP.
    ///
    /// # Errors
    /// Files that cannot be used.
    fn tls(&self, _ready: &Value, _third_party: Option<u64>) -> Outcome<Option<Tls>> {
        Ok(None)
    }

    /// Settings of a client of its protocol, with what they leave out.
    fn fill(&self, ready: &Value, values: &BTreeMap<String, Value>, step: &Value, settings: &Value) -> Value;

    /// What holds for every answer there is.
    ///
    /// # Errors
    /// What does not hold.
    fn check_answer(&self, _step: &Value, _sent: Sent<'_>, _answer: &Answer) -> Outcome<()> {
        Ok(())
    }

    /// What a case expects under a name of this protocol's own, in `{"status", "headers", "body", "page"}`.
    fn found<'a>(&self, _name: &str, _seen: &'a Value) -> Option<&'a Value> {
        None
    }
}

/// What an answer is the answer to.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// The path.
    pub path: &'a str,
    /// The headers.
    pub headers: &'a [(String, String)],
}

/// Every one of them. Where a case says nothing, it is the first.
pub static PEERS: &[&dyn Peer] = &[
    &ws_channel::Service,
    &nextgen_psd2::Bank,
    &salt_edge_hub::Hub,
    &salt_edge_connector::Connector,
    #[cfg(feature = "testing")]
    &toy::Host,
];

/// A text of the readiness line or the options; empty where there is none.
pub(crate) fn text<'a>(from: &'a Value, name: &str) -> &'a str {
    from[name].as_str().unwrap_or_default()
}
