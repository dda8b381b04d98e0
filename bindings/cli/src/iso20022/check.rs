//! `iso20022 check`: finds the errors of a payment file before the bank does. Exit 0 without errors, 1 with.

use std::sync::Arc;

use bankchannel::call_local;
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::tables::text;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{self, add_common, file_argument, format, stdin},
    output::{self, Format, progress::ProgressLine, table},
};

/// Progress on a terminal.
const CHECKING: &str = "checking the file";

pub(super) fn command() -> Command {
    add_common(Command::new("check"))
        .about("Find errors in a payment file before the bank does: exit 0 without errors, 1 with errors")
        .after_help(
            "Examples:\n  bankchannel iso20022 check payment.xml\n  \
             bankchannel iso20022 check --profile '{\"closed_day_is_error\": true}' payment.xml\n\nThe list of checks: docs/iso20022.md",
        )
        .arg(file_argument("file", "A pain.001.001.09 or pain.001.001.03 file; - for stdin"))
        .arg(options::text("profile", "JSON", "Your bank's rules: the fields of `profile` of iso20022.check_payment"))
        .arg(options::text("profile-file", "FILE", "A file with a bank of your own, JSON: its payments and extends"))
        .arg(options::text("encoding", "NAME", "The file's encoding, if the file declares none or a wrong one"))
}

pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let progress = Arc::new(ProgressLine::begin(CHECKING));
    let content = stdin::watched_content_of(given("file").unwrap_or_default(), "FILE", CHECKING, &progress)?;
    let profile = given("profile").map(bankchannel_bridge::parse_json).transpose()?.map(Value::from);
    let request = json!({ "profile": profile, "profile_file": given("profile-file"), "encoding": given("encoding") });
    let checked = call_local("iso20022.check_payment", request, Some(content));
    drop(progress);
    let checked = checked?;
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
