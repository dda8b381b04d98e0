//! V14 to V21: the signing certificate.

use super::{Policy, VerificationMode, check::CheckFinding};
use crate::certificates::{
    Certificate, CertificateFault, CertificateHash, QcOddity, QcStatementKind, QcStatements, QcTolerance, QcType,
    psd2_oddities, trusted_issuer,
};

/// The accepted sizes of the modulus, in bits (V14).
const KEY_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

pub(super) fn key(certificate: &Certificate) -> CheckFinding {
    let key = match certificate.key() {
        Ok(key) => key,
        Err(_) if certificate.has_other_key() => {
            return CheckFinding::fails(
                "the certificate's key is not an RSA key: this bank takes rsa-sha256 and rsa-sha512",
            );
        }
        Err(fault) => return CheckFinding::fails(fault.to_string()),
    };
    if !KEY_BITS.contains(&key.bits()) {
        return CheckFinding::fails(format!(
            "the certificate's RSA key has {} bits; 2048 to 8192 are accepted",
            key.bits()
        ));
    }
    if !key.exponent_is_at_least_65537_and_odd() {
        return CheckFinding::fails("the RSA key's public exponent is smaller than 65537 or even");
    }
    signed_well(certificate)
}

/// The certificate's own signature (V14).
pub(super) fn signed_well(certificate: &Certificate) -> CheckFinding {
    match certificate.signature_hash() {
        CertificateHash::Sha256 | CertificateHash::Sha384 | CertificateHash::Sha512 => CheckFinding::Holds,
        CertificateHash::Other(name) => CheckFinding::fails(format!(
            "the certificate itself is signed with {name}; RSA (PKCS#1 v1.5) with SHA-256 or better is needed"
        )),
    }
}

pub(super) fn begun(certificate: &Certificate, policy: &Policy) -> CheckFinding {
    if policy.now_s >= certificate.not_before_s() {
        CheckFinding::Holds
    } else {
        CheckFinding::fails("the certificate is not valid yet")
    }
}

pub(super) fn not_expired(certificate: &Certificate, policy: &Policy) -> CheckFinding {
    if policy.now_s <= certificate.not_after_s() {
        CheckFinding::Holds
    } else {
        CheckFinding::fails("the certificate has expired: get a new one from its issuer")
    }
}

/// V17, for issuers whose signature on the certificate is already verified: one suitable issuer is enough. If there are
/// none, `unissued` is the reason.
pub(super) fn trusted<'a>(
    certificate: &Certificate,
    issuers: impl Iterator<Item = &'a Certificate>,
    unissued: &'static str,
    policy: &Policy,
) -> CheckFinding {
    if let Some(oid) = certificate.unknown_critical_extension() {
        return CheckFinding::fails(format!(
            "the certificate has a critical extension that is not understood here ({oid}), so it must not be relied on"
        ));
    }
    let mut issuers = issuers.peekable();
    if issuers.peek().is_none() {
        return CheckFinding::fails(unissued);
    }
    match trusted_issuer(issuers, policy.now_s) {
        Ok(_) => CheckFinding::Holds,
        Err(why) => CheckFinding::fails(why),
    }
}

pub(super) fn not_revoked(certificate: &Certificate, policy: &Policy) -> CheckFinding {
    if policy.revoked.iter().any(|listed| listed.covers(certificate)) {
        CheckFinding::fails("the certificate was revoked by its issuer")
    } else {
        CheckFinding::Holds
    }
}

pub(super) fn not_blocked(certificate: &Certificate, policy: &Policy) -> CheckFinding {
    if policy.blocked.iter().any(|listed| listed.covers(certificate)) {
        CheckFinding::fails("the bank has blocked this certificate or its organisation")
    } else {
        CheckFinding::Holds
    }
}

/// The parsed QCStatements of a certificate.
pub(super) type QcResult = Result<Option<QcStatements>, CertificateFault>;

/// The purposes in a certificate's statements.
///
/// # Errors
/// The failed check, if there are purposes that cannot be read: they may be others.
pub(super) fn types_of(qc: &QcResult) -> Result<&[QcType], CheckFinding> {
    match qc {
        Ok(Some(statements)) if statements.is_broken(QcStatementKind::Type) => {
            Err(CheckFinding::fails("its QcType (the purposes of the certificate) cannot be read"))
        }
        Ok(Some(statements)) => Ok(&statements.types),
        _ => Ok(&[]),
    }
}

/// The sentence for a sealing certificate whose key is reserved for something else (RFC 5280 §4.2.1.12).
pub(crate) const RESERVED: &str = "the certificate's critical extendedKeyUsage reserves its key for something else than \
                                   signing messages, such as TLS";

/// V20.
pub(super) fn for_sealing(certificate: &Certificate, qc: &QcResult, mode: VerificationMode) -> CheckFinding {
    if certificate.is_ca() {
        return CheckFinding::fails("the certificate is that of a certification authority, not of a third party");
    }
    if !certificate.key_usage().is_some_and(|usage| usage.digital_signature || usage.non_repudiation) {
        return CheckFinding::fails(
            "the certificate's key usage does not allow signatures (digitalSignature, nonRepudiation)",
        );
    }
    if certificate.is_reserved_for_others() {
        return CheckFinding::fails(RESERVED);
    }
    let types = match types_of(qc) {
        Ok(types) => types,
        Err(unreadable) => return unreadable,
    };
    if types.contains(&QcType::Eseal) {
        return CheckFinding::Holds;
    }
    if types.contains(&QcType::Web) {
        return CheckFinding::fails(
            "this is a certificate for TLS (QWAC): requests are signed with the QSEAL certificate",
        );
    }
    if !types.is_empty() {
        return CheckFinding::fails(
            "the certificate is for another use than electronic seals (its QcType is not eseal)",
        );
    }
    let text = "the certificate does not say that it is for electronic seals (QcType eseal)";
    if mode == VerificationMode::Strict { CheckFinding::fails(text) } else { CheckFinding::warn(text) }
}

/// V21.
pub(super) fn psd2(certificate: &Certificate, qc: &QcResult, mode: VerificationMode) -> CheckFinding {
    let tolerated = match mode {
        VerificationMode::Strict => QcTolerance::Every,
        VerificationMode::Normal => QcTolerance::UnlessStrict,
        VerificationMode::Lenient => QcTolerance::Lenient,
    };
    let (warnings, faults): (Vec<_>, Vec<_>) =
        psd2_oddities(certificate, qc).into_iter().partition(|oddity| oddity.tolerance <= tolerated);
    let texts = |oddities: Vec<QcOddity>| oddities.into_iter().map(|oddity| oddity.text).collect::<Vec<_>>();
    if faults.is_empty() {
        CheckFinding::of_warnings(&texts(warnings))
    } else {
        CheckFinding::fails(texts(faults).join("; "))
    }
}
