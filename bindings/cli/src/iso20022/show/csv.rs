//! `show --csv`: rows as they are read. Those of a file that cannot be read to its end are left out.

use bankchannel_iso20022::{
    MessageFileKind,
    cash::{CashItem, CashReader, Statement},
    tables::{self, CsvOptions, CsvWriter, EntryRows, TableRow},
};
use tempfile::SpooledTempFile;

use super::{ShownFiles, TABLES, continuity::ShownStatements, each, unread_lines};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    iso20022::files::FoundFile,
    operations::whole,
    output,
};

pub(super) fn show(wanted: &str, files: ShownFiles<'_>) -> CommandOutcome {
    if !wanted.is_empty() && !TABLES.contains(&wanted) {
        return Err(CommandFailure::usage(format!("--csv: there is no table {wanted}: {}", TABLES.join(", "))));
    }
    let (mut table, mut has_header) = (TABLES.into_iter().find(|name| *name == wanted), false);
    let mut statements = ShownStatements::default();
    let failed = each(files, |name, file| {
        let (own, columns) = match file.kind {
            MessageFileKind::Payment => ("transactions", tables::TRANSACTIONS),
            MessageFileKind::Status => ("statuses", tables::STATUSES),
            MessageFileKind::Cash => ("entries", tables::ENTRIES),
        };
        let table = *table.get_or_insert(own);
        if table != own && !(table == "details" && own == "entries") {
            output::print_note(&format!("{name}: holds {own}, not {table}: skipped"));
            return Ok(Ok(()));
        }
        let details = if table == "details" { EntryRows::Details } else { EntryRows::Entries };
        let read = rows_of(&file, details, &mut statements);
        statements.end_file(name, read.is_ok());
        let FileRows { rows, unread, problems } = match read {
            Ok(read) => read,
            Err(why) => return Ok(Err(why)),
        };
        unread.iter().for_each(|line| output::print_note(line));
        problems.iter().for_each(|line| output::print_note(&format!("{name}: {line}")));
        if !std::mem::replace(&mut has_header, true) {
            CsvWriter::new(output::Stdout, CsvOptions::default(), columns).map_err(unwritable)?;
        }
        whole::pour(rows, &mut output::Stdout).map_err(unwritable)?;
        Ok(Ok(()))
    })?;
    statements.finish().1.iter().for_each(|line| output::print_note(line));
    if !failed && !has_header {
        return Err(CommandFailure::usage("no file holds rows for this table"));
    }
    if failed { Err(CommandFailure::Told) } else { Ok(()) }
}

fn unwritable(why: std::io::Error) -> CommandFailure {
    CommandFailure::usage(format!("standard output: {why}"))
}

/// The rows of a file in a temporary file.
struct BufferedRows {
    csv: CsvWriter<SpooledTempFile>,
    failed: Option<std::io::Error>,
}

impl BufferedRows {
    fn new() -> Self {
        Self { csv: CsvWriter::without_header(whole::spool(), CsvOptions::default()), failed: None }
    }

    fn add(&mut self, row: &TableRow<'_>) {
        if self.failed.is_none() {
            self.failed = self.csv.row(row).err();
        }
    }

    fn end(self) -> Result<SpooledTempFile, String> {
        match self.failed {
            Some(why) => Err(format!("the temporary file: {why}")),
            None => Ok(self.csv.into_inner()),
        }
    }
}

/// The rows and remarks shown of one file.
struct FileRows {
    rows: SpooledTempFile,
    /// Lines on what of it is in no field.
    unread: Vec<String>,
    /// Where its statements contradict themselves, and what of them cannot be read.
    problems: Vec<String>,
}

fn rows_of(file: &FoundFile, details: EntryRows, statements: &mut ShownStatements) -> Result<FileRows, String> {
    let mut rows = BufferedRows::new();
    let (mut unread, mut problems) = (Vec::new(), Vec::new());
    match file.kind {
        MessageFileKind::Payment => {
            let (read_rows, _, read) = file.payment_rows(BufferedRows::new, BufferedRows::add)?;
            rows = read_rows;
            unread.extend(unread_lines(&read.unread));
        }
        MessageFileKind::Status => {
            let read = file.reports()?;
            tables::of_reports(&read.reports).for_each(|row| rows.add(&row));
            read.reports.iter().for_each(|report| unread.extend(unread_lines(&report.unread)));
        }
        MessageFileKind::Cash => {
            let faulty = |fault: bankchannel_iso20022::XmlFault| fault.to_string();
            let mut reader = CashReader::open(file.reader()?, &file.options()).map_err(faulty)?;
            let mut statement: Option<Box<Statement>> = None;
            for item in reader.by_ref() {
                match item.map_err(faulty)? {
                    CashItem::Message(message) => unread.extend(unread_lines(&message.unread)),
                    CashItem::Statement(begun) => statement = Some(begun),
                    CashItem::Entry(entry) => {
                        let of = statement.as_deref().into_iter();
                        of.flat_map(|of| tables::of_entry(of, &entry, details)).for_each(|row| rows.add(&row));
                    }
                    CashItem::NotRead(member) => {
                        problems.push(format!("{}: {}", member.name, member.not_read.unwrap_or_default()));
                    }
                    CashItem::End(ended) => {
                        statements.add(&ended);
                        problems.extend(ended.problems.iter().map(ToString::to_string));
                        unread.extend(unread_lines(&ended.unread));
                    }
                }
            }
            unread.extend(unread_lines(&reader.unread()));
        }
    }
    Ok(FileRows { rows: rows.end()?, unread, problems })
}
