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

/// What none of the supported messages is, and what to give in its place.
const NONE: (&str, &str) = (
    "payment file, status report, statement or notification",
    "choose a file of type pain.001, pain.002, camt.052, camt.053 or camt.054",
);

/// The kind of a message by the name of its element.
fn kind_of(name: &str) -> Option<MessageFileKind> {
    match name {
        name if payment::is_payment(name) => Some(MessageFileKind::Payment),
        name if status::is_report(name) => Some(MessageFileKind::Status),
        name if cash::message_kind(name).is_some() => Some(MessageFileKind::Cash),
        _ => None,
    }
}

/// The kind of a file that may be a payment file, status report, statement, report or notification; `None` if it is none
/// of them: other XML, or not XML ([`other_file`] says what). Reads until the message begins, in the given encoding,
/// otherwise in the file's own.
///
/// # Errors
/// It starts like XML and cannot be read.
pub fn message_file_kind(mut input: impl Read, encoding: Option<&str>) -> Result<Option<MessageFileKind>, XmlFault> {
    /// Where XML begins, after a byte order mark and blanks.
    const BEGINNING: u64 = 256;
    let mut beginning = Vec::new();
    let failed = |why: io::Error| XmlFault::new(format!("reading the file failed: {}", why.kind()), "read it again");
    input.by_ref().take(BEGINNING).read_to_end(&mut beginning).map_err(failed)?;
    let message = XmlTokens::open(io::Cursor::new(&beginning).chain(input), encoding, XmlRules::tolerant())
        .and_then(|tokens| MessageSequence::over(tokens, true).next_message(kind_of, NONE));
    match message {
        Ok(kind) => Ok(kind),
        Err(problem) if beginning.trim_ascii_start().starts_with(b"<") || beginning.starts_with(b"\xEF\xBB\xBF<") => {
            Err(problem)
        }
        Err(_) => Ok(None),
    }
}

/// The kind of a file that is none of the supported messages: another message, by its name, other XML, or another kind
/// of file; `None` if it is one of them. In the given encoding, otherwise in the file's own.
pub fn other_file(input: impl Read, encoding: Option<&str>) -> Option<XmlFault> {
    MessageSequence::open(input, encoding).and_then(|mut file| file.next_message(kind_of, NONE)).err()
}

/// Reads a file that may be a payment file, status report, statement, report or notification, in the given encoding,
/// otherwise in its own; `None` if it is none of them: other XML, or not XML. At most `most` entries or transactions are
/// held.
///
/// # Errors
/// It starts like XML and cannot be read; or it is one of the messages and larger.
pub fn read_message_file(bytes: &[u8], encoding: Option<&str>, max: usize) -> Result<Option<MessageFile>, XmlFault> {
    let held = HeldCount::up_to(max);
    Ok(Some(match message_file_kind(bytes, encoding)? {
        Some(MessageFileKind::Payment) => {
            MessageFile::Payment(Box::new(payment::read_held(MessageSequence::open(bytes, encoding)?, held)?))
        }
        Some(MessageFileKind::Status) => MessageFile::Status(status::read_held(bytes, encoding, held)?),
        Some(MessageFileKind::Cash) => {
            let options = ReadOptions { encoding: encoding.map(str::to_owned), ..ReadOptions::default() };
            MessageFile::Cash(Box::new(cash::read_up_to(bytes, &options, max)?))
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
        assert!(matches!(read_message_file(statement, None, 10), Ok(Some(MessageFile::Cash(_)))));
        let report = br#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr></CstmrPmtStsRpt></Document>"#;
        let Ok(Some(MessageFile::Status(read))) = read_message_file(report, None, 10) else {
            panic!("no status report")
        };
        assert_eq!(read.reports[0].id.as_deref(), Some("R1"));
        let payment = crate::EXAMPLE_PAIN001.as_bytes();
        assert!(matches!(read_message_file(payment, None, 10), Ok(Some(MessageFile::Payment(_)))));
        for other in [b"T00322100".as_slice(), b"", b"<html/>"] {
            assert_eq!(read_message_file(other, None, 10), Ok(None));
        }
        let with_dtd = [b"<!DOCTYPE a>".as_slice(), report].concat();
        for broken in
            [&report[..report.len() - 20], &report[..60], &payment[..900], &with_dtd, b"<Document><Cst", b"<\0D\0"]
        {
            assert!(read_message_file(broken, None, 10).is_err());
        }
        for larger in [statement.as_slice(), payment] {
            assert!(read_message_file(larger, None, 1).is_err());
        }
    }

    #[test]
    fn other_messages_are_named_by_namespace_or_element() {
        let said = |text: &str| {
            assert_eq!(message_file_kind(text.as_bytes(), None), Ok(None), "{text}");
            other_file(text.as_bytes(), None).unwrap().message
        };
        for (name, root, words) in [
            ("pain.008.001.08", "CstmrDrctDbtInitn", "direct debits"),
            ("camt.056.001.11", "FIToFIPmtCxlReq", "cancel a payment"),
            ("pain.007.001.11", "CstmrPmtRvsl", "reversal"),
            ("camt.060.001.05", "AcctRptgReq", "request for a statement"),
            ("pacs.008.001.08", "FIToFICstmrCdtTrf", "credit transfers between banks"),
            ("acmt.007.001.02", "AcctOpngReq", "no payment file"),
        ] {
            let inside = format!("<{root}><GrpHdr><MsgId>M</MsgId></GrpHdr></{root}>");
            let own = said(&format!("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{name}\">{inside}</Document>"));
            assert!(own.contains(name) && own.contains(words) && own.contains("statement"), "{own}");
            // In an envelope whose header is a message of its own, and under a namespace that names nothing.
            let envelope = format!(
                "<Envelope><AppHdr xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.02\"/>\
                 <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{name}\">{inside}</Document></Envelope>"
            );
            assert_eq!(said(&envelope), own);
            if name.starts_with("acmt") {
                continue;
            }
            for bare in [
                format!("<Document>{inside}</Document>"),
                format!("<x:Document xmlns:x=\"urn:own\">{inside}</x:Document>"),
            ] {
                let by_element = said(&bare);
                assert!(by_element.contains(&name[..8]) && by_element.contains(words), "{by_element}");
            }
        }
        assert!(other_file(b"T00322100".as_slice(), None).unwrap().message.contains("TITO"));
        assert!(other_file(b"\x89PNG\r\n\x1a\n\0".as_slice(), None).unwrap().message.contains("picture"));
        assert_eq!(other_file(crate::EXAMPLE_PAIN001.as_bytes(), None), None);
        // Its words may be in an encoding that it does not declare.
        let latin = b"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.008.001.08\"><Note>M\xFCller</Note>\
                      <CstmrDrctDbtInitn/></Document>";
        assert!(other_file(latin.as_slice(), Some("ISO-8859-1")).unwrap().message.contains("direct debits"));
        assert!(said("<html/>").contains("HTML"), "{}", said("<html/>"));
        assert!(said("<Letter/>").contains("<Letter> holds no payment file"));
    }
}
