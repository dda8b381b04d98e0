//! Whether a bank's file is about an uploaded file.

use std::collections::BTreeSet;

use super::{UploadedMessage, uploaded::names_a_file};
use crate::cash::{CashFile, Entry};
use crate::matching;
use crate::message_file::{MAX_UNASKED, MessageFile, read_message_file};
use crate::status::StatusFile;

/// A file from a bank, read as far as it is a status report, a statement, a report or a notification.
#[derive(Debug, Clone)]
pub struct AnswerFile {
    /// The content; `None` if it is another kind of file, or cannot be read.
    pub content: Option<MessageFile>,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

/// How a bank's file refers to an uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerClaim {
    /// It names the message id of the uploaded file, or the UETR of one of its transactions.
    Named,
    /// It names no message id there, but these of its entries have the references, amounts and accounts of transactions
    /// of the uploaded file.
    ByReferences(BTreeSet<ClaimedEntry>),
    /// It has references, and none of them is the uploaded file's.
    Other,
    /// It carries no reference that could tell: it is not a message that is read here, it cannot be read, or it is a
    /// status report that names no payment file.
    Unreferenced,
}

/// An entry of a statement, or one of its details, by their order in the file.
pub type ClaimedEntry = (usize, Option<usize>);

impl AnswerFile {
    /// Reads a file; at most `most` entries or transactions.
    pub fn read(bytes: &[u8], max: usize) -> Self {
        match read_message_file(bytes, None, max, MAX_UNASKED) {
            // A bank's answer is never a payment file.
            Ok(MessageFile::Payment(_) | MessageFile::Other(_)) => Self { content: None, problem: None },
            Ok(content) => Self { content: Some(content), problem: None },
            // The bank wrote it: what its reader could change is no help.
            Err(problem) => Self { content: None, problem: Some(problem.without_advice()) },
        }
    }

    /// How it refers to an uploaded file.
    pub fn claim(&self, upload: &UploadedMessage) -> AnswerClaim {
        match &self.content {
            Some(MessageFile::Status(file)) => of_reports(file, upload),
            Some(MessageFile::Cash(file)) => of_statements(file, upload),
            Some(MessageFile::Both(reports, statements)) => {
                match (of_reports(reports, upload), of_statements(statements, upload)) {
                    (AnswerClaim::Named, _) => AnswerClaim::Named,
                    // What its statements leave open, its reports have told: they are about another file.
                    (AnswerClaim::Other, AnswerClaim::Unreferenced) => AnswerClaim::Other,
                    (_, of_statements) => of_statements,
                }
            }
            Some(MessageFile::Payment(_) | MessageFile::Other(_)) | None => AnswerClaim::Unreferenced,
        }
    }
}

fn of_reports(file: &StatusFile, upload: &UploadedMessage) -> AnswerClaim {
    if file.reports.iter().any(|report| upload.is_named(report.original_message_id.as_ref())) {
        AnswerClaim::Named
    } else if file.reports.iter().any(names_a_file) {
        AnswerClaim::Other
    } else {
        AnswerClaim::Unreferenced
    }
}

fn of_statements(file: &CashFile, upload: &UploadedMessage) -> AnswerClaim {
    let entries = || file.statements.iter().flat_map(|statement| &statement.entries);
    if entries().any(|entry| names(entry, upload)) {
        return AnswerClaim::Named;
    }
    let claimed = upload.payment.as_ref().map(|payment| matching::claimed_entries(payment, &file.statements));
    match claimed {
        Some(claimed) if !claimed.is_empty() => AnswerClaim::ByReferences(claimed),
        // Of the formats before ISO 20022 many banks leave out every reference.
        _ if is_of_older_format(file) && !entries().any(has_reference) => AnswerClaim::Unreferenced,
        _ => AnswerClaim::Other,
    }
}

fn is_of_older_format(file: &CashFile) -> bool {
    file.messages.iter().all(|message| message.message.namespace.is_empty())
}

/// Whether it has something by which a payer's program could know its payment.
fn has_reference(entry: &Entry) -> bool {
    entry.reference.is_some()
        || !entry.batches.is_empty()
        || entry.details.iter().any(|detail| {
            let ids = [
                &detail.message_id,
                &detail.payment_id,
                &detail.instruction_id,
                &detail.end_to_end_id,
                &detail.uetr,
                &detail.creditor_reference,
            ];
            ids.iter().any(|id| id.is_some())
        })
}

