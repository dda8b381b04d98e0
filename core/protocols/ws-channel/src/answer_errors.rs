//! The errors that the service's answers become: their rows are in [`errors`](crate::errors), its texts in
//! [`service_texts`](crate::service_texts).

use bankchannel_foundation::{
    CallOutcome, Error,
    error::{ErrorRow, Peer, row},
    message::InResponse,
    operation::{Repeat, Route},
    redact::shortened,
};

use crate::errors::*;
use crate::service_texts::{self, RefusalClass};

/// What to do where the account has a certificate that cannot be used.
const OWN_CERTIFICATE_REMEDY: &str =
    "Retire the account's own certificate, then enrol a new one: until then no shared one is used.";
/// The maximum length of an excerpt of a foreign answer, in characters.
const EXCERPT: usize = 200;
/// The number of bytes from which the excerpt is taken: redacted parts may be long.
const EXCERPT_READ: usize = 4096;
/// The maximum length of the service's text in an error, in characters.
const TEXT_MAX: usize = 500;
/// The maximum length of the service's code and request id in an error, in characters.
const WORD_MAX: usize = 64;

/// The error for a refusal of the service. `detail` is the extra text that our own service adds.
pub(crate) fn refused(
    route: &Route,
    status: u16,
    peer: Peer,
    detail: Option<&str>,
    retry_after_s: Option<u64>,
) -> Error {
    let said = peer.text.as_deref().unwrap_or_default();
    let (row, class) = meaning(status, peer.code.as_deref().unwrap_or_default(), said);
    let is_quota = row.code == ATTEMPTS_EXCEEDED.code && detail == Some(service_texts::QUOTA_DETAIL);
    let row = if is_quota { &QUOTA_EXCEEDED } else { row };
    let is_bank_text = BANK_TEXTS.contains(&said);
    // Only our own service says this, and only before anything has happened.
    let is_unstored = status == service_texts::INSUFFICIENT_STORAGE.status && row.code == STORAGE_FULL.code;
    // Our own service says this of an upload before it notes it, and sends nothing on that it has not noted. A proxy says
    // 503 in other words, and proves nothing; nor does this text for operations that ask a bank first and store then.
    let is_unsent = route.request_content.is_some()
        && status == service_texts::SERVICE_UNAVAILABLE.status
        && said == service_texts::SERVICE_UNAVAILABLE.text
        && retry_after_s.is_some();
    let outcome = match (is_unsent, is_unstored) {
        (true, _) => CallOutcome::NotSent,
        (_, true) => CallOutcome::Refused,
        _ => outcome(route, status, is_bank_text),
    };
    let shown = shortened(said, TEXT_MAX);
    let detail = detail.map(|detail| shortened(detail, TEXT_MAX));
    let more = detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let mut error = Error::because(row, format!("{} The service said: {shown}{more}", row.text))
        .with_status(status)
        .with("class", class)
        .with_outcome(outcome)
        .with_retryable(retryable(route, status, is_bank_text) || is_unstored && route.repeat != Repeat::Never)
        .with_retry_after(retry_after_s);
    if let Some(reason) = login_failure_reason(said).filter(|_| !is_quota) {
        error = error.with("reason", reason);
    }
    if said == service_texts::OWN_CERTIFICATE_UNUSABLE.text
        || detail.as_deref() == Some(service_texts::OWN_CERTIFICATE_UNUSABLE.text)
    {
        error = error.with_remedy(OWN_CERTIFICATE_REMEDY);
    }
    if let Some(detail) = detail {
        error = error.with("peer_detail", detail);
    }
    let word = |text: Option<String>| text.map(|text| shortened(&text, WORD_MAX));
    error.with_peer(Peer { code: word(peer.code), text: Some(shown), request_id: word(peer.request_id) })
}

/// The error for an answer that does not come from the service itself, but from a gateway or proxy.
pub(crate) fn not_the_service(route: &Route, message: &InResponse) -> Error {
    let text = String::from_utf8_lossy(&message.body[..message.body.len().min(EXCERPT_READ)]);
    let (row, class) = match message.status {
        300..=399 => (&row::REDIRECTED, RefusalClass::Unknown),
        429 => (&row::RATE_LIMITED, RefusalClass::Limit),
        502..=504 => (&row::UNAVAILABLE, RefusalClass::Server),
        401 => (&SESSION_REFUSED, RefusalClass::Auth),
        _ => (&row::HTTP_STATUS, RefusalClass::Unknown),
    };
    Error::because(row, format!("{} (HTTP {})", row.text, message.status))
        .with_status(message.status)
        .with("answer", shortened(&text, EXCERPT))
        .with("class", class)
        .with_outcome(outcome(route, message.status, false))
        .with_retryable(retryable(route, message.status, false))
        .with_retry_after(message.retry_after_s)
}

/// The outcome that an answer implies. The service sends the same text for a bank that did not act and for a bank that
/// stopped answering (§6.9), so after a bank's text only calls without effect are sure to have had none.
fn outcome(route: &Route, status: u16, is_bank_text: bool) -> CallOutcome {
    let unheard = is_bank_text && route.repeat != Repeat::Safe;
    if unheard || (500..600).contains(&status) { CallOutcome::Unknown } else { CallOutcome::Refused }
}

