//! V22: the client certificate of the TLS connection (QWAC). It is checked like the signing certificate, but for its
//! own use, and must belong to the same organisation. TLS itself knows neither a bank's lists nor the purpose of a
//! certificate, and checks the validity only when a connection is made.

use super::{
    Policy, VerificationMode,
    cache::KnownCertificate,
    certificate::{self, QcResult, begun, not_blocked, not_expired, not_revoked},
    check::{self, CheckFinding, CheckRule},
};
use crate::certificates::{Certificate, QcType};

/// V22, for the issuers of the connection's certificate.
pub(super) fn fits<'a>(
    known: &KnownCertificate,
    issuers: impl Iterator<Item = &'a Certificate>,
    sealing: &Certificate,
    policy: &Policy,
) -> CheckFinding {
    let tls = &known.certificate;
    // In the order of the signing certificate's checks; each has the code of its rule.
    let found: [(&CheckRule, CheckFinding); 8] = [
        (&check::V14, known.key.clone()),
        (&check::V15, begun(tls, policy)),
        (&check::V16, not_expired(tls, policy)),
        (&check::V17, certificate::trusted(tls, issuers, known.unissued, policy)),
        (&check::V18, not_revoked(tls, policy)),
        (&check::V19, not_blocked(tls, policy)),
        (&check::V20, known.for_its_use(policy.mode)),
        (&check::V21, known.psd2(policy.mode)),
    ];
    let mut warnings = Vec::new();
    for (rule, found) in found {
        match found {
            CheckFinding::Fails(why) | CheckFinding::FailsAs(_, _, why) => {
                let text = format!("the TLS client certificate (QWAC) is refused: {why}");
                return CheckFinding::FailsAs(rule.http, rule.code, text.into());
            }
            CheckFinding::Warn(why) => warnings.push(format!("the TLS client certificate (QWAC): {why}")),
            CheckFinding::Holds | CheckFinding::Skip(_) => {}
        }
    }
    let (own, other) = (sealing.organization_identifier(), tls.organization_identifier());
    if own.is_none() || own != other {
        return CheckFinding::fails(
            "the TLS client certificate (QWAC) and the signing certificate (QSEAL) belong to different organisations",
        );
    }
    CheckFinding::of_warnings(&warnings)
}

/// V14 for connections: the TLS handshake has proven possession of the key, of any kind. An RSA key must be as long as
/// one that signs.
pub(super) fn key(certificate: &Certificate) -> CheckFinding {
    if certificate.has_other_key() {
        return certificate::signed_well(certificate);
    }
    certificate::key(certificate)
}

/// V20 for connections (§7.1).
pub(super) fn for_connecting(certificate: &Certificate, qc: &QcResult, mode: VerificationMode) -> CheckFinding {
    if certificate.is_ca() {
        return CheckFinding::fails("it is that of a certification authority, not of a third party");
    }
    if !certificate.key_usage().is_some_and(|usage| usage.digital_signature) {
        return CheckFinding::fails("its key usage does not allow signatures (digitalSignature), which TLS makes");
    }
    let types = match certificate::types_of(qc) {
        Ok(types) => types,
        Err(unreadable) => return unreadable,
    };
    if types.contains(&QcType::Eseal) && !types.contains(&QcType::Web) {
        return CheckFinding::fails("it is a certificate for seals (QSEAL): connections are made with the QWAC");
    }
    if !types.is_empty() && !types.contains(&QcType::Web) {
        return CheckFinding::fails("it is for another use than TLS (its QcType is not web)");
    }
    if certificate.allows_tls_clients() == Some(false) {
        return CheckFinding::fails("its extended key usage does not allow TLS clients (clientAuth)");
    }
    if types.contains(&QcType::Web) {
        return CheckFinding::Holds;
    }
    let text = "it does not say that it is for TLS (QcType web)";
    if mode == VerificationMode::Strict { CheckFinding::fails(text) } else { CheckFinding::warn(text) }
}
