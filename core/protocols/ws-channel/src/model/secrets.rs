//! Keys, codes and tokens; their values are never shown.

use std::borrow::Cow;

use bankchannel_foundation::{Secret, model::Boundary};

/// The integrator's API key: 20 to 128 letters, digits, `_` or `-`. `0` at registration asks for a new one (§2.0).
#[derive(Debug, Clone, Boundary)]
#[boundary(
    text,
    pattern = "^(0|[A-Za-z0-9_-]{20,128})$",
    max_bytes = 128,
    example = "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2",
    check = check_api_key
)]
pub struct ApiKey(Secret);

fn check_api_key(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let key =
        (20..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if key || text == "0" { Ok(Cow::Borrowed(text)) } else { Err("must be `0` or 20 to 128 letters, digits, _ or -") }
}

/// A one-time code: six digits, from an SMS, an e-mail or an authenticator (§2.0).
#[derive(Debug, Clone, Boundary)]
#[boundary(text, pattern = "^[0-9]{6}$", max_bytes = 64, example = "123456", check = check_one_time_code)]
pub struct OneTimeCode(Secret);

fn check_one_time_code(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be six digits")
    }
}

/// A session's token: visible ASCII, at most 8192 bytes (§2.0).
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 8192, example = "example-id-token", check = visible)]
pub struct IdToken(Secret);

/// A token of narrow scope: for one verification of an e-mail address or one enrolment of an authenticator (§2.0).
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 4096, example = "example-access-token", check = visible)]
pub struct AccessToken(Secret);

/// The handle of a login's second step (§2.0).
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 4096, example = "example-mfa-session", check = visible)]
pub struct MfaSession(Secret);

/// A challenge of the server: base64, milliseconds and a UUID, separated by `|` (§2.0). The type accepts any text:
/// a client checks the form before it encrypts, a server refuses a wrong challenge with its own error text (§3.2).
#[derive(Debug, Clone, Boundary)]
#[boundary(
    text,
    max_bytes = 4096,
    example = "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde",
    check = any_text
)]
pub struct Challenge(Secret);

/// A password and its challenge's time stamp, encrypted to the service's key: base64 (§3.1).
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 4096, example = "ZW5jcnlwdGVk", check = any_text)]
pub struct EncryptedPassword(Secret);

/// The secret of an authenticator: base32 without padding (§3.3).
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 256, example = "JBSWY3DPEHPK3PXP", check = not_blank)]
pub struct TotpSecret(Secret);

/// An `otpauth://` URI for an authenticator's QR code; it holds the secret (§2.9).
#[derive(Debug, Clone, Boundary)]
#[boundary(
    text,
    max_bytes = 2048,
    example = "otpauth://totp/ISECure:user%40example.test?secret=JBSWY3DPEHPK3PXP&issuer=ISECure",
    check = visible
)]
pub struct OtpauthUri(Secret);

/// The full PIN from a bank for an enrolment: 1 to 64 visible ASCII characters without spaces (§2.17).
#[derive(Debug, Clone, Boundary)]
#[boundary(text, pattern = "^[!-~]{1,64}$", max_bytes = 64, example = "1234567890123456", check = visible)]
pub struct BankPin(Secret);

/// A private key as PEM, PKCS#8 or PKCS#1, not encrypted (§2.18).
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 65_536, example = "-----BEGIN PRIVATE KEY-----", check = not_blank)]
pub struct PrivateKeyPem(Secret);

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

fn any_text(text: &str) -> Result<Cow<'_, str>, &'static str> {
    Ok(Cow::Borrowed(text))
}
