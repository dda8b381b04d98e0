//! C: its driver (`drivers/c/driver.c`) uses lines of tab-separated fields, since C has no JSON parser.

use std::{future::Future, path::Path, pin::Pin, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{Asked, Face, answer, built, root};
use crate::world::Outcome;

/// How long the driver may take for one line.
const PATIENCE: Duration = Duration::from_secs(150);

/// The driver of C.
pub struct C {
    // Killed when dropped.
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    opened: Vec<String>,
}

impl C {
    /// Compiles the driver against the built library and starts it.
    ///
    /// # Errors
    /// The compiler's output, or why it does not start.
    pub async fn start() -> Outcome<Self> {
        let folder = built();
        let program = folder.join("bankchannel-c-driver");
        named(&folder)?;
        compile(&folder, &program).await?;
        let mut child = Command::new(&program)
            .env("LD_LIBRARY_PATH", &folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| format!("the c driver does not start: {why}"))?;
        let (input, output) = (child.stdin.take().ok_or("no stdin")?, child.stdout.take().ok_or("no stdout")?);
        let mut driver = Self { _child: child, input, output: BufReader::new(output).lines(), opened: Vec::new() };
        let hello = driver.exchange("hello").await?;
        if hello.first().map(String::as_str) == Some("hello") {
            Ok(driver)
        } else {
            Err(format!("the c driver said {hello:?}"))
        }
    }

    async fn exchange(&mut self, line: &str) -> Outcome<Vec<String>> {
        let broke = |why: std::io::Error| format!("the c driver broke: {why}");
        self.input.write_all(format!("{line}\n").as_bytes()).await.map_err(broke)?;
        self.input.flush().await.map_err(broke)?;
        let line = tokio::time::timeout(PATIENCE, self.output.next_line())
            .await
            .map_err(|_| "the c driver does not answer".to_owned())?
            .map_err(broke)?
            .ok_or("the c driver ended")?;
        Ok(line.split('\t').map(str::to_owned).collect())
    }

    async fn call(&mut self, request: &Value) -> Outcome<Value> {
        let cancel = request["cancel_after_ms"].as_u64().map_or_else(|| "-".to_owned(), |after| after.to_string());
        let fields = [
            "call".to_owned(),
            request["client"].as_str().unwrap_or("main").to_owned(),
            request["name"].as_str().unwrap_or_default().to_owned(),
            STANDARD.encode(request["request"].to_string()),
            content(&request["content"]),
            match (request["destination"]["path"].as_str(), request["destination"]["pieces"] == true) {
                (Some(path), _) => format!("path:{}", STANDARD.encode(path)),
                (None, true) => "pieces".to_owned(),
                (None, false) => "-".to_owned(),
            },
            request["timeout_ms"].as_i64().unwrap_or(-1).to_string(),
            cancel,
        ];
        let mut said = self.exchange(&fields.join("\t")).await?;
        while said.first().map(String::as_str) == Some("ask") {
            let question = json_of(said.get(1))?;
            let kind = question["kind"].as_str().unwrap_or_default();
            let outbox = request["outbox"].as_str().unwrap_or_default();
            let wanted = &question["signature"];
            let digest = wanted["digest"].as_str().and_then(|text| STANDARD.decode(text).ok());
            let asked = wanted["algorithm"].as_str().zip(digest).map(|(algorithm, digest)| Asked { algorithm, digest });
            let line = match answer(&request["answers"], outbox, kind, asked) {
                Some(text) => format!("answer\t{}", STANDARD.encode(text)),
                None => format!("fail\t{}", STANDARD.encode(format!("no answer to {kind}"))),
            };
            said = self.exchange(&line).await?;
        }
        match said.first().map(String::as_str) {
            Some("response") => {
                let content = said.get(2).and_then(|field| field.strip_prefix("bytes:"));
                Ok(json!({"response": json_of(said.get(1))?, "content": content.map(|text| json!({"base64": text}))}))
            }
            Some("error") => Ok(json!({"error": json_of(said.get(1))?})),
            _ => Err(format!("the c driver said {said:?}")),
        }
    }
}

/// The name under which a linked program loads the library, in cargo's folder, where it has another name.
fn named(folder: &Path) -> Outcome<()> {
    match std::os::unix::fs::symlink("libbankchannel_c.so", folder.join("libbankchannel.so.1")) {
        Err(why) if why.kind() != std::io::ErrorKind::AlreadyExists => Err(format!("libbankchannel.so.1: {why}")),
        _ => Ok(()),
    }
}

async fn compile(folder: &Path, program: &Path) -> Outcome<()> {
    let root = root();
    let output = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "-I"])
        .arg(root.join("include"))
        .arg(root.join("tests/runners/drivers/c/driver.c"))
        .arg("-L")
        .arg(folder)
        .args(["-lbankchannel_c", "-lpthread", "-o"])
        .arg(program)
        .output()
        .await
        .map_err(|why| format!("cc does not start: {why}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn json_of(field: Option<&String>) -> Outcome<Value> {
    let bytes = field.and_then(|field| STANDARD.decode(field).ok()).ok_or("the c driver left out a field")?;
    serde_json::from_slice(&bytes).map_err(|why| format!("the c driver's JSON is none: {why}"))
}

fn content(given: &Value) -> String {
    if let Some(text) = given["base64"].as_str() {
        return format!("bytes:{text}");
    }
    if let Some(path) = given["path"].as_str() {
        return format!("path:{}", STANDARD.encode(path));
    }
    match given["pieces"].as_array() {
        Some(pieces) => format!("pieces:{}", pieces.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
        None => "-".to_owned(),
    }
}

impl Face for C {
    fn name(&self) -> &str {
        "c"
    }

    fn send(&mut self, request: Value) -> Pin<Box<dyn Future<Output = Outcome<Value>> + Send + '_>> {
        Box::pin(async move {
            if request["op"] != "open" {
                return self.call(&request).await;
            }
            let client = request["client"].as_str().unwrap_or("main").to_owned();
            let said =
                self.exchange(&format!("open\t{client}\t{}", STANDARD.encode(request["settings"].to_string()))).await?;
            match said.first().map(String::as_str) {
                Some("ok") => {
                    self.opened.push(client);
                    Ok(json!({"ok": true}))
                }
                Some("error") => Ok(json!({"error": json_of(said.get(1))?})),
                _ => Err(format!("the c driver said {said:?}")),
            }
        })
    }

    fn reset(&mut self) -> Pin<Box<dyn Future<Output = Outcome<()>> + Send + '_>> {
        Box::pin(async move {
            for client in std::mem::take(&mut self.opened) {
                self.exchange(&format!("close\t{client}")).await?;
            }
            Ok(())
        })
    }
}
