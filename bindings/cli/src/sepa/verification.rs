//! `sepa verify`: whether a message of a bank or a customer is genuine.

use clap::ArgMatches;
use serde_json::Value;

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::format,
    output::{self, Format},
};

/// Exit code 0 if the message is valid.
pub(super) fn verified(matches: &ArgMatches, verdict: Value) -> CommandOutcome {
    let only = matches.get_one::<String>("signatures-only").is_some_and(|given| given == "true");
    match format(matches) {
        Format::Json => output::json(&verdict),
        Format::Table => lines(&verdict, only).iter().for_each(|line| output::line(line)),
    }
    if verdict["valid"] == true {
        return Ok(());
    }
    if format(matches) == Format::Table {
        output::print_note("run `bankchannel sepa explain` with the same arguments for the reason");
    }
    Err(CommandFailure::Told)
}

/// The verdict first, then the checks that do not hold, then who signed.
fn lines(verdict: &Value, signatures_only: bool) -> Vec<String> {
    // The message's text may come from anybody: it cannot look like lines of ours.
    let text = |value: &Value| value.as_str().unwrap_or_default().replace(char::is_control, " ");
    let all = |name: &str| verdict[name].as_array().cloned().unwrap_or_default();
    let operation = verdict["operation"].as_str().map(|name| format!(", {name}")).unwrap_or_default();
    let first = match (verdict["valid"] == true, signatures_only) {
        (true, false) => "VALID",
        (false, false) => "REFUSED",
        (true, true) => "SIGNATURES HOLD (whose they are was not asked)",
        (false, true) => "SIGNATURES DO NOT HOLD",
    };
    let mut lines = vec![format!("{first}: {}{operation}", text(&verdict["kind"]))];
    for check in all("checks").iter().filter(|check| check["ok"] != true) {
        lines.push(format!("  {}: {}", text(&check["id"]), text(&check["why"])));
    }
    for signature in all("signatures") {
        let signer = signature["signer"]["subject"].as_str().unwrap_or("no certificate");
        let holds = if signature["valid"] == true { "holds" } else { "does not hold" };
        let trusted = if signature["trusted"] == true { "trusted" } else { "not trusted" };
        lines.push(format!("  signature of the {} {holds}: {signer}, {trusted}", level(&signature)));
    }
    if let Some(code) = verdict["response_code"].as_str() {
        let code = code.replace(char::is_control, " ");
        lines.push(format!("  the bank's code: {code} {}", text(&verdict["response_text"])));
    }
    lines
}

fn level(signature: &Value) -> &'static str {
    if signature["level"] == "document" { "document" } else { "envelope" }
}
