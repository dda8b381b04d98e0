//! All events that end a right, caused as in real use: by a call, by the operator, by time.

use std::{sync::Arc, time::Duration};

use bankchannel_crypto::rsa::RsaPublicKey;
use bankchannel_ws_channel_service::{ServiceOptions, operator::ServiceOperator};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    cases::Case,
    postgres::Shared,
    rows::Database,
    served::{Answer, Person, Served},
};

/// The event that ends a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Logout,
    Reset,
    KeyOff,
    TransferOff,
    EntitlementTaken,
    AccountDeleted,
    CertificateRetired,
    PgpKeyDeleted,
    OwnerChanged,
    AccountDisabled,
    /// Must be the last: it ends all sessions.
    Expiry,
}

pub(crate) const ENDS: [End; 11] = [
    End::Logout,
    End::Reset,
    End::KeyOff,
    End::TransferOff,
    End::EntitlementTaken,
    End::AccountDeleted,
    End::CertificateRetired,
    End::PgpKeyDeleted,
    End::OwnerChanged,
    End::AccountDisabled,
    End::Expiry,
];

/// The product required by the simulator.
const PRODUCT: &str = "bank-simulator";
const NEW_PASSWORD: &str = "Another_..1234567890abcdef";

/// A service under test, with the means to end rights.
pub(crate) struct World {
    pub(crate) served: Served,
    pub(crate) database: Mutex<Database>,
    pub(crate) operator: ServiceOperator,
    login_key: RsaPublicKey,
    client: reqwest::Client,
    // Dropped after the service.
    _shared: Option<Arc<Shared>>,
}

impl World {
    pub(crate) async fn start(shared: Option<Shared>, more: &str) -> Self {
        let config = shared.as_ref().map_or("", |shared| &shared.config);
        let served = Served::with(&format!("{config}{more}"), Default::default()).await;
        let database = Database::of(&served, shared.as_ref()).await;
        let file = |name: &str| Some(served.folder.path().join(name).display().to_string());
        let options = ServiceOptions { data: file("data"), config: file("config.toml"), ..ServiceOptions::default() };
        let operator = ServiceOperator::from_options(&options).unwrap();
        let readiness = served.running.readiness();
        let pem = std::fs::read_to_string(readiness["public_key_file"].as_str().unwrap()).unwrap();
        let login_key = RsaPublicKey::from_pem(&pem).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { served, database: Mutex::new(database), operator, login_key, client, _shared: shared.map(Arc::new) }
    }

    pub(crate) fn base(&self) -> String {
        self.served.running.readiness()["base_url"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn entitle(&self, key: &str) {
        self.operator.set_entitlement(key, PRODUCT, "active").await.unwrap();
    }

    /// Causes the event for the actor of this case.
    pub(crate) async fn end(&self, end: End, case: &Case) {
        let (who, key) = (case.actor(), &case.owner.key);
        match end {
            End::Logout => {
                let (mode, token) = case.session();
                let path = format!("/session/{}/{mode}", who.email);
                self.served.call(Method::DELETE, &path, &token, key, None).await.ok(200);
            }
            End::Reset => self.reset(who, case.session().0).await,
            End::KeyOff => drop(self.operator.set_enabled(key, false).await.unwrap()),
            End::TransferOff => drop(self.operator.set_transfer(key, false).await.unwrap()),
            End::EntitlementTaken => drop(self.operator.set_entitlement(key, PRODUCT, "missing").await.unwrap()),
            End::AccountDeleted => drop(self.delete(&case.owner, &who.email).await.ok(200)),
            End::CertificateRetired => {
                let retired = &case.with_certificate().email;
                let path = format!("/certs/{}?Account={retired}", case.bank.name());
                self.served.admin(&case.owner, Method::DELETE, &path, None).await.ok(200);
            }
            End::PgpKeyDeleted => {
                let body = json!({"PgpKeyId": case.pgp_key().short_id});
                self.served.admin(who, Method::DELETE, "/pgp", Some(body)).await.ok(200);
            }
            End::OwnerChanged => {
                let sql = format!("UPDATE tenant SET owner_email = 'new-owner@example.test' WHERE api_key = '{key}'");
                self.database.lock().await.run(sql).await;
            }
            End::AccountDisabled => drop(self.operator.disable_account(&who.email, "a test").await.unwrap()),
            End::Expiry => {}
        }
    }

    /// Expires all current sessions.
    pub(crate) async fn expire_all(&self) {
        self.served.control("clock", json!({ "advance_s": 3601 })).await;
    }

    pub(crate) async fn delete(&self, owner: &Person, email: &str) -> Answer {
        let body = json!({ "Confirm": email });
        self.served.admin(owner, Method::DELETE, &format!("/account/{email}"), Some(body)).await
    }

    async fn reset(&self, who: &Person, mode: &str) {
        let path = format!("/account/{}/{mode}/password", who.email);
        self.served.call(Method::GET, &path, "", "", None).await.ok(200);
        let mut code = Value::Null;
        while code.is_null() {
            let outbox = self.outbox().await;
            let fits =
                |message: &&Value| message["email"] == who.email.as_str() && message["purpose"] == "password_reset";
            code = outbox.as_array().unwrap().iter().rev().find(fits).map_or(Value::Null, |m| m["code"].clone());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let session = format!("/session/{}/{mode}", who.email);
        let challenge = self.served.call(Method::GET, &session, "", "", None).await.ok(200);
        let challenge = challenge["Challenge"].as_str().unwrap();
        let stamp = challenge.split('|').nth(1).unwrap();
        let encrypted = self.login_key.encrypt_oaep_sha1(format!("{NEW_PASSWORD}||{stamp}").as_bytes()).unwrap();
        let body = json!({ "ChResp": challenge, "Code": code, "Encrypted": STANDARD.encode(encrypted) });
        self.served.call(Method::POST, &path, "", "", Some(body)).await.ok(200);
    }

    async fn outbox(&self) -> Value {
        self.client.get(self.control("outbox")).send().await.unwrap().json().await.unwrap()
    }

    /// Whether the held call has reached the point before its write.
    pub(crate) async fn has_arrived(&self, order: Value) -> bool {
        let sent = self.client.post(self.control("sandbox/held")).json(&order).send().await.unwrap();
        sent.status().is_success()
    }

    fn control(&self, path: &str) -> String {
        format!("{}/{path}", self.served.running.readiness()["control_url"].as_str().unwrap())
    }
}
