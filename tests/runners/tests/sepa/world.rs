//! A bank, and a client of each of its families.

use bankchannel::{Error, model::Draft, sepa_web_services::SepaWebServices};
use bankchannel_counterparts::EmbeddedServer;
use serde_json::{Value, json};

/// The families, and the profile of a client.
pub(crate) const FAMILIES: [(&str, &str); 4] =
    [("nordea", "nordea"), ("op", "op"), ("samlink", "saastopankki"), ("danske", "danske")];

pub(crate) struct World {
    pub(crate) bank: EmbeddedServer,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(json!({})).await
    }

    pub(crate) async fn with(further: Value) -> Self {
        let mut options = json!({"control": true, "plain": true});
        for (name, value) in further.as_object().unwrap() {
            options[name] = value.clone();
        }
        Self { bank: EmbeddedServer::start("sepa-bank", options).await.unwrap() }
    }

    /// The bank's data of a family.
    pub(crate) fn family(&self, family: &str) -> Value {
        self.bank.readiness()["families"][family].clone()
    }

    /// A customer of a family.
    pub(crate) fn customer(&self, family: &str, id: Option<&str>) -> Value {
        let customers = self.family(family)["customers"].as_array().unwrap().clone();
        match id {
            None => customers[0].clone(),
            Some(id) => customers.into_iter().find(|one| one["customer_id"] == id).unwrap(),
        }
    }

    /// The settings of a client of a family's first customer.
    pub(crate) fn settings(&self, family: &str, further: Value) -> Value {
        let customer = self.customer(family, None);
        let profile = FAMILIES.iter().find(|(known, _)| *known == family).unwrap().1;
        let mut settings = json!({
            "profile": profile_of(profile),
            "file_url": self.family(family)["file_url"],
            "customer_id": customer["customer_id"],
            "certificate_file": customer["certificate_file"],
            "private_key_file": customer["key_file"],
            "encryption_certificate_file": customer["encryption_certificate_file"],
            "encryption_private_key_file": customer["encryption_key_file"],
            "trusted_file": self.family(family)["anchors_file"],
            "ca_file": self.bank.readiness()["ca_file"],
            "target_id": customer["target_id"],
        });
        if family == "danske" {
            // Otherwise the bank is asked for it first, and a fault that was ordered is used up by that; see danske.rs.
            let anchors = std::path::PathBuf::from(self.family(family)["anchors_file"].as_str().unwrap());
            settings["bank_encryption_certificate_file"] = json!(anchors.with_file_name("encryption.pem"));
        }
        for (name, value) in further.as_object().unwrap() {
            settings[name] = value.clone();
        }
        settings.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        settings
    }

    pub(crate) fn client(&self, family: &str) -> SepaWebServices {
        self.client_with(family, json!({}))
    }

    pub(crate) fn client_with(&self, family: &str, further: Value) -> SepaWebServices {
        SepaWebServices::from_json(self.settings(family, further)).unwrap()
    }

    pub(crate) async fn order(&self, order: &str, request: Value) -> Value {
        self.bank.control(order, request).await.unwrap()
    }

    pub(crate) async fn fault(&self, fault: &str) {
        self.order("sandbox/faults", json!({ "fault": fault })).await;
    }

    /// Moves the time at which files appear.
    pub(crate) async fn advance_s(&self, seconds: i64) {
        self.order("clock", json!({ "advance_s": seconds })).await;
    }

    /// The messages with a file that a family has received.
    pub(crate) async fn uploads(&self, family: &str) -> u64 {
        let counted = self.order("sandbox/uploads", json!({})).await;
        let all = counted["uploads"].as_object().unwrap();
        all.iter().filter(|(key, _)| key.starts_with(family)).map(|(_, count)| count.as_u64().unwrap()).sum()
    }
}

/// The keys of a customer of a family: one that signs, and one that decrypts.
pub(crate) fn keys_of(family: &str) -> usize {
    if family == "danske" { 2 } else { 1 }
}

/// The shipped profile of a bank; the sandbox bank has no certificates of the real one's authorities.
fn profile_of(bank: &str) -> Value {
    json!({ "extends": bank })
}

/// What an error says, for comparison.
pub(crate) fn code_and_message(error: &Error) -> (&str, &str) {
    (error.code(), error.outcome().map_or("none", bankchannel::CallOutcome::as_str))
}

/// The type of payments of a family.
pub(crate) fn payment_type(family: &str) -> &'static str {
    match family {
        "nordea" => "NDCORPAYS",
        "op" => "pain.001.001.09",
        "danske" => "pain.001.001.03",
        _ => "XL",
    }
}

/// A payment file of one transaction with this message id: the sandbox's account pays.
pub(crate) fn payment(message_id: &str) -> Vec<u8> {
    payment_of(message_id, "12.50")
}

/// The same with another amount.
pub(crate) fn payment_of(message_id: &str, amount: &str) -> Vec<u8> {
    let request = json!({
        "message_id": message_id,
        "debtor": {"name": "Example Oy", "iban": "FI2112345600000785"},
        "execution_date": "2026-12-01",
        "created": "2026-11-20T08:00:00Z",
        "transactions": [{
            "amount": amount,
            "creditor": {"name": "Alpha Supplies Ab", "iban": "SE4550000000058398257466"},
            "text": "Invoice 1001",
        }],
    });
    bankchannel::iso20022::make_payment(Draft::from_json(request).unwrap()).unwrap().xml.unwrap().into_bytes()
}
