//! Messages in both directions: decoded, with secrets masked. In memory, with a maximum number.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use bankchannel_foundation::redact::redact_words;
use serde_json::{Map, Value, json};

/// The maximum number of messages; the oldest are dropped first.
const MOST: usize = 2000;
/// The maximum length of a recorded text, in characters.
const TEXT: usize = 500;
/// The maximum number of recorded list elements.
const ELEMENTS: usize = 20;
/// The replacement for a secret.
const MASK: &str = "•••";
/// Members with secret values.
const SECRETS: [&str; 3] = ["token", "access_token", "client_jwt"];

/// The direction of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessageDirection {
    ToConnector,
    ToHub,
}

/// A message and its answer.
#[derive(Debug, Clone)]
pub(super) struct RecordedMessage {
    pub(super) number: u64,
    pub(super) at_ms: i64,
    /// The time of arrival, independent of the hub's clock.
    pub(super) heard: Instant,
    pub(super) direction: MessageDirection,
    /// The operation's name, such as `create_token`; empty for none.
    pub(super) operation: String,
    pub(super) session_secret: Option<String>,
    pub(super) status: u16,
    pub(super) error_class: Option<String>,
    pub(super) elapsed_ms: u64,
    /// `Retry-After`, in seconds.
    pub(super) retry_after_s: Option<u64>,
    /// The data of the request, masked.
    pub(super) data: Value,
    /// The answer, masked.
    pub(super) answer: Value,
    /// For callbacks: facts about JWT and body.
    pub(super) form: Option<CallbackForm>,
    /// Advice to the sender, although the message was accepted.
    pub(super) warnings: Vec<String>,
}

/// Facts about the format of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallbackForm {
    /// The members of the JWT's payload.
    pub(super) claims: Vec<String>,
    /// Seconds until the JWT expires.
    pub(super) expires_in_s: Option<i64>,
    /// The size of the body.
    pub(super) body_bytes: usize,
    /// A hash of the JWT, to distinguish attempts.
    pub(super) jwt_sha256: [u8; 32],
}

#[derive(Default)]
struct RecordsState {
    records: VecDeque<RecordedMessage>,
    last: u64,
}

/// The recorded messages.
#[derive(Default)]
pub(super) struct RecordedMessages(Mutex<RecordsState>);

impl RecordedMessages {
    /// Adds a message and assigns its number.
    pub(super) fn add(&self, record: RecordedMessage) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.last += 1;
        let number = known.last;
        if known.records.len() == MOST {
            known.records.pop_front();
        }
        known.records.push_back(RecordedMessage {
            number,
            data: masked(record.data),
            answer: masked(record.answer),
            ..record
        });
    }

    /// The number of the latest message.
    pub(super) fn last(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// The matching messages, oldest first.
    pub(super) fn all(&self, is_meant: impl Fn(&RecordedMessage) -> bool) -> Vec<RecordedMessage> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.records.iter().filter(|record| is_meant(record)).cloned().collect()
    }

    /// The messages of a session.
    pub(super) fn of_session(&self, secret: &str) -> Vec<RecordedMessage> {
        self.all(|record| record.session_secret.as_deref() == Some(secret))
    }

    /// Removes all messages.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).records.clear();
    }
}

impl RecordedMessage {
    /// The message as JSON, for tests and for the page.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "at": bankchannel_foundation::model::Timestamp::from_ms(self.at_ms).as_str(),
            "direction": match self.direction { MessageDirection::ToConnector => "to_connector", MessageDirection::ToHub => "to_hub" },
            "operation": self.operation,
            "session_secret": self.session_secret,
            "status": self.status,
            "error_class": self.error_class,
            "elapsed_ms": self.elapsed_ms,
            "data": self.data,
            "answer": self.answer,
            "warnings": self.warnings,
        })
    }
}

/// Masks secrets and limits the size.
fn masked(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.into_iter().map(masked_member).collect::<Map<_, _>>()),
        Value::Array(items) => items.into_iter().take(ELEMENTS).map(masked).collect(),
        Value::String(text) => Value::String(redact_words(&text).chars().take(TEXT).collect()),
        other => other,
    }
}

fn masked_member((name, value): (String, Value)) -> (String, Value) {
    let value = match value {
        Value::Null => Value::Null,
        _ if SECRETS.contains(&name.as_str()) => MASK.into(),
        Value::Object(given) if name == "credentials" => {
            let given = given.into_iter().map(|(field, value)| {
                // The authentication method is not secret.
                let value = if field == "authorization_type" { masked(value) } else { MASK.into() };
                (field, value)
            });
            Value::Object(given.collect())
        }
        value => masked(value),
    };
    (name, value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let data = json!({
            "token": "planted-token",
            "original_request": {
                "client_jwt": "Bearer planted-jwt",
                "client_payload": {"data": {"credentials": {"authorization_type": "oauth", "password": "planted-password"}}},
            },
            "user_id": "u-7",
        });
        let text = masked(data).to_string();
        assert!(!text.contains("planted") && text.contains("oauth") && text.contains("u-7"), "{text}");
    }
}
