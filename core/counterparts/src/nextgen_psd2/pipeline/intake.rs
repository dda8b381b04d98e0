//! From hyper's request to the protocol's: every header's bytes kept, sizes bounded (V01).

use bankchannel_nextgen_psd2::http::{self, Headers};
use bytes::Bytes;
use hyper::{
    HeaderMap, Request,
    body::Incoming,
    header::{HOST, HeaderValue},
    http::request::Parts,
};

use crate::http::{
    framing::Framing,
    intake::{self, IntakeError},
};

/// A request's head, and what may still be coming.
pub(super) struct Arrived {
    pub(super) head: Parts,
    pub(super) body: Incoming,
}

impl Arrived {
    pub(super) fn of(request: Request<Incoming>) -> Self {
        let (head, body) = request.into_parts();
        Self { head, body }
    }

    /// Takes the body in. With a refusal the message has none.
    pub(super) async fn take(self) -> (Parts, http::Request, Result<(), Refused>) {
        let framing = self.head.extensions.get().copied().unwrap_or_default();
        let mut message = message(&self.head, framing);
        if framing.bare_line_feed {
            return (self.head, message, Err(Refused::BareLineFeed));
        }
        if http_body::Body::is_end_stream(&self.body) {
            return (self.head, message, Ok(()));
        }
        let taken = match intake::plain(self.body, http::MAX_BODY).await {
            Ok(taken) => {
                message.body = taken.body;
                Ok(())
            }
            Err(IntakeError::TooLarge) => Err(Refused::TooLarge),
            Err(_) => Err(Refused::Broken),
        };
        (self.head, message, taken)
    }
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

/// `X-Request-ID`, where there is one that can be repeated (R2).
pub(super) fn request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut given = headers.get_all("x-request-id").iter();
    let id = given.next().filter(|id| !id.is_empty() && id.to_str().is_ok())?;
    given.next().is_none().then(|| id.clone())
}
