//! A file with any of the supported messages.

use std::io::{self, Read};

use crate::archive::{ArchiveContent, FileMember, UnpackLimits, each_file, each_member, none_of};
use crate::cash::{self, CashFile, ReadOptions, Statement};
use crate::data::{HeldCount, MessageSequence};
use crate::payment::{self, PaymentFile};
use crate::recognise::{FileFormat, HEAD, is_prose, recognise};
use crate::status::{self, StatusFile, StatusReport};
use bankchannel_xml::XmlFault;
use bankchannel_xml::{XmlRules, XmlTokens};

/// A file as typed results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageFile {
    /// `pain.001`.
    Payment(Box<PaymentFile>),
    /// `pain.002`.
    Status(StatusFile),
    /// A statement, report or notification of any format.
    Cash(Box<CashFile>),
    /// An archive with status reports and with statements.
    Both(StatusFile, Box<CashFile>),
    /// None of them, by its name.
    Other(XmlFault),
}

impl MessageFile {
    /// Its status reports.
    pub fn reports(&self) -> &[StatusReport] {
        match self {
            Self::Status(file) | Self::Both(file, _) => &file.reports,
            Self::Payment(_) | Self::Cash(_) | Self::Other(_) => &[],
        }
    }

    /// Its statements, reports and notifications.
    pub fn statements(&self) -> &[Statement] {
        match self {
            Self::Cash(file) | Self::Both(_, file) => &file.statements,
            Self::Payment(_) | Self::Status(_) | Self::Other(_) => &[],
        }
    }
}

/// The kind of a file with one of the supported messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageFileKind {
    /// `pain.001`.
    Payment,
    /// `pain.002`.
    Status,
    /// `camt.052`, `camt.053` or `camt.054`, a SWIFT statement, or records of a bank with the same content.
    Cash,
}

/// A file, by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecognisedFile {
    /// A file with one of the supported messages.
    Message(MessageFileKind),
    /// An archive, whose files [`files_in`] gives.
    Archive,
    /// What people read, by name: a PDF document, a picture, a document of an office program, a text. No message is missing
    /// without it.
    Document(XmlFault),
    /// None of them, by name: another message, other XML, or another kind of file.
    Other(XmlFault),
}

/// Maximum number of bytes of a bank's archive when it is unpacked, for readers that were not asked to read it.
pub const MAX_UNASKED: u64 = 16 * 1024 * 1024;

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

/// Recognises a file. Reads until its message begins, in the given encoding, otherwise in the file's own.
///
/// # Errors
/// It starts like XML and cannot be read.
pub fn file_kind(mut input: impl Read, encoding: Option<&str>) -> Result<RecognisedFile, XmlFault> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| XmlFault::of_input(&error))?;
    match recognise(&head) {
        Ok(FileFormat::Zip | FileFormat::Gzip) => return Ok(RecognisedFile::Archive),
        Ok(FileFormat::Swift | FileFormat::Tito | FileFormat::ReferencePayments) => {
            return Ok(RecognisedFile::Message(MessageFileKind::Cash));
        }
        Ok(FileFormat::Xml) => {}
        Err(other) if other.is_document => return Ok(RecognisedFile::Document(other.fault)),
        Err(other) => return Ok(RecognisedFile::Other(other.fault)),
    }
    let is_xml = head.trim_ascii_start().starts_with(b"<") || head.starts_with(b"\xEF\xBB\xBF<");
    let other = if is_prose(&head) { RecognisedFile::Document } else { RecognisedFile::Other };
    let mut file = match XmlTokens::open(io::Cursor::new(head).chain(input), encoding, XmlRules::tolerant()) {
        Ok(tokens) => MessageSequence::over(tokens, false),
        Err(fault) if is_xml => return Err(fault),
        Err(fault) => return Ok(other(fault)),
    };
    match file.next_message(kind_of, NONE) {
        Ok(Some(kind)) => Ok(RecognisedFile::Message(kind)),
        Ok(None) => Ok(RecognisedFile::Other(XmlFault::new(format!("the file holds no {}", NONE.0), NONE.1))),
        // The file was read to its end: it is another message, or other XML.
        Err(fault) if !is_xml || file.tokens.is_at_end() => Ok(other(fault)),
        Err(fault) => Err(fault),
    }
}

/// Takes a file: its name in an archive, and its bytes; or what it is, if it is a [`RecognisedFile::Document`] by its first
/// bytes or its own files.
pub type FileReceiver<'f, 'a> =
    &'f mut dyn FnMut(Option<&str>, Result<Box<dyn Read + 'a>, XmlFault>) -> Result<(), XmlFault>;

/// Passes each file of an input on: itself without a name, or those of an archive with their names. What `take` refuses of
/// an archive is listed with the reason, as is what no reader here takes.
///
/// # Errors
/// The input or the archive cannot be read; what `take` refuses of a plain file.
pub fn files_in<'a>(
    input: impl Read + 'a,
    take: FileReceiver<'_, 'a>,
) -> Result<Option<Box<ArchiveContent>>, XmlFault> {
    each_member(input, UnpackLimits::default(), &mut |FileMember { name, format, content, .. }| match format {
        Ok(_) => take(name.as_deref(), Ok(content)),
        Err(other) if other.is_document => take(name.as_deref(), Err(other.fault)),
        Err(other) => Err(other.fault),
    })
}

