//! Guesses the fields of an address from its lines: a proposal, never applied automatically.

use std::fmt;

use super::address::{MAX_LINE, MAX_LINES, folded};
use super::country;
use crate::data::Address;
use crate::text::quote_bare;

/// Countries where the number stands before the street.
const NUMBER_FIRST: &str = "GB FR IE";

/// A proposal for an address with lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressSuggestion {
    /// The address as proposed: structured, or hybrid with the lines that could not be read.
    pub address: Address,
    /// The fields and the lines they were taken from.
    pub taken: Vec<TakenField>,
}

/// One field that was found in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenField {
    /// The element, such as `TwnNm`.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// The number of the line, from 1.
    pub line: usize,
}

impl fmt::Display for AddressSuggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, taken) in self.taken.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", taken.field, quote_bare(&taken.value))?;
        }
        Ok(())
    }
}

/// Proposes fields for an address with lines; `None` if the lines do not give town and country for certain.
pub fn suggest(address: &Address) -> Option<AddressSuggestion> {
    const MOST_LINES: usize = 7;
    if address.lines.is_empty() || address.lines.len() > MOST_LINES {
        return None;
    }
    let mut proposed =
        AddressSuggestion { address: Address { lines: Vec::new(), ..address.clone() }, taken: Vec::new() };
    let mut lines: Vec<(usize, &str)> = address
        .lines
        .iter()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    proposed.country(&mut lines);
    let country = proposed.address.country.clone().filter(|code| country::is_assigned(code))?;
    proposed.town(&country, &mut lines);
    proposed.street(&country, &mut lines);
    proposed.address.town.as_ref()?;
    if lines.len() > MAX_LINES || lines.iter().any(|(_, line)| line.chars().count() > MAX_LINE) {
        return None;
    }
    proposed.address.lines = lines.into_iter().map(|(_, line)| line.to_owned()).collect();
    Some(proposed)
}

impl AddressSuggestion {
    fn take(&mut self, field: &'static str, value: &str, line: usize) {
        self.taken.push(TakenField { field, value: value.to_owned(), line });
    }

    /// A line that is the name of a country and nothing else.
    fn country(&mut self, lines: &mut Vec<(usize, &str)>) {
        let named = |line: &str| if line.chars().count() > 2 { country::by_name(line) } else { None };
        let Some(at) = lines.iter().position(|(_, line)| named(line).is_some()) else { return };
        let Some(code) = named(lines[at].1) else { return };
        match &self.address.country {
            Some(given) if given != code => return,
            Some(_) => {}
            None => {
                self.take("Ctry", code, lines[at].0);
                self.address.country = Some(code.to_owned());
            }
        }
        lines.remove(at);
    }

    /// The last line as post code and town.
    fn town(&mut self, country: &str, lines: &mut Vec<(usize, &str)>) {
        let Some((number, line)) = lines.last().copied() else { return };
        let Some(form) = country::post_code_form(country) else { return };
        // A country code in front of the post code, as on letters from abroad: FI-00100.
        let plain = line.strip_prefix(country).and_then(|rest| rest.strip_prefix('-'));
        let line = if form.starts_with(country) { line } else { plain.unwrap_or(line) };
        let Some(length) = country::post_code_length(form, line) else { return };
        let (code, rest) = line.split_at(length);
        let town = rest.trim();
        let named = town.chars().any(char::is_alphabetic)
            && town.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.' | '(' | ')' | '/'));
        let fits =
            |given: &Option<String>, found: &str| given.as_deref().is_none_or(|given| folded(given) == folded(found));
        let separate = rest.starts_with(char::is_whitespace) && town.chars().count() <= 35;
        if !(named && separate && fits(&self.address.post_code, code) && fits(&self.address.town, town)) {
            return;
        }
        if self.address.post_code.is_none() {
            self.take("PstCd", code, number);
            self.address.post_code = Some(code.to_owned());
        }
        if self.address.town.is_none() {
            self.take("TwnNm", town, number);
            self.address.town = Some(town.to_owned());
        }
        lines.pop();
    }

