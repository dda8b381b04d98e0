//! This protocol's rows of the error table, the service's exact texts, and what an answer means.

mod rows;
pub mod texts;

use bankchannel_foundation::{
    Error, Outcome,
    error::{Peer, Row, row},
    message::InResponse,
    redact::redact_words,
};

pub use rows::*;
pub use texts::{Class, Text};

/// How much of an answer that is not the service's is shown, in characters.
const EXCERPT: usize = 200;

/// The error that a refusal of the service means.
pub(crate) fn refused(status: u16, peer: Peer, retry_after_s: Option<u64>) -> Error {
    let said = peer.text.as_deref().unwrap_or_default();
    let (row, class) = meaning(status, peer.code.as_deref().unwrap_or_default(), said);
    let shown = redact_words(said);
    let mut error = Error::because(row, format!("{} The service said: {shown}", row.text))
        .with_status(status)
        .with("class", class)
        .with_outcome(outcome(status))
        .with_retry_after(retry_after_s);
    if class == Class::Bank && BANK_TEXTS.contains(&said) {
        error = error.with("retryable", true);
    }
    if let Some(reason) = login_failure_reason(said) {
        error = error.with("reason", reason);
    }
    error.with_peer(Peer { text: Some(shown), ..peer })
}

/// The error for an answer that the service itself did not write: a gateway's, a proxy's.
pub(crate) fn not_the_service(message: &InResponse) -> Error {
    let text = String::from_utf8_lossy(&message.body[..message.body.len().min(EXCERPT * 4)]);
    let excerpt: String = text.chars().filter(|c| !c.is_control()).take(EXCERPT).collect();
    let (row, class) = match message.status {
        300..=399 => (&row::REDIRECTED, Class::Unknown),
        429 => (&row::RATE_LIMITED, Class::Limit),
        502..=504 => (&row::UNAVAILABLE, Class::Server),
        401 => (&SESSION_REFUSED, Class::Auth),
        _ => (&row::HTTP_STATUS, Class::Unknown),
    };
    Error::because(row, format!("{} (HTTP {})", row.text, message.status))
        .with_status(message.status)
        .with("answer", redact_words(&excerpt))
        .with("class", class)
        .with_outcome(outcome(message.status))
        .with_retry_after(message.retry_after_s)
}

/// Whether an answer of this status says that nothing was done.
fn outcome(status: u16) -> Outcome {
    if (500..600).contains(&status) { Outcome::Unknown } else { Outcome::Refused }
}

/// The four texts of §1.7 behind which a bank may be temporarily unable.
static BANK_TEXTS: &[&str] = &[
    texts::EMPTY_BANK_RESPONSE.text,
    texts::BANK_RESPONSE_UNPARSABLE.text,
    texts::BANK_RESPONSE_MISSING.text,
    texts::BANK_DATA_ERROR.text,
];

fn meaning(status: u16, code: &str, said: &str) -> (&'static Row, Class) {
    if code != "01" && code != "00" {
        return (&BANK_REFUSED, Class::Bank);
    }
    if let Some(text) = texts::find(said) {
        return (text.row, text.class);
    }
    match status {
        401 => (&SESSION_REFUSED, Class::Auth),
        403 => (&MODE_REFUSED, Class::Role),
        429 => (&row::RATE_LIMITED, Class::Limit),
        502..=504 => (&BANK_UNAVAILABLE, Class::Bank),
        500..=599 => (&SERVICE_FAILED, Class::Server),
        _ => (&REFUSED, Class::Unknown),
    }
}

/// The reason that a text gives for a failed login step (§8.1); `None` for a text that gives none.
#[must_use]
pub fn login_failure_reason(said: &str) -> Option<&'static str> {
    let said = said.to_lowercase();
    let has = |needles: &[&str]| needles.iter().any(|needle| said.contains(needle));
    if has(&["too many", "attempt limit", "limit exceeded"]) {
        Some("too_many_attempts")
    } else if has(&["expired", "no longer valid"]) {
        Some("expired_code")
    } else if has(&["resend", "request a new"]) {
        Some("resend_required")
    } else if has(&["already"]) && has(&["verif", "confirm"]) {
        Some("already_verified")
    } else if has(&["not confirmed", "unconfirmed", "must confirm", "confirm your", "confirm registration"]) {
        Some("unconfirmed")
    } else if has(&["not verif", "unverified"]) {
        Some("not_verified")
    } else if has(&["invalid", "incorrect", "mismatch", "wrong code"]) {
        Some("invalid_code")
    } else {
        None
    }
}
