//! Texts of the command line as boundary values.

use std::{io::Read, path::Path, time::Duration};

use bankchannel_foundation::{
    model::{Seconds, Shape},
    shown,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::stdin;
use crate::exit::{CommandFailure, CommandOutcome};

/// The largest text that is read from a file into an option, in bytes: keys, certificates, signatures, JSON.
const MAX_TEXT: u64 = 16 * 1024 * 1024;

/// The value of an option's texts; `option` names it in an error. `may_be_base64` tells whether content may be the
/// bytes themselves.
pub(super) fn from_texts(
    option: &str,
    shape: &'static Shape,
    texts: &[String],
    may_be_base64: bool,
) -> CommandOutcome<Value> {
    if let (Shape::Content, [one]) = (shape, texts) {
        return Ok(content(one, may_be_base64));
    }
    if let Shape::List(item) = shape {
        let [one] = texts else { return texts.iter().map(|text| from_text(option, item, text)).collect() };
        if one.trim_start().starts_with('[') {
            return parse(option, one);
        }
        return Ok(match from_text(option, item, one)? {
            // A file may have the whole list.
            list @ Value::Array(_) if matches!(item, Shape::Struct(_) | Shape::Union(_)) => list,
            value => json!([value]),
        });
    }
    match texts {
        [one] => from_text(option, shape, one),
        _ => Err(CommandFailure::usage(format!("{option} may be given only once"))),
    }
}

fn from_text(option: &str, shape: &'static Shape, text: &str) -> CommandOutcome<Value> {
    match shape {
        Shape::Bool => match text {
            "true" | "yes" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "0" => Ok(Value::Bool(false)),
            _ => Err(CommandFailure::usage(format!("{option} must be true or false"))),
        },
        Shape::Integer { .. } => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| CommandFailure::usage(format!("{option} must be a whole number"))),
        Shape::Seconds => seconds(text)
            .map(|Seconds(time)| Value::from(time.as_secs_f64()))
            .map_err(|wrong| CommandFailure::usage(format!("{option} {wrong}"))),
        Shape::Number => text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(Value::from)
            .ok_or_else(|| CommandFailure::usage(format!("{option} must be a number"))),
        Shape::Content => Ok(content(text, false)),
        Shape::Struct(_) | Shape::Union(_) | Shape::Map(_) | Shape::List(_) | Shape::Json | Shape::AnyJson => {
            parse(option, &text_or_file(option, text)?)
        }
        shape if is_text_of_file(shape) => armor_or_file(option, text),
        Shape::Text(_) | Shape::Secret(_) if text.starts_with('@') => {
            let text = Zeroizing::new(text_or_file(option, text)?);
            Ok(Value::String(less_line_break(&text).to_owned()))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// A duration in seconds as people write it: `30`, `2.5`.
pub(crate) fn seconds(text: &str) -> Result<Seconds, &'static str> {
    let wrong = "must be a number of seconds, such as 30 or 2.5";
    let given: f64 = text.parse().map_err(|_| wrong)?;
    let within = (0.0..=f64::from(u32::MAX)).contains(&given);
    if within { Ok(Seconds(Duration::from_secs_f64(given))) } else { Err(wrong) }
}

/// Whether the text is usually in a file: a key, a certificate, a signature.
pub(super) fn is_text_of_file(shape: &Shape) -> bool {
    matches!(shape, Shape::Text(text) | Shape::Secret(text) if text.example.starts_with("-----BEGIN"))
}

/// A path, `@PATH`, or, if `wscli` allows it there, the bytes as base64. Stdin is not read here: it is passed
/// separately from the JSON.
fn content(text: &str, may_be_base64: bool) -> Value {
    if let Some(path) = text.strip_prefix('@') {
        return json!({ "path": path });
    }
    if may_be_base64 && !Path::new(text).exists() && !text.is_empty() && STANDARD.decode(text).is_ok() {
        return json!({ "base64": text });
    }
    json!({ "path": text })
}

/// An armored or PEM text, or the file that holds it.
fn armor_or_file(option: &str, text: &str) -> CommandOutcome<Value> {
    if text.trim_start().starts_with("-----BEGIN") {
        return Ok(Value::String(text.to_owned()));
    }
    let path = text.strip_prefix('@').unwrap_or(text);
    if path == text && path != "-" && !Path::new(path).exists() {
        if !text.trim().contains('\n') {
            // Usually a mistyped name: an armored text has several lines. It may also be a secret in the wrong place.
            let text = shown::secret_path(text);
            return Err(CommandFailure::usage(format!("{option}: {text} is neither a file nor an armored text")));
        }
        // The library's error describes the expected text.
        return Ok(Value::String(text.to_owned()));
    }
    read_file(option, path).map(Value::String)
}

fn text_or_file(option: &str, text: &str) -> CommandOutcome<String> {
    match text.strip_prefix('@') {
        Some(path) => read_file(option, path),
        None => Ok(text.to_owned()),
    }
}

/// The text without one final line break.
pub(super) fn less_line_break(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}

/// Reads a text file, or stdin for `-`; `option` names it in an error.
pub(crate) fn read_file(option: &str, path: &str) -> CommandOutcome<String> {
    read_text(option, path, MAX_TEXT)
}

/// The same, with its own limit, in bytes.
pub(crate) fn read_text(option: &str, path: &str, limit: u64) -> CommandOutcome<String> {
    String::from_utf8(read_bytes(option, path, limit)?)
        .map_err(|_| CommandFailure::usage(format!("{option}: {path} cannot be read: it is not UTF-8 text")))
}

/// The largest file of settings, certificates or keys that is read, in bytes.
pub(crate) const MAX_SETTINGS: u64 = 256 * 1024;

/// The client's settings of `--settings`, as JSON.
pub(crate) fn read_settings(path: &str) -> CommandOutcome<Value> {
    let text = read_text("--settings", path, MAX_SETTINGS)?;
    serde_json::from_str(&text).map_err(|why| CommandFailure::usage(format!("--settings: {path} is not JSON: {why}")))
}

/// As [`read_text`], for data that need not be text.
pub(crate) fn read_bytes(option: &str, path: &str, limit: u64) -> CommandOutcome<Vec<u8>> {
    let failed = |why: std::io::Error| {
        CommandFailure::usage(format!("{option}: {}", shown::unreadable_content(path.as_ref(), &why)))
    };
    let mut bytes = Vec::new();
    let mut read = |reader: &mut dyn Read| reader.take(limit + 1).read_to_end(&mut bytes).map_err(failed);
    let size = match path {
        "-" => read(&mut stdin::reader(option)?)?,
        _ => read(&mut std::fs::File::open(path).map_err(failed)?)?,
    };
    if size as u64 > limit {
        return Err(CommandFailure::usage(format!("{option}: {path} is larger than {limit} bytes")));
    }
    Ok(bytes)
}

fn parse(option: &str, text: &str) -> CommandOutcome<Value> {
    bankchannel_bridge::parse_json(text)
        .map(Value::from)
        .map_err(|error| CommandFailure::usage(format!("{option}: {}", error.message())))
}

#[cfg(test)]
mod tests {
    use bankchannel_foundation::{
        Secret,
        model::{Boundary, StructShape},
    };

    use super::*;

    #[test]
    fn seconds_are_numbers_within_bounds() {
        let read = |text| from_text("--wait-timeout-s", &Shape::Seconds, text).ok();
        assert_eq!((read("30"), read("2.5"), read("0")), (Some(json!(30.0)), Some(json!(2.5)), Some(json!(0.0))));
        for wrong in ["nan", "inf", "-1", "5e9", "soon", ""] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn content_is_a_path_or_base64() {
        assert_eq!(content("@a.xml", true), json!({"path": "a.xml"}));
        assert_eq!(content("no-such-file.xml", true), json!({"path": "no-such-file.xml"}));
        assert_eq!(content("PGE+", true), json!({"base64": "PGE+"}));
        // A name that happens to be base64 is still a name if only a file is allowed.
        assert_eq!(content("payments", false), json!({"path": "payments"}));
    }

    #[test]
    fn lists_are_repeated_or_json() {
        let shape: &'static Shape = &Shape::List(&Shape::Integer { min: 0, max: 9 });
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(from_texts("--n", shape, &texts(&["1", "2"]), true).unwrap(), json!([1, 2]));
        assert_eq!(from_texts("--n", shape, &texts(&["[3,4]"]), true).unwrap(), json!([3, 4]));
        assert!(from_texts("--n", shape, &texts(&["x"]), true).is_err());
    }

    #[test]
    fn a_file_has_a_struct_or_a_list_of_structs() {
        let shape: &'static Shape = &Shape::List(&Shape::Struct(StructShape { name: "Item", doc: "", fields: &[] }));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items.json");
        let given = [format!("@{}", path.display())];
        for (written, read) in
            [(r#"[{"a":1},{"a":2}]"#, json!([{"a": 1}, {"a": 2}])), (r#"{"a":1}"#, json!([{"a": 1}]))]
        {
            std::fs::write(&path, written).unwrap();
            assert_eq!(from_texts("--files", shape, &given, false).unwrap(), read);
        }
    }

    #[test]
    fn a_value_of_a_file_is_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        let given = format!("@{}", path.display());
        for (written, read) in
            [("a b", "a b"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a\r", " a\r"), ("\n", "")]
        {
            std::fs::write(&path, written).unwrap();
            for shape in [<String as Boundary>::SHAPE, <Secret as Boundary>::SHAPE] {
                assert_eq!(from_text("--x", shape, &given).unwrap(), json!(read), "{written:?}");
            }
        }
    }
}
