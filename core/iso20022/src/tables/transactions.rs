//! The transactions of a payment file.

use super::{TableCell, TableRow, account, amount, code, currency, joined, name, table};
use crate::data::{Code, Money};
use crate::payment::{PaymentBatch, PaymentFile, PaymentTransaction};

struct TransactionRow<'a> {
    file: &'a PaymentFile,
    batch: &'a PaymentBatch,
    /// The transaction's number in the file, from 1.
    number: u64,
    transaction: &'a PaymentTransaction,
}

/// The rows of all transactions.
pub fn of_payment(file: &PaymentFile) -> impl Iterator<Item = TableRow<'_>> {
    let transactions = file.batches.iter().flat_map(|batch| batch.transactions.iter().map(move |one| (batch, one)));
    (1..)
        .zip(transactions)
        .map(|(number, (batch, transaction))| cells(&TransactionRow { file, batch, number, transaction }))
}

/// The row of one transaction, with its number in the file, from 1; of its file only the header is needed, of its batch
/// what stands before its transactions.
pub fn of_transaction<'a>(
    (file, batch): (&'a PaymentFile, &'a PaymentBatch),
    number: u64,
    transaction: &'a PaymentTransaction,
) -> TableRow<'a> {
    cells(&TransactionRow { file, batch, number, transaction })
}

impl<'a> TransactionRow<'a> {
    /// The amount to pay; if it is the equivalent of another amount, that one.
    fn money(&self) -> Option<&'a Money> {
        self.transaction.money.as_ref().or(self.transaction.equivalent.as_ref())
    }

    fn category(&self) -> Option<&'a Code> {
        self.transaction.kind.category_purpose.as_ref().or(self.batch.kind.category_purpose.as_ref())
    }

    /// Service levels and local instrument, of the transaction or otherwise of its batch.
    fn kind(&self) -> Option<String> {
        let kinds = [&self.transaction.kind, &self.batch.kind];
        let kind = kinds.into_iter().find(|kind| !kind.service_levels.is_empty() || kind.local_instrument.is_some())?;
        joined(kind.service_levels.iter().chain(&kind.local_instrument).map(|code| code.code.as_str()))
    }
}

table! {
    /// The columns of [`of_payment`].
    TRANSACTIONS, cells(of: TransactionRow<'a>);
    "message_id", "The message id of the file.", &of.file.id;
    "number", "The transaction's number in the file, from 1.", of.number;
    "payment_id", "The payment information id: the batch.", &of.batch.id;
    "execution_date", "When it is to be executed, such as `2026-11-20`.",
        of.batch.execution.as_ref().map(|moment| moment.date);
    "debtor", "The debtor's name.", name(of.batch.debtor.as_ref());
    "debtor_account", "The debtor's account: its IBAN, else another number.", account(of.batch.debtor.as_ref());
    "creditor", "The creditor's name.", name(of.transaction.creditor.as_deref());
    "creditor_account", "The creditor's account: its IBAN, else another number.",
        account(of.transaction.creditor.as_deref());
    "creditor_bic", "The BIC of that account's bank.",
        of.transaction.creditor.as_deref().and_then(|party| party.bic.as_deref());
    "amount", "The amount.", amount(of.money());
    "currency", "The currency's ISO 4217 code.", currency(of.money());
    "reference", "The creditor's structured reference.", of.transaction.remittance.reference();
    "text", "The text of the payment.", of.transaction.remittance.text();
    "end_to_end_id", "The end-to-end id.", &of.transaction.end_to_end_id;
    "instruction_id", "The instruction id.", &of.transaction.instruction_id;
    "uetr", "The UETR, a UUID.", &of.transaction.uetr;
    "kind", "Service levels and local instrument, such as `SEPA; INST`.", of.kind();
    "category", "The category purpose, such as `SALA`.", code(of.category());
    "purpose", "The purpose.", code(of.transaction.purpose.as_ref());
    "line", "The line in the file, from 1.", TableCell::from(of.transaction.line);
}
