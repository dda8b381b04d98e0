//! The explanation as JSON, with the members of §3.3 and at most [`MAX_JSON`] bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{FailureHypothesis, RefusalExplanation, lines_of, visible};
use crate::http::{MalformedRequest, check_of};
use crate::signing::SigningText;

/// The maximum size of the JSON text, in bytes.
pub const MAX_JSON: usize = 64 * 1024;
/// The maximum length of a check's text, in characters.
const MAX_TEXT: usize = 500;
/// The parts that are left out, in this order, until the rest fits.
const LEFT_OUT: [(&str, &str); 8] = [
    ("client_signing_string", "lines"),
    ("signed_text", "lines"),
    ("expected_signing_string", "lines"),
    ("signed_text", "base64"),
    ("client_signing_string", "base64"),
    ("expected_signing_string", "base64"),
    ("diff", "lines"),
    ("keyid", "issuer"),
];

impl RefusalExplanation {
    /// The explanation with the members of §3.3, and in addition: the advice on the verdict (`advice`), whether the
    /// client's text has the hash from the signature (`client_text_was_signed`), and the signed text, if a hypothesis
    /// found it (`signed_text`). If it would be longer than [`MAX_JSON`], members are left out and `truncated` is
    /// `true`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let checks: Vec<Value> = self.checks.iter().map(check).collect();
        let mut out = json!({
            "verdict": self.verdict_id(),
            "advice": self.advice(),
            "checks": checks,
            "expected_signing_string": self.expected_signing_string.as_ref().map(signing_string),
            "client_signing_string": self.client_signing_string.as_ref().map(signing_string),
            "client_text_was_signed": self.client_text_was_signed,
            "signed_text": self.signed_text.as_deref().map(|text| signing_string(&lines_of(text))),
            "diff": self.diff.as_ref().map(super::SigningStringDiff::to_json),
            "recovered": self.recovered.as_ref().map(super::SignatureContent::to_json),
            "hypotheses": self.hypotheses.iter().map(FailureHypothesis::to_json).collect::<Vec<_>>(),
            "digest": self.digest.to_json(),
            "keyid": self.key_id.as_ref().map(super::KeyIdReport::to_json),
        });
        for (member, part) in LEFT_OUT {
            if out.to_string().len() <= MAX_JSON {
                break;
            }
            if let Some(part) = out.get_mut(member).and_then(|value| value.get_mut(part)) {
                *part = Value::Null;
            }
            if let Some(members) = out.as_object_mut() {
                members.insert("truncated".to_owned(), Value::Bool(true));
            }
        }
        if out.to_string().len() > MAX_JSON {
            out["hypotheses"] = json!([]);
            out["diff"] = Value::Null;
        }
        out
    }
}

/// The same for text that cannot be parsed as a request: only V01, V02 or V03.
#[must_use]
pub fn unreadable(fault: &MalformedRequest) -> Value {
    refused_unread(check_of(fault).unwrap_or("V02"), &fault.to_string())
}

/// The same for a request that was refused before it was read completely.
#[must_use]
pub fn refused_unread(check: &str, why: &str) -> Value {
    json!({
        "verdict": check,
        "advice": null,
        "checks": [{ "id": check, "status": "failed", "text": why }],
        "expected_signing_string": null,
        "client_signing_string": null,
        "client_text_was_signed": null,
        "signed_text": null,
        "diff": null,
        "recovered": null,
        "hypotheses": [],
        "digest": null,
        "keyid": null,
    })
}

fn check(check: &super::RequestCheck) -> Value {
    json!({
        "id": check.rule.id,
        "status": check.status.as_str(),
        "text": visible::clip(&check.text, MAX_TEXT),
    })
}

fn signing_string(text: &SigningText) -> Value {
    let line = |line: &crate::signing::SigningLine| {
        let bytes = text.bytes.get(line.start..line.end).unwrap_or_default();
        let value = bytes.iter().position(|&byte| byte == b':').and_then(|colon| bytes.get(colon + 1..));
        let value = value.map(|value| value.strip_prefix(b" ").unwrap_or(value)).unwrap_or_default();
        json!({"name": line.name, "value": visible::text(value), "start": line.start, "end": line.end})
    };
    json!({
        "base64": STANDARD.encode(&text.bytes),
        "lines": text.lines.iter().map(line).collect::<Vec<_>>(),
    })
}
