//! From the texts of fields to dates and amounts.

use bankchannel_foundation::model::{Date, Decimal};
use jiff::civil;

use crate::rules::{Finding, Rule, money};

/// Maximum number of decimals of an amount.
const MAX_DECIMALS: usize = 5;

/// Half a year, in days, and a leap day.
const HALF_A_YEAR: u32 = 184;

/// A date as the file writes it, which the calendar may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrittenDate {
    pub(super) date: Option<Date>,
    /// The month's last day, for a day that the calendar does not have.
    pub(super) last: Option<Date>,
}

impl WrittenDate {
    /// Reads `YYMMDD`; years from 80 on are of the last century.
    pub(super) fn read(text: &str) -> Self {
        let none = Self { date: None, last: None };
        let [year, month, day] = [(0, 2), (2, 4), (4, 6)].map(|(from, to)| number(text.get(from..to)));
        let (Some(year), Some(month), Some(day), 6) = (year, month, day, text.len()) else { return none };
        Self::of(if year < 80 { 2000 + year } else { 1900 + year }, month, day)
    }

    /// The date of `MMDD` that is nearest to another one.
    pub(super) fn near(text: &str, other: Date) -> Self {
        let (month, day) = (number(text.get(..2)), number(text.get(2..4)));
        let (Some(month), Some(day)) = (month, day) else { return Self { date: None, last: None } };
        let distance = |date: &Date| (date.0 - other.0).get_days().unsigned_abs();
        let same_year = Self::of(other.0.year(), month, day);
        // Nearly all are.
        if same_year.date.is_some_and(|date| distance(&date) < HALF_A_YEAR - 2) {
            return same_year;
        }
        let years = [0, -1, 1].map(|step| other.0.year() + step);
        let found = years.into_iter().filter_map(|year| Self::of(year, month, day).date);
        match found.min_by_key(distance).filter(|date| distance(date) <= HALF_A_YEAR) {
            Some(date) => Self { date: Some(date), last: None },
            None => Self::of(other.0.year(), month, day),
        }
    }

    fn of(year: i16, month: i16, day: i16) -> Self {
        let made = |day: i16| {
            let made = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
            made.map(Date)
        };
        let date = made(day);
        let last = || made(1).map(|first| Date(first.0.last_of_month()));
        Self { date, last: if date.is_none() && (29..=31).contains(&day) { last() } else { None } }
    }

    /// The date, otherwise the month's last day.
    pub(super) fn about(self) -> Option<Date> {
        self.date.or(self.last)
    }

    /// Its fault, if it has one.
    pub(super) fn problem(self, what: &str, text: &str) -> Option<Finding> {
        if self.date.is_some() {
            return None;
        }
        let change = match self.last {
            Some(last) => {
                let month = MONTHS.get(usize::from(last.0.month().unsigned_abs()) - 1).unwrap_or(&"the month");
                format!("the last day of {month} ({}) is meant", last.0)
            }
            None => "ask the bank for the file again".to_owned(),
        };
        Some(Finding::warning(Rule::Value, format!("{what} {text} is no date"), change).value(text))
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn number(text: Option<&str>) -> Option<i16> {
    text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

/// Whether it has the form of a currency's code.
pub(super) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// An amount without its sign: digits and a comma, or a point. It gets the decimals that its currency has.
///
/// # Errors
/// Its fault.
pub(super) fn amount(text: &str, currency: &str) -> Result<Decimal, &'static str> {
    let text = text.trim();
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, ""));
    let is_numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if text.is_empty() || !is_numeric(whole) || !is_numeric(fraction) || text.len() == 1 && whole.is_empty() {
        return Err("is not an amount such as 1450,05");
    }
    if fraction.len() > MAX_DECIMALS {
        return Err("has more decimals than an amount may have");
    }
    let digits = if currency == "EUR" { 2 } else { money::digits(currency) };
    let whole = whole.trim_start_matches('0');
    let mut written = String::with_capacity(whole.len() + digits.max(fraction.len()) + 2);
    written.push_str(if whole.is_empty() { "0" } else { whole });
    if digits.max(fraction.len()) > 0 {
        written.push('.');
        written.push_str(fraction);
        written.extend(std::iter::repeat_n('0', digits.saturating_sub(fraction.len())));
    }
    Decimal::new(&written).map_err(|_| "has more than 18 digits")
}

/// A currency and an amount, such as `EUR12,00`, `EUR/12,00` or an amount alone.
pub(super) fn money(text: &str, otherwise: &str) -> Option<crate::data::Money> {
    let text = text.trim().trim_end_matches('/').trim_end();
    let (currency, rest) = match text.get(..3) {
        Some(currency) if is_currency(currency) => (currency, text[3..].trim_start_matches([' ', '/'])),
        _ => (otherwise, text),
    };
    // A currency may stand behind.
    let (rest, currency) = match rest.len().checked_sub(3).filter(|at| rest.is_char_boundary(*at)) {
        Some(at) if is_currency(&rest[at..]) => (&rest[..at], &rest[at..]),
        _ => (rest, currency),
    };
    amount(rest, currency).ok().map(|amount| crate::data::Money::new(amount, currency))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dates_and_years() {
        let day = |text: &str| WrittenDate::read(text).date.map(|date| date.0.to_string());
        assert_eq!(day("261201").as_deref(), Some("2026-12-01"));
        assert_eq!(day("991231").as_deref(), Some("1999-12-31"));
        for none in ["", "26120", "2612011", "261301", "2612ab", "26é201"] {
            assert_eq!(day(none), None, "{none}");
        }
        let near = |text: &str, other: &str| {
            WrittenDate::near(text, WrittenDate::read(other).date.unwrap()).date.map(|date| date.0.to_string())
        };
        assert_eq!(near("1230", "260101").as_deref(), Some("2025-12-30"));
        assert_eq!(near("0105", "251231").as_deref(), Some("2026-01-05"));
        assert_eq!(near("0229", "270215"), None);
        let february = WrittenDate::read("280230");
        let said = february.problem("value date", "280230").unwrap();
        let words = "value date 280230 is no date; the last day of February (2028-02-29) is meant";
        assert_eq!(format!("{}; {}", said.message, said.change), words);
    }

    #[test]
    fn amounts() {
        let read = |text: &str, currency: &str| amount(text, currency).map(|read| read.as_str().to_owned());
        for (text, currency, wanted) in [
            ("500,", "EUR", "500.00"),
            ("1,5", "EUR", "1.50"),
            (",50", "EUR", "0.50"),
            ("000000001111,11", "EUR", "1111.11"),
            ("000000000300.00", "EUR", "300.00"),
            ("0,", "CHF", "0.00"),
            ("500,", "JPY", "500"),
            ("1,234", "KWD", "1.234"),
            ("1,2345", "EUR", "1.2345"),
        ] {
            assert_eq!(read(text, currency).as_deref(), Ok(wanted), "{text}");
        }
        for wrong in ["", ",", "1.234,56", "-1,00", "1,123456", "12a", &"9".repeat(19)] {
            assert!(read(wrong, "EUR").is_err(), "{wrong}");
        }
        let both = |text: &str| money(text, "EUR").map(|money| (money.amount.as_str().to_owned(), money.currency));
        for text in ["USD12,00", "USD/12,00/", "USD 12", "12,00USD"] {
            assert_eq!(both(text), Some(("12.00".to_owned(), "USD".to_owned())), "{text}");
        }
        assert_eq!(both("12,00"), Some(("12.00".to_owned(), "EUR".to_owned())));
        assert_eq!(both("twelve"), None);
    }
}
