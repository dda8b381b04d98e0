//! The symbols of Czech and Slovak payments: `?20VS2026?21SS1?22KS0308`.

use super::Particulars;

/// The symbols, by the letters with which a subfield begins.
const SYMBOLS: [&str; 4] = ["VS", "SS", "KS", "POS"];

/// Takes the symbols out of the subfields of the purpose; the others are lines of the message. `false` if there is none.
pub(super) fn read(purpose: &mut Vec<&str>, found: &mut Particulars) -> bool {
    let symbol = |value: &str| {
        let kind = SYMBOLS.into_iter().find(|kind| value.starts_with(kind))?;
        let number = value[kind.len()..].trim_start_matches([':', ' ']).trim_end();
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| (kind, number.to_owned()))
    };
    let before = purpose.len();
    purpose.retain(|value| match symbol(value) {
        // Zeros are none.
        Some((kind, number)) if number.bytes().any(|byte| byte != b'0') => {
            found.others.push((kind, number));
            false
        }
        Some(_) => false,
        None => true,
    });
    if purpose.len() == before {
        return false;
    }
    let text = purpose.concat();
    if !text.trim().is_empty() {
        found.purpose.push(text.trim().to_owned());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::OwnBank;
    use super::*;

    #[test]
    fn symbols_and_the_message() {
        let text =
            "111?00Platba?20VS2026?21SS0000000000?22KS0308?24Dakujeme?25 pekne?31000000-0000123457/0300?32VZOR SRO";
        let found = Particulars::read(text, "", OwnBank::default());
        assert_eq!(found.others, [("VS", "2026".to_owned()), ("KS", "0308".to_owned())]);
        assert_eq!(found.purpose, ["Dakujeme pekne"]);
        assert_eq!(found.account.as_deref(), Some("000000-0000123457/0300"));
        let found = Particulars::read("105?20SVWZ+VS1", "", OwnBank::default());
        assert!(found.others.is_empty() && found.purpose == ["VS1"]);
    }
}
