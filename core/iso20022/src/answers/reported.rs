//! A payment file as far as reports tell of it, for who has only the reports.

use std::collections::HashMap;

use crate::data::placeholder;
use crate::matching::{Matched, match_status};
use crate::payment::{PaymentBatch, PaymentFile, PaymentTransaction};
use crate::status::{StatusReport, TransactionStatus};

/// Maximum number of transactions that stand for those which a report counts and does not list.
const MAX_REST: u64 = 10_000;
/// The id of the file, and of its batches without one; no bank writes it.
const NAMELESS: &str = "\u{1}";

/// The batches and transactions that reports name, and others that stand for those which they do not list: those have no
/// ids.
pub(super) struct ReportedPayment {
    payment: PaymentFile,
    /// The reports, all about this file.
    reports: Vec<StatusReport>,
    /// Whether no report says how many transactions there are, so that what stands for others may stand for none.
    pub(super) is_count_unknown: bool,
}

impl ReportedPayment {
    pub(super) fn new(reports: &[StatusReport]) -> Self {
        let mut reports = reports.to_vec();
        let mut payment = PaymentFile { id: Some(NAMELESS.to_owned()), ..PaymentFile::default() };
        let mut batches: HashMap<String, ReportedBatch> = HashMap::new();
        for report in &mut reports {
            report.original_message_id = Some(NAMELESS.to_owned());
            let mut times: HashMap<(usize, String), u64> = HashMap::new();
            for batch in &mut report.batches {
                let id = batch.payment_id.take().filter(|id| !placeholder(id)).unwrap_or_else(|| NAMELESS.to_owned());
                batch.payment_id = Some(id.clone());
                let known = batches.entry(id.clone()).or_insert_with(|| {
                    payment.batches.push(of_batch(Some(id)));
                    ReportedBatch { at: payment.batches.len() - 1, ..ReportedBatch::default() }
                });
                known.count = known.count.max(batch.original_count);
                for one in &mut batch.transactions {
                    // The same name twice in one report is that of two transactions.
                    let name = name_of(one);
                    let time = times.entry((known.at, name.clone())).or_default();
                    *time += 1;
                    let id = format!("{name}{NAMELESS}{time}");
                    (one.end_to_end_id, one.instruction_id, one.uetr) = (Some(id.clone()), None, None);
                    (one.money, one.creditor, one.debtor) = (None, None, None);
                    let named = known.named.entry(name).or_default();
                    if *named < *time {
                        *named = *time;
                        payment.batches[known.at].transactions.push(of_transaction(Some(id)));
                    }
                }
            }
        }
        let count = reports.iter().filter_map(|report| report.original_count).max();
        let is_count_unknown = add_rest(&mut payment, count, batches.values());
        Self { payment, reports, is_count_unknown }
    }

    pub(super) fn matched(&self) -> Matched {
        match_status(&self.payment, &self.reports, &[])
    }
}

/// A batch that reports name.
#[derive(Default)]
struct ReportedBatch {
    at: usize,
    /// The number of its transactions, if a report says it.
    count: Option<u64>,
    /// How many transactions have each name.
    named: HashMap<String, u64>,
}

/// What names a transaction in a report: an id, or the payee.
fn name_of(one: &TransactionStatus) -> String {
    let id = one.end_to_end_id.as_deref().or(one.instruction_id.as_deref()).or(one.uetr.as_deref());
    let payee = || {
        let party = one.creditor.as_deref()?;
        let account = party.iban.as_deref().or(party.account.as_deref());
        Some([account.unwrap_or_default(), NAMELESS, party.name.as_deref().unwrap_or_default()].concat())
    };
    id.map(str::to_owned).or_else(payee).unwrap_or_default()
}

/// Adds what stands for transactions that are counted, or may be there, and are not listed. Returns whether their number is
/// not known.
fn add_rest<'b>(
    payment: &mut PaymentFile,
    count: Option<u64>,
    batches: impl Iterator<Item = &'b ReportedBatch>,
) -> bool {
    let mut is_whole_batch = false;
    for batch in batches {
        let transactions = &mut payment.batches[batch.at].transactions;
        is_whole_batch = batch.count.is_some();
        // A batch has one at least.
        extend(transactions, batch.count.unwrap_or(1).saturating_sub(transactions.len() as u64));
    }
    let listed: usize = payment.batches.iter().map(|batch| batch.transactions.len()).sum();
    let (more, is_unknown) = match count {
        Some(count) => (count.saturating_sub(listed as u64), false),
        // Of a file with one batch.
        None if is_whole_batch && payment.batches.len() == 1 => (0, false),
        None => (1, true),
    };
    if more > 0 {
        if payment.batches.len() != 1 {
            payment.batches.push(of_batch(None));
        }
        payment.batches.last_mut().into_iter().for_each(|batch| extend(&mut batch.transactions, more));
    }
    is_unknown
}

fn extend(transactions: &mut Vec<PaymentTransaction>, more: u64) {
    transactions.extend((0..more.min(MAX_REST)).map(|_| of_transaction(None)));
}

fn of_batch(id: Option<String>) -> PaymentBatch {
    PaymentBatch { id, ..PaymentBatch::default() }
}

fn of_transaction(end_to_end_id: Option<String>) -> PaymentTransaction {
    PaymentTransaction { end_to_end_id, ..PaymentTransaction::default() }
}
