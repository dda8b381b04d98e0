//! A hub, a connector, and what goes between them.

use std::sync::Arc;

use bankchannel::{
    CallLog, CallOptions, Result,
    salt_edge_connector::{
        SaltEdgeConnector,
        flows::{
            SessionEnd,
            handle_request::{HandleRequestRequest, HandleRequestResponse},
            work::{WorkRequest, WorkResponse},
        },
    },
};
use bankchannel_counterparts::{RunningCounterpart, counterpart};
use serde_json::{Value, json};

use crate::bank::Bank;

/// A hub that runs, a connector with a store in a folder, a bank.
pub(crate) struct World {
    pub(crate) hub: RunningCounterpart,
    pub(crate) connector: SaltEdgeConnector,
    pub(crate) bank: Arc<Bank>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) log: CallLog,
    http: reqwest::Client,
}

impl World {
    pub(crate) async fn new(bank: Arc<Bank>) -> Self {
        let hub = counterpart("salt-edge-hub").unwrap();
        let hub = hub.start(json!({"control": true}).into()).unwrap().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&hub, &folder, json!({}));
        let connector = SaltEdgeConnector::from_json(settings).unwrap();
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { hub, connector, bank, folder, log: CallLog::new(), http }
    }

    /// The same world with another connector: further settings, the same store.
    pub(crate) fn with(&self, further: Value) -> SaltEdgeConnector {
        SaltEdgeConnector::from_json(settings(&self.hub, &self.folder, further)).unwrap()
    }

    pub(crate) fn options(&self) -> CallOptions {
        CallOptions { log: Some(self.log.clone()), ..CallOptions::default().with_bank(Arc::clone(&self.bank)) }
    }

    /// An order to the hub's control.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let url =
            format!("{}/sandbox/{path}", self.hub.readiness()["control_url"].as_str().unwrap().trim_end_matches('/'));
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        let status = answer.status();
        let said: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {said}");
        said
    }

    /// A request that the hub has made, as it would arrive.
    pub(crate) async fn made(&self, order: Value) -> HandleRequestRequest {
        let made = self.control("requests", order).await;
        bankchannel::model::read_boundary(
            json!({"method": made["method"], "target": made["target"], "headers": made["headers"]}),
        )
        .unwrap()
    }

    /// Has the hub make a request, and the connector handle it.
    pub(crate) async fn request(&self, order: Value) -> HandleRequestResponse {
        let request = self.made(order).await;
        self.connector.handle_request(request, &self.options()).await.unwrap()
    }

    /// The status and the body of the answer to a request.
    pub(crate) async fn answer(&self, order: Value) -> (u32, Value) {
        let answer = self.request(order).await.answer;
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    /// The third party's id at the hub.
    pub(crate) async fn client_id(&self) -> String {
        let made = self.made(json!({"operation": "create_token"})).await;
        made.headers.into_iter().find(|header| header.name == "Client-Id").unwrap().value
    }

    pub(crate) async fn work(&self) -> WorkResponse {
        self.connector.work(WorkRequest { at: None }, &self.options()).await.unwrap()
    }

    /// What came of a session, as the hub knows it.
    pub(crate) async fn session(&self, secret: &str) -> Value {
        self.control(&format!("sessions/{secret}"), json!({})).await
    }

    /// An enrolment of the usual bank's that ends at once; its token is the session's.
    pub(crate) async fn enrolled(&self, secret: &str) {
        let credentials = json!({"authorization_type": "login_password", "login": "minna", "password": "right"});
        let (status, _) = self
            .answer(json!({"operation": "create_token", "session_secret": secret, "credentials": credentials}))
            .await;
        assert_eq!(status, 200);
        self.work().await;
        assert_eq!(self.session(secret).await["status"], "success");
    }

    /// The id under which the bank was told of its last session.
    pub(crate) fn last_session_id(&self) -> String {
        self.bank.asked("authenticate").last().unwrap()["session_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn approve(&self, session_id: &str) -> Result<SessionEnd> {
        let request = self.connector.request(json!({"session_id": session_id, "user_id": "u-7"})).unwrap();
        self.connector.approve_session(request, &CallOptions::default()).await
    }
}

/// The settings of a connector at this hub.
pub(crate) fn settings(hub: &RunningCounterpart, folder: &tempfile::TempDir, further: Value) -> Value {
    let ready = hub.readiness();
    let mut settings = json!({"store": folder.path().join("store")});
    for name in ["base_url", "hub_public_key_file", "app_id", "app_secret_file", "provider_code", "private_key_file"] {
        settings[name] = ready[name].clone();
    }
    for (name, value) in further.as_object().unwrap() {
        settings[name] = value.clone();
    }
    settings
}
