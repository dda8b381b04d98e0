//! Account numbers of a country, for accounts without an IBAN: those whose check digits are known.

use super::reference::{self, ReferenceKind};
use super::{Finding, Rule};

/// The kinds of numbers with check digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumberKind {
    Bankgiro,
    Norwegian,
}

/// The kind of a number by its scheme; plain numbers have that of the account's country.
fn kind(scheme: Option<&str>, country: Option<&str>) -> Option<NumberKind> {
    match (scheme, country) {
        (Some("BGNR"), _) => Some(NumberKind::Bankgiro),
        (None | Some("BBAN"), Some("NO")) => Some(NumberKind::Norwegian),
        _ => None,
    }
}

/// The country of accounts with this scheme, if it is of one country only.
pub fn country_of(scheme: &str) -> Option<&'static str> {
    (scheme == "BGNR").then_some("SE")
}

/// The number as files have it: of known kinds without the signs that people group it with.
pub fn compact(number: &str, scheme: Option<&str>, country: Option<&str>) -> String {
    let grouped = kind(scheme, country).is_some();
    number.chars().filter(|c| !grouped || !(c.is_whitespace() || matches!(c, '-' | '.'))).collect()
}

/// The finding on a number of a known kind.
pub fn check(number: &str, scheme: Option<&str>, country: Option<&str>) -> Option<Finding> {
    let (name, why) = match kind(scheme, country)? {
        NumberKind::Bankgiro => {
            ("Bankgiro number", reference::parse(ReferenceKind::Bankgiro, number).err()?.to_string())
        }
        NumberKind::Norwegian => ("Norwegian account number", norwegian_fault(number)?.to_owned()),
    };
    let change = "compare it with the invoice";
    Some(Finding::error(Rule::Account, format!("the {name} {why}"), change).value(number))
}

/// Eleven digits, the last of them a check digit by modulus 11. Libraries disagree on the check digit of numbers with
/// 00 in the middle, so it is not checked.
fn norwegian_fault(number: &str) -> Option<&'static str> {
    let bytes = number.as_bytes();
    if bytes.len() != 11 || !bytes.iter().all(u8::is_ascii_digit) {
        return Some("must be 11 digits");
    }
    (&bytes[4..6] != b"00" && !reference::mod_11_fits(bytes)).then_some("has wrong check digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_by_scheme_and_country() {
        for (number, scheme, country, faulty) in [
            ("50501055", Some("BGNR"), None, false),
            ("5050-1055", Some("BGNR"), Some("SE"), false),
            ("50501056", Some("BGNR"), None, true),
            ("505", Some("BGNR"), None, true),
            ("86011117947", Some("BBAN"), Some("NO"), false),
            ("86011117947", None, Some("NO"), false),
            ("86011117948", None, Some("NO"), true),
            ("8601111794", Some("BBAN"), Some("NO"), true),
            ("86010017948", None, Some("NO"), false),
            ("86011117948", Some("BBAN"), Some("DK"), false),
            ("86011117948", None, None, false),
            ("86011117948", Some("OWN"), Some("NO"), false),
        ] {
            let found = check(number, scheme, country);
            assert_eq!(found.is_some(), faulty, "{number} {scheme:?} {country:?}");
        }
        assert_eq!(compact("8601.11.17947", None, Some("NO")), "86011117947");
        assert_eq!(compact("5050-1055", Some("BGNR"), None), "50501055");
        assert_eq!(compact("12-3.4", None, Some("DK")), "12-3.4");
    }
}
