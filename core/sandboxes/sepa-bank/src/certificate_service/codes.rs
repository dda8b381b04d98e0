//! The codes for first certificates: Nordea's ten digits, OP's sixteen with a check digit, Danske's PIN, the others' twenty-one
//! digits.

use bankchannel_crypto::digest;
use bankchannel_sepa_web_services::profile::BankFamily;
use serde::{Deserialize, Serialize};

/// Wrong attempts after which Danske locks.
pub(crate) const PIN_ATTEMPTS_MAX: u32 = 4;
/// Wrong attempts after which Nordea locks.
pub(crate) const ATTEMPTS_MAX: u32 = 5;
const DAY_MS: i64 = 86_400_000;

/// A code that was sent to a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SentCode {
    /// Family and customer: `op/1000022211`.
    pub(crate) key: String,
    pub(crate) code: String,
    /// Until when it holds, by the scenario's clock, milliseconds.
    pub(crate) until_ms: i64,
    /// How many were sent before it.
    pub(crate) number: u32,
    /// Wrong attempts.
    #[serde(default)]
    pub(crate) failures: u32,
    /// Whether the registration is locked: by too many attempts, or by two blocks in the wrong order.
    #[serde(default)]
    pub(crate) locked: bool,
    /// SHA-256 of the key for which it was used, hex.
    #[serde(default)]
    pub(crate) used_for: Option<String>,
}

impl SentCode {
    /// The code with this number of a customer: always the same one, so that tests know it.
    pub(crate) fn new(family: BankFamily, key: &str, number: u32, now_ms: i64) -> Self {
        let drawn = digest::sha256(format!("{key}/{number}").as_bytes());
        let digits =
            |count: usize| drawn.iter().map(|byte| char::from(b'0' + byte % 10)).take(count).collect::<String>();
        let (code, days) = match family {
            BankFamily::Nordea => (digits(10), 7),
            BankFamily::Op => (with_check_digit(digits(15)), 90),
            BankFamily::Danske => (digits(6), 30),
            _ => (digits(21), 30),
        };
        Self {
            key: key.to_owned(),
            code,
            until_ms: now_ms.saturating_add(days * DAY_MS),
            number,
            failures: 0,
            locked: false,
            used_for: None,
        }
    }

    /// Whether a given code is this one with its two blocks in the wrong order.
    pub(crate) fn is_swapped(&self, given: &str) -> bool {
        let (first, second) = self.code.split_at(self.code.len() / 2);
        given != self.code && given == format!("{second}{first}")
    }
}

/// The digits with the one that makes the sum right (Luhn).
fn with_check_digit(digits: String) -> String {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let values = digits.bytes().rev().map(|byte| u32::from(byte - b'0')).enumerate();
    let sum: u32 = values.map(|(at, digit)| if at % 2 == 0 { doubled(digit) } else { digit }).sum();
    let check = (10 - sum % 10) % 10;
    digits + &check.to_string()
}

/// A certificate that was issued by the service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CustomerCertificateRecord {
    /// Family and customer.
    pub(crate) key: String,
    /// SHA-256 of the certificate's key, hex.
    pub(crate) key_sha256: String,
    /// The certificate, PEM.
    pub(crate) pem: String,
    /// That of the key that decrypts, where documents are encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption_pem: Option<String>,
    /// The serial number of the certificate with which the request was signed, hex; `None` for a first one.
    pub(crate) signed_with: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_forms_of_their_banks() {
        let op = SentCode::new(BankFamily::Op, "op/1000022211", 0, 0);
        assert_eq!(op.code.len(), 16);
        assert_eq!(with_check_digit("902617340058231".to_owned()), "9026173400582314");
        assert!(op.is_swapped(&format!("{}{}", &op.code[8..], &op.code[..8])) && !op.is_swapped(&op.code));
        assert_ne!(op.code, SentCode::new(BankFamily::Op, "op/1000022211", 1, 0).code);
        assert_eq!(SentCode::new(BankFamily::Nordea, "nordea/1", 0, 0).code.len(), 10);
        assert_eq!(SentCode::new(BankFamily::Samlink, "samlink/1", 0, 0).code.len(), 21);
    }
}
