//! Checks a payment file before its upload.

use std::io::Read as _;

use bankchannel_foundation::{
    Boundary, Content, Declaration, Error, Local, LocalContext, Operation, error::row, model::Decimal,
};
use bankchannel_iso20022::check::{self, CheckOptions};
use bankchannel_iso20022::rules::{Finding, Level, Rule};
use bankchannel_iso20022::schema::MAX_PROBLEMS;
use bankchannel_iso20022::{MAX_BYTES, Problem, pain001};

use crate::route;

/// The file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CheckPaymentFileRequest {
    /// The file's raw bytes: a credit transfer initiation, `pain.001.001.09`.
    pub content: Content,
}

/// The result of the check.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CheckPaymentFileResponse {
    /// Whether the file has no errors, as far as can be told without the bank.
    pub ok: bool,
    /// The problems, at most 50.
    pub problems: Vec<PaymentProblem>,
    /// The message type that the file declares, such as `pain.001.001.03`.
    pub message_name: Option<String>,
    /// The payment, if the file could be read. It may still have problems of counts, sums or accounts.
    pub payment: Option<PaymentSummary>,
}

/// One problem.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct PaymentProblem {
    /// The line in the file, from 1. Absent if the problem has no single place.
    pub line: Option<u64>,
    /// The column in bytes, from 1.
    pub column: Option<u64>,
    /// The element as a path from the root, such as `/Document/CstmrCdtTrfInitn/PmtInf[2]/DbtrAcct`. Absent if the file
    /// could not be read as XML.
    pub field: Option<String>,
    /// The reason code that a bank would answer, such as `FF01`, `AM10`, `AM18`, `AC01`, `AC02`, `BE04`; `NARR` if the
    /// problem has no code.
    pub reason: String,
    /// The problem in words.
    pub message: String,
    /// The change that fixes it.
    pub fix: String,
}

/// A summary of a payment file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct PaymentSummary {
    /// The message id.
    pub message_id: String,
    /// The creation time in the message.
    pub created: String,
    /// The initiating party.
    pub initiating_party: Option<String>,
    /// The number of transactions that the file really holds.
    pub transactions: u64,
    /// The payments by account and day, in the order of the file.
    pub payments: Vec<PaymentPart>,
}

/// The transactions that are debited from one account on one day.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct PaymentPart {
    /// The payment information id.
    pub id: String,
    /// The execution date, or date and time, as in the file.
    pub execution_date: String,
    /// The debtor's name.
    pub debtor: Option<String>,
    /// The account that pays.
    pub iban: Option<String>,
    /// The number of transactions.
    pub transactions: u64,
    /// The sums, by currency.
    pub totals: Vec<CurrencyTotal>,
}

/// A sum in one currency.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CurrencyTotal {
    /// The currency's code, such as `EUR`.
    pub currency: String,
    /// The sum.
    pub amount: Decimal,
}

/// Checks a payment file.
#[derive(Debug)]
pub struct CheckPaymentFile;

impl Operation for CheckPaymentFile {
    type Request = CheckPaymentFileRequest;
    type Response = CheckPaymentFileResponse;
    const DECLARATION: Declaration = Declaration {
        takes_time: true,
        ..route::local(
            "ws_channel.check_payment_file",
            "files",
            "Check a payment file before sending it",
            "Lists the errors of a pain.001.001.09 file, with their place and fix: the XML, the ISO schema, counts, \
         control sums, the check digits of accounts, and the other errors of iso20022.check_payment except dates. A \
         faulty file is an answer, not an error. Only the bank can say whether it knows the account and whether the \
         account has the money.",
            &[],
        )
    };
}

impl Local for CheckPaymentFile {
    fn run(request: CheckPaymentFileRequest, with: LocalContext<'_>) -> Result<CheckPaymentFileResponse, Error> {
        let mut bytes = Vec::new();
        // One byte more than the limit, so that the check itself detects a file that is too large.
        let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        with.open_content(request.content)?
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(|why| Error::because(&row::CONTENT_UNREADABLE, format!("content: {why}")))?;
        let report = pain001::explain(&bytes);
        let mut problems: Vec<PaymentProblem> = report.problems.into_iter().map(problem).collect();
        if report.payment.is_some() {
            problems.extend(further(&bytes, with.clock.now_ms())?);
            problems.truncate(MAX_PROBLEMS);
        }
        Ok(CheckPaymentFileResponse {
            ok: problems.is_empty(),
            message_name: report.identity.and_then(|identity| identity.message_name),
            payment: report.payment.as_ref().map(summary),
            problems,
        })
    }
}

/// The errors of the payment rules. Errors of schema, counts, sums and accounts are already reported; the execution
/// date is left to `iso20022.check_payment`, so that the answer for a file does not depend on the day.
fn further(bytes: &[u8], now_ms: i64) -> Result<Vec<PaymentProblem>, Error> {
    let told = [Rule::Schema, Rule::Version, Rule::Count, Rule::ControlSum, Rule::Account, Rule::Date].map(Rule::name);
    let checked = check::check(bytes, &CheckOptions::at_ms(now_ms))
        .map_err(|why| Error::because(&row::CONTENT_UNREADABLE, format!("content: {why}")))?;
    let errors = checked.findings.into_iter().filter(|found| found.level == Level::Error);
    Ok(errors.filter(|found| !told.contains(&found.rule.as_str())).map(of_rule).collect())
}

fn of_rule(found: Finding) -> PaymentProblem {
    PaymentProblem {
        line: found.line,
        column: None,
        field: found.path,
        reason: found.reason.unwrap_or_else(|| "NARR".to_owned()),
        message: found.message,
        fix: found.change,
    }
}

fn problem(found: Problem) -> PaymentProblem {
    PaymentProblem {
        line: found.line.map(|line| line as u64),
        column: found.column.map(|column| column as u64),
        field: Some(found.path).filter(|path| !path.is_empty()),
        reason: found.code.to_owned(),
        message: found.message,
        fix: found.change,
    }
}

fn summary(payment: &pain001::Payment) -> PaymentSummary {
    PaymentSummary {
        message_id: payment.message_id.clone(),
        created: payment.created.clone(),
        initiating_party: payment.initiating_party.clone(),
        transactions: payment.transactions().count() as u64,
        payments: payment.payments.iter().map(part).collect(),
    }
}

fn part(info: &pain001::PaymentInfo) -> PaymentPart {
    let mut totals: Vec<(String, i64)> = Vec::new();
    for transaction in &info.transactions {
        match totals.iter_mut().find(|(currency, _)| *currency == transaction.currency) {
            Some((_, sum)) => *sum = sum.saturating_add(transaction.amount_cents),
            None => totals.push((transaction.currency.clone(), transaction.amount_cents)),
        }
    }
    PaymentPart {
        id: info.id.clone(),
        execution_date: info.execution_date.clone(),
        debtor: info.debtor.name.clone(),
        iban: info.debtor.iban.clone(),
        transactions: info.transactions.len() as u64,
        totals: totals
            .into_iter()
            .map(|(currency, cents)| CurrencyTotal { currency, amount: Decimal::from_cents(cents) })
            .collect(),
    }
}
