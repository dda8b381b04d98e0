//! `banks`: the facts known of each bank, with source and date.

use bankchannel::call_local;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::{
    exit::CommandOutcome,
    options::{add_common, format},
    output::{self, Format, table},
};

pub(crate) fn command() -> Command {
    add_common(Command::new("banks"))
        .about("Show what is known of the banks, or of one: channels, file types, renewal, payment rules, sources")
        .arg(Arg::new("name").value_name("NAME").help("The bank: its name, its id on the WS Channel, or its BIC"))
        .after_help("Examples:\n  bankchannel banks\n  bankchannel banks nordea\n  bankchannel banks OKOYFIHH --json")
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let name = matches.get_one::<String>("name").map(String::as_str);
    let answered = call_local("iso20022.list_banks", json!({ "bank": name }), None)?;
    let banks = answered["banks"].as_array().map(Vec::as_slice).unwrap_or_default();
    match (format(matches), name) {
        (Format::Json, _) => output::json(&answered),
        (Format::Table, None) => overview(banks),
        (Format::Table, Some(_)) => banks.iter().for_each(|bank| output::line(table::render(bank).trim_end())),
    }
    Ok(())
}

fn overview(banks: &[Value]) {
    let text = |value: &Value| match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let ids = |all: &Value| {
        let id = |one: &Value| format!("{} {}", text(&one["channel"]), text(&one["id"]));
        let ids: Vec<String> = all.as_array().into_iter().flatten().map(id).collect();
        if ids.is_empty() { "–".to_owned() } else { ids.join(", ") }
    };
    let row = |bank: &Value| {
        let rules: Vec<String> = bank["payments"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(rule, value)| format!("{rule} {}", text(value)))
            .collect();
        let sources = bank["sources"].as_array().map(Vec::as_slice).unwrap_or_default();
        let recorded = sources.iter().filter_map(|source| source["recorded_on"].as_str()).max();
        [
            text(&bank["name"]),
            text(&bank["bank"]),
            text(&bank["bics"][0]),
            ids(&bank["channel_ids"]),
            text(&bank["family"]),
            text(&bank["renew_before_days"]),
            if rules.is_empty() { "–".to_owned() } else { rules.join(", ") },
            recorded.unwrap_or("–").to_owned(),
        ]
    };
    let header = ["Name", "Bank", "BIC", "Channel ids", "SEPA Web Services", "Renewal, days", "Payments", "Recorded"];
    output::bytes(table::table(&header, banks.iter().map(row)).as_bytes());
}
