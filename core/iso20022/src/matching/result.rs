//! The result types of matching a payment file.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::Date;

use crate::cash::CashKind;
use crate::data::{Code, Moment, Money};
use crate::meaning::Again;
use crate::payee_check::{OrderWaitsFor, PayeeCheck, PayeeCheckSummary};
use crate::status::StatusReason;

/// The outcome of a payment file.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Matched {
    /// The message id of the payment file.
    pub id: Option<String>,
    /// How many transactions the file holds.
    pub count: u64,
    /// The number of transactions by outcome, with their sums; the counts add up to `count`.
    pub totals: Vec<OutcomeTotal>,
    /// The order's next step at the bank, after the reports of a payee check: nothing is paid until then. Left out if no
    /// transaction waits.
    pub waits_for: Option<OrderWaitsFor>,
    /// The payee check of the file, if a report of one was given: its counts are those of the transactions.
    pub payee_check: Option<PayeeCheckSummary>,
    /// The batches of the file, in order.
    pub batches: Vec<MatchedBatch>,
    /// The transactions of the file, in order.
    pub transactions: Vec<MatchedTransaction>,
    /// Statuses in reports that belong to no transaction of this file, or to none for certain.
    pub leftover_reports: Vec<LeftoverReport>,
    /// The entries, or single transactions of entries, that belong to no transaction of this file, or to none for
    /// certain.
    pub leftover_entries: Vec<LeftoverEntry>,
    /// The number of entries ignored because they repeat another one: a report before its statement, a copy.
    pub repeated_entries: u64,
    /// Remarks: a missing page of a statement, a second payment information with the same id.
    pub notes: Vec<String>,
}

/// The number of transactions with an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct OutcomeTotal {
    /// The outcome.
    pub outcome: Outcome,
    /// The number of transactions with it.
    pub count: u64,
    /// Their sums by currency, as ordered. A currency is left out if an amount cannot be read or the sum has more than
    /// 18 digits.
    pub sums: Vec<Money>,
}

/// The outcome of a transaction, from the bank's reports and bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[non_exhaustive]
pub enum Outcome {
    /// Debited by its own entry.
    Paid,
    /// Debited by an entry together with others, and the sums match.
    PaidInBatch,
    /// The bank reports that the account was debited; no booking was found.
    ExecutedReported,
    /// A booking matches by amount, creditor and date, but no id confirms that it is this payment.
    Probable,
    /// Accepted by the bank, and not known to be executed yet.
    Accepted,
    /// Received, waiting, or noted as pending on the account.
    InProgress,
    /// Debited, and the money came back.
    Returned,
    /// Rejected by the bank, and no booking was found.
    Rejected,
    /// Cancelled on request, and no booking was found.
    Cancelled,
    /// The batch was debited with a sum that matches no selection of its transactions for certain.
    BatchDiffers,
    /// The account was debited by an entry that has the id of this transaction alone, and another amount.
    AmountDiffers,
    /// Several transactions or several bookings carry the same ids.
    Ambiguous,
    /// The bank contradicts itself: rejected and executed, or rejected and debited.
    Conflict,
    /// Nothing is known, or the status is an unknown code.
    Unknown,
}

/// The level of the report at which a status was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum StatusSource {
    /// Of the transaction itself.
    Transaction,
    /// Deduced: of its payment information (batch).
    PaymentInformation,
    /// Deduced: of the whole file.
    Group,
    /// Deduced: some transactions were accepted, others not, and the counts show that those not listed were accepted.
    Counts,
}

impl StatusSource {
    /// How closely it names the transaction: itself, its batch, or the file.
    pub(crate) fn closeness(self) -> u8 {
        match self {
            Self::Transaction => 2,
            Self::PaymentInformation => 1,
            Self::Group | Self::Counts => 0,
        }
    }
}

/// The key by which a report names a transaction, or its batch or file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum MatchedBy {
    /// By its UETR.
    Uetr,
    /// By its instruction id.
    InstructionId,
    /// By its end-to-end id.
    EndToEndId,
    /// By the payee's account and name, which are unique in the batch: the report of a payee check gives no id.
    AccountAndName,
    /// By the payment information id of its batch.
    PaymentId,
    /// By the message id of the file.
    MessageId,
}

/// A batch of the payment file.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct MatchedBatch {
    /// The batch's number in the file, from 1.
    pub number: u64,
    /// The line in the payment file, from 1.
    pub line: u64,
    /// The payment information id.
    pub id: Option<String>,
    /// How many transactions it holds.
    pub count: u64,
    /// The number of its transactions by outcome, with their sums; the counts add up to `count`.
    pub totals: Vec<OutcomeTotal>,
    /// The entries that debited the batch as a whole.
    pub bookings: Vec<BookingPlace>,
    /// The total of those entries, without a sign.
    pub booked: Option<Money>,
    /// How much larger they are than the transactions that they should pay: all that were not rejected and have no
    /// booking of their own. Left out if there is no such entry, or if the sums cannot be compared.
    pub difference: Option<Money>,
}

