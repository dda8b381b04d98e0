//! Simple values: the schema's requirements for a text, and the report if it does not meet them.

use regex::Regex;

use super::model::{required, unsupported};
use super::values;
use crate::fault::XmlFault;
use crate::record::XmlElement;
use crate::text::quote;

/// Texts longer than this are not matched against a pattern: all patterns of messages are much shorter.
const MAX_PATTERN_TEXT: usize = 200;

/// A simple type: a base and its restrictions.
pub(super) struct SimpleType {
    base: SimpleBase,
    choices: Vec<String>,
    patterns: Vec<ValuePattern>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    total_digits: Option<usize>,
    fraction_digits: Option<usize>,
    not_negative: bool,
}

/// The built-in types that messages restrict.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SimpleBase {
    Text,
    Boolean,
    Decimal,
    Date,
    DateTime,
    YearMonth,
    Year,
    /// Bytes in base64.
    Binary,
}

/// A pattern as it is written, and compiled.
struct ValuePattern {
    written: String,
    compiled: Regex,
}

/// The fault of a value, and what to write instead.
pub(super) struct ValueFault {
    pub(super) message: String,
    pub(super) change: String,
}

pub(super) fn wrong(message: impl Into<String>, change: impl Into<String>) -> ValueFault {
    ValueFault { message: message.into(), change: change.into() }
}

impl SimpleType {
    /// Reads an `xs:restriction`.
    pub(super) fn read(restriction: XmlElement<'_>) -> Result<Self, XmlFault> {
        let base = match required(restriction, "base")?.as_str() {
            "xs:string" => SimpleBase::Text,
            "xs:boolean" => SimpleBase::Boolean,
            "xs:decimal" => SimpleBase::Decimal,
            "xs:date" => SimpleBase::Date,
            "xs:dateTime" => SimpleBase::DateTime,
            "xs:gYearMonth" => SimpleBase::YearMonth,
            "xs:gYear" => SimpleBase::Year,
            "xs:base64Binary" => SimpleBase::Binary,
            _ => return Err(unsupported(restriction, "another base of simple values")),
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
            let value = required(facet, "value")?;
            let number = || value.parse().map_err(|_| unsupported(facet, "a facet that is no number"));
            match facet.name() {
                "enumeration" => simple.choices.push(value),
                "pattern" => {
                    let compiled = compile(&value).ok_or_else(|| unsupported(facet, "another kind of pattern"))?;
                    simple.patterns.push(ValuePattern { written: value, compiled });
                }
                "minLength" => simple.min_length = Some(number()?),
                "maxLength" => simple.max_length = Some(number()?),
                "totalDigits" => simple.total_digits = Some(number()?),
                "fractionDigits" => simple.fraction_digits = Some(number()?),
                "minInclusive" if value == "0" => simple.not_negative = true,
                _ => return Err(unsupported(facet, "another facet")),
            }
        }
        Ok(simple)
    }

