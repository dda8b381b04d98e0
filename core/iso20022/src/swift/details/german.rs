//! The structure of German banks, which Austrian, Polish, Czech and Slovak ones use too: three digits, and subfields of
//! a separator and two digits, such as `166?00UEBERWEISUNG?20SVWZ+Text?32NAME`.

use super::{OwnBank, Particulars, joined, symbols};
use crate::meaning;

/// The separators of subfields.
const SEPARATORS: [u8; 4] = *b"?><~";

/// The length of a subfield of purpose or name.
const FULL_SUBFIELD: usize = 27;

/// The kinds of bookings that give money back (GVC).
const RETURNS: [&str; 5] = ["108", "109", "159", "181", "184"];

/// A tag inside the purpose, and what stands behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PurposeTag {
    EndToEnd,
    Customer,
    Mandate,
    Creditor,
    Debtor,
    Compensation,
    Original,
    Purpose,
    UltimateDebtor,
    UltimateCreditor,
    Iban,
    Bic,
    PurposeCode,
    Return,
}

use PurposeTag as T;

const TAGS: &[(&str, PurposeTag)] = &[
    ("EREF+", T::EndToEnd),
    ("KREF+", T::Customer),
    ("MREF+", T::Mandate),
    ("CRED+", T::Creditor),
    ("DEBT+", T::Debtor),
    ("COAM+", T::Compensation),
    ("OAMT+", T::Original),
    ("SVWZ+", T::Purpose),
    ("ABWA+", T::UltimateDebtor),
    ("ABWE+", T::UltimateCreditor),
    ("IBAN+", T::Iban),
    ("BIC+", T::Bic),
    ("PURP+", T::PurposeCode),
    ("RTRN+", T::Return),
];

impl PurposeTag {
    /// Whether it is a text that goes on in the next subfields however long they are.
    fn is_text(self) -> bool {
        matches!(self, T::Purpose | T::UltimateDebtor | T::UltimateCreditor)
    }
}

pub(super) fn read(text: &str, bank: OwnBank, found: &mut Particulars) -> bool {
    let Some((digits, separator)) = beginning(text.as_bytes()) else { return false };
    let text = joined(text);
    found.code = Some(text[..digits].to_owned()).filter(|code| !code.is_empty());
    let mut purpose: Vec<&str> = Vec::new();
    let mut name = String::new();
    for (key, value) in subfields(&text[digits..], separator) {
        let is_kept = match key {
            "00" => found.set(value, |found| &mut found.posting),
            // Triodos has the other side's account there, and the own one below.
            "10" if bank.is_triodos => found.set_account(value),
            "10" => found.set(value, |found| &mut found.primanota),
            "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "29" | "60" | "61" | "62" | "63" => {
                purpose.push(value);
                true
            }
            "30" => found.set_bank(value),
            "31" if bank.is_triodos && (found.account.is_some() || found.iban.is_some()) => true,
            "31" | "38" => found.set_account(value),
            "32" | "33" => {
                name.push_str(value);
                true
            }
            "34" => found.set(value, |found| &mut found.extension),
            _ => value.trim().is_empty(),
        };
        if !is_kept {
            found.unread.push(format!("?{key}"));
        }
    }
    let is_kept = found.set(&name, |found| &mut found.name);
    found.note(is_kept, "?32");
    if bank.is_german || !symbols::read(&mut purpose, found) {
        read_purpose(&purpose, found);
    }
    if found.return_reason.is_none() && found.code.as_deref().is_some_and(|code| RETURNS.contains(&code)) {
        found.return_reason = found.purpose.first().and_then(|text| reason(text)).map(str::to_owned);
    }
    true
}

/// The number of digits before the first subfield, three or none, and the separator.
fn beginning(text: &[u8]) -> Option<(usize, u8)> {
    let digits = text.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    let separator = *text.get(digits)?;
    // The code of the first subfield may be cut by the end of a line.
    let mut rest = text[digits + 1..].iter().filter(|byte| **byte != b'\n');
    let is_code = rest.next().is_some_and(u8::is_ascii_digit) && rest.next().is_some_and(u8::is_ascii_digit);
    // Without the digits, a question mark may begin a text.
    let is_known = SEPARATORS.contains(&separator) && (digits == 3 || digits == 0 && separator != b'?');
    (is_known && is_code).then_some((digits, separator))
}

