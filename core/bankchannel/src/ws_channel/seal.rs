//! Sealing of values that leave this process and come back, with a key from the caller.
//!
//! The text is `bc1.` and the base64url of AES-256-GCM data (`bankchannel_crypto::aead`), keyed with HMAC-SHA-256 of
//! the caller's secret. The content is bound to its purpose: a session cannot be used as a login.

use std::borrow::Cow;

use bankchannel_crypto::{CryptoError, aead::SealingKey, digest};
use bankchannel_foundation::{
    Error, Result, Secret, json,
    model::{Boundary, read_boundary, write_boundary},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The shortest seal key, in bytes. The encryption key is derived without a slow hash, so the seal key itself must be
/// hard to guess.
pub const SEAL_KEY_MIN: usize = 32;

/// The format's name and version.
const PREFIX: &str = "bc1.";
/// The maximum length of a sealed text, in bytes.
const SEALED_MAX: usize = 64 * 1024;
/// The maximum nesting depth of the sealed JSON.
const DEPTH_MAX: usize = 8;

/// An encrypted session or login. Return it unchanged, with the same seal key.
#[derive(Debug, Clone, Boundary)]
#[boundary(
    text,
    pattern = "^bc1\\.[A-Za-z0-9_-]+$",
    max_bytes = SEALED_MAX,
    example = "bc1.AbCd",
    check = check_sealed_text
)]
pub struct SealedText(Secret);

fn check_sealed_text(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.starts_with(PREFIX) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("was not sealed by this library, or by a newer version of it")
    }
}

/// The key that encrypts sessions and logins: 32 random bytes or more, the same in every process that decrypts
/// them.
#[derive(Debug, Clone, Boundary)]
#[boundary(
    text,
    pattern = "^.{32,}$",
    max_bytes = 4096,
    example = "0123456789abcdef0123456789abcdef",
    check = check_seal_key
)]
pub struct SealKey(Secret);

fn check_seal_key(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.len() >= SEAL_KEY_MIN {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be 32 bytes or more, and random: openssl rand -hex 32 makes one")
    }
}

/// Seals a value. `purpose` is authenticated with it.
pub(super) fn seal<T: Boundary>(value: T, key: &SealKey, purpose: &str) -> Result<SealedText> {
    let plain = Secret::new(write_boundary(value).to_string());
    let sealed = sealing_key(key)?.seal(plain.expose().as_bytes(), purpose.as_bytes());
    SealedText::new(&format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&sealed)))
}

/// Opens a value that [`seal`] sealed for the same purpose.
///
/// # Errors
/// `input.invalid_field` for the field `sealed`; the detail `reason` is `wrong_key`, `damaged` or `format`.
pub(super) fn open<T: Boundary>(sealed: &SealedText, key: &SealKey, purpose: &str) -> Result<T> {
    let refused = |reason: &str, why: &str| Error::invalid_field("sealed", why).with("reason", reason);
    let format = || refused("format", "was cut short, or sealed by another version of this library");
    let text = sealed.expose().strip_prefix(PREFIX).ok_or_else(format)?;
    let bytes = URL_SAFE_NO_PAD
        .decode(text.trim_end().as_bytes())
        .map_err(|_| refused("damaged", "is damaged: it is not base64url"))?;
    let plain = sealing_key(key)?.open(&bytes, purpose.as_bytes()).map_err(|why| match why {
        CryptoError::UnknownSealingKey { .. } => refused("wrong_key", "was sealed with another seal key"),
        CryptoError::SealedDamaged => refused("damaged", "was changed, or was sealed for another operation"),
        _ => format(),
    })?;
    let value = json::parse(&plain, DEPTH_MAX).map_err(|_| format())?;
    read_boundary(value).map_err(|_| format())
}

fn sealing_key(key: &SealKey) -> Result<SealingKey> {
    let derived = digest::hmac_sha256(key.expose().as_bytes(), &[b"bankchannel seal 1"]);
    SealingKey::from_bytes(&derived).map_err(|why| Error::invalid_field("seal_key", why))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A sample value.
    #[derive(Debug, Clone, PartialEq, Eq, Boundary)]
    struct Example {
        /// A field.
        word: String,
    }

    fn key(fill: &str) -> SealKey {
        SealKey::new(&fill.repeat(32)).unwrap()
    }

    #[test]
    fn it_opens_with_the_same_key_and_purpose_only() {
        let example = Example { word: "secret word".into() };
        let sealed = seal(example.clone(), &key("a"), "one").unwrap();
        assert!(!sealed.expose().contains("secret") && !format!("{sealed:?}").contains("bc1"));
        assert_eq!(open::<Example>(&sealed, &key("a"), "one").unwrap(), example);
        let reason = |sealed: &SealedText, fill: &str, purpose: &str| {
            open::<Example>(sealed, &key(fill), purpose).unwrap_err().detail("reason").unwrap().to_owned()
        };
        assert_eq!(reason(&sealed, "b", "one"), "wrong_key");
        assert_eq!(reason(&sealed, "a", "two"), "damaged");
        let text = sealed.expose();
        let other = if text[40..].starts_with('A') { "B" } else { "A" };
        let changed = SealedText::new(&format!("{}{other}{}", &text[..40], &text[41..])).unwrap();
        assert_ne!(reason(&changed, "a", "one"), "format");
        assert_eq!(reason(&SealedText::new(&text[..28]).unwrap(), "a", "one"), "format");
        assert_eq!(reason(&SealedText::new("bc1.!!").unwrap(), "a", "one"), "damaged");
        assert!(SealedText::new("bc2.AAAA").is_err() && SealKey::new("short").is_err());
    }
}
