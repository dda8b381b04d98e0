//! V23 to V31: the key id, the signed headers, and the signature itself.

use bankchannel_crypto::signature::Hash;

use super::{Policy, VerificationMode, check::CheckFinding};
use crate::{
    certificates::Certificate,
    http::Request,
    signing::{
        CONDITIONAL, KeyId, SignatureHeader, SigningDialect, SigningText, algorithm_hash, check_digest,
        parse_imf_fixdate, required_names, shown::ShownBeginning, signing_string,
    },
};

/// V23.
pub(super) fn key_id(key_id: &str, certificate: &Certificate, lenient: bool) -> (Option<KeyId>, CheckFinding) {
    let parsed = match KeyId::parse(key_id) {
        Ok(parsed) => parsed,
        Err(fault) => return (None, CheckFinding::fails(format!("keyId cannot be read: {fault}"))),
    };
    let found = match parsed.matches(certificate, lenient) {
        Ok(warnings) => CheckFinding::of_warnings(&warnings),
        Err(fault) => CheckFinding::fails(format!("keyId does not name the certificate: {fault}")),
    };
    (Some(parsed), found)
}

/// V24: the hash for the verification of the signature.
pub(super) fn algorithm(header: &SignatureHeader, policy: &Policy) -> (Option<Hash>, CheckFinding) {
    match header.algorithm.as_deref() {
        Some(name) => match algorithm_hash(name) {
            Some(hash) => (Some(hash), CheckFinding::Holds),
            None => {
                (None, CheckFinding::fails("algorithm must be rsa-sha256 or rsa-sha512, whatever else the drafts list"))
            }
        },
        None if policy.mode == VerificationMode::Lenient => {
            (Some(Hash::Sha256), CheckFinding::warn("algorithm is missing; rsa-sha256 is assumed"))
        }
        None => (None, CheckFinding::skip("there is no algorithm")),
    }
}

/// V25, and the signing string: if it cannot be built, it cannot have been signed.
pub(super) fn listed(names: &[String], request: &Request) -> (Option<SigningText>, CheckFinding) {
    match signing_string(names, request) {
        Ok(built) => (Some(built), CheckFinding::Holds),
        Err(fault) => (None, CheckFinding::fails(format!("the list of signed headers is wrong: {fault}"))),
    }
}

/// V26.
pub(super) fn required(names: &[String], request: &Request, policy: &Policy) -> CheckFinding {
    let mut required = required_names(request, policy.dialect).into_iter();
    match required.find(|name| !names.iter().any(|listed| listed == name)) {
        Some(name) => {
            CheckFinding::fails(format!("{name} must be signed: add it to `headers` and to the signing string"))
        }
        None => CheckFinding::Holds,
    }
}

/// V27.
pub(super) fn no_others(names: &[String], policy: &Policy) -> CheckFinding {
    let allowed = |name: &str| match name {
        "date" => policy.dialect == SigningDialect::Era,
        "digest" | "x-request-id" => true,
        other => CONDITIONAL.contains(&other),
    };
    let Some(other) = names.iter().find(|name| !allowed(name)) else { return CheckFinding::Holds };
    let text = format!("{} is signed, which the Berlin Group's list does not allow", ShownBeginning(other));
    match policy.dialect {
        SigningDialect::Bg => CheckFinding::fails(text),
        SigningDialect::Era => CheckFinding::warn(text),
    }
}

/// V28.
pub(super) fn digest(request: &Request, policy: &Policy) -> CheckFinding {
    let Some(value) = request.headers.get("digest") else { return CheckFinding::skip("there is no Digest") };
    let Ok(value) = std::str::from_utf8(value) else { return CheckFinding::fails("Digest is not text") };
    match check_digest(value, &request.body, policy.mode == VerificationMode::Lenient) {
        Ok(warnings) => CheckFinding::of_warnings(&warnings),
        Err(fault) => CheckFinding::fails(fault.to_string()),
    }
}

/// V29: the signature's bytes.
pub(super) fn bytes(header: &SignatureHeader, certificate: &Certificate) -> (Option<Vec<u8>>, CheckFinding) {
    let Some(signature) = header.signature_bytes() else {
        return (None, CheckFinding::fails("the signature is not standard base64 with padding on one line"));
    };
    let Ok(key) = certificate.key() else {
        return (Some(signature), CheckFinding::skip("the certificate has no RSA key that can be read"));
    };
    if signature.len() == key.modulus_len() {
        (Some(signature), CheckFinding::Holds)
    } else {
        let text = format!("the signature has {} bytes; this key's have {}", signature.len(), key.modulus_len());
        (Some(signature), CheckFinding::fails(text))
    }
}

/// V30.
pub(super) fn fits(certificate: &Certificate, hash: Hash, signing_string: &[u8], signature: &[u8]) -> CheckFinding {
    let Ok(key) = certificate.key() else {
        return CheckFinding::skip("the certificate has no RSA key that can be read");
    };
    if key.verify_pkcs1(hash, signing_string, signature) {
        CheckFinding::Holds
    } else {
        CheckFinding::fails("signature does not match the signing string")
    }
}

/// V31.
pub(super) fn date(request: &Request, policy: &Policy) -> CheckFinding {
    if policy.dialect == SigningDialect::Bg {
        return CheckFinding::skip("plain Berlin Group requests need no Date");
    }
    let Some(value) = request.headers.get("date") else { return CheckFinding::skip("there is no Date") };
    let Some(then) = std::str::from_utf8(value).ok().and_then(parse_imf_fixdate) else {
        return CheckFinding::fails(
            "Date must have the form `Tue, 03 Mar 2026 10:15:30 GMT`: two digits for the day, and GMT",
        );
    };
    let ahead = then - policy.now_s;
    if ahead.abs() <= policy.max_skew_s {
        return CheckFinding::Holds;
    }
    let (far, side) = (ahead.unsigned_abs(), if ahead < 0 { "behind" } else { "ahead of" });
    CheckFinding::fails(format!(
        "Date is {far} s {side} this bank's clock; {} s are accepted: set the clock, and sign each request anew",
        policy.max_skew_s
    ))
}
