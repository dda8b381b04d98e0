//! Banks: of the parties' accounts, and in between.

use super::party::NAME;
use super::{BatchTerms, TransferPreparer};
use crate::data::Address;
use crate::iban;
use crate::make::banks::{NamedBank, PaymentBankDetails};
use crate::make::findings::FieldPlace;
use crate::make::model::{CreditTransfer, PaymentParty, PostalAddress};
use crate::rules::{Finding, PaymentVersion, Rule, address, bic, clearing, payee};

/// The maximum number of banks in between in the schema.
const INTERMEDIARIES: usize = 3;

impl TransferPreparer<'_> {
    /// A BIC, in capitals without blanks; `reason` is the code for a wrong one.
    pub(super) fn bic(&mut self, who: &'static str, given: &mut Option<String>, reason: &str) {
        let Some(code) = given else { return };
        code.retain(|c| !c.is_whitespace());
        code.make_ascii_uppercase();
        let checked = match self.version {
            PaymentVersion::V03 => bic::check_version_3(code),
            PaymentVersion::V09 => bic::check(code),
        };
        if let Err(why) = checked {
            let found = Finding::error(Rule::Bic, format!("the BIC {why}"), "correct it, or leave it out in SEPA");
            self.add(found.reason(reason).value(code), FieldPlace(who, "bic"));
        }
    }

    /// A bank's name and details.
    pub(super) fn bank(&mut self, who: &'static str, name: &mut Option<String>, bank: &mut Option<PaymentBankDetails>) {
        self.optional(FieldPlace(who, "bank_name"), name, NAME);
        let Some(bank) = bank else { return };
        let who = bank_of(who);
        let at = FieldPlace(who, "clearing_number");
        if bank.clearing_number.is_none() && bank.clearing_system.is_some() {
            let change = "give the number of the bank, or leave out its system";
            self.error(Rule::ClearingNumber, at, "the clearing number is missing", change, None);
        }
        if let Some(number) = &mut bank.clearing_number {
            number.retain(|c| !c.is_whitespace());
            self.identifier(at, Some(number));
            if let Some(found) = clearing::check(bank.clearing_system.as_deref(), number) {
                self.add(found, at);
            }
        }
        self.identifier(FieldPlace(who, "clearing_system"), bank.clearing_system.as_deref());
        if let Some(address) = &mut bank.address {
            self.bank_address(who, address);
        }
    }

    /// Names the bank of a Swiss payer by the clearing number in his IBAN: the Swiss form has no bank that is not given.
    pub(super) fn swiss_bank(debtor: &mut PaymentParty) {
        let number = debtor.iban.as_deref().and_then(iban::swiss_clearing_number);
        let is_named = debtor.bic.is_some() || debtor.named_bank().has_number();
        if let Some(number) = number.filter(|_| !is_named).map(str::to_owned) {
            let bank = debtor.bank.get_or_insert_default();
            (bank.clearing_number, bank.clearing_system) = (Some(number), Some("CHBCC".to_owned()));
        }
    }

    /// An address of a bank that nothing names would be in no file.
    pub(super) fn nameless_bank(&mut self, who: &'static str, bank: &NamedBank<'_>) {
        if bank.bank.is_some_and(|bank| bank.address.is_some()) && !bank.is_given() {
            let change = "give its BIC, its clearing number or its name";
            self.error(
                Rule::Bic,
                FieldPlace(bank_of(who), "address"),
                "nothing names the bank of this address",
                change,
                None,
            );
        }
    }

    /// The address of a bank: its texts only, for the rules of addresses are for parties.
    fn bank_address(&mut self, bank: &'static str, given: &mut PostalAddress) {
        self.address_texts(address_of(bank), given);
        for found in address::check_fields(&Address::from(&*given), self.version) {
            self.add_to_address(found, address_of(bank), FieldPlace(bank, "address"));
        }
    }

    /// The banks between the debtor's and the creditor's.
    pub(super) fn intermediaries(&mut self, transfer: &mut CreditTransfer, terms: BatchTerms) {
        const WHO: &str = "intermediary_banks";
        let Some(banks) = &mut transfer.intermediary_banks else { return };
        if banks.is_empty() {
            transfer.intermediary_banks = None;
            return;
        }
        if banks.len() > INTERMEDIARIES {
            let message = format!("there are {} banks in between, more than {INTERMEDIARIES}", banks.len());
            self.error(Rule::Kind, FieldPlace("", WHO), message, "leave out all that are not needed", None);
        }
        for bank in banks {
            self.bic(WHO, &mut bank.bic, "RC10");
            self.bank(WHO, &mut bank.bank_name, &mut bank.bank);
            if !bank.named().is_given() {
                let change = "give its BIC, its clearing number or its name";
                self.error(Rule::Bic, FieldPlace(WHO, "bic"), "the bank is not named", change, None);
            }
            self.account_number(WHO, &mut bank.iban, bank.account.as_deref(), None);
        }
        if terms.is_sepa() {
            self.add(payee::intermediary_in_sepa(), FieldPlace("", WHO));
        }
    }
}

/// The name of the details of a bank.
fn bank_of(who: &str) -> &'static str {
    match who {
        "debtor" => "debtor.bank",
        "creditor" => "creditor.bank",
        "ultimate_debtor" => "ultimate_debtor.bank",
        "ultimate_creditor" => "ultimate_creditor.bank",
        "initiator" => "initiator.bank",
        _ => "intermediary_banks.bank",
    }
}

/// The name of the address in the details of a bank.
fn address_of(bank: &str) -> &'static str {
    match bank {
        "debtor.bank" => "debtor.bank.address",
        "creditor.bank" => "creditor.bank.address",
        "ultimate_debtor.bank" => "ultimate_debtor.bank.address",
        "ultimate_creditor.bank" => "ultimate_creditor.bank.address",
        "initiator.bank" => "initiator.bank.address",
        _ => "intermediary_banks.bank.address",
    }
}
