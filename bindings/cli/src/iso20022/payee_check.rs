//! The payee check of a report or of a payment file, for people.

use bankchannel_iso20022::payee_check::{OrderWaitsFor, PayeeCheckState, PayeeCheckSummary};

/// The order's next step in a sentence.
pub(super) fn waiting_line(waits_for: OrderWaitsFor) -> &'static str {
    match waits_for {
        OrderWaitsFor::PayeeCheck => "The bank still checks the payees: nothing is paid until the order is released",
        _ => "The order waits for release: nothing is paid until it is released or cancelled at the bank",
    }
}

/// The counts, and the bank's notices on each kind of result.
pub(super) fn summary_lines(check: &PayeeCheckSummary) -> Vec<String> {
    let state = if check.state == PayeeCheckState::Pending { "Payee check, not finished" } else { "Payee check" };
    let mut counts = check.in_words();
    if check.unknown > 0 {
        let separator = if counts.is_empty() { "" } else { ", " };
        counts = format!("{counts}{separator}{} without a result", check.unknown);
    }
    let mut lines = vec![format!("{state}: {counts}")];
    lines.extend(check.notes.iter().map(|note| match &note.status {
        Some(status) => format!("note: {} ({}): {}", status.code, status.meaning.as_deref().unwrap_or("-"), note.text),
        None => format!("note: {}", note.text),
    }));
    lines
}
