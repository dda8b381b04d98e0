//! V01 to V10: checks of the message before its signature is read.

use super::{
    Policy, VerificationMode,
    check::{BODY_TOO_LARGE, CheckFinding},
};
use crate::{
    http::{self, Header, Request, SINGLE, has_control, is_token, is_uuid},
    signing::{SigningDialect, shown::ShownBeginning},
};

/// The maximum length of an X-Request-ID in the lenient mode.
const REQUEST_ID_MAX: usize = 64;

pub(super) fn sizes(request: &Request) -> CheckFinding {
    let field = |header: &Header| header.name.len() + header.value.len();
    let head: usize = request.headers.iter().map(field).sum::<usize>() + request.target.len();
    if head > http::MAX_HEAD {
        CheckFinding::fails("the headers have more than 32 KiB")
    } else if request.headers.iter().any(|header| field(header) > http::MAX_FIELD) {
        CheckFinding::fails("a header field has more than 16 KiB")
    } else if request.headers.len() > http::MAX_FIELDS {
        CheckFinding::fails("there are more than 100 header fields")
    } else if request.body.len() > http::MAX_BODY {
        CheckFinding::FailsAs(BODY_TOO_LARGE, "FORMAT_ERROR", "the body has more than 1 MiB".into())
    } else {
        CheckFinding::Holds
    }
}

pub(super) fn clean(request: &Request) -> CheckFinding {
    for header in request.headers.iter() {
        if !is_token(&header.name) {
            return CheckFinding::fails("a header name is not a token: letters, digits and hyphens");
        }
        if has_control(&header.value) {
            return CheckFinding::fails(format!(
                "the value of {} has a control character (CR, LF, NUL, …)",
                ShownBeginning(&header.name)
            ));
        }
    }
    CheckFinding::Holds
}

pub(super) fn single(request: &Request) -> CheckFinding {
    if let Some(name) = SINGLE.into_iter().find(|name| request.headers.count(name) > 1) {
        return CheckFinding::fails(format!("the header {name} occurs more than once"));
    }
    if request.headers.count("content-length") > 0 && request.headers.count("transfer-encoding") > 0 {
        return CheckFinding::fails("Content-Length and Transfer-Encoding exclude each other");
    }
    CheckFinding::Holds
}

pub(super) fn has_request_id(request: &Request) -> CheckFinding {
    match request.headers.get("x-request-id") {
        Some(id) if !id.is_empty() => CheckFinding::Holds,
        _ => CheckFinding::fails("X-Request-ID is missing or empty: give each request a new UUID"),
    }
}

pub(super) fn request_id(request: &Request, policy: &Policy) -> CheckFinding {
    let Some(id) = request.headers.get("x-request-id").filter(|id| !id.is_empty()) else {
        return CheckFinding::skip("there is no X-Request-ID");
    };
    if is_uuid(id) {
        return CheckFinding::Holds;
    }
    let tolerable = id.len() <= REQUEST_ID_MAX && id.iter().all(u8::is_ascii_graphic);
    if policy.mode == VerificationMode::Lenient && tolerable {
        return CheckFinding::warn("X-Request-ID is not a UUID; other banks refuse that");
    }
    CheckFinding::fails("X-Request-ID must be a UUID, such as 4eba4445-1a4b-47b8-bdd5-4e56ef026b19")
}

pub(super) fn has_signature(request: &Request) -> CheckFinding {
    match request.headers.get("signature") {
        Some(value) if !value.is_empty() => CheckFinding::Holds,
        _ if request.headers.text("authorization").is_some_and(|value| value.starts_with("Signature ")) => {
            CheckFinding::fails(
                "the signature stands in Authorization: put its parameters, without the word `Signature`, into a header Signature",
            )
        }
        _ => CheckFinding::fails("the header Signature is missing: this request is not signed"),
    }
}

pub(super) fn has_certificate(request: &Request) -> CheckFinding {
    match request.headers.get("tpp-signature-certificate") {
        Some(value) if !value.is_empty() => CheckFinding::Holds,
        _ => CheckFinding::fails(
            "the header TPP-Signature-Certificate is missing: send the QSEAL certificate, base64 of its DER",
        ),
    }
}

pub(super) fn has_date(request: &Request, policy: &Policy) -> CheckFinding {
    if policy.dialect == SigningDialect::Bg {
        return CheckFinding::skip("plain Berlin Group requests need no Date");
    }
    match request.headers.count("date") {
        0 => CheckFinding::fails("Date is missing: this bank wants it, signed"),
        _ => CheckFinding::Holds,
    }
}

pub(super) fn has_digest(request: &Request, policy: &Policy) -> CheckFinding {
    if request.headers.count("digest") > 0 {
        return CheckFinding::Holds;
    }
    let may_lack =
        policy.dialect == SigningDialect::Era && request.body.is_empty() && policy.mode != VerificationMode::Strict;
    if may_lack {
        CheckFinding::warn("Digest is missing; there is no body, but other banks require the digest of the empty body")
    } else {
        CheckFinding::fails("Digest is missing: send SHA-256= and the base64 of the body's hash")
    }
}
