//! The outcome of a payment file: its transactions matched with status reports, statements, reports and notifications.
//!
//! ```text
//!  PaymentFile ──► sent: indexes by id ──┐
//!  StatusReport… ► claims in the order of time, the lowest level of each report ─► a standing of each ──┐
//!  Statement… ───► bookings, each once ─► of one transaction (ids) or of a batch (sum) ──────────────────┴► verdict
//! ```
//!
//! Nothing is guessed: what does not certainly belong to a transaction is listed separately, and nothing may be sent
//! again while the whereabouts of its money are unknown. The cost is linear in the sizes of the files: ids are looked
//! up in hash maps, and the search for the transactions behind a sum has a fixed number of steps for all batches
//! together.

mod advice;
mod batches;
mod bookings;
mod claimed;
mod claims;
mod cover;
mod days;
mod doubts;
mod entries;
mod kept;
mod listed;
mod named;
mod payees;
mod reports;
mod result;
mod sent;
mod shared;
mod subset;
mod unmatched;
mod verdict;

use std::collections::BTreeMap;

use crate::cash::{DecimalSum, Statement};
use crate::data::Money;
use crate::payee_check::{OrderWaitsFor, PayeeCheckNote, PayeeCheckSummary, ResultCounts};
use crate::payment::PaymentFile;
use crate::status::StatusReport;

pub(crate) use claimed::claimed_entries;
pub(crate) use claims::ClaimStage;
pub(crate) use reports::by_time as reports_by_time;

pub use crate::meaning::Again;
pub use result::{
    BookingPlace, LeftoverEntry, LeftoverReason, LeftoverReport, Matched, MatchedBatch, MatchedBy, MatchedTransaction,
    Outcome, OutcomeTotal, ReportPlace, StatusSource,
};

use sent::SentPayments;
use verdict::TransactionCase;

/// Determines the outcome of each transaction of a payment file.
///
/// Reports and statements come in any order and may be about other files too.
pub fn match_status(payment: &PaymentFile, reports: &[StatusReport], statements: &[Statement]) -> Matched {
    let sent = SentPayments::new(payment);
    let mut reported = reports::read(&sent, reports);
    let mut booked = entries::read(&sent, &reported, statements);
    let leftover_reports = std::mem::take(&mut reported.leftovers);
    let leftover_entries = std::mem::take(&mut booked.leftovers);
    let transactions: Vec<MatchedTransaction> = (0..sent.transactions.len())
        .map(|at| TransactionCase { sent: &sent, reports, reported: &reported, booked: &booked, at }.matched())
        .collect();
    let mut of_batches = transactions.as_slice();
    let batches = payment.batches.iter().enumerate().map(|(at, batch)| {
        let (of_this, rest) = of_batches.split_at(batch.transactions.len());
        of_batches = rest;
        let sums = &booked.batches[at];
        MatchedBatch {
            number: at as u64 + 1,
            line: batch.line,
            id: batch.id.clone(),
            count: of_this.len() as u64,
            totals: totals(of_this),
            bookings: sums.bookings.iter().map(|booking| booked.bookings.all[*booking].place(None)).collect(),
            booked: sums.booked.clone(),
            difference: sums.difference.clone(),
        }
    });
    let batches = batches.collect();
    let mut notes = std::mem::take(&mut booked.bookings.notes);
    let repeated = sent.scopes.iter().filter(|scope| scope.batches.len() > 1).count();
    if repeated > 0 {
        notes.push(format!("{repeated} payment information ids occur in several batches, which are matched together"));
    }
    if payment.id.is_none() {
        notes.push("the payment file has no message id, so that no status report can be about it".to_owned());
    }
    let waits_for = waits_for(&reported, &transactions);
    Matched {
        id: payment.id.clone(),
        count: transactions.len() as u64,
        totals: totals(&transactions),
        waits_for,
        payee_check: reported.payee_notes.take().map(|notes| payee_check(&transactions, notes, waits_for)),
        batches,
        transactions,
        leftover_reports,
        leftover_entries,
        repeated_entries: booked.bookings.repeated,
        notes,
    }
}

/// The order's next step: the check as long as one of its payees is not checked.
fn waits_for(reported: &reports::ReportResults<'_>, transactions: &[MatchedTransaction]) -> Option<OrderWaitsFor> {
    let open = transactions.iter().zip(&reported.standings).filter(|(one, _)| one.outcome == Outcome::InProgress);
    let mut awaited = open.filter_map(|(_, standing)| standing.claim?.stage.waits_for()).peekable();
    awaited.peek()?;
    let runs = awaited.any(|awaited| awaited == OrderWaitsFor::PayeeCheck);
    Some(if runs { OrderWaitsFor::PayeeCheck } else { OrderWaitsFor::Release })
}

/// The payee check of the file: the results of its transactions.
fn payee_check(
    transactions: &[MatchedTransaction],
    notes: Vec<PayeeCheckNote>,
    waits_for: Option<OrderWaitsFor>,
) -> PayeeCheckSummary {
    let mut counts = ResultCounts::default();
    transactions.iter().filter_map(|one| one.payee_check.as_ref()).for_each(|check| counts.add(check.result, 1));
    PayeeCheckSummary {
        notes,
        ..counts.summary(transactions.len() as u64, waits_for == Some(OrderWaitsFor::PayeeCheck))
    }
}

/// The number of transactions by outcome.
fn totals(transactions: &[MatchedTransaction]) -> Vec<OutcomeTotal> {
    let mut by_outcome: BTreeMap<Outcome, (u64, BTreeMap<&str, Option<DecimalSum>>)> = BTreeMap::new();
    for one in transactions {
        let (count, sums) = by_outcome.entry(one.outcome).or_default();
        *count += 1;
        if let Some(money) = &one.money {
            let sum = sums.entry(&money.currency).or_insert_with(|| Some(DecimalSum::default()));
            *sum = sum.zip(DecimalSum::from_decimal(&money.amount)).and_then(|(sum, one)| sum.plus(one));
        }
    }
    let total = |(outcome, (count, sums)): (Outcome, (u64, BTreeMap<&str, Option<DecimalSum>>))| OutcomeTotal {
        outcome,
        count,
        sums: sums
            .into_iter()
            .filter_map(|(currency, sum)| Some(Money { amount: sum?.decimal()?, currency: currency.to_owned() }))
            .collect(),
    };
    by_outcome.into_iter().map(total).collect()
}
