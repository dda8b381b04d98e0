//! The bank's answer, in tables.

use bankchannel_foundation::model::{Timestamp, write_boundary};
use bankchannel_iso20022::{
    MAX_UNASKED, MessageFile,
    cash::{CashFile, CashKind, MAX_HELD, Statement},
    data::{Code, Money},
    iban,
    matching::match_status,
    payee_check::{OrderWaitsFor, PayeeCheckState},
    read_message_file,
    status::{StatusReason, StatusReport},
};

use super::{
    Steps,
    bank::Downloaded,
    explain::{Payment, SHOWN, money, transaction},
};
use crate::output::table::table;

/// Shows the bank's files; true if it accepted the payment.
pub(super) fn show(downloads: &[Downloaded], payment: &Payment, steps: &Steps) -> bool {
    let mut accepted = false;
    for file in downloads {
        match read_message_file(&file.bytes, None, MAX_HELD, MAX_UNASKED) {
            Ok(MessageFile::Status(read)) => {
                accepted = read.reports.iter().all(is_accepted) && !read.reports.is_empty();
                read.reports.iter().for_each(|report| status(report, payment, steps));
            }
            Ok(MessageFile::Cash(read)) => match read.statements.first().map(|statement| statement.kind) {
                Some(CashKind::Notification) => entries(&read, steps),
                _ => balances(&read, steps),
            },
            Ok(_) => {}
            Err(fault) => {
                accepted = false;
                steps.say(&format!("\n{} {} cannot be read: {fault}", file.file_type, file.reference));
            }
        }
    }
    steps.say(if accepted {
        "\nThe bank took the payment."
    } else {
        "\nThe bank REJECTED the payment: see its reasons above."
    });
    accepted
}

/// The reports of the bank's files.
fn reports(downloads: &[Downloaded]) -> Vec<StatusReport> {
    let read = downloads.iter().filter_map(|file| read_message_file(&file.bytes, None, MAX_HELD, MAX_UNASKED).ok());
    read.flat_map(|read| read.reports().to_vec()).collect()
}

/// The order's next step after its payee check, unless the bank's files say something else.
pub(super) fn waits_for(downloads: &[Downloaded]) -> Option<OrderWaitsFor> {
    let reports = reports(downloads);
    let last = reports
        .iter()
        .max_by_key(|report| report.created.as_ref().and_then(|made| made.instant.as_ref()).map(Timestamp::as_ms))?;
    last.payee_check.as_ref().map(|check| match check.state {
        PayeeCheckState::Pending => OrderWaitsFor::PayeeCheck,
        _ => OrderWaitsFor::Release,
    })
}

/// Shows the results of the payee check.
pub(super) fn checked(downloads: &[Downloaded], payment: &Payment, steps: &Steps) {
    let Some(file) = &payment.file else { return };
    let matched = match_status(file, &reports(downloads), &[]);
    let Some(check) = &matched.payee_check else { return };
    steps.say(&format!("\nThe payee check: {}", check.in_words()));
    let rows = matched.transactions.iter().map(|one| {
        let payee = one.payee_check.as_deref();
        let result = payee.map(|check| write_boundary(check.result).as_str().unwrap_or_default().replace('_', " "));
        [
            one.end_to_end_id.clone().unwrap_or_default(),
            one.creditor.clone().unwrap_or_default(),
            result.unwrap_or_default(),
            payee.and_then(|check| check.registered_name.clone()).unwrap_or_default(),
        ]
    });
    steps.say(table(&["Transaction", "To", "Payee check", "Registered name"], rows.take(SHOWN)).trim_end());
    steps.say("Nothing is paid until the order is released or cancelled at the bank.\n");
}