/// A transaction of the payment file, and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct MatchedTransaction {
    /// The transaction's number in the file, from 1.
    pub number: u64,
    /// The line in the payment file, from 1.
    pub line: u64,
    /// The number of its batch in the file, from 1.
    pub batch: u64,
    /// The payment information id of its batch.
    pub batch_id: Option<String>,
    /// The instruction id.
    pub instruction_id: Option<String>,
    /// The end-to-end id as it is written.
    pub end_to_end_id: Option<String>,
    /// The UETR, a UUID.
    pub uetr: Option<String>,
    /// The creditor's name.
    pub creditor: Option<String>,
    /// The creditor's IBAN, without blanks and in capitals.
    pub iban: Option<String>,
    /// The creditor's account if it is not an IBAN.
    pub account: Option<String>,
    /// The amount that was ordered.
    pub money: Option<Money>,
    /// Its outcome.
    pub outcome: Outcome,
    /// The status that the bank reported last, or the final one.
    pub status: Option<Code>,
    /// The level of the report at which that status was given.
    pub status_from: Option<StatusSource>,
    /// The key by which the report names it, or its batch or file.
    pub matched_by: Option<MatchedBy>,
    /// A status that contradicts it, reported later or at another level.
    pub other_status: Option<Code>,
    /// The result of the payee check, also after later reports.
    pub payee_check: Option<Box<PayeeCheck>>,
    /// The key by which the report of the payee check names it.
    pub payee_check_matched_by: Option<MatchedBy>,
    /// The first reason: of the return, otherwise of the status.
    pub reason: Option<Code>,
    /// The first 5 reasons with the first 5 lines of their texts.
    pub reasons: Vec<StatusReason>,
    /// Whether it may be sent again.
    pub again: Again,
    /// What to do, in words.
    pub advice: String,
    /// The report that gave the status.
    pub report: Option<ReportPlace>,
    /// The booking that debited it, or the one that is only probable or pending, or that names it with another amount.
    pub booking: Option<BookingPlace>,
    /// The booking that brought the money back.
    pub return_booking: Option<BookingPlace>,
    /// The bookings of which one may be this payment's, if that is ambiguous, and those that name it with another amount;
    /// at most 10.
    pub candidates: Vec<BookingPlace>,
    /// How much larger its own booking, or the only one that names it with another amount, is than the ordered amount, in
    /// the same currency: mostly a charge. Left out when equal.
    pub difference: Option<Money>,
}

/// The place of a status in the reports.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ReportPlace {
    /// The report's number in the request, from 1.
    pub number: u64,
    /// The report's message id.
    pub id: Option<String>,
    /// When the report was made.
    pub created: Option<Moment>,
    /// The line in the report's file, from 1.
    pub line: u64,
}

/// The place of a booking in the statements.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BookingPlace {
    /// The statement's number in the request, from 1.
    pub statement: u64,
    /// The statement's id.
    pub statement_id: Option<String>,
    /// Its kind.
    pub kind: CashKind,
    /// The entry's number in its statement, from 1.
    pub entry: u64,
    /// The number of the transaction in the entry, from 1, if the entry has transactions.
    pub detail: Option<u64>,
    /// The line in the statement's file, from 1.
    pub line: u64,
    /// The date of the booking, otherwise of the value.
    pub date: Option<Date>,
    /// The entry's reference.
    pub reference: Option<String>,
    /// The account servicer's reference: of the transaction, otherwise of the entry.
    pub servicer_reference: Option<String>,
    /// The amount: negative if money leaves the account.
    pub money: Option<Money>,
}

/// A status in a report that belongs to nothing in this file for certain.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct LeftoverReport {
    /// Its place.
    pub place: ReportPlace,
    /// Why it has no match.
    pub why: LeftoverReason,
    /// The message id of the payment file that the report is about.
    pub original_message_id: Option<String>,
    /// The payment information id.
    pub payment_id: Option<String>,
    /// The instruction id.
    pub instruction_id: Option<String>,
    /// The end-to-end id.
    pub end_to_end_id: Option<String>,
    /// The UETR, a UUID.
    pub uetr: Option<String>,
    /// The status.
    pub status: Option<Code>,
    /// The numbers of the transactions that it may be about, from 1, if it is ambiguous; at most 10.
    pub candidates: Vec<u64>,
}

/// An entry, or one of its transactions, that belongs to nothing in this file for certain.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct LeftoverEntry {
    /// Its place.
    pub place: BookingPlace,
    /// Why it has no match.
    pub why: LeftoverReason,
    /// The end-to-end id.
    pub end_to_end_id: Option<String>,
    /// The other side's name.
    pub counterparty: Option<String>,
    /// The numbers of the transactions that it may be about, from 1: those that have one of its ids; at most 10.
    pub candidates: Vec<u64>,
    /// How much larger its own amount is than that of its only candidate, in the same currency; left out when equal,
    /// and for one of several transactions without an amount of its own.
    pub difference: Option<Money>,
}

/// Why something has no match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum LeftoverReason {
    /// It names another payment file, or none.
    OtherFile,
    /// It names a payment information that the file does not have.
    NoSuchBatch,
    /// No transaction of the file has its ids, as far as accounts and days fit: it has no candidates.
    NoSuchTransaction,
    /// One transaction of the file has its id, and another amount or currency: its candidate.
    OtherAmount,
    /// Several transactions of the file have its ids, its ids belong to different transactions, or it has the id of one
    /// and nothing else to tell by.
    Ambiguous,
}
