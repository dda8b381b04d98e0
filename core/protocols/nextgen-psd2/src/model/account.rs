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
    /// The card number of a card's account.
    #[boundary(wire = "pan")]
    pub pan: Option<String>,
    /// The masked card number of a card's account.
    #[boundary(wire = "maskedPan")]
    pub masked_pan: Option<String>,
    /// The telephone number, for an account that is addressed by it.
    #[boundary(wire = "msisdn")]
    pub msisdn: Option<String>,
    /// The currency, three letters of ISO 4217.
    #[boundary(wire = "currency")]
    pub currency: Option<String>,
    /// The account's name, given by the bank.
    #[boundary(wire = "name")]
    pub name: Option<String>,
    /// The account's name, given by its owner in the bank's own channels.
    #[boundary(wire = "displayName")]
    pub display_name: Option<String>,
    /// The owner's name, if the consent covers it.
    #[boundary(wire = "ownerName")]
    pub owner_name: Option<String>,
    /// The bank's product.
    #[boundary(wire = "product")]
    pub product: Option<String>,
    /// The account type: a code of ISO 20022, or the bank's own word.
    #[boundary(wire = "cashAccountType")]
    pub cash_account_type: Option<String>,
    /// The status: `enabled`, `deleted` (the account is closed) or `blocked` (such as for legal reasons). Absent: the
    /// account is available.
    #[boundary(wire = "status")]
    pub status: Option<String>,
    /// The usage: `PRIV` for a private account, `ORGA` for a professional one.
    #[boundary(wire = "usage")]
    pub usage: Option<String>,
    /// The bank's text about the account or card.
    #[boundary(wire = "details")]
    pub details: Option<String>,
    /// The account to which the transactions of a card are charged, as the bank names it.
    #[boundary(wire = "linkedAccounts")]
    pub linked_accounts: Option<String>,
    /// The credit limit of a card's account.
    #[boundary(wire = "creditLimit")]
    pub credit_limit: Option<Amount>,
    /// Whether debits of a card's account are positive amounts, and its balances accordingly.
    #[boundary(wire = "debitAccounting")]
    pub debit_accounting: Option<bool>,
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
    /// The time of the last change as the bank wrote it, if that is no instant: many banks write local time without a
    /// zone. Does not travel: it is `lastChangeDateTime` then.
    #[boundary(wire = "lastChangeDateTimeAsWritten", off_wire)]
    pub last_change_as_written: Option<String>,
    /// The entry reference of the last booked transaction.
    #[boundary(wire = "lastCommittedTransaction")]
    pub last_committed_transaction: Option<String>,
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
