//! IBAN: check digits, structure by country, and the two written forms.

/// By country, the characters after the check digits: this many digits (`n`), capital letters (`a`), or either (`c`).
/// From the SWIFT IBAN registry, as in the data of `python-stdnum` 2.2.
const STRUCTURES: &str = "\
    AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c CH5n12c CR18n CY8n16c \
    CZ20n DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n \
    GR7n16c GT24c HN4a20n HR17n HU24n IE4a14n IL19n IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c \
    LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MC10n11c2n MD20c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a \
    NI4a20n NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a SD14n \
    SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c VA18n VG4a16n XK16n YE4a4n18c";

/// The longest IBAN that the standard (ISO 13616) allows, in characters.
pub const MAX_LENGTH: usize = 34;

/// Shortest meaningful IBAN: country, check digits and one character.
const MIN_LENGTH: usize = 5;

/// Why a text is not an IBAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IbanError {
    /// Not two letters, two digits, then letters and digits, 5 to 34 characters in all.
    #[error("is not written like an IBAN (two letters, two digits, then letters and digits)")]
    Shape,
    /// IBANs of the country have another length.
    #[error("has {found} characters, but IBANs of {country} have {wanted}", country = country_text(*.country))]
    Length {
        /// Country code as two ASCII letters.
        country: [u8; 2],
        /// Characters found.
        found: usize,
        /// The number of characters in the country's IBANs.
        wanted: usize,
    },
    /// The registry has no IBANs of that country.
    #[error("names a country that has no IBANs, {country}", country = country_text(*.country))]
    Country {
        /// Country code as two ASCII letters.
        country: [u8; 2],
    },
    /// The country's IBANs have another kind of character at this position.
    #[error("has no {wanted} in place {place}, as IBANs of {country} have", country = country_text(*.country))]
    Structure {
        /// Country code as two ASCII letters.
        country: [u8; 2],
        /// The position in the IBAN, from 1.
        place: usize,
        /// The expected kind of character: `digit` or `letter`.
        wanted: &'static str,
    },
    /// The check digits do not match the rest: a typing error.
    #[error("has wrong check digits")]
    CheckDigits,
}

/// Checks an IBAN in either form: shape, country, length, digits and letters by position, check digits (ISO 7064 mod
/// 97-10).
///
/// # Errors
/// The first of the five that fails.
pub fn check(text: &str) -> Result<(), IbanError> {
    check_compact(&compact(text))
}

/// The same for one without blanks, in capital letters.
fn check_compact(iban: &str) -> Result<(), IbanError> {
    let bytes = iban.as_bytes();
    let shaped = (MIN_LENGTH..=MAX_LENGTH).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(u8::is_ascii_alphanumeric);
    if !shaped {
        return Err(IbanError::Shape);
    }
    let country = [bytes[0], bytes[1]];
    let structure = structure(&iban[..2]).ok_or(IbanError::Country { country })?;
    let wanted = 4 + structure.clone().map(|(count, _)| count).sum::<usize>();
    if wanted != bytes.len() {
        return Err(IbanError::Length { country, found: bytes.len(), wanted });
    }
    let kinds = structure.flat_map(|(count, kind)| std::iter::repeat_n(kind, count));
    for (at, (byte, kind)) in bytes[4..].iter().zip(kinds).enumerate() {
        let (fits, wanted) = match kind {
            'n' => (byte.is_ascii_digit(), "digit"),
            'a' => (byte.is_ascii_uppercase(), "letter"),
            _ => continue,
        };
        if !fits {
            return Err(IbanError::Structure { country, place: at + 5, wanted });
        }
    }
    let remainder = mod_97(bytes[4..].iter().chain(&bytes[..4]).copied());
    // Check digits are 98 minus a remainder, so 02 to 98; 00, 01 and 99 can pass the division but are never issued.
    let issued = !matches!(&bytes[2..4], b"00" | b"01" | b"99");
    if issued && remainder == 1 { Ok(()) } else { Err(IbanError::CheckDigits) }
}

/// The electronic form of an IBAN; `None` if it is none.
pub(crate) fn read(text: &str) -> Option<String> {
    let iban = compact(text);
    check_compact(&iban).is_ok().then_some(iban)
}