    /// The first line as street and number.
    fn street(&mut self, country: &str, lines: &mut Vec<(usize, &str)>) {
        if self.address.street.is_some() || self.address.building_number.is_some() {
            return;
        }
        let Some((number, line)) = lines.first().copied() else { return };
        let first = NUMBER_FIRST.split_ascii_whitespace().any(|code| code == country);
        let parts = if first { number_then_street(line) } else { street_then_number(line) };
        let Some((street, building)) = parts else { return };
        if street.chars().count() > 70 || building.chars().count() > 16 {
            return;
        }
        self.take("StrtNm", street, number);
        self.take("BldgNb", building, number);
        self.address.street = Some(street.to_owned());
        self.address.building_number = Some(building.to_owned());
        lines.remove(0);
    }
}

/// `Mannerheimintie 12 B 3`: letters, then a number with its additions.
fn street_then_number(line: &str) -> Option<(&str, &str)> {
    let at = line.find(|c: char| c.is_ascii_digit())?;
    let (street, building) = line.split_at(at);
    let name = street.trim_end();
    let separate = name.len() < street.len() && is_street(name);
    let digits = building.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = digits.strip_prefix(' ').unwrap_or(digits);
    let rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    (separate && (rest.is_empty() || rest.starts_with(' '))).then_some((name, building))
}

/// `10 Downing Street`: a number, then letters.
fn number_then_street(line: &str) -> Option<(&str, &str)> {
    let (building, street) = line.split_once(' ')?;
    let letters = building.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = letters.len() < building.len()
        && (letters.is_empty() || (letters.len() == 1 && letters.bytes().all(|byte| byte.is_ascii_alphabetic())));
    let street = street.trim();
    (numbered && is_street(street)).then_some((street, building))
}

fn is_street(name: &str) -> bool {
    name.chars().any(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from_lines(country: &str, lines: &[&str]) -> Option<AddressSuggestion> {
        let country = (!country.is_empty()).then(|| country.to_owned());
        suggest(&Address {
            country,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..Address::default()
        })
    }

    fn words(country: &str, lines: &[&str]) -> Option<String> {
        from_lines(country, lines).map(|suggestion| suggestion.to_string())
    }

    /// Case ISO-049.
    #[test]
    fn nordic_lines() {
        let found = from_lines("FI", &["Mannerheimintie 12 B 3", "00100 Helsinki"]);
        assert_eq!(
            found.as_ref().map(ToString::to_string).as_deref(),
            Some("PstCd 00100, TwnNm Helsinki, StrtNm Mannerheimintie, BldgNb 12 B 3")
        );
        assert_eq!(found.map(|found| found.address.lines), Some(Vec::new()));
        assert_eq!(
            words("", &["Storgatan 5", "111 22 Stockholm", "Sverige"]).as_deref(),
            Some("Ctry SE, PstCd 111 22, TwnNm Stockholm, StrtNm Storgatan, BldgNb 5")
        );
        assert_eq!(words("FI", &["FI-00100 Helsinki"]).as_deref(), Some("PstCd 00100, TwnNm Helsinki"));
    }

    #[test]
    fn number_first_and_hybrids() {
        assert_eq!(
            words("FR", &["5B Rue de la Paix", "75002 Paris"]).as_deref(),
            Some("PstCd 75002, TwnNm Paris, StrtNm Rue de la Paix, BldgNb 5B")
        );
        let hybrid = from_lines("FI", &["c/o Virtanen 3. kerros", "PL 5", "00101 Helsinki"]);
        assert_eq!(
            hybrid.map(|found| found.address.lines),
            Some(vec!["c/o Virtanen 3. kerros".to_owned(), "PL 5".to_owned()])
        );
    }

    #[test]
    fn nothing_is_guessed() {
        for (country, lines) in [
            ("FI", &["Helsinki"][..]),
            ("", &["Katu 1", "00100 Helsinki"]),
            ("FI", &["00100Helsinki"]),
            ("ZZ", &["00100 Helsinki"]),
            ("FI", &[]),
        ] {
            assert_eq!(from_lines(country, lines), None, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn any_lines_are_answered(lines in proptest::collection::vec(".{0,80}", 0..5), country in "(FI|GB|NL|)") {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let _ = from_lines(&country, &lines);
        }
    }
}
