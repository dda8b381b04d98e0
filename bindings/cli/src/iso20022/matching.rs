//! `iso20022 match`: the result of each transaction of a payment file.

use std::{
    io::{self, Write as _},
    path::Path,
};

use bankchannel_foundation::{model::write_boundary, shown};
use bankchannel_iso20022::{
    MessageFile,
    matching::{LeftoverEntry, Matched, match_status},
    operations::reading::{supported_encoding, supported_statement_encoding},
    payment::read_with_encoding,
    tables::{self, CsvOptions, CsvWriter, TableColumn},
};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::{Value, json};

use super::{
    files::{self, LeftOut, NamedEncoding},
    payee_check,
    tables::{ShownColumns, money},
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{self, file_argument, flag, format, stdin},
    output::{self, Format},
};

pub(super) fn arguments(command: Command) -> Command {
    let mut help = String::from(
        "Examples:\n  bankchannel iso20022 match payment.xml inbox\n  bankchannel iso20022 match --csv payment.xml report.xml statement.xml\n\n\
         Do not send a transaction again while the place of its money is unknown. Columns of --csv:\n",
    );
    for TableColumn { name, documentation } in tables::OUTCOMES {
        help.push_str(&format!("  {name:<20} {documentation}\n"));
    }
    command
        .after_help(help.trim_end().to_owned())
        .arg(file_argument("payment", "The payment file that was sent: pain.001; - for stdin"))
        .arg(
            Arg::new("files")
                .value_name("FILE|FOLDER")
                .action(ArgAction::Append)
                .num_args(0..)
                .value_hint(ValueHint::AnyPath)
                .help(
                    "Files from the bank since then: pain.002, camt.052, camt.053, camt.054, MT940, TITO, KTL, archives of them; of \
                     a folder, every file",
                ),
        )
        .arg(options::text("encoding", "NAME", "The payment file's encoding, if it declares none or a wrong one"))
        .arg(options::text(
            "bank-encoding",
            "NAME",
            "The encoding of a file from the bank that declares none or a wrong one; in a folder, of those files that are not \
             in what they declare",
        ))
        .arg(flag("csv", "Print CSV"))
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let (name, bytes) = match given("payment").unwrap_or_default() {
        "-" => {
            let bytes = files::bytes_of(stdin::reader("the payment file")?);
            ("stdin".to_owned(), bytes.map_err(|why| format!("stdin cannot be read: {why}")))
        }
        path => {
            let bytes = files::bytes(Path::new(path));
            (shown::path(path).to_string(), bytes.map_err(|why| shown::unreadable_content(Path::new(path), &why)))
        }
    };
    let bytes = bytes.map_err(CommandFailure::usage)?;
    let encoding = supported_encoding(given("encoding").map(str::to_owned))?;
    let payment = read_with_encoding(bytes.as_slice(), encoding.as_deref())
        .map_err(|problem| CommandFailure::usage(format!("{name}: {problem}")))?;
    let (mut reports, mut statements, mut not_read) = (Vec::new(), Vec::new(), Vec::new());
    let mut failed = false;
    let files = files::listed(matches.get_many::<String>("files").into_iter().flatten())?;
    let bank_encoding = supported_statement_encoding(given("bank-encoding").map(str::to_owned))?;
    let bank_encoding = NamedEncoding::new(bank_encoding.as_deref(), &files);
    for (path, named) in files {
        files::each_in((path.as_path(), named), bank_encoding, &mut |name, file| {
            match file.and_then(|file| file.whole().map_err(LeftOut::from)) {
                Ok(MessageFile::Payment(_)) => {
                    failed |= named;
                    let why = "is a payment file, not a file from the bank";
                    output::print_note(&format!("{name}: {why}: left out"));
                    not_read.push(left_out(name, why, named));
                }
                Ok(file) => {
                    reports.extend_from_slice(file.reports());
                    statements.extend_from_slice(file.statements());
                }
                Err(LeftOut { why, is_failure }) => {
                    failed |= is_failure;
                    let missing = if is_failure { ", so that an outcome may be missing" } else { "" };
                    output::print_note(&format!("{name}: {why}: left out{missing}"));
                    not_read.push(left_out(name, &why, is_failure));
                }
            }
            Ok(())
        })?;
    }
    let matched = match_status(&payment, &reports, &statements);
    if matches.get_flag("csv") {
        as_csv(&matched).map_err(|why| CommandFailure::usage(format!("standard output: {why}")))?;
        return exit_of_match(failed);
    }
    match format(matches) {
        Format::Json => {
            let mut shown = write_boundary(matched);
            if !not_read.is_empty() {
                shown["not_read"] = not_read.into();
            }
            output::json(&shown);
        }
        Format::Table => show(&matched),
    }
    exit_of_match(failed)
}

