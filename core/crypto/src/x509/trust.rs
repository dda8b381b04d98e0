//! The trusted authority that issued a certificate (V17, S-01).

use super::Certificate;

const NO_ISSUER: &str = "no trusted issuer has signed the certificate: add its CA certificate to the trusted ones, or use a \
                         certificate of a listed CA";

/// Why none of the trusted certificates issued this one ([`Certificate::is_issued_by`]), for someone who expected one
/// to.
#[must_use]
pub fn why_unissued(certificate: &Certificate, trusted: &[Certificate]) -> &'static str {
    if !certificate.is_verifiable() {
        return "the certificate is not signed with RSA (PKCS#1 v1.5) and SHA-256, 384 or 512: other signature \
                algorithms are not supported here";
    }
    if trusted.iter().any(|issuer| certificate.names_issuer(issuer)) {
        return "a trusted CA has this name, but its key did not make the signature, or is not an RSA key of 2048 to 8192 bits";
    }
    NO_ISSUER
}

/// The issuer to trust among these: an authority that may sign certificates, within its validity. Pass only
/// certificates from the trusted list, and only those that issued the certificate in question
/// ([`Certificate::is_issued_by`]); that answer can be cached, while validity depends on the time.
///
/// A chain has only these two certificates, so every path length of an issuer allows it.
///
/// # Errors
/// The problem of the last of them, or that there is none.
pub fn trusted_issuer<'a>(
    issuers: impl IntoIterator<Item = &'a Certificate>,
    now_s: i64,
) -> Result<&'a Certificate, &'static str> {
    let mut found = NO_ISSUER;
    for issuer in issuers {
        match unfit(issuer, now_s) {
            None => return Ok(issuer),
            Some(why) => found = why,
        }
    }
    Err(found)
}

/// Why an issuer cannot be trusted; `None` if it can.
fn unfit(issuer: &Certificate, now_s: i64) -> Option<&'static str> {
    if !issuer.is_ca() {
        return Some("the issuer's certificate is not an authority's (CA:TRUE is missing)");
    }
    if !issuer.key_usage().is_some_and(|usage| usage.key_cert_sign) {
        return Some("the issuer's key may not sign certificates (keyCertSign is missing)");
    }
    if issuer.unknown_critical_extension().is_some() {
        return Some(
            "the issuer's certificate has a critical extension that is not understood here (such as nameConstraints)",
        );
    }
    if now_s < issuer.not_before_s() {
        return Some("the issuer's certificate is not yet valid");
    }
    (now_s > issuer.not_after_s()).then_some("the issuer's certificate has expired")
}
