//! An answer on its way: JSON with its headers, content streamed.

use std::path::Path;

use bankchannel_foundation::{
    Error,
    message::{OutResponse, Segment},
};
use bankchannel_transport::SegmentBody;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::{Response, StatusCode, header};

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
    mark_json(&mut response);
    response
}

/// A protocol's answer.
///
/// # Errors
/// `input.content_unreadable` when the answer's content has gone.
pub(crate) fn message(message: &OutResponse) -> Result<Response<AnswerBody>, Error> {
    let body = SegmentBody::open_sparing(&message.body)?;
    let mut response = Response::new(body.boxed());
    if let [Segment::Literal(bytes)] = message.body.segments()
        && bytes.len() > spill::IN_MEMORY
    {
        response.extensions_mut().insert(Large(bytes.clone()));
    }
    *response.status_mut() = StatusCode::from_u16(message.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    mark_json(&mut response);
    Ok(response)
}

fn mark_json(response: &mut Response<AnswerBody>) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
}
