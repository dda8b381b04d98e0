//! Statements, reports, notifications, status reports and payment files as typed results.

pub mod read_notification;
pub mod read_payment;
pub mod read_report;
pub mod read_statement;
pub mod read_statement_page;
pub mod read_status_report;

use std::io::Read as _;

use bankchannel_foundation::{error::row, prelude::*};

use bankchannel_xml::{XmlFault, named_encoding};

use crate::{
    cash::{self, CashFile, ReadOptions},
    errors,
    finnish::is_seven_bit,
    swift,
};

/// A statement, report or notification.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReadCashRequest {
    /// The file's bytes: `camt.052`, `camt.053` or `camt.054`, versions 2 to 13, or several of them in a row; a SWIFT
    /// statement (MT940, MT942, MT950); Finnish records (TITO, KTL); or a ZIP or gzip archive of such files.
    pub content: Content,
    /// The file's encoding, such as `ISO-8859-15`, for a file that declares none or a wrong one; if left out, the
    /// declared one. A SWIFT statement may also be in cp852, cp850, cp437, windows-1250, ISO-8859-2 or DIN_66003; if left
    /// out, it is UTF-8, otherwise windows-1252. Finnish records may be in `ISO646-FI` (seven bits).
    pub encoding: Option<String>,
    /// Whether this bank writes reversals with the direction of the reversed entry; if left out, they have their own
    /// direction. `balance_check` reports when flipping would make the balances match.
    pub reversal_flips: Option<bool>,
    /// Whether each entry has its XML, such as for fields that the result does not have; no by default. Those of a SWIFT
    /// statement have none.
    pub with_xml: Option<bool>,
}

/// The errors of the reading operations.
pub(crate) const ERRORS: &[&ErrorRow] = &[&errors::FILE_UNREADABLE];

/// The errors of those that give a whole statement.
const WHOLE_ERRORS: &[&ErrorRow] = &[&errors::FILE_UNREADABLE, &row::TOO_LARGE];

fn read_cash(request: ReadCashRequest, with: LocalContext<'_>) -> Result<CashFile, Error> {
    let options = options(request.encoding, request.reversal_flips, request.with_xml)?;
    let options = ReadOptions { max_unpacked: Some(MAX_WHOLE), ..options };
    let mut content = with.open_content(request.content)?;
    // A file of known size is refused before anything of it is read; a pipe has none.
    let known = content.beginning(0).ok().flatten();
    if let Some((size, _)) = known.filter(|(size, _)| *size > MAX_WHOLE) {
        return Err(too_large(&format!("has {} MiB", size / (1024 * 1024))));
    }
    let mut limited = content.take(MAX_WHOLE + 1);
    let read = cash::read_all(&mut limited, &options);
    if limited.limit() == 0 {
        return Err(too_large("goes on"));
    }
    read.map_err(unreadable)
}

/// Maximum number of bytes of a file that is read into one result, which takes several times its memory.
pub const MAX_WHOLE: u64 = 128 * 1024 * 1024;

fn too_large(what: &str) -> Error {
    let max = MAX_WHOLE / (1024 * 1024);
    let message = format!(
        "the file {what}, and one result holds at most {max} MiB of it: go through its entries with `statement_entries`, or read \
         it with `read_statement_page`"
    );
    Error::because(&row::TOO_LARGE, message).with("field", "content")
}

fn options(
    encoding: Option<String>,
    reversal_flips: Option<bool>,
    with_xml: Option<bool>,
) -> Result<ReadOptions, Error> {
    Ok(ReadOptions {
        encoding: supported_statement_encoding(encoding)?,
        reversal_flips: reversal_flips.unwrap_or_default(),
        with_xml: with_xml.unwrap_or_default(),
        max_unpacked: None,
    })
}

const ENCODINGS: &str = "must be UTF-8, UTF-16, ISO-8859-1, ISO-8859-15 or windows-1252";

/// The given encoding, if it is supported.
///
/// # Errors
/// `input.invalid_field`.
pub fn supported_encoding(encoding: Option<String>) -> Result<Option<String>, Error> {
    match &encoding {
        Some(name) if named_encoding(name).is_err() => Err(Error::invalid_field(
            "encoding",
            format!("{ENCODINGS}; of a SWIFT statement also {}; of Finnish records also ISO646-FI", swift::ENCODINGS),
        )),
        _ => Ok(encoding),
    }
}

/// The same for a statement, which may be in a code page if it is not XML.
///
/// # Errors
/// `input.invalid_field`.
pub fn supported_statement_encoding(encoding: Option<String>) -> Result<Option<String>, Error> {
    match encoding {
        Some(name) if swift::is_text_encoding(&name) || is_seven_bit(&name) => Ok(Some(name)),
        encoding => supported_encoding(encoding),
    }
}

/// A file that cannot be read, as an error.
pub(crate) fn unreadable(problem: XmlFault) -> Error {
    let error = Error::because(&errors::FILE_UNREADABLE, problem.to_string()).with("field", "content");
    let error = match problem.line {
        Some(line) => error.with("line", line),
        None => error,
    };
    if problem.path.is_empty() { error } else { error.with("path", problem.path) }
}
