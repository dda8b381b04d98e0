//! An answer on its way: JSON with its headers, content streamed.

use bankchannel_foundation::{Error, message::OutResponse};
use bankchannel_transport::SegmentBody;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::{Response, StatusCode, header};

/// The body of an answer.
pub(crate) type AnswerBody = BoxBody<Bytes, Error>;

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
    mark_json(&mut response);
    response
}

/// A protocol's answer.
///
/// # Errors
/// `input.content_unreadable` when the answer's content has gone.
pub(crate) fn message(message: &OutResponse) -> Result<Response<AnswerBody>, Error> {
    let body = SegmentBody::open(&message.body, std::sync::Arc::default())?;
    let mut response = Response::new(body.boxed());
    *response.status_mut() = StatusCode::from_u16(message.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    mark_json(&mut response);
    Ok(response)
}

fn mark_json(response: &mut Response<AnswerBody>) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
}
