//! Days between an order and its booking.

use bankchannel_foundation::model::Date;

use crate::rules::calendar::add_target_days;

/// Banking days after the execution date on which a booking may still be its own.
const LATEST: u32 = 5;
/// Banking days after the execution date on which a booking may still be its own where ids say so: ids are used again
/// from month to month.
const LATEST_WITH_IDS: u32 = 15;
/// Banking days after the execution date from which a bank can be asked where the money is.
const ASK: u32 = 2;

/// The day before: a booking may have the date of another time zone.
pub(super) fn day_before(date: Date) -> Date {
    Date(date.0.yesterday().unwrap_or(date.0))
}

/// Whether a booking is about the execution date: from one banking day before to five after.
pub(super) fn is_about(execution: Date, booked: Date) -> bool {
    let next = add_target_days(booked, 1).is_none_or(|next| next >= execution);
    next && add_target_days(execution, LATEST).is_none_or(|latest| booked <= latest)
}

/// The last day on which a booking with the ids of a payment of this day is its own.
pub(super) fn latest_with_ids(execution: Date) -> Option<Date> {
    add_target_days(execution, LATEST_WITH_IDS)
}

/// From when a bank can be asked about a payment of which nothing is known.
pub(super) fn when_to_ask(execution: Date) -> Option<Date> {
    add_target_days(execution, ASK)
}
