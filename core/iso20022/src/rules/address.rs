//! Postal addresses: the forms that banks accept from November 2026 on (EPC153-22), and errors in their fields.

use bankchannel_foundation::model::Date;
use jiff::civil::date;
use unicode_normalization::UnicodeNormalization as _;

use super::{BankProfile, Finding, HybridAddress, Level, PaymentVersion, Rule, calendar, country};
use crate::data::Address;

pub use super::suggest::{AddressSuggestion, TakenField, suggest};

/// Maximum number of lines of a hybrid address.
pub const MAX_LINES: usize = 2;

/// Maximum number of characters of a line.
pub const MAX_LINE: usize = 70;

/// How a payment is settled, which determines the date from which its addresses need town and country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressSettlement {
    /// SEPA credit transfers: from 15 November 2026, on days when TARGET is open.
    Sepa,
    /// SEPA instant credit transfers, and Swedish ones in SEK: from the same day, on every day.
    Instant,
    /// Everything else, mostly SWIFT: from 14 November 2026.
    Other,
}

/// The party of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressOf {
    /// The debtor's.
    Debtor,
    /// The creditor's.
    Creditor,
    /// An ultimate party's or a bank's.
    Other,
}

/// The payment that contains the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressCase {
    /// The party of the address.
    pub of: AddressOf,
    /// How the payment is settled.
    pub settlement: AddressSettlement,
    /// The execution date; today if unknown.
    pub execution: Date,
}

impl AddressSettlement {
    /// The first day on which payments with addresses without town or country are refused.
    pub fn required_from(self) -> Date {
        Date(match self {
            Self::Sepa | Self::Instant => date(2026, 11, 15),
            Self::Other => date(2026, 11, 14),
        })
    }

    /// The day on which banks settle a payment with that execution date: it is the decisive one (EPC153-22 §7.4).
    fn day(self, execution: Date) -> Date {
        match self {
            Self::Sepa => calendar::next_target_day(execution).unwrap_or(execution),
            Self::Instant | Self::Other => execution,
        }
    }
}

/// The problems of an address. Paths start at `PstlAdr`.
pub fn check(address: &Address, case: AddressCase, profile: &BankProfile) -> Vec<Finding> {
    let mut found = Vec::new();
    let complete = address.town.is_some() && address.country.is_some();
    if !complete {
        found.push(incomplete(address, case));
    }
    if address.town.is_some() && address.lines.len() > MAX_LINES {
        let message = format!(
            "the address has {} lines beside its town, but at most {MAX_LINES} are allowed",
            address.lines.len()
        );
        found.push(
            Finding::error(Rule::A2, message, advice(address, "put them into their structured fields")).path("AdrLine"),
        );
    }
    found.extend(address.lines.iter().filter_map(|line| repeated(address, line)));
    found.extend(address.country.as_deref().and_then(wrong_country));
    found.extend(address.town.as_deref().and_then(|town| wrong_town(address, town)));
    found.extend(wrong_post_code(address));
    found.extend(wrong_street(address));
    if complete {
        found.extend(against_profile(address, profile));
    }
    if profile.advises_no_address {
        let message = "the bank advises to leave the address out";
        found.push(Finding::new(Level::Info, Rule::A9, message, "leave it out where the account is in SEPA"));
    }
    let reason = match case.of {
        AddressOf::Debtor => Some("BE07"),
        AddressOf::Creditor => Some("BE04"),
        AddressOf::Other => None,
    };
    if let Some(reason) = reason {
        for finding in found.iter_mut().filter(|finding| finding.level == Level::Error) {
            finding.reason = Some(reason.to_owned());
        }
    }
    found
}

