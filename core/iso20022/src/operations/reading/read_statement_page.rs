//! Reads a statement, report or notification page by page.

use std::io;

use bankchannel_foundation::{error::row, model::OpenContent, prelude::*};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{ERRORS, options, supported_statement_encoding, unreadable};

use crate::{
    cash::{self, CashFile, Cursor},
    operations,
};

/// The default number of entries on a page.
const USUAL_ENTRIES: u64 = 250;
/// Maximum number of entries on a page.
const MAX_ENTRIES: u64 = 100_000;

/// The file, and the page to read.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReadStatementPageRequest {
    /// The whole file's bytes, the same for every page: `camt.052`, `camt.053`, `camt.054`, a SWIFT statement (MT940,
    /// MT942, MT950), Finnish records, or an archive of such files.
    pub content: Content,
    /// The start of the page: `next` of the previous page; left out for the first page.
    pub cursor: Option<Cursor>,
    /// The number of entries on a page, 1 to 100,000; 250 if left out. A page may have fewer.
    pub entries: Option<u64>,
    /// The file's encoding, such as `ISO-8859-15`, for a file that declares none or a wrong one; if left out, the
    /// declared one. A SWIFT statement may also be in cp852, cp850, cp437, windows-1250, ISO-8859-2 or DIN_66003; if left
    /// out, it is UTF-8, otherwise windows-1252.
    pub encoding: Option<String>,
    /// Whether this bank writes reversals with the direction of the reversed entry; if left out, they have their own
    /// direction.
    pub reversal_flips: Option<bool>,
    /// Whether each entry has its XML, such as for fields that the result does not have; no by default. Those of a SWIFT
    /// statement have none.
    pub with_xml: Option<bool>,
}

/// Read one page of a statement, report or notification of any size.
///
/// Gives so many entries, and in `next` where the following page goes on; the last page has none. Statement and
/// balances are repeated on each page, and `end` of a statement is there once all its entries were read. Memory does
/// not grow with the file. A file whose size or beginning is not that of the page before is refused.
#[derive(Debug, Operation)]
#[operation(ReadStatementPageRequest => CashFile)]
#[declaration(commands: COMMANDS, pages: Some(PAGES), ..operations::local("iso20022.read_statement_page", "reading"))]
#[errors(..ERRORS)]
pub struct ReadStatementPage;

const COMMANDS: &[Command] = &[Command::named("show").with_form(&CommandForm {
    replaces: false,
    ..CommandForm::new("Show the content of payment files, status reports and statements")
})];

const PAGES: Pages = Pages {
    iterator: "statement_entries",
    summary: "Go through the entries of a statement, report or notification of any size",
    cursor: "cursor",
    next: "next",
    items: &["statements", "entries"],
};

impl Local for ReadStatementPage {
    fn run(request: ReadStatementPageRequest, with: LocalContext<'_>) -> Result<CashFile, Error> {
        let entries = request.entries.unwrap_or(USUAL_ENTRIES);
        if !(1..=MAX_ENTRIES).contains(&entries) {
            return Err(Error::invalid_field("entries", format!("must be 1 to {MAX_ENTRIES}")));
        }
        if let Some(cursor) = &request.cursor
            && supported_statement_encoding(Some(cursor.encoding.clone())).is_err()
        {
            return Err(Error::invalid_field("cursor.encoding", "is not supported: give the cursor back unchanged"));
        }
        let mut content = with.open_content(request.content)?;
        let failed = |why: io::Error| {
            Error::because(&row::CONTENT_UNREADABLE, format!("the content cannot be read: {why}")).with_source(why)
        };
        let file = known_by(&mut content).map_err(failed)?;
        if let Some(cursor) = &request.cursor {
            if cursor.file.is_some() && file.is_some() && cursor.file != file {
                let why = "is not the file of the cursor, or was changed: start again with the first page";
                return Err(Error::invalid_field("content", why));
            }
            if cursor.member.is_none() {
                content.skip(cursor.position).map_err(failed)?;
            }
        }
        let options = options(request.encoding, request.reversal_flips, request.with_xml)?;
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        let mut page = cash::read_page(content, &options, request.cursor, entries).map_err(unreadable)?;
        if let Some(next) = &mut page.next {
            next.file = file;
        }
        Ok(page)
    }
}

/// Size, and a digest of the beginning, which contains the message's own id and creation time.
fn known_by(content: &mut OpenContent) -> io::Result<Option<String>> {
    /// The length of the hashed beginning, in bytes.
    const BEGINNING: usize = 2048;
    let known = content.beginning(BEGINNING)?;
    Ok(known.map(|(size, beginning)| format!("{size} {}", HEXLOWER.encode(&Sha256::digest(&beginning)))))
}
