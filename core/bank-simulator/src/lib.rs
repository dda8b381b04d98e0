//! A simulated bank: its decisions about a payment file, and its answers. No I/O, no clock, no
//! protocol: bytes, times and ids are passed in, so the same input gives the same bytes.
//!
//! ```text
//!  payment file ─► check (of bankchannel-iso20022) ─► books: account, currency, cover
//!                    │ faults                           │ refused              │ booked
//!                    └──────────► pain.002 RJCT ◄───────┘                      ├─► pain.002 ACCP
//!                                                                              ├─► camt.054: the debits
//!                                                                              └─► camt.053: balances and entries
//! ```
//!
//! Before that the caller may ask for a payee check ([`check_payees`]), and let the order wait until somebody releases or
//! cancels it.
//!
//! A file is booked as a whole or not at all. Execution dates are not judged, and everything is booked on the given day;
//! the same file again is a new payment, unless the caller knows that its message id was used: [`reject_duplicate`].

mod booking;
mod faults;
mod ids;
mod ledger;
mod payees;
mod report;
pub mod write;

use bankchannel_foundation::model::Date;
use bankchannel_iso20022::XmlFault;
use bankchannel_iso20022::check::{CheckOptions, check_telling};
use bankchannel_iso20022::payment::{PaymentFile, read_payment};
use bankchannel_iso20022::rules::PaymentVersion;
use jiff::Timestamp;

use faults::PaymentFaults;
use ids::AnswerStamp;
pub use ids::{AnswerIds, created_at};
pub use ledger::{
    BankLedger, DEFAULT_BALANCE_CENTS, DEFAULT_CURRENCY, DEFAULT_IBAN, DEFAULT_OWNER, LedgerAccount, debits,
};
pub use payees::{BIC, PayeeReports, cancel, check_payees};

/// Largest document that the bank makes, in bytes: the WS Channel's limit for downloads (docs/protocols/ws-channel.md
/// §5.3). A payment whose statement would be larger is rejected as `FF01`.
pub const MAX_DOCUMENT_BYTES: usize = 7 * 1024 * 1024;

/// Largest payment file that the bank reads, in bytes (docs/protocols/ws-channel.md §5.3; uploads themselves stop at 7
/// MiB).
pub const MAX_PAYMENT_BYTES: usize = 10 * 1024 * 1024;

/// The bank's decision about a payment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankDecision {
    /// Nothing was booked.
    Rejected {
        /// The `pain.002.001.10` with the reasons.
        pain002: Vec<u8>,
    },
    /// Everything was booked.
    Accepted {
        /// The `pain.002.001.10`.
        pain002: Vec<u8>,
        /// The `camt.054.001.02` with the debits, one notification for each account.
        camt054: Vec<u8>,
        /// The `camt.053.001.02` with the updated statements, one for each account.
        camt053: Vec<u8>,
        /// The books afterwards.
        new_ledger: BankLedger,
    },
}

/// Why the simulator could not answer; neither is the fault of the payment file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulatorError {
    /// The base of the ids is empty, too long, or has a character that ids may not have.
    #[error("the id base must have 1 to 20 ASCII letters, digits and hyphens")]
    BadIds,
    /// No such account in the ledger.
    #[error("the ledger has no such account")]
    NoAccount,
    /// A balance has more than 18 digits.
    #[error("a balance has more digits than a document can state")]
    BalanceTooLarge,
    /// An answer would break its schema, for example through an account that was opened with a malformed IBAN.
    #[error("the answer would break its schema: {}", .0.first().map_or_else(String::new, ToString::to_string))]
    Answer(Vec<XmlFault>),
}

/// Decides about a payment file: `Rejected` with reasons, or `Accepted` with the three documents and the new books.
///
/// First come the faults that `iso20022.check_payment` finds, with its reason codes, except those of dates; a file that
/// breaks the schema is rejected with `FF01`. Then the bank's own: `AC02` it has no such debtor account, `AM03` a
/// currency other than the account's, `AM04` funds.
///
/// `accepts` is the version of payment files that the bank takes; without it, all that are checked. `now` is the creation
/// time in the documents, `today` the day of booking.
///
/// # Errors
/// Never because of the payment file: see [`SimulatorError`].
pub fn decide(
    payment: &[u8],
    ledger: &BankLedger,
    accepts: Option<PaymentVersion>,
    now: Timestamp,
    today: jiff::civil::Date,
    ids: &AnswerIds,
) -> Result<BankDecision, SimulatorError> {
    let stamp = AnswerStamp::new(now, today, ids);
    let examined = ExaminedPayment::read(payment, accepts, &stamp);
    let file = match &examined.file {
        Ok(file) => file,
        Err(faults) => return reject(&examined, faults),
    };
    let mut after = ledger.clone();
    let faults = match ledger::debit(file, &mut after) {
        Ok(()) => match documents(booking::book(file, ledger, after, &stamp)?)? {
            Some(decision) => return Ok(decision),
            None => PaymentFaults::too_large(),
        },
        Err(faults) => *faults,
    };
    reject(&examined, &faults)
}

