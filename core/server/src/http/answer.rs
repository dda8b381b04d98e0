//! Responses: JSON with its headers, and streamed content.

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

use super::spill::{self, SpillingBody};

/// A response body.
pub type AnswerBody = BoxBody<Bytes, Error>;

/// Response extension that marks a large body held in memory; contains its bytes.
#[derive(Clone)]
struct LargeBody(Bytes);

/// Moves a large response to a file in this folder while its client does not read it.
pub fn spilling(mut response: Response<AnswerBody>, folder: &Path) -> Response<AnswerBody> {
    if let Some(LargeBody(bytes)) = response.extensions_mut().remove() {
        *response.body_mut() = SpillingBody::begin(bytes, folder.to_owned()).boxed();
    }
    response
}

/// A response without a body.
pub fn empty(status: StatusCode) -> Response<AnswerBody> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response
}

/// A response with this JSON.
pub fn json(status: StatusCode, bytes: impl Into<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(Full::new(bytes.into()).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    describe(&mut response, Some(JSON));
    response
}

/// The HTTP response for a protocol message.
///
/// # Errors
/// `input.content_unreadable` when the response's content is no longer there.
pub fn message(message: &OutResponse) -> Result<Response<AnswerBody>, Error> {
    let mut response = match message.body.is_empty() {
        true => Response::new(Empty::new().map_err(|never| match never {}).boxed()),
        false => Response::new(SegmentBody::open_sparing(&message.body)?.boxed()),
    };
    if let [Segment::Literal(bytes)] = message.body.segments()
        && bytes.len() > spill::IN_MEMORY
    {
        response.extensions_mut().insert(LargeBody(bytes.clone()));
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

/// Sets the media type of the body and forbids caching.
fn describe(response: &mut Response<AnswerBody>, media_type: Option<&'static str>) {
    let headers = response.headers_mut();
    if let Some(media_type) = media_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
