//! A sandbox bank over SEPA Web Services in four dialects.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};

use bankchannel_sepa_bank::{RunningSepaBank, SepaBankOptions};
use serde_json::{Value, json};

/// The banks of the service, the families that stand for them, and their types of payments and status reports.
pub(crate) const BANKS: [(&str, &str, &str, &str); 4] = [
    ("nordea", "nordea", "NDCORPAYS", "NDCORPAYL"),
    ("osuuspankki", "op", "pain.001.001.09", "pain.002.001.10"),
    ("danskebank", "danske", "pain.001.001.03", "pain.002.001.03"),
    ("sp", "samlink", "XL", "XP"),
];

/// The banks.
pub(crate) struct Sandbox {
    bank: RunningSepaBank,
    client: reqwest::Client,
    /// How far the clocks were moved.
    pub(crate) passed_s: AtomicI64,
    /// Those whose own customer was given.
    families: Mutex<HashSet<String>>,
}

impl Sandbox {
    pub(crate) async fn new() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let options = SepaBankOptions { plain: Some(true), control: Some(true), ..SepaBankOptions::default() };
        let bank = RunningSepaBank::start(options).await.unwrap();
        Self {
            bank,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            passed_s: AtomicI64::default(),
            families: Mutex::default(),
        }
    }

    /// The tables of the service's configuration that reach them.
    pub(crate) fn config(&self) -> String {
        self.config_of(&BANKS.map(|(name, ..)| name))
    }

    /// The same for these alone.
    pub(crate) fn config_of(&self, names: &[&str]) -> String {
        banks_of(&self.bank, names)
    }

    pub(crate) fn family(&self, family: &str) -> Value {
        self.bank.readiness()["families"][family].clone()
    }

    pub(crate) async fn order(&self, order: &str, body: Value) -> Value {
        let control = self.bank.readiness()["control_url"].as_str().unwrap().to_owned();
        let sent = self.client.post(format!("{control}/{order}")).json(&body).send().await.unwrap();
        let (status, answer): (_, Value) = (sent.status(), sent.json().await.unwrap());
        assert!(status.is_success(), "{order}: {answer}");
        answer
    }

    /// The latest requests that the bank has seen.
    pub(crate) async fn transcript(&self) -> Vec<Value> {
        let control = self.bank.readiness()["control_url"].as_str().unwrap().to_owned();
        let all: Value = self.client.get(format!("{control}/transcript")).send().await.unwrap().json().await.unwrap();
        all.as_array().unwrap().clone()
    }

    /// A new code of a bank for a customer.
    pub(crate) async fn code(&self, family: &str, customer_id: &str) -> String {
        let sent = self.order("sandbox/code", json!({ "family": family, "customer_id": customer_id })).await;
        sent["code"].as_str().unwrap().to_owned()
    }

    /// The customers of a family for whom all is in order.
    pub(crate) fn customers(&self, family: &str) -> Vec<Value> {
        let all = self.family(family)["customers"].as_array().unwrap().clone();
        all.into_iter().filter(|one| one["code"].is_string()).collect()
    }

    /// A customer of a family whom no other account has, as a user id belongs to one: first the bank's own, then added ones.
    pub(crate) async fn new_customer(&self, family: &str) -> Value {
        if self.families.lock().unwrap().insert(family.to_owned()) {
            return self.customers(family)[0].clone();
        }
        self.added_customer(family).await
    }

    /// A customer whom no account has, of this bank or another one: a database may outlive its bank.
    pub(crate) async fn added_customer(&self, family: &str) -> Value {
        static ADDED: AtomicU32 = AtomicU32::new(0);
        let number = ADDED.fetch_add(1, Ordering::SeqCst);
        let id = if family == "danske" { format!("5{number:05}") } else { format!("55500{number:05}") };
        let target =
            if family == "nordea" { json!(format!("{id}B1")) } else { self.customers(family)[0]["target_id"].clone() };
        let customer = json!({"family": family, "customer_id": id, "company": "ESIMERKKI OY", "target_id": target});
        self.order("sandbox/customers", customer.clone()).await;
        customer
    }

    /// The body of an enrolment.
    pub(crate) async fn enrolment(&self, family: &str, customer: &Value) -> Value {
        let id = customer["customer_id"].as_str().unwrap();
        json!({"Code": self.code(family, id).await, "Company": customer["company"], "WsUserId": id})
    }

    /// The messages with a file that a family has received.
    pub(crate) async fn uploads(&self, family: &str) -> u64 {
        let counted = self.order("sandbox/uploads", json!({})).await;
        let all = counted["uploads"].as_object().unwrap();
        all.iter().filter(|(key, _)| key.starts_with(family)).map(|(_, count)| count.as_u64().unwrap()).sum()
    }
}

fn banks_of(bank: &RunningSepaBank, wanted: &[&str]) -> String {
    let readiness = bank.readiness();
    let table = |(name, family, ..): &(&str, &str, &str, &str)| {
        let family = &readiness["families"][family];
        // The root alone: what lies between is learnt from the bank.
        let root = std::path::Path::new(family["anchors_file"].as_str().unwrap()).with_file_name("root.pem");
        format!(
            "[banks.{name}]\nenvironment = \"production\"\nfile_url = {}\ncertificate_url = {}\nanchors_file = {}\n",
            family["file_url"],
            family["certificate_url"],
            json!(root)
        )
    };
    BANKS.iter().filter(|(name, ..)| wanted.contains(name)).map(table).collect()
}
