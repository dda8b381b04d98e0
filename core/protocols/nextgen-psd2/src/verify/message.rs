//! V01 to V10: checks of the message before its signature is read.

use super::{Mode, Policy, check::Found};
use crate::{
    http::{self, Header, Request, SINGLE, has_control, is_token, is_uuid},
    signing::{SigningDialect, shown::Shown},
};

/// The maximum length of an X-Request-ID in the lenient mode.
const REQUEST_ID_MAX: usize = 64;

pub(super) fn sizes(request: &Request) -> Found {
    let field = |header: &Header| header.name.len() + header.value.len();
    let head: usize = request.headers.iter().map(field).sum::<usize>() + request.target.len();
    if head > http::MAX_HEAD {
        Found::fails("the headers have more than 32 KiB")
    } else if request.headers.iter().any(|header| field(header) > http::MAX_FIELD) {
        Found::fails("a header field has more than 16 KiB")
    } else if request.headers.len() > http::MAX_FIELDS {
        Found::fails("there are more than 100 header fields")
    } else if request.body.len() > http::MAX_BODY {
        Found::FailsAs(413, "FORMAT_ERROR", "the body has more than 1 MiB".into())
    } else {
        Found::Holds
    }
}

pub(super) fn clean(request: &Request) -> Found {
    for header in request.headers.iter() {
        if !is_token(&header.name) {
            return Found::fails("a header name is not a token: letters, digits and hyphens");
        }
        if has_control(&header.value) {
            return Found::fails(format!(
                "the value of {} has a control character (CR, LF, NUL, …)",
                Shown(&header.name)
            ));
        }
    }
    Found::Holds
}

pub(super) fn single(request: &Request) -> Found {
    if let Some(name) = SINGLE.into_iter().find(|name| request.headers.count(name) > 1) {
        return Found::fails(format!("the header {name} occurs more than once"));
    }
    if request.headers.count("content-length") > 0 && request.headers.count("transfer-encoding") > 0 {
        return Found::fails("Content-Length and Transfer-Encoding exclude each other");
    }
    Found::Holds
}

pub(super) fn has_request_id(request: &Request) -> Found {
    match request.headers.get("x-request-id") {
        Some(id) if !id.is_empty() => Found::Holds,
        _ => Found::fails("X-Request-ID is missing or empty: give each request a new UUID"),
    }
}

pub(super) fn request_id(request: &Request, policy: &Policy) -> Found {
    let Some(id) = request.headers.get("x-request-id").filter(|id| !id.is_empty()) else {
        return Found::skip("there is no X-Request-ID");
    };
    if is_uuid(id) {
        return Found::Holds;
    }
    let tolerable = id.len() <= REQUEST_ID_MAX && id.iter().all(u8::is_ascii_graphic);
    if policy.mode == Mode::Lenient && tolerable {
        return Found::warn("X-Request-ID is not a UUID; other banks refuse that");
    }
    Found::fails("X-Request-ID must be a UUID, such as 4eba4445-1a4b-47b8-bdd5-4e56ef026b19")
}

pub(super) fn has_signature(request: &Request) -> Found {
    match request.headers.get("signature") {
        Some(value) if !value.is_empty() => Found::Holds,
        _ if request.headers.text("authorization").is_some_and(|value| value.starts_with("Signature ")) => {
            Found::fails(
                "the signature stands in Authorization: put its parameters, without the word `Signature`, into a header Signature",
            )
        }
        _ => Found::fails("the header Signature is missing: this request is not signed"),
    }
}

pub(super) fn has_certificate(request: &Request) -> Found {
    match request.headers.get("tpp-signature-certificate") {
        Some(value) if !value.is_empty() => Found::Holds,
        _ => Found::fails(
            "the header TPP-Signature-Certificate is missing: send the QSEAL certificate, base64 of its DER",
        ),
    }
}

pub(super) fn has_date(request: &Request, policy: &Policy) -> Found {
    if policy.dialect == SigningDialect::Bg {
        return Found::skip("plain Berlin Group requests need no Date");
    }
    match request.headers.count("date") {
        0 => Found::fails("Date is missing: this bank wants it, signed"),
        _ => Found::Holds,
    }
}

pub(super) fn has_digest(request: &Request, policy: &Policy) -> Found {
    if request.headers.count("digest") > 0 {
        return Found::Holds;
    }
    let may_lack = policy.dialect == SigningDialect::Era && request.body.is_empty() && policy.mode != Mode::Strict;
    if may_lack {
        Found::warn("Digest is missing; there is no body, but other banks require the digest of the empty body")
    } else {
        Found::fails("Digest is missing: send SHA-256= and the base64 of the body's hash")
    }
}
