//! `iso20022 show`: the content of payment files, status reports and statements.

mod continuity;
mod csv;
mod people;

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use bankchannel_foundation::model::write_boundary;
use bankchannel_iso20022::{
    MessageFileKind,
    data::UnreadElement,
    operations::reading::supported_statement_encoding,
    tables::{self, TableColumn},
};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::Value;

use self::continuity::ShownStatements;
use super::files::{self, LeftOut, NamedEncoding};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::{Spec, whole},
    options::{self, format},
    output::{self, Format},
};

const TABLES: [&str; 4] = ["entries", "details", "transactions", "statuses"];

pub(super) fn arguments(command: Command) -> Command {
    let columns =
        [("entries, details", tables::ENTRIES), ("transactions", tables::TRANSACTIONS), ("statuses", tables::STATUSES)];
    let mut help = String::from(
        "Examples:\n  bankchannel iso20022 show payment.xml\n  bankchannel iso20022 show inbox            every file of a folder\n  \
         bankchannel iso20022 show --csv statement.xml > entries.csv\n  bankchannel iso20022 show --csv=details inbox\n\n\
         In CSV a text that a spreadsheet would read as a formula begins with an apostrophe. Columns:\n",
    );
    for (title, columns) in columns {
        help.push_str(&format!("\n{title}:\n"));
        for TableColumn { name, documentation } in columns {
            help.push_str(&format!("  {name:<22} {documentation}\n"));
        }
    }
    command
        .after_help(help.trim_end().to_owned())
        .arg(
            Arg::new("files")
                .value_name("FILE|FOLDER")
                .required(true)
                .action(ArgAction::Append)
                .num_args(1..)
                .value_hint(ValueHint::AnyPath)
                .help("pain.001, pain.002, camt.052, camt.053, camt.054, MT940, TITO, KTL, archives of them; of a folder, every file"),
        )
        .arg(options::text(
            "encoding",
            "NAME",
            "The encoding of a file that declares none or a wrong one; in a folder, of those files that are not in what they \
             declare",
        ))
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

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let files = files::listed(matches.get_many::<String>("files").into_iter().flatten())?;
    let encoding = supported_statement_encoding(matches.get_one::<String>("encoding").cloned())?;
    let files = ShownFiles { encoding: NamedEncoding::new(encoding.as_deref(), &files), files: &files };
    if let Some(wanted) = matches.get_one::<String>("csv") {
        return csv::show(wanted, files);
    }
    match format(matches) {
        Format::Json => as_json(files),
        Format::Table => {
            let mut statements = ShownStatements::default();
            let failed = each(files, |name, file| people::show(name, file, &mut statements))?;
            statements.finish().1.iter().for_each(|line| output::line(line));
            if failed { Err(CommandFailure::Told) } else { Ok(()) }
        }
    }
}

/// The files to show; each with a flag whether it was named directly.
#[derive(Clone, Copy)]
struct ShownFiles<'a> {
    files: &'a [(PathBuf, bool)],
    encoding: NamedEncoding<'a>,
}

/// Passes on each file with its name. Says which one is left out, and why; returns whether that is a failure.
fn each(
    shown: ShownFiles<'_>,
    mut take: impl FnMut(&str, files::FoundFile) -> CommandOutcome<Result<(), String>>,
) -> CommandOutcome<bool> {
    let mut failed = false;
    for (path, named) in shown.files {
        files::each_in((path.as_path(), *named), shown.encoding, &mut |name, file| {
            let left_out = match file {
                Ok(file) => take(name, file)?.err().map(LeftOut::from),
                Err(left_out) => Some(left_out),
            };
            if let Some(LeftOut { why, is_failure }) = left_out {
                output::print_note(&format!("{name}: {why}"));
                failed |= is_failure;
            }
            Ok(())
        })?;
    }
    Ok(failed)
}

/// One JSON object with all files; those that are left out have the reason: `error`, or `not_read` if nothing is missing
/// without them. Statements have whether they follow each other.
fn as_json(all: ShownFiles<'_>) -> CommandOutcome {
    let unwritable = |why: io::Error| CommandFailure::usage(format!("the temporary file: {why}"));
    let (mut out, mut failed, mut statements) = (whole::spool(), false, ShownStatements::default());
    out.write_all(b"{\"files\":[").map_err(unwritable)?;
    let mut any = false;
    let mut add = |file_name: &str, file: Result<files::FoundFile, LeftOut>| {
        let name = output::json_text(&Value::from(file_name));
        let comma = if std::mem::replace(&mut any, true) { "," } else { "" };
        write!(out, "{comma}{{\"file\":{name},").map_err(unwritable)?;
        let read = file.and_then(|file| match file.kind {
            MessageFileKind::Cash => {
                let encoding = file.encoding.as_deref();
                let read = whole::read_file(file.path(), encoding, &mut |ended| statements.add(ended));
                statements.end_file(file_name, read.is_ok());
                Ok(("statement", read.map_err(|why| why.message().to_owned())?))
            }
            MessageFileKind::Payment => {
                Ok(("payment", whole::spooled(&write_boundary(file.payment()?)).map_err(|why| why.to_string())?))
            }
            MessageFileKind::Status => {
                Ok(("report", whole::spooled(&write_boundary(file.reports()?)).map_err(|why| why.to_string())?))
            }
        });
        match read {
            Ok((kind, text)) => {
                write!(out, "\"{kind}\":").map_err(unwritable)?;
                whole::pour(text, &mut out).map_err(unwritable)?;
            }
            Err(LeftOut { why, is_failure }) => {
                failed |= is_failure;
                let member = if is_failure { "error" } else { "not_read" };
                write!(out, "\"{member}\":{}", output::json_text(&Value::from(why))).map_err(unwritable)?;
            }
        }
        out.write_all(b"}").map_err(unwritable)
    };
    for (path, named) in all.files {
        files::each_in((path.as_path(), *named), all.encoding, &mut add)?;
    }
    out.write_all(b"]").map_err(unwritable)?;
    let checked = statements.finish().0;
    if !checked.accounts.is_empty() {
        write!(out, ",\"continuity\":{}", output::json_text(&write_boundary(checked))).map_err(unwritable)?;
    }
    out.write_all(b"}\n").map_err(unwritable)?;
    whole::pour(out, &mut output::Stdout).map_err(unwritable)?;
    if failed { Err(CommandFailure::Told) } else { Ok(()) }
}

/// Elements of the file that the result lacks: one line for each.
fn unread_lines(found: &[UnreadElement]) -> Vec<String> {
    const SHOWN: usize = 20;
    let line = |one: &UnreadElement| {
        let times = if one.count == 1 { String::new() } else { format!(", {} times", one.count) };
        format!("not in the result: {}, line {}{times}", one.path, one.first_line)
    };
    let mut lines: Vec<String> = found.iter().take(SHOWN).map(line).collect();
    if found.len() > SHOWN {
        lines.push(format!("not in the result: {} further elements (--json names all)", found.len() - SHOWN));
    }
    lines
}