/// Fields that the version does not have, and values longer than it allows. A schema-valid file has none.
pub fn check_fields(address: &Address, version: PaymentVersion) -> Vec<Finding> {
    let mut found = Vec::new();
    for field in fields(address) {
        let Some(value) = field.value else { continue };
        let known = match version {
            PaymentVersion::V03 => field.since == FieldVersion::V03,
            PaymentVersion::V09 => field.since != FieldVersion::Later,
        };
        if !known {
            let (message, change) = match (version, field.since) {
                (PaymentVersion::V03, FieldVersion::V09) => (
                    format!("version 3 has no <{}>; version 9 has", field.element),
                    "make the file in version 9, or put it into a line (AdrLine)",
                ),
                _ => (format!("versions 3 and 9 have no <{}>", field.element), "put it into a line (AdrLine)"),
            };
            found.push(Finding::error(Rule::AddressField, message, change).value(value).path(field.element));
        }
        found.extend(too_long(field.element, value, field.max));
    }
    found.extend(address.lines.iter().filter_map(|line| too_long("AdrLine", line, MAX_LINE)));
    found
}

fn too_long(element: &str, value: &str, max: usize) -> Option<Finding> {
    let length = value.chars().count();
    let message = || format!("<{element}> has {length} characters, but at most {max} are allowed");
    (length > max).then(|| Finding::error(Rule::AddressField, message(), "shorten it").value(value).path(element))
}

/// A1: no town or no country.
fn incomplete(address: &Address, case: AddressCase) -> Finding {
    let missing = match (&address.town, &address.country) {
        (None, None) => "neither town (TwnNm) nor country (Ctry)",
        (None, _) => "no town (TwnNm)",
        _ => "no country (Ctry)",
    };
    let from = case.settlement.required_from();
    let refused = case.settlement.day(case.execution) >= from;
    let level = if refused { Level::Error } else { Level::Warning };
    let message = format!("the address has {missing}, which is required for payments that settle from {} on", from.0);
    let found = Finding::new(
        level,
        Rule::A1,
        message,
        advice(address, "give town and country in their own fields, or leave the address out"),
    );
    match address.lines.first() {
        Some(line) => found.value(line),
        None => found,
    }
}

/// What to change: the fields that the lines seem to contain, otherwise another text.
fn advice(address: &Address, otherwise: &str) -> String {
    match suggest(address) {
        Some(suggestion) if !suggestion.taken.is_empty() => {
            format!("the lines seem to mean {suggestion}: give these fields if that is right")
        }
        _ => otherwise.to_owned(),
    }
}

/// A3: a line repeats a structured field.
fn repeated(address: &Address, line: &str) -> Option<Finding> {
    let folded_line = folded(line);
    let holds = |value: &Option<String>| {
        let wanted = folded(value.as_deref()?);
        holds_words(&folded_line, &wanted).then_some(())
    };
    let country = || {
        let code = address.country.as_deref()?;
        let word = |part: &str| part.trim_matches(|c: char| !c.is_alphanumeric()) == code;
        let named = country::names(code).iter().any(|name| name.len() > 2 && holds_words(&folded_line, name));
        (named || line.split_whitespace().any(word)).then_some(())
    };
    let twice = [
        ("town", holds(&address.town)),
        ("post code", holds(&address.post_code)),
        ("street", holds(&address.street)),
        ("country", country()),
    ];
    let (what, ()) = twice.into_iter().find_map(|(what, found)| Some((what, found?)))?;
    let message = format!("a line of the address repeats the {what}, which has its own field");
    Some(Finding::warning(Rule::A3, message, advice(address, "remove it from the line")).value(line).path("AdrLine"))
}

/// A4: no assigned country.
fn wrong_country(code: &str) -> Option<Finding> {
    if country::is_assigned(code) {
        return None;
    }
    let change = match country::by_name(code) {
        Some(meant) => format!("write {meant}"),
        None => "write the country's two letters of ISO 3166, such as FI".to_owned(),
    };
    Some(Finding::error(Rule::A4, "the country is not an ISO 3166 code", change).value(code).path("Ctry"))
}