/// The subfields: keys of two digits, and their values.
fn subfields(text: &str, separator: u8) -> impl Iterator<Item = (&str, &str)> {
    let starts = move |text: &str, from: usize| {
        let bytes = text.as_bytes();
        memchr::memchr_iter(separator, &bytes[from..]).map(|at| from + at).find(|at| is_key(&bytes[at + 1..]))
    };
    let mut at = starts(text, 0);
    std::iter::from_fn(move || {
        let start = at?;
        let next = starts(text, start + 3);
        at = next;
        Some((&text[start + 1..start + 3], &text[start + 3..next.unwrap_or(text.len())]))
    })
}

/// Whether these bytes begin with the key of a subfield.
fn is_key(bytes: &[u8]) -> bool {
    matches!(bytes, [b'0', b'0'..=b'9', ..] | [b'1'..=b'3', b'0'..=b'9', ..] | [b'6', b'0'..=b'5', ..])
}

/// Reads the purpose with its tags.
fn read_purpose(subfields: &[&str], found: &mut Particulars) {
    let mut parts: Vec<(PurposeTag, String)> = Vec::new();
    let mut is_full = false;
    for value in subfields {
        match tag_at(value) {
            Some((tag, length)) => parts.push((tag, value[length..].to_owned())),
            None => match parts.last_mut() {
                // An id goes on where it filled its subfield; otherwise a text without a tag begins.
                Some((tag, part)) if tag.is_text() || is_full || part.trim().is_empty() => part.push_str(value),
                _ => parts.push((T::Purpose, (*value).to_owned())),
            },
        }
        is_full = value.chars().count() >= FULL_SUBFIELD;
    }
    let is_tagged = subfields.iter().any(|value| tag_at(value).is_some());
    let mut text = String::new();
    for (tag, part) in parts {
        let mut rest = part.as_str();
        let mut tag = tag;
        // A tag inside: banks leave out the one before it.
        while let Some((at, next, length)) = tag_inside(rest, tag, is_tagged) {
            put(tag, &rest[..at], &mut text, found);
            (tag, rest) = (next, &rest[at + length..]);
        }
        put(tag, rest, &mut text, found);
    }
    if !text.trim().is_empty() {
        found.purpose.push(text.trim().to_owned());
    }
}

/// The tag with which a text begins, and its length.
fn tag_at(text: &str) -> Option<(PurposeTag, usize)> {
    let text = text.as_bytes();
    // All tags have a plus at one of two places.
    if text.get(4) != Some(&b'+') && text.get(3) != Some(&b'+') {
        return None;
    }
    TAGS.iter().find(|(tag, _)| text.starts_with(tag.as_bytes())).map(|(tag, kind)| (*kind, tag.len()))
}

/// The first tag inside a text: any where no subfield begins with one, or inside an id; a party inside the purpose.
fn tag_inside(text: &str, of: PurposeTag, is_tagged: bool) -> Option<(usize, PurposeTag, usize)> {
    memchr::memchr_iter(b'+', text.as_bytes()).find_map(|plus| {
        let at = [4, 3].into_iter().filter_map(|length| plus.checked_sub(length));
        at.filter(|at| text.is_char_boundary(*at)).find_map(|at| {
            let (tag, length) = tag_at(&text[at..])?;
            let is_wanted = !is_tagged || !of.is_text() || matches!(tag, T::UltimateDebtor | T::UltimateCreditor);
            (is_wanted && at + length == plus + 1).then_some((at, tag, length))
        })
    })
}

fn put(tag: PurposeTag, value: &str, text: &mut String, found: &mut Particulars) {
    let is_kept = match tag {
        T::Purpose => {
            text.push_str(value);
            true
        }
        T::EndToEnd => found.set_reference("EREF", value, |found| &mut found.end_to_end_id),
        T::Customer => found.set_reference("KREF", value, |found| &mut found.instruction_id),
        T::Mandate => found.set_reference("MREF", value, |found| &mut found.mandate_id),
        T::Creditor => found.set(value, |found| &mut found.creditor_id),
        T::Debtor => found.set(value, |found| &mut found.debtor_id),
        T::Compensation => found.set(value, |found| &mut found.charge),
        T::Original => found.set(value, |found| &mut found.original_amount),
        T::UltimateDebtor => found.set(value, |found| &mut found.ultimate_debtor),
        T::UltimateCreditor => found.set(value, |found| &mut found.ultimate_creditor),
        T::Iban => found.set_account(value),
        T::Bic => found.set_bank(value),
        T::PurposeCode => found.set(value, |found| &mut found.purpose_code),
        T::Return => found.set(value, |found| &mut found.return_reason),
    };
    if !is_kept {
        found.unread.extend(TAGS.iter().find(|(_, of)| *of == tag).map(|(name, _)| (*name).to_owned()));
    }
}

