//! The hub in the role of Salt Edge: how it is started, and how connectors reach it.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use super::Peer;
use crate::{scenario, world::Outcome};

/// The members of its readiness line that are settings of a connector.
const SETTINGS: [&str; 6] =
    ["base_url", "hub_public_key_file", "app_id", "app_secret_file", "provider_code", "private_key_file"];

/// The hub.
pub(super) struct Hub;

impl Peer for Hub {
    fn word(&self) -> &'static str {
        "salt-edge-hub"
    }

    fn kind(&self) -> &'static str {
        "salt-edge-hub"
    }

    /// `config` may name the connector's public key, a file of `data/`.
    fn options(&self, folder: &Path, config: &Value) -> Outcome<Value> {
        let mut options = json!({"data": folder.join("data"), "control": true});
        if let Some(name) = config["connector_public_key"].as_str() {
            options["connector_public_key"] = json!(scenario::folder().join("data").join(name));
        }
        Ok(options)
    }

    /// Members set to null stay left out.
    fn fill(&self, ready: &Value, _: &BTreeMap<String, Value>, _: &Value, settings: &Value) -> Value {
        let mut all = settings.clone();
        if let Some(all) = all.as_object_mut() {
            for name in SETTINGS {
                all.entry(name).or_insert_with(|| ready[name].clone());
            }
            all.retain(|_, value| !value.is_null());
        }
        all
    }
}
