//! Booking of an accepted payment: entries, notifications, statements (docs/protocols/ws-channel.md §6.7, §6.8).

use std::collections::BTreeMap;

use bankchannel_foundation::model::Decimal;
use bankchannel_iso20022::cash::{
    AmountDetail, AmountKind, BankTransactionCode, Batch, CashMessage, Direction, Entry, EntryDetail, Statement,
    StatementBalance,
};
use bankchannel_iso20022::data::{Code, Moment, Money};
use bankchannel_iso20022::iban;
use bankchannel_iso20022::payment::{PaymentBatch, PaymentFile, PaymentTransaction};
use bankchannel_iso20022::status::StatusReport;

use crate::ids::AnswerStamp;
use crate::{BankLedger, LedgerAccount, SimulatorError, report};

/// A payment as booked.
pub(crate) struct BookedPayment {
    pub(crate) status: StatusReport,
    pub(crate) notification: (CashMessage, Vec<Statement>),
    pub(crate) statement: (CashMessage, Vec<Statement>),
    pub(crate) ledger: BankLedger,
}

/// Books a payment that passed all checks; `after` holds the balances after the debits.
pub(crate) fn book(
    file: &PaymentFile,
    before: &BankLedger,
    mut after: BankLedger,
    stamp: &AnswerStamp<'_>,
) -> Result<BookedPayment, SimulatorError> {
    let mut accounts: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let mut number = 0;
    for batch in &file.batches {
        let account = batch.debtor.as_ref().and_then(|party| party.iban.as_deref()).map(iban::compact);
        let entries = entries(file, batch, stamp, &mut number)?;
        accounts.entry(account.unwrap_or_default()).or_default().extend(entries);
    }
    let (mut statements, mut notifications) = (Vec::new(), Vec::new());
    for (index, (number, entries)) in accounts.into_iter().enumerate() {
        let opening = before.accounts.get(&number).ok_or(SimulatorError::NoAccount)?.balance.clone();
        let books = after.accounts.get_mut(&number).ok_or(SimulatorError::NoAccount)?;
        let mut notification = account_report(&number, books, &stamp.ids.numbered("NTF", index + 1), stamp);
        notification.entries = entries.clone();
        notifications.push(notification);
        let mut statement = next_statement(&number, &opening, books, index + 1, stamp);
        statement.entries = entries;
        statements.push(statement);
    }
    Ok(BookedPayment {
        status: report::accepted(file, stamp),
        notification: (message("NTF", stamp), notifications),
        statement: (message("STM", stamp), statements),
        ledger: after,
    })
}

/// The next statement of an account without entries, and the books with the statement counted.
pub(crate) fn opening(
    ledger: &BankLedger,
    account: &str,
    stamp: &AnswerStamp<'_>,
) -> Result<(CashMessage, Statement, BankLedger), SimulatorError> {
    let number = iban::compact(account);
    let mut after = ledger.clone();
    let books = after.accounts.get_mut(&number).ok_or(SimulatorError::NoAccount)?;
    let balance = books.balance.clone();
    let statement = next_statement(&number, &balance, books, 1, stamp);
    Ok((message("STM", stamp), statement, after))
}

/// The next statement of an account, without entries, from this balance to that of the books, which count it.
fn next_statement(
    number: &str,
    from: &Decimal,
    books: &mut LedgerAccount,
    in_message: usize,
    stamp: &AnswerStamp<'_>,
) -> Statement {
    books.statement_seq = books.statement_seq.saturating_add(1);
    let mut statement = account_report(number, books, &stamp.ids.numbered("STM", in_message), stamp);
    statement.sequence = Some(books.statement_seq.to_string());
    statement.balances = vec![balance("OPBD", from, books, stamp), balance("CLBD", &books.balance, books, stamp)];
    statement
}

fn message(kind: &str, stamp: &AnswerStamp<'_>) -> CashMessage {
    CashMessage { id: Some(stamp.ids.id(kind)), created: stamp.created.clone(), ..CashMessage::default() }
}

/// The head of a statement or notification of one account.
fn account_report(number: &str, books: &LedgerAccount, id: &str, stamp: &AnswerStamp<'_>) -> Statement {
    let mut report = Statement::default();
    report.id = Some(id.to_owned());
    report.created = stamp.created.clone();
    report.account.iban = Some(number.to_owned());
    report.account.currency = Some(books.currency.clone());
    report.account.owner = Some(books.owner.clone()).filter(|owner| !owner.is_empty());
    report
}

fn balance(code: &str, amount: &Decimal, books: &LedgerAccount, stamp: &AnswerStamp<'_>) -> StatementBalance {
    let mut balance = StatementBalance::default();
    balance.kind = Some(Code::new(code));
    balance.direction = Some(if amount.is_negative() { Direction::Debit } else { Direction::Credit });
    balance.money = Some(Money::new(amount.clone(), &books.currency));
    balance.date = Some(Moment::on(stamp.day()));
    balance
}

/// One entry for the batch if batch booking is requested, otherwise one for each transaction.
fn entries(
    file: &PaymentFile,
    batch: &PaymentBatch,
    stamp: &AnswerStamp<'_>,
    number: &mut usize,
) -> Result<Vec<Entry>, SimulatorError> {
    let mut entry = |transactions: &[PaymentTransaction]| {
        *number += 1;
        let amounts = transactions.iter().filter_map(|one| one.money.as_ref());
        let currency = amounts.clone().next().map_or_else(String::new, |money| money.currency.clone());
        let total = amounts.clone().try_fold(Decimal::from_cents(0), |sum, money| sum.checked_add(&money.amount));
        let mut entry = Entry::default();
        entry.reference = Some(number.to_string());
        entry.money = Some(Money::new(total.ok_or(SimulatorError::BalanceTooLarge)?, currency));
        entry.direction = Some(Direction::Debit);
        entry.status = Some(Code::new("BOOK"));
        (entry.booking_date, entry.value_date) = (Some(stamp.day()), Some(stamp.day()));
        entry.servicer_reference = Some(stamp.ids.numbered("REF", *number));
        entry.bank_code = Some(Box::new(issued_sepa_transfer()));
        let mut booked = Batch::default();
        (booked.message_id, booked.payment_id) = (file.id.clone(), batch.id.clone());
        booked.count = Some(transactions.len() as u64);
        entry.batches = vec![booked];
        entry.details = transactions.iter().map(detail).collect();
        Ok(entry)
    };
    match batch.batch_booking {
        Some(true) => Ok(vec![entry(&batch.transactions)?]),
        _ => batch.transactions.iter().map(|one| entry(std::slice::from_ref(one))).collect(),
    }
}

/// Bank transaction code of a SEPA credit transfer that the customer issued.
fn issued_sepa_transfer() -> BankTransactionCode {
    let mut code = BankTransactionCode::default();
    let part = |text: &str| Some(text.to_owned());
    (code.domain, code.family, code.sub_family) = (part("PMNT"), part("ICDT"), part("ESCT"));
    code
}

/// A booking's details of one payment. Message id and part are given once, in the batch.
fn detail(one: &PaymentTransaction) -> EntryDetail {
    let mut detail = EntryDetail::default();
    detail.instruction_id = one.instruction_id.clone();
    detail.end_to_end_id = one.end_to_end_id.clone();
    detail.amounts = one.money.iter().map(|money| AmountDetail::new(AmountKind::Transaction, money.clone())).collect();
    detail.creditor = one.creditor.clone();
    detail.remittance = one.remittance.clone();
    detail
}
