//! Identifiers: `MsgId`, `PmtInfId`, `InstrId`, `EndToEndId`.

use super::characters;

/// Maximum number of characters of an identifier.
pub const MAX_LENGTH: usize = 35;

/// Why a text cannot be an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Nothing but blanks.
    #[error("is empty")]
    Empty,
    /// Too long.
    #[error("has {found} characters, more than 35")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// A blank at an end.
    #[error("begins or ends with a blank")]
    Blank,
    /// A character outside the basic set; identifiers have no others, whatever the bank accepts in names.
    #[error("has the character {character:?}, but identifiers have only a-z A-Z 0-9 / - ? : ( ) . , ' + and blanks")]
    Character {
        /// The first such character.
        character: char,
    },
    /// A slash at an end.
    #[error("begins or ends with a slash")]
    SlashAtEnd,
    /// Two slashes in a row.
    #[error("has two slashes in a row")]
    DoubleSlash,
}

/// Checks an identifier; the same rules hold for structured references.
///
/// # Errors
/// The first of the reasons that applies.
pub fn check(text: &str) -> Result<(), IdentifierError> {
    let found = text.chars().count();
    if text.trim().is_empty() {
        return Err(IdentifierError::Empty);
    }
    if found > MAX_LENGTH {
        return Err(IdentifierError::Length { found });
    }
    if let Some(character) = text.chars().find(|c| !characters::is_basic(*c)) {
        return Err(IdentifierError::Character { character });
    }
    if text.trim() != text {
        return Err(IdentifierError::Blank);
    }
    if text.starts_with('/') || text.ends_with('/') {
        return Err(IdentifierError::SlashAtEnd);
    }
    if text.contains("//") { Err(IdentifierError::DoubleSlash) } else { Ok(()) }
}

/// Checks an end-to-end id. Slovak banks take their payments' symbols there, in a form that begins with a slash.
///
/// # Errors
/// As [`check`].
pub fn check_end_to_end(text: &str, payer_country: Option<&str>) -> Result<(), IdentifierError> {
    if payer_country == Some("SK") && has_symbols(text) { Ok(()) } else { check(text) }
}

/// Whether a text is the symbols of a Slovak payment, such as `/VS1234567890/SS/KS0308`; they need not be unique.
pub fn has_symbols(text: &str) -> bool {
    let (mut rest, mut has_digits) = (text, false);
    for (mark, max) in [("/VS", 10), ("/SS", 10), ("/KS", 4)] {
        if let Some(after) = rest.strip_prefix(mark) {
            let count = after.bytes().take_while(u8::is_ascii_digit).count();
            if count > max {
                return false;
            }
            rest = &after[count..];
            has_digits |= count > 0;
        }
    }
    has_digits && rest.is_empty()
}

/// Whether a text is a UETR: a UUID of version 4 in lower case, as the schema requires.
pub fn is_uetr(text: &str) -> bool {
    const FORM: &[u8] = b"hhhhhhhh-hhhh-4hhh-vhhh-hhhhhhhhhhhh";
    let fits = |(byte, form): (u8, &u8)| match form {
        b'h' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        b'v' => matches!(byte, b'8' | b'9' | b'a' | b'b'),
        other => byte == *other,
    };
    text.len() == FORM.len() && text.bytes().zip(FORM).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases ISO-030 and ISO-032.
    #[test]
    fn each_fault_is_named() {
        for (text, wanted) in [
            ("/A", IdentifierError::SlashAtEnd),
            ("A/", IdentifierError::SlashAtEnd),
            ("A//B", IdentifierError::DoubleSlash),
            ("A_B", IdentifierError::Character { character: '_' }),
            ("å1", IdentifierError::Character { character: 'å' }),
            ("A ", IdentifierError::Blank),
            ("", IdentifierError::Empty),
            (&"x".repeat(36), IdentifierError::Length { found: 36 }),
        ] {
            assert_eq!(check(text), Err(wanted), "{text}");
        }
        for good in ["A", "A/B-2", "NOTPROVIDED", &"x".repeat(35)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn symbols_of_slovak_payers() {
        for good in ["/VS1234567890/SS1234567890/KS0308", "/VS1/SS/KS", "/VS123", "/KS0308", "/SS5/KS0558"] {
            assert_eq!(check_end_to_end(good, Some("SK")), Ok(()), "{good}");
            assert_eq!(check_end_to_end(good, Some("FI")).is_ok(), check(good).is_ok(), "{good}");
            assert!(check_end_to_end(good, None).is_err(), "{good}");
        }
        for bad in ["/VS/SS/KS", "/VS12345678901", "/KS12345", "/VSA", "/KS1/VS1", "/VS1/", "VS1/"] {
            assert!(check_end_to_end(bad, Some("SK")).is_err(), "{bad}");
        }
        assert_eq!(check_end_to_end("A1", Some("SK")), Ok(()));
    }

    /// Case ISO-017.
    #[test]
    fn uetrs_are_of_version_4() {
        assert!(is_uetr("9f7a5893-562a-4207-a91e-dd3e484fd85b"));
        assert!(!is_uetr("9f7a5893-562a-5207-a91e-dd3e484fd85b"));
        assert!(!is_uetr("9F7A5893-562A-4207-A91E-DD3E484FD85B"));
        assert!(!is_uetr("9f7a5893562a4207a91edd3e484fd85b"));
    }
}
