//! The command line's arguments for a call: derived from the catalogue, like its commands.

use std::path::Path;

use bankchannel::operation::CatalogueEntry;
use serde_json::Value;

/// Where `wscli` had a command, the flow has its name.
const COMMANDS: &[(&str, &[&str])] = &[
    ("register_account", &["account", "register"]),
    ("reset_password", &["account", "password-reset"]),
    ("log_in", &["session", "login"]),
    ("sign_and_upload", &["files", "upload-file"]),
    ("upload_and_wait", &["files", "upload-file"]),
    ("download_new_files", &["files", "download-files"]),
];

/// Their names are used by flows: they are available only through `call`.
const WITHOUT: &[&str] = &["register", "password_reset", "login"];

/// The arguments of the command for this operation; `None` if there is none, or if a value cannot be expressed in
/// options.
pub(super) fn typed(entry: &CatalogueEntry, request: &Value, content: Option<&Path>) -> Option<Vec<String>> {
    let name = entry.short_name();
    if WITHOUT.contains(&name) {
        return None;
    }
    let is_of_wscli = |(operation, _): &&(&str, _)| entry.declaration.protocol == "ws-channel" && *operation == name;
    let mut out: Vec<String> = match COMMANDS.iter().find(is_of_wscli) {
        Some((_, command)) => command.iter().map(|word| (*word).to_owned()).collect(),
        None => {
            let placement = bankchannel::protocols::protocol(entry.declaration.protocol)?.commands;
            vec![placement.group(entry.declaration)?.to_owned(), name.replace('_', "-")]
        }
    };
    for (field, value) in request.as_object()? {
        if !entry.request.fields().iter().any(|known| known.name == field) {
            return None;
        }
        let values = match value {
            Value::Array(values) => values.iter().collect(),
            Value::Null => Vec::new(),
            one => vec![one],
        };
        let option = if field == "api_key" { "apikey".to_owned() } else { field.replace('_', "-") };
        for value in values {
            match value {
                Value::String(text) if !text.starts_with('@') => out.push(format!("--{option}={text}")),
                Value::Bool(_) | Value::Number(_) => out.push(format!("--{option}={value}")),
                _ => return None,
            }
        }
    }
    if let (Some(path), Some(field)) = (content, entry.request.content_field()) {
        out.push(format!("--{}={}", field.name.replace('_', "-"), path.display()));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_becomes_options_where_it_can() {
        let typed = |name: &str, request: Value| typed(bankchannel::find(name).unwrap(), &request, None);
        assert_eq!(
            typed("ws_channel.list_files", json!({"bank": "nordea", "status": "NEW"})).unwrap(),
            ["files", "list-files", "--bank=nordea", "--status=NEW"]
        );
        assert_eq!(
            typed("ws_channel.log_in", json!({"setup_totp": true})).unwrap(),
            ["session", "login", "--setup-totp=true"]
        );
        assert_eq!(typed("ws_channel.login", json!({})), None);
        assert_eq!(typed("ws_channel.list_files", json!({"colour": "red"})), None);
        assert_eq!(typed("ws_channel.list_files", json!({"bank": {"a": 1}})), None);
    }
}
