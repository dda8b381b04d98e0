//! One-time codes: RFC 6238 with SHA-1, 6 digits, 30 seconds (docs/protocols/ws-channel.md §3.3).

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use crate::{CryptoError, Result, digest, random};

/// Length of a step, seconds.
pub const STEP_SECONDS: u64 = 30;
/// Bytes of a secret made here (32 base32 characters).
pub const SECRET_BYTES: usize = 20;

const MIN_SECRET_BYTES: usize = 10;
const MAX_SECRET_BYTES: usize = 64;

/// The secret shared with the authenticator. `Debug` shows nothing; wiped when dropped.
#[derive(Clone)]
pub struct TotpKey(Zeroizing<Vec<u8>>);

impl TotpKey {
    /// A new random secret.
    pub fn generate() -> Self {
        Self(Zeroizing::new(random::bytes::<SECRET_BYTES>().to_vec()))
    }

    /// Reads base32 as people type it: either case, with spaces, hyphens or padding. 10 to 64 bytes.
    ///
    /// # Errors
    /// [`CryptoError::InvalidTotpSecret`].
    pub fn from_base32(text: &str) -> Result<Self> {
        let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-');
        let mut digits = Zeroizing::new(digits.map(|byte| byte.to_ascii_uppercase()).collect::<Vec<u8>>());
        while digits.last() == Some(&b'=') {
            digits.pop();
        }
        Self::from_bytes(&Zeroizing::new(BASE32_NOPAD.decode(&digits).map_err(|_| CryptoError::InvalidTotpSecret)?))
    }

    /// The secret with these bytes, 10 to 64.
    ///
    /// # Errors
    /// [`CryptoError::InvalidTotpSecret`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if !(MIN_SECRET_BYTES..=MAX_SECRET_BYTES).contains(&bytes.len()) {
            return Err(CryptoError::InvalidTotpSecret);
        }
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    /// Upper-case base32 without padding.
    pub fn to_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The bytes, to be stored sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The step that a Unix time falls into.
pub fn counter(unix_seconds: u64) -> u64 {
    unix_seconds / STEP_SECONDS
}

/// The code of a step, six digits (RFC 4226 §5.3).
pub fn code_at_counter(secret: &TotpKey, counter: u64) -> String {
    format!("{:06}", truncated(secret, counter) % 1_000_000)
}

/// Checks a code at the time `now` (Unix seconds): the previous, the current and the next step are accepted. Returns
/// the step that matched, to be stored as used.
///
/// A step up to `last_used` is refused, so that each code works once. All three steps are computed and compared in
/// constant time, whichever matches.
pub fn verify(secret: &TotpKey, code: &str, now: u64, last_used: Option<u64>) -> Option<u64> {
    let present = counter(now);
    let mut matched = None;
    for step in [present.checked_sub(1), Some(present), present.checked_add(1)] {
        let candidate = code_at_counter(secret, step.unwrap_or(present));
        let equal = digest::constant_time_eq(candidate.as_bytes(), code.as_bytes());
        let fresh = last_used.is_none_or(|last| step > Some(last));
        if equal & fresh {
            matched = matched.or(step);
        }
    }
    matched
}

fn truncated(secret: &TotpKey, counter: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret.0);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let mac = tag.as_ref();
    let offset = usize::from(mac[mac.len() - 1] & 0x0f);
    let word = mac[offset..offset + 4].try_into().expect("an offset below 16 leaves four of twenty bytes");
    u32::from_be_bytes(word) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// docs/protocols/ws-channel.md §3.3.
    #[test]
    fn vectors_of_the_sheet() {
        let secret = TotpKey::from_base32("JBSWY3DPEHPK3PXP").unwrap();
        for (counter, code) in
            [(0, "282760"), (1, "996554"), (2, "602287"), (49_166_666, "837839"), (59_333_333, "895333")]
        {
            assert_eq!(code_at_counter(&secret, counter), code);
        }
    }

    /// RFC 6238 appendix B, SHA-1; its eight digits end in our six.
    #[test]
    fn vectors_of_the_rfc() {
        let secret = TotpKey::from_bytes(b"12345678901234567890").unwrap();
        for (time, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code_at_counter(&secret, counter(time)), code[2..]);
        }
    }

    #[test]
    fn each_step_counts_once_and_its_neighbours_too() {
        let secret = TotpKey::generate();
        let now = 1_800_000_000;
        let present = counter(now);
        for step in [present - 1, present, present + 1] {
            let code = code_at_counter(&secret, step);
            assert_eq!(verify(&secret, &code, now, None), Some(step));
            assert_eq!(verify(&secret, &code, now, Some(step - 1)), Some(step));
            assert_eq!(verify(&secret, &code, now, Some(step)), None, "used already");
        }
        let wrong = [present - 2, present + 2].map(|step| code_at_counter(&secret, step));
        let right = [present - 1, present, present + 1].map(|step| code_at_counter(&secret, step));
        for code in wrong.iter().filter(|code| !right.contains(code)) {
            assert_eq!(verify(&secret, code, now, None), None);
        }
        for code in ["", "1", "12345a", "1234567", " 12345"] {
            assert_eq!(verify(&secret, code, now, None), None);
        }
        let first = code_at_counter(&secret, 0);
        assert_eq!(verify(&secret, &first, 0, None), Some(0), "the first step has none before it");
    }

    #[test]
    fn secrets_as_people_type_them() {
        let secret = TotpKey::from_base32("jbsw y3dp-ehpk 3pxp====").unwrap();
        assert_eq!(*secret.to_base32(), "JBSWY3DPEHPK3PXP");
        for wrong in ["", "JBSWY3DP", "JBSWY3DPEHPK3PX1", "JBSWY3DPEHPK3PX", &"A".repeat(200)] {
            assert_eq!(TotpKey::from_base32(wrong).unwrap_err(), CryptoError::InvalidTotpSecret, "{wrong}");
        }
        assert_eq!(TotpKey::generate().to_base32().len(), 32);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    proptest! {
        #[test]
        fn base32_round_trip(bytes in proptest::collection::vec(any::<u8>(), 10..64)) {
            let text = TotpKey::from_bytes(&bytes).unwrap().to_base32();
            let back = TotpKey::from_base32(&text).unwrap();
            prop_assert_eq!(back.as_bytes(), &bytes[..]);
        }
    }
}
