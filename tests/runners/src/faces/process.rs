//! A face in another language: a driver process that speaks one JSON object per line.

use std::{future::Future, pin::Pin, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::Face;
use crate::world::Outcome;

/// How long a driver may take for one request.
const PATIENCE: Duration = Duration::from_secs(150);

/// A driver process.
pub struct Driver {
    name: String,
    // Killed when dropped.
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    opened: Vec<String>,
}

impl Driver {
    /// Starts a driver: its face's name, program, arguments and environment.
    ///
    /// # Errors
    /// Why it does not start or greet.
    pub async fn start(
        name: &str,
        program: &str,
        arguments: &[String],
        environment: &[(&str, String)],
    ) -> Outcome<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| format!("the {name} driver ({program}) does not start: {why}"))?;
        let (input, output) = (child.stdin.take().ok_or("no stdin")?, child.stdout.take().ok_or("no stdout")?);
        let output = BufReader::new(output).lines();
        let mut driver = Self { name: name.to_owned(), _child: child, input, output, opened: Vec::new() };
        driver.exchange(json!({"op": "hello"})).await?;
        Ok(driver)
    }

    async fn exchange(&mut self, request: Value) -> Outcome<Value> {
        let broke = |why: std::io::Error| format!("the driver broke: {why}");
        self.input.write_all(format!("{request}\n").as_bytes()).await.map_err(broke)?;
        self.input.flush().await.map_err(broke)?;
        let line = tokio::time::timeout(PATIENCE, self.output.next_line())
            .await
            .map_err(|_| format!("the {} driver did not answer {}", self.name, request["name"]))?
            .map_err(broke)?
            .ok_or_else(|| format!("the {} driver ended while it was asked {}", self.name, request["name"]))?;
        serde_json::from_str(&line).map_err(|why| format!("the {} driver answered no JSON ({why}): {line}", self.name))
    }
}

impl Face for Driver {
    fn name(&self) -> &str {
        &self.name
    }

    fn send(&mut self, request: Value) -> Pin<Box<dyn Future<Output = Outcome<Value>> + Send + '_>> {
        if request["op"] == "open"
            && let Some(client) = request["client"].as_str()
        {
            self.opened.push(client.to_owned());
        }
        Box::pin(self.exchange(request))
    }

    fn reset(&mut self) -> Pin<Box<dyn Future<Output = Outcome<()>> + Send + '_>> {
        Box::pin(async move {
            for client in std::mem::take(&mut self.opened) {
                self.exchange(json!({"op": "close", "client": client})).await?;
            }
            Ok(())
        })
    }
}
