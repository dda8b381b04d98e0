//! The files that a wait has taken: the bank's verdict in them, the missing answers, and the result of the call.

use bankchannel_foundation::model::Boundary;
use bankchannel_iso20022::{
    answers::{BankVerdict, UploadedMessage},
    cash::Statement,
    payee_check::PayeeCheckState,
    status::StatusReport,
};

use super::{
    super::{ChannelFile as _, FileChannel, fetch::settle, ledger::LedgerEntry},
    registry::OwnAnswer,
    wait::{AnswerWait, name_of},
};

/// A file that a wait has taken.
pub(crate) struct AwaitedFile<F> {
    pub(crate) file: F,
    pub(crate) fetched: FetchedContent,
}

/// The content of a bank's file that was fetched while an upload waited.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct FetchedContent {
    /// The file's length in bytes.
    pub bytes: u64,
    /// Status and reason of a status report in words, such as `RJCT (rejected), reason AM04 (insufficient funds)`.
    pub status_text: Option<String>,
    /// The file's path, if a folder was given.
    pub path: Option<String>,
    /// The file's bytes, if no folder was given.
    pub content: Option<bankchannel_foundation::model::InlineBytes>,
    /// The parsed content.
    #[boundary(flatten)]
    pub parsed: crate::file_channel::parsed::Parsed,
}

/// An answer to this wait's upload.
pub(super) struct TakenAnswer<F> {
    pub(super) answer: AwaitedFile<F>,
    pub(super) own: OwnAnswer<F>,
    /// This wait's own entry in its ledger, if another wait fetched the file.
    pub(super) entry: Option<LedgerEntry>,
}

impl<F> TakenAnswer<F> {
    /// Whether it says of the upload only that its payee check is not finished.
    fn is_interim(&self, upload: &UploadedMessage) -> bool {
        let Some(file) = &self.own.fetched.read.content else { return false };
        let runs = |report: &StatusReport| {
            report.payee_check.as_ref().is_some_and(|check| check.state == PayeeCheckState::Pending)
        };
        let reports = upload.own_reports(file.reports());
        !reports.is_empty() && file.statements().is_empty() && reports.iter().all(runs)
    }
}

/// The content of the answers, as far as it says something about payments.
#[derive(Debug, Clone, Default)]
pub(super) struct ReportedPayments {
    pub(super) reports: Vec<StatusReport>,
    pub(super) unreferenced_reports: Vec<StatusReport>,
    pub(super) statements: Vec<Statement>,
}

impl ReportedPayments {
    /// The bank's verdict on an upload.
    pub(super) fn verdict(&self, upload: &UploadedMessage) -> BankVerdict {
        match BankVerdict::from_reports(upload, &self.reports, &self.statements) {
            said if said.status.is_none() && !self.unreferenced_reports.is_empty() => {
                BankVerdict::of_unreferenced(&self.unreferenced_reports)
            }
            said => said,
        }
    }
}

impl<C: FileChannel> AnswerWait<'_, C> {
    /// The types of which no answer has come. A report that the payees are still checked is none: another one follows.
    pub(super) fn missing(&self) -> Vec<String> {
        let of_type = |taken: &TakenAnswer<C::File>, wanted: &str| taken.answer.file.file_type() == wanted;
        let is_final = |taken: &TakenAnswer<C::File>| !taken.is_interim(&self.upload);
        let has = |wanted: &str| self.taken.iter().any(|taken| of_type(taken, wanted) && is_final(taken));
        self.settings.types.iter().map(|wanted| &wanted.file_type).filter(|wanted| !has(wanted)).cloned().collect()
    }

    pub(super) fn verdict(&self) -> &BankVerdict {
        &self.said
    }

    /// The answers that came, by type and reference.
    pub(super) fn taken_names(&self) -> String {
        let names = self.taken.iter().map(|taken| name_of(&taken.answer.file.key()));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The files that the bank may have sent and that did not arrive, by type and reference.
    pub(super) fn begun_names(&self) -> String {
        self.begun.join(", ")
    }

    /// The number of other waits with the same message id.
    pub(super) fn namesakes(&self) -> usize {
        self.registration.namesakes()
    }

    /// Ends the wait: the answers, one of each type in the order of the types and then the others of these types, and
    /// the files without an owner. `is_reported` is whether the call returns them, or fails.
    pub(super) async fn into_files(self, is_reported: bool) -> (Vec<AwaitedFile<C::File>>, Vec<AwaitedFile<C::File>>) {
        let Self { settings, taken, others, .. } = self;
        let (mut answers, mut entries) = (Vec::with_capacity(taken.len()), Vec::with_capacity(taken.len()));
        for TakenAnswer { answer, own, entry } in taken {
            answers.push(answer);
            entries.push((own, entry));
        }
        if is_reported {
            let ledger = settings.ledger;
            settle(move || {
                for (own, entry) in entries {
                    entry.iter().for_each(LedgerEntry::withdraw);
                    // Another owner that keeps the same ledger still has to report the file.
                    let is_last = own.fetched.reported();
                    if let Some(ledger) = ledger.as_ref().filter(|_| is_last) {
                        let file = &own.fetched.file;
                        ledger.reported(file.file_type(), file.file_reference());
                    }
                }
            })
            .await;
        }
        let mut sorted = Vec::with_capacity(answers.len());
        for wanted in &settings.types {
            if let Some(at) = answers.iter().position(|answer| answer.file.file_type() == wanted.file_type) {
                sorted.push(answers.remove(at));
            }
        }
        sorted.append(&mut answers);
        (sorted, others)
    }
}
