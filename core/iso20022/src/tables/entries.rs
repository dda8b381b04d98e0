//! The entries of statements, reports and notifications.

use std::collections::HashSet;

use super::{TableCell, TableRow, account, amount, code, currency, joined, meaning, name, table, word};
use crate::cash::{BankTransactionCode, Entry, EntryDetail, ReturnInformation, Statement};
use crate::data::{Money, Party};

/// The content of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryRows {
    /// One entry.
    Entries,
    /// One transaction behind an entry; the entry itself if it has none.
    Details,
}

/// The maximum number of texts of many transactions in a cell; the table of details has all.
const MAX_TEXTS: usize = 20;

/// Different texts on one line.
fn distinct<'t>(texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let mut seen = HashSet::new();
    let mut different: Vec<&str> = texts.filter(|text| seen.insert(*text)).take(MAX_TEXTS + 1).collect();
    if different.len() > MAX_TEXTS {
        different[MAX_TEXTS] = "…";
    }
    joined(different.into_iter())
}

struct EntryRow<'a> {
    statement: &'a Statement,
    entry: &'a Entry,
    /// The transaction, and its number in the entry from 1.
    detail: Option<(u64, &'a EntryDetail)>,
}

/// The rows of one entry; only the header of its statement is needed.
pub fn of_entry<'a>(statement: &'a Statement, entry: &'a Entry, rows: EntryRows) -> Vec<TableRow<'a>> {
    let row = |detail| cells(&EntryRow { statement, entry, detail });
    match rows {
        EntryRows::Details if !entry.details.is_empty() => {
            (1..).zip(&entry.details).map(|one| row(Some(one))).collect()
        }
        _ => vec![row(None)],
    }
}

/// The rows of all entries.
pub fn of_statements(statements: &[Statement], rows: EntryRows) -> impl Iterator<Item = TableRow<'_>> {
    statements
        .iter()
        .flat_map(move |statement| statement.entries.iter().flat_map(move |entry| of_entry(statement, entry, rows)))
}

impl<'a> EntryRow<'a> {
    /// The transaction of the row, or the only one of an entry.
    fn single(&self) -> Option<&'a EntryDetail> {
        match (self.detail, self.entry.details.as_slice()) {
            (Some((_, detail)), _) => Some(detail),
            (None, [detail]) => Some(detail),
            (None, _) => None,
        }
    }

    fn counterparty(&self) -> Option<&'a Party> {
        match self.detail {
            Some((_, detail)) => detail.counterparty.as_deref(),
            None => self.entry.counterparty.as_deref(),
        }
    }

    fn text(&self) -> Option<&'a str> {
        match self.detail {
            Some((_, detail)) => detail.text.as_deref(),
            None => self.entry.text.as_deref(),
        }
    }

    fn money(&self) -> Option<&'a Money> {
        match self.detail {
            Some((_, detail)) => detail.money.as_ref(),
            None => self.entry.money.as_ref(),
        }
    }

    /// Why money came back: of the row's transaction, or of each of the entry.
    fn returned(&self) -> impl Iterator<Item = &'a ReturnInformation> + use<'a> {
        self.details().iter().filter_map(|detail| detail.returned.as_deref())
    }

    /// The transactions of the row: its own one, or all of the entry.
    fn details(&self) -> &'a [EntryDetail] {
        match self.detail {
            Some((_, detail)) => std::slice::from_ref(detail),
            None => self.entry.details.as_slice(),
        }
    }

    /// The mandate of a direct debit: of the row's transaction, or of each of the entry.
    fn mandates(&self) -> Option<String> {
        distinct(self.details().iter().filter_map(|detail| detail.mandate_id.as_deref()))
    }

    /// The charges of the row's transaction, or of the entry and all its transactions: amounts with their currencies.
    fn charges(&self) -> Option<String> {
        let of_entry = self.entry.charges.iter().filter(|_| self.detail.is_none());
        let charges = of_entry.chain(self.details().iter().flat_map(|detail| &detail.charges));
        let texts: Vec<String> = charges
            .take(MAX_TEXTS)
            .map(|charge| format!("{} {}", charge.money.amount.as_str(), charge.money.currency))
            .collect();
        joined(texts.iter().map(String::as_str))
    }

    /// The bank's additional information about the transaction, and about the entry.
    fn information(&self) -> Option<String> {
        let of_detail = self.single().and_then(|detail| detail.information.as_deref());
        let of_entry = self.entry.information.as_deref().filter(|text| Some(*text) != of_detail);
        joined(of_detail.into_iter().chain(of_entry))
    }

    /// The kind of the booking: a transaction's own comes before that of its entry.
    fn bank_code(&self) -> Option<&'a BankTransactionCode> {
        self.single().and_then(|detail| detail.bank_code.as_deref()).or(self.entry.bank_code.as_deref())
    }

    /// The key of the entry; with its number, that of one of several transactions.
    fn key(&self) -> Option<String> {
        let key = self.entry.key.as_ref()?;
        match self.detail.filter(|_| self.entry.details.len() > 1) {
            Some((number, _)) => Some(format!("{key}/{number}")),
            None => Some(key.clone()),
        }
    }

    fn servicer_reference(&self) -> Option<&'a str> {
        let of_detail = self.detail.and_then(|(_, detail)| detail.servicer_reference.as_deref());
        of_detail.or(self.entry.servicer_reference.as_deref())
    }

    fn payment_id(&self) -> Option<&'a str> {
        let of_batch = match self.entry.batches.as_slice() {
            [batch] => batch.payment_id.as_deref(),
            _ => None,
        };
        self.single().and_then(|detail| detail.payment_id.as_deref()).or(of_batch)
    }
}

