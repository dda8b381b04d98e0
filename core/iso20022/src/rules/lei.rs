//! LEI: the number of a legal entity (ISO 17442).

/// Why a text is not an LEI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeiError {
    /// Not 18 capital letters and digits followed by two digits.
    #[error("is not written like an LEI (18 capital letters and digits, then two digits)")]
    Shape,
    /// The check digits do not match the rest.
    #[error("has wrong check digits")]
    CheckDigits,
}

/// Checks an LEI.
///
/// # Errors
/// The form or the check digits are wrong.
pub fn check(text: &str) -> Result<(), LeiError> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 20
        && bytes[..18].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && bytes[18..].iter().all(u8::is_ascii_digit);
    if !shaped {
        return Err(LeiError::Shape);
    }
    if crate::iban::mod_97(bytes.iter().copied()) == 1 { Ok(()) } else { Err(LeiError::CheckDigits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/protocols/iso20022.md §10.2.
    #[test]
    fn vectors() {
        assert_eq!(check("5493001KJTIIGC8Y1R12"), Ok(()));
        assert_eq!(check("5493001KJTIIGC8Y1R13"), Err(LeiError::CheckDigits));
        assert_eq!(check("5493001KJTIIGC8Y1R1"), Err(LeiError::Shape));
        assert_eq!(check(&"ä".repeat(10)), Err(LeiError::Shape));
    }
}
