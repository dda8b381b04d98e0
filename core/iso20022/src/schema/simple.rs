//! Simple values: the schema's requirements for a text, and the report if it does not meet them.

use jiff::civil::{Date, DateTime};
use uppsala::XsdRegex;

use crate::amount::{AmountError, parse_cents};
use crate::text::quote;
use crate::xml::Node;

/// Texts longer than this are not matched against a pattern: all patterns of these schemas are much shorter.
const MAX_PATTERN_TEXT: usize = 200;

/// A simple type: a base and its restrictions.
pub(crate) struct Simple {
    base: Base,
    choices: Vec<String>,
    patterns: Vec<(String, XsdRegex)>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    total_digits: Option<usize>,
    fraction_digits: Option<usize>,
    not_negative: bool,
}

/// The built-in types that ISO 20022 schemas restrict.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Text,
    Boolean,
    Decimal,
    Date,
    DateTime,
    /// Checked by the library validator alone.
    Other,
}

/// The problem with a value, and what to write instead.
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) change: String,
}

fn wrong(message: impl Into<String>, change: impl Into<String>) -> Wrong {
    Wrong { message: message.into(), change: change.into() }
}

impl Simple {
    /// Reads an `xs:restriction`; `None` if it has an unsupported part.
    pub(crate) fn read(restriction: Node<'_>) -> Option<Self> {
        let base = match restriction.attribute("base")? {
            "xs:string" => Base::Text,
            "xs:boolean" => Base::Boolean,
            "xs:decimal" => Base::Decimal,
            "xs:date" => Base::Date,
            "xs:dateTime" => Base::DateTime,
            _ => Base::Other,
        };
        let mut simple = Self {
            base,
            choices: Vec::new(),
            patterns: Vec::new(),
            min_length: None,
            max_length: None,
            total_digits: None,
            fraction_digits: None,
            not_negative: false,
        };
        for facet in restriction.children() {
            let value = facet.attribute("value")?;
            match facet.name() {
                "enumeration" => simple.choices.push(value.to_owned()),
                "pattern" => simple.patterns.push((value.to_owned(), XsdRegex::compile(value).ok()?)),
                "minLength" => simple.min_length = Some(value.parse().ok()?),
                "maxLength" => simple.max_length = Some(value.parse().ok()?),
                "totalDigits" => simple.total_digits = Some(value.parse().ok()?),
                "fractionDigits" => simple.fraction_digits = Some(value.parse().ok()?),
                "minInclusive" => simple.not_negative = parse_cents(value) == Ok(0),
                _ => return None,
            }
        }
        Some(simple)
    }

    /// Checks a value; `None` if it has no problem (or only the library can tell).
    pub(crate) fn check(&self, value: &str) -> Option<Wrong> {
        match self.base {
            Base::Text => self.text(value),
            Base::Boolean => boolean(value.trim_matches(XML_BLANKS)),
            Base::Decimal => self.decimal(value.trim_matches(XML_BLANKS)),
            Base::Date => date(value.trim_matches(XML_BLANKS)),
            Base::DateTime => date_time(value.trim_matches(XML_BLANKS)),
            Base::Other => None,
        }
    }

