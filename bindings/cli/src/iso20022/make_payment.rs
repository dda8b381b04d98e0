//! `iso20022 make-payment`: a payment file from a table of transfers.

use std::path::Path;

use bankchannel::{Content, call_local};
use bankchannel_iso20022::make::{COLUMNS, TransferColumn, example_csv};
use clap::{ArgMatches, Command};
use serde_json::{Map, Value, json};

use super::tables::text;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{self, file, flag, format, kebab, read_file, stdin},
    output::{self, Format, table},
};

/// Options with the name of their field.
const FIELDS: [(&str, &str, &str); 10] = [
    ("execution_date", "DATE", "The execution date, such as 2026-11-20"),
    ("kind", "KIND", "sepa, instant, urgent or national [default: sepa for EUR, else national]"),
    ("category", "CODE", "The category of all transfers, such as SALA for salaries"),
    ("currency", "CODE", "The currency of transfers without one [default: EUR]"),
    ("charge_bearer", "CODE", "The bearer of the charges: SLEV, SHAR, DEBT, CRED"),
    ("version", "VERSION", "The version of the file: v09, or v03 for banks that still require it"),
    ("message_id", "ID", "The id of the file [default: made from the data]"),
    ("batch_id", "ID", "The id of the batch [default: made from the data]"),
    (
        "characters",
        "MODE",
        "The treatment of characters that banks do not forward: strict (refused), epc, german, latin1",
    ),
    ("created", "INSTANT", "The creation time of the file, RFC 3339 [default: now]"),
];
/// Flags.
const FLAGS: [(&str, &str); 4] = [
    ("batch_booking", "Debit the account once for each batch"),
    ("cut", "Cut texts and names that are too long, and report it"),
    ("compact", "Write no line breaks"),
    ("uetr", "Give each transfer a UETR, made from the data"),
];

pub(super) fn arguments(command: Command) -> Command {
    let mut help = String::from(
        "Examples:\n  bankchannel iso20022 make-payment --example > transfers.csv\n  \
         bankchannel iso20022 make-payment --csv transfers.csv --debtor 'Example Oy' --debtor-iban FI2112345600000785 \\\n    \
         --execution-date 2026-11-20 --output payment.xml\n  \
         payroll | bankchannel iso20022 make-payment --csv - --debtor 'Example Oy' --debtor-iban FI2112345600000785 --category SALA \\\n    \
         --execution-date 2026-11-30 > salaries.xml\n\n\
         The table has a header row. An apostrophe before = + - @ is removed, as spreadsheets do. Columns:\n",
    );
    for TransferColumn { name, meaning, .. } in COLUMNS {
        help.push_str(&format!("  {name:<28} {meaning}\n"));
    }
    let mut command = command
        .after_help(help.trim_end().to_owned())
        .arg(
            file("csv", "The transfers as a table; - for stdin").required_unless_present_any(["example", "json-lines"]),
        )
        .arg(file("json-lines", "The transfers as JSON, one per line; - for stdin").conflicts_with("csv"))
        .arg(options::text("delimiter", "C", "The character between two cells [default: a comma]").requires("csv"))
        .arg(flag("decimal-comma", "Amounts have a decimal comma").requires("csv"))
        .arg(options::text("debtor", "NAME", "The payer's name"))
        .arg(options::text("debtor-iban", "IBAN", "The payer's account"))
        .arg(options::text("debtor-bic", "BIC", "The BIC of the payer's bank, if the bank requires it"))
        .arg(options::text("data", "JSON|@FILE", "Any other field of iso20022.make_payment, such as a bank's profile"))
        .arg(file("output", "The file to write; it must not exist [default: stdout]").short('o'))
        .arg(flag("example", "Print an example table and exit"));
    for (name, value, help) in FIELDS {
        command = command.arg(options::text(kebab(name), value, help));
    }
    for (name, help) in FLAGS {
        command = command.arg(flag(kebab(name), help));
    }
    command
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    if matches.get_flag("example") {
        output::bytes(example_csv().as_bytes());
        return Ok(());
    }
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let (source, form) = match (given("csv"), given("json-lines")) {
        (Some(path), _) => (path, "csv"),
        (None, Some(path)) => (path, "json_lines"),
        (None, None) => return Err(CommandFailure::usage("give --csv FILE or --json-lines FILE")),
    };
    let option = if form == "csv" { "--csv" } else { "--json-lines" };
    let content = if source == "-" { stdin::content(option)? } else { Content::from(Path::new(source)) };
    let request = request(matches, form)?;
    let answer = call_local("iso20022.make_payment", Value::Object(request), Some(content))?;
    match (format(matches), answer["xml"].as_str()) {
        (Format::Json, _) => output::json(&answer),
        (Format::Table, Some(xml)) => {
            output::bytes(xml.as_bytes());
            report_made(&answer, output::print_note);
        }
        (Format::Table, None) => report_made(&answer, output::line),
    }
    Ok(())
}

fn request(matches: &ArgMatches, form: &str) -> CommandOutcome<Map<String, Value>> {
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let data = match given("data") {
        None => json!({}),
        Some(text) => {
            let text = text.strip_prefix('@').map_or_else(|| Ok(text.to_owned()), |path| read_file("--data", path))?;
            bankchannel_bridge::parse_json(&text)?.into()
        }
    };
    let Value::Object(mut request) = data else { return Err(CommandFailure::usage("--data must be a JSON object")) };
    request.insert("format".into(), form.into());
    if let Some(path) = given("output") {
        request.insert("path".into(), path.into());
    }
    let mut table = Map::new();
    if let Some(delimiter) = given("delimiter") {
        table.insert("delimiter".into(), delimiter.into());
    }
    if matches.get_flag("decimal-comma") {
        table.insert("decimal_comma".into(), true.into());
    }
    if !table.is_empty() {
        request.insert("table".into(), table.into());
    }
    for (option, field) in [("debtor", "name"), ("debtor-iban", "iban"), ("debtor-bic", "bic")] {
        if let Some(value) = given(option) {
            match request.entry("debtor").or_insert_with(|| json!({})) {
                Value::Object(debtor) => debtor.insert(field.into(), value.into()),
                _ => return Err(CommandFailure::usage("--data: debtor must be an object")),
            };
        }
    }
    for (field, ..) in FIELDS {
        if let Some(value) = given(&kebab(field)) {
            request.insert(field.into(), value.into());
        }
    }
    for (field, _) in FLAGS {
        if matches.get_flag(&kebab(field)) {
            request.insert(field.into(), true.into());
        }
    }
    Ok(request)
}

/// Reports the result and its warnings.
fn report_made(answer: &Value, say: impl Fn(&str)) {
    let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    say(&format!(
        "{}: {} transactions, control sum {}",
        text(&answer["message_id"]),
        answer["transactions"],
        text(&answer["control_sum"])
    ));
    let batches = list("batches").into_iter().map(|batch| {
        let sum = format!("{} {}", text(&batch["sum"]["amount"]), text(&batch["sum"]["currency"]));
        [text(&batch["id"]), batch["transactions"].to_string(), sum, text(&batch["execution_date"])]
    });
    say(table::table(&["Batch", "Transactions", "Sum", "On"], batches).trim_end());
    for change in list("changes") {
        say(&format!(
            "changed: {}: {} became {}",
            text(&change["field"]),
            text(&change["before"]),
            text(&change["after"])
        ));
    }
    for warning in list("warnings") {
        let place =
            warning["transaction"].as_u64().map_or_else(String::new, |number| format!("transaction {number}: "));
        say(&format!("warning: {place}{}; {}", text(&warning["message"]), text(&warning["change"])));
    }
}
