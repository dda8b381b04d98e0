//! A service in a temporary data folder, and a client that uses only the protocol.
#![allow(dead_code, clippy::unwrap_used)]

use std::path::PathBuf;

use bankchannel_crypto::rsa::RsaPublicKey;
use bankchannel_ws_channel_service::{RunningService, ServiceOptions};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "Toddler_..123456789012345";
pub(crate) const OTHER_PASSWORD: &str = "Grown-up_..123456789012345";
pub(crate) const PHONE: &str = "+358401235507";
pub(crate) const AUTH_FAILED: &str = "User authentication failed.";
pub(crate) const CODE_WRONG: &str = "CodeMismatchException: Invalid verification code provided, please try again.";
pub(crate) const CODE_EXPIRED: &str = "ExpiredCodeException: Invalid code provided, please request a code again.";
pub(crate) const LIMIT: &str = "LimitExceededException: Attempt limit exceeded, please try after some time.";
pub(crate) const VERIFY_PHONE: &str = "User authentication failed. Verify phone number with received SMS.";
pub(crate) const VERIFY_EMAIL: &str = "Login OK. Verify email address.";

pub(crate) struct World {
    running: Option<RunningService>,
    pub(crate) base: String,
    pub(crate) control: String,
    pub(crate) key: RsaPublicKey,
    http: reqwest::Client,
    folder: TempDir,
    options: ServiceOptions,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        self.body["ResponseText"].as_str().unwrap_or_default()
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    /// Whether a refusal by [`LIMIT`] says that a quota of messages is used up, and no account is locked.
    #[track_caller]
    pub(crate) fn is_of_quota(&self, expected: bool) {
        let detail = self.body["ResponseDetail"].as_str();
        assert_eq!(detail == Some("the quota of messages is used up, nothing is locked"), expected, "{self:?}");
        assert_eq!(detail.is_some(), expected, "{self:?}");
    }

    /// Has exactly these members in addition to `ResponseCode`, `ResponseText` and the optional `Account`.
    pub(crate) fn has_only(&self, names: &[&str]) {
        let map = self.body.as_object().unwrap();
        for name in map.keys().filter(|name| !matches!(&***name, "ResponseCode" | "ResponseText" | "Account")) {
            assert!(names.contains(&&**name), "{name} is not wanted: {self:?}");
        }
        for name in names {
            assert!(map.contains_key(*name), "{name} is missing: {self:?}");
        }
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16, text: &str) -> &Self {
        assert_eq!((self.status, self.text()), (status, text), "{self:?}");
        let code = if (200..300).contains(&status) { "00" } else { "01" };
        assert_eq!(self.body["ResponseCode"], code, "{self:?}");
        self
    }
}

/// A logged-in user.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) api_key: String,
}

impl World {
    /// Starts a service without limits of rate and count.
    pub(crate) async fn start() -> Self {
        Self::with("", |options| options.no_limits = Some(true)).await
    }

    /// Starts a service with the default limits.
    pub(crate) async fn limited(config: &str) -> Self {
        Self::with(config, |_| {}).await
    }

    pub(crate) async fn configured(config: &str) -> Self {
        Self::with(config, |options| options.no_limits = Some(true)).await
    }

