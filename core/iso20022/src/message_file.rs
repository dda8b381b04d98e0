//! A file with any of the supported messages.

use crate::cash::{self, CashFile, ReadOptions};
use crate::data::{Held, Messages};
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

/// Reads a file that may be a payment file, status report, statement, report or notification; `None` if it is none of
/// them: other XML, or not XML. At most `most` entries or transactions are held.
///
/// # Errors
/// It starts like XML and cannot be read; or it is one of the messages and larger.
pub fn read_message_file(bytes: &[u8], most: usize) -> Result<Option<MessageFile>, XmlFault> {
    /// The reader for the message.
    #[derive(Clone, Copy)]
    enum Reader {
        Payment,
        Status,
        Cash,
    }
    let known = |name: &str| match name {
        name if payment::is_payment(name) => Some(Reader::Payment),
        name if status::is_report(name) => Some(Reader::Status),
        name if cash::message_kind(name).is_some() => Some(Reader::Cash),
        _ => None,
    };
    let message = XmlTokens::open(bytes, None, XmlRules::tolerant())
        .and_then(|tokens| Messages::over(tokens, true).next_message(known, ("message that is read here", "")));
    let file = match message {
        Ok(Some(Reader::Payment)) => {
            MessageFile::Payment(Box::new(payment::read_held(Messages::open(bytes, None)?, Held::up_to(most))?))
        }
        Ok(Some(Reader::Status)) => MessageFile::Status(status::read_held(bytes, None, Held::up_to(most))?),
        Ok(Some(Reader::Cash)) => MessageFile::Cash(Box::new(cash::read_up_to(bytes, &ReadOptions::default(), most)?)),
        Err(problem) if bytes.trim_ascii_start().starts_with(b"<") || bytes.starts_with(b"\xEF\xBB\xBF<") => {
            return Err(problem);
        }
        Ok(None) | Err(_) => return Ok(None),
    };
    Ok(Some(file))
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
