//! An answer on its way: JSON with its headers, content streamed.

use std::path::Path;

use bankchannel_foundation::{
    Error,
    message::{Header, JSON, OutResponse, Segment},
};
use bankchannel_transport::SegmentBody;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::{
    Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue},
};

use super::spill::{self, Spilling};

/// The body of an answer.
pub(crate) type AnswerBody = BoxBody<Bytes, Error>;

/// An extension of an answer that is large and in memory: its bytes.
#[derive(Clone)]
struct Large(Bytes);

/// Lets a large answer that its client does not take wait in a file in this folder.
pub(crate) fn spilling(mut response: Response<AnswerBody>, folder: &Path) -> Response<AnswerBody> {
    if let Some(Large(bytes)) = response.extensions_mut().remove() {
        *response.body_mut() = Spilling::begin(bytes, folder.to_owned()).boxed();
    }
    response
}

/// No body.
pub(crate) fn empty(status: StatusCode) -> Response<AnswerBody> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response
}

/// These bytes of JSON.
pub(crate) fn json(status: StatusCode, bytes: impl Into<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(Full::new(bytes.into()).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    describe(&mut response, Some(JSON));
    response
}

/// A protocol's answer.
///
/// # Errors
/// `input.content_unreadable` when the answer's content has gone.
pub(crate) fn message(message: &OutResponse) -> Result<Response<AnswerBody>, Error> {
    let mut response = match message.body.is_empty() {
        true => Response::new(Empty::new().map_err(|never| match never {}).boxed()),
        false => Response::new(SegmentBody::open_sparing(&message.body)?.boxed()),
    };
    if let [Segment::Literal(bytes)] = message.body.segments()
        && bytes.len() > spill::IN_MEMORY
    {
        response.extensions_mut().insert(Large(bytes.clone()));
    }
    *response.status_mut() = StatusCode::from_u16(message.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    describe(&mut response, message.body.media_type());
    for Header { name, value } in message.headers.iter() {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_maybe_shared(value.clone()))
        {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// Says what a body is, and that nobody may keep it.
fn describe(response: &mut Response<AnswerBody>, media_type: Option<&'static str>) {
    let headers = response.headers_mut();
    if let Some(media_type) = media_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
