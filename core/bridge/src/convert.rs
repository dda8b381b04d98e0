//! JSON text across the boundary, for languages without our value types, and operations that only compute.

use bankchannel::{AnsweredExchange, Content, Error, Progress, Question, Result};
use bankchannel_foundation::{
    error::row,
    json,
    model::{Object, Value},
};
use serde_json::json;

use crate::{ExchangeStage, operations, panics};

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

/// The progress of a call as JSON text: `{"text", "bytes", "step"}`; the other members only if they are known.
#[must_use]
pub fn progress_json(progress: &Progress) -> String {
    let mut json = json!({"text": progress.text, "bytes": progress.bytes, "step": progress.step});
    let known = [
        ("direction", progress.direction.map(|direction| direction.as_str().into())),
        ("total", progress.total.map(Into::into)),
        ("steps", progress.steps.map(Into::into)),
        ("file", progress.file.map(Into::into)),
        ("files", progress.files.map(Into::into)),
        ("fraction", progress.fraction.map(Into::into)),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            json[name] = value;
        }
    }
    json.to_string()
}

/// Members as JSON text, for languages without our value types.
#[must_use]
pub fn json_text(members: serde_json::Map<String, serde_json::Value>) -> String {
    serde_json::Value::Object(members).to_string()
}

/// A response together with the answers to the exchanges of its call: `{"response", "exchanges"}`.
#[must_use]
pub fn with_exchanges(response: Value<'static>, exchanges: &[AnsweredExchange]) -> Value<'static> {
    let mut both = Object::with_capacity(2);
    both.push("response", response);
    both.push("exchanges", exchanges_json(exchanges));
    both.into()
}

/// The answers to the exchanges of a call as JSON: `[{"method", "status", "headers", "duration_s"}]`; `request_id` only if
/// there is one. Headers have names in lower case; several of one name are joined by a comma.
#[must_use]
pub fn exchanges_json(exchanges: &[AnsweredExchange]) -> serde_json::Value {
    exchanges.iter().map(answered_json).collect()
}

fn answered_json(one: &AnsweredExchange) -> serde_json::Value {
    let mut headers = serde_json::Map::new();
    for (name, value) in &one.headers {
        match headers.get_mut(name) {
            Some(serde_json::Value::String(before)) => {
                before.push_str(", ");
                before.push_str(value);
            }
            _ => drop(headers.insert(name.clone(), value.clone().into())),
        }
    }
    let mut json = json!({
        "method": one.method,
        "status": one.status,
        "headers": headers,
        "duration_s": one.duration.as_secs_f64(),
    });
    if let Some(id) = &one.request_id {
        json["request_id"] = id.as_str().into();
    }
    json
}

/// A request that begins as JSON: `{"request": {"method", "target", "attempt"}}`; for its answer also `answer`, as
/// [`exchanges_json`] has it.
#[must_use]
pub fn exchange_json(stage: &ExchangeStage) -> serde_json::Value {
    let request = &stage.request;
    let mut json = json!({
        "request": {"method": request.method, "target": request.target, "attempt": request.attempt},
    });
    if let Some(answer) = &stage.answer {
        json["answer"] = answered_json(answer);
    }
    json
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
