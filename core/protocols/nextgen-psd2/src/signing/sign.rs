//! Signs a request (§2.1, steps S2 to S8). Uses no random numbers and no clock: the same input gives the same bytes.

use std::fmt;

use bankchannel_crypto::signature::SigningKey;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    algorithm::algorithm_name,
    date::imf_fixdate,
    digest::{check_digest, digest_header},
    key_id::KeyId,
    names::names_to_sign,
    profile::{Rfc2047Use, SigningDialect, SigningProfile},
    rfc2047,
    shown::ShownBeginning,
    signature_header::{DuplicateParameters, SignatureHeader},
    signing_string::{REQUEST_TARGET, SigningStringFault, SigningText, signing_string},
    values,
};
use crate::{
    certificates::{Certificate, certificate_header},
    http::{MAX_FIELD, Request, SINGLE, has_control, is_token, is_visible},
};

const DATE: &str = "Date";
const DIGEST: &str = "Digest";
const REQUEST_ID: &str = "X-Request-ID";
const CERTIFICATE: &str = "TPP-Signature-Certificate";
const SIGNATURE: &str = "Signature";

/// A request with final headers, ready to be signed wherever the private key is.
#[derive(Debug, Clone)]
pub struct PreparedRequest {
    /// The request, without `Signature`.
    pub request: Request,
    /// The text to sign: RSA PKCS#1 v1.5 with the profile's hash over its bytes, hashed once.
    pub signing_string: SigningText,
    /// The names of the signed headers.
    pub names: Vec<String>,
    /// The `keyId`.
    pub key_id: String,
}

/// The signed data, for logs and comparison.
#[derive(Debug, Clone)]
pub struct SignedData {
    /// The signing string.
    pub signing_string: SigningText,
    /// The `keyId`.
    pub key_id: String,
}

/// Prepares a request for signing: adds `Date`, `X-Request-ID` and `Digest` if they are missing and the dialect has
/// them, adds the certificate, checks the values, and builds the signing string. An existing `Signature` is removed.
///
/// # Errors
/// [`SignFault`]: a value that must not be sent, a `Digest` of another body, a missing header that is to be signed.
pub fn prepare(
    mut request: Request,
    certificate: &Certificate,
    profile: &SigningProfile,
    now_s: i64,
    request_id: &str,
) -> Result<PreparedRequest, SignFault> {
    check_profile(profile)?;
    check_message(&request)?;
    request.headers.remove(SIGNATURE);
    let is_era = profile.dialect == SigningDialect::Era;
    if is_era {
        add(&mut request, DATE, || imf_fixdate(now_s));
    }
    add(&mut request, REQUEST_ID, || request_id.to_owned());
    if let Some(value) = request.headers.text(DIGEST) {
        check_digest(value, &request.body, false).map_err(|fault| SignFault::in_header(DIGEST, fault.to_string()))?;
    }
    if !is_era || profile.digest_empty_body || !request.body.is_empty() {
        let body = request.body.clone();
        add(&mut request, DIGEST, || digest_header(profile.digest_algorithm, &body, profile.digest_lower_case));
    }
    request.headers.set(CERTIFICATE, certificate_header(certificate, profile.cert_form));

    let names = names_to_sign(&request, profile);
    for name in &names {
        values::check(name, &request)?;
    }
    let signing_string = signing_string(&names, &request).map_err(SignFault::from)?;
    let key_id = KeyId::from_certificate(certificate, profile.serial_style, profile.name_style).to_text();
    Ok(PreparedRequest { request, signing_string, names, key_id })
}

impl PreparedRequest {
    /// Verifies the signature with the certificate's key and adds it, so that no request is sent that cannot be
    /// verified.
    ///
    /// # Errors
    /// [`SignFault`]: the signature is by another key, over another text or with another hash; the issuer cannot be
    /// written into a header.
    pub fn finish(
        self,
        signature: &[u8],
        certificate: &Certificate,
        profile: &SigningProfile,
    ) -> Result<Request, SignFault> {
        let key = certificate.key().map_err(|fault| SignFault::in_header(CERTIFICATE, fault.to_string()))?;
        if !key.verify_pkcs1(profile.signature_hash, &self.signing_string.bytes, signature) {
            let why = "the certificate's key does not verify it: another key, another text or another hash was used";
            return Err(SignFault::in_header(SIGNATURE, why));
        }
        self.attach(signature, profile)
    }

    /// Adds the signature and returns the signed request and the signed data. The signature was just made with the
    /// certificate's own key, so it is verified first only if the profile asks for it.
    ///
    /// # Errors
    /// The errors of [`finish`](Self::finish).
    pub fn complete(
        self,
        signature: &[u8],
        certificate: &Certificate,
        profile: &SigningProfile,
    ) -> Result<(Request, SignedData), SignFault> {
        let signed = SignedData { signing_string: self.signing_string.clone(), key_id: self.key_id.clone() };
        let request = match profile.self_verify {
            true => self.finish(signature, certificate, profile)?,
            false => self.attach(signature, profile)?,
        };
        Ok((request, signed))
    }