    pub(crate) async fn with(config: &str, change: impl FnOnce(&mut ServiceOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        // It may have a secret in it.
        bankchannel_server::private::write_whole(&file, config.as_bytes()).unwrap();
        let mut options = ServiceOptions {
            data: Some(folder.path().join("data").to_str().unwrap().to_owned()),
            config: Some(file.to_str().unwrap().to_owned()),
            control: Some(true),
            ..ServiceOptions::default()
        };
        change(&mut options);
        Self::run(folder, options).await
    }

    async fn run(folder: TempDir, options: ServiceOptions) -> Self {
        let running = RunningService::start(options.clone()).await.unwrap();
        let ready = running.readiness();
        let pem = std::fs::read_to_string(ready["public_key_file"].as_str().unwrap()).unwrap();
        Self {
            base: ready["base_url"].as_str().unwrap().to_owned(),
            control: ready["control_url"].as_str().unwrap_or_default().to_owned(),
            key: RsaPublicKey::from_pem(&pem).unwrap(),
            http: client(),
            running: Some(running),
            folder,
            options,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn options(&self) -> ServiceOptions {
        self.options.clone()
    }

    pub(crate) fn running(&self) -> &RunningService {
        self.running.as_ref().unwrap()
    }

    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    /// Stops and restarts the service with the same folder.
    pub(crate) async fn restart(mut self) -> Self {
        self.stop().await;
        Self::run(self.folder, self.options).await
    }

    /// Restarts the service after [`stop`](Self::stop).
    pub(crate) async fn restart_stopped(self) -> Self {
        Self::run(self.folder, self.options).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    /// The status of a request whose path is sent unchanged.
    pub(crate) async fn raw(&self, method: &str, path: &str) -> u16 {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let address = self.base.trim_start_matches("http://").split('/').next().unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(method, path, &[("content-type", "application/json")], body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    pub(crate) async fn protected(&self, method: &str, path: &str, session: &Session, body: Value) -> Answer {
        let headers = [("authorization", &*session.token), ("x-api-key", &*session.api_key)];
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(method, path, &headers, body).await
    }

    pub(crate) fn encrypt(&self, password: &str, challenge: &str) -> String {
        let stamp = challenge.split('|').nth(1).unwrap();
        STANDARD.encode(self.key.encrypt_oaep_sha1(format!("{password}||{stamp}").as_bytes()).unwrap())
    }

    pub(crate) async fn challenge(&self, email: &str, mode: &str) -> String {
        let answer = self.get(&format!("/session/{email}/{mode}")).await;
        answer.is(200, "OK");
        answer.field("Challenge")
    }

    pub(crate) async fn register(&self, email: &str, mode: &str, api_key: &str) -> Answer {
        self.register_with(email, mode, json!({ "ApiKey": api_key }), PASSWORD).await
    }

    pub(crate) async fn register_with(&self, email: &str, mode: &str, change: Value, password: &str) -> Answer {
        let challenge = self.get(&format!("/account/{email}/{mode}")).await.field("Challenge");
        let mut body = json!({
            "ApiKey": "0", "ChResp": challenge, "Company": "Example Company Oy",
            "Encrypted": self.encrypt(password, &challenge), "Name": "Example User", "Phone": PHONE,
        });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.call("PUT", &format!("/account/{email}/{mode}"), body).await
    }

    pub(crate) async fn login(&self, email: &str, mode: &str, password: &str) -> Answer {
        let challenge = self.challenge(email, mode).await;
        let body = json!({ "ChResp": challenge, "Encrypted": self.encrypt(password, &challenge) });
        self.call("POST", &format!("/session/{email}/{mode}"), body).await
    }

    pub(crate) async fn verify_phone(&self, email: &str, mode: &str, code: &str) -> Answer {
        self.call("POST", &format!("/account/{email}/{mode}/{PHONE}"), json!({ "Code": code })).await
    }

    pub(crate) async fn verify_email(&self, email: &str, mode: &str, token: &str, code: &str) -> Answer {
        self.call("POST", &format!("/account/{email}/{mode}"), json!({ "AccessToken": token, "Code": code })).await
    }

    pub(crate) async fn mfa(&self, email: &str, session: &str, code: &str, more: Value) -> Answer {
        let mut body = json!({ "Code": code, "Session": session });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.call("PUT", &format!("/session/{email}/admin/mfacode"), body).await
    }

    pub(crate) async fn outbox(&self) -> Vec<Value> {
        let text = self.http.get(format!("{}/outbox", self.control)).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The latest code for this purpose.
    pub(crate) async fn code(&self, email: &str, mode: &str, purpose: &str) -> String {
        let outbox = self.outbox().await;
        let fits = |m: &&Value| m["email"] == email && m["mode"] == mode && m["purpose"] == purpose;
        let found = outbox.iter().rev().find(fits).unwrap_or_else(|| panic!("no {purpose} for {email} in {outbox:?}"));
        found["code"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn post_control(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/{path}", self.control);
        let response = self.http.post(url).body(body.to_string()).send().await.unwrap();
        (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    pub(crate) async fn advance(&self, seconds: f64) {
        let (status, answer) = self.post_control("clock", json!({ "advance_s": seconds })).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Creates a verified account with both users.
    pub(crate) async fn account(&self, email: &str) -> String {
        let seed = json!({ "accounts": [{ "email": email, "password": PASSWORD, "phone": PHONE }] });
        let (status, answer) = self.post_control("seed", seed).await;
        assert_eq!(status, 200, "{answer}");
        answer["accounts"][0]["api_key"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn data_session(&self, email: &str) -> Session {
        let answer = self.login(email, "data", PASSWORD).await;
        answer.is(200, "Login OK");
        Session { token: answer.field("IdToken"), api_key: answer.field("ApiKey") }
    }

    pub(crate) async fn admin_session(&self, email: &str) -> Session {
        let session = self.login(email, "admin", PASSWORD).await.is(200, "Give SMS code").field("Session");
        let code = self.code(email, "admin", "mfa").await;
        let answer = self.mfa(email, &session, &code, json!({})).await;
        answer.is(200, "Login OK");
        Session { token: answer.field("IdToken"), api_key: answer.field("ApiKey") }
    }

    pub(crate) async fn alive(&self, session: &Session) -> bool {
        let answer = self.protected("GET", "/pgp", session, Value::Null).await;
        assert!(matches!(answer.status, 200 | 401), "{answer:?}");
        answer.status == 200
    }
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// A code other than this one.
pub(crate) fn other(code: &str) -> String {
    let last = code.as_bytes()[5];
    format!("{}{}", &code[..5], char::from(b'0' + (last - b'0' + 1) % 10))
}
