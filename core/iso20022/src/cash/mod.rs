//! Statements (`camt.053`), account reports (`camt.052`) and notifications (`camt.054`) as typed results, versions 2 to 13,
//! and those of SWIFT (MT940, MT942, MT950).
//!
//! ```text
//!  file ─► CashReader ─► Message, Statement (account, balances), Entry, Entry, …, StatementEnd   one at a time
//!                    └─► read_page ─► CashFile with so many entries, and the cursor of the next page
//!  read_statement, read_report, read_notification ─► CashFile with all
//! ```
//!
//! The elements of a file determine its kind: each of the three functions reads each of the three messages and reports
//! its kind. Elements are found by their local names in any order; unknown ones are skipped.

mod continuity;
mod cursor;
mod details;
mod direction;
mod entry;
mod entry_xml;
mod key;
mod links;
mod open;
mod pages;
mod particulars;
mod parts;
mod reader;
mod statement;
mod tally;
mod totals;
mod xml_reader;

use std::io::Read;

use bankchannel_foundation::model::Boundary;

use crate::archive::ArchiveContent;
use crate::data::{MessageName, Party, UnreadElement};
use crate::rules::Finding;
use bankchannel_xml::XmlFault;

pub use continuity::{
    CheckedAccount, CheckedStatements, ContinuityCheck, StatementBreak, StatementBreakKind, StatementPlace,
};
pub use cursor::{Cursor, EntryCounts};
pub use details::EntryDetail;
pub use direction::Direction;
pub use entry::{Batch, Entry};
pub(crate) use key::EntryDigest;
pub(crate) use open::{CursorPlace, OpenStatement};
pub(crate) use pages::StatementPages;
pub use particulars::{AvailableAmount, CardTransaction, CreditLine, InterestRecord};
pub use parts::{AmountDetail, AmountKind, BankTransactionCode, Charge, ReturnInformation};
pub(crate) use reader::{Before, FOREIGN_CURSOR, READ_AGAIN, StatementSource};
pub use reader::{CashItem, CashReader, MAX_DETAILS, ReadOptions};
pub(crate) use statement::MAX_BALANCES;
pub use statement::{Statement, StatementAccount, StatementBalance, StatementEnd, TransactionSummary};
pub use totals::BalanceCheck;
pub(crate) use totals::DecimalSum;
pub(crate) use xml_reader::message_kind;

/// Maximum number of entries and details that [`read_statement`] and its siblings hold; larger files are read by
/// [`CashReader`] or in pages.
pub const MAX_HELD: usize = 1_000_000;

/// The content of a file, or a page of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct CashFile {
    /// The messages in the file, in order: one, or several that were put one after the other.
    pub messages: Vec<CashMessage>,
    /// The statements, reports or notifications, in order, each with its entries. On a page that continues a statement,
    /// that statement comes first again, with the entries of this page.
    pub statements: Vec<Statement>,
    /// The start of the next page; left out after the last.
    pub next: Option<Cursor>,
    /// Elements outside of headers and statements that are in no field, as far as this page goes.
    pub unread: Vec<UnreadElement>,
    /// The files of an archive, as far as this page goes; left out if the file is none.
    pub archive: Option<Box<ArchiveContent>>,
}

/// One message: a document with all its statements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct CashMessage {
    /// Its kind, by its elements.
    pub kind: CashKind,
    /// Its name, by its namespace; of a SWIFT statement `MT940` and the like.
    pub message: MessageName,
    /// The name of the file in an archive that it comes from.
    pub member: Option<String>,
    /// The message's id.
    pub id: Option<String>,
    /// When it was made.
    pub created: Option<crate::data::Moment>,
    /// The page number, if the bank splits one message into several.
    pub page: Option<u64>,
    /// Whether it is the last page.
    pub last_page: Option<bool>,
    /// Remarks on the file: a namespace that is not ISO 20022's, an encoding other than UTF-8, text around the
    /// document.
    pub notes: Vec<String>,
    /// The recipient of the message, if it is not the owner of the account.
    pub recipient: Option<Box<Party>>,
    /// Additional information: in Switzerland the version of the rules and whether it is a test, such as
    /// `SPS/2.1/TEST`.
    pub information: Option<String>,
    /// Values of the header that could not be read.
    pub problems: Vec<Finding>,
    /// Elements of the header that are in no field.
    pub unread: Vec<UnreadElement>,
}

/// The kind of message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum CashKind {
    /// `camt.053`, MT940, MT950: a statement of booked entries with balances.
    #[default]
    Statement,
    /// `camt.052`, MT942: a report within the day; entries may be pending.
    Report,
    /// `camt.054`: a notification of entries; it has no balances.
    Notification,
}

/// Reads a statement (`camt.053`) whole.
///
/// # Errors
/// The file is not XML, is refused by a limit, or holds none of the three messages.
pub fn read_statement(input: impl Read) -> Result<CashFile, XmlFault> {
    read_all(input, &ReadOptions::default())
}

/// Reads an account report (`camt.052`) whole.
///
/// # Errors
/// As [`read_statement`].
pub fn read_report(input: impl Read) -> Result<CashFile, XmlFault> {
    read_all(input, &ReadOptions::default())
}

