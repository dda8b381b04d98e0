//! Accounts (§4.5).

use bankchannel_foundation::model::{Boundary, Date, Decimal, Timestamp};

use super::LinkMap;

/// An account that the consent covers.
#[derive(Clone, Default, PartialEq, Boundary)]
#[non_exhaustive]
pub struct Account {
    /// The bank's identifier of the account: opaque, never to be encoded again.
    #[boundary(wire = "resourceId")]
    pub resource_id: Option<String>,
    /// The IBAN.
    #[boundary(wire = "iban")]
    pub iban: Option<String>,
    /// The account number within the country.
    #[boundary(wire = "bban")]
    pub bban: Option<String>,
    /// The currency, three letters of ISO 4217.
    #[boundary(wire = "currency")]
    pub currency: Option<String>,
    /// The account's name.
    #[boundary(wire = "name")]
    pub name: Option<String>,
    /// The owner's name, if the consent covers it.
    #[boundary(wire = "ownerName")]
    pub owner_name: Option<String>,
    /// The bank's product.
    #[boundary(wire = "product")]
    pub product: Option<String>,
    /// The account type: a code of ISO 20022, or the bank's own word.
    #[boundary(wire = "cashAccountType")]
    pub cash_account_type: Option<String>,
    /// The bank's BIC.
    #[boundary(wire = "bic")]
    pub bic: Option<String>,
    /// The balances, if they were requested.
    #[boundary(wire = "balances")]
    pub balances: Option<Vec<Balance>>,
    /// The links, by name.
    #[boundary(wire = "_links")]
    pub links: LinkMap,
}

bankchannel_foundation::redacted_debug!(Account);

/// A balance of an account.
#[derive(Clone, PartialEq, Boundary)]
#[non_exhaustive]
pub struct Balance {
    /// The type of the balance, such as `closingBooked`, `expected` or `interimAvailable`.
    #[boundary(wire = "balanceType")]
    pub balance_type: Option<String>,
    /// The amount.
    #[boundary(wire = "balanceAmount")]
    pub amount: Amount,
    /// The day of the balance.
    #[boundary(wire = "referenceDate")]
    pub reference_date: Option<Date>,
    /// The time of the last change.
    #[boundary(wire = "lastChangeDateTime")]
    pub last_change: Option<Timestamp>,
    /// Whether the balance includes a credit line.
    #[boundary(wire = "creditLimitIncluded")]
    pub credit_limit_included: Option<bool>,
}

bankchannel_foundation::redacted_debug!(Balance);

/// An amount of money.
#[derive(Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Amount {
    /// The currency, three letters of ISO 4217.
    #[boundary(wire = "currency")]
    pub currency: String,
    /// The amount, exact.
    #[boundary(wire = "amount")]
    pub amount: Decimal,
}

bankchannel_foundation::redacted_debug!(Amount);
