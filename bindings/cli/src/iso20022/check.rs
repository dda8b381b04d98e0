//! `iso20022 check`: finds the errors of a payment file before the bank does. Exit 0 without errors, 1 with.

use clap::ArgMatches;
use serde_json::Value;

use super::tables::text;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::format,
    output::{self, Format, table},
};

pub(super) fn checked(matches: &ArgMatches, checked: Value) -> CommandOutcome {
    match format(matches) {
        Format::Json => output::json(&checked),
        Format::Table => show(&checked),
    }
    if checked["ok"] == true { Ok(()) } else { Err(CommandFailure::Told) }
}

fn show(checked: &Value) {
    let findings = checked["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let row = |one: &Value| {
        let place = match (one["line"].as_u64(), one["transaction"].as_u64()) {
            (Some(line), Some(number)) => format!("line {line}, transaction {number}"),
            (Some(line), None) => format!("line {line}"),
            (None, Some(number)) => format!("transaction {number}"),
            (None, None) => String::new(),
        };
        [
            text(&one["level"]),
            text(&one["rule"]),
            place,
            text(&one["value"]),
            text(&one["message"]),
            text(&one["change"]),
        ]
    };
    if !findings.is_empty() {
        let header = ["", "Rule", "Where", "Value", "What is wrong", "What to change"];
        output::bytes(table::table(&header, findings.iter().map(row)).as_bytes());
    }
    let (errors, warnings) = (text(&checked["errors"]), text(&checked["warnings"]));
    let name = checked["message_name"].as_str().unwrap_or("no payment file");
    let plural = |count: &str| if count == "1" { "" } else { "s" };
    output::line(&format!("{name}: {errors} error{}, {warnings} warning{}", plural(&errors), plural(&warnings)));
}
