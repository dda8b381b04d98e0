//! The bank's answer, in tables.

use bankchannel_iso20022::{
    camt::{self, AccountReport, CashReport, Direction},
    iban, meaning,
    pain002::{self, Reason, StatusReport},
};

use super::{
    Steps,
    bank::Downloaded,
    explain::{Payment, SHOWN},
};
use crate::output::table::table;

/// Shows the bank's files; true if it accepted the payment.
pub(super) fn show(downloads: &[Downloaded], payment: &Payment, steps: &Steps) -> bool {
    let mut accepted = false;
    for file in downloads {
        let shown = match file.file_type.split('.').take(2).collect::<Vec<_>>()[..] {
            ["pain", "002"] => pain002::read(&file.bytes).map(|report| {
                accepted = report.is_accepted();
                status(&report, payment, steps);
            }),
            ["camt", "053"] => camt::read(&file.bytes).map(|report| balances(&report, steps)),
            ["camt", "054"] => camt::read(&file.bytes).map(|report| entries(&report, steps)),
            _ => Ok(()),
        };
        if let Err(problem) = shown {
            accepted = false;
            steps.say(&format!("\n{} {} cannot be read: {problem}", file.file_type, file.reference));
        }
    }
    steps.say(if accepted {
        "\nThe bank took the payment."
    } else {
        "\nThe bank REJECTED the payment: see its reasons above."
    });
    accepted
}

fn status(report: &StatusReport, payment: &Payment, steps: &Steps) {
    let group = report.status.as_deref().unwrap_or_default();
    steps.say(&format!("\nThe bank's status report on {}: {}", report.original_message_id, in_words(group)));
    for reason in &report.reasons {
        steps.say(&format!("  reason: {}", in_words_reason(reason)));
    }
    let mut rows: Vec<[String; 4]> = Vec::new();
    for part in &report.payments {
        for reason in &part.reasons {
            steps.say(&format!("  {}: {}", part.id, in_words_reason(reason)));
        }
        for transaction in &part.transactions {
            let id = transaction.end_to_end_id.clone().unwrap_or_default();
            let amount = transaction
                .amount
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| amount_of(payment, &id))
                .unwrap_or_default();
            let reasons: Vec<String> = transaction.reasons.iter().map(in_words_reason).collect();
            rows.push([id, amount, in_words(transaction.status.as_deref().unwrap_or_default()), reasons.join("; ")]);
        }
    }
    if !rows.is_empty() {
        steps.say(table(&["Transaction", "Amount", "Status", "Reason"], rows.into_iter().take(SHOWN)).trim_end());
    }
}

fn balances(report: &CashReport, steps: &Steps) {
    let rows = report.accounts.iter().flat_map(|account| {
        account.balances.iter().map(move |balance| {
            let meaning = meaning::balance(&balance.code)
                .map_or_else(|| balance.code.clone(), |words| format!("{} ({words})", balance.code));
            [number(account), meaning, signed(&balance.direction, &balance.amount.to_string()), balance.date.clone()]
        })
    });
    steps.say("\nThe account statement:");
    steps.say(table(&["Account", "Balance", "Amount", "Date"], rows).trim_end());
}

fn entries(report: &CashReport, steps: &Steps) {
    let rows = report.accounts.iter().flat_map(|account| {
        account.entries.iter().map(move |entry| {
            let what = entry
                .batch_payment_id
                .clone()
                .or_else(|| entry.transactions.first()?.end_to_end_id.clone())
                .unwrap_or_default();
            let status = meaning::entry_status(&entry.status).unwrap_or(&entry.status).to_owned();
            [
                number(account),
                signed(&entry.direction, &entry.amount.to_string()),
                what,
                entry.transactions.len().to_string(),
                entry.booking_date.clone().unwrap_or_default(),
                status,
            ]
        })
    });
    steps.say("\nWhat was booked:");
    steps.say(
        table(&["Account", "Amount", "Payment", "Transactions", "Booked on", "Status"], rows.take(SHOWN)).trim_end(),
    );
}

fn number(account: &AccountReport) -> String {
    if iban::check(&account.account).is_ok() { iban::grouped(&account.account) } else { account.account.clone() }
}

fn signed(direction: &Direction, amount: &str) -> String {
    if *direction == Direction::Debit { format!("-{amount}") } else { amount.to_owned() }
}

fn in_words(code: &str) -> String {
    meaning::status(code).map_or_else(|| code.to_owned(), |words| format!("{code} ({words})"))
}

fn in_words_reason(reason: &Reason) -> String {
    let code = reason.code.as_deref().unwrap_or("no code");
    let words = reason.meaning().map(|words| format!(" ({words})")).unwrap_or_default();
    let more =
        if reason.information.is_empty() { String::new() } else { format!(": {}", reason.information.join(" ")) };
    format!("{code}{words}{more}")
}

fn amount_of(payment: &Payment, end_to_end_id: &str) -> Option<String> {
    let wanted = payment.report.payment.as_ref()?;
    let transaction = wanted.transactions().find(|transaction| transaction.end_to_end_id == end_to_end_id)?;
    Some(format!("{} {}", bankchannel_iso20022::amount::format_cents(transaction.amount_cents), transaction.currency))
}
