//! `sepa verify` and `explain`: whether a message of a bank or a customer is genuine, and why not.

use std::sync::Arc;

use bankchannel::{call_local, sepa_web_services::VerifyMessageRequest};
use bankchannel_foundation::model::Boundary as _;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{
        add_common, certificates,
        fields::{FieldOption, FieldOptions},
        file_argument, format, stdin,
    },
    output::{self, Format, progress::ProgressLine},
};

const ROWS: FieldOptions = FieldOptions::new(
    VerifyMessageRequest::SHAPE,
    &[
        FieldOption::value("bank", "bank")
            .help("The bank, such as nordea: its authorities are trusted, and its answers must be signed by it"),
        FieldOption::value("profile", "profile"),
        FieldOption::value("environment", "environment"),
        FieldOption::files(
            "trusted",
            "ca",
            certificates::all,
            "Certificates of trusted authorities: one or several as PEM, or one as DER; may be given several times",
        ),
        FieldOption::value("at", "at").help("The instant of the check, such as 2026-03-03T10:15:30Z [default: now]"),
        FieldOption::value("signatures_only", "signatures-only"),
        FieldOption::value("charset", "charset"),
    ],
);

const ALLOW: &str = "allow";

const VERIFY_EXAMPLES: &str = "Examples:
  bankchannel sepa verify --bank nordea answer.xml
  bankchannel sepa verify --ca authority.pem --allow sha1 --at 2021-06-01T12:00:00Z --json - < old-answer.xml
  bankchannel sepa verify --signatures-only request.xml

Exit code 0 when the message is valid, 1 when it is refused. An answer holds for some minutes: give the time at which it
arrived with --at. Not checked: revocation, and whether an answer belongs to a request.";

const EXPLAIN_EXAMPLES: &str = "Examples:
  bankchannel sepa explain --bank op answer.xml
  bankchannel sepa explain --ca customers.pem --json request.xml | jq '.differences[].alternatives'

The exit code is 0 for every verdict; use `verify` in scripts. The output shows content of the message.";

pub(super) fn verify_command() -> Command {
    arguments(Command::new("verify"))
        .about("Verify a message of a bank: exit 0 when it is valid, 1 when it is refused")
        .after_help(VERIFY_EXAMPLES)
}

pub(super) fn explain_command() -> Command {
    arguments(Command::new("explain"))
        .about("Explain why a message is refused: each check, and the text whose digest differs")
        .after_help(EXPLAIN_EXAMPLES)
}

fn arguments(command: Command) -> Command {
    let allow = Arg::new(ALLOW).long(ALLOW).value_name("METHOD").value_parser(["sha1"]).action(ArgAction::Append);
    add_common(command)
        .args(ROWS.arguments())
        .arg(allow.help("Permit a method that is broken; may be given several times"))
        .arg(file_argument("file", "The message: an envelope, or the document inside of one; - for stdin"))
}

/// Exit code 0 if the message is valid.
pub(super) fn verify(matches: &ArgMatches) -> CommandOutcome {
    let given = ROWS.read(matches)?;
    let only = given.get("signatures_only") == Some(&Value::Bool(true));
    let verdict = call(matches, given, "sepa_web_services.verify_message", "verifying the message")?;
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

/// Exit code 0 for any verdict.
pub(super) fn explain(matches: &ArgMatches) -> CommandOutcome {
    let explained = call(matches, ROWS.read(matches)?, "sepa_web_services.explain_message", "examining the message")?;
    match format(matches) {
        Format::Json => output::json(&explained),
        Format::Table => output::line(explained["text"].as_str().unwrap_or_default().trim_end()),
    }
    Ok(())
}

fn call(
    matches: &ArgMatches,
    mut given: Map<String, Value>,
    operation: &str,
    meanwhile: &'static str,
) -> CommandOutcome<Value> {
    if matches.contains_id(ALLOW) {
        given.insert("allow_sha1".to_owned(), true.into());
    }
    let path = matches.get_one::<String>("file").map(String::as_str).unwrap_or_default();
    let progress = Arc::new(ProgressLine::begin(meanwhile));
    let content = stdin::watched_content_of(path, "FILE", meanwhile, &progress)?;
    let answered = call_local(operation, Value::Object(given), Some(content));
    drop(progress);
    Ok(answered?)
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
