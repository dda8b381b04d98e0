//! Checks the data and brings it into its written form: all input is checked here, once.
//!
//! This file has the data of a batch, and the rules for all texts, ids and codes; the submodules have the rest of a
//! transfer.

mod bank;
mod party;
mod remittance;
mod transfer;

use bankchannel_foundation::model::Date;

use super::findings::{FieldPlace, MakingFindings};
use super::model::{GroupData, TransferKind};
use crate::data::Moment;
use crate::rules::address::AddressSettlement;
use crate::rules::characters::{self, CharactersError};
use crate::rules::charges::{self, ChargeScheme};
use crate::rules::{BankProfile, Finding, PaymentVersion, Rule, calendar, identifier, money, payee, priority, purpose};
use party::PartyNeed;
pub(super) use remittance::ReadyReference;

/// A batch's data for its transfers.
#[derive(Debug, Clone, Copy)]
pub(in crate::make) struct BatchTerms {
    pub(in crate::make) kind: TransferKind,
    pub(in crate::make) execution: Date,
}

impl BatchTerms {
    pub(in crate::make) fn is_sepa(self) -> bool {
        matches!(self.kind, TransferKind::Sepa | TransferKind::Instant)
    }

    fn settlement(self, currency: &str) -> AddressSettlement {
        match self.kind {
            TransferKind::Instant => AddressSettlement::Instant,
            TransferKind::Sepa => AddressSettlement::Sepa,
            _ if currency == "SEK" => AddressSettlement::Sepa,
            TransferKind::Urgent | TransferKind::National => AddressSettlement::Other,
        }
    }
}

/// The account that pays a transfer.
#[derive(Debug, Clone, Copy)]
pub(in crate::make) struct TransferPayer<'p> {
    pub(in crate::make) iban: Option<&'p str>,
    /// Its country, as far as something says it.
    pub(in crate::make) country: Option<&'p str>,
}

/// Checks and converts.
pub(in crate::make) struct TransferPreparer<'a> {
    pub(in crate::make) findings: &'a mut MakingFindings,
    pub(in crate::make) profile: &'a BankProfile,
    pub(in crate::make) version: PaymentVersion,
    pub(in crate::make) today: Date,
    /// Whether texts that are too long are cut.
    pub(in crate::make) cut: bool,
}