/// A5: no town.
fn wrong_town(address: &Address, town: &str) -> Option<Finding> {
    const PLACEHOLDERS: [&str; 7] = ["notprovided", "not provided", "n a", "na", "x", "unknown", "none"];
    let without_letters = !town.chars().any(char::is_alphabetic);
    if without_letters || PLACEHOLDERS.contains(&folded(town).as_str()) {
        let found = Finding::error(
            Rule::A5,
            "the town is not the name of a town",
            "give the town's name, or leave the address out",
        );
        return Some(found.value(town).path("TwnNm"));
    }
    let form = country::post_code_form(address.country.as_deref()?)?;
    let length = country::post_code_length(form, town)?;
    let name = town.get(length..).filter(|rest| rest.starts_with(' '))?.trim();
    let change = format!("write the post code into <PstCd> and {} into <TwnNm>", crate::text::quote(name));
    Some(Finding::warning(Rule::A5, "the town begins with a post code", change).value(town).path("TwnNm"))
}

/// A6: the post code does not have its country's form.
fn wrong_post_code(address: &Address) -> Option<Finding> {
    let (code, country) = (address.post_code.as_deref()?, address.country.as_deref()?);
    if country::fits_post_code(country, code) {
        return None;
    }
    let form = country::post_code_form(country)?;
    let message = format!("post codes of {country} are written {form} (9 is a digit, A a letter)");
    Some(Finding::warning(Rule::A6, message, "compare it with the address").value(code).path("PstCd"))
}

/// A7: number or town in the street.
fn wrong_street(address: &Address) -> Option<Finding> {
    let street = address.street.as_deref()?;
    let found = |message: &str, change: &str| Finding::warning(Rule::A7, message, change).value(street).path("StrtNm");
    if let Some(number) = address.building_number.as_deref()
        && holds_words(&folded(street), &folded(number))
    {
        return Some(found("the street repeats the number of the building", "remove the number from <StrtNm>"));
    }
    let town = street.rsplit_once(',').map(|(_, town)| town.trim()).filter(|town| !town.is_empty());
    let named = town.is_some_and(|town| town.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-')));
    named.then(|| found("the street seems to end with a town", "write the town into <TwnNm> only"))
}

/// A8: the profile's rule for hybrid addresses.
fn against_profile(address: &Address, profile: &BankProfile) -> Option<Finding> {
    match profile.hybrid_address {
        HybridAddress::Forbidden if !address.lines.is_empty() => {
            let change = advice(address, "put the lines into structured fields, or leave them out");
            Some(Finding::error(Rule::A8, "the bank takes no lines beside structured fields", change).path("AdrLine"))
        }
        HybridAddress::NeedsLine
            if address.lines.is_empty() && address.street.is_none() && address.post_box.is_none() =>
        {
            let message = "the bank wants at least one line beside town and country";
            Some(Finding::error(Rule::A8, message, "write the street into a line (AdrLine)"))
        }
        _ => None,
    }
}

/// Lower case without accents, words separated by one blank: the form in which parts of addresses are compared.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether a text contains words as a whole; both are folded.
fn holds_words(text: &str, words: &str) -> bool {
    !words.is_empty() && format!(" {text} ").contains(&format!(" {words} "))
}

/// The version that introduced a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldVersion {
    V03,
    V09,
    Later,
}

struct AddressField<'a> {
    element: &'static str,
    max: usize,
    since: FieldVersion,
    value: Option<&'a str>,
}

fn field<'a>(element: &'static str, max: usize, since: FieldVersion, value: &'a Option<String>) -> AddressField<'a> {
    AddressField { element, max, since, value: value.as_deref() }
}

