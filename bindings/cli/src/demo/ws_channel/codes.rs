//! Reads the codes that would go by SMS and mail from the service's outbox file.

use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bankchannel::{CallAnswer, CallAsker, Error, Question, Result, Secret};
use serde_json::Value;

/// Time limit for a code, and the polling interval.
const WAIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The phone and mailbox of one user.
pub(super) struct Codes {
    outbox: PathBuf,
    mode: &'static str,
    /// Ids of the messages that were read.
    read: Mutex<Vec<String>>,
    /// The codes that were read, for display.
    seen: Mutex<Vec<String>>,
}

impl Codes {
    pub(super) fn new(outbox: PathBuf, mode: &'static str) -> Self {
        Self { outbox, mode, read: Mutex::default(), seen: Mutex::default() }
    }

    /// The codes that were read, such as `SMS to +358…: 123456`.
    pub(super) fn seen(&self) -> String {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).join(", ")
    }

    async fn code(&self, purpose: &str) -> Option<String> {
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < WAIT {
            if let Some(code) = self.find_code(purpose) {
                return Some(code);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        None
    }

    /// The newest unread message of this purpose.
    fn find_code(&self, purpose: &str) -> Option<String> {
        let text = std::fs::read_to_string(&self.outbox).ok()?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let messages = text.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let field =
            |message: &Value, name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let message = messages.into_iter().find(|message| {
            field(message, "purpose") == purpose
                && field(message, "mode") == self.mode
                && !read.contains(&field(message, "id"))
        })?;
        read.push(field(&message, "id"));
        let channel = if field(&message, "channel") == "sms" { "SMS" } else { "mail" };
        let code = field(&message, "code");
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{channel} {code}"));
        Some(code)
    }
}

impl CallAsker for Codes {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        Box::pin(async move {
            let purpose = match question.kind {
                "phone_code" => "verify_phone",
                "email_code" => "verify_email",
                "sms_code" => "mfa",
                _ => return Err(Error::invalid_field(question.kind, "cannot be answered by the demo")),
            };
            let code =
                self.code(purpose).await.ok_or_else(|| Error::invalid_field(question.kind, "was not received"))?;
            Ok(Secret::new(code))
        })
    }
}
