//! Keys, codes and tokens; their values are never shown.

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
    pub struct OneTimeCode {
        format: "", pattern: "^[0-9]{6}$", max_bytes: 64, example: "123456",
        rule: |text| if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Cow::Borrowed(text))
        } else {
            Err("must be six digits")
        },
    }

    /// A session's token: visible ASCII, at most 8192 bytes (§2.0).
    pub struct IdToken {
        format: "", pattern: "", max_bytes: 8192, example: "example-id-token",
        rule: visible,
    }

    /// A token of narrow scope: for one verification of an e-mail address or one enrolment of an authenticator (§2.0).
    pub struct AccessToken {
        format: "", pattern: "", max_bytes: 4096, example: "example-access-token",
        rule: visible,
    }

    /// The handle of a login's second step (§2.0).
    pub struct MfaSession {
        format: "", pattern: "", max_bytes: 4096, example: "example-mfa-session",
        rule: visible,
    }

    /// A challenge of the server: base64, milliseconds and a UUID, separated by `|` (§2.0). The type accepts any text:
    /// a client checks the form before it encrypts, a server refuses a wrong challenge with its own error text (§3.2).
    pub struct Challenge {
        format: "", pattern: "", max_bytes: 4096, example: "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde",
        rule: |text| Ok(Cow::Borrowed(text)),
    }

    /// A password and its challenge's time stamp, encrypted to the service's key: base64 (§3.1).
    pub struct EncryptedPassword {
        format: "", pattern: "", max_bytes: 4096, example: "ZW5jcnlwdGVk",
        rule: |text| Ok(Cow::Borrowed(text)),
    }

    /// The secret of an authenticator: base32 without padding (§3.3).
    pub struct TotpSecret {
        format: "", pattern: "", max_bytes: 256, example: "JBSWY3DPEHPK3PXP",
        rule: not_blank,
    }

    /// An `otpauth://` URI for an authenticator's QR code; it holds the secret (§2.9).
    pub struct OtpauthUri {
        format: "", pattern: "", max_bytes: 2048,
        example: "otpauth://totp/ISECure:user%40example.test?secret=JBSWY3DPEHPK3PXP&issuer=ISECure",
        rule: visible,
    }

    /// The full PIN from a bank for an enrolment: 1 to 64 visible ASCII characters without spaces (§2.17).
    pub struct BankPin {
        format: "", pattern: "^[!-~]{1,64}$", max_bytes: 64, example: "1234567890123456",
        rule: visible,
    }

    /// A private key as PEM, PKCS#8 or PKCS#1, not encrypted (§2.18).
    pub struct PrivateKeyPem {
        format: "", pattern: "", max_bytes: 65_536, example: "-----BEGIN PRIVATE KEY-----",
        rule: not_blank,
    }
}

fn visible(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if !text.is_empty() && text.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be visible ASCII characters without spaces")
    }
}

fn not_blank(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.trim().is_empty() { Err("must not be empty") } else { Ok(Cow::Borrowed(text)) }
}