impl TransferPreparer<'_> {
    /// The shared data of a batch's transfers, without the transfers' own.
    pub(in crate::make) fn group(&mut self, group: &mut GroupData, terms: BatchTerms, currency: &str) {
        self.execution(group, terms, currency);
        self.kind(group, terms, currency);
        let mut debtor = group.debtor.take();
        match &mut debtor {
            Some(debtor) => {
                self.party("debtor", debtor, terms, currency, PartyNeed::Debtor);
                if debtor.iban.is_none() && debtor.bic.is_none() && !debtor.named_bank().has_number() {
                    let change = "give the BIC of your bank, or its clearing number";
                    self.error(
                        Rule::Bic,
                        FieldPlace("debtor", "bic"),
                        "the debtor's bank is not known without an IBAN",
                        change,
                        None,
                    );
                }
                self.national_account("debtor", debtor, (currency, None), "AC02");
                if let Some(found) = debtor.iban.as_deref().and_then(payee::paying_qr) {
                    self.add(found, FieldPlace("debtor", "iban"));
                }
                Self::swiss_bank(debtor);
            }
            None => self.error(
                Rule::Account,
                FieldPlace("", "debtor"),
                "the debtor is missing",
                "give name and IBAN",
                Some("AC02"),
            ),
        }
        group.debtor = debtor;
        if let Some(ultimate) = &mut group.ultimate_debtor {
            self.party("ultimate_debtor", ultimate, terms, currency, PartyNeed::Nothing);
        }
        self.identifier(FieldPlace("", "batch_id"), group.batch_id.as_deref());
        self.identifier(FieldPlace("", "service_level"), group.service_level.as_deref());
        self.identifier(FieldPlace("", "local_instrument"), group.local_instrument.as_deref());
        let category = group.category.as_deref();
        if self.code(FieldPlace("", "category"), category)
            && let Some(found) = category.and_then(purpose::check_category)
        {
            self.add(found, FieldPlace("", "category"));
        }
    }

    fn execution(&mut self, group: &GroupData, terms: BatchTerms, currency: &str) {
        let at = match group.execution_time {
            Some(_) => FieldPlace("", "execution_time"),
            None => FieldPlace("", "execution_date"),
        };
        if group.execution_time.is_some() && self.version == PaymentVersion::V03 {
            let change = "give a date only, or make the file in version 9";
            self.error(Rule::Date, at, "version 3 has no execution time", change, None);
        } else if group.execution_time.is_some() && terms.kind != TransferKind::Instant {
            self.add(calendar::time_without_instant(), at);
        }
        if let Some((date, time)) = group.execution_date.zip(group.execution_time.as_ref())
            && Moment::at(time.clone()).is_some_and(|moment| moment.date != date)
        {
            let change = "give one of them, or both for the same day";
            self.error(Rule::Date, at, "the execution date and the execution time name different days", change, None);
        }
        if group.execution_date.is_none() && group.execution_time.is_none() {
            self.error(Rule::Date, at, "the execution date is missing", "give the day on which to pay", Some("DT01"));
            return;
        }
        let by_target = currency == "EUR" && matches!(terms.kind, TransferKind::Sepa | TransferKind::Urgent);
        if let Some(found) = calendar::check_execution_date(terms.execution, self.today, by_target, self.profile) {
            self.add(found, at);
        }
    }

    fn kind(&mut self, group: &GroupData, terms: BatchTerms, currency: &str) {
        let scheme = match terms.kind {
            TransferKind::Sepa | TransferKind::Instant => ChargeScheme::Sepa,
            TransferKind::Urgent => ChargeScheme::Urgent,
            TransferKind::National => ChargeScheme::Other,
        };
        let bearer = group.charge_bearer.as_ref().map(|bearer| bearer.as_str());
        if let Some(found) = charges::check(bearer, scheme, currency == "EUR") {
            self.add(found, FieldPlace("", "charge_bearer"));
        }
        let priority = group.priority.as_ref().map(|priority| priority.as_str());
        if let Some(found) = priority::in_sepa(priority).filter(|_| terms.is_sepa()) {
            self.add(found, FieldPlace("", "priority"));
        }
        if let Some(found) = money::check_currency(currency) {
            self.add(found, FieldPlace("", "currency"));
        } else if terms.is_sepa() && currency != "EUR" {
            let found =
                Finding::error(Rule::Currency, "SEPA payments are in EUR", "choose the kind national or urgent");
            self.add(found.reason("AM03").value(currency), FieldPlace("", "currency"));
        }
    }

    /// An optional text; an empty one is left out.
    fn optional(&mut self, at: FieldPlace, text: &mut Option<String>, max: usize) {
        match text {
            Some(given) if given.trim().is_empty() => *text = None,
            Some(given) => self.text(at, given, max),
            None => {}
        }
    }

    /// A text for people: its characters, then its length.
    fn text(&mut self, at: FieldPlace, text: &mut String, max: usize) {
        match characters::convert(text, self.profile.characters, self.profile.keeps_markup) {
            Ok(converted) => {
                let after = converted.text;
                if after != text.as_str() {
                    let after = after.into_owned();
                    self.findings.changed(at, text, &after);
                    *text = after;
                }
            }
            Err(why) => {
                let change = match &why {
                    CharactersError::Refused { proposal, .. } => {
                        let proposal = crate::text::proposed(proposal, text);
                        format!("write {proposal}, or choose how characters are converted")
                    }
                    CharactersError::NothingLeft => "write it in Latin letters".to_owned(),
                };
                self.add(Finding::error(Rule::Characters, why.to_string(), change).reason("RR10").value(text), at);
            }
        }
        if text.trim().is_empty() {
            self.error(Rule::Characters, at, "is empty", "give it, or leave it out", None);
        }
        let Some((end, _)) = text.char_indices().nth(max) else { return };
        if self.cut {
            let cut = text[..end].trim_end().to_owned();
            self.findings.changed(at, text, &cut);
            *text = cut;
        } else {
            let message = format!("has {} characters, more than {max}", text.chars().count());
            self.add(Finding::error(Rule::Length, message, "shorten it, or let it be cut").value(text), at);
        }
    }

    pub(in crate::make) fn identifier(&mut self, at: FieldPlace, id: Option<&str>) {
        if let Some(id) = id
            && let Err(why) = identifier::check(id)
        {
            self.add(Finding::error(Rule::Identifier, why.to_string(), "correct it").value(id), at);
        }
    }

    /// A purpose or a category purpose, as far as its form goes.
    fn code(&mut self, at: FieldPlace, code: Option<&str>) -> bool {
        let Some(code) = code else { return false };
        let found = purpose::check_form(code);
        let formed = found.is_none();
        found.into_iter().for_each(|found| self.add(found, at));
        formed
    }

    fn error(&mut self, rule: Rule, at: FieldPlace, message: impl Into<String>, change: &str, reason: Option<&str>) {
        let found = Finding::error(rule, message, change);
        self.add(
            match reason {
                Some(code) => found.reason(code),
                None => found,
            },
            at,
        );
    }

    fn add(&mut self, found: Finding, at: FieldPlace) {
        self.findings.add(found, at);
    }
}
