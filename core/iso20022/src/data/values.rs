//! From the text of elements to typed values; unreadable values are noted and left out.

use bankchannel_foundation::model::{Date, Decimal, Timestamp};
use jiff::civil;

use super::{Code, Moment, Money};
use crate::cash::MAX_HELD;
use crate::rules::{Finding, Rule};
use bankchannel_xml::{XmlElement, XmlRefusal};

/// Maximum number of problems noted for one entry, statement or transaction.
const MAX_PROBLEMS: usize = 50;
/// Maximum number of decimals of an amount by the schemas; some programs write those of a binary number.
const MAX_DECIMALS: usize = 5;
/// Maximum number of problems in one list: of an entry with its transactions, or of a whole payment file.
const MAX_LISTED: usize = 1000;

/// The number of transactions, reports and batches in memory.
pub(crate) struct HeldCount {
    count: usize,
    max: usize,
}

impl Default for HeldCount {
    fn default() -> Self {
        Self::up_to(MAX_HELD)
    }
}

impl HeldCount {
    pub(crate) fn up_to(max: usize) -> Self {
        Self { count: 0, max }
    }

    /// Nothing counted yet, with the same limit.
    pub(crate) fn anew(&self) -> Self {
        Self::up_to(self.max)
    }

    /// Counts one more.
    pub(crate) fn add(&mut self) -> Result<(), XmlRefusal> {
        self.count += 1;
        if self.count <= self.max {
            return Ok(());
        }
        let message = format!("the file has more than {} transactions and batches", self.max);
        Err(XmlRefusal::new(message, "split it into several"))
    }
}

/// Reads the values of one element and collects their problems.
pub(crate) struct ElementValues<'r> {
    /// The element at which paths start.
    root: XmlElement<'r>,
    /// The path of that element from the root of the document; called for problems only.
    base: &'r dyn Fn() -> String,
    /// The problems so far.
    pub(crate) problems: Vec<Finding>,
}

impl<'r> ElementValues<'r> {
    pub(crate) fn new(root: XmlElement<'r>, base: &'r dyn Fn() -> String) -> Self {
        Self { root, base, problems: Vec::new() }
    }

    /// Notes a problem of an element.
    pub(crate) fn note_fault(&mut self, element: XmlElement<'_>, value: &str, message: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            let found = Finding::warning(Rule::Value, message, "ask whoever made the file to correct it");
            let path = (self.base)() + &self.root.path_to(element);
            self.problems.push(found.value(value).line(element.line()).path(&path));
        }
    }

    /// Appends the problems to others.
    pub(crate) fn move_to(self, problems: &mut Vec<Finding>) {
        keep(self.problems, problems);
    }

    /// An amount with the currency of its attribute, as it is written.
    pub(crate) fn money(&mut self, element: XmlElement<'_>) -> Option<Money> {
        let currency = element.attribute("Ccy").unwrap_or_default();
        let currency = currency.trim();
        if !(currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase())) {
            self.note_fault(element, currency, "the currency is not a code of three capital letters");
        }
        let amount = self.decimal(element)?;
        let decimals = amount.as_str().split_once('.').map_or(0, |(_, fraction)| fraction.len());
        if decimals > MAX_DECIMALS {
            self.note_fault(element, element.text(), "has more decimals than an amount may have");
        }
        Some(Money { amount, currency: currency.to_owned() })
    }

    /// An amount that should have no sign; a sign is kept and noted.
    pub(crate) fn unsigned(&mut self, element: XmlElement<'_>) -> Option<Money> {
        if element.text().starts_with('-') {
            self.note_fault(element, element.text(), "the amount has a sign, which only the direction should have");
        }
        self.money(element)
    }

    /// An amount with the sign of its direction: a debit is negative.
    pub(crate) fn signed(&mut self, element: XmlElement<'_>, debit: bool) -> Option<Money> {
        self.unsigned(element).map(|money| money.directed(debit))
    }

    /// A decimal number; blanks, a plus, leading zeros and a trailing point are tolerated.
    pub(crate) fn decimal(&mut self, element: XmlElement<'_>) -> Option<Decimal> {
        let text = element.text();
        match decimal(text) {
            Ok(read) => Some(read),
            Err(message) => {
                self.note_fault(element, text, message);
                None
            }
        }
    }

    /// A date or a date and time.
    pub(crate) fn moment(&mut self, element: XmlElement<'_>) -> Option<Moment> {
        let text = element.text();
        if text.is_empty() {
            return None;
        }
        let read = moment(text);
        if read.is_none() {
            self.note_fault(element, text, "is neither a date nor a date with time such as 2026-11-20T08:00:00+02:00");
        }
        read
    }

    /// The moment in an element that holds a choice of `Dt` and `DtTm`, or the moment itself.
    pub(crate) fn choice(&mut self, element: XmlElement<'_>) -> Option<Moment> {
        self.moment(element.child("Dt").or_else(|| element.child("DtTm")).unwrap_or(element))
    }

    /// `true`, `false`, `1` or `0`.
    pub(crate) fn flag(&mut self, element: XmlElement<'_>, path: &str) -> Option<bool> {
        let found = element.find(path)?;
        match found.text() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            "" => None,
            other => {
                self.note_fault(found, other, "is neither true nor false");
                None
            }
        }
    }

    /// A whole number from 0.
    pub(crate) fn count(&mut self, element: XmlElement<'_>, path: &str) -> Option<u64> {
        /// The largest integer that every language's number type holds exactly.
        const MAX: u64 = 1 << 53;
        let found = element.find(path)?;
        let text = found.text();
        let read = text.parse().ok().filter(|number| *number <= MAX);
        if read.is_none() && !text.is_empty() {
            self.note_fault(found, text, "is not a whole number");
        }
        read
    }
}

