//! A question to the bank's code, and the handling of its failures.

use std::{
    fmt,
    time::{Duration, Instant},
};

use bankchannel_foundation::{Category, Error, json, model::read_boundary, question::TypedQuestion};
use bankchannel_salt_edge::{class::of_connector, connector::questions::RefusedByBank};
use bankchannel_storage::salt_edge_connector::RowId;

use super::{ConnectorEngine, id_text};
use crate::{Question, TypedAnswer};

/// The time limit of the bank's code for any question: shorter than the lease of a task.
const LONGEST: Duration = Duration::from_secs(4 * 60);
/// The maximum nesting depth of an answer.
const MAX_DEPTH: usize = 32;
/// The maximum length of a class from the bank, in bytes.
const MAX_CLASS: usize = 64;
/// The maximum length of the text for a class from the bank, in characters.
const MAX_TEXT: usize = 500;

/// The reason why a question has no answer.
pub(super) enum UnansweredQuestion {
    /// The call has no callback for it.
    Nobody(Error),
    /// The call itself was cancelled or timed out.
    Broken(Error),
    /// The bank's code failed or gave an invalid answer.
    Failed,
    /// The bank's code is slow, busy or away: a later question may be answered. After this many seconds, if it said so.
    Away(Option<u32>),
}

/// The subject of a question, as log lines name it. The ids are those of the store; none is secret.
#[derive(Clone, Copy)]
pub(super) enum QuestionSubject {
    Session(RowId),
    Token(RowId),
    Notice(RowId),
}

impl fmt::Display for QuestionSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, id) = match *self {
            Self::Session(id) => ("session", id),
            Self::Token(id) => ("token", id),
            Self::Notice(id) => ("notice", id),
        };
        write!(f, "{what} {}", id_text(id))
    }
}

/// A refusal: its class and its text.
pub(super) struct RefusedAnswer {
    pub(super) class: String,
    pub(super) text: String,
}

impl RefusedAnswer {
    /// A failure of the bank.
    pub(super) fn failure() -> Self {
        Self::class(&of_connector::INTERNAL_PROVIDER_ERROR)
    }

    /// One of our classes with its standard text.
    pub(super) fn class(class: &bankchannel_salt_edge::class::FailureClass) -> Self {
        Self { class: class.name.to_owned(), text: class.meaning.to_owned() }
    }

    /// A refusal by the bank. An invalid class counts as a failure of the bank.
    pub(super) fn by_bank(refused: RefusedByBank) -> Self {
        let class = refused.error_class;
        if class.is_empty() || class.len() > MAX_CLASS || !class.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Self::failure();
        }
        let known = of_connector::ALL.iter().find(|known| known.name == class);
        let meaning = known.map_or("The bank has refused.", |known| known.meaning);
        let plain = |text: String| {
            let plain = |c: char| if c.is_control() { ' ' } else { c };
            text.chars().map(plain).take(MAX_TEXT).collect::<String>()
        };
        let text = refused.error_message.map(plain).filter(|text| !text.trim().is_empty());
        Self { class, text: text.unwrap_or_else(|| meaning.to_owned()) }
    }
}

impl ConnectorEngine<'_> {
    /// Whether the call was cancelled or timed out.
    fn has_ended(&self) -> bool {
        self.options.cancel.is_cancelled() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Asks the bank's code. The text of a failure is not passed on: it belongs to the bank.
    pub(super) async fn ask<Q: TypedQuestion>(
        &self,
        request: Q::Request,
        subject: QuestionSubject,
    ) -> Result<Q::Answer, UnansweredQuestion> {
        let name = const { &Q::DECLARATION }.name;
        let limited = Instant::now() + LONGEST;
        let options = self.options.until(self.deadline.map_or(limited, |deadline| deadline.min(limited)));
        let answer = match options.ask_typed(Question::typed::<Q>(request)).await {
            Ok(answer) => answer,
            Err(error) if Question::is_unanswered(&error, name) => return Err(UnansweredQuestion::Nobody(error)),
            Err(error) if self.has_ended() => return Err(UnansweredQuestion::Broken(error)),
            Err(error) => {
                let status = error.http_status().map(|status| format!(", status {status}")).unwrap_or_default();
                self.options.warn(format!("{name}: the bank's code failed ({}{status}), {subject}", error.code()));
                return Err(match error.category() {
                    Category::Transport | Category::TimedOut | Category::RateLimited | Category::PeerFailed => {
                        let wait_s = error.retry_after_s();
                        UnansweredQuestion::Away(wait_s.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)))
                    }
                    _ => UnansweredQuestion::Failed,
                });
            }
        };
        let read = |value| read_boundary::<Q::Answer>(value).map_err(|fault| fault.message().to_owned());
        let read = match answer {
            TypedAnswer::Value(value) => read(value),
            TypedAnswer::Text(text) => {
                json::parse_text(text.expose(), MAX_DEPTH).map_err(|fault| fault.to_string()).and_then(read)
            }
        };
        // The text names the field and contains no value.
        read.map_err(|why| self.senseless(name, subject, &why))
    }

    /// Logs an answer of the bank that cannot be used.
    pub(super) fn senseless(&self, name: &str, subject: QuestionSubject, why: &str) -> UnansweredQuestion {
        self.options.warn(format!("{name}: the bank's answer cannot be used: {why}, {subject}"));
        UnansweredQuestion::Failed
    }
}
