//! An overview of a payment file.

use bankchannel_foundation::model::Boundary;

use super::tally::TransactionTally;
use crate::data::{Moment, Money};
use crate::payment::{PaymentBatch, PaymentFile};

/// Maximum number of batches that are listed.
pub const MAX_BATCHES: usize = 1000;

/// An overview of a payment file.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
#[boundary(own_new)]
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
#[boundary(own_new)]
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

impl CheckedPayment {
    /// The overview of a file whose batches were read.
    pub(super) fn new(
        file: &PaymentFile,
        tally: &TransactionTally,
        batch_count: u64,
        batches: Vec<CheckedBatch>,
    ) -> Self {
        Self {
            message_id: file.id.clone(),
            created: file.created.clone(),
            initiating_party: file.initiating_party.as_ref().and_then(|party| party.name.clone()),
            transactions: tally.count,
            totals: tally.totals(),
            batch_count,
            batches,
        }
    }
}

impl CheckedBatch {
    /// The overview of a batch whose transactions were read.
    pub(super) fn new(batch: &PaymentBatch, tally: &TransactionTally) -> Self {
        let debtor = batch.debtor.as_ref();
        Self {
            id: batch.id.clone(),
            execution: batch.execution.clone(),
            debtor: debtor.and_then(|party| party.name.clone()),
            account: debtor.and_then(|party| party.iban.clone().or_else(|| party.account.clone())),
            transactions: tally.count,
            totals: tally.totals(),
        }
    }
}
