//! The faces: every way in which a program uses bankchannel.

mod cli;
mod process;
mod rust;

use std::{future::Future, path::PathBuf, pin::Pin};

use serde_json::Value;

pub use cli::Cli;
pub use process::Driver;
pub use rust::Rust;

use crate::world::Told;

/// A face under test: takes requests of the driver protocol (`tests/scenarios/README.md`) and answers them.
pub trait Face: Send {
    /// Its name in reports.
    fn name(&self) -> &str;

    /// Carries out one request.
    fn send(&mut self, request: Value) -> Pin<Box<dyn Future<Output = Told<Value>> + Send + '_>>;

    /// Forgets every client.
    fn reset(&mut self) -> Pin<Box<dyn Future<Output = Told<()>> + Send + '_>>;
}

/// The answer to a question: given beforehand by its kind, or from the outbox: `{"outbox": {email, mode, purpose}}`.
#[must_use]
pub fn answer(answers: &Value, outbox: &str, kind: &str) -> Option<String> {
    match &answers[kind] {
        Value::String(text) => Some(text.clone()),
        Value::Object(wanted) => {
            let text = std::fs::read_to_string(outbox).ok()?;
            let messages: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            let found = messages.iter().rev().find(|message| {
                wanted.iter().all(|(name, value)| message[name] == *value)
            })?;
            found["code"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}

/// The root of the project.
#[must_use]
pub fn root() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    path.canonicalize().unwrap_or(path)
}

/// Where cargo puts what it builds for the common profile.
#[must_use]
pub fn built() -> PathBuf {
    crate::report::folder().join("../release")
}
