//! A serving connector with its example bank: how it is started, and how Salt Edge's side reaches it.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use super::Peer;
use crate::{scenario, world::Outcome};

/// The key used as Salt Edge's, and its public half: files of `data/`.
const HUB_KEY: &str = "signing.key.pem";
const HUB_PUBLIC_KEY: &str = "signing.public.pem";

/// The connector.
pub(super) struct Connector;

impl Peer for Connector {
    fn word(&self) -> &'static str {
        "salt-edge-connector"
    }

    fn kind(&self) -> &'static str {
        "salt-edge-connector"
    }

    /// It trusts the key of the scenarios' data, and knows no hub: callbacks wait.
    fn options(&self, folder: &Path, _: &Value) -> Outcome<Value> {
        let key = scenario::folder().join("data").join(HUB_PUBLIC_KEY);
        Ok(json!({"data": folder.join("data"), "control": true, "hub_public_key": [key]}))
    }

    /// Members set to null stay left out.
    fn fill(&self, ready: &Value, _: &BTreeMap<String, Value>, _: &Value, settings: &Value) -> Value {
        let mut all = settings.clone();
        if let Some(all) = all.as_object_mut() {
            for name in ["base_url", "provider_code"] {
                all.entry(name).or_insert_with(|| ready[name].clone());
            }
            all.entry("client_id").or_insert_with(|| json!(1));
            let key = scenario::folder().join("data").join(HUB_KEY);
            all.entry("private_key_file").or_insert_with(|| json!(key));
            all.retain(|_, value| !value.is_null());
        }
        all
    }
}
