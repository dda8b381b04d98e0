//! JSON text across the boundary, for languages without our value types, and operations that only compute.

use bankchannel::{Content, Error, Progress, Question, Result};
use bankchannel_foundation::{
    error::row,
    json,
    model::{Profile, Value},
};
use serde_json::json;

use crate::{Client, operations, panics};

/// The longest accepted JSON text, in bytes. Files do not travel as JSON.
pub const MAX_JSON: usize = 16 * 1024 * 1024;

/// The deepest accepted nesting, as text or as values.
pub const MAX_DEPTH: usize = 32;

/// Parses the caller's JSON: bounded, no duplicate keys. Empty text means no fields.
///
/// # Errors
/// `input.too_large`, `input.invalid_json`.
pub fn parse_json(text: &str) -> Result<Value<'_>> {
    if text.len() > MAX_JSON {
        return Err(too_large());
    }
    if text.is_empty() {
        return Ok(Value::Null);
    }
    panics::inside(|| json::parse_text(text, MAX_DEPTH))
        .map_err(|fault| Error::because(&row::INVALID_JSON, format!("the request is {fault}")))
}

/// The error for a request longer than [`MAX_JSON`].
#[must_use]
pub fn too_large() -> Error {
    Error::because(&row::TOO_LARGE, format!("the request is longer than {MAX_JSON} bytes"))
        .with("limit_bytes", MAX_JSON)
}

/// Runs a local operation: it only computes, on the caller's own thread.
///
/// # Errors
/// Those of the operation; `input.unknown_operation` for one that is not local.
pub fn local(name: &str, request: Value<'_>, content: Option<Content>) -> Result<Value<'static>> {
    operations::call_local(None, name, request, content)
}

/// Runs a local operation from JSON text to JSON text, with no content beside it. Fields omitted from the request are
/// taken from the client.
///
/// # Errors
/// As [`local`], and as [`parse_json`].
pub fn local_json(client: Option<&Client>, name: &str, request: &str) -> Result<String> {
    let profile = client.map(|client| client as &dyn Profile);
    operations::call_local(profile, name, parse_json(request)?, None).map(|response| response.to_json())
}

/// The progress of a call as JSON text: `{"text", "bytes"}`; `total` only if it is known.
#[must_use]
pub fn progress_json(progress: &Progress) -> String {
    let mut json = json!({"text": progress.text, "bytes": progress.bytes});
    if let Some(total) = progress.total {
        json["total"] = total.into();
    }
    json.to_string()
}

/// A question as JSON text: `{"kind", "text", "choices"}`; `secret`, `signature` and `request` only if present.
#[must_use]
pub fn question_json(question: &Question) -> String {
    let mut json = json!({"kind": question.kind, "text": question.text, "choices": question.choices});
    if let Some(secret) = &question.secret {
        json["secret"] = secret.expose().into();
    }
    if let Some(signature) = &question.signature {
        json["signature"] = signature.to_json();
    }
    if let Some(request) = &question.request {
        json["request"] = request.clone().into();
    }
    json.to_string()
}
