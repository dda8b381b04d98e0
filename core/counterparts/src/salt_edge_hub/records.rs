//! What was said in both directions: each message decoded, its secrets masked. In memory, and bounded.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use bankchannel_foundation::redact::redact_words;
use serde_json::{Map, Value, json};

/// How many messages are remembered; the oldest go first.
const MOST: usize = 2000;
/// How many characters of a text are remembered.
const TEXT: usize = 500;
/// How many elements of a list.
const ELEMENTS: usize = 20;
/// What stands in place of a secret.
const MASK: &str = "•••";
/// Members whose text is secret.
const SECRETS: [&str; 3] = ["token", "access_token", "client_jwt"];

/// Who has asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ToConnector,
    ToHub,
}

/// A message and its answer.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) number: u64,
    pub(super) at_ms: i64,
    /// When, whatever the hub's clock says.
    pub(super) heard: Instant,
    pub(super) direction: Direction,
    /// The operation's name, such as `create_token`; empty for none.
    pub(super) operation: String,
    pub(super) session_secret: Option<String>,
    pub(super) status: u16,
    pub(super) error_class: Option<String>,
    pub(super) elapsed_ms: u64,
    /// After how many seconds the other side may come again.
    pub(super) retry_after_s: Option<u64>,
    /// What it carried, masked.
    pub(super) data: Value,
    /// What was answered, masked.
    pub(super) answer: Value,
    /// Of a callback: what is to be seen of its JWT and its body.
    pub(super) form: Option<CallbackForm>,
}

/// What a callback looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallbackForm {
    /// The members of the JWT's payload.
    pub(super) claims: Vec<String>,
    /// In how many seconds the JWT expires.
    pub(super) expires_in_s: Option<i64>,
    /// How long the body is.
    pub(super) body_bytes: usize,
    /// A hash of the JWT: two attempts have two.
    pub(super) jwt_sha256: [u8; 32],
}

#[derive(Default)]
struct Known {
    records: VecDeque<Record>,
    last: u64,
}

/// What was said.
#[derive(Default)]
pub(super) struct Records(Mutex<Known>);

impl Records {
    /// Remembers a message. Its number is given here.
    pub(super) fn add(&self, record: Record) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.last += 1;
        let number = known.last;
        if known.records.len() == MOST {
            known.records.pop_front();
        }
        known.records.push_back(Record { number, data: masked(record.data), answer: masked(record.answer), ..record });
    }

    /// The number of the last one.
    pub(super) fn last(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// The messages that are meant, oldest first.
    pub(super) fn all(&self, is_meant: impl Fn(&Record) -> bool) -> Vec<Record> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.records.iter().filter(|record| is_meant(record)).cloned().collect()
    }

    /// Those of a session.
    pub(super) fn of_session(&self, secret: &str) -> Vec<Record> {
        self.all(|record| record.session_secret.as_deref() == Some(secret))
    }

    /// Forgets them.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).records.clear();
    }
}

impl Record {
    /// As JSON, for tests and for the page.
    pub(super) fn shown(&self) -> Value {
        json!({
            "number": self.number,
            "at": bankchannel_foundation::model::Timestamp::from_ms(self.at_ms).as_str(),
            "direction": match self.direction { Direction::ToConnector => "to_connector", Direction::ToHub => "to_hub" },
            "operation": self.operation,
            "session_secret": self.session_secret,
            "status": self.status,
            "error_class": self.error_class,
            "elapsed_ms": self.elapsed_ms,
            "data": self.data,
            "answer": self.answer,
        })
    }
}

/// The same without secrets, and not too long.
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
                // Which way to authenticate is no secret.
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
