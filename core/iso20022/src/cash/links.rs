//! The statements of an account as a chain: without copies, with pages joined, in the order of their time.

use std::collections::{HashMap, HashSet};

use bankchannel_foundation::model::Date;

use super::continuity::StatementPlace;
use super::totals::DecimalSum;
use super::{Direction, Statement, StatementBalance, StatementPages};
use crate::data::{Moment, Money};

/// How many statements are looked at for the first and the last one inside a longer one.
const NEAR: usize = 32;

/// What of a statement counts.
#[derive(Debug, Clone)]
pub(super) struct StatementLink {
    pub(super) place: StatementPlace,
    /// The day on which its period begins, if it is given.
    from: Option<Date>,
    /// The day on which it begins: of its period, otherwise of its opening balance.
    first: Option<Date>,
    created: Option<Moment>,
    /// Its page, which may be the only one.
    page: Option<u64>,
    /// Whether it is complete by itself, whether it has a page or not.
    is_single: bool,
    /// What each page of it says.
    parts: Vec<LinkPart>,
    pub(super) pages: StatementPages,
    pub(super) opening: Option<Money>,
    pub(super) closing: Option<Money>,
}

/// The data of one page.
#[derive(Debug, Clone)]
struct LinkPart {
    page: Option<u64>,
    /// The first day and the last one.
    days: [Option<Date>; 2],
    opening: Option<PageBalance>,
    closing: Option<PageBalance>,
}

/// A balance at the beginning or the end of a page.
#[derive(Debug, Clone)]
struct PageBalance {
    money: Money,
    /// Whether it is that of the page only.
    is_interim: bool,
}

/// The statements of an account.
pub(super) struct LinkedStatements {
    /// In the order of their time.
    pub(super) statements: Vec<StatementLink>,
    /// The indexes of those that follow each other: without a monthly one beside daily ones.
    pub(super) chain: Vec<usize>,
    /// How many pages and statements were left out: copies, and replaced ones.
    pub(super) repeated: u64,
}

impl LinkedStatements {
    pub(super) fn new(links: Vec<StatementLink>) -> Self {
        let (mut statements, copies) = joined(links);
        // Numbers restart with a year, or are the same all the time: the days come first.
        statements.sort_by_cached_key(|link| {
            let instant = link.created.as_ref().and_then(|moment| moment.instant.as_ref());
            let instant = instant.map(|instant| instant.as_ms());
            (link.place.date, link.first, link.number(), instant, link.place.number)
        });
        let before = statements.len();
        // Of two versions the later one counts.
        statements.dedup_by(|next, one| {
            let replaced = one.is_corrected_by(next);
            if replaced {
                std::mem::swap(one, next);
            }
            replaced
        });
        let replaced = before - statements.len();
        let chain = (0..statements.len()).filter(|at| !is_summary(&statements, *at)).collect();
        Self { statements, chain, repeated: (copies + replaced) as u64 }
    }
}

/// The statements without copies, the pages of one joined, and the number of copies.
fn joined(links: Vec<StatementLink>) -> (Vec<StatementLink>, usize) {
    let (mut seen, mut copies) = (HashSet::new(), 0);
    let mut joined: Vec<StatementLink> = Vec::with_capacity(links.len());
    let mut places: HashMap<_, usize> = HashMap::new();
    for link in links {
        if !seen.insert(link.identity()) {
            copies += 1;
            continue;
        }
        if link.page.is_none() {
            joined.push(link);
            continue;
        }
        let place = &link.place;
        let one = (place.id.clone(), place.sequence.clone(), place.legal_sequence.clone(), link.from);
        // Another statement with the same names begins with a page that is there already.
        match places.get(&one).filter(|at| !joined[**at].has_page(link.page)) {
            Some(at) => joined[*at].join(link),
            None => {
                places.insert(one, joined.len());
                joined.push(link);
            }
        }
    }
    joined.iter_mut().for_each(StatementLink::settle);
    (joined, copies)
}

/// Whether others cover the period of a statement from its opening to its closing balance: a monthly one beside daily
/// ones. They are in the order of their last days.
fn is_summary(all: &[StatementLink], at: usize) -> bool {
    let one = &all[at];
    let (Some(first), Some(last)) = (one.first, one.place.date) else { return false };
    if first >= last {
        return false;
    }
    let is_inside = |other: &usize| {
        let (begin, end) = (all[*other].first, all[*other].place.date);
        *other != at && begin >= Some(first) && end <= Some(last) && (begin, end) != (one.first, one.place.date)
    };
    let begin = all.partition_point(|other| other.place.date < Some(first));
    let end = all.partition_point(|other| other.place.date <= Some(last));
    let parts = (begin..end).take(NEAR).find(is_inside).zip((begin..end).rev().take(NEAR).find(is_inside));
    let same = |own: &Option<Money>, other: &Option<Money>| {
        own.as_ref().zip(other.as_ref()).is_some_and(|(own, other)| difference(own, other) == Some(None))
    };
    parts.is_some_and(|(begin, end)| same(&one.opening, &all[begin].opening) && same(&one.closing, &all[end].closing))
}

