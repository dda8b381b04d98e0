//! A notice as one JSON object: the same for every delivery.

use bankchannel_crypto::random;
use bankchannel_foundation::{Secret, model::Timestamp};
use bankchannel_storage::ws_channel::{CodePurpose, StoredMode};
use serde_json::{Value, json};

/// Whom a notice goes to, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeChannel {
    /// A phone.
    Sms,
    /// A customer's mail address.
    Email,
    /// The operator of the service.
    Operator,
}

impl NoticeChannel {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 3] = [Self::Sms, Self::Email, Self::Operator];

    /// `sms`, `email` or `operator`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Operator => "operator",
        }
    }

    /// The channel of this name.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}

/// How long an alert that was not taken is sent again.
const ALERT_LIVES_MS: i64 = 24 * 60 * 60 * 1000;

/// Something to be told. `Debug` does not show what.
#[derive(Clone)]
pub(crate) struct OutgoingNotice {
    /// Its id: the same however often it is sent.
    pub(crate) id: String,
    /// Whom it goes to.
    pub(crate) channel: NoticeChannel,
    /// The message, which has the id and the channel too.
    pub(crate) message: Value,
    /// From then on it is of no use, Unix milliseconds.
    pub(crate) expires_ms: i64,
    /// The same for all of which the last one counts, as codes for one thing: it takes the place of those that wait.
    pub(crate) slot: Option<String>,
}

bankchannel_foundation::redacted_debug!(OutgoingNotice, channel);

impl OutgoingNotice {
    /// An alert: the members of its message beside `id` and `channel`.
    pub(crate) fn alert(channel: NoticeChannel, now_ms: i64, mut message: Value) -> Self {
        let id = random::uuid_v4();
        message["id"] = id.as_str().into();
        message["channel"] = channel.as_str().into();
        Self { id, channel, message, expires_ms: now_ms + ALERT_LIVES_MS, slot: None }
    }
}

/// A code to be sent. `Debug` does not show the code.
#[derive(Debug, Clone)]
pub(crate) struct CodeMessage {
    /// `sms` or `email`.
    pub(crate) channel: NoticeChannel,
    /// A phone number or an e-mail address.
    pub(crate) to: String,
    pub(crate) purpose: CodePurpose,
    pub(crate) email: String,
    pub(crate) mode: StoredMode,
    pub(crate) code: Secret,
    /// Unix milliseconds.
    pub(crate) expires_ms: i64,
}

impl From<&CodeMessage> for OutgoingNotice {
    fn from(code: &CodeMessage) -> Self {
        let id = random::uuid_v4();
        let message = json!({
            "id": id,
            "channel": code.channel.as_str(),
            "to": code.to,
            "purpose": code.purpose.as_str(),
            "email": code.email,
            "mode": code.mode.as_str(),
            "code": code.code.expose(),
            "expires_at": Timestamp::from_ms(code.expires_ms).as_str(),
        });
        // Only the last code counts.
        let slot = [code.purpose.as_str(), code.mode.as_str(), &code.email].join("\n");
        Self { id, channel: code.channel, message, expires_ms: code.expires_ms, slot: Some(slot) }
    }
}
