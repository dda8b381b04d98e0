//! The errors for answers that are not believed.

use bankchannel_foundation::{
    CallOutcome, Error,
    error::{ErrorRow, Peer, row},
};

use crate::{
    errors,
    profile::SignatureLevel,
    verify::{MessageCheck, MessageKind, MessageVerdict},
};

/// The error for an answer whose checks do not all hold: its first failed check decides.
pub(super) fn not_believed(verdict: &MessageVerdict, status: u16) -> Error {
    let failed = verdict.checks.iter().find(|check| !check.ok);
    let peer = Peer { code: verdict.response_code.clone(), text: verdict.response_text.clone(), request_id: None };
    let says = match (&peer.code, &peer.text) {
        (Some(code), Some(text)) => format!(" It says {code}, “{}”, which nobody signed.", shortened_text(text)),
        (None, Some(text)) => format!(" It says “{}”, which nobody signed.", shortened_text(text)),
        (Some(code), None) => format!(" It says {code}, which nobody signed."),
        (None, None) => String::new(),
    };
    let error = match failed {
        Some(check) => {
            let row = row_of(check, verdict);
            let says = if verdict.kind == MessageKind::SoapFault || unsigned(check) { says } else { String::new() };
            Error::because(row, format!("{} ({}).{says}", check.why, check.id)).with("check", check.id.clone())
        }
        None => Error::because(&row::PEER_PROTOCOL, "the answer is no signed answer of the file service"),
    };
    error.with_status(status).with_peer(peer).with("authenticated", false).with_outcome(CallOutcome::Unknown)
}

/// Whether there is no signature at all.
fn unsigned(check: &MessageCheck) -> bool {
    matches!(check.id.as_str(), "V4" | "V11") && check.why.contains("has no signature")
}

fn row_of(check: &MessageCheck, verdict: &MessageVerdict) -> &'static ErrorRow {
    let document = verdict.signatures.iter().find(|one| one.level == SignatureLevel::Document);
    match check.id.as_str() {
        "V3" => &errors::FAULT,
        "V7" => &errors::ANSWER_STALE,
        "V8" | "V12" => &errors::ANSWER_NOT_TRUSTED,
        "V11" if document.is_some_and(|one| one.valid) => &errors::ANSWER_NOT_TRUSTED,
        "V4" | "V5" | "V6" | "V11" => &errors::ANSWER_SIGNATURE,
        _ => &row::PEER_PROTOCOL,
    }
}

/// A text of the peer, shortened.
fn shortened_text(text: &str) -> String {
    text.chars().filter(|one| !one.is_control()).take(200).collect()
}

/// The error for content that cannot be unpacked.
pub(super) fn content(why: String) -> Error {
    Error::because(&errors::ANSWER_CONTENT, why).with_outcome(CallOutcome::Accepted)
}
