//! `show` for people: tables as they are read, of at most a thousand rows each.

use std::io::Write as _;

use bankchannel_iso20022::{
    MessageFileKind, XmlFault,
    cash::{BalanceCheck, CashItem, CashReader, Statement, StatementBalance},
    status::StatusFile,
    tables::{self, EntryRows, TableRow},
};
use tempfile::SpooledTempFile;

use super::{continuity::ShownStatements, unread_lines};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    iso20022::{
        files::FoundFile,
        payee_check,
        tables::{ShownColumns, ShownRows, amount, money},
    },
    operations::whole,
    output,
};

/// Shows a file, unless it cannot be read to its end.
pub(super) fn show(
    name: &str,
    file: FoundFile,
    statements: &mut ShownStatements,
) -> CommandOutcome<Result<(), String>> {
    let mut page = Page { text: whole::spool(), failed: None };
    page.line(name);
    let read = read(&file, &mut page, statements);
    statements.end_file(name, read.is_ok());
    let unread = match read {
        Ok(unread) => unread,
        Err(why) => return Ok(Err(why)),
    };
    page.line("");
    unread.iter().for_each(|line| page.line(line));
    let unwritable = |why: std::io::Error| CommandFailure::usage(format!("the temporary file: {why}"));
    if let Some(why) = page.failed {
        return Err(unwritable(why));
    }
    whole::pour(page.text, &mut output::Stdout).map_err(unwritable)?;
    Ok(Ok(()))
}

/// Adds a file's content to the page; returns the lines on elements that are in no field.
fn read(file: &FoundFile, page: &mut Page, statements: &mut ShownStatements) -> Result<Vec<String>, String> {
    match file.kind {
        MessageFileKind::Payment => payment(file, page),
        MessageFileKind::Status => {
            let read = file.reports()?;
            reports(&read, page);
            Ok(read.reports.iter().flat_map(|report| unread_lines(&report.unread)).collect())
        }
        MessageFileKind::Cash => cash(file, page, statements),
    }
}

/// The text on one file.
struct Page {
    text: SpooledTempFile,
    failed: Option<std::io::Error>,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.add(&format!("{}\n", output::table::printable(line)));
    }

    fn add(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = self.text.write_all(text.as_bytes()).err();
        }
    }

    fn notes<'a>(&mut self, notes: impl Iterator<Item = &'a str>) {
        notes.for_each(|note| self.line(&format!("note: {note}")));
    }

    fn rows(&mut self, rows: ShownRows) {
        let (table, left_out) = rows.finish();
        self.add(&table);
        if let Some(line) = left_out {
            self.line(&line);
        }
    }
}

const TRANSACTIONS: ShownColumns = ShownColumns(
    tables::TRANSACTIONS,
    &[
        ("creditor", "To"),
        ("creditor_account", "Account"),
        ("amount", "Amount"),
        ("currency", ""),
        ("reference", "Reference"),
        ("text", "Text"),
        ("execution_date", "On"),
        ("debtor_account", "From"),
        ("end_to_end_id", "End-to-end id"),
    ],
    &[],
);

const STATUSES: ShownColumns = ShownColumns(
    tables::STATUSES,
    &[
        ("level", "Of"),
        ("payment_id", "Batch"),
        ("end_to_end_id", "End-to-end id"),
        ("status", "Status"),
        ("status_meaning", ""),
        ("reasons", "Reason"),
        ("reason_meanings", ""),
        ("information", "The bank's words"),
        ("payee_check", "Payee check"),
        ("registered_name", "Registered name"),
    ],
    &["information", "payee_check", "registered_name"],
);

const ENTRIES: ShownColumns = ShownColumns(
    tables::ENTRIES,
    &[
        ("booking_date", "Date"),
        ("counterparty", "Who"),
        ("counterparty_account", "Account"),
        ("amount", "Amount"),
        ("currency", ""),
        ("reference", "Reference"),
        ("text", "Text"),
        ("status", "Status"),
        ("return_reason", "Came back"),
        ("return_reason_meaning", ""),
        ("return_information", "The bank's words"),
        ("end_to_end_id", "End-to-end id"),
        ("mandate_id", "Mandate"),
        ("charges", "Charges"),
    ],
    &["return_reason", "return_reason_meaning", "return_information", "end_to_end_id", "mandate_id", "charges"],
);
/// The columns that a table has only with money that came back.
const OF_RETURNS: &[&str] = &["end_to_end_id", "mandate_id", "charges"];

