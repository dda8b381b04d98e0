//! Exact sums, and whether the balances of a statement match its entries.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::Decimal;

use super::key::CountedKeys;
use super::tally::{self, EntryTally};
use super::{Direction, Entry, StatementBalance, TransactionSummary};
use crate::rules::Finding;

/// Decimal places of sums; a decimal has 18 digits, one of which may be before the point.
const SCALE: usize = 17;

/// An exact sum of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DecimalSum {
    /// In units of 10^-17.
    units: i128,
    /// The maximum number of decimal places of any added value.
    digits: usize,
}

impl DecimalSum {
    pub(crate) fn from_decimal(decimal: &Decimal) -> Option<Self> {
        let (mut units, mut digits) = (0_u64, None);
        // At most 18 digits, which always fit.
        for byte in decimal.as_str().bytes() {
            match byte {
                b'0'..=b'9' => {
                    units = units * 10 + u64::from(byte - b'0');
                    digits = digits.map(|digits| digits + 1);
                }
                b'.' => digits = Some(0_usize),
                _ => {}
            }
        }
        let digits = digits.unwrap_or_default();
        let units = i128::from(units) * i128::from(10_u64.pow(u32::try_from(SCALE.checked_sub(digits)?).ok()?));
        Some(Self { units: if decimal.as_str().starts_with('-') { -units } else { units }, digits })
    }

    /// Reads the output of [`Self::text`].
    pub(crate) fn read(text: &str) -> Option<Self> {
        let size = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = size.split_once('.').unwrap_or((size, ""));
        let digits = fraction.len();
        if digits > SCALE || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let units: i128 = format!("{whole}{fraction:0<SCALE$}").parse().ok()?;
        Some(Self { units: if size == text { units } else { -units }, digits })
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        Some(Self { units: self.units.checked_add(other.units)?, digits: self.digits.max(other.digits) })
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { units: -other.units, ..other })
    }

    pub(crate) fn size(self) -> Self {
        Self { units: self.units.abs(), ..self }
    }

    /// The exact value: sums of equal value have the same units, regardless of how many digits they are written with.
    pub(crate) fn units(self) -> i128 {
        self.units
    }

    pub(crate) fn is_zero(self) -> bool {
        self.units == 0
    }

    /// Whether it is zero, or smaller than an amount of the schemas can be (five decimals): such differences come from
    /// programs that compute with binary numbers.
    pub(crate) fn is_noise(self) -> bool {
        const SMALLEST: i128 = 10_i128.pow(SCALE as u32 - 5);
        self.units.abs() < SMALLEST
    }

    /// The sum with the most decimal places of any added value; `None` if it has too many digits.
    pub(crate) fn decimal(self) -> Option<Decimal> {
        if self.units == 0 {
            let zero = "0.00000000000000000";
            return Decimal::new(if self.digits == 0 { "0" } else { zero.get(..self.digits + 2)? }).ok();
        }
        Decimal::new(&self.text()).ok()
    }

    /// The same with any number of digits.
    pub(crate) fn text(self) -> String {
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", self.units.unsigned_abs(), width = SCALE + 1);
        let (whole, fraction) = digits.split_at(digits.len() - SCALE);
        let point = if self.digits == 0 { "" } else { "." };
        [sign, whole, point, &fraction[..self.digits]].concat()
    }
}

/// Whether the balances match the entries: opening balance plus booked entries against the closing balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum BalanceCheck {
    /// They match.
    Consistent,
    /// They would match if reversals had the other sign: see [`super::ReadOptions::reversal_flips`].
    ConsistentWithReversalsFlipped,
    /// They do not match.
    Differs,
    /// An opening or a closing balance is missing, or an amount or a direction could not be read.
    NotCheckable,
}

