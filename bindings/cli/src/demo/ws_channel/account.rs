//! The account of the demo: registration and login of its two users.

use std::{path::Path, sync::Arc};

use bankchannel::{CallOptions, Content, ContentDestination, ws_channel::WsChannel};
use bankchannel_crypto::random;
use serde_json::{Value, json};

use super::codes::Codes;
use crate::exit::{CommandFailure, CommandOutcome};

/// The registrant. Addresses of `example.test` and this phone number are not assigned.
pub(super) const EMAIL: &str = "eve@example.test";
const NAME: &str = "Eve Example";
pub(super) const COMPANY: &str = "Example Oy";
const PHONE: &str = "+358401234567";
/// Random characters of a password, in addition to one of each required class.
const PASSWORD_RANDOM: usize = 24;

/// One user with a separate client, as in an application.
pub(super) struct User {
    client: WsChannel,
    codes: Arc<Codes>,
}

impl User {
    /// A user of a mode, not registered yet. `api_key` is `0` for the first.
    pub(super) fn new(
        service: &Value,
        outbox: &Path,
        mode: &'static str,
        api_key: &str,
        bank: &str,
    ) -> CommandOutcome<Self> {
        let settings = json!({
            "base_url": service["base_url"], "public_key_file": service["public_key_file"], "email": EMAIL, "mode": mode,
            "password": format!("aA1!{}", random::alphanumeric(PASSWORD_RANDOM)), "name": NAME, "company": COMPANY,
            "phone": PHONE, "api_key": api_key, "bank": bank,
        });
        Ok(Self { client: WsChannel::from_json(settings)?, codes: Arc::new(Codes::new(outbox.to_owned(), mode)) })
    }

    /// Registers; returns the API key.
    pub(super) async fn register(&self) -> CommandOutcome<String> {
        let response = self.call("ws_channel.register_account", json!({})).await?;
        text(&response, "api_key")
    }

    /// Logs in with every requested code; returns the codes that arrived.
    pub(super) async fn log_in(&self) -> CommandOutcome<String> {
        self.call("ws_channel.log_in", json!({})).await?;
        Ok(self.codes.seen())
    }

    /// Carries out an operation.
    pub(super) async fn call(&self, name: &str, request: Value) -> CommandOutcome<Value> {
        self.call_with(name, request, None, ContentDestination::Memory).await.map(|(response, _)| response)
    }

    /// Carries out an operation with content.
    pub(super) async fn call_with(
        &self,
        name: &str,
        request: Value,
        content: Option<Content>,
        destination: ContentDestination,
    ) -> CommandOutcome<(Value, Option<Content>)> {
        let asker = Arc::clone(&self.codes);
        let options = CallOptions { asker: Some(asker), content, destination, ..CallOptions::default() };
        let done = self.client.call_json(name, request, options).await?;
        Ok((done.response, done.content))
    }
}

/// A text of a response.
pub(super) fn text(value: &Value, field: &str) -> CommandOutcome<String> {
    let found = value.get(field).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| CommandFailure::usage(format!("the response has no {field}")))
}
