//! Accounts (§4.5).

use std::fmt;

use bankchannel_foundation::{
    Boundary,
    model::{Date, Decimal, Timestamp},
};

use super::LinkMap;

/// An account that the consent covers.
#[derive(Clone, Default, PartialEq, Boundary)]
pub struct Account {
    /// The bank's identifier of it: opaque, never to be encoded anew.
    #[boundary(wire = "resourceId")]
    pub resource_id: Option<String>,
    /// Its IBAN.
    #[boundary(wire = "iban")]
    pub iban: Option<String>,
    /// Its number within the country.
    #[boundary(wire = "bban")]
    pub bban: Option<String>,
    /// Its currency, three letters of ISO 4217.
    #[boundary(wire = "currency")]
    pub currency: Option<String>,
    /// Its name.
    #[boundary(wire = "name")]
    pub name: Option<String>,
    /// The owner's name, where the consent covers it.
    #[boundary(wire = "ownerName")]
    pub owner_name: Option<String>,
    /// The bank's product.
    #[boundary(wire = "product")]
    pub product: Option<String>,
    /// Its kind: a code of ISO 20022, or the bank's own word.
    #[boundary(wire = "cashAccountType")]
    pub cash_account_type: Option<String>,
    /// The bank's BIC.
    #[boundary(wire = "bic")]
    pub bic: Option<String>,
    /// Its balances, where they were asked for.
    #[boundary(wire = "balances")]
    pub balances: Option<Vec<Balance>>,
    /// Where to go on.
    #[boundary(wire = "_links")]
    pub links: LinkMap,
}

impl fmt::Debug for Account {
    /// Nothing of it: it is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}

/// A balance of an account.
#[derive(Clone, PartialEq, Boundary)]
pub struct Balance {
    /// Which balance, such as `closingBooked`, `expected` or `interimAvailable`.
    #[boundary(wire = "balanceType")]
    pub balance_type: Option<String>,
    /// How much.
    #[boundary(wire = "balanceAmount")]
    pub amount: Amount,
    /// The day it is of.
    #[boundary(wire = "referenceDate")]
    pub reference_date: Option<Date>,
    /// When it last changed.
    #[boundary(wire = "lastChangeDateTime")]
    pub last_change: Option<Timestamp>,
    /// Whether a credit line is counted in.
    #[boundary(wire = "creditLimitIncluded")]
    pub credit_limit_included: Option<bool>,
}

impl fmt::Debug for Balance {
    /// Nothing of it: it is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Balance").finish_non_exhaustive()
    }
}

/// An amount of money.
#[derive(Clone, PartialEq, Eq, Boundary)]
pub struct Amount {
    /// The currency, three letters of ISO 4217.
    #[boundary(wire = "currency")]
    pub currency: String,
    /// The amount, exact.
    #[boundary(wire = "amount")]
    pub amount: Decimal,
}

impl fmt::Debug for Amount {
    /// Nothing of it: it is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Amount").finish_non_exhaustive()
    }
}