fn names(entry: &Entry, upload: &UploadedMessage) -> bool {
    entry.batches.iter().any(|batch| upload.is_named(batch.message_id.as_ref()))
        || entry.details.iter().any(|detail| {
            upload.is_named(detail.message_id.as_ref()) || detail.uetr.as_deref().is_some_and(|id| upload.has_uetr(id))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;
    use bankchannel_bank_simulator::{AnswerIds, BankDecision, BankLedger, decide};

    fn answers(payment: &str) -> Vec<AnswerFile> {
        let (now, ids) = (jiff::Timestamp::UNIX_EPOCH, AnswerIds::new("T1").unwrap());
        let ledger = BankLedger::with_default_account();
        let decided = decide(payment.as_bytes(), &ledger, None, now, date(2026, 7, 21), &ids).unwrap();
        let BankDecision::Accepted { pain002, camt054, camt053, .. } = decided else { panic!("it is accepted") };
        [pain002, camt054, camt053].iter().map(|bytes| AnswerFile::read(bytes, 1000)).collect()
    }

    fn uploaded(payment: &str) -> UploadedMessage {
        UploadedMessage::read(|| Ok::<_, ()>(payment.as_bytes())).unwrap()
    }

    fn with_id(id: &str) -> String {
        let own = uploaded(crate::EXAMPLE_PAIN001).message_id().unwrap().to_owned();
        crate::EXAMPLE_PAIN001.replace(&own, id)
    }

    #[test]
    fn an_answer_belongs_to_the_message_that_it_names() {
        // Everything but the message id is the same in both.
        let (own, other) = (with_id("OWN-1"), with_id("OTHER-1"));
        for answer in answers(&own) {
            assert_eq!(answer.claim(&uploaded(&own)), AnswerClaim::Named);
            assert_eq!(answer.claim(&uploaded(&other)), AnswerClaim::Other);
        }
    }

    #[test]
    fn without_message_ids_the_references_decide() {
        let own = with_id("OWN-1");
        let mut answer = answers(&own).pop().unwrap();
        let Some(MessageFile::Cash(file)) = &mut answer.content else { panic!("a statement") };
        for entry in file.statements.iter_mut().flat_map(|statement| &mut statement.entries) {
            entry.batches.iter_mut().for_each(|batch| (batch.message_id, batch.payment_id) = (None, None));
        }
        let AnswerClaim::ByReferences(claimed) = answer.claim(&uploaded(&own)) else { panic!("by references") };
        assert_eq!(claimed.len(), 2);
        let other = with_id("OTHER-1").replace("250.05", "250.06").replace("1200.00", "1199.99");
        assert_eq!(answer.claim(&uploaded(&other)), AnswerClaim::Other);
    }

    /// One archive with a report and with a statement of an older format, which says nothing.
    #[test]
    fn a_report_of_another_file_is_not_passed_over_for_a_statement_beside_it() {
        let (own, other) = (with_id("OWN-1"), with_id("OTHER-1"));
        let without_report =
            b":20:A\r\n:25:FI2112345600000785\r\n:28C:1\r\n:60F:C261201EUR1,\r\n:62F:C261201EUR1,\r\n-";
        let Some(MessageFile::Cash(statement)) = AnswerFile::read(without_report, 10).content else { panic!("cash") };
        let beside = |payment: &str| {
            let Some(MessageFile::Status(reports)) = answers(payment).swap_remove(0).content else { panic!("reports") };
            let content = Some(MessageFile::Both(reports, statement.clone()));
            AnswerFile { content, problem: None }
        };
        assert_eq!(beside(&own).claim(&uploaded(&own)), AnswerClaim::Named);
        assert_eq!(beside(&other).claim(&uploaded(&own)), AnswerClaim::Other);
        let alone = AnswerFile { content: Some(MessageFile::Cash(statement.clone())), problem: None };
        assert_eq!(alone.claim(&uploaded(&own)), AnswerClaim::Unreferenced);
    }

    #[test]
    fn what_carries_no_reference_says_so() {
        let own = uploaded(crate::EXAMPLE_PAIN001);
        let nameless = br#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>NOTPROVIDED</OrgnlMsgId></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"#;
        let bare = b":20:A\r\n:25:FI2112345600000785\r\n:28C:1\r\n:60F:C261201EUR1,\r\n:61:2612011201D1,NTRFNONREF\r\n\
            :86:CARD\r\n:62F:C261201EUR0,\r\n-";
        let texts = [b"T00322100".as_slice(), b"no message", b"", b"<Document><CstmrPmtStsRpt>", nameless, bare];
        for bytes in texts {
            assert_eq!(AnswerFile::read(bytes, 10).claim(&own), AnswerClaim::Unreferenced, "{}", bytes.escape_ascii());
        }
        let named = String::from_utf8(bare.to_vec()).unwrap().replace("NONREF", "INVOICE 7");
        assert_eq!(AnswerFile::read(named.as_bytes(), 10).claim(&own), AnswerClaim::Other);
    }
}
