//! A hub, a connector, and the requests between them.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bankchannel::{
    CallLog, CallOptions, Result,
    salt_edge_connector::{
        SaltEdgeConnector, {HandleRequestRequest, HandleRequestResponse, SessionEnd, WorkRequest, WorkResponse},
    },
};
use bankchannel_counterparts::EmbeddedServer;
use serde_json::{Value, json};

use crate::bank::Bank;

/// If set to a PostgreSQL server's URL, each world's store is a new schema there instead of a folder.
const POSTGRES: &str = "BANKCHANNEL_SERVICE_POSTGRES";

/// A running hub, a connector with its store, a bank.
pub(crate) struct World {
    pub(crate) hub: EmbeddedServer,
    pub(crate) connector: SaltEdgeConnector,
    pub(crate) bank: Arc<Bank>,
    pub(crate) place: Place,
    pub(crate) log: CallLog,
    pub(crate) http: reqwest::Client,
}

impl World {
    pub(crate) async fn new(bank: Arc<Bank>) -> Self {
        Self::at(Place::new(), bank).await
    }

    /// A world with its store in a folder, regardless of that setting.
    pub(crate) async fn in_folder(bank: Arc<Bank>) -> Self {
        Self::at(Place { folder: tempfile::tempdir().unwrap(), schema: None }, bank).await
    }

    async fn at(place: Place, bank: Arc<Bank>) -> Self {
        let hub = EmbeddedServer::start("salt-edge-hub", json!({"control": true})).await.unwrap();
        let settings = settings(&hub, &place, json!({}));
        let connector = SaltEdgeConnector::from_json(settings).unwrap();
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { hub, connector, bank, place, log: CallLog::new(), http }
    }

    /// Another connector for the same world: additional settings, the same store.
    pub(crate) fn with(&self, further: Value) -> SaltEdgeConnector {
        SaltEdgeConnector::from_json(settings(&self.hub, &self.place, further)).unwrap()
    }

    /// Another connector that opens the same store separately, like another process.
    pub(crate) fn another(&self, number: usize) -> SaltEdgeConnector {
        self.with(json!({"store": self.place.by_another_name(number)}))
    }

    pub(crate) fn options(&self) -> CallOptions {
        CallOptions { log: Some(self.log.clone()), ..CallOptions::default().with_bank(Arc::clone(&self.bank)) }
    }

    /// Sends an order to the hub's control interface.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let url =
            format!("{}/sandbox/{path}", self.hub.readiness()["control_url"].as_str().unwrap().trim_end_matches('/'));
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        let status = answer.status();
        let said: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {said}");
        said
    }

    /// A request made by the hub, as it would arrive.
    pub(crate) async fn made(&self, order: Value) -> HandleRequestRequest {
        let made = self.control("requests", order).await;
        bankchannel::model::read_boundary(
            json!({"method": made["method"], "target": made["target"], "headers": made["headers"]}),
        )
        .unwrap()
    }

    /// Makes a request at the hub, and lets the connector handle it.
    pub(crate) async fn request(&self, order: Value) -> HandleRequestResponse {
        let request = self.made(order).await;
        self.connector.handle_request_with(request, &self.options()).await.unwrap()
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
        self.connector.work_with(WorkRequest::builder(), &self.options()).await.unwrap()
    }

    /// The state of a session at the hub.
    pub(crate) async fn session(&self, secret: &str) -> Value {
        self.control(&format!("sessions/{secret}"), json!({})).await
    }

    /// Enrols at the usual bank with immediate success; the session then has a token.
    pub(crate) async fn enrolled(&self, secret: &str) {
        let credentials = json!({"authorization_type": "login_password", "login": "minna", "password": "right"});
        let (status, _) = self
            .answer(json!({"operation": "create_token", "session_secret": secret, "credentials": credentials}))
            .await;
        assert_eq!(status, 200);
        self.work().await;
        assert_eq!(self.session(secret).await["status"], "success");
    }

    /// The session id in the bank's latest question.
    pub(crate) fn last_session_id(&self) -> String {
        self.bank.asked("authenticate").last().unwrap()["session_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn approve(&self, session_id: &str) -> Result<SessionEnd> {
        let request = self.connector.request(json!({"session_id": session_id, "user_id": "u-7"})).unwrap();
        self.connector.approve_session_with(request, &CallOptions::default()).await
    }
}

/// The encryption key of stores in PostgreSQL.
const STORE_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// The place of a store.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    /// The server and the schema.
    schema: Option<(String, String)>,
}

impl Place {
    fn new() -> Self {
        static SCHEMAS: AtomicU32 = AtomicU32::new(0);
        let schema = std::env::var(POSTGRES).ok().map(|server| {
            let schema = format!("salt_edge_{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
            psql(&server, &format!("CREATE SCHEMA {schema}"));
            (server, schema)
        });
        Self { folder: tempfile::tempdir().unwrap(), schema }
    }

    /// The server's URL and the schema there; `None` for a folder.
    pub(crate) fn server(&self) -> Option<(&str, &str)> {
        self.schema.as_ref().map(|(server, schema)| (&**server, &**schema))
    }

    /// The value of the setting `store`.
    pub(crate) fn store(&self) -> String {
        match &self.schema {
            None => self.folder.path().join("store").display().to_string(),
            Some((server, schema)) => {
                let separator = if server.contains('?') { '&' } else { '?' };
                format!("{server}{separator}options[search_path]={schema}")
            }
        }
    }

    /// Another name of the same place, with which a process opens it separately.
    pub(crate) fn by_another_name(&self, number: usize) -> String {
        match &self.schema {
            None => self.folder.path().join("./".repeat(number)).join("store").display().to_string(),
            Some(_) => format!("{}&application_name=another-{number}", self.store()),
        }
    }

    /// The store's files or tables in which `needle` occurs.
    pub(crate) fn holding(&self, needle: &str) -> Vec<String> {
        let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        let Some((server, schema)) = &self.schema else {
            let files = std::fs::read_dir(self.folder.path().join("store")).unwrap();
            let paths = files.map(|file| file.unwrap().path());
            return paths
                .filter(|path| holds(&std::fs::read(path).unwrap()))
                .map(|path| path.display().to_string())
                .collect();
        };
        let tables = psql(server, &format!("SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'"));
        let hex: String = needle.bytes().map(|byte| format!("{byte:02x}")).collect();
        tables
            .lines()
            .filter(|table| {
                // Bytes are in hexadecimal.
                let rows = psql(server, &format!("SELECT t::text FROM {schema}.{table} t"));
                holds(rows.as_bytes()) || rows.contains(&hex)
            })
            .map(str::to_owned)
            .collect()
    }
}

fn psql(server: &str, command: &str) -> String {
    let done = Command::new("psql").args(["-q", "-At", "-c", command, server]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// The settings of a connector at this hub.
pub(crate) fn settings(hub: &EmbeddedServer, place: &Place, further: Value) -> Value {
    let ready = hub.readiness();
    let mut settings = json!({"store": place.store()});
    if place.schema.is_some() {
        settings["store_key"] = json!(STORE_KEY);
    }
    for name in ["base_url", "hub_public_key_file", "app_id", "app_secret_file", "provider_code", "private_key_file"] {
        settings[name] = ready[name].clone();
    }
    for (name, value) in further.as_object().unwrap() {
        settings[name] = value.clone();
    }
    settings
}
