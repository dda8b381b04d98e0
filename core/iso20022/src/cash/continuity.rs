//! Whether statements follow each other: by their numbers, and by the balance with which each begins.

use std::collections::BTreeMap;

use bankchannel_foundation::model::{Boundary, Date};

use super::links::{LinkedStatements, StatementLink, difference, number};
use super::{CashKind, Statement};
use crate::data::Money;
use crate::rules::Level;
use crate::text::quote;

/// Maximum number of breaks that are listed; all are counted.
const MAX_BREAKS: usize = 1000;
/// Maximum number of statements and pages that are compared.
const MAX_LINKS: usize = 100_000;

/// Whether statements follow each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CheckedStatements {
    /// Whether no statement is missing, as far as numbers and balances show: there is no break of level `warning`,
    /// and all were compared.
    pub ok: bool,
    /// The accounts with statements, each in one currency.
    pub accounts: Vec<CheckedAccount>,
    /// The breaks, in the order of accounts and statements, at most 1000.
    pub breaks: Vec<StatementBreak>,
    /// The number of all breaks.
    pub break_count: u64,
    /// The number of statements and pages that were not compared, since at most 100,000 are.
    pub not_compared: u64,
}

/// The statements of an account in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CheckedAccount {
    /// The account: its IBAN, otherwise another number.
    pub account: Option<String>,
    /// The currency, an ISO 4217 code.
    pub currency: Option<String>,
    /// How many statements there are; pages of one count once, copies are not counted.
    pub statements: u64,
    /// How many were given again: copies, and those that a later statement of the same number, day and opening balance
    /// replaces.
    pub repeated: u64,
    /// The balance with which the first one begins.
    pub opening: Option<Money>,
    /// The balance with which the last one ends.
    pub closing: Option<Money>,
}

/// A place at which statements do not follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatementBreak {
    /// What does not fit.
    pub kind: StatementBreakKind,
    /// `warning`: bookings may be missing. `info`: numbers are left out, but the balances go on.
    pub level: Level,
    /// The account: its IBAN, otherwise another number.
    pub account: Option<String>,
    /// The currency, an ISO 4217 code.
    pub currency: Option<String>,
    /// The statement before the break.
    pub before: StatementPlace,
    /// The statement after it; left out for missing pages.
    pub after: Option<StatementPlace>,
    /// How many statements are missing between the two, by their numbers.
    pub missing: Option<u64>,
    /// How much larger the second opening balance is than the closing balance before it.
    pub difference: Option<Money>,
    /// The fault, in words.
    pub message: String,
}

/// What does not fit at a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum StatementBreakKind {
    /// A statement opens with another balance than the one before it closes with.
    Balance,
    /// Numbers are left out between two statements, or go back.
    Sequence,
    /// Pages of a statement are missing.
    Pages,
}

/// A statement among those that were given.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatementPlace {
    /// Its number in the order in which they were given, from 1.
    pub number: u64,
    /// The statement's id.
    pub id: Option<String>,
    /// The electronic sequence number as it is written.
    pub sequence: Option<String>,
    /// The legal sequence number as it is written.
    pub legal_sequence: Option<String>,
    /// The day on which it ends: of its period, otherwise of its closing balance.
    pub date: Option<Date>,
}

/// Collects statements, and tells where they do not follow each other. Only their headers are needed; reports and
/// notifications, which have no continuous balance, are passed over.
#[derive(Debug, Default)]
pub struct ContinuityCheck {
    given: u64,
    /// How many are compared.
    count: usize,
    not_compared: u64,
    accounts: BTreeMap<AccountKey, Vec<StatementLink>>,
}

/// The account, and its currency.
type AccountKey = (Option<String>, Option<String>);

impl ContinuityCheck {
    /// Adds the next statement.
    pub fn add(&mut self, statement: &Statement) {
        self.given += 1;
        if statement.kind != CashKind::Statement {
            return;
        }
        let key = (statement.account.number().map(str::to_owned), statement.currency().map(str::to_owned));
        self.link(key, StatementLink::new(statement, self.given));
    }

    /// Adds what another one collected, as if its statements were added now.
    pub fn append(&mut self, other: Self) {
        for (key, links) in other.accounts {
            for mut link in links {
                link.place.number += self.given;
                self.link(key.clone(), link);
            }
        }
        self.given += other.given;
        self.not_compared += other.not_compared;
    }

    fn link(&mut self, key: AccountKey, link: StatementLink) {
        if self.count == MAX_LINKS {
            self.not_compared += 1;
            return;
        }
        self.count += 1;
        self.accounts.entry(key).or_default().push(link);
    }

