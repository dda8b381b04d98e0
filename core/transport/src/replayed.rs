//! Attempts that are answered from a [recording](crate::recorded), in place of the network.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use bankchannel_foundation::Result;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

use crate::{
    attempt::{Attempt, AttemptFuture, Attempts},
    network::{AttemptProgress, NetworkAttempts},
    recorded::{LINE_MAX, RecordedAnswer, wrong},
};

/// The maximum number of answers of a recording.
const ANSWERS_MAX: usize = 10_000;

/// Answers from a recording. A request is made as for the network, so that what cannot be sent fails here, too.
pub(crate) struct ReplayedAttempts {
    pub(crate) network: Arc<NetworkAttempts>,
    pub(crate) answers: ReplayedAnswers,
}

impl Attempts for ReplayedAttempts {
    fn attempt<'a>(&'a self, attempt: Attempt<'a>) -> AttemptFuture<'a> {
        Box::pin(async move {
            let (progress, limits) = (AttemptProgress::default(), attempt.until);
            let answered = async {
                let begun = Instant::now();
                drop(self.network.prepared(&attempt, &progress).await?);
                let answer = self.answers.answer(&attempt.request.method, &attempt.request.target)?;
                self.network.received(answer, begun, attempt, &progress).await
            };
            progress.raced(limits, answered).await
        })
    }
}

/// A recording that is used: each answer once.
#[derive(Debug)]
pub(crate) struct ReplayedAnswers {
    path: PathBuf,
    rest: Mutex<Vec<RecordedAnswer>>,
}

impl ReplayedAnswers {
    pub(crate) fn read(path: &Path) -> Result<Self> {
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
    fn answer(&self, method: &str, target: &str) -> Result<reqwest::Response> {
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
