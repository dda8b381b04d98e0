//! Mutual authentication of a connector and the bank's own code over HTTP: a MAC over time, path and body, with a
//! shared secret.
//!
//! ```text
//!   POST /bank/list_accounts
//!   Bank-Interface-Time: 1732436063               Unix seconds; at most five minutes apart
//!   Bank-Interface-Signature: 5f2b…               HMAC-SHA-256 in hex over
//!                                                 "1732436063\n/bank/list_accounts\n" and the body
//! ```

use bankchannel_crypto::digest::{constant_time_eq, hex, hmac_sha256};
use bankchannel_foundation::Secret;

/// The header with the time.
pub const TIME: &str = "Bank-Interface-Time";
/// The header with the MAC.
pub const SIGNATURE: &str = "Bank-Interface-Signature";
/// The maximum difference between the two clocks, in seconds.
pub const TOLERANCE_S: u64 = 300;
/// The minimum length of a secret, in characters.
pub const SECRET_MIN: usize = 32;
const SECRET_MAX: usize = 1024;

/// A secret that both sides share.
#[derive(Clone)]
pub struct SharedSecret(Secret);

impl SharedSecret {
    /// Takes a secret. Surrounding white space is ignored, such as a line break at the end of a file.
    ///
    /// # Errors
    /// The reason why it is not a valid secret.
    pub fn new(text: &Secret) -> Result<Self, &'static str> {
        let text = text.expose().trim();
        if !(SECRET_MIN..=SECRET_MAX).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "must be 32 to 1024 characters of visible ASCII without spaces, such as `openssl rand -base64 32` writes",
            );
        }
        Ok(Self(Secret::new(text)))
    }

    fn mac(&self, time: &str, path: &str, body: &[u8]) -> String {
        let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", path.as_bytes(), b"\n", body];
        hex(&hmac_sha256(self.0.expose().as_bytes(), &parts))
    }

    /// The two headers of a request.
    #[must_use]
    pub fn headers(&self, now_s: i64, path: &str, body: &[u8]) -> [(&'static str, String); 2] {
        let time = now_s.to_string();
        let mac = self.mac(&time, path, body);
        [(TIME, time), (SIGNATURE, mac)]
    }

    /// Checks that a request is recent and comes from a holder of the secret.
    ///
    /// # Errors
    /// The reason why it does not pass.
    pub fn verify(
        &self,
        time: Option<&str>,
        signature: Option<&str>,
        path: &str,
        body: &[u8],
        now_s: i64,
    ) -> Result<(), &'static str> {
        let (Some(time), Some(signature)) = (time, signature) else {
            return Err("Bank-Interface-Time or Bank-Interface-Signature is missing, or stands twice");
        };
        // The MAC is checked first: without the secret nothing can be learned about this clock.
        if !constant_time_eq(self.mac(time, path, body).as_bytes(), signature.as_bytes()) {
            return Err("Bank-Interface-Signature does not match this time, path and body with the shared secret");
        }
        let at = time.parse::<i64>().map_err(|_| "Bank-Interface-Time must be Unix seconds")?;
        if at.abs_diff(now_s) > TOLERANCE_S {
            return Err("Bank-Interface-Time is more than five minutes from now");
        }
        Ok(())
    }
}

bankchannel_foundation::redacted_debug!(SharedSecret);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = "0123456789abcdef0123456789abcdef";

    fn secret() -> SharedSecret {
        SharedSecret::new(&Secret::new(format!("{TEXT}\n"))).unwrap()
    }

    /// The MAC as computed by `printf '1732436063\n/bank/notice\n{}' | openssl dgst -sha256 -hmac
    /// 0123456789abcdef0123456789abcdef`.
    #[test]
    fn the_mac_is_that_of_openssl() {
        let [time, mac] = secret().headers(1_732_436_063, "/bank/notice", b"{}");
        assert_eq!(time, (TIME, "1732436063".to_owned()));
        assert_eq!(mac, (SIGNATURE, "aa9371294dbd5aa3007a83fe7ef8b23c6b8552a4d320b807c37590431805b7d0".to_owned()));
    }

    #[test]
    fn another_secret_time_path_or_body_does_not_pass() {
        let secret = secret();
        let now_s = 1_732_436_063;
        let [(_, time), (_, mac)] = secret.headers(now_s, "/bank/notice", b"{}");
        let verify = |time: &str, path: &str, body: &[u8], now_s: i64| {
            secret.verify(Some(time), Some(&mac), path, body, now_s).is_ok()
        };
        assert!(verify(&time, "/bank/notice", b"{}", now_s));
        assert!(verify(&time, "/bank/notice", b"{}", now_s - 300) && verify(&time, "/bank/notice", b"{}", now_s + 300));
        assert!(
            !verify(&time, "/bank/notice", b"{}", now_s - 301) && !verify(&time, "/bank/notice", b"{}", now_s + 301)
        );
        assert!(!verify("1732436064", "/bank/notice", b"{}", now_s));
        assert!(!verify(&time, "/bank/refresh", b"{}", now_s) && !verify(&time, "/bank/notice", b"{} ", now_s));
        assert!(secret.verify(Some(&time), None, "/bank/notice", b"{}", now_s).is_err());
        let other = SharedSecret::new(&Secret::new(format!("x{TEXT}"))).unwrap();
        assert!(other.verify(Some(&time), Some(&mac), "/bank/notice", b"{}", now_s).is_err());
    }

    #[test]
    fn a_secret_is_long_enough_and_says_nothing_of_itself() {
        for wrong in ["", "short", "0123456789abcdef 0123456789abcdef", "0123456789abcdef0123456789abcd\u{e9}\u{e9}"] {
            assert!(SharedSecret::new(&Secret::new(wrong)).is_err(), "{wrong}");
        }
        assert!(!format!("{:?}", secret()).contains(TEXT));
    }
}
