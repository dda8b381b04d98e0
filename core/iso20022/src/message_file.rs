//! A file with any of the supported messages.

use std::io::{self, Read};

use crate::cash::{self, CashFile, ReadOptions};
use crate::data::{HeldCount, MessageSequence};
use crate::payment::{self, PaymentFile};
use crate::status::{self, StatusFile};
use bankchannel_xml::XmlFault;
use bankchannel_xml::{XmlRules, XmlTokens};

/// A file as typed results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageFile {
    /// `pain.001`.
    Payment(Box<PaymentFile>),
    /// `pain.002`.
    Status(StatusFile),
    /// `camt.052`, `camt.053` or `camt.054`.
    Cash(Box<CashFile>),
}

/// The kind of a file with one of the supported messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageFileKind {
    /// `pain.001`.
    Payment,
    /// `pain.002`.
    Status,
    /// `camt.052`, `camt.053` or `camt.054`.
    Cash,
}

/// The kind of a file that may be a payment file, status report, statement, report or notification; `None` if it is none
/// of them: other XML, or not XML. Reads until the message begins.
///
/// # Errors
/// It starts like XML and cannot be read.
pub fn message_file_kind(mut input: impl Read) -> Result<Option<MessageFileKind>, XmlFault> {
    /// Where XML begins, after a byte order mark and blanks.
    const BEGINNING: u64 = 256;
    let known = |name: &str| match name {
        name if payment::is_payment(name) => Some(MessageFileKind::Payment),
        name if status::is_report(name) => Some(MessageFileKind::Status),
        name if cash::message_kind(name).is_some() => Some(MessageFileKind::Cash),
        _ => None,
    };
    let mut beginning = Vec::new();
    let failed = |why: io::Error| XmlFault::new(format!("reading the file failed: {}", why.kind()), "read it again");
    input.by_ref().take(BEGINNING).read_to_end(&mut beginning).map_err(failed)?;
    let message = XmlTokens::open(io::Cursor::new(&beginning).chain(input), None, XmlRules::tolerant())
        .and_then(|tokens| MessageSequence::over(tokens, true).next_message(known, ("message that is read here", "")));
    match message {
        Ok(kind) => Ok(kind),
        Err(problem) if beginning.trim_ascii_start().starts_with(b"<") || beginning.starts_with(b"\xEF\xBB\xBF<") => {
            Err(problem)
        }
        Err(_) => Ok(None),
    }
}

/// Reads a file that may be a payment file, status report, statement, report or notification; `None` if it is none of
/// them: other XML, or not XML. At most `most` entries or transactions are held.
///
/// # Errors
/// It starts like XML and cannot be read; or it is one of the messages and larger.
pub fn read_message_file(bytes: &[u8], most: usize) -> Result<Option<MessageFile>, XmlFault> {
    let held = HeldCount::up_to(most);
    Ok(Some(match message_file_kind(bytes)? {
        Some(MessageFileKind::Payment) => {
            MessageFile::Payment(Box::new(payment::read_held(MessageSequence::open(bytes, None)?, held)?))
        }
        Some(MessageFileKind::Status) => MessageFile::Status(status::read_held(bytes, None, held)?),
        Some(MessageFileKind::Cash) => {
            MessageFile::Cash(Box::new(cash::read_up_to(bytes, &ReadOptions::default(), most)?))
        }
        None => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_message_goes_to_its_reader_and_others_to_none() {
        let statement = include_bytes!("../tests/data/camt.053.001.08.xml");
        assert!(matches!(read_message_file(statement, 10), Ok(Some(MessageFile::Cash(_)))));
        let report = br#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr></CstmrPmtStsRpt></Document>"#;
        let Ok(Some(MessageFile::Status(read))) = read_message_file(report, 10) else { panic!("no status report") };
        assert_eq!(read.reports[0].id.as_deref(), Some("R1"));
        let payment = crate::EXAMPLE_PAIN001.as_bytes();
        assert!(matches!(read_message_file(payment, 10), Ok(Some(MessageFile::Payment(_)))));
        for other in [b"T00322100".as_slice(), b"", b"<html/>"] {
            assert_eq!(read_message_file(other, 10), Ok(None));
        }
        let with_dtd = [b"<!DOCTYPE a>".as_slice(), report].concat();
        for broken in
            [&report[..report.len() - 20], &report[..60], &payment[..900], &with_dtd, b"<Document><Cst", b"<\0D\0"]
        {
            assert!(read_message_file(broken, 10).is_err());
        }
        for larger in [statement.as_slice(), payment] {
            assert!(read_message_file(larger, 1).is_err());
        }
    }
}
