//! Challenges, and the password encrypted to answer one (§3.1, §3.2).

use bankchannel_crypto::{digest, rsa};
use bankchannel_foundation::{CallOutcome, Error, Secret};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    errors,
    model::{Challenge, Email, EncryptedPassword, Mode},
};

/// Separates the password from the time stamp.
const SEPARATOR: &str = "||";

/// The longest password, in UTF-8 bytes: the capacity of OAEP with a 2048-bit key (§3.1).
pub const PASSWORD_MAX: usize = 199;

/// The time stamp of a challenge, verbatim: its second field of exactly three.
///
/// # Errors
/// `ws_channel.challenge_malformed`; nothing was sent.
pub fn time_stamp(challenge: &Challenge) -> Result<&str, Error> {
    let fields: Vec<&str> = challenge.expose().split('|').collect();
    match fields[..] {
        [nonce, stamp, id] if !nonce.is_empty() && !id.is_empty() && is_stamp(stamp) => Ok(stamp),
        _ => Err(Error::new(&errors::CHALLENGE_MALFORMED).with_outcome(CallOutcome::NotSent)),
    }
}

fn is_stamp(text: &str) -> bool {
    (10..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Encrypts a password for the service, bound to the challenge it answers: RSAES-OAEP with SHA-1 over
/// `password||timestamp`, base64.
///
/// # Errors
/// `input.invalid_field` for a password that is empty or longer than 199 bytes; `ws_channel.challenge_malformed`.
pub fn encrypt_password(
    password: &Secret,
    challenge: &Challenge,
    key: &rsa::RsaPublicKey,
) -> Result<EncryptedPassword, Error> {
    let stamp = time_stamp(challenge)?;
    let length = password.expose().len();
    if length == 0 || length > PASSWORD_MAX {
        return Err(Error::invalid_field("password", format!("must be 1 to {PASSWORD_MAX} bytes as UTF-8")));
    }
    let plain = Secret::new([password.expose(), SEPARATOR, stamp].concat());
    let cipher = key
        .encrypt_oaep_sha1(plain.expose().as_bytes())
        .map_err(|why| Error::invalid_field("password", format!("cannot be encrypted: {why}")))?;
    EncryptedPassword::new(&STANDARD.encode(cipher))
}

/// Parses a decrypted answer and returns the password if the time stamp matches. Splits at the last `||`.
#[must_use]
pub fn open_password(plain: &[u8], stamp: &str) -> Option<Secret> {
    let at = plain.windows(SEPARATOR.len()).rposition(|window| window == SEPARATOR.as_bytes())?;
    let (password, answered) = (&plain[..at], &plain[at + SEPARATOR.len()..]);
    let fits =
        digest::constant_time_eq(answered, stamp.as_bytes()) && !password.is_empty() && password.len() <= PASSWORD_MAX;
    let text = std::str::from_utf8(password).ok().filter(|_| fits)?;
    Some(Secret::new(text))
}

/// Makes a server challenge: stateless, bound to e-mail and mode by a MAC.
///
/// `key` is 32 random bytes or more, `uuid` a lower-case UUID v4.
#[must_use]
pub fn mint(key: &[u8], email: &Email, mode: Mode, now_ms: i64, uuid: &str) -> String {
    format!("{}|{now_ms}|{uuid}", STANDARD.encode(mac(key, email, mode, &now_ms.to_string(), uuid)))
}

/// A returned challenge with a valid format.
#[derive(Debug)]
pub struct ReturnedChallenge<'a> {
    mac: Vec<u8>,
    stamp: &'a str,
    /// The creation time, in milliseconds.
    pub made_ms: i64,
    /// Its id. Each id may be used only once.
    pub uuid: &'a str,
}

impl<'a> ReturnedChallenge<'a> {
    /// Checks the format: 44 base64 characters, 13 digits, a lower-case UUID.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.split('|');
        let (nonce, stamp, uuid, None) = (fields.next()?, fields.next()?, fields.next()?, fields.next()) else {
            return None;
        };
        let digits = stamp.len() == 13 && !stamp.starts_with('0') && stamp.bytes().all(|b| b.is_ascii_digit());
        let mac = STANDARD.decode(nonce).ok().filter(|mac| mac.len() == 32 && nonce.len() == 44)?;
        let form = digits && is_uuid(uuid);
        form.then_some(Self { mac, stamp, made_ms: stamp.parse().ok()?, uuid })
    }

    /// Whether one of the keys made this challenge for this e-mail and mode. Compares in constant time.
    #[must_use]
    pub fn is_made_by(&self, keys: &[&[u8]], email: &Email, mode: Mode) -> bool {
        keys.iter().fold(false, |found, key| {
            digest::constant_time_eq(&self.mac, &mac(key, email, mode, self.stamp, self.uuid)) | found
        })
    }

    /// The time stamp, verbatim.
    #[must_use]
    pub fn stamp(&self) -> &'a str {
        self.stamp
    }
}

