//! The simulator bank's decisions: its answers to a payment file, as pure functions (docs/protocols/ws-channel.md §6.7,
//! §6.8).
//!
//! A file is booked as a whole or not at all. Execution dates in the past are accepted and booked on the given day; the
//! same file again is a new payment.

mod booking;
mod checks;
mod report;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::camt::{self, Balance, CashReport};
use crate::iban;
use crate::pain001;
use crate::pain002;
use crate::problem::Problem;

/// Account of the simulator's customer (docs/protocols/ws-channel.md §6.7).
pub const DEFAULT_IBAN: &str = "FI2112345600000785";
/// Owner of that account.
pub const DEFAULT_OWNER: &str = "Synthetic Debtor Oy";
/// Currency of that account.
pub const DEFAULT_CURRENCY: &str = "EUR";
/// Opening balance of that account: 10000000.00.
pub const DEFAULT_BALANCE_CENTS: i64 = 1_000_000_000;

/// Largest document that the bank makes, in bytes: the WS Channel's limit for downloads (docs/protocols/ws-channel.md
/// §5.3). A payment whose statement would be larger is rejected as `FF01`.
pub const MAX_DOCUMENT_BYTES: usize = 7 * 1024 * 1024;

/// The bank's books for one customer connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Accounts by IBAN, without blanks and in capitals.
    pub accounts: BTreeMap<String, Account>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Booked balance in hundredths.
    pub balance_cents: i64,
    /// Number of the last statement; 0 before the opening statement.
    pub statement_seq: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// Owner's name.
    pub owner: String,
}

impl Ledger {
    /// A ledger with the simulator's usual account, before its opening statement.
    pub fn with_default_account() -> Self {
        let mut ledger = Self::default();
        ledger.open(DEFAULT_IBAN, DEFAULT_OWNER, DEFAULT_CURRENCY, DEFAULT_BALANCE_CENTS);
        ledger
    }

    /// Opens an account with a balance; an existing account is not changed.
    pub fn open(&mut self, account: &str, owner: &str, currency: &str, balance_cents: i64) {
        self.accounts.entry(iban::compact(account)).or_insert_with(|| Account {
            balance_cents,
            statement_seq: 0,
            currency: currency.to_owned(),
            owner: owner.to_owned(),
        });
    }

    /// The account with that IBAN, in either written form.
    pub fn account(&self, account: &str) -> Option<&Account> {
        self.accounts.get(&iban::compact(account))
    }
}

/// The unique base of all ids of one answer: message ids are unique if it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    base: String,
}

impl Ids {
    /// Longest base, in characters: ids have 35, and prefix and number need the rest.
    pub const MAX_LENGTH: usize = 20;

    /// Ids from a base of 1 to 20 ASCII letters, digits and hyphens, unique for each answer of the bank.
    ///
    /// # Errors
    /// The base is empty, too long, or holds another character.
    pub fn new(base: impl Into<String>) -> Result<Self, SimulatorError> {
        let base = base.into();
        let good = (1..=Self::MAX_LENGTH).contains(&base.len())
            && base.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if good { Ok(Self { base }) } else { Err(SimulatorError::BadIds) }
    }

    fn id(&self, kind: &str) -> String {
        format!("{kind}-{}", self.base)
    }

    fn numbered(&self, kind: &str, number: usize) -> String {
        format!("{kind}-{}-{number}", self.base)
    }
}

/// The bank's decision about a payment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
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
        new_ledger: Ledger,
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
    /// An answer would break its schema, for example through an account that was opened with a malformed IBAN.
    #[error("the answer would break its schema: {}", .0.first().map_or_else(String::new, ToString::to_string))]
    Answer(Vec<Problem>),
}