fn payment(file: &FoundFile, page: &mut Page) -> Result<Vec<String>, String> {
    let (rows, count, read) = file.payment_rows(|| TRANSACTIONS.rows(), ShownRows::add)?;
    let id = read.id.as_deref().unwrap_or("without an id");
    page.line(&format!("Payment file {id}: {count} transactions, control sum {}", amount(read.sum.as_ref())));
    page.rows(rows);
    page.notes(read.notes.iter().map(String::as_str));
    Ok(unread_lines(&read.unread))
}

fn reports(file: &StatusFile, page: &mut Page) {
    for report in &file.reports {
        let (id, of) =
            (report.id.as_deref().unwrap_or_default(), report.original_message_id.as_deref().unwrap_or_default());
        page.line(&format!("Status report {id} on {of}"));
        page.notes(report.notes.iter().map(String::as_str));
        if let Some(check) = report.payee_check.as_deref() {
            payee_check::summary_lines(check).iter().for_each(|line| page.line(line));
        }
        page.notes(report.problems.iter().map(|problem| problem.message.as_str()));
    }
    let mut rows = STATUSES.rows();
    tables::of_reports(&file.reports).for_each(|row| rows.add(&row));
    page.rows(rows);
}

fn cash(file: &FoundFile, page: &mut Page, statements: &mut ShownStatements) -> Result<Vec<String>, String> {
    let faulty = |fault: XmlFault| fault.to_string();
    let mut reader = CashReader::open(file.reader()?, &file.options()).map_err(faulty)?;
    let (mut statement, mut rows, mut count) = (None::<Box<Statement>>, ENTRIES.rows(), 0_u64);
    let mut unread = Vec::new();
    for item in reader.by_ref() {
        match item.map_err(faulty)? {
            CashItem::Message(message) => {
                page.notes(message.information.as_deref().into_iter());
                page.notes(message.notes.iter().map(String::as_str));
                unread.extend(unread_lines(&message.unread));
            }
            CashItem::Statement(begun) => (statement, count) = (Some(begun), 0),
            CashItem::Entry(entry) => {
                count += 1;
                let of = statement.as_deref().into_iter();
                of.flat_map(|of| tables::of_entry(of, &entry, EntryRows::Entries))
                    .for_each(|row: TableRow<'_>| rows.add(&row));
            }
            CashItem::NotRead(member) => {
                page.line(&format!("{}: {}", member.name, member.not_read.unwrap_or_default()));
            }
            CashItem::End(ended) => {
                statements.add(&ended);
                head(&ended, count, page);
                page.rows(std::mem::replace(&mut rows, ENTRIES.rows()).only_with(OF_RETURNS, "return_reason"));
                page.notes(ended.problems.iter().map(|problem| problem.message.as_str()));
                unread.extend(unread_lines(&ended.unread));
            }
        }
    }
    unread.extend(unread_lines(&reader.unread()));
    Ok(unread)
}

fn head(statement: &Statement, count: u64, page: &mut Page) {
    let account = &statement.account;
    let number = account.iban.as_deref().or(account.account.as_deref()).unwrap_or("without a number");
    let id = statement.id.as_deref().unwrap_or_default();
    page.line(&format!("Account {number}, statement {id}: {count} entries"));
    let mut balance = |title: &str, balance: &Option<StatementBalance>| {
        if let Some(balance) = balance {
            page.line(&format!("{title} {}", money(balance.money.as_ref())));
        }
    };
    balance("Opening balance", &statement.opening);
    balance("Closing balance", &statement.closing);
    // Where the entries must give the closing balance, a problem says that they do not.
    let is_told = statement.problems.iter().any(|one| {
        one.path.as_ref().is_some_and(|path| ["/Bal", "/:62F:", "/T40"].iter().any(|end| path.ends_with(end)))
    });
    if let Some(end) = &statement.end
        && end.balance_check == BalanceCheck::Differs
        && !is_told
    {
        let by = amount(end.balance_difference.as_ref());
        page.line(&format!("The balances do not match the booked entries: they differ by {by}"));
    }
}