    /// The result.
    pub fn finish(self) -> CheckedStatements {
        let not_compared = self.not_compared;
        let mut checked = CheckedStatements { ok: not_compared == 0, not_compared, ..CheckedStatements::default() };
        for ((account, currency), links) in self.accounts {
            let LinkedStatements { statements, chain, repeated } = LinkedStatements::new(links);
            let at = |place: Option<&usize>| place.map(|at| &statements[*at]);
            checked.accounts.push(CheckedAccount {
                account: account.clone(),
                currency: currency.clone(),
                statements: statements.len() as u64,
                repeated,
                opening: at(chain.first()).and_then(|link| link.opening.clone()),
                closing: at(chain.last()).and_then(|link| link.closing.clone()),
            });
            let missing_pages = statements.iter().filter_map(StatementLink::missing_pages);
            let pairs = chain.windows(2).map(|pair| (&statements[pair[0]], &statements[pair[1]]));
            let between = pairs.filter_map(|(one, next)| one.follows(next));
            for found in missing_pages.chain(between) {
                checked.break_count += 1;
                checked.ok &= found.level != Level::Warning;
                if checked.breaks.len() < MAX_BREAKS {
                    let (account, currency) = (account.clone(), currency.clone());
                    checked.breaks.push(StatementBreak { account, currency, ..found });
                }
            }
        }
        checked
    }
}

impl StatementLink {
    fn missing_pages(&self) -> Option<StatementBreak> {
        let missing = self.pages.missing()?;
        let message = format!("statement {}: {missing}", self.name());
        Some(self.break_after(StatementBreakKind::Pages, Level::Warning, message))
    }

    fn break_after(&self, kind: StatementBreakKind, level: Level, message: String) -> StatementBreak {
        StatementBreak {
            kind,
            level,
            account: None,
            currency: None,
            before: self.place.clone(),
            after: None,
            missing: None,
            difference: None,
            message,
        }
    }

    /// What people call it.
    fn name(&self) -> String {
        let id = self.place.sequence.as_deref().or(self.place.legal_sequence.as_deref()).or(self.place.id.as_deref());
        let name = id.map_or_else(|| "without a number".to_owned(), quote);
        self.place.date.map_or(name.clone(), |date| format!("{name} of {}", date.0))
    }

    /// Why the next statement does not follow this one.
    fn follows(&self, next: &Self) -> Option<StatementBreak> {
        let order =
            [(&self.place.sequence, &next.place.sequence), (&self.place.legal_sequence, &next.place.legal_sequence)];
        let steps: Vec<NumberStep> = order
            .into_iter()
            .filter_map(|(own, other)| Some(self.step(next, (number(own.as_deref())?, number(other.as_deref())?))))
            .collect();
        let gap = steps.iter().find_map(|step| match step {
            NumberStep::Gap(first, last) => Some((*first, *last)),
            _ => None,
        });
        let missing = gap.map(|(first, last)| last - first + 1);
        let left_out = gap.map(|(first, last)| match first == last {
            true => format!("number {first} is left out"),
            false => format!("numbers {first} to {last} are left out"),
        });
        let balances = self.closing.as_ref().zip(next.opening.as_ref());
        let difference = balances.and_then(|(closing, opening)| difference(closing, opening));
        let between = format!("between statement {} and statement {}", self.name(), next.name());
        let found = |kind, level, message| StatementBreak {
            after: Some(next.place.clone()),
            missing,
            ..self.break_after(kind, level, message)
        };
        let (warning, kind) = (Level::Warning, StatementBreakKind::Sequence);
        match (difference, left_out) {
            (Some(Some(by)), left_out) => {
                let ends = balances.map_or_else(String::new, |(closing, opening)| {
                    let (closing, opening) = (closing.amount.as_str(), opening.amount.as_str());
                    format!("the first closes with {closing}, the second opens with {opening}")
                });
                let numbers = left_out.map(|words| format!("; {words}")).unwrap_or_default();
                let message = format!("statements may be missing {between}: {ends}{numbers}");
                Some(StatementBreak { difference: Some(by), ..found(StatementBreakKind::Balance, warning, message) })
            }
            (Some(None), Some(words)) => {
                let message = format!("{words} {between}, but the balances go on: no booking is missing");
                Some(found(kind, Level::Info, message))
            }
            (Some(None), None) => None,
            (None, Some(words)) => {
                let message = format!("statements may be missing {between}: {words}, and balances cannot be compared");
                Some(found(kind, warning, message))
            }
            (None, None) if steps.contains(&NumberStep::Back) => {
                let message = format!("the numbers go back {between}, and balances cannot be compared");
                Some(found(kind, warning, message))
            }
            (None, None) => None,
        }
    }

    /// From one number to the next.
    fn step(&self, next: &Self, (own, other): (u64, u64)) -> NumberStep {
        let same_year = self.place.date.zip(next.place.date).is_none_or(|(one, two)| one.0.year() == two.0.year());
        match other.checked_sub(own) {
            Some(0) => NumberStep::Same,
            Some(1) => NumberStep::Next,
            Some(_) => NumberStep::Gap(own + 1, other - 1),
            None if other > 1 && same_year => NumberStep::Back,
            // The numbers restart.
            None => NumberStep::Next,
        }
    }
}

/// How two numbers follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumberStep {
    Next,
    /// A bank that gives all statements one number numbers nothing.
    Same,
    /// The first and the last number that are left out.
    Gap(u64, u64),
    /// Smaller within a year.
    Back,
}