/// Decides about a payment file: `Rejected` with reasons, or `Accepted` with the three documents and the new books.
///
/// Reasons in the order of the checks: `FF01` format, `AM18` number of transactions, `AM10` control sum, `AC02` debtor account,
/// `AC01` creditor account, `AM03` a currency other than the account's, `AM04` funds.
///
/// `now` is the creation time in the documents, `today` the day of booking.
///
/// # Errors
/// Never because of the payment file: see [`SimulatorError`].
pub fn decide(
    payment: &[u8],
    ledger: &Ledger,
    now: Timestamp,
    today: Date,
    ids: &Ids,
) -> Result<Outcome, SimulatorError> {
    let examined = pain001::examine(payment);
    let stamp = Stamp { now: time_text(now), today: today.to_string(), ids };
    let verdict = match &examined.payment {
        Ok(payment) => checks::check(payment, ledger),
        Err(problems) => Err(checks::Rejection::of_file("FF01", problems)),
    };
    let rejection = match (&examined.payment, verdict) {
        (Ok(payment), Ok(new_ledger)) => match documents(booking::book(payment, ledger, new_ledger, &stamp)?)? {
            Some(outcome) => return Ok(outcome),
            None => checks::Rejection::too_large(),
        },
        (Err(problems), Ok(_)) => return Err(SimulatorError::Answer(problems.clone())),
        (_, Err(rejection)) => rejection,
    };
    let mut report = report::rejected(&examined, &rejection, &stamp);
    if pain002::render(&report).len() > MAX_DOCUMENT_BYTES {
        // The group status is enough; a report with the status of so many transactions could not be downloaded.
        report.payments.clear();
    }
    Ok(Outcome::Rejected { pain002: pain002::write(&report).map_err(SimulatorError::Answer)? })
}

/// Rejects a payment file because the bank has seen its message id (`DU01`). A file that cannot be read is rejected for
/// that instead.
///
/// # Errors
/// As [`decide`].
pub fn reject_duplicate(payment: &[u8], now: Timestamp, today: Date, ids: &Ids) -> Result<Outcome, SimulatorError> {
    let examined = pain001::examine(payment);
    let stamp = Stamp { now: time_text(now), today: today.to_string(), ids };
    let rejection = match &examined.payment {
        Ok(_) => checks::Rejection::duplicate(),
        Err(problems) => checks::Rejection::of_file("FF01", problems),
    };
    let mut report = report::rejected(&examined, &rejection, &stamp);
    report.payments.clear();
    Ok(Outcome::Rejected { pain002: pain002::write(&report).map_err(SimulatorError::Answer)? })
}

/// Writes the documents of a booking; `None` if one of them would be too large to be downloaded.
fn documents(booked: booking::Booked) -> Result<Option<Outcome>, SimulatorError> {
    let booking::Booked { status, notification, statement, ledger } = booked;
    let sizes = [camt::render_statement(&statement).len(), pain002::render(&status).len()];
    // A notification is a statement without balances, so it is the smaller of the two.
    if sizes.into_iter().any(|size| size > MAX_DOCUMENT_BYTES) {
        return Ok(None);
    }
    Ok(Some(Outcome::Accepted {
        pain002: pain002::write(&status).map_err(SimulatorError::Answer)?,
        camt054: camt::write_notification(&notification).map_err(SimulatorError::Answer)?,
        camt053: camt::write_statement(&statement).map_err(SimulatorError::Answer)?,
        new_ledger: ledger,
    }))
}

/// Writes the next statement of an account without entries: for a fresh account the opening statement, with number 1.
/// Returns the `camt.053.001.02` and the books with the statement counted.
///
/// # Errors
/// The account is not in the ledger, or was opened with values that the schema does not allow.
pub fn opening_statement(
    ledger: &Ledger,
    account: &str,
    now: Timestamp,
    today: Date,
    ids: &Ids,
) -> Result<(Vec<u8>, Ledger), SimulatorError> {
    let number = iban::compact(account);
    let mut new_ledger = ledger.clone();
    let books = new_ledger.accounts.get_mut(&number).ok_or(SimulatorError::NoAccount)?;
    books.statement_seq = books.statement_seq.saturating_add(1);
    let stamp = Stamp { now: time_text(now), today: today.to_string(), ids };
    let mut statement = booking::account_report(&number, books, &ids.numbered("STM", 1), &stamp);
    statement.sequence = Some(books.statement_seq.to_string());
    statement.balances = ["OPBD", "CLBD"]
        .map(|code| Balance::new(code, books.balance_cents, &books.currency, stamp.today.clone()))
        .into();
    let report = CashReport { message: None, message_id: ids.id("STM"), created: stamp.now, accounts: vec![statement] };
    let bytes = camt::write_statement(&report).map_err(SimulatorError::Answer)?;
    Ok((bytes, new_ledger))
}

/// Time, day and ids of one answer.
struct Stamp<'i> {
    now: String,
    today: String,
    ids: &'i Ids,
}

fn time_text(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
