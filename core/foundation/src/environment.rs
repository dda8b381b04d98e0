//! Settings in environment variables: what their texts mean, and which names are meant.

use std::ffi::OsString;

use crate::{
    Error, Result, letter_edits, meant_names,
    model::{Shape, Value},
};

/// The value of a setting from its text in a variable, a file or an option: numbers and `true` or `false` as such, lists
/// separated by commas, objects as JSON.
///
/// # Errors
/// `configuration.invalid` for an object that is no JSON; its text is not repeated. Any other text that does not fit is
/// refused when the settings are read.
pub fn value_of_text(name: &str, shape: &Shape, text: &str) -> Result<Value<'static>> {
    let number =
        || serde_json::from_str::<serde_json::Number>(text).ok().map(|number| serde_json::Value::from(number).into());
    let string = || Value::String(text.to_owned().into());
    Ok(match shape {
        Shape::Bool => text.parse::<bool>().map_or_else(|_| string(), Value::Bool),
        Shape::Integer { .. } | Shape::Seconds | Shape::Number => number().unwrap_or_else(string),
        Shape::List(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned().into())).collect())
        }
        Shape::Struct(_) | Shape::Union(_) | Shape::Map(_) | Shape::Json | Shape::AnyJson => {
            let read = serde_json::from_str::<serde_json::Value>(text);
            read.map_err(|_| Error::invalid_setting(name, "must be a JSON object"))?.into()
        }
        _ => string(),
    })
}

/// The text of a variable. U+FFFD is a language's replacement for bytes that were no UTF-8.
///
/// # Errors
/// Why it has none.
pub fn text_of_variable(value: OsString) -> std::result::Result<String, &'static str> {
    let text = value.into_string().ok().filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
    text.ok_or("is not UTF-8")
}

/// What to do about a variable that is no setting, as a phrase: `did you mean …?`. `known` and `unknown` have this prefix.
#[must_use]
pub fn variable_advice(prefix: &str, unknown: &str, known: &[String]) -> String {
    let unknown = unknown.strip_prefix(prefix).unwrap_or(unknown);
    let known = || known.iter().map(|name| name.strip_prefix(prefix).unwrap_or(name));
    let mut meant = meant_names(unknown, known());
    if meant.is_empty() {
        // With this prefix a setting is meant, so half of the letters are enough.
        let edits = known().map(|name| (letter_edits(unknown, name), name));
        let near = edits.filter(|(edits, name)| edits * 2 <= unknown.len().max(name.len()));
        meant.extend(near.min().map(|(_, name)| name));
    }
    if meant.is_empty() {
        return "unset it, or give it a name without this prefix".to_owned();
    }
    let meant: Vec<String> = meant.iter().map(|name| format!("{prefix}{name}")).collect();
    format!("did you mean {}?", meant.join(" or "))
}

/// Whether Kubernetes or a link of Docker sets such a variable, for a service whose name begins as these settings' variables
/// do: `SERVICE_HOST`, `SERVICE_PORT_HTTP`, `PORT`, `PORT_8080_TCP_ADDR`, and the same after further words of the service's
/// name. `rest` is the name without the prefix of the settings.
#[must_use]
pub fn is_of_service(rest: &str) -> bool {
    let words: Vec<&str> = rest.split('_').collect();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    (0..words.len()).any(|at| match &words[at..] {
        ["SERVICE", "HOST"] | ["SERVICE", "PORT", ..] | ["PORT"] => true,
        ["PORT", port, "TCP" | "UDP" | "SCTP"] | ["PORT", port, "TCP" | "UDP" | "SCTP", "PROTO" | "PORT" | "ADDR"] => {
            is_number(port)
        }
        _ => false,
    })
}

/// The longest name of a variable that is repeated, in bytes.
const NAME_MAX: usize = 96;

/// The name of a variable in a message; the prefix alone, if something else stands in its place.
#[must_use]
pub fn shown_variable<'a>(prefix: &'a str, name: &'a str) -> &'a str {
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.len() <= NAME_MAX && name.bytes().all(is_name) { name } else { prefix }
}
