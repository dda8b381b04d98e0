//! An overview of a payment file.

use bankchannel_foundation::Boundary;

use crate::cash::Sum;
use crate::data::{Moment, Money};
use crate::payment::{PaymentBatch, PaymentFile, PaymentTransaction};

/// Most batches that are listed.
pub const MAX_BATCHES: usize = 1000;

/// Most currencies that are summed; the amounts of others are left out.
const MAX_CURRENCIES: usize = 50;

/// An overview of a payment file.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CheckedPayment {
    /// The message id.
    pub message_id: Option<String>,
    /// When the message was created, according to itself.
    pub created: Option<Moment>,
    /// The party that initiates it.
    pub initiating_party: Option<String>,
    /// The actual number of transactions in the file.
    pub transactions: u64,
    /// Their totals, by currency.
    pub totals: Vec<Money>,
    /// How many batches there are.
    pub batch_count: u64,
    /// The batches in order, at most 1000 of them.
    pub batches: Vec<CheckedBatch>,
}

/// The transactions that are debited from one account on one day.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CheckedBatch {
    /// The payment information id.
    pub id: Option<String>,
    /// The execution date, or date and time.
    pub execution: Option<Moment>,
    /// The debtor's name.
    pub debtor: Option<String>,
    /// The debited account: its IBAN, otherwise its number.
    pub account: Option<String>,
    /// The number of its transactions.
    pub transactions: u64,
    /// Their totals, by currency.
    pub totals: Vec<Money>,
}

/// The file's overview.
pub(super) fn of(file: &PaymentFile) -> CheckedPayment {
    CheckedPayment {
        message_id: file.id.clone(),
        created: file.created.clone(),
        initiating_party: file.initiating_party.as_ref().and_then(|party| party.name.clone()),
        transactions: file.batches.iter().map(|batch| batch.transactions.len() as u64).sum(),
        totals: totals(file.batches.iter().flat_map(|batch| &batch.transactions)),
        batch_count: file.batches.len() as u64,
        batches: file.batches.iter().take(MAX_BATCHES).map(batch).collect(),
    }
}

fn batch(batch: &PaymentBatch) -> CheckedBatch {
    let debtor = batch.debtor.as_ref();
    CheckedBatch {
        id: batch.id.clone(),
        execution: batch.execution.clone(),
        debtor: debtor.and_then(|party| party.name.clone()),
        account: debtor.and_then(|party| party.iban.clone().or_else(|| party.account.clone())),
        transactions: batch.transactions.len() as u64,
        totals: totals(batch.transactions.iter()),
    }
}

/// Sums by currency, in the order of first appearance; a sum of too many digits is left out.
fn totals<'p>(transactions: impl Iterator<Item = &'p PaymentTransaction>) -> Vec<Money> {
    let mut sums: Vec<(&str, Option<Sum>)> = Vec::new();
    for money in transactions.filter_map(|one| one.money.as_ref().or(one.equivalent.as_ref())) {
        let amount = Sum::of(&money.amount);
        if let Some((_, sum)) = sums.iter_mut().find(|(currency, _)| *currency == money.currency) {
            *sum = sum.zip(amount).and_then(|(sum, amount)| sum.plus(amount));
        } else if sums.len() < MAX_CURRENCIES {
            sums.push((&money.currency, amount));
        }
    }
    let total =
        |(currency, sum): (&str, Option<Sum>)| Some(Money { amount: sum?.decimal()?, currency: currency.to_owned() });
    sums.into_iter().filter_map(total).collect()
}
