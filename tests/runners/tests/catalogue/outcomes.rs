//! What an error says of the outcome: no class and no table contradicts it.

use bankchannel_foundation::{CallOutcome, Category, Error, error::ErrorRow, message::InResponse};
use bankchannel_ws_channel::service_texts::TEXTS;
use serde_json::json;

use crate::{exchange::exchanges, messages::answer};

const OUTCOMES: [CallOutcome; 4] =
    [CallOutcome::NotSent, CallOutcome::Unknown, CallOutcome::Refused, CallOutcome::Accepted];

/// Codes and classes of peers that mean something, and one that means nothing.
const WORDS: &[&str] = &[
    "InvalidCredentials",
    "InvalidConfirmationCode",
    "TokenNotFound",
    "SessionClosed",
    "SessionExpired",
    "AccountNotFound",
    "InternalServerError",
    "RESOURCE_UNKNOWN",
    "FORMAT_ERROR",
    "CONSENT_INVALID",
    "SERVICE_BLOCKED",
    "INTERNAL_SERVER_ERROR",
    "26",
    "nothing",
];

fn table() -> impl Iterator<Item = &'static &'static ErrorRow> {
    bankchannel::error_table().collect::<Vec<_>>().leak().iter()
}

fn is_consistent(error: &Error, case: &str) {
    let is_refused = error.outcome() == Some(CallOutcome::Refused);
    let category = error.category();
    assert!(category != Category::PeerRefused || is_refused, "{case}: {error:?}");
    assert!(!error.retryable() || error.row().retryable, "{case}: the table says never: {error:?}");
}

#[test]
fn refused_by_the_peer_means_the_outcome_refused() {
    for row in table() {
        is_consistent(&Error::new(row), row.code);
        for first in OUTCOMES {
            is_consistent(&Error::new(row).with_outcome(first), row.code);
            for then in OUTCOMES {
                // As after several attempts, and as after an accepted upload.
                let error = Error::new(row).with_outcome(first).with_retryable(true).with_outcome(then);
                is_consistent(&error, row.code);
                let is_refusal = row.category == Category::PeerRefused;
                let expected = if is_refusal && then == CallOutcome::NotSent { CallOutcome::Refused } else { then };
                assert_eq!(error.outcome(), Some(expected), "{}", row.code);
                assert_eq!(error.to_json()["category"], error.category().as_str());
            }
        }
    }
}

#[test]
fn no_answer_of_a_peer_has_a_class_that_contradicts_its_outcome() {
    let texts = TEXTS.iter().map(|text| text.text).chain(WORDS.iter().copied());
    let mut bodies: Vec<String> = vec![String::new(), "<html>Bad gateway</html>".to_owned(), "{}".to_owned()];
    for text in texts {
        for code in ["01", "26"] {
            bodies.push(json!({"ResponseCode": code, "ResponseText": text}).to_string());
        }
        bodies.push(json!({"data": {"error_class": text, "error_message": text}}).to_string());
        bodies.push(json!({"error": {"class": text}, "error_class": text, "error_message": text}).to_string());
        bodies.push(json!({"tppMessages": [{"category": "ERROR", "code": text, "text": text}]}).to_string());
        bodies.push(json!({"code": text, "type": text, "title": text}).to_string());
    }
    let (mut refusals, mut unstored) = (0, 0);
    for exchange in exchanges() {
        for status in [400, 401, 403, 404, 405, 408, 409, 415, 425, 429, 440, 500, 501, 502, 503, 504, 505, 507, 599] {
            for body in &bodies {
                let message: InResponse = answer(status, body);
                let Err(error) = exchange.decode_response(message) else { continue };
                is_consistent(&error, &format!("{} {status} {body}", exchange.name()));
                refusals += usize::from(error.category() == Category::PeerRefused);
                if status >= 500 {
                    // The only failure that says that nothing has happened.
                    let is_unstored = status == 507 && error.code() == "ws_channel.storage_full";
                    let expected = if is_unstored { CallOutcome::Refused } else { CallOutcome::Unknown };
                    assert_eq!(error.outcome(), Some(expected), "{} {status} {body}", exchange.name());
                    unstored += usize::from(is_unstored);
                }
            }
        }
    }
    assert!(refusals > 1000 && unstored > 10, "{refusals} {unstored}");
}
