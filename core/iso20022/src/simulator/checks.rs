//! Whether the bank can book a payment file, and if not, why.

use std::collections::{BTreeMap, BTreeSet};

use super::Ledger;
use crate::amount::format_cents;
use crate::iban;
use crate::pain001::{Payment, count_problems, creditor_problems, sum_problems};
use crate::problem::Problem;
use crate::text::{quote, shorten};

/// Most problems that a rejection describes; a status report has no room for more.
const MAX_TOLD: usize = 5;

/// Longest text about one of them, in characters.
const MAX_TEXT: usize = 500;

/// Why a file is not booked.
pub(super) struct Rejection {
    /// Reason code (docs/protocols/ws-channel.md §6.8).
    pub(super) code: &'static str,
    /// The reason in words, one text for each problem.
    pub(super) texts: Vec<String>,
    /// The transactions at fault.
    pub(super) fault: Fault,
}

/// The location of the fault.
pub(super) enum Fault {
    /// In the file as a whole.
    File,
    /// In the parts of these numbers, from 0.
    Parts(BTreeSet<usize>),
    /// In the transactions of these numbers of part and transaction, from 0.
    Transactions(BTreeSet<(usize, usize)>),
}

impl Rejection {
    /// A rejection of the whole file for the problems given.
    pub(super) fn of_file(code: &'static str, problems: &[Problem]) -> Self {
        let texts = problems.iter().take(MAX_TOLD).map(|problem| shorten(&problem.to_string(), MAX_TEXT)).collect();
        Self { code, texts, fault: Fault::File }
    }

    /// A rejection because the statement could not be downloaded.
    pub(super) fn too_large() -> Self {
        let text = "the statement of so many transactions would be too large to download; split the file into several";
        Self { code: "FF01", texts: vec![text.to_owned()], fault: Fault::File }
    }

    /// A rejection because the bank has seen the message id.
    pub(super) fn duplicate() -> Self {
        let text = "the bank has received a file with this message id before; nothing of this one is booked";
        Self { code: "DU01", texts: vec![text.to_owned()], fault: Fault::File }
    }

    fn new(code: &'static str, texts: Vec<String>, fault: Fault) -> Self {
        Self { code, texts: texts.iter().take(MAX_TOLD).map(|text| shorten(text, MAX_TEXT)).collect(), fault }
    }
}

/// All checks in order; returns the books after the debits.
pub(super) fn check(payment: &Payment, ledger: &Ledger) -> Result<Ledger, Rejection> {
    let counts = count_problems(payment);
    if !counts.is_empty() {
        return Err(Rejection::of_file("AM18", &counts));
    }
    let sums = sum_problems(payment);
    if let Some(first) = sums.first() {
        return Err(Rejection::of_file(first.code, &sums));
    }
    debtors_are_known(payment, ledger)?;
    creditors_are_right(payment)?;
    currencies_fit(payment, ledger)?;
    debit(payment, ledger)
}

fn debtors_are_known(payment: &Payment, ledger: &Ledger) -> Result<(), Rejection> {
    let unknown = |account: Option<&str>| account.is_none_or(|account| ledger.account(account).is_none());
    let (mut texts, mut parts) = (Vec::new(), BTreeSet::new());
    for (part, info) in payment.payments.iter().enumerate() {
        let account = info.debtor.iban.as_deref();
        if unknown(account) {
            parts.insert(part);
            texts.push(match account {
                Some(account) => format!("the bank has no account {} for you", quote(account)),
                None => "the debtor account is not given as an IBAN".to_owned(),
            });
        }
    }
    if parts.is_empty() { Ok(()) } else { Err(Rejection::new("AC02", texts, Fault::Parts(parts))) }
}

fn creditors_are_right(payment: &Payment) -> Result<(), Rejection> {
    let (mut texts, mut transactions) = (Vec::new(), BTreeSet::new());
    for (at, problem) in creditor_problems(payment) {
        if texts.len() < MAX_TOLD {
            texts.push(problem.to_string());
        }
        transactions.insert(at);
    }
    if transactions.is_empty() { Ok(()) } else { Err(Rejection::new("AC01", texts, Fault::Transactions(transactions))) }
}

fn currencies_fit(payment: &Payment, ledger: &Ledger) -> Result<(), Rejection> {
    let (mut texts, mut transactions) = (Vec::new(), BTreeSet::new());
    for (part, info) in payment.payments.iter().enumerate() {
        let Some(account) = info.debtor.iban.as_deref().and_then(|iban| ledger.account(iban)) else {
            continue;
        };
        for (index, transaction) in info.transactions.iter().enumerate() {
            if transaction.currency != account.currency {
                transactions.insert((part, index));
                if texts.len() < MAX_TOLD {
                    texts.push(format!(
                        "the account is kept in {}, the amount is in {}",
                        account.currency, transaction.currency
                    ));
                }
            }
        }
    }
    if transactions.is_empty() { Ok(()) } else { Err(Rejection::new("AM03", texts, Fault::Transactions(transactions))) }
}

fn debit(payment: &Payment, ledger: &Ledger) -> Result<Ledger, Rejection> {
    let mut wanted: BTreeMap<String, (Option<i64>, BTreeSet<usize>)> = BTreeMap::new();
    for (part, info) in payment.payments.iter().enumerate() {
        let account = iban::compact(info.debtor.iban.as_deref().unwrap_or_default());
        let (sum, parts) = wanted.entry(account).or_insert_with(|| (Some(0), BTreeSet::new()));
        *sum = sum.zip(info.total_cents()).and_then(|(a, b)| a.checked_add(b));
        parts.insert(part);
    }
    let mut after = ledger.clone();
    let (mut texts, mut short) = (Vec::new(), BTreeSet::new());
    for (number, (sum, parts)) in wanted {
        let Some(account) = after.accounts.get_mut(&number) else {
            continue;
        };
        match sum.and_then(|sum| account.balance_cents.checked_sub(sum)).filter(|left| *left >= 0) {
            Some(left) => account.balance_cents = left,
            None => {
                let asked = sum.map_or_else(|| "more than can be counted".to_owned(), format_cents);
                let balance = format_cents(account.balance_cents);
                texts.push(format!("the payments need {asked}, account {number} has {balance}"));
                short.extend(parts);
            }
        }
    }
    if short.is_empty() { Ok(after) } else { Err(Rejection::new("AM04", texts, Fault::Parts(short))) }
}
