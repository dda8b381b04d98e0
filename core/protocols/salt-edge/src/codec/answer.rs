//! Answers that report a failure, or are not as expected (§3.7, §6.2).

use bankchannel_foundation::{
    CallOutcome, Category, Error,
    error::{ErrorRow, Peer, row},
    json,
    message::{InResponse, page_text},
    model::Value,
    redact::redact_words,
};

use super::MAX_DEPTH;
use crate::{ServingSide, class::FailureClass, connector, hub};

/// The maximum length of the peer's text in an error, in characters.
const TEXT: usize = 500;
/// The maximum length of a class's name in an error, in characters.
const WORD: usize = 100;

/// The error for a refusal. Its outcome tells whether something may have been done.
pub(super) fn refused(side: ServingSide, message: &InResponse) -> Error {
    let (class, text) = refusal_text(&message.body);
    let (classes, [refused, busy, failed]) = rows(side);
    let known = classes.iter().find(|(known, _)| class.as_deref() == Some(known.name)).map(|(_, row)| *row);
    let row = match (message.status, known) {
        (429, _) => busy,
        // Who has failed has decided nothing, whatever class it names.
        (500.., found) => found.filter(|row| row.category == Category::PeerFailed).unwrap_or(failed),
        (_, Some(row)) => row,
        _ => refused,
    };
    let why = match &class {
        Some(class) => format!("{} ({class})", row.text),
        None => row.text.to_owned(),
    };
    let outcome =
        if message.status >= 500 || message.status == 408 { CallOutcome::Unknown } else { CallOutcome::Refused };
    Error::because(row, why)
        .with_status(message.status)
        .with_outcome(outcome)
        .with_retry_after(message.retry_after_s)
        .with_peer(Peer { code: class, text, request_id: None })
}

/// The error for a success answer that cannot be read.
pub(super) fn unreadable_answer(side: ServingSide, message: &InResponse, why: &str) -> Error {
    let whose = match side {
        ServingSide::Connector => "the connector's",
        ServingSide::Hub => "Salt Edge's",
    };
    Error::because(&row::PEER_PROTOCOL, format!("{whose} success response cannot be used: {why}"))
        .with_status(message.status)
        .with_outcome(CallOutcome::Accepted)
}

/// The error for a web page with a success status: of a gateway, a login or a filter. What became of the request is not
/// known, since another server has answered.
pub(super) fn page(side: ServingSide, message: &InResponse) -> Error {
    let why = "it is a web page, not JSON. Another server has answered in its place: check address, proxy and network";
    unreadable_answer(side, message, why)
        .with_outcome(CallOutcome::Unknown)
        .with_peer(Peer { text: page_text(&message.body), ..Peer::default() })
}

/// A side's classes with their rows, and the rows for errors without a class: refused, busy, failed.
fn rows(side: ServingSide) -> (&'static [(&'static FailureClass, &'static ErrorRow)], [&'static ErrorRow; 3]) {
    match side {
        ServingSide::Hub => {
            use connector::errors::{BUSY, CLASSES, HUB_FAILED, REFUSED};
            (CLASSES, [&REFUSED, &BUSY, &HUB_FAILED])
        }
        ServingSide::Connector => {
            use hub::errors::{BUSY, CLASSES, CONNECTOR_FAILED, REFUSED};
            (CLASSES, [&REFUSED, &BUSY, &CONNECTOR_FAILED])
        }
    }
}

/// Class and text from any of their places in the body: its top level, `data`, `error`. Of a body that is not JSON,
/// such as a gateway's page, the beginning is the text.
fn refusal_text(body: &[u8]) -> (Option<String>, Option<String>) {
    let Ok(body) = json::parse(body, MAX_DEPTH) else { return (None, page_text(body)) };
    let places = [Some(&body), body.get("error"), body.get("data")];
    let text = |name: &str, max: usize| {
        let found = places.iter().flatten().find_map(|place| place.get(name).and_then(Value::as_str));
        // Redacted before it is cut, so that no part of a token remains.
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        found.map(|text| redact_words(text).chars().map(plain).take(max).collect::<String>())
    };
    (text("error_class", WORD), text("error_message", TEXT))
}