/// Whether the same call may be repeated later, unchanged, with a chance of success (§8.6).
fn retryable(route: &Route, status: u16, is_bank_text: bool) -> bool {
    match route.repeat {
        Repeat::Safe => is_bank_text || matches!(status, 429 | 502..=504),
        Repeat::AfterRateLimit => status == 429,
        Repeat::Never => false,
    }
}

/// The four texts of §1.7 that can mean a temporary failure at the bank.
static BANK_TEXTS: &[&str] = &[
    service_texts::EMPTY_BANK_RESPONSE.text,
    service_texts::BANK_RESPONSE_UNPARSABLE.text,
    service_texts::BANK_RESPONSE_MISSING.text,
    service_texts::BANK_DATA_ERROR.text,
];

/// The service's own codes are `00` and `01`; any other two digits are a bank's (§1.5).
fn is_bank_code(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit()) && code != "01" && code != "00"
}

/// The error and the kind of refusal that a status, a code and a text mean.
pub(crate) fn meaning(status: u16, code: &str, said: &str) -> (&'static ErrorRow, RefusalClass) {
    if is_bank_code(code) {
        return (&BANK_REFUSED, RefusalClass::Bank);
    }
    if let Some(text) = service_texts::find(said) {
        return (text.row, text.class);
    }
    match status {
        401 => (&SESSION_REFUSED, RefusalClass::Auth),
        403 => (&MODE_REFUSED, RefusalClass::Role),
        429 => (&row::RATE_LIMITED, RefusalClass::Limit),
        502..=504 => (&BANK_UNAVAILABLE, RefusalClass::Bank),
        500..=599 => (&SERVICE_FAILED, RefusalClass::Server),
        _ => (&REFUSED, RefusalClass::Unknown),
    }
}

/// The failure reason of a login step's text (§8.1); `None` if the text gives none.
#[must_use]
pub(crate) fn login_failure_reason(said: &str) -> Option<&'static str> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_foundation::operation::Operation as _;

    use super::*;
    use crate::operations::{certs::enroll_cert::EnrollCert, files::upload_file::UploadFile, session::login::Login};

    #[test]
    fn a_quota_of_messages_is_no_lock() {
        let login = Login::DECLARATION.route.unwrap();
        let said = |detail: Option<&str>| {
            let text = Some(service_texts::LIMIT_EXCEEDED.text.to_owned());
            let peer = Peer { code: Some("01".into()), text, request_id: None };
            refused(&login, 400, peer, detail, Some(7))
        };
        let quota = said(Some(service_texts::QUOTA_DETAIL));
        assert_eq!((quota.code(), quota.detail("reason")), ("ws_channel.quota_exceeded", None));
        assert_eq!((quota.retry_after_s(), quota.retryable()), (Some(7), false));
        for other in [None, Some("something else")] {
            let lock = said(other);
            let found = (lock.code(), lock.detail("reason"));
            assert_eq!(found, ("ws_channel.attempts_exceeded", Some("too_many_attempts")), "{other:?}");
        }
    }

    #[test]
    fn what_to_do_fits_what_was_said() {
        let upload = UploadFile::DECLARATION.route.unwrap();
        let unusable = service_texts::OWN_CERTIFICATE_UNUSABLE.text;
        for (text, detail, is_advised) in [
            (unusable, None, true),
            (service_texts::NO_CERTIFICATE.text, Some(unusable), true),
            (service_texts::NO_CERTIFICATE.text, None, false),
        ] {
            let peer = Peer { code: Some("01".into()), text: Some(text.into()), request_id: None };
            let error = refused(&upload, 400, peer, detail, None);
            assert_eq!(error.code(), "ws_channel.certificate_missing");
            assert_eq!(error.remedy() == OWN_CERTIFICATE_REMEDY, is_advised, "{text} {detail:?}");
        }
    }

    /// Only the service's own word, with the time to wait, says that nothing of an upload was begun.
    #[test]
    fn an_upload_that_the_service_has_not_begun_was_not_sent() {
        let upload = UploadFile::DECLARATION.route.unwrap();
        let enrolment = EnrollCert::DECLARATION.route.unwrap();
        let own = service_texts::SERVICE_UNAVAILABLE.text;
        for (route, status, text, wait, outcome) in [
            (&upload, 503, own, Some(5), CallOutcome::NotSent),
            (&upload, 503, own, None, CallOutcome::Unknown),
            (&upload, 503, "Service busy, please try again later", Some(5), CallOutcome::Unknown),
            (&upload, 500, own, Some(5), CallOutcome::Unknown),
            (&enrolment, 503, own, Some(5), CallOutcome::Unknown),
            (&upload, 507, service_texts::INSUFFICIENT_STORAGE.text, None, CallOutcome::Refused),
        ] {
            let peer = Peer { code: Some("01".into()), text: Some(text.into()), request_id: None };
            let error = refused(route, status, peer, None, wait);
            assert_eq!(error.outcome(), Some(outcome), "{status} {text} {wait:?}");
        }
    }
}
