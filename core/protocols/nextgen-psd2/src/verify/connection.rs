//! V22: the client certificate of the TLS connection (QWAC). It is checked like the signing certificate, but for its
//! own use, and must belong to the same organisation. TLS itself knows neither a bank's lists nor the purpose of a
//! certificate, and checks the validity only when a connection is made.

use super::{
    Mode, Policy,
    cache::Known,
    certificate::{self, Qc, begun, not_blocked, not_expired, not_revoked},
    check::{self, Found, Rule},
};
use crate::certificates::{Certificate, QcType};

/// V22, for the issuers of the connection's certificate.
pub(super) fn fits<'a>(
    known: &Known,
    issuers: impl Iterator<Item = &'a Certificate>,
    sealing: &Certificate,
    policy: &Policy,
) -> Found {
    let tls = &known.certificate;
    // In the order of the signing certificate's checks; each has the code of its rule.
    let found: [(&Rule, Found); 8] = [
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
            Found::Fails(why) | Found::FailsAs(_, _, why) => {
                let text = format!("the TLS client certificate (QWAC) is refused: {why}");
                return Found::FailsAs(rule.http, rule.code, text.into());
            }
            Found::Warn(why) => warnings.push(format!("the TLS client certificate (QWAC): {why}")),
            Found::Holds | Found::Skip(_) => {}
        }
    }
    let (own, other) = (sealing.organization_identifier(), tls.organization_identifier());
    if own.is_none() || own != other {
        return Found::fails(
            "the TLS client certificate (QWAC) and the signing certificate (QSEAL) belong to different organisations",
        );
    }
    Found::of_warnings(&warnings)
}

/// V14 for connections: the TLS handshake has proven possession of the key, of any kind. An RSA key must be as long as
/// one that signs.
pub(super) fn key(certificate: &Certificate) -> Found {
    if certificate.has_other_key() {
        return certificate::signed_well(certificate);
    }
    certificate::key(certificate)
}

/// V20 for connections (§7.1).
pub(super) fn for_connecting(certificate: &Certificate, qc: &Qc, mode: Mode) -> Found {
    if certificate.is_ca() {
        return Found::fails("it is that of a certification authority, not of a third party");
    }
    if !certificate.key_usage().is_some_and(|usage| usage.digital_signature) {
        return Found::fails("its key usage does not allow signatures (digitalSignature), which TLS makes");
    }
    let types = match qc {
        Ok(Some(statements)) => statements.types.as_slice(),
        _ => &[],
    };
    if types.contains(&QcType::Eseal) && !types.contains(&QcType::Web) {
        return Found::fails("it is a certificate for seals (QSEAL): connections are made with the QWAC");
    }
    if !types.is_empty() && !types.contains(&QcType::Web) {
        return Found::fails("it is for another use than TLS (its QcType is not web)");
    }
    if certificate.allows_tls_clients() == Some(false) {
        return Found::fails("its extended key usage does not allow TLS clients (clientAuth)");
    }
    if types.contains(&QcType::Web) {
        return Found::Holds;
    }
    let text = "it does not say that it is for TLS (QcType web)";
    if mode == Mode::Strict { Found::fails(text) } else { Found::warn(text) }
}
