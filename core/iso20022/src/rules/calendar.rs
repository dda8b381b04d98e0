//! Days on which the euro settles: the TARGET calendar.

use bankchannel_foundation::model::Date;
use jiff::{Span, ToSpan as _, civil};

use super::{BankProfile, Finding, Rule};

/// Whether TARGET is open: not on weekends, 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December.
pub fn is_target_day(date: Date) -> bool {
    let day = date.0;
    let weekend = matches!(day.weekday(), civil::Weekday::Saturday | civil::Weekday::Sunday);
    let fixed = matches!((day.month(), day.day()), (1, 1) | (5, 1) | (12, 25 | 26));
    // Good Friday and Easter Monday.
    let movable = easter_sunday(day.year()).is_some_and(|easter| {
        let monday = easter.tomorrow().ok();
        let friday = easter.yesterday().and_then(civil::Date::yesterday).ok();
        [monday, friday].contains(&Some(day))
    });
    !(weekend || fixed || movable)
}

/// The first open day on or after a date; `None` at the end of the calendar.
pub fn next_target_day(date: Date) -> Option<Date> {
    let mut day = date.0;
    // Never more than five closed days in a row.
    for _ in 0..10 {
        if is_target_day(Date(day)) {
            return Some(Date(day));
        }
        day = day.tomorrow().ok()?;
    }
    None
}

/// The date this many open days after another one.
pub fn add_target_days(date: Date, days: u32) -> Option<Date> {
    let mut day = date;
    for _ in 0..days {
        day = next_target_day(Date(day.0.tomorrow().ok()?))?;
    }
    Some(day)
}

/// The finding about an execution time of a payment that is not instant.
pub fn time_without_instant() -> Finding {
    Finding::warning(
        Rule::Date,
        "an execution time is for instant payments",
        "give a date where the bank has not agreed to a time",
    )
}

/// The problem with an execution date, seen from today.
///
/// If `by_target`, the TARGET calendar applies: for SEPA and urgent payments in euro. Other currencies have no calendar
/// here, and instant payments settle on every day.
pub fn check_execution_date(date: Date, today: Date, by_target: bool, profile: &BankProfile) -> Option<Finding> {
    let text = date.0.to_string();
    let back = Span::new().try_days(profile.days_back);
    let earliest = back.and_then(|back| today.0.checked_sub(back)).unwrap_or(civil::Date::MIN);
    let latest = today.0.checked_add(1.year()).unwrap_or(civil::Date::MAX);
    let found = if date.0 < earliest {
        let message = format!("the execution date {text} is more than {} days ago", profile.days_back);
        Finding::error(Rule::Date, message, "give the date on which the bank is to pay").reason("CH04")
    } else if date < today {
        let message = format!("the execution date {text} is in the past");
        Finding::warning(Rule::Date, message, "banks take the next banking day, or refuse: give a new date")
            .reason("DT01")
    } else if date.0 > latest {
        let message = format!("the execution date {text} is more than a year in the future");
        Finding::warning(Rule::Date, message, "check the year").reason("CH03")
    } else if by_target && !is_target_day(date) {
        let message = format!("banks do not settle euro on {text}");
        let change = match next_target_day(date) {
            Some(next) => format!("give {}, the next banking day", next.0),
            None => "give a banking day".to_owned(),
        };
        let found = Finding::warning(Rule::Date, message, change);
        if profile.closed_day_is_error {
            Finding { level: super::Level::Error, ..found }.reason("DT03")
        } else {
            found.reason("DT06")
        }
    } else {
        return None;
    };
    Some(found.value(&text))
}

/// Easter Sunday of a year of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher).
fn easter_sunday(year: i16) -> Option<civil::Date> {
    let y = i32::from(year);
    let (a, b, c) = (y.rem_euclid(19), y.div_euclid(100), y.rem_euclid(100));
    let g = (8 * b + 13).div_euclid(25);
    let h = (19 * a + b - b.div_euclid(4) - g + 15).rem_euclid(30);
    let l = (32 + 2 * b.rem_euclid(4) + 2 * c.div_euclid(4) - h - c.rem_euclid(4)).rem_euclid(7);
    let m = (a + 11 * h + 22 * l).div_euclid(451);
    let n = h + l - 7 * m + 114;
    civil::Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Level;
    use super::*;
    use jiff::civil::date;

    fn day(text: &str) -> Date {
        Date(text.parse().unwrap())
    }

    /// docs/protocols/iso20022.md §5.
    #[test]
    fn good_fridays_and_easter_mondays() {
        for (friday, monday) in [
            ("2026-04-03", "2026-04-06"),
            ("2027-03-26", "2027-03-29"),
            ("2028-04-14", "2028-04-17"),
            ("2029-03-30", "2029-04-02"),
            ("2030-04-19", "2030-04-22"),
            ("2038-04-23", "2038-04-26"),
        ] {
            assert!(!is_target_day(day(friday)) && !is_target_day(day(monday)), "{friday}");
            assert_eq!(next_target_day(day(friday)).unwrap().0, day(monday).0.tomorrow().unwrap());
        }
        assert_eq!(easter_sunday(2026), Some(date(2026, 4, 5)));
    }

    /// Cases ISO-038, ISO-039 and ISO-040.
    #[test]
    fn execution_dates() {
        let today = day("2026-11-22");
        let profile = BankProfile::default();
        let found = |text: &str| {
            check_execution_date(day(text), today, true, &profile).map(|found| (found.level, found.change))
        };
        assert_eq!(found("2026-12-25"), Some((Level::Warning, "give 2026-12-28, the next banking day".to_owned())));
        assert_eq!(found("2026-11-28").unwrap().0, Level::Warning);
        assert_eq!(found("2026-12-06").unwrap().0, Level::Warning);
        assert_eq!(check_execution_date(day("2027-12-06"), day("2027-12-01"), true, &profile), None);
        assert_eq!(found("2026-11-21").unwrap().0, Level::Warning);
        assert_eq!(found("2026-11-17").unwrap().0, Level::Warning);
        assert_eq!(found("2026-11-16").unwrap().0, Level::Error);
        assert_eq!(found("0000-01-01").unwrap().0, Level::Error);
        assert_eq!(found("9999-12-31").unwrap().0, Level::Warning);
        assert_eq!(check_execution_date(day("2026-11-28"), today, false, &profile), None);
        for days_back in [4_000_000, u32::MAX] {
            let any = BankProfile { days_back, ..BankProfile::default() };
            let found = check_execution_date(day("1999-01-01"), today, true, &any).map(|found| found.level);
            assert_eq!(found, Some(Level::Warning), "{days_back}");
        }
        let strict = BankProfile { closed_day_is_error: true, ..profile };
        assert_eq!(
            check_execution_date(day("2026-12-25"), today, true, &strict).map(|found| found.level),
            Some(Level::Error)
        );
        assert_eq!(next_target_day(day("9999-12-31")).map(|day| day.0), Some(date(9999, 12, 31)));
    }

    #[test]
    fn banking_days_are_counted() {
        assert_eq!(add_target_days(day("2026-12-23"), 2), Some(day("2026-12-28")));
        assert_eq!(add_target_days(day("9999-12-31"), 2), None);
    }

    #[test]
    fn every_year_has_an_easter_between_the_known_days() {
        for year in 1583..=9999 {
            let easter = easter_sunday(year).unwrap();
            assert!(easter >= date(year, 3, 22) && easter <= date(year, 4, 25));
            assert_eq!(easter.weekday(), civil::Weekday::Sunday);
        }
    }
}
