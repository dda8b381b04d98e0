//! The fields of a record, by their positions from 1; what cannot be read is a problem with its line.

use bankchannel_foundation::model::{Date, Decimal};
use jiff::civil;

use super::records::{RawRecord, RecordEncoding};
use crate::cash::Direction;
use crate::data::{Moment, Money, read_moment};
use crate::rules::{Finding, Rule};

/// A record being read.
pub(super) struct RecordFields<'r> {
    record: &'r RawRecord,
    encoding: RecordEncoding,
    /// The path of its problems.
    path: String,
    pub(super) problems: Vec<Finding>,
}

/// What to do about a value that cannot be read.
const CHANGE: &str = "ask the bank for the right file";

impl<'r> RecordFields<'r> {
    pub(super) fn new(record: &'r RawRecord, encoding: RecordEncoding, path: String) -> Self {
        let mut fields = Self { record, encoding, path, problems: Vec::new() };
        if let Some(fault) = record.fault {
            fields.fault("", "", fault);
        }
        fields
    }

    pub(super) fn line(&self) -> u64 {
        self.record.line
    }

    /// The bytes of the record.
    pub(super) fn length(&self) -> usize {
        self.record.bytes.len()
    }

    /// Notes a problem of a field; the record's own if it has no name.
    pub(super) fn fault(&mut self, name: &str, value: &str, message: &str) {
        let path = if name.is_empty() { self.path.clone() } else { format!("{}/{name}", self.path) };
        let found = Finding::warning(Rule::Value, message, CHANGE);
        self.problems.push(found.value(value).line(self.record.line).path(&path));
    }

    /// Notes that the record is shorter than its fields need.
    pub(super) fn expect_length(&mut self, least: usize) {
        if self.record.bytes.len() < least {
            let message =
                format!("the record is cut: it has {} of at least {least} characters", self.record.bytes.len());
            self.fault("", "", &message);
        }
    }

    fn bytes(&self, from: usize, to: usize) -> &'r [u8] {
        let bytes = &self.record.bytes;
        &bytes[(from - 1).min(bytes.len())..to.min(bytes.len())]
    }

    /// The character at a position; a blank behind the end.
    pub(super) fn at(&self, place: usize) -> char {
        self.bytes(place, place).first().map_or(' ', |byte| char::from(*byte))
    }

    /// The text there, without blanks around it.
    pub(super) fn text(&self, from: usize, to: usize) -> Option<String> {
        let text = self.encoding.text(self.bytes(from, to));
        Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Lines of 35 characters from a position to the end.
    pub(super) fn lines(&self, from: usize, width: usize) -> impl Iterator<Item = String> {
        let encoding = self.encoding;
        let lines = self.bytes(from, self.record.bytes.len().max(from)).chunks(width);
        lines.map(move |line| encoding.text(line).trim().to_owned()).filter(|line| !line.is_empty())
    }

    /// A date `YYMMDD`; zeros and blanks are none.
    pub(super) fn date(&mut self, from: usize, name: &str) -> Option<Date> {
        let bytes = self.bytes(from, from + 5);
        if bytes.iter().all(|byte| matches!(byte, b'0' | b' ')) {
            return None;
        }
        let two = |at: usize| std::str::from_utf8(bytes.get(at..at + 2)?).ok()?.parse::<u8>().ok();
        let read = || {
            let (year, month, day) = (two(0)?, two(2)?, two(4)?);
            let century = if year < 80 { 2000 } else { 1900 };
            civil::Date::new(century + i16::from(year), i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
        };
        let date = read().filter(|_| bytes.iter().all(u8::is_ascii_digit));
        if date.is_none() {
            let shown = self.encoding.text(bytes);
            self.fault(name, &shown, "is not a date of the form YYMMDD");
        }
        date.map(Date)
    }

    /// A date with its time `HHMM` at another place.
    pub(super) fn moment(&mut self, date: usize, time: usize, name: &str) -> Option<Moment> {
        let date = self.date(date, name)?;
        let clock = self.text(time, time + 3);
        let at = clock.and_then(|clock| read_moment(&format!("{}T{}:{}:00", date.0, clock.get(..2)?, clock.get(2..)?)));
        Some(at.unwrap_or_else(|| Moment::on(date)))
    }

    fn number(&mut self, from: usize, to: usize, name: &str, what: &str) -> Option<i64> {
        let bytes = self.bytes(from, to);
        let is_whole = bytes.len() == to + 1 - from && bytes.iter().all(u8::is_ascii_digit);
        // At most 18 digits, which fit.
        let number = is_whole.then(|| bytes.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')));
        if number.is_none() {
            let shown = self.encoding.text(bytes);
            self.fault(name, &shown, what);
        }
        number
    }

    /// A whole number.
    pub(super) fn count(&mut self, from: usize, to: usize, name: &str) -> Option<u64> {
        self.number(from, to, name, "is not a whole number").and_then(|number| u64::try_from(number).ok())
    }

    /// An amount without its sign, in hundredths.
    pub(super) fn cents(&mut self, from: usize, to: usize, name: &str) -> Option<i64> {
        self.number(from, to, name, "is not an amount: it has other characters than digits")
    }

    /// An amount behind its sign, with the direction.
    pub(super) fn signed(&mut self, sign: usize, to: usize, name: &str) -> Option<(Decimal, Direction)> {
        let cents = self.cents(sign + 1, to, name)?;
        match self.at(sign) {
            '+' | ' ' => Some((Decimal::from_cents(cents), Direction::Credit)),
            '-' => Some((Decimal::from_cents(-cents), Direction::Debit)),
            other => {
                self.fault(name, &other.to_string(), "is not the sign of an amount");
                None
            }
        }
    }

    /// The same with a currency.
    pub(super) fn money(&mut self, sign: usize, to: usize, currency: &str, name: &str) -> Option<(Money, Direction)> {
        let (amount, direction) = self.signed(sign, to, name)?;
        Some((Money::new(amount, currency), direction))
    }

    /// A rate with seven decimals.
    pub(super) fn rate(&mut self, from: usize, to: usize, name: &str) -> Option<Decimal> {
        const UNIT: i64 = 10_000_000;
        self.text(from, to)?;
        let number = self.number(from, to, name, "is not a rate")?;
        Decimal::new(&format!("{}.{:07}", number / UNIT, number % UNIT)).ok()
    }
}
