//! Credit transfer initiation (`pain.001.001.09`): the payment file that a customer sends to the bank.

mod explain;
mod read;
mod totals;

use serde::Serialize;

use crate::problem::Problem;

pub(crate) use explain::{Examined, examine};
pub use explain::{Report, explain};
pub use read::MESSAGE;
pub(crate) use totals::{account_problems, count_problems, creditor_problems, sum_problems};

/// A payment file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// `GrpHdr/MsgId`, verbatim.
    pub message_id: String,
    /// `GrpHdr/CreDtTm`, verbatim.
    pub created: String,
    /// `GrpHdr/NbOfTxs`: the number of transactions that the file declares.
    pub transaction_count: u64,
    /// `GrpHdr/CtrlSum` in hundredths, regardless of the transactions' currencies; absent if the file gives none.
    pub control_sum: Option<i64>,
    /// `GrpHdr/InitgPty/Nm`.
    pub initiating_party: Option<String>,
    /// `PmtInf`, in the order of the file; never empty.
    pub payments: Vec<PaymentInfo>,
    /// The lines of the header's fields.
    #[serde(skip)]
    pub(crate) lines: HeaderLines,
}

/// One `PmtInf`: transactions debited from one account on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PaymentInfo {
    /// `PmtInfId`, verbatim.
    pub id: String,
    /// `PmtMtd`: `TRF`, `CHK` or `TRA`.
    pub method: String,
    /// `BtchBookg`: one booking for all transactions (`true`) or one each (`false`); absent when left to the bank.
    pub batch_booking: Option<bool>,
    /// `NbOfTxs` of this part, when given.
    pub transaction_count: Option<u64>,
    /// `CtrlSum` of this part in hundredths, when given.
    pub control_sum: Option<i64>,
    /// `ReqdExctnDt`, verbatim: a date (`2026-07-21`) or a date and time.
    pub execution_date: String,
    /// Debtor: name, account and bank.
    pub debtor: Party,
    /// `DbtrAcct/Ccy`, when given.
    pub account_currency: Option<String>,
    /// `CdtTrfTxInf`, in the order of the file; never empty.
    pub transactions: Vec<Transaction>,
    /// The lines of this part's fields.
    #[serde(skip)]
    pub(crate) lines: HeaderLines,
}

/// One credit transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transaction {
    /// `PmtId/InstrId`, when given.
    pub instruction_id: Option<String>,
    /// `PmtId/EndToEndId`.
    pub end_to_end_id: String,
    /// `PmtId/UETR`, when given.
    pub uetr: Option<String>,
    /// `Amt/InstdAmt` in exact hundredths; never negative.
    pub amount_cents: i64,
    /// `Amt/InstdAmt/@Ccy`.
    pub currency: String,
    /// Creditor: name, account and bank.
    pub creditor: Party,
    /// `RmtInf/Ustrd`, all of them.
    pub remittance: Vec<String>,
    /// `RmtInf/Strd/CdtrRefInf/Ref`, when given: the creditor's structured reference.
    pub creditor_reference: Option<String>,
    /// The place of the creditor's account.
    #[serde(skip)]
    pub(crate) account_place: Position,
}

/// A party with its account and bank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Name, when given.
    pub name: Option<String>,
    /// IBAN without blanks, verbatim otherwise; absent when the account is given another way or not at all.
    pub iban: Option<String>,
    /// BIC of the bank, when given.
    pub bic: Option<String>,
}

/// The lines of the header fields of a group or of a `PmtInf`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderLines {
    pub(crate) whole: Position,
    pub(crate) count: Position,
    pub(crate) sum: Position,
    pub(crate) account: Position,
}

/// A place recorded while reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The total to be debited from one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DebtorTotal {
    /// The account, as an IBAN without blanks and in capitals.
    pub iban: String,
    /// Owner's name, when the file gives one.
    pub owner: Option<String>,
    /// Currency of the first transaction.
    pub currency: String,
    /// Sum of all its transactions in hundredths.
    pub total_cents: i64,
}

impl Payment {
    /// The accounts to be debited with the total of each, in the order of their first appearance; `None` if a sum does
    /// not fit into 64 bits of hundredths. Parts whose account has no IBAN are left out.
    pub fn debtor_totals(&self) -> Option<Vec<DebtorTotal>> {
        let mut totals: Vec<DebtorTotal> = Vec::new();
        for info in &self.payments {
            let Some(iban) = info.debtor.iban.as_deref().map(crate::iban::compact) else {
                continue;
            };
            let sum = info.total_cents()?;
            match totals.iter_mut().find(|total| total.iban == iban) {
                Some(total) => total.total_cents = total.total_cents.checked_add(sum)?,
                None => totals.push(DebtorTotal {
                    iban,
                    owner: info.debtor.name.clone(),
                    currency: info.transactions.first()?.currency.clone(),
                    total_cents: sum,
                }),
            }
        }
        Some(totals)
    }

    /// The actual transactions in the file.
    pub fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.payments.iter().flat_map(|info| &info.transactions)
    }
}

impl PaymentInfo {
    /// Sum of the transactions in hundredths, or `None` when it does not fit.
    pub fn total_cents(&self) -> Option<i64> {
        self.transactions.iter().try_fold(0_i64, |sum, transaction| sum.checked_add(transaction.amount_cents))
    }
}

/// Reads a payment file of version 9: secure parsing, schema, then the values.
///
/// # Errors
/// Every problem that prevents reading the file, as [`Problem`]s of code `FF01`. Sums and check digits are not checked
/// here: see [`explain`].
pub fn parse(bytes: &[u8]) -> Result<Payment, Vec<Problem>> {
    read::parse(bytes)
}
