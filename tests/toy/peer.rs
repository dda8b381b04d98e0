//! The host of the toy protocol as scenarios know it.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use super::Peer;
use crate::world::Outcome;

/// The host.
pub(super) struct Host;

impl Peer for Host {
    fn word(&self) -> &'static str {
        "toy"
    }

    fn kind(&self) -> &'static str {
        "toy-host"
    }

    fn options(&self, _: &Path, _: &Value) -> Outcome<Value> {
        Ok(json!({}))
    }

    fn fill(&self, ready: &Value, _: &BTreeMap<String, Value>, _: &Value, settings: &Value) -> Value {
        let mut all = settings.clone();
        if all["base_url"].is_null() {
            all["base_url"] = ready["base_url"].clone();
        }
        all
    }
}