/// Reads a file that may be a payment file, status report, statement, report or notification, or an archive of them, in the
/// given encoding, otherwise in its own. At most `max` entries or transactions are held, and at most `max_unpacked` bytes
/// come out of an archive.
///
/// # Errors
/// It starts like XML and cannot be read; it is one of the messages and larger; an archive that cannot be read, or that
/// holds none of them.
pub fn read_message_file(
    bytes: &[u8],
    encoding: Option<&str>,
    max: usize,
    max_unpacked: u64,
) -> Result<MessageFile, XmlFault> {
    let limits = UnpackLimits { unpacked: max_unpacked };
    let held = HeldCount::up_to(max);
    let options = ReadOptions {
        encoding: encoding.map(str::to_owned),
        max_unpacked: Some(max_unpacked),
        ..ReadOptions::default()
    };
    let cash = || cash::read_up_to(bytes, &options, max).map(Box::new);
    let (payments, statuses, statements) = match file_kind(bytes, encoding)? {
        RecognisedFile::Message(MessageFileKind::Payment) => (true, false, false),
        RecognisedFile::Message(MessageFileKind::Status) => (false, true, false),
        RecognisedFile::Message(MessageFileKind::Cash) => (false, false, true),
        RecognisedFile::Document(other) | RecognisedFile::Other(other) => return Ok(MessageFile::Other(other)),
        RecognisedFile::Archive => kinds_in(bytes, encoding, limits)?,
    };
    Ok(match (payments, statuses, statements) {
        (_, true, true) => MessageFile::Both(status::read_held(bytes, encoding, held, limits)?, cash()?),
        (_, true, false) => MessageFile::Status(status::read_held(bytes, encoding, held, limits)?),
        (_, false, true) => MessageFile::Cash(cash()?),
        (..) => MessageFile::Payment(Box::new(payment::read_up_to(bytes, encoding, held, limits)?)),
    })
}

/// Whether an archive holds payment files, status reports and statements.
fn kinds_in(bytes: &[u8], encoding: Option<&str>, limits: UnpackLimits) -> Result<(bool, bool, bool), XmlFault> {
    let mut found = (false, false, false);
    let archive = each_file(bytes, limits, &mut |_, _, content| {
        match file_kind(content, encoding)? {
            RecognisedFile::Message(MessageFileKind::Payment) => found.0 = true,
            RecognisedFile::Message(MessageFileKind::Status) => found.1 = true,
            RecognisedFile::Message(MessageFileKind::Cash) => found.2 = true,
            // No archive is given as a file of an archive.
            RecognisedFile::Archive => {}
            RecognisedFile::Document(other) | RecognisedFile::Other(other) => return Err(other),
        }
        Ok(())
    })?;
    if found == (false, false, false) { Err(none_of(archive.as_deref(), NONE.0)) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_message_goes_to_its_reader_and_others_to_none() {
        let statement = include_bytes!("../tests/data/camt.053.001.08.xml");
        let read_message_file = |bytes: &[u8], max| super::read_message_file(bytes, None, max, 1 << 20);
        assert!(matches!(read_message_file(statement, 10), Ok(MessageFile::Cash(_))));
        let report = br#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr></CstmrPmtStsRpt></Document>"#;
        let Ok(MessageFile::Status(read)) = read_message_file(report, 10) else { panic!("no status report") };
        assert_eq!(read.reports[0].id.as_deref(), Some("R1"));
        let payment = crate::EXAMPLE_PAIN001.as_bytes();
        assert!(matches!(read_message_file(payment, 10), Ok(MessageFile::Payment(_))));
        for statement in [b"T00322100".as_slice(), b":20:A\n:25:B\n"] {
            assert!(matches!(read_message_file(statement, 10), Ok(MessageFile::Cash(_))));
        }
        for other in [b"MT940".as_slice(), b"", b"<html/>", b"<a/>"] {
            assert!(matches!(read_message_file(other, 10), Ok(MessageFile::Other(_))), "{}", other.escape_ascii());
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

    #[test]
    fn other_messages_are_named_by_namespace_or_element() {
        let other = |bytes: &[u8], encoding| match file_kind(bytes, encoding) {
            Ok(RecognisedFile::Document(other) | RecognisedFile::Other(other)) => other.message,
            kind => panic!("{kind:?}: {}", bytes.escape_ascii()),
        };
        let said = |text: &str| other(text.as_bytes(), None);
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
        assert!(other(b"\x89PNG\r\n\x1a\n\0", None).contains("picture"));
        let payment = file_kind(crate::EXAMPLE_PAIN001.as_bytes(), None);
        assert_eq!(payment, Ok(RecognisedFile::Message(MessageFileKind::Payment)));
        // Its words may be in an encoding that it does not declare.
        let latin = b"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.008.001.08\"><Note>M\xFCller</Note>\
                      <CstmrDrctDbtInitn/></Document>";
        assert!(other(latin, Some("ISO-8859-1")).contains("direct debits"));
        assert!(said("<html/>").contains("HTML"), "{}", said("<html/>"));
        assert!(said("<Letter/>").contains("<Letter> holds no payment file"));
    }
}
