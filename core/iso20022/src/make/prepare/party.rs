//! Parties: names, accounts, banks, numbers, addresses.

use super::{BatchTerms, TransferPreparer};
use crate::data::Address;
use crate::iban;
use crate::make::findings::FieldPlace;
use crate::make::model::{ADDRESS_FIELDS, PaymentParty, PostalAddress};
use crate::rules::address::{self, AddressCase, AddressOf};
use crate::rules::payee::{self, PayeePlace, SEPA_NAME};
use crate::rules::{Finding, PaymentVersion, Rule, identifier, lei, money, national_account};

/// Longest name of the schema, of parties and of banks.
pub(super) const NAME: usize = 140;
/// The maximum number of lines in the schema; the address rules allow fewer if a town is given.
const MAX_LINES: usize = 7;
/// The names of the lines in a table.
const LINES: [&str; 2] = ["lines[0]", "lines[1]"];

/// The required fields of a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartyNeed {
    /// Name and account: it pays.
    Debtor,
    /// Name and account: it is paid.
    Creditor,
    /// Nothing.
    Nothing,
}

impl TransferPreparer<'_> {
    /// The party that initiates the payments: a name, optionally a number.
    pub(in crate::make) fn initiator(&mut self, initiator: &mut PaymentParty, terms: BatchTerms) {
        self.party("initiator", initiator, terms, "EUR", PartyNeed::Nothing);
        if initiator.name.is_none() && initiator.identifier.is_none() {
            self.error(Rule::Name, FieldPlace("initiator", "name"), "the name is missing", "give it", None);
        }
    }

    /// A party with its account.
    pub(super) fn party(
        &mut self,
        who: &'static str,
        party: &mut PaymentParty,
        terms: BatchTerms,
        currency: &str,
        need: PartyNeed,
    ) {
        self.name(who, &mut party.name, terms.is_sepa(), need);
        self.account(who, party, need);
        self.bic(who, &mut party.bic, if need == PartyNeed::Debtor { "RC05" } else { "RC06" });
        self.bank(who, &mut party.bank_name, &mut party.bank);
        self.nameless_bank(who, &party.named_bank());
        if let Some(code) = &party.lei {
            if let Err(why) = lei::check(code) {
                let found = Finding::error(Rule::Lei, format!("the LEI {why}"), "correct it, or leave it out");
                self.add(found.value(code), FieldPlace(who, "lei"));
            } else if self.version == PaymentVersion::V03 || party.person == Some(true) {
                let change = "leave it out, or make the file in version 9 for an organisation";
                self.error(
                    Rule::Lei,
                    FieldPlace(who, "lei"),
                    "only an organisation in version 9 has an LEI",
                    change,
                    None,
                );
            }
        }
        self.identifier(FieldPlace(who, "identifier"), party.identifier.as_deref());
        self.identifier(FieldPlace(who, "identifier_scheme"), party.identifier_scheme.as_deref());
        self.identifier(FieldPlace(who, "identifier_issuer"), party.identifier_issuer.as_deref());
        let missing = match (&party.identifier, &party.identifier_issuer, &party.identifier_scheme) {
            (None, Some(_), _) => {
                Some(("the number of this issuer is missing", "give the number, or leave out its issuer"))
            }
            (None, None, Some(_)) => {
                Some(("the number of this scheme is missing", "give the number, or leave out its scheme"))
            }
            _ => None,
        };
        if let Some((message, change)) = missing {
            self.error(Rule::Identifier, FieldPlace(who, "identifier"), message, change, None);
        }
        if let Some(given) = &mut party.address {
            self.address(who, given, terms, currency, need);
        }
    }

    fn name(&mut self, who: &'static str, name: &mut Option<String>, sepa: bool, need: PartyNeed) {
        let at = FieldPlace(who, "name");
        let Some(given) = name else {
            if need != PartyNeed::Nothing {
                let reason = if need == PartyNeed::Creditor { Some("BE22") } else { None };
                self.error(Rule::Name, at, "the name is missing", "give the name of the account's owner", reason);
            }
            return;
        };
        let max = match (sepa, self.cut) {
            (true, true) => SEPA_NAME,
            // One that is too long for the schema is too long for SEPA, which has the words for it.
            (true, false) => usize::MAX,
            (false, _) => NAME,
        };
        self.text(at, given, max);
        if let Some(found) = payee::long_name(given).filter(|_| sepa) {
            self.add(found, at);
        }
    }

    /// The account: an IBAN, or another number with its scheme.
    fn account(&mut self, who: &'static str, party: &mut PaymentParty, need: PartyNeed) {
        let reason = if need == PartyNeed::Debtor { "AC02" } else { "AC03" };
        self.account_number(who, &mut party.iban, party.account.as_deref(), Some(reason));
        if party.iban.is_none() && party.account.is_none() && need != PartyNeed::Nothing {
            self.error(Rule::Account, FieldPlace(who, "iban"), "the account is missing", "give its IBAN", Some(reason));
        }
        self.identifier(FieldPlace(who, "account_scheme"), party.account_scheme.as_deref());
        if let Some(found) = party.account_currency.as_deref().and_then(money::check_currency) {
            self.add(found, FieldPlace(who, "account_currency"));
        }
    }

    /// An IBAN, in capitals without blanks, or another number.
    pub(super) fn account_number(
        &mut self,
        who: &'static str,
        iban: &mut Option<String>,
        account: Option<&str>,
        reason: Option<&str>,
    ) {
        match (iban, account) {
            (Some(_), Some(_)) => {
                let change = "leave the other number out";
                self.error(Rule::Account, FieldPlace(who, "account"), "an IBAN is given beside it", change, reason);
            }
            (Some(number), None) => match iban::check(number) {
                Ok(()) => *number = iban::compact(number),
                Err(why) => {
                    let found = Finding::error(Rule::Account, format!("the IBAN {why}"), "compare it with the invoice");
                    self.add(
                        Finding { reason: reason.map(str::to_owned), ..found }.value(number),
                        FieldPlace(who, "iban"),
                    );
                }
            },
            (None, number) => {
                let at = FieldPlace(who, "account");
                self.identifier(at, number);
                if number.is_some_and(|number| number.len() == identifier::MAX_LENGTH) {
                    self.error(Rule::Account, at, "has 35 characters, more than 34", "correct it", None);
                }
            }
        }
    }

    /// A number without an IBAN: as its country writes it, with right check digits. It comes with the currency of the
    /// payment and the country of the account that pays.
    pub(super) fn national_account(
        &mut self,
        who: &'static str,
        party: &mut PaymentParty,
        (currency, payer_country): (&str, Option<&str>),
        reason: &str,
    ) {
        let place = PayeePlace { currency: Some(currency), payer_country, ..party.account_place() };
        let country = place.account_country().map(str::to_owned);
        let (scheme, country) = (party.account_scheme.as_deref(), country.as_deref());
        let Some(number) = &mut party.account else { return };
        *number = national_account::compact(number, scheme, country);
        if let Some(found) = national_account::check(number, scheme, country) {
            self.add(found.reason(reason), FieldPlace(who, "account"));
        }
    }

    /// The rules that depend on where the payee is.
    pub(super) fn payee(
        &mut self,
        party: &mut PaymentParty,
        terms: BatchTerms,
        (currency, payer_country): (&str, Option<&str>),
    ) {
        if terms.is_sepa() {
            match party.iban.as_deref() {
                None if party.account.is_some() => self.add(payee::without_iban(), FieldPlace("creditor", "account")),
                Some(iban) if iban::check(iban).is_ok() => {
                    if let Some(found) = payee::outside_sepa(iban) {
                        self.add(found, FieldPlace("creditor", "iban"));
                    }
                }
                _ => {}
            }
            return;
        }
        self.national_account("creditor", party, (currency, payer_country), "AC03");
        let found = payee::foreign(PayeePlace { currency: Some(currency), payer_country, ..party.account_place() });
        for (found, field) in found.into_iter().zip(["address", "bic"]) {
            if let Some(found) = found {
                self.add(found, FieldPlace("creditor", field));
            }
        }
    }

    fn address(
        &mut self,
        who: &'static str,
        given: &mut PostalAddress,
        terms: BatchTerms,
        currency: &str,
        need: PartyNeed,
    ) {
        self.address_texts(address_of(who), given);
        let of = match need {
            PartyNeed::Debtor => AddressOf::Debtor,
            PartyNeed::Creditor => AddressOf::Creditor,
            PartyNeed::Nothing => AddressOf::Other,
        };
        let case = AddressCase { of, settlement: terms.settlement(currency), execution: terms.execution };
        let address = Address::from(&*given);
        let found = address::check(&address, case, self.profile);
        for found in found.into_iter().chain(address::check_fields(&address, self.version)) {
            self.add_to_address(found, address_of(who), FieldPlace(who, "address"));
        }
    }

    /// The texts of an address, whose fields are at this place.
    pub(super) fn address_texts(&mut self, place: &'static str, given: &mut PostalAddress) {
        /// The rules of each field refuse longer texts.
        const ANY: usize = usize::MAX;
        for (_, name, field) in &ADDRESS_FIELDS {
            self.optional(FieldPlace(place, name), field(given), ANY);
        }
        for (line, name) in given.lines.iter_mut().flatten().zip(LINES.into_iter().chain(std::iter::repeat("lines"))) {
            self.text(FieldPlace(place, name), line, ANY);
        }
        if given.lines.as_ref().is_some_and(|lines| lines.len() > MAX_LINES) {
            let message = format!("the address has more than {MAX_LINES} lines");
            self.error(Rule::AddressField, FieldPlace(place, "lines"), message, "shorten it", None);
        }
    }

    /// Adds a finding of the address rules at its field, or at the whole address.
    pub(super) fn add_to_address(&mut self, found: Finding, place: &'static str, whole: FieldPlace) {
        let element = found.path.as_deref().unwrap_or_default();
        let name = ADDRESS_FIELDS.iter().find(|(known, ..)| *known == element).map(|(_, name, _)| *name);
        let at = match (name, element) {
            (Some(name), _) => FieldPlace(place, name),
            (None, "AdrLine") => FieldPlace(place, "lines"),
            (None, _) => whole,
        };
        self.add(found, at);
    }
}

/// The name of a party's address.
fn address_of(who: &str) -> &'static str {
    match who {
        "debtor" => "debtor.address",
        "creditor" => "creditor.address",
        "ultimate_debtor" => "ultimate_debtor.address",
        "ultimate_creditor" => "ultimate_creditor.address",
        _ => "initiator.address",
    }
}
