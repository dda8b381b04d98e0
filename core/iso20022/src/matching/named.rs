//! The names that a booking gives, and whether it matches a transaction.

use crate::cash::{DecimalSum, EntryDetail};
use crate::data::Money;

use super::bookings::MatchedBooking;
use super::result::{LeftoverEntry, LeftoverReason};
use super::sent::{BankIds, SentTransaction, UnsignedAmount, number_of};

/// The names that a booking, or one transaction of it, gives.
pub(super) fn ids<'a>(booking: &MatchedBooking<'a>, detail: Option<&'a EntryDetail>) -> BankIds<'a> {
    let money = match detail {
        Some(detail) => detail.money.as_ref(),
        None => booking.entry.money.as_ref(),
    };
    BankIds {
        uetr: detail.and_then(|detail| detail.uetr.as_deref()),
        instruction: detail.and_then(|detail| detail.instruction_id.as_deref()),
        end_to_end: detail.and_then(|detail| detail.end_to_end_id.as_deref()),
        amount: money.and_then(UnsignedAmount::from_money),
        account: detail.and_then(|detail| number_of(detail.counterparty.as_deref()?)),
        debtor: booking.account,
    }
}

/// Whether amount and creditor match the transaction, as far as the bank gives them. A returned amount may be smaller.
pub(super) fn fits<'a>(
    one: &SentTransaction<'a>,
    ids: &BankIds<'a>,
    booking: &MatchedBooking<'a>,
    detail: Option<&'a EntryDetail>,
    debit: bool,
) -> bool {
    let account = one.account.zip(ids.account);
    if account.is_some_and(|(own, other)| own != other) {
        return false;
    }
    let Some(own) = one.amount else { return account.is_some() };
    let in_course = detail.into_iter().flat_map(|detail| &detail.amounts).chain(&booking.entry.amounts);
    let amounts =
        ids.amount.into_iter().chain(in_course.filter_map(|amount| UnsignedAmount::from_money(&amount.money)));
    let comes_back = !debit && (booking.entry.reversal || detail.is_some_and(|detail| detail.returned.is_some()));
    let mut comparable = false;
    for amount in amounts.filter(|amount| amount.currency == own.currency) {
        if amount == own || (comes_back && amount.units <= own.units) {
            return true;
        }
        comparable = true;
    }
    // In another currency, only the account decides.
    !comparable && account.is_some()
}

/// A booking, or one of its transactions, that belongs to no transaction of the payment file.
pub(super) fn leftover(booking: &MatchedBooking<'_>, detail: Option<usize>, why: LeftoverReason) -> LeftoverEntry {
    let of_detail = detail.and_then(|at| booking.details.get(at));
    let (end_to_end_id, party) = match of_detail {
        Some(detail) => (&detail.end_to_end_id, &detail.counterparty),
        None => (&booking.entry.end_to_end_id, &booking.entry.counterparty),
    };
    LeftoverEntry {
        place: booking.place(detail),
        why,
        end_to_end_id: end_to_end_id.clone(),
        counterparty: party.as_ref().and_then(|party| party.name.clone()),
        candidates: Vec::new(),
        difference: None,
    }
}

/// How much larger the booked amount is than the ordered one, without signs; `None` if they are equal, or in two
/// currencies.
pub(super) fn difference(booked: &Money, ordered: &Money) -> Option<Money> {
    if booked.currency != ordered.currency {
        return None;
    }
    let difference =
        DecimalSum::from_decimal(&booked.amount)?.size().minus(DecimalSum::from_decimal(&ordered.amount)?.size())?;
    let amount = difference.decimal().filter(|_| !difference.is_zero())?;
    Some(Money::new(amount, booked.currency.clone()))
}
