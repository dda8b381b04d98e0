//! Answers recorded in a file, and answers from such a file in place of the network: for the tests of programs.
//!
//! A file has a line for each answer: `{"method", "target", "status", "headers": [[name, value]], "body"}`, with
//! `body_base64` in place of `body` if it is not UTF-8. Requests' headers and bodies are not recorded.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bankchannel_foundation::{CallOutcome, Error, Result, shown};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use serde::{Deserialize, Serialize};

/// The longest line of a recording, in bytes: the largest recorded answer with every character escaped, and its head.
const LINE_MAX: u64 = 97 * 1024 * 1024;
/// The largest recorded answer, in bytes.
const BODY_MAX: usize = 16 * 1024 * 1024;
/// The maximum number of answers of a recording.
const ANSWERS_MAX: usize = 10_000;

/// A recording that is made or used.
#[derive(Debug)]
pub(crate) enum AnswerRecording {
    /// Answers of the network are written here.
    Made(Arc<RecordingFile>),
    /// Answers come from here.
    Used(ReplayedAnswers),
}

/// One answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedAnswer {
    method: String,
    target: String,
    status: u16,
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

impl AnswerRecording {
    /// What the settings `record_to` and `replay_from` ask for. A recording is read now, and made at the first exchange.
    ///
    /// # Errors
    /// `configuration.invalid` if both are given, or the recording cannot be read.
    pub(crate) fn from_settings(record_to: Option<&Path>, replay_from: Option<&Path>) -> Result<Option<Self>> {
        match (record_to, replay_from) {
            (None, None) => Ok(None),
            (Some(path), None) => {
                Ok(Some(Self::Made(Arc::new(RecordingFile { path: path.to_owned(), file: Mutex::new(None) }))))
            }
            (None, Some(path)) => Ok(Some(Self::Used(ReplayedAnswers::read(path)?))),
            (Some(_), Some(_)) => Err(Error::invalid_setting("replay_from", "excludes record_to: give one of them")),
        }
    }
}

/// A recording that is made.
#[derive(Debug)]
pub(crate) struct RecordingFile {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl RecordingFile {
    /// Makes the file, with mode 0600, unless this client has made it.
    ///
    /// # Errors
    /// `configuration.invalid` if it exists or cannot be made; nothing was sent.
    pub(crate) fn begin(&self) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            let made = File::options().write(true).create_new(true).mode(0o600).open(&self.path);
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

    /// The answer with a body that is recorded while it is read.
    pub(crate) fn recorded(
        self: &Arc<Self>,
        method: &str,
        target: &str,
        answer: reqwest::Response,
    ) -> reqwest::Response {
        let answer = http::Response::from(answer);
        let (head, body) = answer.into_parts();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let recorded = RecordedAnswer {
            method: method.to_owned(),
            target: target.to_owned(),
            status: head.status.as_u16(),
            headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            body: None,
            body_base64: None,
        };
        let body = RecordedBody { body, held: Some((recorded, Vec::new())), into: Arc::clone(self) };
        http::Response::from_parts(head, reqwest::Body::wrap(body)).into()
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

/// A body that passes through; when it ends, it is written into the recording.
struct RecordedBody {
    body: reqwest::Body,
    /// `None` after the end, or if it is too large to be recorded.
    held: Option<(RecordedAnswer, Vec<u8>)>,
    into: Arc<RecordingFile>,
}

impl Body for RecordedBody {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let polled = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &polled {
            Some(Ok(frame)) => {
                let piece = frame.data_ref().map_or(&[][..], |data| data);
                if let Some((answer, held)) = &mut self.held {
                    if held.len() + piece.len() > BODY_MAX {
                        tracing::warn!("an answer to {} is too large to be recorded", answer.method);
                        self.held = None;
                    } else {
                        held.extend_from_slice(piece);
                    }
                }
                // The reader of a body with a known length does not ask for its end.
                if self.body.is_end_stream()
                    && let Some((answer, held)) = self.held.take()
                {
                    self.into.write(answer, held);
                }
            }
            None => {
                if let Some((answer, held)) = self.held.take() {
                    self.into.write(answer, held);
                }
            }
            Some(Err(_)) => self.held = None,
        }
        Poll::Ready(polled)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A recording that is used: each answer once.
#[derive(Debug)]
pub(crate) struct ReplayedAnswers {
    path: PathBuf,
    rest: Mutex<Vec<RecordedAnswer>>,
}

impl ReplayedAnswers {
    fn read(path: &Path) -> Result<Self> {
        let bad = |why: String| wrong("replay_from", path, why);
        let (file, _) = bankchannel_foundation::open_regular(path).map_err(|why| bad(why.to_string()))?;
        let mut reader = BufReader::new(file);
        let mut answers = Vec::new();
        loop {
            let mut line = String::new();
            let number = answers.len() + 1;
            let mut limited = std::io::Read::take(&mut reader, LINE_MAX);
            let length = limited.read_line(&mut line).map_err(|why| bad(format!("line {number}: {why}")))?;
            if length == 0 {
                break;
            }
            let answer = serde_json::from_str::<RecordedAnswer>(&line);
            let answer = answer.map_err(|_| bad(format!("line {number} is not a recorded answer")))?;
            let body = answer.body_base64.as_ref().map(|text| STANDARD.decode(text));
            if answer.body.is_some() == body.is_some() || body.is_some_and(|decoded| decoded.is_err()) {
                return Err(bad(format!("line {number} needs either `body` or a right `body_base64`")));
            }
            if answers.len() == ANSWERS_MAX {
                return Err(bad(format!("has more than {ANSWERS_MAX} answers")));
            }
            answers.push(answer);
        }
        Ok(Self { path: path.to_owned(), rest: Mutex::new(answers) })
    }

    /// The first unused answer to this request.
    ///
    /// # Errors
    /// `configuration.invalid` if there is none; nothing was sent.
    pub(crate) fn answer(&self, method: &str, target: &str) -> Result<reqwest::Response> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = rest.iter().position(|answer| answer.method == method && answer.target == target) else {
            let next = match rest.first() {
                None => "all its answers are used".to_owned(),
                Some(next) if next.method == method => format!("its next one is to a {method} of another address"),
                Some(next) => format!("its next one is to a {}", next.method),
            };
            return Err(wrong("replay_from", &self.path, format!("has no answer left to this {method}: {next}")));
        };
        let answer = rest.remove(at);
        drop(rest);
        let bad = |_| wrong("replay_from", &self.path, format!("an answer to a {method} is not one of HTTP"));
        let body = match (answer.body, answer.body_base64) {
            (Some(text), _) => Bytes::from(text),
            (None, coded) => Bytes::from(STANDARD.decode(coded.unwrap_or_default()).unwrap_or_default()),
        };
        let mut made = http::Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            made = made.header(name, value);
        }
        Ok(made.body(body).map_err(bad)?.into())
    }
}

fn wrong(setting: &str, path: &Path, why: String) -> Error {
    Error::invalid_setting(setting, format!("{}: {why}", shown::path(path))).with_outcome(CallOutcome::NotSent)
}
