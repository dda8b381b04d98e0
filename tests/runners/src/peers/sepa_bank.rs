//! The sandbox bank of SEPA Web Services: how it is started, and how its customers reach it.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use super::{Peer, text};
use crate::world::Outcome;

/// The bank.
pub(super) struct SepaBank;

/// The family of a bank's profile.
fn family(bank: &str) -> &'static str {
    match bank {
        "nordea" => "nordea",
        "" | "op" => "op",
        "danske" => "danske",
        _ => "samlink",
    }
}

impl Peer for SepaBank {
    fn word(&self) -> &'static str {
        "sepa-bank"
    }

    fn kind(&self) -> &'static str {
        "sepa-bank"
    }

    fn options(&self, folder: &Path, _: &Value) -> Outcome<Value> {
        Ok(json!({"data": folder.join("data"), "control": true, "plain": true}))
    }

    /// The settings of the family's first customer; members set to null stay left out.
    fn fill(&self, ready: &Value, _: &BTreeMap<String, Value>, _: &Value, settings: &Value) -> Value {
        let mut all = settings.clone();
        let is_own = text(settings, "protocol") == "sepa-web-services";
        if let Some(all) = all.as_object_mut().filter(|_| is_own) {
            let bank = all.entry("bank").or_insert_with(|| "op".into()).as_str().unwrap_or_default().to_owned();
            let family = &ready["families"][family(&bank)];
            let customer = &family["customers"][0];
            for (setting, value) in [
                ("file_url", &family["file_url"]),
                ("certificate_url", &family["certificate_url"]),
                ("trusted_file", &family["anchors_file"]),
                ("customer_id", &customer["customer_id"]),
                ("target_id", &customer["target_id"]),
                ("certificate_file", &customer["certificate_file"]),
                ("private_key_file", &customer["key_file"]),
                ("encryption_certificate_file", &customer["encryption_certificate_file"]),
                ("encryption_private_key_file", &customer["encryption_key_file"]),
            ] {
                all.entry(setting).or_insert_with(|| value.clone());
            }
            // Elsewhere a request more would be in the way of what is counted.
            if all.contains_key("crl_check") {
                all.entry("crl_url").or_insert_with(|| family["crl_url"].clone());
            }
            all.retain(|_, value| !value.is_null());
        }
        all
    }
}