/// The remainder modulo 97 of letters and digits, where A counts as 10 and Z as 35 (ISO 7064).
pub(crate) fn mod_97(characters: impl Iterator<Item = u8>) -> u32 {
    characters.fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        b'A'..=b'Z' => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
        _ => rest,
    })
}

/// The IBAN of a Finnish account number in the form of machines: 14 digits.
pub(crate) fn of_finnish_number(number: &str) -> Option<String> {
    let is_number = number.len() == 14 && number.bytes().all(|byte| byte.is_ascii_digit());
    let rest = number.bytes().fold(0_u64, |rest, digit| (rest * 10 + u64::from(digit.wrapping_sub(b'0'))) % 97);
    // FI00 as digits: 15 18 00.
    let check = 98 - (rest * 1_000_000 + 151_800) % 97;
    (is_number && number.bytes().any(|digit| digit != b'0')).then(|| format!("FI{check:02}{number}"))
}

/// Whether it is a Swiss QR-IBAN: its bank has a number from 30000 to 31999, and it requires a QR reference.
pub fn is_qr(iban: &str) -> bool {
    is_swiss(iban) && matches!(iban.get(4..6), Some("30" | "31"))
}

/// The number of the bank in the Swiss clearing, in an IBAN of Switzerland or Liechtenstein.
pub fn swiss_clearing_number(iban: &str) -> Option<&str> {
    if is_swiss(iban) { iban.get(4..9).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())) } else { None }
}

/// Whether an account is in Switzerland or Liechtenstein, whose banks take payment files in the Swiss form.
pub fn is_swiss(iban: &str) -> bool {
    matches!(iban.get(..2), Some("CH" | "LI"))
}

/// The electronic form of an IBAN: capital letters, no blanks of any kind. Other characters are kept, so that [`check`]
/// can report them.
pub fn compact(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return text.to_owned();
    }
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
}

