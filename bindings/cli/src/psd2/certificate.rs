//! `psd2 inspect` and `key-id`: a certificate shown for people.

use clap::ArgMatches;
use serde_json::{Value, json};

use crate::{
    exit::CommandOutcome,
    options::format,
    output::{self, Format},
};

/// `key-id`: one key id per line, not wrapped, to be copied.
pub(super) fn key_ids(matches: &ArgMatches, response: Value) -> CommandOutcome {
    if format(matches) == Format::Json {
        output::json(&json!({ "key_ids": response["key_ids"] }));
        return Ok(());
    }
    for form in response["key_ids"].as_array().into_iter().flatten() {
        let text = |name: &str| form[name].as_str().unwrap_or_default();
        output::line(&format!("{:<9} {:<13} {}", text("serial"), text("issuer"), text("key_id")));
    }
    Ok(())
}

/// `inspect`: without key ids, which have their own command.
pub(super) fn inspected(matches: &ArgMatches, mut response: Value) -> CommandOutcome {
    if let (Format::Table, Some(members)) = (format(matches), response.as_object_mut()) {
        members.retain(|name, value| name != "key_ids" && value.as_array().is_none_or(|list| !list.is_empty()));
    }
    format(matches).show(&response);
    Ok(())
}
