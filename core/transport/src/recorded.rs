//! Answers recorded in a file: for the tests of programs, which [replay](crate::replayed) them.
//!
//! A file has a line for each answer: `{"method", "target", "status", "headers": [[name, value]], "body"}`, with
//! `body_base64` in place of `body` if it is not UTF-8. Requests' headers and bodies are not recorded.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_foundation::{CallOutcome, Error, Result, shown};
use bankchannel_private_files::{FileAccess, create_new};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{
    AnsweredExchange,
    attempt::{AnswerTap, Attempt, AttemptFuture, Attempts},
};

/// The longest line of a recording, in bytes: the largest recorded answer with every character escaped, and its head.
pub(crate) const LINE_MAX: u64 = 97 * 1024 * 1024;
/// The largest recorded answer, in bytes.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// One answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordedAnswer {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body_base64: Option<String>,
}

/// A recording that is made.
#[derive(Debug)]
pub(crate) struct RecordingFile {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl RecordingFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, file: Mutex::new(None) }
    }

    /// Makes the file, with mode 0600, unless this client has made it.
    ///
    /// # Errors
    /// `configuration.invalid` if it exists or cannot be made; nothing was sent.
    fn begin(&self) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            let made = create_new(&self.path, FileAccess::Owner);
            *file = Some(made.map_err(|why| {
                let why = if why.kind() == std::io::ErrorKind::AlreadyExists {
                    "exists; remove it to record anew".to_owned()
                } else {
                    why.to_string()
                };
                wrong("record_to", &self.path, why)
            })?);
        }
        Ok(())
    }

    /// Writes one answer. A failure to do so must not change the result of the exchange.
    fn write(&self, mut answer: RecordedAnswer, body: Vec<u8>) {
        match String::from_utf8(body) {
            Ok(text) => answer.body = Some(text),
            Err(bytes) => answer.body_base64 = Some(STANDARD.encode(bytes.as_bytes())),
        }
        let written = serde_json::to_vec(&answer).map_err(std::io::Error::other).and_then(|mut line| {
            line.push(b'\n');
            match &mut *self.file.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(file) => file.write_all(&line),
                None => Ok(()),
            }
        });
        if let Err(why) = written {
            tracing::warn!("an answer was not recorded in {}: {why}", shown::path(&self.path));
        }
    }
}

/// The layer that records the answers to attempts.
pub(crate) struct RecordedAttempts<A> {
    pub(crate) inner: A,
    /// Shared by the services that record into the same file.
    pub(crate) file: Arc<RecordingFile>,
}

impl<A: Attempts> Attempts for RecordedAttempts<A> {
    fn attempt<'a>(&'a self, mut attempt: Attempt<'a>) -> AttemptFuture<'a> {
        let target = &attempt.request.target;
        attempt.taps.push(Box::new(RecordingTap { into: &self.file, target, held: None }));
        self.inner.attempt(attempt)
    }
}

/// Holds an answer until all of it has arrived, and then writes it into the recording.
struct RecordingTap<'a> {
    into: &'a RecordingFile,
    target: &'a str,
    /// `None` before the head and after the end, or if it is too large to be recorded.
    held: Option<(RecordedAnswer, Vec<u8>)>,
}

impl AnswerTap for RecordingTap<'_> {
    fn begin(&mut self) -> Result<()> {
        self.into.begin()
    }

    fn head(&mut self, head: &AnsweredExchange) {
        let recorded = RecordedAnswer {
            method: head.method.clone(),
            target: self.target.to_owned(),
            status: head.status,
            headers: head.headers.clone(),
            body: None,
            body_base64: None,
        };
        self.held = Some((recorded, Vec::new()));
    }

    fn piece(&mut self, piece: &[u8], arrived: u64, total: Option<u64>) {
        if let Some((answer, held)) = &mut self.held {
            if held.len() + piece.len() > BODY_MAX {
                tracing::warn!("an answer to {} is too large to be recorded", answer.method);
                self.held = None;
            } else {
                held.extend_from_slice(piece);
            }
        }
        // Whole, whatever is made of its last piece.
        if total == Some(arrived) {
            self.complete();
        }
    }

    fn complete(&mut self) {
        if let Some((answer, held)) = self.held.take() {
            self.into.write(answer, held);
        }
    }
}

pub(crate) fn wrong(setting: &str, path: &Path, why: String) -> Error {
    Error::invalid_setting(setting, format!("{}: {why}", shown::path(path))).with_outcome(CallOutcome::NotSent)
}
