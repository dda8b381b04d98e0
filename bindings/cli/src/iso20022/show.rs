//! `iso20022 show`: the content of payment files, status reports and statements.

use std::path::PathBuf;

use bankchannel_foundation::{model::write_boundary, shown};
use bankchannel_iso20022::{
    MessageFile,
    cash::{BalanceCheck, CashFile, Statement},
    data::UnreadElement,
    payment::PaymentFile,
    status::StatusFile,
    tables::{self, Column, EntryRows, Row},
};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::{Value, json};

use super::{
    files,
    tables::{Rows, amount, money, print},
};
use crate::{
    exit::{Failure, Outcome},
    options::{add_common, format},
    output::{self, Format},
};

const TABLES: [&str; 4] = ["entries", "details", "transactions", "statuses"];

pub(super) fn command() -> Command {
    let columns =
        [("entries, details", tables::ENTRIES), ("transactions", tables::TRANSACTIONS), ("statuses", tables::STATUSES)];
    let mut help = String::from(
        "Examples:\n  bankchannel iso20022 show payment.xml\n  bankchannel iso20022 show inbox            every file of a folder\n  \
         bankchannel iso20022 show --csv statement.xml > entries.csv\n  bankchannel iso20022 show --csv=details inbox\n\n\
         In CSV a text that a spreadsheet would read as a formula begins with an apostrophe. Columns:\n",
    );
    for (title, columns) in columns {
        help.push_str(&format!("\n{title}:\n"));
        for Column { name, documentation } in columns {
            help.push_str(&format!("  {name:<22} {documentation}\n"));
        }
    }
    add_common(Command::new("show"))
        .about("Show the content of payment files, status reports and statements")
        .after_help(help.trim_end().to_owned())
        .arg(
            Arg::new("files")
                .value_name("FILE|FOLDER")
                .required(true)
                .action(ArgAction::Append)
                .num_args(1..)
                .value_hint(ValueHint::AnyPath)
                .help("pain.001, pain.002, camt.052, camt.053, camt.054; of a folder, every file"),
        )
        .arg(
            Arg::new("csv")
                .long("csv")
                .value_name("TABLE")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("")
                .hide_default_value(true)
                .help("Print CSV: entries, details (one row for each transaction of an entry), transactions or statuses; without a value, \
                     the table that fits the first file"),
        )
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let files = files::listed(matches.get_many::<String>("files").into_iter().flatten())?;
    if let Some(wanted) = matches.get_one::<String>("csv") {
        return as_csv(wanted, &files);
    }
    let (format, mut all) = (format(matches), Vec::new());
    let failed = each(&files, |name, read| {
        match (format, read) {
            (Format::Json, Ok(read)) => all.push(as_json(name, read)),
            (Format::Json, Err(why)) => all.push(json!({ "file": name, "error": why })),
            (Format::Table, Ok(read)) => {
                show(name, &read);
                unread_of(&read, output::line);
            }
            (Format::Table, Err(why)) => output::note(&format!("{name}: {why}")),
        }
        Ok(())
    })?;
    if format == Format::Json {
        output::json(&json!({ "files": all }));
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

/// Passes on each file with its name: its content, or the reason for leaving it out. Returns whether any was left out.
fn each(
    files: &[(PathBuf, bool)],
    mut take: impl FnMut(&str, Result<MessageFile, String>) -> Outcome,
) -> Outcome<bool> {
    let mut failed = false;
    for (path, _) in files {
        let read = files::read(path);
        failed |= read.is_err();
        take(&shown::path(path).to_string(), read)?;
    }
    Ok(failed)
}

fn as_json(name: &str, read: MessageFile) -> Value {
    let (kind, value) = match read {
        MessageFile::Payment(file) => ("payment", write_boundary(*file)),
        MessageFile::Status(file) => ("report", write_boundary(file)),
        MessageFile::Cash(file) => ("statement", write_boundary(*file)),
    };
    let mut shown = json!({ "file": name });
    shown[kind] = value;
    shown
}

fn as_csv(wanted: &str, files: &[(PathBuf, bool)]) -> Outcome {
    if !wanted.is_empty() && !TABLES.contains(&wanted) {
        return Err(Failure::usage(format!("--csv: there is no table {wanted}: {}", TABLES.join(", "))));
    }
    let (mut table, mut rows): (Option<&str>, Option<Rows>) = (TABLES.into_iter().find(|name| *name == wanted), None);
    let failed = each(files, |name, read| {
        let read = match read {
            Ok(read) => read,
            Err(why) => {
                output::note(&format!("{name}: {why}"));
                return Ok(());
            }
        };
        unread_of(&read, output::note);
        let own = match &read {
            MessageFile::Payment(_) => "transactions",
            MessageFile::Status(_) => "statuses",
            MessageFile::Cash(_) => "entries",
        };
        let table = *table.get_or_insert(own);
        if table != own && !(table == "details" && own == "entries") {
            output::note(&format!("{name}: holds {own}, not {table}: skipped"));
            return Ok(());
        }
        let entries = if table == "details" { EntryRows::Details } else { EntryRows::Entries };
        let (columns, found): (&[Column], Box<dyn Iterator<Item = Row<'_>>>) = match &read {
            MessageFile::Payment(file) => (tables::TRANSACTIONS, Box::new(tables::of_payment(file))),
            MessageFile::Status(file) => (tables::STATUSES, Box::new(tables::of_reports(&file.reports))),
            MessageFile::Cash(file) => (tables::ENTRIES, Box::new(tables::of_statements(&file.statements, entries))),
        };
        let out = match &mut rows {
            Some(rows) => rows,
            None => rows.insert(Rows::new(columns)?),
        };
        for row in found {
            out.add(&row)?;
        }
        Ok(())
    })?;
    match rows {
        Some(rows) => rows.end()?,
        None if failed => {}
        None => return Err(Failure::usage("no file holds rows for this table")),
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

fn show(name: &str, read: &MessageFile) {
    output::line(name);
    match read {
        MessageFile::Payment(file) => payment(file),
        MessageFile::Status(file) => reports(file),
        MessageFile::Cash(file) => cash(file),
    }
    output::line("");
}

fn payment(file: &PaymentFile) {
    let id = file.id.as_deref().unwrap_or("without an id");
    let count = file.batches.iter().map(|batch| batch.transactions.len()).sum::<usize>();
    output::line(&format!("Payment file {id}: {count} transactions, control sum {}", amount(file.sum.as_ref())));
    let shown = [
        ("creditor", "To"),
        ("creditor_account", "Account"),
        ("amount", "Amount"),
        ("currency", ""),
        ("reference", "Reference"),
        ("text", "Text"),
        ("execution_date", "On"),
        ("debtor_account", "From"),
        ("end_to_end_id", "End-to-end id"),
    ];
    print(tables::TRANSACTIONS, &shown, tables::of_payment(file));
    notes(file.notes.iter().map(String::as_str));
}

fn reports(file: &StatusFile) {
    for report in &file.reports {
        let (id, of) =
            (report.id.as_deref().unwrap_or_default(), report.original_message_id.as_deref().unwrap_or_default());
        output::line(&format!("Status report {id} on {of}"));
        notes(report.notes.iter().map(String::as_str));
    }
    let shown = [
        ("level", "Of"),
        ("payment_id", "Batch"),
        ("end_to_end_id", "End-to-end id"),
        ("status", "Status"),
        ("status_meaning", ""),
        ("reasons", "Reason"),
        ("reason_meanings", ""),
    ];
    print(tables::STATUSES, &shown, tables::of_reports(&file.reports));
}

fn cash(file: &CashFile) {
    for message in &file.messages {
        notes(message.information.as_deref().into_iter());
        notes(message.notes.iter().map(String::as_str));
    }
    for statement in &file.statements {
        head(statement);
        let shown = [
            ("booking_date", "Date"),
            ("counterparty", "Who"),
            ("counterparty_account", "Account"),
            ("amount", "Amount"),
            ("currency", ""),
            ("reference", "Reference"),
            ("text", "Text"),
            ("status", "Status"),
        ];
        print(tables::ENTRIES, &shown, tables::of_statements(std::slice::from_ref(statement), EntryRows::Entries));
        notes(statement.problems.iter().map(|problem| problem.message.as_str()));
    }
}

fn head(statement: &Statement) {
    let account = &statement.account;
    let number = account.iban.as_deref().or(account.account.as_deref()).unwrap_or("without a number");
    let id = statement.id.as_deref().unwrap_or_default();
    output::line(&format!("Account {number}, statement {id}: {} entries", statement.entries.len()));
    let balance = |title: &str, balance: &Option<bankchannel_iso20022::cash::StatementBalance>| {
        if let Some(balance) = balance {
            output::line(&format!("{title} {}", money(balance.money.as_ref())));
        }
    };
    balance("Opening balance", &statement.opening);
    balance("Closing balance", &statement.closing);
    if let Some(end) = &statement.end
        && end.balance_check == BalanceCheck::Differs
    {
        let by = amount(end.balance_difference.as_ref());
        output::line(&format!("The balances do not match the booked entries: they differ by {by}"));
    }
}

/// Names what the file has and the result does not: one line for each element.
fn unread(found: &[UnreadElement], note: fn(&str)) {
    const SHOWN: usize = 20;
    for one in found.iter().take(SHOWN) {
        let times = if one.count == 1 { String::new() } else { format!(", {} times", one.count) };
        note(&format!("not in the result: {}, line {}{times}", one.path, one.first_line));
    }
    if found.len() > SHOWN {
        note(&format!("not in the result: {} further elements (--json names all)", found.len() - SHOWN));
    }
}

/// The same of a whole file.
fn unread_of(file: &MessageFile, note: fn(&str)) {
    match file {
        MessageFile::Payment(file) => unread(&file.unread, note),
        MessageFile::Status(file) => file.reports.iter().for_each(|report| unread(&report.unread, note)),
        MessageFile::Cash(file) => {
            file.messages.iter().for_each(|message| unread(&message.unread, note));
            file.statements.iter().for_each(|statement| unread(&statement.unread, note));
            unread(&file.unread, note);
        }
    }
}

fn notes<'a>(notes: impl Iterator<Item = &'a str>) {
    notes.for_each(|note| output::line(&format!("note: {note}")));
}
