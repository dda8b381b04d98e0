//! A file that a bank has sent, whichever message it is.

use crate::cash::{self, CashFile, ReadOptions};
use crate::data::Messages;
use crate::problem::Problem;
use crate::status::{self, StatusFile};
use crate::xml::{Limits, Tokens};

/// A bank's file as typed results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankFile {
    /// `pain.002`.
    Status(StatusFile),
    /// `camt.052`, `camt.053` or `camt.054`.
    Cash(Box<CashFile>),
}

/// Reads a file that may be a status report, statement, report or notification; `None` for a file that is none of them: other XML, or
/// none at all. At most so many entries or transactions are held.
///
/// # Errors
/// It is XML, as far as its first character says, and cannot be read; or it is one of them and larger.
pub fn read_bank_file(bytes: &[u8], most: usize) -> Result<Option<BankFile>, Problem> {
    /// Which reader is the message's.
    #[derive(Clone, Copy)]
    enum Reader {
        Status,
        Cash,
    }
    let known = |name: &str| match name {
        name if status::is_report(name) => Some(Reader::Status),
        name if cash::message_kind(name).is_some() => Some(Reader::Cash),
        _ => None,
    };
    let message = Tokens::open(bytes, None, Limits::READERS)
        .and_then(|tokens| Messages::over(tokens, true).next_message(known, ("message of a bank", "")));
    match message {
        Ok(Some(Reader::Status)) => status::read_up_to(bytes, None, most).map(|file| Some(BankFile::Status(file))),
        Ok(Some(Reader::Cash)) => {
            let file = cash::read_up_to(bytes, &ReadOptions::default(), most)?;
            Ok(Some(BankFile::Cash(Box::new(file))))
        }
        Ok(None) => Ok(None),
        Err(problem) if bytes.trim_ascii_start().starts_with(b"<") || bytes.starts_with(b"\xEF\xBB\xBF<") => {
            Err(problem)
        }
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_message_goes_to_its_reader_and_others_to_none() {
        let statement = include_bytes!("../tests/data/camt.053.001.08.xml");
        assert!(matches!(read_bank_file(statement, 10), Ok(Some(BankFile::Cash(_)))));
        let report = br#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr></CstmrPmtStsRpt></Document>"#;
        let Ok(Some(BankFile::Status(read))) = read_bank_file(report, 10) else { panic!("no status report") };
        assert_eq!(read.reports[0].id.as_deref(), Some("R1"));
        for other in [b"T00322100".as_slice(), b"", b"<html/>", crate::EXAMPLE_PAIN001.as_bytes()] {
            assert_eq!(read_bank_file(other, 10), Ok(None));
        }
        let with_dtd = [b"<!DOCTYPE a>".as_slice(), report].concat();
        for broken in [&report[..report.len() - 20], &report[..60], &with_dtd, b"<Document><Cst", b"<\0D\0"] {
            assert!(read_bank_file(broken, 10).is_err());
        }
        assert!(read_bank_file(statement, 1).is_err());
    }
}