    fn text(&self, value: &str) -> Option<Wrong> {
        let length = value.chars().count();
        let shown = quote(value);
        if value.is_empty()
            && (self.min_length.is_some_and(|min| min > 0) || !self.choices.is_empty() || !self.patterns.is_empty())
        {
            return Some(wrong("is empty", format!("fill it in{} or leave the element out", self.example())));
        }
        if let Some(max) = self.max_length.filter(|max| length > *max) {
            return Some(wrong(format!("has {length} characters: {shown}"), format!("shorten it to {max}")));
        }
        if let Some(min) = self.min_length.filter(|min| length < *min) {
            return Some(wrong(format!("has {length} characters: {shown}"), format!("write at least {min}")));
        }
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == value) {
            return Some(wrong(
                format!("holds {shown}, which is not an allowed value"),
                format!("use {}", one_of(&self.choices)),
            ));
        }
        let matches = |regex: &XsdRegex| length <= MAX_PATTERN_TEXT && regex.is_match(value);
        if !self.patterns.is_empty() && !self.patterns.iter().any(|(_, regex)| matches(regex)) {
            let blanks = value.contains(char::is_whitespace);
            let advice = if blanks && self.patterns.iter().any(|(_, regex)| regex.is_match(&without_blanks(value))) {
                "remove the blanks".to_owned()
            } else {
                self.form()
            };
            return Some(wrong(format!("holds {shown}, which is not written as it must be"), advice));
        }
        None
    }

    fn decimal(&self, value: &str) -> Option<Wrong> {
        let shown = quote(value);
        if parse_cents(value) == Err(AmountError::NotANumber) {
            let change = if value.contains(',') {
                "write a decimal point and no thousands separator, as in 1450.05"
            } else {
                "write digits and a decimal point, as in 1450.05"
            };
            return Some(wrong(format!("holds {shown}, which is not a number"), change));
        }
        let digits = value.trim_start_matches(['+', '-']);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        if self.not_negative && value.starts_with('-') && !(whole.is_empty() && fraction.is_empty()) {
            return Some(wrong(format!("holds {shown}, which is negative"), "write the amount without a sign"));
        }
        if let Some(max) = self.fraction_digits.filter(|max| fraction.len() > *max) {
            return Some(wrong(
                format!("holds {shown}, with {} decimals", fraction.len()),
                format!("use at most {max}"),
            ));
        }
        if let Some(max) = self.total_digits.filter(|max| whole.len() + fraction.len() > *max) {
            return Some(wrong(
                format!("holds {shown}, with {} digits", whole.len() + fraction.len()),
                format!("use at most {max}"),
            ));
        }
        None
    }

    /// The required form, in words if the pattern is known.
    fn form(&self) -> String {
        let Some((pattern, _)) = self.patterns.first() else {
            return "correct it".into();
        };
        match pattern.as_str() {
            "[A-Z]{3,3}" => "write three capital letters, as in EUR".into(),
            "[A-Z]{2,2}" => "write two capital letters, as in FI".into(),
            "[A-Z]{2,2}[0-9]{2,2}[a-zA-Z0-9]{1,30}" => "write an IBAN without blanks, as in FI2112345600000785".into(),
            "[0-9]{1,15}" => "write digits only, as in 2".into(),
            p if p.starts_with("[a-f0-9]{8}-") => {
                "write a version 4 UUID in small letters, as in 6f9d3c52-8a41-4c1e-9b7d-2e5f0a716c38".into()
            }
            p if p.contains("([A-Z0-9]{3,3}){0,1}") => {
                "write a BIC of 8 or 11 capital letters and digits, as in NDEAFIHH".into()
            }
            other => format!("write it as the pattern {other} demands"),
        }
    }

    fn example(&self) -> String {
        match self.choices.first() {
            Some(choice) => format!(" (for example {choice})"),
            None => String::new(),
        }
    }
}

const XML_BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

fn boolean(value: &str) -> Option<Wrong> {
    (!matches!(value, "true" | "false" | "1" | "0"))
        .then(|| wrong(format!("holds {}, which is not true or false", quote(value)), "write true or false"))
}

fn date(value: &str) -> Option<Wrong> {
    let day = value.get(..10).unwrap_or(value);
    let good = plain_date(day) && zone(&value[day.len()..]);
    (!good && !unusual(value)).then(|| {
        wrong(format!("holds {}, which is not a date", quote(value)), "write it as year-month-day, as in 2026-07-21")
    })
}

fn date_time(value: &str) -> Option<Wrong> {
    let good = value.len() >= 19
        && value.is_char_boundary(19)
        && value.as_bytes()[10] == b'T'
        && value[..19].parse::<DateTime>().is_ok()
        && plain_date(&value[..10])
        && zone(fraction(&value[19..]));
    let advice = "write it as date, T and time, as in 2026-07-19T09:00:00Z";
    (!good && !unusual(value)).then(|| wrong(format!("holds {}, which is not a date and time", quote(value)), advice))
}

fn plain_date(day: &str) -> bool {
    day.len() == 10 && day.as_bytes()[4] == b'-' && day.as_bytes()[7] == b'-' && day.parse::<Date>().is_ok()
}

/// Forms that XML Schema allows but that are not used (years before 1 or after 9999, midnight as 24:00): left to the
/// library.
fn unusual(value: &str) -> bool {
    let unsigned = value.trim_start_matches('-');
    let year = unsigned.split('-').next().unwrap_or_default();
    let long_year = year.len() > 4 && year.bytes().all(|b| b.is_ascii_digit());
    unsigned.len() < value.len() || long_year || year == "0000" || value.contains("T24:00:00")
}

fn fraction(rest: &str) -> &str {
    match rest.strip_prefix('.') {
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            digits.trim_start_matches(|c: char| c.is_ascii_digit())
        }
        _ => rest,
    }
}

/// Nothing, `Z`, or an offset up to 14:00.
fn zone(rest: &str) -> bool {
    if rest.is_empty() || rest == "Z" {
        return true;
    }
    let Some((hours, minutes)) = rest.strip_prefix(['+', '-']).and_then(|offset| offset.split_once(':')) else {
        return false;
    };
    let number = |text: &str| {
        (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u32>().ok()).flatten()
    };
    match (number(hours), number(minutes)) {
        (Some(hours), Some(minutes)) => minutes < 60 && hours * 60 + minutes <= 14 * 60,
        _ => false,
    }
}

fn one_of(choices: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = if choices.len() > SHOWN { ", …" } else { "" };
    let shown: Vec<&str> = choices.iter().take(SHOWN).map(String::as_str).collect();
    match shown.len() {
        1 => shown[0].to_owned(),
        _ => format!("one of {}{more}", shown.join(", ")),
    }
}

fn without_blanks(value: &str) -> String {
    value.chars().filter(|c| !c.is_whitespace()).take(MAX_PATTERN_TEXT).collect()
}