    pub(super) fn base_name(&self) -> &'static str {
        match self.base {
            SimpleBase::Text => "string",
            SimpleBase::Boolean => "boolean",
            SimpleBase::Decimal => "decimal",
            SimpleBase::Date => "date",
            SimpleBase::DateTime => "dateTime",
            SimpleBase::YearMonth => "gYearMonth",
            SimpleBase::Year => "gYear",
            SimpleBase::Binary => "base64Binary",
        }
    }

    pub(super) fn choices(&self) -> &[String] {
        &self.choices
    }

    pub(super) fn pattern(&self) -> Option<&str> {
        self.patterns.first().map(|one| one.written.as_str())
    }

    pub(super) fn max_length(&self) -> Option<usize> {
        self.max_length
    }

    pub(super) fn digits(&self) -> (Option<usize>, Option<usize>) {
        (self.total_digits, self.fraction_digits)
    }

    /// Checks a value; `None` if it is right.
    pub(super) fn check(&self, value: &str) -> Option<ValueFault> {
        let collapsed = value.trim_matches(crate::attributes::BLANKS);
        match self.base {
            SimpleBase::Text => self.text(value),
            SimpleBase::Boolean => values::boolean(collapsed),
            SimpleBase::Decimal => self.decimal(collapsed),
            SimpleBase::Date => values::date(collapsed),
            SimpleBase::DateTime => values::date_time(collapsed),
            SimpleBase::YearMonth => values::year_month(collapsed),
            SimpleBase::Year => values::year(collapsed),
            SimpleBase::Binary => self.binary(collapsed),
        }
    }

    /// Bytes in base64, whose number is limited.
    fn binary(&self, value: &str) -> Option<ValueFault> {
        let Some(bytes) = values::base64_bytes(value) else {
            return Some(wrong(format!("holds {}, which is not base64", quote(value)), "write the bytes in base64"));
        };
        if let Some(max) = self.max_length.filter(|max| bytes > *max) {
            return Some(wrong(format!("has {bytes} bytes in base64"), format!("shorten it to {max}")));
        }
        let min = self.min_length.filter(|min| bytes < *min)?;
        Some(wrong(format!("has {bytes} bytes in base64"), format!("write at least {min}")))
    }

    fn text(&self, value: &str) -> Option<ValueFault> {
        if value.is_empty()
            && (self.min_length.is_some_and(|min| min > 0) || !self.choices.is_empty() || !self.patterns.is_empty())
        {
            return Some(wrong("is empty", format!("fill it in{} or leave the element out", self.example())));
        }
        let length = if value.len() <= self.max_length.unwrap_or(usize::MAX) && self.min_length.unwrap_or(1) <= 1 {
            // No text has more characters than bytes.
            value.len()
        } else {
            value.chars().count()
        };
        if let Some(max) = self.max_length.filter(|max| length > *max) {
            return Some(wrong(format!("has {length} characters: {}", quote(value)), format!("shorten it to {max}")));
        }
        if let Some(min) = self.min_length.filter(|min| length < *min) {
            return Some(wrong(format!("has {length} characters: {}", quote(value)), format!("write at least {min}")));
        }
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == value) {
            return Some(wrong(
                format!("holds {}, which is not an allowed value", quote(value)),
                format!("use {}", one_of(&self.choices)),
            ));
        }
        let matches = |pattern: &ValuePattern| value.len() <= MAX_PATTERN_TEXT && pattern.compiled.is_match(value);
        if !self.patterns.is_empty() && !self.patterns.iter().any(matches) {
            return Some(self.misformed(value));
        }
        None
    }

    fn misformed(&self, value: &str) -> ValueFault {
        let without_blanks: String = value.chars().filter(|c| !c.is_whitespace()).take(MAX_PATTERN_TEXT).collect();
        let has_blanks = value.contains(char::is_whitespace);
        let advice = if has_blanks && self.patterns.iter().any(|one| one.compiled.is_match(&without_blanks)) {
            "remove the blanks".to_owned()
        } else {
            self.form()
        };
        wrong(format!("holds {}, which is not written as it must be", quote(value)), advice)
    }

    fn decimal(&self, value: &str) -> Option<ValueFault> {
        let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !numeric(whole) || !numeric(fraction) {
            let change = if value.contains(',') {
                "write a decimal point and no thousands separator, as in 1450.05"
            } else {
                "write digits and a decimal point, as in 1450.05"
            };
            return Some(wrong(format!("holds {}, which is not a number", quote(value)), change));
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        if self.not_negative && value.starts_with('-') && !(whole.is_empty() && fraction.is_empty()) {
            return Some(wrong(
                format!("holds {}, which is negative", quote(value)),
                "write the amount without a sign",
            ));
        }
        let too_many = |max: &usize, count: usize, what: &str| {
            Some(wrong(format!("holds {}, with {count} {what}", quote(value)), format!("use at most {max}")))
        };
        if let Some(max) = self.fraction_digits.filter(|max| fraction.len() > *max) {
            return too_many(&max, fraction.len(), "decimals");
        }
        let count = whole.len() + fraction.len();
        self.total_digits.filter(|max| count > *max).and_then(|max| too_many(&max, count, "digits"))
    }

    /// The required form, in words if the pattern is known.
    fn form(&self) -> String {
        let Some(ValuePattern { written, .. }) = self.patterns.first() else {
            return "correct it".into();
        };
        match written.as_str() {
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

/// A pattern of XML Schema, which is matched as a whole; `None` if the library writes a part of it otherwise.
fn compile(pattern: &str) -> Option<Regex> {
    let mut in_class = false;
    let mut chars = pattern.chars().peekable();
    while let Some(one) = chars.next() {
        match one {
            // Of the escaped characters, letters are classes, some of which only one of the two knows.
            '\\' if chars.next()?.is_ascii_alphabetic() => return None,
            '\\' => {}
            // A class in a class, and signs with a meaning to one of the two.
            '[' if in_class => return None,
            '&' | '~' if in_class => return None,
            '^' | '$' if !in_class => return None,
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
    }
    Regex::new(&format!("^(?:{pattern})$")).ok()
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
