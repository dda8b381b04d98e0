//! Accounts (§4.3).

use bankchannel_foundation::model::{Boundary, JsonObject};

use super::{AccountId, CurrencyCode, SaltEdgeAmount};

/// The kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum AccountNature {
    /// Any account.
    Account,
    /// A card.
    Card,
    /// A debit card.
    DebitCard,
    /// A credit card.
    CreditCard,
    /// A current account.
    Checking,
    /// A savings account.
    Savings,
    /// Investments.
    Investment,
    /// Bonus points.
    Bonus,
    /// A loan.
    Loan,
    /// A credit line.
    Credit,
    /// An insurance.
    Insurance,
    /// An electronic wallet.
    Ewallet,
    /// A mortgage.
    Mortgage,
}

/// The status of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum AccountStatus {
    /// In use.
    #[default]
    Active,
    /// Not in use.
    Inactive,
}

/// An account of a customer.
#[derive(Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct BankAccount {
    /// The bank's own id of the account. It never changes.
    pub id: AccountId,
    /// The account's name for the customer.
    pub name: String,
    /// The kind of the account.
    pub nature: AccountNature,
    /// The currency, ISO 4217.
    pub currency_code: CurrencyCode,
    /// The booked balance.
    pub balance: SaltEdgeAmount,
    /// The amount available for spending.
    pub available_amount: SaltEdgeAmount,
    /// Whether payments can be made from the account.
    pub payment_account: bool,
    /// The status. Default: `active`.
    pub status: Option<AccountStatus>,
    /// The credit line.
    pub credit_limit: Option<SaltEdgeAmount>,
    /// The IBAN.
    pub iban: Option<String>,
    /// The account's number inside the bank.
    pub number: Option<String>,
    /// The sort code of a British or Irish bank.
    pub sort_code: Option<String>,
    /// The BIC.
    pub swift_code: Option<String>,
    /// Other data. Default: `{}`.
    pub extra: Option<JsonObject>,
}

impl BankAccount {
    /// Fills the members that every answer has (§4.3).
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.status.get_or_insert_default();
        self.extra.get_or_insert_default();
        self
    }
}

bankchannel_foundation::redacted_debug!(BankAccount);
