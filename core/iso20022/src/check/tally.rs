//! Counts and sums of transactions as they are read.

use crate::cash::DecimalSum;
use crate::data::Money;
use crate::payment::PaymentTransaction;

/// Maximum number of currencies that are summed; the amounts of others are left out.
const MAX_CURRENCIES: usize = 50;

/// The transactions of a batch, or of a file.
#[derive(Default)]
pub(super) struct TransactionTally {
    pub(super) count: u64,
    /// The sum of all amounts, whatever their currencies.
    sum: ControlSum,
    /// The sums by currency, in the order of first appearance; `None` for too many digits.
    totals: Vec<(String, Option<DecimalSum>)>,
}

/// A sum of amounts that is compared with a control sum.
#[derive(Clone, Copy)]
pub(super) enum ControlSum {
    Exact(DecimalSum),
    /// An amount could not be read, which is reported separately.
    Unreadable,
    TooLarge,
}

impl Default for ControlSum {
    fn default() -> Self {
        Self::Exact(DecimalSum::default())
    }
}

impl TransactionTally {
    /// Counts a transaction.
    pub(super) fn add(&mut self, one: &PaymentTransaction) {
        self.count += 1;
        let Some(money) = one.money.as_ref().or(one.equivalent.as_ref()) else {
            self.sum = ControlSum::Unreadable;
            return;
        };
        let amount = DecimalSum::from_decimal(&money.amount);
        if let ControlSum::Exact(sum) = self.sum {
            self.sum = amount.and_then(|amount| sum.plus(amount)).map_or(ControlSum::TooLarge, ControlSum::Exact);
        }
        if let Some((_, sum)) = self.totals.iter_mut().find(|(currency, _)| *currency == money.currency) {
            *sum = sum.zip(amount).and_then(|(sum, amount)| sum.plus(amount));
        } else if self.totals.len() < MAX_CURRENCIES {
            self.totals.push((money.currency.clone(), amount));
        }
    }

    pub(super) fn sum(&self) -> ControlSum {
        self.sum
    }

    /// The sums by currency; a sum of too many digits is left out.
    pub(super) fn totals(&self) -> Vec<Money> {
        let total = |(currency, sum): &(String, Option<DecimalSum>)| {
            Some(Money { amount: (*sum)?.decimal()?, currency: currency.clone() })
        };
        self.totals.iter().filter_map(total).collect()
    }
}
