//! Values as JSON text: byte for byte the output of `serde_json`, without its check of every single byte of a text. A
//! message of 200 bytes takes half of `serde_json`'s time.

use std::fmt::{self, Write as _};

use super::Value;

/// The number of bytes checked at once, in long and in short texts.
const CHUNK: usize = 32;
const HALF: usize = CHUNK / 2;

/// The maximum number of bytes of a number, or of the marks around a value.
const NUMBER: usize = 24;
const MARKS: usize = 4;

impl Value<'_> {
    /// As JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(usual_size(self));
        write_value(&mut out, self);
        out
    }
}

impl fmt::Display for Value<'_> {
    /// As JSON text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

/// The size of the output unless a text needs escapes.
fn usual_size(value: &Value<'_>) -> usize {
    MARKS
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => NUMBER,
            Value::String(text) => text.len(),
            Value::Array(values) => values.iter().map(usual_size).sum(),
            Value::Object(object) => object.iter().map(|(name, value)| name.len() + MARKS + usual_size(value)).sum(),
        }
}

fn write_value(out: &mut String, value: &Value<'_>) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "{number}");
        }
        Value::String(text) => write_text(out, text),
        Value::Array(values) => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(out, value);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (at, (name, value)) in object.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(out, name);
                out.push(':');
                write_value(out, value);
            }
            out.push('}');
        }
    }
}

/// A text in quotes.
fn write_text(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    // Only ASCII is escaped, so every cut is between two characters.
    while let Some(place) = first_escaped(rest.as_bytes()) {
        out.push_str(&rest[..place]);
        escape(out, rest.as_bytes()[place]);
        rest = &rest[place + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// The position of the first byte that needs an escape.
fn first_escaped(bytes: &[u8]) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    let before = chunks.iter().take_while(|chunk| is_plain(chunk)).count() * CHUNK;
    if before + rest.len() == bytes.len() && (rest.is_empty() || ends_plain(bytes)) {
        return None;
    }
    bytes[before..].iter().position(|byte| escape_bit(*byte) != 0).map(|place| before + place)
}

/// Whether the last bytes need no escape: a chunk of them, or the whole of a shorter text in two halves that may
/// overlap. False for a text that is shorter still.
fn ends_plain(bytes: &[u8]) -> bool {
    match (bytes.last_chunk::<CHUNK>(), bytes.first_chunk::<HALF>(), bytes.last_chunk::<HALF>()) {
        (Some(end), ..) => is_plain(end),
        (None, Some(begin), Some(end)) => is_plain(begin) && is_plain(end),
        _ => false,
    }
}

/// Whether no byte needs an escape. Without a branch inside, all are checked at once.
fn is_plain<const N: usize>(bytes: &[u8; N]) -> bool {
    bytes.iter().fold(0, |found, byte| found | escape_bit(*byte)) == 0
}

/// 1 for a byte that needs an escape, else 0.
fn escape_bit(byte: u8) -> u8 {
    u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\')
}

fn escape(out: &mut String, byte: u8) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        0x08 => out.push_str("\\b"),
        0x09 => out.push_str("\\t"),
        0x0a => out.push_str("\\n"),
        0x0c => out.push_str("\\f"),
        0x0d => out.push_str("\\r"),
        other => {
            let _ = write!(out, "\\u{other:04x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_serde_json_writes() {
        let every: String = (0..0x2_0000u32).filter_map(char::from_u32).collect();
        assert_eq!(Value::from(&*every).to_json(), serde_json::Value::from(every).to_string());
        // No escape, and one at every position, in texts of every length around a chunk's.
        for (length, plain) in (0..3 * CHUNK).flat_map(|length| [(length, 'a'), (length, 'ä')]) {
            for place in 0..=length {
                let text: String = (0..length).map(|at| if at == place { '"' } else { plain }).collect();
                assert_eq!(Value::from(&*text).to_json(), serde_json::Value::from(text).to_string());
            }
        }
        for number in ["0", "-1", "18446744073709551615", "1e300", "0.1", "-0.0"] {
            let number: serde_json::Value = serde_json::from_str(number).expect("a number");
            assert_eq!(Value::from(number.clone()).to_json(), number.to_string());
        }
    }
}