impl Money {
    /// The same with the sign of its direction: a debit is negative. An existing sign is kept.
    pub(crate) fn directed(self, debit: bool) -> Self {
        let text = self.amount.as_str();
        if !debit || text.starts_with('-') || text.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
            return self;
        }
        Self { amount: Decimal::new(&format!("-{text}")).unwrap_or(self.amount), currency: self.currency }
    }
}

impl Code {
    /// Reads a choice of `Cd` and `Prtry`, or an element that contains the code itself.
    pub(crate) fn read(element: Option<XmlElement<'_>>, meaning: fn(&str) -> Option<&'static str>) -> Option<Self> {
        let element = element?;
        let (code, proprietary) = match element.value("Cd") {
            Some(code) => (code, false),
            None => match element.first(&["Prtry/Cd", "Prtry/Id", "Prtry"]) {
                Some(code) => (code, true),
                None => (Some(element.text()).filter(|text| !text.is_empty())?, false),
            },
        };
        let issuer = element.first(&["Prtry/Issr", "Issr"]).map(str::to_owned);
        let meaning = if proprietary { None } else { meaning(code).map(str::to_owned) };
        Some(Self { code: code.to_owned(), meaning, proprietary, issuer })
    }
}

/// Appends problems to others, as far as one list has them.
pub(crate) fn keep(found: Vec<Finding>, problems: &mut Vec<Finding>) {
    let room = MAX_LISTED.saturating_sub(problems.len());
    problems.extend(found.into_iter().take(room));
}

/// Whether the value of a reference means that there is none.
pub(crate) fn placeholder(text: &str) -> bool {
    const NONE: &[&str] = &["NOTPROVIDED", "NOT PROVIDED", "NOTAVAILABLE", "NOT AVAILABLE", "NONREF", "NOTPRVD"];
    text == "/" || text.starts_with(['N', 'n']) && NONE.iter().any(|none| text.eq_ignore_ascii_case(none))
}

/// Reads a decimal into the boundary's form: no plus, no leading zeros, digits on both sides of a point.
fn decimal(text: &str) -> Result<Decimal, &'static str> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || digits == "." || !numeric(whole) || !numeric(fraction) {
        return Err("is not a decimal number such as 1450.05");
    }
    let shown = whole;
    let whole = whole.trim_start_matches('0');
    if sign == "-" && whole.is_empty() && fraction.bytes().all(|byte| byte == b'0') {
        return Err("is a negative zero");
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    // Maximum number of are already in that form.
    if whole == shown && !text.starts_with('+') && !text.ends_with('.') {
        return Decimal::new(text).map_err(|_| "has more than 18 digits");
    }
    let point = if fraction.is_empty() { "" } else { "." };
    Decimal::new(&[sign, whole, point, fraction].concat()).map_err(|_| "has more than 18 digits")
}

/// Reads `2026-11-20`, with a zone or without, or `2026-11-20T08:00:00.5+02:00`, with an offset or without.
pub(crate) fn moment(text: &str) -> Option<Moment> {
    let date = |text: &str| text.parse::<civil::Date>().ok().filter(|date| text.len() == 10 && date.year() > 0);
    let (day, rest) = (date(text.get(..10)?)?, &text[10..]);
    let Some(rest) = rest.strip_prefix('T').or_else(|| rest.strip_prefix(' ')) else {
        return is_offset(rest).then_some(Moment { date: Date(day), time: None, instant: None });
    };
    let end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, offset) = rest.split_at(end);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let numeric = fraction.bytes().all(|byte| byte.is_ascii_digit()) && !fraction.is_empty();
    if clock.len() != 8 || !numeric || !is_offset(offset) {
        return None;
    }
    // The end of a day is the start of the next one.
    let (day, time) = match clock {
        "24:00:00" if fraction.bytes().all(|byte| byte == b'0') => (day.tomorrow().ok()?, "00:00:00"),
        _ => {
            // The calendar of instants has no leap seconds.
            let fits = clock.parse::<civil::Time>().is_ok() && !clock.ends_with(":60");
            (day, if fits { &time[..time.len().min("00:00:00.".len() + 9)] } else { return None })
        }
    };
    let instant = if offset.is_empty() { None } else { Timestamp::new(&format!("{day}T{time}{offset}")).ok() };
    Some(Moment { date: Date(day), time: Some(time.to_owned()), instant })
}

/// Nothing, `Z`, or an offset such as `+02:00`, of less than a day, as every language requires.
fn is_offset(text: &str) -> bool {
    let form = |byte: u8, form: u8| match form {
        b'+' => matches!(byte, b'+' | b'-'),
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    matches!(text, "" | "Z")
        || (text.len() == 6
            && text.bytes().zip(*b"+00:00").all(|(byte, wanted)| form(byte, wanted))
            && &text[1..3] <= "23"
            && &text[4..] <= "59")
}
