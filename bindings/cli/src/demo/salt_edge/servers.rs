//! The hub in this process, and the connector in a separate process, so that it can be killed.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use bankchannel_counterparts::EmbeddedServer;
use serde_json::{Value, json};

use super::super::workspace::Folder;
use crate::{CommandFailure, CommandOutcome};

/// A text of a readiness line.
fn text(ready: &Value, name: &str) -> String {
    ready[name].as_str().unwrap_or_default().to_owned()
}

pub(super) struct DemoHub {
    running: EmbeddedServer,
    pub(super) ready: Value,
}

impl DemoHub {
    pub(super) async fn start(folder: &Folder) -> CommandOutcome<Self> {
        let options = json!({"data": folder.path().join("hub"), "control": true});
        let running = EmbeddedServer::start("salt-edge-hub", options).await?;
        let ready = running.readiness();
        Ok(Self { running, ready })
    }

    pub(super) fn control_url(&self) -> String {
        text(&self.ready, "control_url")
    }

    pub(super) async fn stop(self) {
        self.running.stop().await;
    }
}

/// The connector in a separate process. It is killed when this is dropped.
pub(super) struct Connector {
    child: Child,
    pub(super) base_url: String,
    pub(super) bank_interface_url: String,
    pub(super) bank_secret_file: PathBuf,
    pub(super) data: PathBuf,
}

impl Connector {
    /// Starts a connector, at its previous address or at a free one.
    pub(super) async fn start(folder: &Folder, hub: &Value, listen: Option<String>) -> CommandOutcome<Self> {
        let data = folder.path().join("connector");
        let own = std::env::current_exe()
            .map_err(|why| CommandFailure::usage(format!("this program is not found: {why}")))?;
        let mut command = Command::new(own);
        command
            .args(["serve", "salt-edge-connector", "--data"])
            .arg(&data)
            .args(["--listen", listen.as_deref().unwrap_or("127.0.0.1:0")])
            .args(["--hub-url", &text(hub, "base_url"), "--hub-public-key", &text(hub, "hub_public_key_file")])
            .args(["--app-id", &text(hub, "app_id"), "--app-secret-file", &text(hub, "app_secret_file")])
            .args(["--private-key", &text(hub, "private_key_file")])
            .env("BANKCHANNEL_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child =
            command.spawn().map_err(|why| CommandFailure::usage(format!("the connector cannot be started: {why}")))?;
        let stdout = child.stdout.take();
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            stdout.map(|stdout| BufReader::new(stdout).read_line(&mut line));
            line
        });
        let ready: Value = serde_json::from_str(&line.await.unwrap_or_default()).unwrap_or_default();
        if !ready["base_url"].is_string() {
            let _ = child.kill();
            return Err(CommandFailure::usage("the connector did not start"));
        }
        Ok(Self {
            child,
            base_url: text(&ready, "base_url"),
            bank_interface_url: text(&ready, "bank_interface_url"),
            bank_secret_file: Path::new(&text(&ready, "bank_secret_file")).to_owned(),
            data,
        })
    }

    /// Its listen address.
    pub(super) fn address(&self) -> String {
        self.base_url.split_once("://").map_or("", |(_, address)| address).to_owned()
    }

    /// Kills it, as a power cut would.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.kill();
    }
}
