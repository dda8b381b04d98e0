//! Redaction of logs. Strict by default: a value is kept only under a key that is known to be harmless.

use serde_json::{Map, Value};

/// Replaces a redacted value.
pub const REDACTED: &str = "[redacted]";

/// Implements `Debug` for a type with secrets or customer data: it shows the fields that are named here, and no others.
///
/// `redacted_debug!(SessionEnd, state)`, or `redacted_debug!(WsChannel, |it| base_url: it.transport.base_url())`.
#[doc(hidden)]
#[macro_export]
macro_rules! redacted_debug {
    ($name:ident $(<$life:lifetime>)? $(, $field:ident)*) => {
        $crate::redacted_debug!($name $(<$life>)?, |_it| $($field: _it.$field),*);
    };
    ($name:ident $(<$life:lifetime>)?, |$it:ident| $($field:ident: $value:expr),*) => {
        impl std::fmt::Debug for $name $(<$life>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $it = self;
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &$value))*.finish_non_exhaustive()
            }
        }
    };
}

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

/// Redacts parts of a text that look like a secret or personal data: e-mail addresses, phone numbers, tokens,
/// challenges. Used on every text of external origin that a log or an error shows.
#[must_use]
pub fn redact_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(is_break) {
        let word = part.trim_end_matches(is_break);
        // Base64 may contain slashes and equals signs, and so may a challenge: a word that is sensitive as a whole is
        // redacted whole.
        if is_token(bare(word)) && !word.contains("://") {
            push_redacted(&mut out, word);
        } else {
            // A URL or path is checked segment by segment, so that its harmless parts stay readable.
            for segment in word.split_inclusive('/') {
                push_segment(&mut out, segment);
            }
        }
        out.push_str(&part[word.len()..]);
    }
    out
}

/// Makes text from outside safe to show in an error: without what looks like a secret, without control characters, and
/// of at most so many characters. It is redacted before it is cut, so that no part of a secret remains.
#[must_use]
pub fn shortened(text: &str, max: usize) -> String {
    redact_words(text).chars().filter(|c| !c.is_control()).take(max).collect()
}

/// Whether a word, or one of its parts, looks like a secret or personal data.
pub(crate) fn is_sensitive(word: &str) -> bool {
    is_email(word) || is_phone(word) || word.split([':', '=']).any(|part| is_token(bare(part)))
}

/// Whether the character separates words.
fn is_break(c: char) -> bool {
    // A control character next to a token must not hide it.
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '?' | '&' | '\\')
}

/// A word without the punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_matches(['.', '!', ':', '*'])
}

fn push_redacted(out: &mut String, word: &str) {
    let core = bare(word);
    let start = word.find(core).unwrap_or_default();
    out.push_str(&word[..start]);
    out.push_str(REDACTED);
    out.push_str(&word[start + core.len()..]);
}

fn push_segment(out: &mut String, segment: &str) {
    let piece = segment.trim_end_matches('/');
    if is_email(piece) || is_phone(piece) {
        push_redacted(out, piece);
    } else {
        // `ApiKey:…`, `idtoken=…`: the name stays, the value is redacted.
        for value in piece.split_inclusive([':', '=']) {
            if is_token(bare(value)) { push_redacted(out, value) } else { out.push_str(value) }
        }
    }
    out.push_str(&segment[piece.len()..]);
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

/// The shortest run of base64 or hex that counts as a key or token: longer than a UUID.
const TOKEN_MIN: usize = 40;

fn is_token(word: &str) -> bool {
    let url_safe = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    // Equals signs are padding: one in the middle separates a name from its value.
    let mut unpadded = word.trim_end_matches('=').bytes();
    let long = word.len() >= TOKEN_MIN && unpadded.all(|b| url_safe(b) || b == b'+' || b == b'/');
    // Signed tokens have three parts, encrypted ones five, one of which may be empty.
    let jwt = word.len() >= 20
        && word.starts_with("ey")
        && word.matches('.').count() >= 2
        && word.bytes().all(|b| url_safe(b) || b == b'.');
    let pipes: Vec<&str> = word.split('|').collect();
    let challenge = pipes.len() == 3
        && !pipes[0].is_empty()
        && !pipes[1].is_empty()
        && pipes[1].bytes().all(|b| b.is_ascii_digit());
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
            "token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl.",
            "token 4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2\u{1b}[2J",
            "idtoken=eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
            "Session: [eyJhbGciOi..eyJzdWIiOi.c2lnbmF0dXJl.eyJ]",
            "ApiKey:4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2",
            "key=4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2;next",
            "it was 4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2abc.",
            "ChResp:9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde.",
            "mailto:user@example.test:",
            "https://example.invalid/reset/4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2?email=user@example.test",
        ] {
            let shown = redact_words(text);
            assert!(shown.contains(REDACTED), "{shown}");
            for leaked in ["user", "example.test", "358401234567", "1494962070679", "2646b71b", "eyJ", "4vN6", "9Ty4"] {
                assert!(!shown.contains(leaked), "{shown}");
            }
        }
        for harmless in [
            "GET /certs/nordea: 403",
            "the time 2026-11-20T08:00:00.000+02:00 is over",
            "RequestId=2646b71b-9b51-4d11-bf5e-cca5617bcfde.",
            "Invalid parameter(s): Password, Phone",
            "https://example.invalid:8443/v2/session?x=1",
        ] {
            assert_eq!(redact_words(harmless), harmless);
        }
        assert_eq!(redact_words("ApiKey:4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2."), "ApiKey:[redacted].");
    }
}
