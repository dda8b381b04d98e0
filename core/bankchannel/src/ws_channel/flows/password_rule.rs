//! The rules for a new password (docs/protocols/ws-channel.md §2.2), checked before anything is sent.

use bankchannel_foundation::{CallOutcome, Error, Result, Secret};
use bankchannel_ws_channel::challenge::PASSWORD_MAX;

/// The minimum length of a password, in characters.
const PASSWORD_MIN: usize = 20;

/// Checks a new password.
pub(super) fn check(field: &'static str, password: &Secret) -> Result<()> {
    let text = password.expose();
    let has = |class: fn(char) -> bool| text.chars().any(class);
    let why = if text.chars().count() < PASSWORD_MIN {
        "must have at least 20 characters"
    } else if text.len() > PASSWORD_MAX {
        "must have at most 199 bytes as UTF-8"
    } else if has(char::is_control) {
        "must have no control character"
    } else if !(has(char::is_lowercase)
        && has(char::is_uppercase)
        && has(|c| c.is_ascii_digit())
        && has(|c| !c.is_alphanumeric()))
    {
        "must have a lower-case letter, an upper-case letter, a digit and a special character"
    } else {
        return Ok(());
    };
    Err(Error::invalid_field(field, why).with_outcome(CallOutcome::NotSent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_the_service() {
        assert!(check("password", &"Toddler_..123456789012345".into()).is_ok());
        for bad in [
            "Short_1",
            "toddler_..123456789012345",
            "TODDLER_..123456789012345",
            "Toddler_.._abcdefghijklm",
            "Toddlera1234567890123456",
            "Toddler_..1234567890\n1234",
        ] {
            assert_eq!(check("password", &bad.into()).expect_err(bad).detail("field"), Some("password"));
        }
        assert!(check("password", &format!("Aa1_{}", "x".repeat(200)).into()).is_err());
    }
}
