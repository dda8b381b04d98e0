//! JSON across the boundary, and operations that only compute.

use bankchannel::{Content, Error, Question, Result};
use bankchannel_foundation::{error::row, json, model::Value};
use serde_json::json;

use crate::operations;

/// The longest JSON text that is taken, in bytes. Files do not travel as JSON.
pub const MAX_JSON: usize = 16 * 1024 * 1024;

/// The deepest nesting that is taken.
const MAX_DEPTH: usize = 32;

/// Parses the caller's JSON: bounded, no key twice. Empty text is no fields.
///
/// # Errors
/// `input.too_large`, `input.invalid_json`.
pub fn parse_json(text: &str) -> Result<Value<'_>> {
    if text.len() > MAX_JSON {
        return Err(Error::because(&row::TOO_LARGE, format!("the request is longer than {MAX_JSON} bytes"))
            .with("limit_bytes", MAX_JSON));
    }
    if text.is_empty() {
        return Ok(Value::Null);
    }
    json::parse_text(text, MAX_DEPTH)
        .map_err(|fault| Error::because(&row::INVALID_JSON, format!("the request is {fault}")))
}

/// Carries out a local operation: it only computes, on the caller's own thread.
///
/// # Errors
/// Those of the operation; `input.unknown_operation` for one that is not local.
pub fn local(name: &str, request: &str, content: Option<Content>) -> Result<String> {
    operations::call_local(None, name, parse_json(request)?, content).map(|response| response.to_json())
}

/// A question as JSON text: `{"kind", "text", "choices"}`; `secret` and `signature` only where there is one.
#[must_use]
pub fn question_json(question: &Question) -> String {
    let mut json = json!({"kind": question.kind, "text": question.text, "choices": question.choices});
    if let Some(secret) = &question.secret {
        json["secret"] = secret.expose().into();
    }
    if let Some(signature) = &question.signature {
        json["signature"] = signature.to_json();
    }
    json.to_string()
}
