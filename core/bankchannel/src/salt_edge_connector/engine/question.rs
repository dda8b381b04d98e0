//! A question to the bank's code, and what its failures come to.

use std::time::{Duration, Instant};

use bankchannel_foundation::{Error, json, model::read_boundary, question::TypedQuestion};
use bankchannel_salt_edge::{class::of_connector, connector::questions::RefusedByBank};

use super::Engine;
use crate::{Question, TypedAnswer};

/// How long the bank's code may take, whatever it is asked: less than others leave the question alone.
const LONGEST: Duration = Duration::from_secs(4 * 60);
/// The deepest nesting of an answer.
const MAX_DEPTH: usize = 32;
/// The longest class that a bank may name, bytes.
const MAX_CLASS: usize = 64;
/// The longest text that a bank may give to a class, characters.
const MAX_TEXT: usize = 500;

/// Why a question has no answer.
pub(super) enum Unanswered {
    /// Nobody was there to be asked.
    Nobody(Error),
    /// The call itself was cancelled, or its time is up.
    Broken(Error),
    /// The bank's code failed, or answered what is no answer.
    Failed,
}

/// What is said of a refusal: its class and its text.
pub(super) struct Refused {
    pub(super) class: String,
    pub(super) text: String,
}

impl Refused {
    /// The bank has failed.
    pub(super) fn failure() -> Self {
        Self::class(&of_connector::INTERNAL_PROVIDER_ERROR)
    }

    /// A class of ours, in its own words.
    pub(super) fn class(class: &bankchannel_salt_edge::Class) -> Self {
        Self { class: class.name.to_owned(), text: class.meaning.to_owned() }
    }

    /// What the bank says. A class that cannot be one is a failure of the bank's.
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

impl Engine<'_> {
    /// Whether the call was cancelled, or its time is up.
    fn has_ended(&self) -> bool {
        self.options.cancel.is_cancelled() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Asks the bank's code. Of a failure only that it was one goes on: its text is the bank's own.
    pub(super) async fn ask<Q: TypedQuestion>(&self, request: Q::Request) -> Result<Q::Answer, Unanswered> {
        let name = const { &Q::DECLARATION }.name;
        let limited = Instant::now() + LONGEST;
        let options = self.options.until(self.deadline.map_or(limited, |deadline| deadline.min(limited)));
        let answer = match options.ask_typed(Question::typed::<Q>(request)).await {
            Ok(answer) => answer,
            Err(error) if Question::is_unanswered(&error, name) => return Err(Unanswered::Nobody(error)),
            Err(error) if self.has_ended() => return Err(Unanswered::Broken(error)),
            Err(error) => {
                let status = error.http_status().map(|status| format!(", status {status}")).unwrap_or_default();
                self.options.warn(&format!("{name}: the bank's code failed ({}{status})", error.code()));
                return Err(Unanswered::Failed);
            }
        };
        let read = |value| read_boundary::<Q::Answer>(value).map_err(|fault| fault.message().to_owned());
        let read = match answer {
            TypedAnswer::Value(value) => read(value),
            TypedAnswer::Text(text) => {
                json::parse_text(text.expose(), MAX_DEPTH).map_err(|fault| fault.to_string()).and_then(read)
            }
        };
        read.map_err(|why| {
            // It names the field, and repeats no value.
            self.options.warn(&format!("{name}: the bank's answer cannot be used: {why}"));
            Unanswered::Failed
        })
    }

    /// Notes an answer of the bank's that has the right form and makes no sense.
    pub(super) fn senseless(&self, name: &str, why: &str) -> Unanswered {
        self.options.warn(&format!("{name}: the bank's answer cannot be used: {why}"));
        Unanswered::Failed
    }
}