fn mac(key: &[u8], email: &Email, mode: Mode, stamp: &str, uuid: &str) -> [u8; 32] {
    let lines = ["wsch1", email.as_str(), mode.as_str(), stamp, uuid].join("\n");
    digest::hmac_sha256(key, &[lines.as_bytes()])
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "4017bda8-0a15-4154-a8b7-88069b05cb4e";

    fn email() -> Email {
        Email::new("User@Example.test").expect("an address")
    }

    /// E15: the test vector of §3.2.
    #[test]
    fn the_vector_of_the_sheet() {
        let key: Vec<u8> = (0..32).collect();
        let minted = mint(&key, &email(), Mode::Admin, 1_767_225_600_000, UUID);
        assert_eq!(minted, format!("qEom0FEgqcp23yEf4AL6z4vhI7UND+AmWWt3FmG6w64=|1767225600000|{UUID}"));
        let returned = ReturnedChallenge::parse(&minted).expect("well formed");
        assert!(returned.is_made_by(&[b"another", &key], &email(), Mode::Admin));
        assert!(!returned.is_made_by(&[&key], &email(), Mode::Data));
        assert!(!returned.is_made_by(&[&key], &Email::new("a@b.c").expect("an address"), Mode::Admin));
    }

    #[test]
    fn other_forms_are_refused() {
        let good = mint(&[1; 32], &email(), Mode::Data, 1_767_225_600_000, UUID);
        for bad in [
            good.replace('|', "||"),
            good.rsplit_once('|').expect("has bars").0.to_owned(),
            format!("{good}|"),
            good.replace("-4154-", "-4154_"),
            good.to_uppercase(),
            "missing-timestamp".into(),
        ] {
            assert!(ReturnedChallenge::parse(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn passwords_round_trip_and_split_at_the_last_bars() {
        let stamp = "1475175151231";
        let sample = "Toddler_..123456789012345";
        let plain = format!("{sample}||{stamp}");
        assert_eq!(plain.len(), 40);
        assert_eq!(open_password(plain.as_bytes(), stamp).expect("opens").expose(), sample);
        let awkward = "a||b äöå🔐";
        assert_eq!(open_password(format!("{awkward}||{stamp}").as_bytes(), stamp).expect("opens").expose(), awkward);
        assert!(open_password(format!("{sample}||1475175151232").as_bytes(), stamp).is_none());
        assert!(open_password(format!("||{stamp}").as_bytes(), stamp).is_none());
        assert!(open_password(b"no bars", stamp).is_none());
    }

    /// E16: a challenge without its time stamp is a local error.
    #[test]
    fn a_challenge_without_stamp_is_refused_before_anything_is_sent() {
        let error = time_stamp(&Challenge::new("missing-timestamp").expect("visible")).expect_err("malformed");
        assert_eq!(error.outcome(), Some(CallOutcome::NotSent));
    }
}
