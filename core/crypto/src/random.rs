//! Random bytes, codes and identifiers from the system's generator.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// RFC 4648 base32 in lower case.
const BASE32_LOWER: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Fills `buffer`.
///
/// # Panics
/// If the operating system provides no randomness: nothing secure is possible then.
pub fn fill(buffer: &mut [u8]) {
    SystemRandom::new().fill(buffer).expect("the operating system's random generator works");
}

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0; N];
    fill(&mut buffer);
    buffer
}

/// A code of six digits, `000000` to `999999`, all equally likely (docs/protocols/ws-channel.md §10 S8).
pub fn digits6() -> String {
    six_digits(|| u32::from_le_bytes(bytes()))
}

/// `count` letters and digits (A–Z, a–z, 0–9), all equally likely.
pub fn alphanumeric(count: usize) -> String {
    from_alphabet(ALPHANUMERIC, count)
}

/// `count` characters of lower-case base32 (a–z, 2–7).
pub fn base32_lower(count: usize) -> String {
    from_alphabet(BASE32_LOWER, count)
}

/// A random UUID (version 4), lower case with hyphens.
pub fn uuid_v4() -> String {
    uuid::Builder::from_random_bytes(bytes()).into_uuid().hyphenated().to_string()
}

/// A token of 256 random bits: 43 characters of base64url.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(*Zeroizing::new(bytes::<32>()))
}

/// Draws until the number is below the largest multiple of a million, so that all codes are equally likely.
fn six_digits(mut draw: impl FnMut() -> u32) -> String {
    const CODES: u32 = 1_000_000;
    const LIMIT: u32 = u32::MAX / CODES * CODES;
    loop {
        let number = draw();
        if number < LIMIT {
            return format!("{:06}", number % CODES);
        }
    }
}

fn from_alphabet(alphabet: &[u8], count: usize) -> String {
    let limit = 256 / alphabet.len() * alphabet.len();
    let mut text = String::with_capacity(count);
    let mut pool = Zeroizing::new([0u8; 64]);
    while text.len() < count {
        fill(&mut *pool);
        let usable = pool.iter().map(|&byte| usize::from(byte)).filter(|&byte| byte < limit);
        text.extend(usable.take(count - text.len()).map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_reject_the_uneven_rest() {
        let mut draws = [u32::MAX, 4_294_000_000, 4_293_999_999].into_iter();
        assert_eq!(six_digits(|| draws.next().expect("three draws")), "999999");
        assert_eq!(draws.next(), None, "two draws were refused");
        assert_eq!(six_digits(|| 7), "000007");
    }

    #[test]
    fn codes_are_spread_evenly() {
        let mut first = [0u32; 10];
        for _ in 0..20_000 {
            let code = digits6();
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
            first[usize::from(code.as_bytes()[0] - b'0')] += 1;
        }
        // Ten sigma around 2000.
        assert!(first.iter().all(|count| (1_580..2_420).contains(count)), "{first:?}");
    }

    #[test]
    fn shapes() {
        assert_eq!(token().len(), 43);
        assert!(token().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_ne!(token(), token());
        for count in [0, 1, 63, 64, 65, 300] {
            let text = alphanumeric(count);
            assert!(text.len() == count && text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            let text = base32_lower(count);
            assert!(text.len() == count && text.bytes().all(|byte| BASE32_LOWER.contains(&byte)));
        }
        let uuid = uuid_v4();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        assert!("89ab".contains(&uuid[19..20]) && uuid == uuid.to_lowercase());
        assert_ne!(bytes::<16>(), bytes::<16>());
    }
}