/// Whether the bank accepted the whole file: no status of the group, a batch or a transaction is rejected, cancelled or
/// accepted in part only.
fn is_accepted(report: &StatusReport) -> bool {
    let batches = report.batches.iter().map(|batch| &batch.status);
    let transactions = report.batches.iter().flat_map(|batch| &batch.transactions).map(|one| &one.status);
    let mut told = std::iter::once(&report.status).chain(batches).chain(transactions).flatten().peekable();
    told.peek().is_some() && told.all(|status| !matches!(status.code.as_str(), "RJCT" | "CANC" | "PART"))
}

fn status(report: &StatusReport, payment: &Payment, steps: &Steps) {
    let original = report.original_message_id.as_deref().unwrap_or_default();
    steps.say(&format!("\nThe bank's status report on {original}: {}", in_words(report.status.as_ref())));
    for reason in &report.reasons {
        steps.say(&format!("  reason: {}", in_words_reason(reason)));
    }
    let mut rows: Vec<[String; 4]> = Vec::new();
    for batch in &report.batches {
        for reason in &batch.reasons {
            steps.say(&format!("  {}: {}", batch.payment_id.as_deref().unwrap_or_default(), in_words_reason(reason)));
        }
        for one in &batch.transactions {
            let id = one.end_to_end_id.clone().unwrap_or_default();
            let sent = || transaction(payment, &id)?.money.as_ref();
            let amount = one.money.as_ref().or_else(sent).map(money).unwrap_or_default();
            let reasons: Vec<String> = one.reasons.iter().map(in_words_reason).collect();
            rows.push([id, amount, in_words(one.status.as_ref()), reasons.join("; ")]);
        }
    }
    if !rows.is_empty() {
        steps.say(table(&["Transaction", "Amount", "Status", "Reason"], rows.into_iter().take(SHOWN)).trim_end());
    }
}

fn balances(file: &CashFile, steps: &Steps) {
    let rows = file.statements.iter().flat_map(|statement| {
        statement.balances.iter().map(move |balance| {
            let date = balance.date.as_ref().map(|date| date.date.0.to_string()).unwrap_or_default();
            [number(statement), in_words(balance.kind.as_ref()), amount(balance.money.as_ref()), date]
        })
    });
    steps.say("\nThe account statement:");
    steps.say(table(&["Account", "Balance", "Amount", "Date"], rows).trim_end());
}

fn entries(file: &CashFile, steps: &Steps) {
    let rows = file.statements.iter().flat_map(|statement| {
        statement.entries.iter().map(move |entry| {
            let batch = entry.batches.first().and_then(|batch| batch.payment_id.clone());
            let status = entry.status.as_ref();
            [
                number(statement),
                amount(entry.money.as_ref()),
                batch.or_else(|| entry.end_to_end_id.clone()).unwrap_or_default(),
                entry.details.len().to_string(),
                entry.booking_date.map(|date| date.0.to_string()).unwrap_or_default(),
                status.map(|status| status.meaning.as_ref().unwrap_or(&status.code).clone()).unwrap_or_default(),
            ]
        })
    });
    steps.say("\nWhat was booked:");
    steps.say(
        table(&["Account", "Amount", "Payment", "Transactions", "Booked on", "Status"], rows.take(SHOWN)).trim_end(),
    );
}

fn number(statement: &Statement) -> String {
    match &statement.account.iban {
        Some(number) if iban::check(number).is_ok() => iban::grouped(number),
        other => other.as_ref().or(statement.account.account.as_ref()).cloned().unwrap_or_default(),
    }
}

fn amount(found: Option<&Money>) -> String {
    found.map(money).unwrap_or_default()
}

fn in_words(code: Option<&Code>) -> String {
    code.map_or_else(String::new, |code| match &code.meaning {
        Some(words) => format!("{} ({words})", code.code),
        None => code.code.clone(),
    })
}

fn in_words_reason(reason: &StatusReason) -> String {
    let code = reason.code.as_ref().map_or_else(|| "no code".to_owned(), |code| in_words(Some(code)));
    let more =
        if reason.information.is_empty() { String::new() } else { format!(": {}", reason.information.join(" ")) };
    format!("{code}{more}")
}
