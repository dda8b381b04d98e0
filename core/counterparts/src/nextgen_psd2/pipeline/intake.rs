//! From hyper's request to the protocol's: every header's bytes kept, sizes bounded (V01).

use bankchannel_nextgen_psd2::http::{self, Headers};
use bytes::Bytes;
use hyper::{HeaderMap, body::Incoming, header::HOST, http::request::Parts};

use crate::http::{
    framing::Framing,
    intake::{self, IntakeError},
};

/// Takes the request in. With a refusal it has no body.
pub(super) async fn take(head: &Parts, body: Incoming) -> (http::Request, Result<(), Refused>) {
    let framing = head.extensions.get().copied().unwrap_or_default();
    let mut message = message(head, framing);
    if framing.bare_line_feed {
        return (message, Err(Refused::BareLineFeed));
    }
    if http_body::Body::is_end_stream(&body) {
        return (message, Ok(()));
    }
    let taken = match intake::plain(body, http::MAX_BODY).await {
        Ok(taken) => {
            message.body = taken.body;
            Ok(())
        }
        Err(IntakeError::TooLarge) => Err(Refused::TooLarge),
        Err(_) => Err(Refused::Broken),
    };
    (message, taken)
}

/// Why a body was not taken in.
pub(super) enum Refused {
    /// More than 1 MiB.
    TooLarge,
    /// It ended before its end, or its chunks cannot be read.
    Broken,
    /// A line of the head ends with a line feed alone: for others it would go on.
    BareLineFeed,
}

/// The request as the verifier reads it, without its body.
fn message(head: &Parts, framing: Framing) -> http::Request {
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut headers = Headers::default();
    for (name, value) in &head.headers {
        headers.push(name.as_str(), Bytes::copy_from_slice(value.as_bytes()));
    }
    // What the HTTP library has dropped is there all the same (V03).
    for _ in headers.count("content-length")..framing.lengths {
        headers.push("content-length", "");
    }
    // HTTP/2 has the host elsewhere; whoever signs `host` signs the same words.
    if !head.headers.contains_key(HOST)
        && let Some(authority) = head.uri.authority()
    {
        headers.push("host", authority.as_str().to_owned());
    }
    http::Request { method: head.method.as_str().to_owned(), target: target.to_owned(), headers, body: Bytes::new() }
}

/// `X-Request-ID`, where there is one that can be repeated (R2); else nothing.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    let mut given = headers.get_all("x-request-id").iter();
    match (given.next().and_then(|id| id.to_str().ok()), given.next()) {
        (Some(id), None) => id.to_owned(),
        _ => String::new(),
    }
}