/// The structured fields: element, most characters, version.
fn fields(address: &Address) -> [AddressField<'_>; 16] {
    [
        field("CareOf", 140, FieldVersion::Later, &address.care_of),
        field("Dept", 70, FieldVersion::V03, &address.department),
        field("SubDept", 70, FieldVersion::V03, &address.sub_department),
        field("StrtNm", 70, FieldVersion::V03, &address.street),
        field("BldgNb", 16, FieldVersion::V03, &address.building_number),
        field("BldgNm", 35, FieldVersion::V09, &address.building_name),
        field("Flr", 70, FieldVersion::V09, &address.floor),
        field("UnitNb", 16, FieldVersion::Later, &address.unit),
        field("PstBx", 16, FieldVersion::V09, &address.post_box),
        field("Room", 70, FieldVersion::V09, &address.room),
        field("PstCd", 16, FieldVersion::V03, &address.post_code),
        field("TwnNm", 35, FieldVersion::V03, &address.town),
        field("TwnLctnNm", 35, FieldVersion::V09, &address.town_location),
        field("DstrctNm", 35, FieldVersion::V09, &address.district),
        field("CtrySubDvsn", 35, FieldVersion::V03, &address.country_sub_division),
        field("Ctry", 2, FieldVersion::V03, &address.country),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn case(settlement: AddressSettlement, day: &str) -> AddressCase {
        AddressCase { of: AddressOf::Creditor, settlement, execution: Date(day.parse().unwrap()) }
    }

    fn address(town: &str, country: &str, lines: &[&str]) -> Address {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Address {
            town: given(town),
            country: given(country),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..Address::default()
        }
    }

    /// Rules and levels, for SEPA after the date.
    fn found(address: &Address) -> Vec<(String, Level)> {
        let findings = check(address, case(AddressSettlement::Sepa, "2026-12-01"), &BankProfile::default());
        findings.into_iter().map(|finding| (finding.rule, finding.level)).collect()
    }

    fn one(rule: &str, level: Level) -> Vec<(String, Level)> {
        vec![(rule.to_owned(), level)]
    }

    /// Case ISO-041.
    #[test]
    fn forms_that_are_allowed() {
        let full = Address {
            street: Some("Mannerheimintie".into()),
            building_number: Some("12".into()),
            post_code: Some("00100".into()),
            ..address("Helsinki", "FI", &[])
        };
        for good in [full, address("Helsinki", "FI", &[]), address("Helsinki", "FI", &["Mannerheimintie 12", "B 3"])] {
            assert_eq!(found(&good), [], "{good:?}");
        }
    }

    /// Cases ISO-042 and ISO-043.
    #[test]
    fn the_date_decides() {
        let lines = address("", "", &["Mannerheimintie 12", "00100 Helsinki"]);
        for (settlement, day, level) in [
            (AddressSettlement::Sepa, "2026-11-13", Level::Warning),
            (AddressSettlement::Sepa, "2026-11-16", Level::Error),
            // A Saturday: settled on the following Monday.
            (AddressSettlement::Sepa, "2026-11-14", Level::Error),
            (AddressSettlement::Instant, "2026-11-14", Level::Warning),
            (AddressSettlement::Instant, "2026-11-15", Level::Error),
            (AddressSettlement::Other, "2026-11-13", Level::Warning),
            (AddressSettlement::Other, "2026-11-14", Level::Error),
        ] {
            let findings = check(&lines, case(settlement, day), &BankProfile::default());
            let [finding] = findings.as_slice() else { panic!("{findings:?}") };
            assert_eq!((finding.rule.as_str(), finding.level), ("A1", level), "{settlement:?} {day}");
            let from = if settlement == AddressSettlement::Other { "2026-11-14" } else { "2026-11-15" };
            assert!(finding.message.contains(from), "{}", finding.message);
        }
    }

    /// Cases ISO-044 to ISO-047 and ISO-050.
    #[test]
    fn each_rule() {
        assert_eq!(found(&address("", "FI", &["Katu 1"])), one("A1", Level::Error));
        assert_eq!(found(&address("Helsinki", "", &[])), one("A1", Level::Error));
        assert_eq!(found(&address("Helsinki", "FI", &["a", "b", "c"])), one("A2", Level::Error));
        assert_eq!(found(&address("Helsinki", "FI", &["00100 HELSINKI"])), one("A3", Level::Warning));
        assert_eq!(found(&address("Helsinki", "FI", &["Katu 1, Suomi"])), one("A3", Level::Warning));
        assert_eq!(found(&address("Paris", "FR", &["Rue de France"])), one("A3", Level::Warning));
        assert_eq!(found(&address("Berlin", "DE", &["Avenida de Mayo"])), []);
        assert_eq!(found(&address("London", "UK", &[])), one("A4", Level::Error));
        assert_eq!(found(&address("00100", "FI", &[])), one("A5", Level::Error));
        assert_eq!(found(&address("N/A", "FI", &[])), one("A5", Level::Error));
        assert_eq!(found(&address("00100 Helsinki", "FI", &[])), one("A5", Level::Warning));
        assert_eq!(
            found(&Address { post_code: Some("0010".into()), ..address("Helsinki", "FI", &[]) }),
            one("A6", Level::Warning)
        );
        let street = |street: &str| Address {
            street: Some(street.into()),
            building_number: Some("12".into()),
            ..address("Helsinki", "FI", &[])
        };
        assert_eq!(found(&street("Katu 12")), one("A7", Level::Warning));
        assert_eq!(found(&street("Katu, Helsinki")), one("A7", Level::Warning));
        assert_eq!(found(&street("Katu 120")), []);

        let by = |profile: BankProfile, address: &Address| {
            check(address, case(AddressSettlement::Sepa, "2026-12-01"), &profile)
                .into_iter()
                .map(|one| (one.rule, one.level))
                .collect::<Vec<_>>()
        };
        let hybrid = address("Helsinki", "FI", &["Katu 1"]);
        let forbidding = BankProfile { hybrid_address: HybridAddress::Forbidden, ..BankProfile::default() };
        let demanding = BankProfile { hybrid_address: HybridAddress::NeedsLine, ..BankProfile::default() };
        assert_eq!(by(forbidding, &hybrid), one("A8", Level::Error));
        assert_eq!(by(demanding.clone(), &hybrid), []);
        assert_eq!(by(demanding, &address("Helsinki", "FI", &[])), one("A8", Level::Error));
        assert_eq!(
            by(BankProfile { advises_no_address: true, ..BankProfile::default() }, &hybrid),
            one("A9", Level::Info)
        );
    }

    #[test]
    fn what_to_change_is_said() {
        let change = |address: &Address| {
            check(address, case(AddressSettlement::Sepa, "2026-12-01"), &BankProfile::default())[0].change.clone()
        };
        assert!(change(&address("London", "UK", &[])).contains("GB"));
        assert!(change(&address("Helsinki", "FI", &["00100 Helsinki"])).contains("PstCd 00100"));
        assert!(change(&address("", "FI", &["Mannerheimintie 12 B 3", "00100 Helsinki"])).contains("TwnNm Helsinki"));
    }

    /// Case ISO-048.
    #[test]
    fn fields_of_newer_versions() {
        let with =
            Address { building_name: Some("Torni".into()), floor: Some("3".into()), ..address("Helsinki", "FI", &[]) };
        let findings = check_fields(&with, PaymentVersion::V03);
        assert_eq!(findings.len(), 2);
        assert!(findings.iter().all(|one| one.level == Level::Error
            && one.message.contains("version 9")
            && one.change.contains("AdrLine")));
        assert_eq!(check_fields(&with, PaymentVersion::V09), []);
        let long = Address {
            unit: Some("1".into()),
            street: Some("x".repeat(71)),
            ..address("Helsinki", "FI", &[&"y".repeat(71)])
        };
        assert_eq!(check_fields(&long, PaymentVersion::V09).len(), 3);
    }
}
