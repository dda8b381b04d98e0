//! Transactions and their fees (§4.4, §4.5).

use bankchannel_foundation::model::{Boundary, JsonObject};

use super::{AccountId, CurrencyCode, FeeAmount, MadeOn, SaltEdgeAmount};

/// The status of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum TransactionStatus {
    /// Booked.
    Posted,
    /// Not booked yet.
    Pending,
}

/// A fee of a transaction.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct TransactionFee {
    /// The purpose of the fee.
    pub description: Option<String>,
    /// The amount, in at most 15 digits.
    pub amount: Option<FeeAmount>,
    /// The currency, ISO 4217.
    pub currency_code: Option<CurrencyCode>,
}

/// A transaction on an account.
#[derive(Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct BankTransaction {
    /// The bank's own id of the transaction.
    pub id: String,
    /// The transaction's account.
    pub account_id: AccountId,
    /// The amount. It is negative if money leaves the account.
    pub amount: SaltEdgeAmount,
    /// The currency, ISO 4217.
    pub currency_code: CurrencyCode,
    /// The description for the customer; not empty.
    pub description: String,
    /// The day or the instant of the transaction. A day is sent as its midnight in UTC.
    pub made_on: MadeOn,
    /// The status.
    pub status: TransactionStatus,
    /// The fees. Default: none.
    pub fees: Option<Vec<TransactionFee>>,
    /// Other data, such as `mcc`, `original_amount`, `original_currency_code`. Default: `{}`.
    pub extra: Option<JsonObject>,
}

impl BankTransaction {
    /// Fills the members that every answer has (§4.4).
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.fees.get_or_insert_default();
        self.extra.get_or_insert_default();
        self
    }
}

bankchannel_foundation::redacted_debug!(BankTransaction);