table! {
    /// The columns of [`of_entry`] and [`of_statements`].
    ENTRIES, cells(of: EntryRow<'a>);
    "account", "The account of the statement: its IBAN, else another number.",
        of.statement.account.iban.as_deref().or(of.statement.account.account.as_deref());
    "statement", "The statement's id.", &of.statement.id;
    "kind", "What it is: `statement`, `report` or `notification`.", word(of.statement.kind);
    "entry", "The entry's number in its statement, from 1.", of.entry.number;
    "key", "Identifies the booking, so that it is imported once: see `key` of an entry. Of one of several transactions with \
            its number behind it: `…/2`.", of.key();
    "detail", "The number of the transaction in the entry, from 1; empty in a row of the entry itself.",
        of.detail.map_or(TableCell::Empty, |(number, _)| number.into());
    "booking_date", "The date of the booking, such as `2026-11-20`.", of.entry.booking_date;
    "value_date", "The date from which interest counts.", of.entry.value_date;
    "status", "`BOOK` booked, `PDNG` pending, `INFO` information, `FUTR` future, or a bank's own code.",
        code(of.entry.status.as_ref());
    "booked", "Whether it is booked: `true` or `false`. Only booked entries count in sums; those of a statement need no \
               status.", of.entry.booked;
    "amount", "The amount of the transaction, else of the entry: negative where money leaves the account.",
        amount(of.money());
    "currency", "The currency's ISO 4217 code.", currency(of.money());
    "entry_amount", "The amount of the entry as a whole.", amount(of.entry.money.as_ref());
    "reversal", "Whether the entry takes an earlier one back: `true` or `false`.", of.entry.reversal;
    "counterparty", "The other side's name.", name(of.counterparty());
    "counterparty_account", "The other side's account: its IBAN, else another number.", account(of.counterparty());
    "reference", "The creditor's structured reference.",
        of.single().and_then(|detail| detail.creditor_reference.as_deref());
    "text", "The text of the payment.", of.text();
    "end_to_end_id", "The end-to-end id that the payer gave.",
        of.single().and_then(|detail| detail.end_to_end_id.as_deref());
    "instruction_id", "The instruction id that the payer gave to the bank.",
        of.single().and_then(|detail| detail.instruction_id.as_deref());
    "payment_id", "The payment information id: the batch of the payment file.", of.payment_id();
    "uetr", "The UETR, a UUID.", of.single().and_then(|detail| detail.uetr.as_deref());
    "servicer_reference", "The bank's own reference: of the transaction, else of the entry.",
        of.servicer_reference();
    "entry_reference", "The entry's reference.", &of.entry.reference;
    "bank_code", "What was booked, in words.",
        of.bank_code().and_then(|code| code.meaning.as_deref().or(code.proprietary.as_deref()));
    "information", "What the bank adds: to the transaction, and to the entry.", of.information();
    "return_reason", "Why the money came back: the code; of an entry with several transactions each once, separated by \
                      semicolons.", distinct(of.returned().filter_map(|why| code(why.reason.as_ref())));
    "return_reason_meaning", "The same in words, likewise.",
        distinct(of.returned().filter_map(|why| meaning(why.reason.as_ref())));
    "return_information", "What the bank adds to that reason, likewise.",
        distinct(of.returned().flat_map(|why| why.information.iter().map(String::as_str)));
    "mandate_id", "The mandate of a direct debit, likewise.", of.mandates();
    "charges", "The charges, each with its currency and separated by semicolons: negative where the account pays them.",
        of.charges();
}
