//! BIC: the number of a bank (ISO 9362).

use super::country;

/// Why a text is not a BIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BicError {
    /// Neither 8 nor 11 characters.
    #[error("has {found} characters, but a BIC has 8 or 11")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// Characters other than capital letters and digits, or digits in the country code.
    #[error("is not written like a BIC (such as NDEAFIHH: bank, country, place, branch)")]
    Shape,
    /// The fifth and sixth characters are not a country code.
    #[error("has no country at its characters five and six")]
    Country,
    /// Digits among the first four characters, which version 3 of the payment file does not allow.
    #[error("has digits among its first four characters, which version 3 does not allow")]
    Digits,
    /// 0 or 1 as the seventh character, or O as the eighth, which version 3 of the payment file does not allow.
    #[error("has 0 or 1 as its seventh character or O as its eighth, which version 3 does not allow")]
    Location,
}

/// Checks a BIC by the rules of newer versions: digits are allowed among its first four characters.
///
/// # Errors
/// The first of the reasons that applies.
pub fn check(text: &str) -> Result<(), BicError> {
    let found = text.chars().count();
    if !matches!(found, 8 | 11) {
        return Err(BicError::Length { found });
    }
    let shaped = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !shaped {
        return Err(BicError::Shape);
    }
    if country::is_assigned(&text[4..6]) { Ok(()) } else { Err(BicError::Country) }
}

/// The same for version 3.
///
/// # Errors
/// As [`check`]; digits among the first four characters; 0, 1 or O where its schema forbids them:
/// `[A-Z2-9][A-NP-Z0-9]`.
pub fn check_version_3(text: &str) -> Result<(), BicError> {
    check(text)?;
    let bytes = text.as_bytes();
    if !bytes[..4].iter().all(u8::is_ascii_uppercase) {
        return Err(BicError::Digits);
    }
    if matches!(bytes[6], b'0' | b'1') || bytes[7] == b'O' { Err(BicError::Location) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/protocols/iso20022.md §10.2.
    #[test]
    fn vectors() {
        for good in ["NDEAFIHH", "NDEAFIHHXXX", "1ABCFIHH"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert_eq!(check_version_3("1ABCFIHH"), Err(BicError::Digits));
        for (text, wanted) in [("NDEAFI1O", false), ("NDEAFI0H", false), ("NDEAFIHO", false), ("NDEAFI20", true)] {
            assert_eq!(check(text), Ok(()), "{text}");
            let version_3 = if wanted { Ok(()) } else { Err(BicError::Location) };
            assert_eq!(check_version_3(text), version_3, "{text}");
        }
        assert_eq!(check("DAAEDEDDXX"), Err(BicError::Length { found: 10 }));
        assert_eq!(check("NDEAFIH"), Err(BicError::Length { found: 7 }));
        assert_eq!(check("NDEAF1HH"), Err(BicError::Country));
        assert_eq!(check("NDEAZZHH"), Err(BicError::Country));
        assert_eq!(check("ndeafihh"), Err(BicError::Shape));
        assert_eq!(check("NDEÄFIHH"), Err(BicError::Shape));
    }
}