/// Reads a notification (`camt.054`) whole.
///
/// # Errors
/// As [`read_statement`].
pub fn read_notification(input: impl Read) -> Result<CashFile, XmlFault> {
    read_all(input, &ReadOptions::default())
}

/// Reads any of the three whole, with options.
///
/// # Errors
/// As [`read_statement`].
pub fn read_all(input: impl Read, options: &ReadOptions) -> Result<CashFile, XmlFault> {
    read_up_to(input, options, MAX_HELD)
}

/// The same for a file with at most this many entries and transactions.
pub(crate) fn read_up_to(input: impl Read, options: &ReadOptions, max: usize) -> Result<CashFile, XmlFault> {
    let file = CashReader::open(input, options)?.page(max + 1)?;
    if file.next.is_some() {
        let message = format!("the file has more than {max} entries and transactions");
        return Err(XmlFault::new(message, "read it page by page"));
    }
    Ok(file)
}

/// Reads a page: from the beginning, or from the end of the previous page. With a cursor, the input must be at
/// [`Cursor::position`].
///
/// # Errors
/// As [`read_statement`]; the cursor is not one of this file.
pub fn read_page(
    input: impl Read,
    options: &ReadOptions,
    cursor: Option<Cursor>,
    entries: usize,
) -> Result<CashFile, XmlFault> {
    match cursor {
        None => CashReader::open(input, options)?.page(entries),
        Some(cursor) => CashReader::resume(input, options, cursor)?.page(entries),
    }
}

/// Entries on a page of [`fuzz`]: few, so that small files have several pages.
const FUZZED_PAGE: usize = 2;
/// The same of [`fuzz_swift`]: its entries are short, and each page repeats the keys of all before it.
const FUZZED_SWIFT_PAGE: usize = 30;

/// Maximum length of a text whose line ends [`fuzz_swift`] changes.
const MAX_COMPARED: usize = 30 * 1024;

/// Reads any bytes, whole and in pages, with the XML of each entry and without, and checks that all agree; for fuzzing.
///
/// # Panics
/// If they disagree.
pub fn fuzz(bytes: &[u8]) {
    agrees_in_pages(bytes, FUZZED_PAGE);
}

/// The same for the text of a SWIFT statement, whose line ends change nothing.
///
/// # Panics
/// If the results disagree.
pub fn fuzz_swift(bytes: &[u8]) {
    let text = [b":20:F\n:25:F\n", bytes].concat();
    agrees_in_pages(&text, FUZZED_SWIFT_PAGE);
    // Of a longer one, the beginning that shows the encoding is another one.
    if text.len() < MAX_COMPARED && !text.contains(&b'\r') && memchr::memmem::find(&text, b"@@").is_none() {
        let with_cr: Vec<u8> = text
            .iter()
            .flat_map(|byte| if *byte == b'\n' { &b"\r\n"[..] } else { std::slice::from_ref(byte) })
            .copied()
            .collect();
        assert_eq!(
            read_statement(text.as_slice()).ok(),
            read_statement(with_cr.as_slice()).ok(),
            "line ends change the result"
        );
    }
}

fn agrees_in_pages(bytes: &[u8], entries: usize) {
    let options = ReadOptions { with_xml: true, ..ReadOptions::default() };
    let whole = read_all(bytes, &options);
    let mut without = whole.clone();
    for statement in without.iter_mut().flat_map(|file| &mut file.statements) {
        statement.entries.iter_mut().for_each(|entry| entry.xml = None);
    }
    assert_eq!(read_all(bytes, &ReadOptions::default()), without, "the XML of entries changes the result");
    let (mut statements, mut cursor) = (Vec::<Statement>::new(), None);
    let pages = loop {
        // In an archive, the position is in one of its files.
        let place =
            cursor.as_ref().filter(|cursor: &&Cursor| cursor.member.is_none()).map_or(0, |cursor| cursor.position);
        let from = usize::try_from(place).unwrap_or(usize::MAX);
        match read_page(&bytes[from.min(bytes.len())..], &options, cursor.take(), entries) {
            Err(problem) => break Err(problem),
            Ok(page) => {
                for mut statement in page.statements {
                    let same = |last: &mut Statement| {
                        (last.message_number, last.number) == (statement.message_number, statement.number)
                    };
                    if let Some(mut last) = statements.pop_if(same) {
                        last.entries.append(&mut statement.entries);
                        statement.entries = last.entries;
                    }
                    statements.push(statement);
                }
                let Some(next) = page.next else { break Ok(()) };
                cursor = Some(next);
            }
        }
    };
    assert_eq!(whole.is_ok(), pages.is_ok(), "pages are judged otherwise than the whole");
    // Items of a file in an archive before its fault do not count.
    let is_whole =
        |file: &CashFile| file.archive.iter().all(|archive| archive.members.iter().all(|one| one.not_read.is_none()));
    if let Some(file) = whole.ok().filter(is_whole) {
        assert_eq!(file.statements, statements, "pages hold something else than the whole");
    }
}
