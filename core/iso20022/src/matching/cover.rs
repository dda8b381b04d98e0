//! Whether the given statements prove that an account was not debited.

use std::collections::HashMap;

use bankchannel_foundation::model::Date;

use crate::cash::{BalanceCheck, CashKind, Statement};
use crate::data::Moment;

use super::bookings::MatchedBooking;
use super::result::LeftoverEntry;
use super::sent::UnsignedAmount;

/// The account of a statement or of a payment.
type CoveredAccount<'a> = &'a str;

/// The days that the statements cover.
#[derive(Debug, Default)]
pub(super) struct StatementCover<'a> {
    accounts: HashMap<CoveredAccount<'a>, CoveredDays>,
}

/// The covered days of one account, and its unexplained debits.
#[derive(Debug, Default)]
struct CoveredDays {
    /// The first and the last day of each period covered without a gap, in order.
    spans: Vec<(Date, Date)>,
    /// The largest debit that names no payment, in units of a sum.
    largest: i128,
}

impl<'a> StatementCover<'a> {
    pub(super) fn new(
        statements: &'a [Statement],
        unclear: &[MatchedBooking<'a>],
        leftovers: &[LeftoverEntry],
    ) -> Self {
        let mut accounts: HashMap<CoveredAccount<'a>, CoveredDays> = HashMap::new();
        for statement in statements {
            if let (Some(account), Some(span)) = (account_of(statement), span(statement)) {
                accounts.entry(account).or_default().spans.push(span);
            }
        }
        for days in accounts.values_mut() {
            days.spans.sort_unstable();
            days.spans.dedup_by(|next, before| {
                let joined = before.1.0.tomorrow().is_ok_and(|after| next.0.0 <= after);
                if joined {
                    before.1 = before.1.max(next.1);
                }
                joined
            });
        }
        let mut unexplained = |account: Option<&'a str>, amount: Option<UnsignedAmount<'_>>| {
            if let Some(days) = account.and_then(|account| accounts.get_mut(account)) {
                days.largest = days.largest.max(amount.map_or(i128::MAX, |amount| amount.units));
            }
        };
        for booking in unclear {
            unexplained(booking.account, booking.entry.money.as_ref().and_then(UnsignedAmount::from_money));
        }
        for row in leftovers.iter().filter(|row| row.end_to_end_id.is_none()) {
            let money = row.place.money.as_ref();
            let statement = usize::try_from(row.place.statement - 1).ok().and_then(|at| statements.get(at));
            if money.is_none_or(|money| money.amount.as_str().starts_with('-')) {
                unexplained(statement.and_then(account_of), money.and_then(UnsignedAmount::from_money));
            }
        }
        Self { accounts }
    }

    /// Whether the statements rule out an overlooked debit of this amount or more on the account between two days.
    pub(super) fn shows_no_debit(&self, account: &str, amount: UnsignedAmount<'_>, from: Date, to: Date) -> bool {
        let Some(days) = self.accounts.get(account) else { return false };
        let before = days.spans[..days.spans.partition_point(|(first, _)| *first <= from)].last();
        let covered = before.is_some_and(|(_, last)| to <= *last);
        covered && days.largest < amount.units
    }
}

fn account_of(statement: &Statement) -> Option<&str> {
    statement.account.iban.as_deref().or(statement.account.account.as_deref())
}

/// The first and the last whole day of a statement that has all its entries.
fn span(statement: &Statement) -> Option<(Date, Date)> {
    let whole = statement.end.as_ref().is_some_and(|end| end.balance_check == BalanceCheck::Consistent);
    if statement.kind != CashKind::Statement || !whole || !statement.is_single_page() {
        return None;
    }
    let (from, to) = (statement.from.as_ref()?, statement.to.as_ref()?);
    let time = |moment: &Moment| moment.time.clone().unwrap_or_default();
    let first =
        if time(from).trim_matches(['0', ':', '.']).is_empty() { from.date.0 } else { from.date.0.tomorrow().ok()? };
    let to_the_end = to.time.is_none() || time(to).starts_with("23:59");
    let last = if to_the_end { to.date.0 } else { to.date.0.yesterday().ok()? };
    (first <= last).then_some((Date(first), Date(last)))
}
