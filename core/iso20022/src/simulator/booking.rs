//! Booking of an accepted payment: entries, notifications, statements (docs/protocols/ws-channel.md §6.7, §6.8).

use std::collections::BTreeMap;

use super::{Account, Ledger, SimulatorError, Stamp, report};
use crate::amount::Amount;
use crate::camt::{AccountReport, Balance, CashReport, Direction, Entry, EntryTransaction};
use crate::iban;
use crate::pain001::{Payment, PaymentInfo, Transaction};
use crate::pain002::StatusReport;

/// Bank transaction code of a SEPA credit transfer that the customer issued: payments, issued credit transfers, SEPA.
const BANK_CODE: &str = "PMNT/ICDT/ESCT";

/// A payment as booked.
pub(super) struct Booked {
    pub(super) status: StatusReport,
    pub(super) notification: CashReport,
    pub(super) statement: CashReport,
    pub(super) ledger: Ledger,
}

/// Books a payment that passed all checks; `after` holds the balances after the debits.
pub(super) fn book(
    payment: &Payment,
    before: &Ledger,
    mut after: Ledger,
    stamp: &Stamp<'_>,
) -> Result<Booked, SimulatorError> {
    let mut accounts: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let mut number = 0;
    for info in &payment.payments {
        let account = iban::compact(info.debtor.iban.as_deref().unwrap_or_default());
        accounts.entry(account).or_default().extend(entries(payment, info, stamp, &mut number));
    }
    let (mut statements, mut notifications) = (Vec::new(), Vec::new());
    for (index, (number, entries)) in accounts.into_iter().enumerate() {
        let opening = before.accounts.get(&number).ok_or(SimulatorError::NoAccount)?.balance_cents;
        let books = after.accounts.get_mut(&number).ok_or(SimulatorError::NoAccount)?;
        books.statement_seq = books.statement_seq.saturating_add(1);
        let notification = account_report(&number, books, &stamp.ids.numbered("NTF", index + 1), stamp);
        notifications.push(AccountReport { entries: entries.clone(), ..notification });
        let balance = |code, cents| Balance::new(code, cents, &books.currency, stamp.today.clone());
        statements.push(AccountReport {
            sequence: Some(books.statement_seq.to_string()),
            balances: vec![balance("OPBD", opening), balance("CLBD", books.balance_cents)],
            entries,
            ..account_report(&number, books, &stamp.ids.numbered("STM", index + 1), stamp)
        });
    }
    let document = |kind, accounts| CashReport {
        message: None,
        message_id: stamp.ids.id(kind),
        created: stamp.now.clone(),
        accounts,
    };
    Ok(Booked {
        status: report::accepted(payment, stamp),
        notification: document("NTF", notifications),
        statement: document("STM", statements),
        ledger: after,
    })
}

/// The head of a statement or notification of one account.
pub(super) fn account_report(number: &str, books: &Account, id: &str, stamp: &Stamp<'_>) -> AccountReport {
    AccountReport {
        id: id.to_owned(),
        created: Some(stamp.now.clone()),
        account: number.to_owned(),
        currency: Some(books.currency.clone()),
        owner: Some(books.owner.clone()).filter(|owner| !owner.is_empty()),
        ..AccountReport::default()
    }
}

/// One entry for the batch if batch booking is requested, otherwise one for each transaction.
fn entries(payment: &Payment, info: &PaymentInfo, stamp: &Stamp<'_>, number: &mut usize) -> Vec<Entry> {
    let mut entry = |transactions: &[Transaction], cents: i64| {
        *number += 1;
        let currency = transactions.first().map_or("", |transaction| transaction.currency.as_str());
        Entry {
            reference: Some(format!("{number}")),
            amount: Amount::from_cents(cents, currency),
            direction: Direction::Debit,
            status: "BOOK".to_owned(),
            booking_date: Some(stamp.today.clone()),
            value_date: Some(stamp.today.clone()),
            servicer_reference: Some(stamp.ids.numbered("REF", *number)),
            bank_code: Some(BANK_CODE.to_owned()),
            batch_message_id: Some(payment.message_id.clone()),
            batch_payment_id: Some(info.id.clone()),
            batch_count: Some(transactions.len().to_string()),
            transactions: transactions.iter().map(details).collect(),
            information: None,
        }
    };
    match (info.batch_booking, info.total_cents()) {
        (Some(true), Some(total)) => vec![entry(&info.transactions, total)],
        _ => info.transactions.iter().map(|one| entry(std::slice::from_ref(one), one.amount_cents)).collect(),
    }
}

/// A booking's details of one payment. Message id and part are given once, in the batch.
fn details(transaction: &Transaction) -> EntryTransaction {
    EntryTransaction {
        instruction_id: transaction.instruction_id.clone(),
        end_to_end_id: Some(transaction.end_to_end_id.clone()),
        amount: Some(Amount::from_cents(transaction.amount_cents, transaction.currency.clone())),
        creditor: transaction.creditor.name.clone(),
        creditor_iban: transaction.creditor.iban.clone(),
        remittance: transaction.remittance.clone(),
        creditor_reference: transaction.creditor_reference.clone(),
        ..EntryTransaction::default()
    }
}