/// The code of a reason with which the purpose of a returned payment begins: `AC04/KONTO ERLOSCHEN`.
fn reason(text: &str) -> Option<&str> {
    let code = text.get(..4)?;
    let is_whole = text[4..].bytes().next().is_none_or(|next| !next.is_ascii_alphanumeric());
    (is_whole && meaning::reason(code).is_some()).then_some(code)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn said(text: &str) -> Particulars {
        let mut found = Particulars::default();
        assert!(read(text, OwnBank { is_german: true, ..OwnBank::default() }, &mut found), "{text}");
        found
    }

    #[test]
    fn a_text_that_an_id_does_not_fill_is_purpose() {
        let found = said("106?20EREF+VZ01?22CRED+DE98ZZZ09999999999?23LADEN 12?24 BERLIN");
        assert_eq!(found.creditor_id.as_deref(), Some("DE98ZZZ09999999999"));
        assert_eq!(found.purpose, ["LADEN 12 BERLIN"]);
        let found = said("166?20EREF+0123456789012345678901?21234567?22SVWZ+A?23B");
        assert_eq!(found.end_to_end_id.as_deref(), Some("0123456789012345678901234567"));
        assert_eq!(found.purpose, ["AB"]);
    }

    #[test]
    fn tags_inside_are_found_where_none_begins_a_subfield() {
        let found = said("166?20Miete EREF+E1 SVWZ+Dezember?21 2026 ABWA+Max M");
        assert_eq!(found.end_to_end_id.as_deref(), Some("E1"));
        assert_eq!(found.ultimate_debtor.as_deref(), Some("Max M"));
        assert_eq!(found.purpose, ["Miete Dezember 2026"]);
        assert_eq!(said("166?20SVWZ+a EREF+b").purpose, ["a EREF+b"]);
    }

    #[test]
    fn other_separators_and_no_structure() {
        assert_eq!(said("020~00PRZELEW~20tyt~32JAN").name.as_deref(), Some("JAN"));
        assert_eq!(said("<20text<32NAME").purpose, ["text"]);
        let triodos = OwnBank { is_triodos: true, ..OwnBank::default() };
        let found = Particulars::read("000>10NL20INGB0001234567>20x>310390123456", "", triodos);
        assert_eq!((found.iban.as_deref(), found.account.as_deref()), (Some("NL20INGB0001234567"), None));
        for free in ["999SEPA_STANDING", "?20a", "166", "166?", "166?2", "", "16?20a"] {
            assert!(!read(free, OwnBank::default(), &mut Particulars::default()), "{free}");
        }
        assert_eq!(said("166?20a?99b?38").purpose, ["a?99b"]);
        assert_eq!(said("166?11x?20Was?").unread, ["?11"]);
    }

    #[test]
    fn what_comes_twice_is_named() {
        let found = said(
            "116?00UEBER?00ZWEITES?20EREF+E1?21EREF+E2?22SVWZ+Text?23IBAN+DE89370400440532013000?24EREF+E1\
             ?31DE02120300000000202051?31DE02120300000000202051?32NAME",
        );
        assert_eq!((found.posting.as_deref(), found.end_to_end_id.as_deref()), (Some("UEBER"), Some("E1")));
        assert_eq!(found.iban.as_deref(), Some("DE02120300000000202051"));
        assert_eq!(found.unread, ["?00", "EREF+", "IBAN+"]);
    }

    #[test]
    fn returned_payments() {
        assert_eq!(said("109?20SVWZ+AC01 KONTO").return_reason.as_deref(), Some("AC01"));
        assert_eq!(said("109?20SVWZ+ABCD/X").return_reason, None);
        assert_eq!(said("166?20SVWZ+AC01/X").return_reason, None);
        assert_eq!(said("109?20RTRN+MD06").return_reason.as_deref(), Some("MD06"));
    }
}
