//! IBAN: check digits, lengths of the SEPA countries, and the two ways of writing one.

/// Lengths of the IBANs of the countries and territories of the SEPA scheme, from the SWIFT IBAN registry.
const SEPA_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AL", 28),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GI", 23),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("VA", 22),
];

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
    /// The country's IBANs have another length.
    #[error("has {found} characters, but IBANs of {country} have {wanted}", country = country_text(*.country))]
    Length {
        /// Country code as two ASCII letters.
        country: [u8; 2],
        /// Characters found.
        found: usize,
        /// Characters that the country's IBANs have.
        wanted: usize,
    },
    /// The check digits do not fit the rest: a typing error.
    #[error("has wrong check digits")]
    CheckDigits,
}

/// Checks an IBAN in either way of writing: shape, length where the country belongs to SEPA, check digits (ISO 7064 mod 97-10).
///
/// # Errors
/// The first of the three that fails.
pub fn check(text: &str) -> Result<(), IbanError> {
    let iban = compact(text);
    let bytes = iban.as_bytes();
    let shaped = (MIN_LENGTH..=MAX_LENGTH).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(u8::is_ascii_alphanumeric);
    if !shaped {
        return Err(IbanError::Shape);
    }
    if let Some(wanted) = sepa_length(&iban[..2])
        && wanted != bytes.len()
    {
        return Err(IbanError::Length { country: [bytes[0], bytes[1]], found: bytes.len(), wanted });
    }
    let remainder = bytes[4..].iter().chain(&bytes[..4]).fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    if remainder == 1 { Ok(()) } else { Err(IbanError::CheckDigits) }
}

/// The way machines write an IBAN: capital letters, no blanks. Other characters stay, so that [`check`] can name them.
pub fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
}

/// The way people read an IBAN: groups of four, `FI21 1234 5600 0007 85`.
pub fn grouped(text: &str) -> String {
    let compact: Vec<char> = compact(text).chars().collect();
    compact.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Length of the IBANs of a SEPA country given by its two letters, or `None` for other countries.
pub fn sepa_length(country: &str) -> Option<usize> {
    SEPA_LENGTHS.iter().find(|(code, _)| *code == country).map(|(_, length)| *length)
}

fn country_text(country: [u8; 2]) -> String {
    country.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn names_what_is_wrong() {
        assert_eq!(check("FI2112345600000786"), Err(IbanError::CheckDigits));
        assert_eq!(check("FI21123456000007851"), Err(IbanError::Length { country: *b"FI", found: 19, wanted: 18 }));
        for bad in ["", "FI", "FI21", "12FI1234", "FI2ä", "FI21-12345", "ÄÖ2112345600000785"] {
            assert_eq!(check(bad), Err(IbanError::Shape), "{bad}");
        }
        assert_eq!(check(&"A".repeat(1000)), Err(IbanError::Shape));
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
