//! A request from a user: in parts, or whole as text.

pub use bankchannel_foundation::message::HeaderField;
use bankchannel_foundation::{
    Error,
    error::row,
    model::{Boundary, Content},
    operation::{FileForm, LocalContext},
};
use bytes::Bytes;

use crate::http::{MAX_BODY, MAX_HEAD, MalformedKind, Request, is_token};

/// A request as a file, for commands.
pub(crate) const GIVEN_REQUEST: FileForm = FileForm::HeldContent((MAX_HEAD + MAX_BODY) as u64);

/// The request to process.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct GivenRequest {
    /// With `method`: the body, byte for byte. Without `method`: the whole request as text, for example from a log.
    pub content: Option<bankchannel_foundation::model::Content>,
    /// The HTTP method.
    pub method: Option<String>,
    /// The request target: the path with its query, as in the request line.
    pub target: Option<String>,
    /// The header fields in their order.
    pub headers: Option<Vec<bankchannel_foundation::message::HeaderField>>,
}

impl GivenRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// `input.*`, each naming the field, and for a request as text the line.
    pub(crate) fn read(self, with: &LocalContext<'_>) -> Result<Request, Error> {
        let bytes = read_content(self.content, MAX_HEAD + MAX_BODY, with)?;
        match self.method {
            Some(method) => apart(method, self.target, self.headers, bytes),
            None if self.target.is_some() || self.headers.is_some() => Err(Error::missing_field(
                "method",
                "method is missing: without it, the content is the whole request and has path and headers itself",
            )),
            None if bytes.is_empty() => Err(Error::missing_field(
                "content",
                "there is no request: give `method`, or the whole request as content",
            )),
            None => whole(&bytes),
        }
    }
}

fn whole(text: &[u8]) -> Result<Request, Error> {
    Request::parse(text).map_err(|fault| {
        let row = match fault.kind {
            MalformedKind::TooLarge | MalformedKind::BodyTooLarge => &row::TOO_LARGE,
            _ => &row::INVALID_FIELD,
        };
        Error::because(row, format!("the request as text cannot be read: {fault}"))
            .with("field", "content")
            .with("line", fault.line)
    })
}

fn apart(
    method: String,
    target: Option<String>,
    headers: Option<Vec<HeaderField>>,
    body: Bytes,
) -> Result<Request, Error> {
    if !is_token(&method) {
        return Err(Error::invalid_field("method", "must be an HTTP method, such as POST"));
    }
    let target = target.unwrap_or_default();
    if !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid_field(
            "target",
            "must be the path of the request, beginning with `/`, with its query",
        ));
    }
    let headers = HeaderField::all(headers.unwrap_or_default())?;
    if body.len() > MAX_BODY {
        return Err(too_large());
    }
    Ok(Request { method, target, headers, body })
}

/// Reads the content, up to `max` bytes; empty if none was given.
pub(crate) fn read_content(content: Option<Content>, max: usize, with: &LocalContext<'_>) -> Result<Bytes, Error> {
    let bytes = content.map(|content| with.whole_content(content, max)).transpose()?.unwrap_or_default();
    if bytes.len() > max { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> Error {
    Error::because(&row::TOO_LARGE, "the body of a request has at most 1 MiB").with("limit_bytes", MAX_BODY)
}