/// The sums of a statement while it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StatementTotals {
    pub(super) entries: u64,
    /// Booked entries with their signs; `None` once one could not be added.
    pub(super) booked: Option<DecimalSum>,
    /// The booked reversals among them.
    pub(super) reversed: Option<DecimalSum>,
    /// Entries in a currency other than that of the balances; they are not in the sums.
    pub(super) other_currency: u64,
    /// All entries by direction.
    pub(super) all: EntryTally,
    /// Those that are more than information: booked, pending or future.
    pub(super) bookings: EntryTally,
    /// The booked ones among them.
    pub(super) booked_only: EntryTally,
    /// The currency of their sums, if the statement does not say it.
    pub(super) currency: Option<String>,
    /// The keys so far.
    pub(super) keys: CountedKeys,
}

impl Default for StatementTotals {
    fn default() -> Self {
        Self {
            entries: 0,
            booked: Some(DecimalSum::default()),
            reversed: Some(DecimalSum::default()),
            other_currency: 0,
            all: EntryTally::default(),
            bookings: EntryTally::default(),
            booked_only: EntryTally::default(),
            currency: None,
            keys: CountedKeys::default(),
        }
    }
}

impl StatementTotals {
    pub(super) fn add(&mut self, entry: &Entry, currency: Option<&str>) {
        self.entries += 1;
        self.count(entry, currency);
        if !entry.booked {
            return;
        }
        if let Some((money, wanted)) = entry.money.as_ref().zip(currency)
            && money.currency != wanted
        {
            self.other_currency += 1;
            return;
        }
        let one = entry
            .money
            .as_ref()
            .filter(|_| known(entry.direction.as_ref()))
            .and_then(|money| DecimalSum::from_decimal(&money.amount));
        self.booked = self.booked.zip(one).and_then(|(sum, one)| sum.plus(one));
        if entry.reversal {
            self.reversed = self.reversed.zip(one).and_then(|(sum, one)| sum.plus(one));
        }
    }

    /// Adds an entry to those of its direction. Amounts in several currencies have no sum.
    fn count(&mut self, entry: &Entry, currency: Option<&str>) {
        if currency.is_none() && self.currency.is_none() {
            self.currency = entry.money.as_ref().map(|money| money.currency.clone());
        }
        let wanted = currency.or(self.currency.as_deref());
        let money = entry.money.as_ref().filter(|money| Some(money.currency.as_str()) == wanted);
        let amount = money.and_then(|money| DecimalSum::from_decimal(&money.amount));
        let (direction, is_reversal) = (entry.direction.as_ref(), entry.reversal);
        self.all.add(direction, amount, is_reversal);
        if entry.status.as_ref().is_none_or(|status| status.code != "INFO") {
            self.bookings.add(direction, amount, is_reversal);
        }
        if entry.booked {
            self.booked_only.add(direction, amount, is_reversal);
        }
    }

    /// The bank's own counts and sums that differ.
    pub(super) fn contradictions(&self, summary: &TransactionSummary) -> Vec<Finding> {
        tally::contradictions(summary, [&self.all, &self.bookings, &self.booked_only])
    }

    /// The result, and how much the closing balance differs from opening balance plus entries.
    pub(super) fn check(
        &self,
        opening: Option<&StatementBalance>,
        closing: Option<&StatementBalance>,
    ) -> (BalanceCheck, Option<Decimal>) {
        let sum = |balance: Option<&StatementBalance>| {
            let balance = balance.filter(|balance| known(balance.direction.as_ref()))?;
            DecimalSum::from_decimal(&balance.money.as_ref()?.amount)
        };
        let difference = sum(opening)
            .zip(sum(closing))
            .zip(self.booked)
            .and_then(|((opening, closing), booked)| closing.minus(opening)?.minus(booked));
        let Some(difference) = difference else { return (BalanceCheck::NotCheckable, None) };
        let flipped = self.reversed.filter(|sum| !sum.is_zero()).and_then(|sum| difference.plus(sum)?.plus(sum));
        let verdict = if difference.is_noise() {
            BalanceCheck::Consistent
        } else if flipped.is_some_and(DecimalSum::is_noise) {
            BalanceCheck::ConsistentWithReversalsFlipped
        } else {
            BalanceCheck::Differs
        };
        (verdict, difference.decimal())
    }
}

/// Whether the sign of the amount is known.
fn known(direction: Option<&Direction>) -> bool {
    matches!(direction, Some(Direction::Credit | Direction::Debit))
}
