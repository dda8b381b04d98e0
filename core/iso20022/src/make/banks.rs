//! Banks of a payment to make, beyond the BIC of an account's bank.

use bankchannel_foundation::model::Boundary;

use super::model::PostalAddress;
use crate::rules::payee::PayeePlace;

/// Details of a party's bank for a payment to make: for banks that a BIC does not name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct PaymentBankDetails {
    /// Its number in the clearing of its country, at most 35 characters, such as `021000021` in the USA.
    pub clearing_number: Option<String>,
    /// The clearing: an ISO 20022 code of five letters such as `USABA`, `GBDSC` or `CACPA`, or a name of the banks.
    pub clearing_system: Option<String>,
    /// Its postal address.
    pub address: Option<PostalAddress>,
}

/// A bank between the debtor's and the creditor's bank of a payment to make; a BIC, a clearing number or a name is
/// required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct IntermediaryBank {
    /// Its BIC, 8 or 11 characters.
    pub bic: Option<String>,
    /// Its name, at most 140 characters.
    pub bank_name: Option<String>,
    /// Its further details.
    pub bank: Option<PaymentBankDetails>,
    /// The IBAN of the account that the next bank has there.
    pub iban: Option<String>,
    /// The number of that account if it has no IBAN, at most 34 characters.
    pub account: Option<String>,
}

/// A bank as it is checked and written.
pub(super) struct NamedBank<'b> {
    pub(super) bic: &'b Option<String>,
    pub(super) bank_name: &'b Option<String>,
    pub(super) bank: Option<&'b PaymentBankDetails>,
}

impl NamedBank<'_> {
    /// Whether something names it.
    pub(super) fn is_given(&self) -> bool {
        self.bic.is_some() || self.bank_name.is_some() || self.has_number()
    }

    /// Whether it has a number in a clearing.
    pub(super) fn has_number(&self) -> bool {
        self.bank.is_some_and(|bank| bank.clearing_number.is_some())
    }
}

impl IntermediaryBank {
    pub(super) fn named(&self) -> NamedBank<'_> {
        NamedBank { bic: &self.bic, bank_name: &self.bank_name, bank: self.bank.as_ref() }
    }
}

impl super::PaymentParty {
    /// The known place of the account.
    pub(super) fn account_place(&self) -> PayeePlace<'_> {
        PayeePlace {
            iban: self.iban.as_deref(),
            scheme: self.account_scheme.as_deref(),
            bic: self.bic.as_deref(),
            clearing_system: self.bank.as_ref().and_then(|bank| bank.clearing_system.as_deref()),
            country: self.address.as_ref().and_then(|address| address.country.as_deref()),
            has_address: self.address.is_some(),
            has_bank: self.named_bank().is_given(),
            ..PayeePlace::default()
        }
    }

    /// The parts on which the payments from an account depend; parts that are too long for that are left out.
    pub(super) fn payer(self) -> Self {
        const LONGEST: usize = 35;
        let short = |text: Option<String>| text.filter(|text| text.len() <= LONGEST);
        let bank = self.bank.and_then(|bank| short(bank.clearing_system));
        Self {
            iban: short(self.iban),
            account_scheme: short(self.account_scheme),
            bic: short(self.bic),
            bank: bank
                .map(|system| PaymentBankDetails { clearing_system: Some(system), ..PaymentBankDetails::default() }),
            ..Self::default()
        }
    }

    /// The account's bank.
    pub(super) fn named_bank(&self) -> NamedBank<'_> {
        NamedBank { bic: &self.bic, bank_name: &self.bank_name, bank: self.bank.as_ref() }
    }
}
