//! Rules for each party of a payment: its name, bank and address.

use bankchannel_foundation::model::Date;

use super::CheckOptions;
use crate::data::Party;
use crate::rules::address::{self, AddressCase, AddressOf, AddressSettlement};
use crate::rules::characters::{self, CharactersError};
use crate::rules::payee::{self, PayeePlace};
use crate::rules::{Characters, Finding, Rule, bic, clearing};
use crate::text::{proposed, quote};

/// Which rules a name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameRule {
    /// Those of the schema.
    Schema,
    /// Those of SEPA, if the bank takes the payment for one of its schemes.
    LikelySepa,
    /// Those of SEPA.
    Sepa,
}

impl NameRule {
    /// The finding on the length of a name.
    pub(super) fn check(self, name: &str) -> Option<Finding> {
        match self {
            Self::Schema => None,
            Self::LikelySepa => payee::likely_long_name(name),
            Self::Sepa => payee::long_name(name),
        }
    }
}

/// The options that parties are checked with.
pub(super) struct PartyCase<'o> {
    pub(super) options: &'o CheckOptions,
    pub(super) names: NameRule,
    pub(super) settlement: AddressSettlement,
    pub(super) execution: Date,
}

/// Checks a party; `element` is its name in the file, such as `Dbtr`.
pub(super) fn check_party(
    party: &Party,
    of: AddressOf,
    element: &str,
    case: &PartyCase<'_>,
    add: &mut dyn FnMut(Finding),
) {
    let named = format!("{element}/Nm");
    if let Some(name) = party.name.as_deref() {
        check_text(name, &named, case.options, &mut *add);
        if let Some(found) = case.names.check(name) {
            add(found.path(&named));
        }
    }
    if let Some(code) = party.bic.as_deref()
        && let Err(error) = bic::check(code)
    {
        let reason = if of == AddressOf::Debtor { "RC03" } else { "RC04" };
        let message = format!("the BIC {} {error}", quote(code));
        let path = format!("{element}Agt/FinInstnId");
        add(Finding::error(Rule::Bic, message, "compare it with the bank's, or leave it out in SEPA")
            .value(code)
            .reason(reason)
            .path(&path));
    }
    if let Some(found) = clearing_finding(party) {
        add(found.path(&format!("{element}Agt/{CLEARING_NUMBER}")));
    }
    if let Some(found) = &party.address {
        let path = format!("{element}/PstlAdr");
        let address_case = AddressCase { of, settlement: case.settlement, execution: case.execution };
        for finding in address::check(found, address_case, &case.options.profile) {
            add(finding.path(&path));
        }
        let fields = [
            ("StrtNm", &found.street),
            ("BldgNb", &found.building_number),
            ("BldgNm", &found.building_name),
            ("PstCd", &found.post_code),
            ("TwnNm", &found.town),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                check_text(value, &format!("{path}/{field}"), case.options, &mut *add);
            }
        }
        for (at, line) in found.lines.iter().enumerate() {
            check_text(line, &format!("{path}/AdrLine[{}]", at + 1), case.options, &mut *add);
        }
    }
}

/// The known place of a party's account.
pub(super) fn account_place(party: &Party) -> PayeePlace<'_> {
    PayeePlace {
        iban: party.iban.as_deref(),
        scheme: party.account_scheme.as_deref(),
        bic: party.bic.as_deref(),
        clearing_system: party.bank.as_deref().and_then(|bank| bank.clearing_system.as_deref()),
        country: party.address.as_deref().and_then(|address| address.country.as_deref()),
        has_address: party.address.is_some(),
        has_bank: party.names_bank(),
        ..PayeePlace::default()
    }
}

/// Whether a party's bank is named by its number in a clearing.
pub(super) fn has_clearing_number(party: &Party) -> bool {
    party.bank.as_deref().is_some_and(|bank| bank.clearing_number.is_some())
}

/// The place of a clearing number in a bank.
pub(super) const CLEARING_NUMBER: &str = "FinInstnId/ClrSysMmbId";

/// The finding on the clearing number of a party's bank.
pub(super) fn clearing_finding(party: &Party) -> Option<Finding> {
    let bank = party.bank.as_ref()?;
    clearing::check(bank.clearing_system.as_deref(), bank.clearing_number.as_deref()?)
}

/// Checks the characters of a name or a text.
pub(super) fn check_text(text: &str, path: &str, options: &CheckOptions, mut add: impl FnMut(Finding)) {
    // Every conversion is reported, so where the profile would convert, the check uses the strict mode.
    let mode = match options.profile.characters {
        Characters::Latin1 => Characters::Latin1,
        Characters::Strict | Characters::Epc | Characters::German => Characters::Strict,
    };
    let found = match characters::convert(text, mode, options.profile.keeps_markup) {
        Ok(done) if done.changes.is_empty() => return,
        Ok(done) => {
            let refused = CharactersError::Refused { proposal: done.text.into_owned(), found: done.changes };
            refused_finding(&refused, text)
        }
        Err(error) => refused_finding(&error, text),
    };
    add(found.value(text).reason("RR10").path(path));
}

fn refused_finding(error: &CharactersError, text: &str) -> Finding {
    match error {
        CharactersError::Refused { proposal, .. } => Finding::warning(
            Rule::Characters,
            format!("the text {error}"),
            format!("write {}, unless your bank takes them", proposed(proposal, text)),
        ),
        CharactersError::NothingLeft => {
            Finding::error(Rule::Characters, format!("the text {error}"), "write it in Latin letters")
        }
    }
}