/// The printed form of an IBAN: groups of four, `FI21 1234 5600 0007 85`.
pub fn grouped(text: &str) -> String {
    let compact: Vec<char> = compact(text).chars().collect();
    compact.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The counts and kinds of characters after the check digits in a country's IBANs.
fn structure(country: &str) -> Option<impl Iterator<Item = (usize, char)> + Clone> {
    let structure = STRUCTURES.split_ascii_whitespace().find_map(|row| row.strip_prefix(country))?;
    Some(structure.split_inclusive(|c: char| c.is_ascii_alphabetic()).filter_map(|part| {
        let (count, kind) = part.split_at_checked(part.len() - 1)?;
        Some((count.parse().ok()?, kind.chars().next()?))
    }))
}

fn country_text(country: [u8; 2]) -> String {
    country.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// Example IBANs as the SWIFT IBAN registry prints them.
    const GOOD: &[&str] = &[
        "FI2112345600000785",
        "DE89370400440532013000",
        "EE382200221020145685",
        "GB29NWBK60161331926819",
        "FR1420041010050500013M02606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "SE4550000000058398257466",
        "NL91ABNA0417164300",
        "CH9300762011623852957",
        "IT60X0542811101000000123456",
        "PL61109010140000071219812874",
        "VA59001123000012345678",
        "LU280019400644750000",
        "BE68539007547034",
        "AE070331234567890123456",
    ];

    #[test]
    fn accepts_the_registry_examples() {
        for iban in GOOD {
            assert_eq!(check(iban), Ok(()), "{iban}");
            assert_eq!(check(&grouped(iban)), Ok(()), "{iban} grouped");
        }
        assert_eq!(grouped("FI2112345600000785"), "FI21 1234 5600 0007 85");
    }

    /// docs/protocols/iso20022.md §10.2.
    #[test]
    fn vectors() {
        let good = "FI1410093000123458 FI7944052020036082 FI1100000000000007 FI0212345600000060 FI9812345600000078 \
                    SE8280000000000000000001 NO1300000000000 DK5000400440116243 IS140159260076545510730339 \
                    LV80BANK0000435195001 LT121000011101001000 CH4431999123000889012 \
                    LC55HEMM000100010012001200023015 XK051212012345678906";
        for iban in good.split_ascii_whitespace() {
            assert_eq!(check(iban), Ok(()), "{iban}");
        }
        let digits = "FI2112345600000786 FI2112345600007805 FI2112345600007085 NO9386011117974 SE4550000000058398257467 \
                      DE89370400440532013001 CH9300762011623852975";
        for iban in digits.split_ascii_whitespace() {
            assert_eq!(check(iban), Err(IbanError::CheckDigits), "{iban}");
        }
        let letter = IbanError::Structure { country: *b"FR", place: 27, wanted: "digit" };
        assert_eq!(check("FR1420041010050500013M0260O"), Err(letter));
        for iban in ["FI211234560000785", "FI21123456000007851", "GB29NWBK60161331926819X"] {
            assert!(matches!(check(iban), Err(IbanError::Length { .. })), "{iban}");
        }
        for (made, rest, country) in [
            (21, "12345600000785", "FI"),
            (27, "50001520000023", "FI"),
            (93, "86011117947", "NO"),
            (45, "50000000058398257466", "SE"),
        ] {
            assert_eq!(98 - mod_97(format!("{rest}{country}00").bytes()), made, "{country}{made}{rest}");
        }
        let clearing = ["CH9300762011623852957", "LI21088100002324013AA", "FI2112345600000785", "CH93", "CH"];
        assert_eq!(clearing.map(swiss_clearing_number), [Some("00762"), Some("08810"), None, None, None]);
        assert!(is_qr("CH4431999123000889012") && !is_qr("CH9300762011623852957") && !is_qr("FI"));
    }

    #[test]
    fn names_what_is_wrong() {
        assert_eq!(check("FI2112345600000786"), Err(IbanError::CheckDigits));
        assert_eq!(check("FI21123456000007851"), Err(IbanError::Length { country: *b"FI", found: 19, wanted: 18 }));
        for bad in ["", "FI", "FI21", "12FI1234", "FI2ä", "FI21-12345", "ÄÖ2112345600000785"] {
            assert_eq!(check(bad), Err(IbanError::Shape), "{bad}");
        }
        assert_eq!(check(&"A".repeat(1000)), Err(IbanError::Shape));
    }

    /// Cases ISO-033 to ISO-035, and the invalid vectors of its §10.2.
    #[test]
    fn digits_never_issued_unknown_countries_and_other_blanks() {
        for never in ["FI9912345600000060", "FI0112345600000078", "FI0012345600000785"] {
            assert_eq!(check(never), Err(IbanError::CheckDigits), "{never}");
        }
        for issued in ["FI0212345600000060", "FI9812345600000078", "LC55HEMM000100010012001200023015"] {
            assert_eq!(check(issued), Ok(()), "{issued}");
        }
        assert_eq!(check("ZZ6811111111111111"), Err(IbanError::Country { country: *b"ZZ" }));
        assert_eq!(check(&format!("XX{}", "0".repeat(32))), Err(IbanError::Country { country: *b"XX" }));
        assert_eq!(check("AE07033123456789012345"), Err(IbanError::Length { country: *b"AE", found: 22, wanted: 23 }));
        assert_eq!(check("fi21\u{a0}1234\u{202f}5600\u{2007}0007 85"), Ok(()));
        assert_eq!(check("FI21-1234-5600-0007-85"), Err(IbanError::Shape));
        let wrong = |country, place, wanted| Err(IbanError::Structure { country, place, wanted });
        assert_eq!(check("FI211234560000078O"), wrong(*b"FI", 18, "digit"));
        assert_eq!(check("GB29NW0K60161331926819"), wrong(*b"GB", 7, "letter"));
        let lengths = STRUCTURES.split_ascii_whitespace().map(|row| {
            let counts = structure(&row[..2]).unwrap().map(|(count, _)| count);
            4 + counts.sum::<usize>()
        });
        // The shortest are Norway's, the longest Russia's.
        assert_eq!((lengths.clone().count(), lengths.clone().min(), lengths.max()), (89, Some(15), Some(33)));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = check(&text);
            let _ = grouped(&text);
        }

        #[test]
        fn one_wrong_digit_is_always_found(which in 0..GOOD.len(), place in 2..15_usize, step in 1..10_u8) {
            let mut bytes = GOOD[which].as_bytes().to_vec();
            prop_assume!(bytes[place].is_ascii_digit());
            bytes[place] = b'0' + (bytes[place] - b'0' + step) % 10;
            let changed: String = bytes.iter().map(|b| char::from(*b)).collect();
            prop_assert!(check(&changed).is_err());
        }
    }
}
