//! What may be logged. Strict by default: a value survives only under a key that is known to be harmless.

use serde_json::{Map, Value};

/// What stands in place of a value.
pub const REDACTED: &str = "[redacted]";

/// Redacts JSON for a log: `safe` are the lower-case keys whose plain values may be shown.
#[must_use]
pub fn redact(value: &Value, safe: &[&str]) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| {
                    let shown = match value {
                        Value::Object(_) | Value::Array(_) => redact(value, safe),
                        plain if safe.contains(&key.to_ascii_lowercase().as_str()) => redact_text(plain),
                        _ => Value::String(REDACTED.into()),
                    };
                    (key.clone(), shown)
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Array(values) => Value::Array(
            values
                .iter()
                .map(|value| {
                    if value.is_object() || value.is_array() {
                        redact(value, safe)
                    } else {
                        Value::String(REDACTED.into())
                    }
                })
                .collect(),
        ),
        _ => Value::String(REDACTED.into()),
    }
}

fn redact_text(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact_words(text)),
        other => other.clone(),
    }
}

/// Redacts what looks like a secret or a person inside a text: e-mail addresses, phone numbers, tokens,
/// challenges. Used on every text that a log or an error shows and that came from outside.
#[must_use]
pub fn redact_words(text: &str) -> String {
    let is_break =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | ';' | '?' | '&');
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(is_break) {
        let word = part.trim_end_matches(is_break);
        let tail = &part[word.len()..];
        // A URL or path is looked at segment by segment, so that its harmless parts stay readable.
        let shown: Vec<&str> =
            word.split('/').map(|piece| if is_sensitive(piece) { REDACTED } else { piece }).collect();
        // Base64 may hold slashes: a word that is sensitive as a whole goes as a whole.
        if !word.contains("://") && is_token(word) {
            out.push_str(REDACTED)
        } else {
            out.push_str(&shown.join("/"))
        }
        out.push_str(tail);
    }
    out
}

fn is_sensitive(word: &str) -> bool {
    is_email(word) || is_phone(word) || is_token(word)
}

fn is_email(word: &str) -> bool {
    let at = word.find('@').or_else(|| word.to_ascii_lowercase().find("%40"));
    at.is_some_and(|at| at > 0 && at + 1 < word.len())
}

fn is_phone(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    [lower.find('+').map(|at| at + 1), lower.find("%2b").map(|at| at + 3)]
        .into_iter()
        .flatten()
        .any(|from| word.get(from..).is_some_and(|rest| rest.bytes().take_while(u8::is_ascii_digit).count() >= 6))
}

fn is_token(word: &str) -> bool {
    let value = word.rsplit_once("=\"").map_or(word, |(_, value)| value);
    let url_safe =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let long = value.len() >= 40 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b));
    let parts: Vec<&str> = value.split('.').collect();
    let jwt =
        parts.len() == 3 && value.len() >= 20 && parts.iter().all(|part| url_safe(part)) && parts[0].starts_with("ey");
    let pipes: Vec<&str> = value.split('|').collect();
    let challenge = pipes.len() == 3
        && !pipes[0].is_empty()
        && pipes[1].bytes().all(|b| b.is_ascii_digit())
        && !pipes[1].is_empty();
    long || jwt || challenge
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_safe_keys_survive() {
        let shown = redact(
            &json!({"Bank": "nordea", "FutureToken": "x", "Nested": {"EncryptedPrivateKey": "y", "Status": "NEW"}, "L": ["z"]}),
            &["bank", "status"],
        );
        assert_eq!(
            shown,
            json!({"Bank": "nordea", "FutureToken": REDACTED, "Nested": {"EncryptedPrivateKey": REDACTED, "Status": "NEW"}, "L": [REDACTED]})
        );
    }

    #[test]
    fn people_and_tokens_inside_text_go() {
        for text in [
            "see user@example.test now",
            "GET /account/user%40example.test/data/%2B358401234567",
            "call +358401234567",
            "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde",
            "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
        ] {
            let shown = redact_words(text);
            assert!(shown.contains(REDACTED), "{shown}");
            for leaked in ["example", "358401234567", "1494962070679", "eyJ"] {
                assert!(!shown.contains(leaked), "{shown}");
            }
        }
        assert_eq!(redact_words("GET /certs/nordea: 403"), "GET /certs/nordea: 403");
    }
}
