//! The entries of a statement counted and summed by direction, and the bank's own counts and sums that differ.

use bankchannel_foundation::model::Decimal;

use super::cursor::EntryCounts;
use super::totals::DecimalSum;
use super::{Direction, TransactionSummary};
use crate::rules::{Finding, Rule};

/// Advice on a statement that contradicts itself.
const CHANGE: &str = "ask the bank for the right statement: entries may be missing or doubled";

/// Entries by direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EntryTally {
    /// All, also those without a direction.
    entries: u64,
    credits: DirectionTally,
    debits: DirectionTally,
    /// Reversals among them: banks count those on either side.
    reversals: u64,
}

/// The entries of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DirectionTally {
    entries: u64,
    /// The sum of their amounts without signs; `None` once one could not be added.
    sum: Option<DecimalSum>,
}

impl Default for EntryTally {
    fn default() -> Self {
        let none = DirectionTally { entries: 0, sum: Some(DecimalSum::default()) };
        Self { entries: 0, credits: none, debits: none, reversals: 0 }
    }
}

impl EntryTally {
    /// Adds an entry with its direction, and its amount if that is in the currency of the sums.
    pub(super) fn add(&mut self, direction: Option<&Direction>, amount: Option<DecimalSum>, is_reversal: bool) {
        self.entries += 1;
        self.reversals += u64::from(is_reversal);
        let side = match direction {
            Some(Direction::Credit) => &mut self.credits,
            Some(Direction::Debit) => &mut self.debits,
            _ => return,
        };
        side.entries += 1;
        side.sum = side.sum.zip(amount).and_then(|(sum, one)| sum.plus(one.size()));
    }

    /// Whether all entries have a direction.
    fn is_whole(&self) -> bool {
        self.credits.entries + self.debits.entries == self.entries
    }

    /// One side, if the bank counts the same entries on it, as far as can be known.
    fn side(&self, side: DirectionTally) -> Option<DirectionTally> {
        (self.is_whole() && self.reversals == 0).then_some(side)
    }

    fn sum(&self) -> Option<DecimalSum> {
        self.credits.sum.zip(self.debits.sum).filter(|_| self.is_whole()).and_then(|(one, two)| one.plus(two))
    }

    fn net(&self) -> Option<DecimalSum> {
        self.side(self.credits)?.sum.zip(self.debits.sum).and_then(|(one, two)| one.minus(two))
    }

    pub(super) fn counts(&self) -> EntryCounts {
        EntryCounts {
            entries: self.entries,
            credits: self.credits.entries,
            credit_sum: self.credits.sum.map(DecimalSum::text),
            debits: self.debits.entries,
            debit_sum: self.debits.sum.map(DecimalSum::text),
            reversals: self.reversals,
        }
    }

    pub(super) fn from_counts(counts: &EntryCounts) -> Self {
        let sum = |text: &Option<String>| text.as_deref().and_then(DecimalSum::read);
        Self {
            entries: counts.entries,
            credits: DirectionTally { entries: counts.credits, sum: sum(&counts.credit_sum) },
            debits: DirectionTally { entries: counts.debits, sum: sum(&counts.debit_sum) },
            reversals: counts.reversals,
        }
    }
}

/// The parts of a bank's summary that fit none of these tallies, the first of which is of all entries: banks count all,
/// or some. Paths are below the statement.
pub(super) fn contradictions(summary: &TransactionSummary, [all, some @ ..]: [&EntryTally; 3]) -> Vec<Finding> {
    // The bank says how large the net is, and not always of which sign.
    let signed = matches!(summary.net_direction, Some(Direction::Credit | Direction::Debit));
    let net = summary.net.as_ref().filter(|_| signed);
    let counts: [(&str, &str, Option<u64>, CountOf); 3] = [
        ("TtlNtries", "entries", summary.entries, |tally| Some(tally.entries)),
        ("TtlCdtNtries", "credits", summary.credits, |tally| tally.side(tally.credits).map(|side| side.entries)),
        ("TtlDbtNtries", "debits", summary.debits, |tally| tally.side(tally.debits).map(|side| side.entries)),
    ];
    let sums: [(&str, &str, Option<&Decimal>, SumOf); 4] = [
        ("TtlNtries/Sum", "all entries", summary.sum.as_ref(), EntryTally::sum),
        ("TtlNtries/TtlNetNtry", "credits minus debits", net, EntryTally::net),
        ("TtlCdtNtries/Sum", "credits", summary.credit_sum.as_ref(), |tally| tally.side(tally.credits)?.sum),
        ("TtlDbtNtries/Sum", "debits", summary.debit_sum.as_ref(), |tally| tally.side(tally.debits)?.sum),
    ];
    let counts = counts.into_iter().filter_map(|(path, what, said, of)| {
        let (said, counted) = said.zip(of(all))?;
        let message = format!("the bank counts {said} {what}, and the statement has {counted}");
        let found = Finding::warning(Rule::Count, message, CHANGE).value(&said.to_string());
        let fits = said == counted || some.iter().any(|tally| of(tally) == Some(said));
        (!fits).then(|| found.path(&format!("TxsSummry/{path}/NbOfNtries")))
    });
    let sums = sums.into_iter().filter_map(|(path, what, said, of)| {
        let (said, added) = said.zip(of(all))?;
        let bank = DecimalSum::from_decimal(said)?;
        let message = format!("the bank's sum of {what} is {}, and they add up to {}", said.as_str(), added.text());
        let found = Finding::warning(Rule::ControlSum, message, CHANGE).value(said.as_str());
        let fits = |own: DecimalSum| own.minus(bank).is_none_or(DecimalSum::is_noise);
        let fits = fits(added) || some.iter().any(|tally| of(tally).is_some_and(fits));
        (!fits).then(|| found.path(&format!("TxsSummry/{path}")))
    });
    counts.chain(sums).collect()
}

/// A count of a tally; `None` if it cannot be compared with the bank's.
type CountOf = fn(&EntryTally) -> Option<u64>;
/// The same of a sum.
type SumOf = fn(&EntryTally) -> Option<DecimalSum>;