    /// Adds the signature without verifying it.
    fn attach(self, signature: &[u8], profile: &SigningProfile) -> Result<Request, SignFault> {
        let header = SignatureHeader {
            key_id: self.key_id,
            algorithm: Some(algorithm_name(profile.signature_hash).to_owned()),
            headers: Some(self.names),
            signature: STANDARD.encode(signature),
        };
        let value = header_value(&header, profile)?;
        let mut request = self.request;
        request.headers.set(SIGNATURE, value);
        Ok(request)
    }
}

/// Signs a request with a local key: [`prepare`], sign, [`PreparedRequest::complete`]. The profile decides whether the
/// signature is verified first; whether the key belongs to the certificate is always checked.
///
/// # Errors
/// [`SignFault`]; also if the key does not belong to the certificate.
pub fn sign(
    request: Request,
    certificate: &Certificate,
    key: &SigningKey,
    profile: &SigningProfile,
    now_s: i64,
    request_id: &str,
) -> Result<(Request, SignedData), SignFault> {
    if key.spki_der() != certificate.spki_der() {
        return Err(SignFault::in_header(CERTIFICATE, "the private key does not belong to the certificate"));
    }
    let prepared = prepare(request, certificate, profile, now_s, request_id)?;
    let signature = key
        .sign_pkcs1(profile.signature_hash, &prepared.signing_string.bytes)
        .map_err(|fault| SignFault::in_header(SIGNATURE, fault.to_string()))?;
    prepared.complete(&signature, certificate, profile)
}

fn check_profile(profile: &SigningProfile) -> Result<(), SignFault> {
    let extra = &profile.extra_signed_headers;
    if let Some(name) = extra.iter().find(|name| name.eq_ignore_ascii_case(SIGNATURE)) {
        return Err(SignFault::in_header(name, "a signature cannot cover itself"));
    }
    match extra.first() {
        Some(name) if profile.dialect == SigningDialect::Bg => {
            Err(SignFault::in_header(name, "the Berlin Group's list of signed headers is closed"))
        }
        _ => Ok(()),
    }
}

/// Unsigned values must not smuggle in a header or be refused by every verifier either (S-04, V03).
fn check_message(request: &Request) -> Result<(), SignFault> {
    let fault = |header: &str, why: &str| Err(SignFault::in_header(header, why));
    if !is_token(&request.method) {
        return fault(REQUEST_TARGET, "the method is not an HTTP method");
    }
    if !request.target.starts_with('/') || !request.target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return fault(REQUEST_TARGET, "the path must begin with `/` and have visible ASCII only");
    }
    for header in request.headers.iter() {
        if !is_token(&header.name) {
            return fault(&header.name, "it is no header name");
        }
        if has_control(&header.value) {
            return fault(&header.name, "it has a control character, such as a line end");
        }
    }
    match SINGLE.into_iter().find(|name| *name != "signature" && request.headers.count(name) > 1) {
        Some(name) => fault(name, "it is there more than once"),
        None => Ok(()),
    }
}

fn add(request: &mut Request, name: &str, value: impl FnOnce() -> String) {
    if request.headers.count(name) == 0 {
        request.headers.push(name, value());
    }
}

fn header_value(header: &SignatureHeader, profile: &SigningProfile) -> Result<String, SignFault> {
    let text = header.to_text(profile.param_separator.text());
    // An issuer with unusual characters must not break out of its quotation marks; names and base64 cannot.
    let is_plain = is_visible(header.key_id.as_bytes()) && !header.key_id.contains(['"', '\\']);
    if !is_plain && SignatureHeader::parse(&text, DuplicateParameters::Reject).as_ref() != Ok(header) {
        return Err(SignFault::in_header(SIGNATURE, "the issuer of the certificate cannot be written into keyId"));
    }
    let is_wrapped = match profile.rfc2047 {
        Rfc2047Use::Auto => !is_visible(text.as_bytes()),
        Rfc2047Use::Always => true,
        Rfc2047Use::Never => false,
    };
    let value = if is_wrapped { rfc2047::encode(&text) } else { text };
    if SIGNATURE.len() + value.len() > MAX_FIELD {
        return Err(SignFault::in_header(SIGNATURE, "it has more than 16 KiB"));
    }
    Ok(value)
}

/// The reason why a request cannot be signed. The text contains none of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignFault {
    /// The header at fault, if it is one.
    pub header: Option<String>,
    /// The reason, for a person.
    pub why: String,
}

impl SignFault {
    pub(super) fn in_header(header: &str, why: impl Into<String>) -> Self {
        Self { header: Some(header.to_owned()), why: why.into() }
    }
}

impl From<SigningStringFault> for SignFault {
    fn from(fault: SigningStringFault) -> Self {
        let header = match &fault {
            SigningStringFault::NoNames | SigningStringFault::TooMany => None,
            SigningStringFault::NotAName(name)
            | SigningStringFault::Duplicate(name)
            | SigningStringFault::Pseudo(name)
            | SigningStringFault::Absent(name) => Some(name.clone()),
        };
        Self { header, why: fault.to_string() }
    }
}

impl fmt::Display for SignFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.header {
            Some(header) => write!(f, "the request cannot be signed: {}: {}", ShownBeginning(header), self.why),
            None => write!(f, "the request cannot be signed: {}", self.why),
        }
    }
}

impl std::error::Error for SignFault {}

#[cfg(test)]
#[path = "sign_tests.rs"]
mod tests;