/// A file that is left out, with the reason: `error`, or `not_read` if nothing is missing without it, as in `show --json`.
fn left_out(name: &str, why: &str, is_failure: bool) -> Value {
    let member = if is_failure { "error" } else { "not_read" };
    json!({ "file": name, (member): why })
}

/// A named file that was left out is a failure, which a note has reported.
fn exit_of_match(failed: bool) -> CommandOutcome {
    if failed { Err(CommandFailure::Told) } else { Ok(()) }
}

fn as_csv(matched: &Matched) -> io::Result<()> {
    let mut csv = CsvWriter::new(io::BufWriter::new(output::Stdout), CsvOptions::default(), tables::OUTCOMES)?;
    tables::of_matched(matched).try_for_each(|row| csv.row(&row))?;
    csv.into_inner().flush()
}

const SHOWN: ShownColumns = ShownColumns(
    tables::OUTCOMES,
    &[
        ("end_to_end_id", "End-to-end id"),
        ("creditor", "To"),
        ("amount", "Amount"),
        ("currency", ""),
        ("outcome", "Outcome"),
        ("status", "Status"),
        ("reason", "Reason"),
        ("reason_meaning", ""),
        ("information", "The bank's words"),
        ("payee_check", "Payee check"),
        ("registered_name", "Registered name"),
        ("again", "Again?"),
        ("advice", "What to do"),
        ("booking_date", "Booked on"),
        ("difference", "Difference"),
        ("candidates", "May be its own"),
    ],
    &["information", "payee_check", "registered_name", "difference", "candidates"],
);

/// The most bookings that are shown with the transactions that they may be about.
const MAX_SHOWN: usize = 20;

/// A booking that belongs to no transaction for certain, and those that it may be about.
fn with_candidates(entry: &LeftoverEntry) -> Option<String> {
    let numbers: Vec<String> = entry.candidates.iter().map(ToString::to_string).collect();
    let numbers = match numbers.as_slice() {
        [] => return None,
        [one] => format!("transaction {one}"),
        several => format!("one of the transactions {}", several.join(", ")),
    };
    let place = &entry.place;
    let date = place.date.map(|date| format!(" on {}", date.0)).unwrap_or_default();
    let statement = place.statement_id.as_deref().unwrap_or("without an id");
    let differs =
        entry.difference.as_ref().map(|by| format!(", and differs by {}", money(Some(by)))).unwrap_or_default();
    let detail = place.detail.map(|number| format!(", detail {number}")).unwrap_or_default();
    let (at, of) = (format!("statement {statement}, entry {}{detail}", place.entry), money(place.money.as_ref()));
    Some(format!("The booking of {of}{date} ({at}) names {numbers}{differs}"))
}

fn show(matched: &Matched) {
    let id = matched.id.as_deref().unwrap_or("without an id");
    output::line(&format!("Payment file {id}: {} transactions", matched.count));
    if let Some(line) = matched.waits_for.map(payee_check::waiting_line) {
        output::line(line);
    }
    let mut rows = SHOWN.rows();
    tables::of_matched(matched).for_each(|row| rows.add(&row));
    let (table, left_out) = rows.finish();
    output::bytes(table.as_bytes());
    if let Some(line) = left_out {
        output::line(&line);
    }
    if let Some(check) = &matched.payee_check {
        payee_check::summary_lines(check).iter().for_each(|line| output::line(line));
    }
    for batch in matched.batches.iter().filter(|batch| batch.difference.is_some()) {
        let (id, by) = (batch.id.as_deref().unwrap_or_default(), money(batch.difference.as_ref()));
        output::line(&format!("The bookings of batch {id} differ from its transactions by {by}"));
    }
    if !matched.leftover_reports.is_empty() || !matched.leftover_entries.is_empty() {
        output::line(&format!(
            "{} statuses and {} bookings belong to no transaction of this file: --json lists them",
            matched.leftover_reports.len(),
            matched.leftover_entries.len()
        ));
    }
    let named = matched.leftover_entries.iter().filter_map(with_candidates);
    named.take(MAX_SHOWN).for_each(|line| output::line(&line));
    matched.notes.iter().for_each(|note| output::line(&format!("note: {note}")));
}
