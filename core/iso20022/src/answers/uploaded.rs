//! The ids of an uploaded file, by which the bank's answers name it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;

use crate::data::{HeldCount, MessageSequence, placeholder};
use crate::payment::{self, PaymentFile};
use crate::status::StatusReport;
use bankchannel_xml::XmlFault;
use bankchannel_xml::{TagEdge, XmlRecord, XmlRules, XmlTokens};

/// Maximum number of transactions and batches that are kept of an uploaded file. A larger one is recognised by its
/// message id only.
const MAX_TRANSACTIONS: usize = 100_000;

/// An uploaded file, as far as answers refer to it. A file that is not an ISO 20022 message has no ids.
#[derive(Debug, Clone, Default)]
pub struct UploadedMessage {
    message_id: Option<String>,
    uetrs: BTreeSet<String>,
    pub(super) payment: Option<PaymentFile>,
}

impl UploadedMessage {
    /// Reads the ids of a file. `open` opens it again: a file that is not a payment file is read twice. A file that
    /// cannot be read, or only in part, has the ids that were found.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn read<R: Read, E>(open: impl Fn() -> Result<R, E>) -> Result<Self, E> {
        let read = MessageSequence::open(open()?, None)
            .and_then(|messages| payment::read_held(messages, HeldCount::up_to(MAX_TRANSACTIONS)));
        match read {
            Ok(payment) => Ok(Self::of_payment(payment)),
            Err(_) => Ok(Self { message_id: message_id(open()?).ok().flatten(), ..Self::default() }),
        }
    }

    fn of_payment(payment: PaymentFile) -> Self {
        let transactions = payment.batches.iter().flat_map(|batch| &batch.transactions);
        let uetrs = transactions.filter_map(|one| one.uetr.as_deref()).map(str::to_ascii_lowercase).collect();
        let message_id = payment.id.clone().filter(|id| !placeholder(id));
        Self { message_id, uetrs, payment: Some(payment) }
    }

    /// The message id of the file.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// Whether this is the file's message id.
    pub(super) fn is_named(&self, id: Option<&String>) -> bool {
        id.is_some() && id.map(String::as_str) == self.message_id()
    }

    /// The reports of one file that are about it: those that name it; if none does, those that name no file, where the
    /// caller knows that the file is about it.
    pub fn own_reports<'r>(&self, reports: &'r [StatusReport]) -> Cow<'r, [StatusReport]> {
        match self.named_reports(reports) {
            named if named.is_empty() => selected(reports, |report| !names_a_file(report)),
            named => named,
        }
    }

    /// The reports that name it.
    pub(super) fn named_reports<'r>(&self, reports: &'r [StatusReport]) -> Cow<'r, [StatusReport]> {
        selected(reports, |report| self.is_named(report.original_message_id.as_ref()))
    }

    /// Whether one of the file's transactions has this UETR.
    pub(super) fn has_uetr(&self, uetr: &str) -> bool {
        !self.uetrs.is_empty() && self.uetrs.contains(&uetr.to_ascii_lowercase())
    }
}

/// Whether a report names the payment file that it is about.
pub(super) fn names_a_file(report: &StatusReport) -> bool {
    report.original_message_id.as_deref().is_some_and(|id| !placeholder(id))
}

/// The reports of a kind: copies only if others stand between them.
fn selected(reports: &[StatusReport], is_wanted: impl Fn(&StatusReport) -> bool) -> Cow<'_, [StatusReport]> {
    if reports.iter().all(&is_wanted) {
        return Cow::Borrowed(reports);
    }
    reports.iter().filter(|report| is_wanted(report)).cloned().collect()
}

/// The message id of the first group header, for messages of any kind.
fn message_id(input: impl Read) -> Result<Option<String>, XmlFault> {
    let mut file = MessageSequence::over(XmlTokens::open(input, None, XmlRules::tolerant())?, true);
    let mut record = XmlRecord::default();
    while let Some(edge) = file.tokens.next_tag(&mut file.tag)? {
        if edge == TagEdge::Start && file.tag.name == "GrpHdr" {
            file.read(&mut record)?;
            let id = record.finish().value("MsgId").filter(|id| !id.is_empty() && !placeholder(id));
            return Ok(id.map(str::to_owned));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(bytes: &[u8]) -> UploadedMessage {
        UploadedMessage::read(|| Ok::<_, ()>(bytes)).unwrap()
    }

    #[test]
    fn ids_are_found_in_every_message_and_in_broken_ones() {
        let payment = crate::EXAMPLE_PAIN001.as_bytes();
        let whole = read(payment);
        assert!(whole.payment.is_some() && whole.message_id().is_some());
        assert_eq!(read(&payment[..payment.len() - 40]).message_id(), whole.message_id());
        let debit = b"<Document><CstmrDrctDbtInitn><GrpHdr><MsgId>DD-1</MsgId></GrpHdr></CstmrDrctDbtInitn></Document>";
        assert_eq!((read(debit).message_id(), read(debit).payment.is_none()), (Some("DD-1"), true));
        for nothing in [b"T00322100".as_slice(), b"", b"<a>", b"<GrpHdr><MsgId>NOTPROVIDED</MsgId></GrpHdr>"] {
            assert_eq!(read(nothing).message_id(), None);
        }
    }
}
