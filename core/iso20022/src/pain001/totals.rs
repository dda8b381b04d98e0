//! Checks of a payment file beyond its schema: counts, sums, check digits (docs/protocols/ws-channel.md §6.8, rejection
//! reasons).

use super::{Payment, PaymentInfo, Position, Transaction};
use crate::amount::{MAX_CENTS, format_cents};
use crate::iban;
use crate::problem::{Place, Problem};
use crate::schema::MAX_PROBLEMS;
use crate::text::quote;

const GROUP_PATH: &str = "/Document/CstmrCdtTrfInitn/GrpHdr";

/// `AM18`: the declared numbers of transactions, in the group header and in each part, differ from the actual ones.
pub(crate) fn count_problems(payment: &Payment) -> Vec<Problem> {
    let group = (payment.transaction_count, payment.transactions().count(), payment.lines.count, GROUP_PATH.to_owned());
    let parts = payment.payments.iter().enumerate().filter_map(|(index, info)| {
        Some((info.transaction_count?, info.transactions.len(), info.lines.count, info_path(payment, index)))
    });
    std::iter::once(group)
        .chain(parts)
        .filter(|(stated, real, ..)| u64::try_from(*real).ok() != Some(*stated))
        .take(MAX_PROBLEMS)
        .map(|(stated, real, position, path)| {
            let place = place(position, format!("{path}/NbOfTxs"));
            let message = format!("<NbOfTxs> says {stated}, but there are {real} transactions");
            Problem::coded("AM18", place, message, format!("write {real}, or add what is missing"))
        })
        .collect()
}

/// `AM10`: a control sum is not the sum of the amounts. A sum of more than 18 digits, which no answer can state, is
/// `FF01`.
pub(crate) fn sum_problems(payment: &Payment) -> Vec<Problem> {
    let real = payment.payments.iter().try_fold(0_i64, |sum, info| sum.checked_add(info.total_cents()?));
    let Some(real) = real.filter(|sum| *sum <= MAX_CENTS) else {
        let message = "the amounts add up to more than a document can state (18 digits)";
        return vec![Problem::format(place(payment.lines.whole, GROUP_PATH.to_owned()), message, "split the file")];
    };
    let group = payment.control_sum.map(|stated| (stated, real, payment.lines.sum, GROUP_PATH.to_owned()));
    let parts = payment.payments.iter().enumerate().filter_map(|(index, info)| {
        Some((info.control_sum?, info.total_cents()?, info.lines.sum, info_path(payment, index)))
    });
    group
        .into_iter()
        .chain(parts)
        .filter(|(stated, real, ..)| stated != real)
        .take(MAX_PROBLEMS)
        .map(|(stated, real, position, path)| {
            let (stated, real) = (format_cents(stated), format_cents(real));
            let message = format!("<CtrlSum> says {stated}, but the amounts add up to {real}");
            Problem::coded(
                "AM10",
                place(position, format!("{path}/CtrlSum")),
                message,
                format!("write {real}, or correct the amounts"),
            )
        })
        .collect()
}

/// `AC02`: a debtor account is not an IBAN, or one with wrong check digits. Only the bank knows whether the account
/// exists.
pub(crate) fn account_problems(payment: &Payment) -> Vec<Problem> {
    let parts = payment.payments.iter().enumerate();
    parts
        .filter_map(|(index, info)| {
            let (message, change) = iban_problem("the debtor account", info.debtor.iban.as_deref())?;
            let path = format!("{}/DbtrAcct/Id/IBAN", info_path(payment, index));
            Some(Problem::coded("AC02", place(info.lines.account, path), message, change))
        })
        .take(MAX_PROBLEMS)
        .collect()
}

/// `AC01`: a creditor account is not an IBAN, or one with wrong check digits. Each comes with the numbers of its part
/// and transaction, from 0.
pub(crate) fn creditor_problems(payment: &Payment) -> impl Iterator<Item = ((usize, usize), Problem)> {
    payment.payments.iter().enumerate().flat_map(move |(part, info)| {
        info.transactions.iter().enumerate().filter_map(move |(index, transaction)| {
            let problem = creditor_problem(payment, part, info, index, transaction)?;
            Some(((part, index), problem))
        })
    })
}

fn creditor_problem(
    payment: &Payment,
    part: usize,
    info: &PaymentInfo,
    index: usize,
    transaction: &Transaction,
) -> Option<Problem> {
    let who = format!("the creditor account of {}", quote(&transaction.end_to_end_id));
    let (message, change) = iban_problem(&who, transaction.creditor.iban.as_deref())?;
    let number = if info.transactions.len() > 1 { format!("[{}]", index + 1) } else { String::new() };
    let path = format!("{}/CdtTrfTxInf{number}/CdtrAcct/Id/IBAN", info_path(payment, part));
    Some(Problem::coded("AC01", place(transaction.account_place, path), message, change))
}

fn iban_problem(who: &str, iban: Option<&str>) -> Option<(String, String)> {
    let Some(iban) = iban else {
        return Some((format!("{who} is not given as an IBAN"), "give it in <Id><IBAN>".into()));
    };
    let error = iban::check(iban).err()?;
    Some((format!("{who}, {}, {error}", quote(iban)), "compare it with the invoice or contract".into()))
}

fn info_path(payment: &Payment, index: usize) -> String {
    let number = if payment.payments.len() > 1 { format!("[{}]", index + 1) } else { String::new() };
    format!("/Document/CstmrCdtTrfInitn/PmtInf{number}")
}

fn place(position: Position, path: String) -> Place {
    Place { line: Some(position.line), column: Some(position.column), path }
}
