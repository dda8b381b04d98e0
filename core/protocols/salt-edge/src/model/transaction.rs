//! Transactions and their fees (§4.4, §4.5).

use std::fmt;

use bankchannel_foundation::{Boundary, model::JsonObject};

use super::{AccountId, CurrencyCode, FeeAmount, MadeOn, Money};

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum TransactionStatus {
    /// Booked.
    Posted,
    /// Not booked yet.
    Pending,
}

/// A fee of a transaction.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct TransactionFee {
    /// What it is for.
    pub description: Option<String>,
    /// How much, in at most 15 digits.
    pub amount: Option<FeeAmount>,
    /// The currency, ISO 4217.
    pub currency_code: Option<CurrencyCode>,
}

/// A transaction on an account.
#[derive(Clone, Boundary)]
#[boundary(same_names)]
pub struct BankTransaction {
    /// The bank's own id of the transaction.
    pub id: String,
    /// The account that it is on.
    pub account_id: AccountId,
    /// The amount; money that leaves the account has a minus.
    pub amount: Money,
    /// The currency, ISO 4217.
    pub currency_code: CurrencyCode,
    /// What it was for, as the customer sees it; not empty.
    pub description: String,
    /// When it was made: a day, or an instant. A day travels as its midnight in UTC.
    pub made_on: MadeOn,
    /// How far it is.
    pub status: TransactionStatus,
    /// Its fees; none when left out.
    pub fees: Option<Vec<TransactionFee>>,
    /// Anything else, such as `mcc`, `original_amount`, `original_currency_code`; `{}` when left out.
    pub extra: Option<JsonObject>,
}

impl BankTransaction {
    /// With what every answer has (§4.4).
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.fees.get_or_insert_default();
        self.extra.get_or_insert_default();
        self
    }
}

impl fmt::Debug for BankTransaction {
    /// Nothing of it: it is a customer's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankTransaction").finish_non_exhaustive()
    }
}
