//! Days between an order and its booking.

use bankchannel_foundation::model::Date;

use crate::rules::calendar::add_target_days;

/// Banking days after the execution date on which a booking may still belong to a payment.
const LATEST: u32 = 5;
/// The same if ids identify the payment: ids are reused from month to month.
const LATEST_WITH_IDS: u32 = 15;
/// Banking days after the execution date from which the bank can be asked about the money.
const ASK: u32 = 2;

/// The day before: a booking may have the date of another time zone.
pub(super) fn day_before(date: Date) -> Date {
    Date(date.0.yesterday().unwrap_or(date.0))
}

/// Whether a booking is near the execution date: from one banking day before to five after.
pub(super) fn is_about(execution: Date, booked: Date) -> bool {
    let next = add_target_days(booked, 1).is_none_or(|next| next >= execution);
    next && add_target_days(execution, LATEST).is_none_or(|latest| booked <= latest)
}

/// The last day on which a booking with the ids of a payment of this day belongs to it.
pub(super) fn latest_with_ids(execution: Date) -> Option<Date> {
    add_target_days(execution, LATEST_WITH_IDS)
}

/// The day from which a bank can be asked about a payment without any information.
pub(super) fn when_to_ask(execution: Date) -> Option<Date> {
    add_target_days(execution, ASK)
}
