//! Checks the data and brings it into its written form: all input is checked here, once.
//!
//! This file has the data of a batch, and the rules for all texts, ids and codes; the submodules have the rest of a
//! transfer.

mod party;
mod remittance;
mod transfer;

use bankchannel_foundation::model::Date;

use super::findings::{At, Findings};
use super::model::{GroupData, TransferKind};
use crate::data::Moment;
use crate::meaning;
use crate::rules::address::Settlement;
use crate::rules::characters::{self, CharactersError};
use crate::rules::{Finding, PaymentVersion, Profile, Rule, calendar, identifier, money};
use party::Need;
pub(super) use remittance::ReadyReference;

/// A batch's data for its transfers.
#[derive(Debug, Clone, Copy)]
pub(in crate::make) struct BatchTerms {
    pub(in crate::make) kind: TransferKind,
    pub(in crate::make) execution: Date,
}

impl BatchTerms {
    fn is_sepa(self) -> bool {
        matches!(self.kind, TransferKind::Sepa | TransferKind::Instant)
    }

    fn settlement(self, currency: &str) -> Settlement {
        match self.kind {
            TransferKind::Instant => Settlement::Instant,
            TransferKind::Sepa => Settlement::Sepa,
            _ if currency == "SEK" => Settlement::Sepa,
            TransferKind::Urgent | TransferKind::National => Settlement::Other,
        }
    }
}

/// Checks and converts.
pub(in crate::make) struct Preparer<'a> {
    pub(in crate::make) findings: &'a mut Findings,
    pub(in crate::make) profile: &'a Profile,
    pub(in crate::make) version: PaymentVersion,
    pub(in crate::make) today: Date,
    /// Whether texts that are too long are cut.
    pub(in crate::make) cut: bool,
}

impl Preparer<'_> {
    /// The shared data of a batch's transfers, without the transfers' own.
    pub(in crate::make) fn group(&mut self, group: &mut GroupData, terms: BatchTerms, currency: &str) {
        self.execution(group, terms, currency);
        self.kind(group, terms, currency);
        let mut debtor = group.debtor.take();
        match &mut debtor {
            Some(debtor) => {
                self.party("debtor", debtor, terms, currency, Need::Debtor);
                if debtor.bic.is_none() && debtor.iban.is_none() {
                    let change = "give the BIC of your bank";
                    self.error(
                        Rule::Bic,
                        At("debtor", "bic"),
                        "the debtor's bank is not known without an IBAN",
                        change,
                        None,
                    );
                }
            }
            None => {
                self.error(Rule::Account, At("", "debtor"), "the debtor is missing", "give name and IBAN", Some("AC02"))
            }
        }
        group.debtor = debtor;
        if let Some(ultimate) = &mut group.ultimate_debtor {
            self.party("ultimate_debtor", ultimate, terms, currency, Need::Nothing);
        }
        self.identifier(At("", "batch_id"), group.batch_id.as_deref());
        self.identifier(At("", "service_level"), group.service_level.as_deref());
        self.identifier(At("", "local_instrument"), group.local_instrument.as_deref());
        self.code(At("", "category"), group.category.as_deref());
    }

    fn execution(&mut self, group: &GroupData, terms: BatchTerms, currency: &str) {
        let at = match group.execution_time {
            Some(_) => At("", "execution_time"),
            None => At("", "execution_date"),
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
        let bearer = group.charge_bearer.map(|bearer| bearer.as_str().to_owned());
        let found = match (terms.kind, bearer.as_deref()) {
            (TransferKind::Sepa | TransferKind::Instant, Some(other)) if other != "SLEV" => Some(
                Finding::warning(Rule::Kind, "SEPA payments have the charge bearer SLEV", "leave it out").value(other),
            ),
            (TransferKind::Urgent | TransferKind::National, Some("SLEV")) => {
                Some(Finding::warning(Rule::Kind, "SLEV is for SEPA payments", "write SHAR or DEBT").value("SLEV"))
            }
            _ => None,
        };
        if let Some(found) = found {
            self.add(found.reason("BE19"), At("", "charge_bearer"));
        }
        if !money::is_currency(currency) {
            let found =
                Finding::error(Rule::Currency, "is not a currency code", "write three capital letters such as EUR");
            self.add(found.reason("AM11").value(currency), At("", "currency"));
        } else if terms.is_sepa() && currency != "EUR" {
            let found =
                Finding::error(Rule::Currency, "SEPA payments are in EUR", "choose the kind national or urgent");
            self.add(found.reason("AM03").value(currency), At("", "currency"));
        }
    }

    /// An optional text; an empty one is left out.
    fn optional(&mut self, at: At, text: &mut Option<String>, most: usize) {
        match text {
            Some(given) if given.trim().is_empty() => *text = None,
            Some(given) => self.text(at, given, most),
            None => {}
        }
    }

    /// A text for people: its characters, then its length.
    fn text(&mut self, at: At, text: &mut String, most: usize) {
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
        let Some((end, _)) = text.char_indices().nth(most) else { return };
        if self.cut {
            let cut = text[..end].trim_end().to_owned();
            self.findings.changed(at, text, &cut);
            *text = cut;
        } else {
            let message = format!("has {} characters, more than {most}", text.chars().count());
            self.add(Finding::error(Rule::Length, message, "shorten it, or let it be cut").value(text), at);
        }
    }

    pub(in crate::make) fn identifier(&mut self, at: At, id: Option<&str>) {
        if let Some(id) = id
            && let Err(why) = identifier::check(id)
        {
            self.add(Finding::error(Rule::Identifier, why.to_string(), "correct it").value(id), at);
        }
    }

    /// A code of ISO 20022's lists of purposes.
    fn code(&mut self, at: At, code: Option<&str>) {
        let Some(code) = code else { return };
        let formed =
            (1..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let found = if !formed {
            Finding::error(Rule::Purpose, "is not a code of up to four capital letters", "write a code such as SALA")
        } else if meaning::purpose(code).is_none() {
            Finding::warning(Rule::Purpose, "is not a code that is known here", "compare it with the bank's list")
        } else {
            return;
        };
        self.add(found.value(code), at);
    }

    fn error(&mut self, rule: Rule, at: At, message: impl Into<String>, change: &str, reason: Option<&str>) {
        let found = Finding::error(rule, message, change);
        self.add(
            match reason {
                Some(code) => found.reason(code),
                None => found,
            },
            at,
        );
    }

    fn add(&mut self, found: Finding, at: At) {
        self.findings.add(found, at);
    }
}
