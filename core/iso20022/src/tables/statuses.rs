//! The statuses in status reports: of a file, of its batches and of its transactions.

use super::{
    TableCell, TableRow, account, amount, code, currency, joined, meaning, name, payee_result, registered_name, table,
};
use crate::data::{Code, Moment, Party};
use crate::payee_check::PayeeCheck;
use crate::status::{BatchStatus, StatusReason, StatusReport, TransactionStatus};

#[derive(Clone, Copy)]
struct StatusRow<'a> {
    report: &'a StatusReport,
    batch: Option<&'a BatchStatus>,
    transaction: Option<&'a TransactionStatus>,
}

/// The rows of all reports: of the file, of each batch and of each transaction that has a status or a reason.
pub fn of_reports(reports: &[StatusReport]) -> impl Iterator<Item = TableRow<'_>> {
    reports.iter().flat_map(|report| {
        let file = StatusRow { report, batch: None, transaction: None };
        let batches = report.batches.iter().flat_map(move |batch| {
            let of_batch = StatusRow { batch: Some(batch), ..file };
            let transactions = batch.transactions.iter();
            std::iter::once(of_batch)
                .chain(transactions.map(move |one| StatusRow { transaction: Some(one), ..of_batch }))
        });
        std::iter::once(file).chain(batches).filter(StatusRow::says_something).map(|of| cells(&of))
    })
}

impl<'a> StatusRow<'a> {
    fn says_something(&self) -> bool {
        self.transaction.is_some() || self.status().is_some() || !self.reasons().is_empty()
    }

    fn level(&self) -> &'static str {
        match (self.batch, self.transaction) {
            (_, Some(_)) => "transaction",
            (Some(_), None) => "batch",
            (None, None) => "file",
        }
    }

    fn status(&self) -> Option<&'a Code> {
        match (self.batch, self.transaction) {
            (_, Some(transaction)) => transaction.status.as_ref(),
            (Some(batch), None) => batch.status.as_ref(),
            (None, None) => self.report.status.as_ref(),
        }
    }

    fn reasons(&self) -> &'a [StatusReason] {
        match (self.batch, self.transaction) {
            (_, Some(transaction)) => &transaction.reasons,
            (Some(batch), None) => &batch.reasons,
            (None, None) => &self.report.reasons,
        }
    }

    fn reason_codes(&self) -> impl Iterator<Item = &'a Code> + use<'a> {
        self.reasons().iter().filter_map(|reason| reason.code.as_ref())
    }

    fn text(&self, field: fn(&'a TransactionStatus) -> &'a Option<String>) -> Option<&'a str> {
        self.transaction.and_then(|one| field(one).as_deref())
    }

    fn payee_check(&self) -> Option<&'a PayeeCheck> {
        self.transaction.and_then(|one| one.payee_check.as_deref())
    }

    fn creditor(&self) -> Option<&'a Party> {
        self.transaction.and_then(|one| one.creditor.as_deref())
    }
}

/// A moment in ISO 8601.
fn time(moment: Option<&Moment>) -> Option<String> {
    let moment = moment?;
    match (&moment.instant, &moment.time) {
        (Some(instant), _) => Some(instant.as_str().to_owned()),
        (None, Some(time)) => Some(format!("{}T{time}", moment.date.0)),
        (None, None) => Some(moment.date.0.to_string()),
    }
}

table! {
    /// The columns of [`of_reports`].
    STATUSES, cells(of: StatusRow<'a>);
    "report", "The report's message id.", &of.report.id;
    "created", "When the report was made.", time(of.report.created.as_ref());
    "original_message_id", "The message id of the payment file.", &of.report.original_message_id;
    "payment_id", "The payment information id: the batch.", of.batch.and_then(|batch| batch.payment_id.as_deref());
    "level", "What the row is of: `file`, `batch` or `transaction`.", Some(of.level());
    "status", "The status.", code(of.status());
    "status_meaning", "The status in words.", meaning(of.status());
    "reasons", "The codes of the reasons, separated by semicolons.",
        joined(of.reason_codes().map(|code| code.code.as_str()));
    "reason_meanings", "The reasons in words, likewise.",
        joined(of.reason_codes().filter_map(|code| code.meaning.as_deref()));
    "information", "What the bank adds.",
        joined(of.reasons().iter().flat_map(|reason| reason.information.iter().map(String::as_str)));
    "payee_check", "The result of the payee check: `match`, `close_match`, `no_match`, `not_checked` or `pending`.",
        payee_result(of.payee_check());
    "registered_name", "The name that the payee's bank has for the account, of a close match.",
        registered_name(of.payee_check());
    "end_to_end_id", "The end-to-end id of the payment file.", of.text(|one| &one.end_to_end_id);
    "instruction_id", "The instruction id of the payment file.", of.text(|one| &one.instruction_id);
    "uetr", "The UETR, a UUID.", of.text(|one| &one.uetr);
    "amount", "The amount, as the bank repeats it.", amount(of.transaction.and_then(|one| one.money.as_ref()));
    "currency", "The currency's ISO 4217 code.", currency(of.transaction.and_then(|one| one.money.as_ref()));
    "creditor", "The creditor's name, as the bank repeats it.", name(of.creditor());
    "creditor_account", "The creditor's account, as the bank repeats it.", account(of.creditor());
    "servicer_reference", "The bank's own reference, by which a statement names the booking.",
        of.text(|one| &one.servicer_reference);
    "line", "The line in the report's file, from 1.",
        TableCell::from(of.transaction.map_or_else(|| of.batch.map_or(of.report.line, |batch| batch.line), |one| one.line));
}
