//! A service in a separate process, as in real use, with a prepared account.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::SystemTime,
};

use bankchannel::ws_channel::{WsChannel, WsChannelSettings};
use bankchannel_openpgp as openpgp;
use serde_json::{Value, json};

use crate::{load, prepare::key};

/// If set to the URL of an empty PostgreSQL database, the service keeps its data there; its figures have no bound.
pub(crate) const POSTGRES: &str = "BANKCHANNEL_SERVICE_POSTGRES";
/// The user of the account.
pub(crate) const EMAIL: &str = "bench@example.test";

/// The built command.
pub(crate) fn program() -> PathBuf {
    std::env::current_exe().expect("this program has a path").with_file_name("bankchannel")
}

/// Starts `bankchannel serve ws-channel` and waits for its readiness line.
pub(crate) fn serve(data: &Path, options: &[&OsStr]) -> (Child, Value) {
    serve_kind("ws-channel", data, options)
}

/// Starts a server of this kind and waits for its readiness line.
pub(crate) fn serve_kind(kind: &str, data: &Path, options: &[&OsStr]) -> (Child, Value) {
    let mut child = Command::new(program())
        .args(["serve", kind, "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(options)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the service starts");
    // As whoever keeps the log: its lines are read, all of them.
    let mut log = child.stderr.take().expect("its log");
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    (child, serde_json::from_str(&line).expect("a readiness line"))
}

/// The service and its account.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) base_url: String,
    pub(crate) public_key_file: String,
    pub(crate) api_key: String,
    pub(crate) token: String,
    pub(crate) private: openpgp::OpenPgpPrivateKey,
    pub(crate) signer: openpgp::UnlockedSigner,
    pub(crate) public: openpgp::OpenPgpPublicKey,
}

impl Served {
    pub(crate) fn start(config: &str, files: Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config.to_owned();
        if let Ok(url) = std::env::var(POSTGRES) {
            config = format!("postgres_url = \"{url}\"\n{config}");
        }
        std::fs::write(folder.path().join("service.toml"), config).expect("a file");
        let (child, ready) = spawn(folder.path(), &["--control"]);
        let private = key(openpgp::GeneratedAlgorithm::Ed25519);
        let seed = json!({"accounts": [{
            "email": EMAIL, "password": "Benchmark_1234567890", "company": "Bench", "name": "Bench", "sessions": true,
            "certificates": ["simulator"], "files": files,
            "pgp_keys": [{"key": private.public().to_armored().expect("armor"), "purpose": "authorize"}],
        }]});
        let control = ready["control_url"].as_str().expect("a control URL");
        let seeded = load::post(&format!("{control}/seed"), &seed.to_string());
        let account = &seeded["accounts"][0];
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("a text in {seeded}")).to_owned();
        let mut served = Self {
            child,
            folder,
            base_url: text(&ready["base_url"]),
            public_key_file: text(&ready["public_key_file"]),
            api_key: text(&account["api_key"]),
            token: text(&account["id_tokens"]["data"]),
            signer: private.signer(SystemTime::now()).expect("an unlocked key"),
            public: private.public(),
            private,
        };
        served.stop();
        served.go_on();
        served
    }

    /// Ends the process.
    pub(crate) fn stop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("it ends");
    }

    /// Starts the service again on the same data, as in production: its requests are not inspected.
    pub(crate) fn go_on(&mut self) {
        let (child, ready) = spawn(self.folder.path(), &[]);
        self.child = child;
        self.base_url = ready["base_url"].as_str().expect("a base URL").to_owned();
    }

    pub(crate) fn address(&self) -> String {
        self.base_url.trim_start_matches("http://").trim_end_matches("/v2").to_owned()
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        format!(
            "{method} /v2{path} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nx-api-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token, self.api_key, body.len(),
        )
        .into_bytes()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client with that account's session.
pub(crate) fn client(base_url: &str, api_key: &str, token: &str) -> WsChannel {
    let settings: WsChannelSettings = bankchannel_foundation::model::read_boundary(json!({
        "base_url": base_url, "email": EMAIL, "mode": "data", "api_key": api_key, "id_token": token, "bank": "simulator",
    }))
    .expect("settings");
    WsChannel::new(settings).expect("a client")
}

/// Starts the service that is configured in this folder.
fn spawn(folder: &Path, options: &[&str]) -> (Child, Value) {
    let config = folder.join("service.toml");
    let mut all: Vec<&OsStr> = ["--no-limits", "--config"].map(OsStr::new).to_vec();
    all.push(config.as_os_str());
    all.extend(options.iter().map(OsStr::new));
    serve(&folder.join("data"), &all)
}
