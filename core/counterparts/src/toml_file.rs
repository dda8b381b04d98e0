//! Configuration files in TOML, and the errors for files that cannot be read.

use bankchannel_foundation::{Error, Result, shown};
use serde::de::DeserializeOwned;

use crate::wrong_type::without_values;

/// Reads a configuration file.
///
/// # Errors
/// `configuration.invalid`, with the file, the line and how to fix it.
pub(crate) fn read<T: DeserializeOwned>(path: &str) -> Result<T> {
    let name = shown::path(path);
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|why| Error::invalid_setting("config", format!("{name}: {why}")))?;
    toml::from_str(&text).map_err(|why| Error::invalid_setting("config", format!("{name}: {}", place(&text, &why))))
}

/// Position and cause of a fault. Lines and values are not quoted: they may contain a password, or it may be another
/// file.
fn place(text: &str, fault: &toml::de::Error) -> String {
    let before = fault.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message = fault.message();
    let why = without_values(message).unwrap_or_else(|| message.to_owned());
    match setting_of(text.lines().nth(line - 1).unwrap_or_default()) {
        Some(name) => format!("line {line}, column {column}, {name}: {why}"),
        None => format!("line {line}, column {column}: {why}"),
    }
}

/// The name in `name = value`, if it can be the name of a setting.
fn setting_of(line: &str) -> Option<&str> {
    let name = line.split_once('=')?.0.trim();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.';
    (!name.is_empty() && name.len() <= 64 && name.bytes().all(fits)).then_some(name)
}
