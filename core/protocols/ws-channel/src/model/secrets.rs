//! Keys, codes and tokens: never shown.

use std::borrow::Cow;

use bankchannel_foundation::secret_type;

secret_type! {
    /// The integrator's API key: 20 to 128 letters, digits, `_` or `-`. `0` at registration asks for a new one (§2.0).
    pub struct ApiKey {
        format: "", pattern: "^(0|[A-Za-z0-9_-]{20,128})$", max_bytes: 128, example: "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2",
        rule: |text| {
            let key = (20..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if key || text == "0" { Ok(Cow::Borrowed(text)) } else { Err("must be `0` or 20 to 128 letters, digits, _ or -") }
        },
    }

    /// A one-time code: six digits, from an SMS, an e-mail or an authenticator (§2.0).
    pub struct Code {
        format: "", pattern: "^[0-9]{6}$", max_bytes: 64, example: "123456",
        rule: |text| if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Cow::Borrowed(text))
        } else {
            Err("must be six digits")
        },
    }

    /// A session's token: visible ASCII, at most 8192 bytes (§2.0).
    pub struct IdToken {
        format: "", pattern: "", max_bytes: 8192, example: "",
        rule: visible,
    }

    /// A token of narrow scope: for one verification of an e-mail address or one enrolment of an authenticator (§2.0).
    pub struct AccessToken {
        format: "", pattern: "", max_bytes: 4096, example: "",
        rule: visible,
    }

    /// The handle of a login's second step (§2.0).
    pub struct MfaSession {
        format: "", pattern: "", max_bytes: 4096, example: "",
        rule: visible,
    }

    /// A challenge of the server: base64, milliseconds and a UUID, separated by `|` (§2.0).
    pub struct Challenge {
        format: "", pattern: "", max_bytes: 512, example: "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde",
        rule: visible,
    }

    /// A password and its challenge's time stamp, encrypted to the service's key: base64 (§3.1).
    pub struct EncryptedPassword {
        format: "", pattern: "", max_bytes: 4096, example: "",
        rule: |text| Ok(Cow::Borrowed(text)),
    }
}

fn visible(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if !text.is_empty() && text.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be visible ASCII characters without spaces")
    }
}