/// Rejects a payment file because the bank has seen its message id (`DU01`). A file that cannot be read is rejected for
/// that instead.
///
/// # Errors
/// As [`decide`].
pub fn reject_duplicate(
    payment: &[u8],
    accepts: Option<PaymentVersion>,
    now: Timestamp,
    today: jiff::civil::Date,
    ids: &AnswerIds,
) -> Result<BankDecision, SimulatorError> {
    let stamp = AnswerStamp::new(now, today, ids);
    let examined = ExaminedPayment::read(payment, accepts, &stamp);
    match &examined.file {
        Err(faults) if faults.is_unreadable() => reject(&examined, faults),
        _ => {
            let mut report = report::rejected(&examined, &PaymentFaults::duplicate());
            report.batches.clear();
            rejected(write::status_report(&report))
        }
    }
}

/// Writes the next statement of an account without entries: for a fresh account the opening statement, with number 1.
/// Returns the `camt.053.001.02` and the books with the statement counted.
///
/// # Errors
/// The account is not in the ledger, or was opened with values that the schema does not allow.
pub fn opening_statement(
    ledger: &BankLedger,
    account: &str,
    now: Timestamp,
    today: jiff::civil::Date,
    ids: &AnswerIds,
) -> Result<(Vec<u8>, BankLedger), SimulatorError> {
    let stamp = AnswerStamp::new(now, today, ids);
    let (message, statement, ledger) = booking::opening(ledger, account, &stamp)?;
    let bytes = write::statements(&message, &[statement]).map_err(SimulatorError::Answer)?;
    Ok((bytes, ledger))
}

/// A payment file as far as the bank can read it.
struct ExaminedPayment<'s> {
    stamp: &'s AnswerStamp<'s>,
    /// The message id and name, even of a file that breaks the schema elsewhere, so that an answer can name it.
    message_id: Option<String>,
    message_name: Option<String>,
    /// The payment, if it has no faults.
    file: Result<PaymentFile, PaymentFaults>,
    /// The payment, if it has faults that leave it readable.
    faulty: Option<PaymentFile>,
}

impl<'s> ExaminedPayment<'s> {
    fn read(payment: &[u8], accepts: Option<PaymentVersion>, stamp: &'s AnswerStamp<'s>) -> Self {
        let mut options = CheckOptions::on(Date(stamp.today));
        (options.profile.accepts, options.judges_dates) = (accepts, false);
        let mut faults = PaymentFaults::default();
        let nothing = |faults| Self { stamp, message_id: None, message_name: None, file: Err(faults), faulty: None };
        if payment.len() > MAX_PAYMENT_BYTES {
            return nothing(PaymentFaults::of_size(payment.len()));
        }
        // Bytes in memory can always be read.
        let Ok(checked) = check_telling(payment, &options, &mut |finding| faults.add_part(finding)) else {
            return nothing(faults);
        };
        faults.tell_findings(&checked.findings);
        let read = read_payment(payment);
        let message_id = read.as_ref().ok().and_then(|file| file.id.clone());
        let examined =
            Self { stamp, message_id, message_name: checked.message_name, ..nothing(PaymentFaults::default()) };
        match read {
            Ok(file) if checked.errors == 0 => Self { file: Ok(file), ..examined },
            Ok(file) if !faults.is_unreadable() => Self { file: Err(faults), faulty: Some(file), ..examined },
            _ => Self { file: Err(faults), ..examined },
        }
    }

    /// The payment, as far as its transactions can be named.
    fn readable(&self) -> Option<&PaymentFile> {
        self.file.as_ref().ok().or(self.faulty.as_ref())
    }
}

fn reject(examined: &ExaminedPayment<'_>, faults: &PaymentFaults) -> Result<BankDecision, SimulatorError> {
    let mut report = report::rejected(examined, faults);
    let mut written = write::status_report(&report);
    if written.as_ref().is_ok_and(|bytes| bytes.len() > MAX_DOCUMENT_BYTES) {
        // The group status is enough; a report with the status of so many transactions could not be downloaded.
        report.batches.clear();
        written = write::status_report(&report);
    }
    rejected(written)
}

fn rejected(report: Result<Vec<u8>, Vec<XmlFault>>) -> Result<BankDecision, SimulatorError> {
    Ok(BankDecision::Rejected { pain002: report.map_err(SimulatorError::Answer)? })
}

/// Writes the documents of a booking; `None` if one of them would be too large to be downloaded.
fn documents(booked: booking::BookedPayment) -> Result<Option<BankDecision>, SimulatorError> {
    let booking::BookedPayment { status, notification, statement, ledger } = booked;
    let camt053 = write::statements(&statement.0, &statement.1).map_err(SimulatorError::Answer)?;
    let pain002 = write::status_report(&status).map_err(SimulatorError::Answer)?;
    // A notification is a statement without balances, so it is the smaller of the two.
    if camt053.len().max(pain002.len()) > MAX_DOCUMENT_BYTES {
        return Ok(None);
    }
    let camt054 = write::notifications(&notification.0, &notification.1).map_err(SimulatorError::Answer)?;
    Ok(Some(BankDecision::Accepted { pain002, camt054, camt053, new_ledger: ledger }))
}

#[cfg(test)]
mod tests;
