//! The errors for answers that are not believed.

use bankchannel_foundation::{
    CallOutcome, Error,
    error::{ErrorRow, Peer, row},
    message::InResponse,
    model::PieceSource,
    redact::redact_words,
};
use bankchannel_xml::{XmlTree, decode_message};
use bytes::Bytes;

use crate::{
    errors,
    profile::SignatureLevel,
    verify::{MessageCheck, MessageKind, MessageVerdict},
};

/// The namespace of SOAP 1.2: banks speak SOAP 1.1, what stands before them may not.
const OTHER_SOAP_NAMESPACE: &str = "http://www.w3.org/2003/05/soap-envelope";
/// The largest fault of another version of SOAP that is read, bytes.
const FAULT_MAX: usize = 64 * 1024;
/// The part of an answer from which its text is taken, bytes.
const EXCERPT_READ: usize = 4096;
/// The maximum length of a text of the peer in an error, in characters.
const TEXT_MAX: usize = 200;

/// The parts of an answer that is not believed that an error keeps: its status, and its text for people.
pub(super) struct ReceivedAnswer {
    status: u16,
    begin: Bytes,
    /// Whether the request is never sent again.
    is_once: bool,
}

impl ReceivedAnswer {
    pub(super) fn of(answer: &InResponse, is_once: bool) -> Self {
        let body = &answer.message.body;
        // A copy: the whole answer is dropped while it is read.
        let begin = Bytes::copy_from_slice(&body[..body.len().min(EXCERPT_READ)]);
        Self { status: answer.status, begin, is_once }
    }

    /// The error for a status other than success, without a message of the channel.
    pub(super) fn http_failure(&self) -> Error {
        let row = match self.status {
            500 => &errors::BANK_FAILED,
            501.. => &row::UNAVAILABLE,
            _ => &row::HTTP_STATUS,
        };
        self.error(row, &format!("the bank's server answers with HTTP {}", self.status), self.text())
    }

    /// The error for an answer that is none of the channel.
    pub(super) fn unreadable(&self, why: &str) -> Error {
        self.error(&row::PEER_PROTOCOL, why, self.text())
    }

    /// The error for a fault of another version of SOAP.
    pub(super) fn other_fault(&self, text: String) -> Error {
        let text = Some(text).filter(|text| !text.is_empty());
        self.error(&errors::FAULT, "the bank's server answers with a fault of SOAP 1.2", text)
    }

    fn error(&self, row: &'static ErrorRow, why: &str, text: Option<String>) -> Error {
        let says = text.as_deref().map(|text| format!(" It says “{text}”, which nobody signed."));
        let error = Error::because(row, format!("{why}.{}", says.unwrap_or_default())).with_status(self.status);
        let error = if self.is_once { error.with_retryable(false) } else { error };
        error
            .with_peer(Peer { text, ..Peer::default() })
            .with("authenticated", false)
            .with_outcome(CallOutcome::Unknown)
    }

    /// The text for people, without markup.
    fn text(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.begin);
        let mut plain = String::new();
        let mut is_markup = false;
        for one in text.chars() {
            match one {
                '<' => is_markup = true,
                '>' if is_markup => {
                    is_markup = false;
                    plain.push(' ');
                }
                _ if is_markup => {}
                one => plain.push(one),
            }
        }
        let words: Vec<&str> = plain.split_whitespace().collect();
        let text = shortened_text(&redact_words(&words.join(" ")));
        (!text.is_empty()).then_some(text)
    }
}

/// The text of a fault of SOAP 1.2; `None` if the answer is no such fault.
pub(super) fn other_soap_fault(body: &[u8]) -> Option<String> {
    let begin = &body[..body.len().min(EXCERPT_READ)];
    let is_named = begin.windows(OTHER_SOAP_NAMESPACE.len()).any(|part| part == OTHER_SOAP_NAMESPACE.as_bytes());
    if !is_named || body.len() > FAULT_MAX {
        return None;
    }
    let text = decode_message(body, None).ok()?;
    let tree = XmlTree::read(&text).ok()?;
    let fault = tree.root().and_inside().find(|one| one.is(OTHER_SOAP_NAMESPACE, "Fault"))?;
    let reason = fault.and_inside().find(|one| one.is(OTHER_SOAP_NAMESPACE, "Text")).and_then(|one| one.text());
    Some(shortened_text(&redact_words(reason.unwrap_or_default().trim())))
}

/// The error for an answer whose checks do not all hold: its first failed check decides.
pub(super) fn not_believed(verdict: &MessageVerdict, received: &ReceivedAnswer) -> Error {
    let failed = verdict.checks.iter().find(|check| !check.ok);
    let status = received.status;
    // No message at all: the status is the server's answer.
    if status != 200 && failed.is_some_and(|check| check.id == "V2") {
        return received.http_failure();
    }
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
        "V17" => &errors::ANSWER_NOT_DECRYPTED,
        "V8" | "V12" => &errors::ANSWER_NOT_TRUSTED,
        "V11" if document.is_some_and(|one| one.valid) => &errors::ANSWER_NOT_TRUSTED,
        "V4" | "V5" | "V6" | "V11" => &errors::ANSWER_SIGNATURE,
        _ => &row::PEER_PROTOCOL,
    }
}

/// A text of the peer, shortened.
fn shortened_text(text: &str) -> String {
    text.chars().filter(|one| !one.is_control()).take(TEXT_MAX).collect()
}

/// Content that cannot be unpacked: taking it fails.
pub(super) fn broken_content(why: String) -> PieceSource {
    let mut why = Some(why);
    Box::new(move || {
        let why = why.take().unwrap_or_else(|| "the content cannot be unpacked".to_owned());
        Err(Error::because(&errors::ANSWER_CONTENT, why).with_outcome(CallOutcome::Accepted))
    })
}
