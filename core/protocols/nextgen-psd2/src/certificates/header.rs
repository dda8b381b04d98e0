//! `TPP-Signature-Certificate`: the certificate in a header's value (§2.7).

use std::borrow::Cow;

use bankchannel_crypto::x509::MAX_DER_BYTES;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER_PERMISSIVE;

use super::{Certificate, CertificateFault};

/// The maximum length of a certificate in base64, in characters (S-07).
const MAX_BASE64: usize = MAX_DER_BYTES / 3 * 4;
/// The maximum length of a value in any format, in bytes: the limit of a header field (V01).
const MAX_VALUE: usize = 16 * 1024;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The format of the certificate in its header (§2.9 `cert_form`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CertForm {
    /// Base64 of the DER form on one line, as the banks require.
    #[default]
    DerBase64,
    /// The PEM text without its line breaks, markers included.
    PemOneLine,
    /// Base64 of the whole PEM file.
    Base64Pem,
}

/// The header's value for a certificate.
#[must_use]
pub fn certificate_header(certificate: &Certificate, form: CertForm) -> String {
    match form {
        CertForm::DerBase64 => certificate.base64().to_owned(),
        CertForm::PemOneLine => {
            format!("-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----", certificate.base64())
        }
        CertForm::Base64Pem => STANDARD.encode(certificate.to_pem().as_bytes()),
    }
}

/// A certificate from a header.
#[derive(Debug, Clone)]
pub struct ReadHeader {
    /// The certificate.
    pub certificate: Certificate,
    /// The tolerated deviations, for a person.
    pub warnings: Vec<String>,
}

/// Reads the header's value: base64 of one certificate in DER. With `lenient` also PEM on one line, percent-encoded
/// text, base64 of a PEM file and spaces inside, each with a warning.
///
/// # Errors
/// [`CertificateFault`].
pub fn read_certificate_header(value: &[u8], lenient: bool) -> Result<ReadHeader, CertificateFault> {
    if value.len() > MAX_VALUE || (!lenient && value.len() > MAX_BASE64) {
        return Err("the certificate has more than 8 KiB of base64".into());
    }
    // The usual form is tried first, without a copy of the text.
    if let Some(der) = STANDARD.decode(value).ok()
        && !(lenient && is_pem(&der))
    {
        return Ok(ReadHeader { certificate: Certificate::from_der(&der)?, warnings: Vec::new() });
    }
    if !lenient {
        return Err(not_base64(value));
    }
    let mut warnings = Vec::new();
    let der = forgiving(value, &mut warnings)?;
    Ok(ReadHeader { certificate: Certificate::from_der(&der)?, warnings })
}

fn forgiving(value: &[u8], warnings: &mut Vec<String>) -> Result<Vec<u8>, CertificateFault> {
    let mut warn = |text: &str| warnings.push(text.to_owned());
    let mut text = Cow::Borrowed(value);
    if text.contains(&b'%') {
        text = Cow::Owned(percent_decoded(&text)?);
        warn("the certificate is percent-encoded");
    }
    let der = plain(&text, &mut warn)?;
    if !is_pem(&der) {
        return Ok(der);
    }
    warn("the certificate is base64 of a PEM file; it must be base64 of the DER");
    plain(&der, &mut |_| {})
}

/// Decodes base64, with or without PEM markers and spaces.
fn plain(text: &[u8], warn: &mut dyn FnMut(&str)) -> Result<Vec<u8>, CertificateFault> {
    let mut body = text;
    if let Some(begin) = find(text, BEGIN) {
        let after = &text[begin + BEGIN.len()..];
        let end = find(after, END).ok_or("the PEM text has no end marker")?;
        if find(&after[end..], BEGIN).is_some() {
            return Err("there is more than one certificate; give exactly one".into());
        }
        body = &after[..end];
        warn("the certificate has PEM markers; it must be base64 of the DER");
    }
    let unbroken = without_breaks(body);
    if unbroken.len() != body.len() {
        warn("there are spaces or line breaks in the base64 of the certificate");
    }
    STANDARD.decode(&unbroken).ok().ok_or_else(|| not_base64(text))
}

/// Removes white space, and line breaks written as `\n`.
fn without_breaks(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'\\', [b'n' | b'r', after @ ..]) => after,
            _ => {
                if !byte.is_ascii_whitespace() {
                    out.push(*byte);
                }
                after
            }
        };
    }
    out
}

fn percent_decoded(text: &[u8]) -> Result<Vec<u8>, CertificateFault> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let decoded = after.get(..2).and_then(|pair| HEXLOWER_PERMISSIVE.decode(pair).ok());
        out.extend(decoded.ok_or("the certificate has a `%` without two hex digits")?);
        rest = &after[2..];
    }
    Ok(out)
}

fn is_pem(bytes: &[u8]) -> bool {
    bytes.starts_with(b"-----BEGIN ") || find(bytes, BEGIN).is_some()
}

fn not_base64(value: &[u8]) -> CertificateFault {
    let hint = if find(value, b"-----BEGIN").is_some() {
        ": it has PEM markers"
    } else if value.contains(&b'%') {
        ": it is percent-encoded"
    } else if value.iter().any(u8::is_ascii_whitespace) {
        ": it has spaces"
    } else if value.is_empty() {
        ": it is empty"
    } else if value.iter().any(|byte| matches!(byte, b'-' | b'_')) {
        ": it is base64url"
    } else {
        ""
    };
    CertificateFault(format!("the certificate is not base64 of DER on one line{hint}"))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
