//! A certificate's serial number as text (§2.6): hexadecimal, or decimal if a service requires it.

use data_encoding::{HEXLOWER_PERMISSIVE, HEXUPPER};

/// The maximum number of hexadecimal digits: 20 octets and a leading zero octet (S-07).
const MAX_DIGITS: usize = 42;
/// The maximum length of a serial number that is compared with a decimal text, in bytes.
const MAX_OCTETS: usize = 21;

/// The format of a serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SerialStyle {
    /// `B3A91F27C5D4E10`: upper case, no leading zero.
    #[default]
    HexUpper,
    /// `b3a91f27c5d4e10`: lower case, no leading zero.
    HexLower,
    /// `0B3A91F27C5D4E10`: upper case, an even number of digits.
    HexEven,
    /// `809139184927428112`.
    Decimal,
}

/// Formats an unsigned big-endian number.
pub(crate) fn to_text(serial: &[u8], style: SerialStyle) -> String {
    let digits = HEXUPPER.encode(without_zeros(serial));
    let minimal = match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    match style {
        SerialStyle::HexUpper => minimal.to_owned(),
        SerialStyle::HexLower => minimal.to_ascii_lowercase(),
        SerialStyle::HexEven => format!("{}{minimal}", if minimal.len() % 2 == 1 { "0" } else { "" }),
        SerialStyle::Decimal => decimal(without_zeros(serial)),
    }
}

/// Whether a hexadecimal text equals this number; `None` if it is not hexadecimal or too long.
pub(super) fn is_hex_of(text: &str, serial: &[u8]) -> Option<bool> {
    if text.is_empty() || text.len() > MAX_DIGITS {
        return None;
    }
    let even = format!("{}{text}", if text.len() % 2 == 1 { "0" } else { "" });
    let bytes = HEXLOWER_PERMISSIVE.decode(even.as_bytes()).ok()?;
    Some(without_zeros(&bytes) == without_zeros(serial))
}

/// Whether a decimal text equals this number.
pub(super) fn is_decimal_of(text: &str, serial: &[u8]) -> bool {
    let serial = without_zeros(serial);
    serial.len() <= MAX_OCTETS
        && !text.is_empty()
        && text.trim_start_matches('0') == decimal(serial).trim_start_matches('0')
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|&byte| byte != 0).unwrap_or(number.len());
    &number[start..]
}

/// Converts via groups of nine decimal digits, the lowest first.
fn decimal(number: &[u8]) -> String {
    const GROUP: u64 = 1_000_000_000;
    let mut groups: Vec<u64> = vec![0];
    for &byte in number {
        let mut carry = u64::from(byte);
        for group in &mut groups {
            let sum = *group * 256 + carry;
            *group = sum % GROUP;
            carry = sum / GROUP;
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let digits: String = groups.iter().rev().map(|group| format!("{group:09}")).collect();
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SERIAL: [u8; 8] = [0x0b, 0x3a, 0x91, 0xf2, 0x7c, 0x5d, 0x4e, 0x10];

    #[test]
    fn styles() {
        for (style, text) in [
            (SerialStyle::HexUpper, "B3A91F27C5D4E10"),
            (SerialStyle::HexLower, "b3a91f27c5d4e10"),
            (SerialStyle::HexEven, "0B3A91F27C5D4E10"),
            (SerialStyle::Decimal, &u64::from_be_bytes(SERIAL).to_string()),
        ] {
            assert_eq!(to_text(&SERIAL, style), text);
        }
        for style in [SerialStyle::HexUpper, SerialStyle::HexLower, SerialStyle::Decimal] {
            assert_eq!(to_text(&[], style), "0");
            assert_eq!(to_text(&[0, 0], style), "0");
        }
    }

    #[test]
    fn limits() {
        assert_eq!(is_hex_of(&"F".repeat(MAX_DIGITS), &[0xff; 21]), Some(true));
        assert_eq!(is_hex_of(&"0".repeat(MAX_DIGITS + 1), &[]), None);
        assert_eq!(is_hex_of("", &[]), None);
        assert!(is_decimal_of("0", &[]) && is_decimal_of("0256", &[1, 0]));
        assert!(!is_decimal_of("", &[]) && !is_decimal_of("256", &[1; MAX_OCTETS + 1]));
    }

    proptest! {
        #[test]
        fn a_number_is_itself(number: u128, other: u128) {
            let bytes = number.to_be_bytes();
            prop_assert_eq!(to_text(&bytes, SerialStyle::Decimal), number.to_string());
            prop_assert!(is_decimal_of(&number.to_string(), &bytes));
            for style in [SerialStyle::HexUpper, SerialStyle::HexLower, SerialStyle::HexEven] {
                prop_assert_eq!(is_hex_of(&to_text(&bytes, style), &bytes), Some(true));
                prop_assert_eq!(is_hex_of(&to_text(&other.to_be_bytes(), style), &bytes), Some(number == other));
            }
        }

        #[test]
        fn any_text_is_answered(text: String, serial: Vec<u8>) {
            let _ = (is_hex_of(&text, &serial), is_decimal_of(&text, &serial));
        }
    }
}
