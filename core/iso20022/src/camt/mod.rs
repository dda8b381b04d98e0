//! Statements (`camt.053`) and debit credit notifications (`camt.054`): the bookings on an account.

mod read;
mod write;

use bankchannel_foundation::Boundary;

use crate::amount::Amount;
use crate::schema::MessageType;

pub use read::read;
pub(crate) use write::render_statement;
pub use write::{write_notification, write_statement};

/// A statement or notification document. Values read from a bank stay verbatim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CashReport {
    /// Message type by namespace, if this crate has its schema. The writers set it themselves.
    pub message: Option<MessageType>,
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// `GrpHdr/CreDtTm`.
    pub created: String,
    /// `Stmt` or `Ntfctn`, one for each account, in order.
    pub accounts: Vec<AccountReport>,
}

/// A document's report on one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountReport {
    /// `Id` of the statement or notification.
    pub id: String,
    /// `ElctrncSeqNb`, when given.
    pub sequence: Option<String>,
    /// `CreDtTm`, when given.
    pub created: Option<String>,
    /// `Acct/Id`: the IBAN, or the bank's own number of the account.
    pub account: String,
    /// `Acct/Ccy`, when given.
    pub currency: Option<String>,
    /// `Acct/Ownr/Nm`, when given.
    pub owner: Option<String>,
    /// `Bal`, in order; notifications have none.
    pub balances: Vec<Balance>,
    /// `Ntry`, in order.
    pub entries: Vec<Entry>,
}

/// A balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// `Tp/CdOrPrtry`: `OPBD` opening booked, `CLBD` closing booked, … (see [`crate::meaning::balance`]).
    pub code: String,
    /// Size of the balance; its sign is in `direction`.
    pub amount: Amount,
    /// Credit: money of the customer; debit: owed to the bank.
    pub direction: Direction,
    /// `Dt`, a date or a date and time.
    pub date: String,
}

/// A booking on an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// `NtryRef`, when given.
    pub reference: Option<String>,
    /// Size of the booking; its sign is in `direction`.
    pub amount: Amount,
    /// Credit: money came; debit: money went.
    pub direction: Direction,
    /// `Sts`: `BOOK`, `PDNG`, … (see [`crate::meaning::entry_status`]).
    pub status: String,
    /// `BookgDt`, when given.
    pub booking_date: Option<String>,
    /// `ValDt`, when given.
    pub value_date: Option<String>,
    /// `AcctSvcrRef`, when given: the bank's own reference.
    pub servicer_reference: Option<String>,
    /// `BkTxCd` as domain, family and sub-family (`PMNT/ICDT/ESCT`), or the bank's own code.
    pub bank_code: Option<String>,
    /// `NtryDtls/Btch/MsgId`, when given: message id of the payment file.
    pub batch_message_id: Option<String>,
    /// `NtryDtls/Btch/PmtInfId`, when given: the part of the payment file.
    pub batch_payment_id: Option<String>,
    /// `NtryDtls/Btch/NbOfTxs`, when given. The writers write the batch only with it.
    pub batch_count: Option<String>,
    /// `NtryDtls/TxDtls`, of all details, in order.
    pub transactions: Vec<EntryTransaction>,
    /// `AddtlNtryInf`, when given.
    pub information: Option<String>,
}

/// One payment behind a booking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryTransaction {
    /// `Refs/MsgId`, when given.
    pub message_id: Option<String>,
    /// `Refs/PmtInfId`, when given.
    pub payment_id: Option<String>,
    /// `Refs/InstrId`, when given.
    pub instruction_id: Option<String>,
    /// `Refs/EndToEndId`, when given.
    pub end_to_end_id: Option<String>,
    /// `Refs/UETR`, when given (version 8 on).
    pub uetr: Option<String>,
    /// `Amt` (version 3 on), else `AmtDtls/TxAmt/Amt`, when given.
    pub amount: Option<Amount>,
    /// `RltdPties/Dbtr`, when given.
    pub debtor: Option<String>,
    /// `RltdPties/DbtrAcct/Id/IBAN`, when given.
    pub debtor_iban: Option<String>,
    /// `RltdPties/Cdtr`, when given.
    pub creditor: Option<String>,
    /// `RltdPties/CdtrAcct/Id/IBAN`, when given.
    pub creditor_iban: Option<String>,
    /// `RmtInf/Ustrd`, all lines.
    pub remittance: Vec<String>,
    /// The first `RmtInf/Strd/CdtrRefInf/Ref`, when given.
    pub creditor_reference: Option<String>,
}

/// Whether a booking or balance is in the customer's favour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum Direction {
    /// `CRDT`: in the customer's favour.
    #[default]
    Credit,
    /// `DBIT`: against the customer.
    Debit,
    /// Any other value of the document, verbatim.
    Other(String),
}

impl Direction {
    /// The code in the documents: `CRDT`, `DBIT`, or the verbatim value.
    pub fn code(&self) -> &str {
        match self {
            Self::Credit => "CRDT",
            Self::Debit => "DBIT",
            Self::Other(code) => code,
        }
    }

    /// The opposite direction.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Credit => Self::Debit,
            Self::Debit => Self::Credit,
            other => other,
        }
    }

    pub(crate) fn read(code: &str) -> Self {
        match code {
            "CRDT" => Self::Credit,
            "DBIT" => Self::Debit,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The amount with its sign: negative for debits; `None` when amount or direction is unclear.
    pub fn signed_cents(&self, amount: &Amount) -> Option<i64> {
        match self {
            Self::Credit => amount.cents(),
            Self::Debit => amount.cents()?.checked_neg(),
            Self::Other(_) => None,
        }
    }
}

impl Balance {
    /// A booked balance of signed hundredths.
    pub fn new(code: &str, cents: i64, currency: &str, date: impl Into<String>) -> Self {
        let direction = if cents < 0 { Direction::Debit } else { Direction::Credit };
        // As text, since the absolute value of the lowest 64-bit number does not fit into 64 bits.
        let amount = Amount::from_cents(cents, currency);
        let amount = Amount { value: amount.value.trim_start_matches('-').to_owned(), ..amount };
        Self { code: code.to_owned(), amount, direction, date: date.into() }
    }

    /// The balance with its sign in hundredths; `None` when the document is unclear.
    pub fn signed_cents(&self) -> Option<i64> {
        self.direction.signed_cents(&self.amount)
    }
}

impl Entry {
    /// The booking with its sign in hundredths; `None` when the document is unclear.
    pub fn signed_cents(&self) -> Option<i64> {
        self.direction.signed_cents(&self.amount)
    }
}

impl AccountReport {
    /// The balance of that type, such as `CLBD`.
    pub fn balance(&self, code: &str) -> Option<&Balance> {
        self.balances.iter().find(|balance| balance.code == code)
    }
}