impl StatementLink {
    pub(super) fn new(statement: &Statement, number: u64) -> Self {
        let day = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.date);
        let of_balance = |balance: &Option<StatementBalance>| balance.as_ref().and_then(|one| day(&one.date));
        let mut pages = StatementPages::default();
        pages.add(statement);
        let (from, end) = (day(&statement.from), day(&statement.to).or_else(|| of_balance(&statement.closing)));
        let days = [from.or_else(|| of_balance(&statement.opening)), end];
        let (opening, closing) = (PageBalance::new(&statement.opening), PageBalance::new(&statement.closing));
        let mut link = Self {
            place: StatementPlace {
                number,
                id: statement.id.clone(),
                sequence: statement.sequence.clone(),
                legal_sequence: statement.legal_sequence.clone(),
                date: None,
            },
            from,
            first: None,
            created: statement.created.clone(),
            page: statement.page,
            is_single: statement.is_single_page(),
            parts: vec![LinkPart { page: statement.page, days, opening, closing }],
            pages,
            opening: None,
            closing: None,
        };
        link.settle();
        link
    }

    /// Its number: the electronic one, otherwise the legal one.
    fn number(&self) -> Option<u64> {
        number(self.place.sequence.as_deref()).or_else(|| number(self.place.legal_sequence.as_deref()))
    }

    /// The equal parts of a copy, whatever its id: a statement that is downloaded again may have another one. Without
    /// balances the id counts.
    fn identity(&self) -> impl Eq + std::hash::Hash + use<> {
        let amount = |money: &Option<Money>| {
            let size = money.as_ref().and_then(|money| DecimalSum::from_decimal(&money.amount));
            size.map(DecimalSum::units)
        };
        let part = &self.parts[0];
        let page = self.page.filter(|_| !self.is_single);
        let numbers = (self.place.sequence.clone(), self.place.legal_sequence.clone(), page);
        let has_balance = self.opening.is_some() || self.closing.is_some();
        let id = self.place.id.clone().filter(|_| !has_balance);
        let created = self.place.date.filter(|_| !has_balance && page.is_none());
        (numbers, part.days, amount(&self.opening), amount(&self.closing), id, created)
    }

    /// Whether the next one is a later version: of the same number and day, from the same opening balance.
    fn is_corrected_by(&self, next: &Self) -> bool {
        let same = |own: &Option<String>, other: &Option<String>| own.is_some() && own == other;
        let (own, other) = (&self.place, &next.place);
        let is_numbered = same(&own.sequence, &other.sequence)
            || (own.sequence.is_none() && other.sequence.is_none() && own.legal_sequence.is_some());
        let is_named = is_numbered && own.legal_sequence == other.legal_sequence;
        let openings = self.opening.as_ref().zip(next.opening.as_ref());
        let begins = openings.is_some_and(|(own, other)| difference(own, other) == Some(None));
        is_named && begins && own.date.is_some() && own.date == other.date
    }

    fn has_page(&self, page: Option<u64>) -> bool {
        self.pages.has(page)
    }

    /// Adds another page of the same statement.
    fn join(&mut self, other: Self) {
        self.pages.join(&other.pages);
        self.parts.extend(other.parts);
    }

    /// Finds balances and days of the whole in its pages, in whichever order they were given.
    fn settle(&mut self) {
        self.parts.sort_by_key(|part| part.page);
        let of = |balance: Option<&PageBalance>| balance.is_some_and(|balance| !balance.is_interim);
        // An interim balance is that of the whole at its first and at its last page only.
        let begin = self.parts.iter().find(|part| of(part.opening.as_ref())).or(self.parts.first());
        let end = self.parts.iter().rev().find(|part| of(part.closing.as_ref())).or(self.parts.last());
        let first = begin.and_then(|part| part.days[0]);
        let last = end.and_then(|part| part.days[1]);
        self.opening = begin.and_then(|part| part.opening.as_ref()).map(|balance| balance.money.clone());
        self.closing = end.and_then(|part| part.closing.as_ref()).map(|balance| balance.money.clone());
        self.first = first.or_else(|| self.parts.iter().find_map(|part| part.days[0]));
        self.place.date = last
            .or_else(|| self.parts.iter().rev().find_map(|part| part.days[1]))
            .or_else(|| self.created.as_ref().map(|moment| moment.date));
    }
}

impl PageBalance {
    /// A balance whose sign is known.
    fn new(balance: &Option<StatementBalance>) -> Option<Self> {
        let known = |one: &&StatementBalance| matches!(one.direction, Some(Direction::Credit | Direction::Debit));
        let balance = balance.as_ref().filter(known)?;
        let is_interim = balance.kind.as_ref().is_some_and(|kind| kind.code == "ITBD");
        Some(Self { money: balance.money.clone()?, is_interim })
    }
}

/// A sequence number; days that are written as one, such as 20261127, count nothing.
pub(super) fn number(text: Option<&str>) -> Option<u64> {
    let text = text?;
    // Zeros before a number make no day of it.
    let is_day = text.len() == 8 && text.parse::<jiff::civil::Date>().is_ok_and(|day| day.year() > 1900);
    text.parse().ok().filter(|_| !is_day)
}

/// How much larger the opening balance is; `Some(None)` if it is the same, `None` if the two cannot be compared.
pub(super) fn difference(closing: &Money, opening: &Money) -> Option<Option<Money>> {
    if closing.currency != opening.currency {
        return None;
    }
    let by = DecimalSum::from_decimal(&opening.amount)?.minus(DecimalSum::from_decimal(&closing.amount)?)?;
    if by.is_noise() {
        return Some(None);
    }
    Some(Some(Money::new(by.decimal()?, opening.currency.clone())))
}
