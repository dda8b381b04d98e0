//! Converts hyper's request to the protocol's: keeps every header's bytes, limits sizes (V01).

use bankchannel_nextgen_psd2::http::{self, Headers};
use bytes::Bytes;
use hyper::{HeaderMap, body::Incoming, header::HOST, http::request::Parts};

use bankchannel_server::http::{
    framing::RequestFraming,
    intake::{self, IntakeError},
};

/// Reads the request. If its body is refused, the request has no body.
pub(super) async fn take(head: &Parts, body: Incoming) -> (http::Request, Result<(), RefusedBody>) {
    let framing = head.extensions.get().copied().unwrap_or_default();
    let mut message = message(head, framing);
    if framing.bare_line_feed {
        return (message, Err(RefusedBody::BareLineFeed));
    }
    if http_body::Body::is_end_stream(&body) {
        return (message, Ok(()));
    }
    let taken = match intake::plain(body, http::MAX_BODY).await {
        Ok(taken) => {
            message.body = taken.body;
            Ok(())
        }
        Err(IntakeError::TooLarge) => Err(RefusedBody::TooLarge),
        Err(_) => Err(RefusedBody::Broken),
    };
    (message, taken)
}

/// Why a body was refused.
pub(super) enum RefusedBody {
    /// More than 1 MiB.
    TooLarge,
    /// It is incomplete, or its chunks are malformed.
    Broken,
    /// A line of the head ends with a bare line feed: other parsers would continue the line.
    BareLineFeed,
}

/// The request for the verifier, without its body.
fn message(head: &Parts, framing: RequestFraming) -> http::Request {
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut headers = Headers::default();
    for (name, value) in &head.headers {
        headers.push(name.as_str(), Bytes::copy_from_slice(value.as_bytes()));
    }
    // Restores the headers that the HTTP library dropped (V03).
    for _ in headers.count("content-length")..framing.lengths {
        headers.push("content-length", "");
    }
    // HTTP/2 carries the host elsewhere; a signature over `host` covers the same value.
    if !head.headers.contains_key(HOST)
        && let Some(authority) = head.uri.authority()
    {
        headers.push("host", authority.as_str().to_owned());
    }
    http::Request { method: head.method.as_str().to_owned(), target: target.to_owned(), headers, body: Bytes::new() }
}

/// The value of `X-Request-ID` if it may be echoed (R2), otherwise an empty string.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    let mut given = headers.get_all("x-request-id").iter();
    match (given.next().and_then(|id| id.to_str().ok()), given.next()) {
        (Some(id), None) => id.to_owned(),
        _ => String::new(),
    }
}
