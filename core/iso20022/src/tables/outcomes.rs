//! The outcome of a payment file.

use super::{TableRow, amount, code, currency, joined, meaning, payee_result, registered_name, table, word};
use crate::matching::{BookingPlace, Matched, MatchedTransaction};

/// The rows of all transactions.
pub fn of_matched(matched: &Matched) -> impl Iterator<Item = TableRow<'_>> {
    matched.transactions.iter().map(|of| cells(&of))
}

/// A booking in words.
fn candidate(place: &BookingPlace) -> String {
    let date = place.date.map(|date| date.0.to_string());
    let money = place.money.as_ref().map(|money| format!("{} {}", money.amount.as_str(), money.currency));
    let statement = place.statement_id.as_deref().map(|id| format!("in {id}"));
    let parts: Vec<&str> = [&date, &money, &statement].into_iter().filter_map(Option::as_deref).collect();
    parts.join(" ")
}

fn date(place: Option<&BookingPlace>) -> Option<bankchannel_foundation::model::Date> {
    place.and_then(|place| place.date)
}

table! {
    /// The columns of [`of_matched`].
    OUTCOMES, cells(of: &'a MatchedTransaction);
    "number", "The transaction's number in the payment file, from 1.", of.number;
    "payment_id", "The payment information id: the batch.", &of.batch_id;
    "end_to_end_id", "The end-to-end id.", &of.end_to_end_id;
    "creditor", "The creditor's name.", &of.creditor;
    "creditor_account", "The creditor's account: its IBAN, else another number.",
        of.iban.as_deref().or(of.account.as_deref());
    "amount", "The amount that was ordered.", amount(of.money.as_ref());
    "currency", "The currency's ISO 4217 code.", currency(of.money.as_ref());
    "outcome", "What became of it: `paid`, `paid_in_batch`, `executed_reported`, `probable`, `accepted`, `in_progress`, \
                `returned`, `rejected`, `cancelled`, `batch_differs`, `amount_differs`, `ambiguous`, `conflict` or `unknown`.",
        word(of.outcome);
    "status", "The status that the bank reported.", code(of.status.as_ref());
    "status_meaning", "The status in words.", meaning(of.status.as_ref());
    "status_from", "Where it was said: `transaction`, or deduced from `payment_information`, `group` or `counts`.",
        of.status_from.and_then(word);
    "reason", "The first reason.", code(of.reason.as_ref());
    "reason_meaning", "The reason in words.", meaning(of.reason.as_ref());
    "information", "The bank's own words: the text of a reason such as `NARR`, or the name that the payee's bank has.",
        joined(of.reasons.iter().flat_map(|reason| reason.information.iter().map(String::as_str)));
    "payee_check", "The result of the payee check: `match`, `close_match`, `no_match`, `not_checked` or `pending`; also after \
                    later reports.", payee_result(of.payee_check.as_deref());
    "registered_name", "The name that the payee's bank has for the account, of a close match.",
        registered_name(of.payee_check.as_deref());
    "again", "Whether it may be sent again.", word(of.again);
    "advice", "What to do.", Some(of.advice.as_str());
    "booking_date", "The date of the booking that debited it.", date(of.booking.as_ref());
    "statement", "The id of the statement with that booking.",
        of.booking.as_ref().and_then(|place| place.statement_id.as_deref());
    "servicer_reference", "The bank's own reference of that booking.",
        of.booking.as_ref().and_then(|place| place.servicer_reference.as_deref());
    "return_date", "The date on which the money came back.", date(of.return_booking.as_ref());
    "difference", "By how much the booking is larger than what was ordered.", amount(of.difference.as_ref());
    "candidates", "The bookings that may be its own, or name it with another amount: date, amount and statement of each.",
        joined(of.candidates.iter().map(candidate).collect::<Vec<_>>().iter().map(String::as_str));
}
