//! Converts certificates between bank, store and listings; stored private keys are sealed (§6.2, §10 S26).

use bankchannel_crypto::{digest, random, rsa::RsaPrivateKey, x509::Certificate};
use bankchannel_foundation::Secret;
use bankchannel_storage::ws_channel::{CertMaterial, CertSet, RetiredCertificateRow as StoredRetired};
use bankchannel_ws_channel::model::{
    CertDescriptor, CertExpiry, CertificatePem, ConnectionCertificate, Purpose, RetiredCert, RetiredExpiry,
};

use crate::{HandlerFault, keys::ServiceKeys};

/// Purpose of the first certificate of a set, in listing order.
pub(crate) const SIGNING: &str = "signing";
/// Purpose of the second certificate: Danske Bank only.
pub(crate) const ENCRYPTION: &str = "encryption";

/// The owner of a sealed key. The seal is bound to it, so that a sealed key moved to another row does not open.
#[derive(Clone, Copy)]
pub(crate) struct SealedFor<'a> {
    pub(crate) email: &'a str,
    pub(crate) bank: &'a str,
    pub(crate) purpose: &'static str,
}

impl SealedFor<'_> {
    fn associated(&self, label: &str) -> Vec<u8> {
        associated(self.email, self.bank, self.purpose, label)
    }
}

/// The associated data of a sealed private key. The label is the name of the pair; that of older keys, their certificate's
/// serial number.
pub(crate) fn associated(email: &str, bank: &str, purpose: &str, label: &str) -> Vec<u8> {
    format!("bank key\n{email}\n{bank}\n{purpose}\n{label}").into_bytes()
}

/// A user id at a bank, as the audit trail and alerts name it.
pub(crate) fn named(ws_user_id: &str) -> String {
    format!("user id {ws_user_id}")
}

/// A new name for a pair.
pub(crate) fn pair_name() -> String {
    format!("pair-{}", digest::hex(&random::bytes::<8>()))
}

/// Seals a private key under a label. Returns it with the id of the vault's key.
pub(crate) fn seal_key(
    keys: &ServiceKeys,
    place: SealedFor<'_>,
    label: &str,
    key: &RsaPrivateKey,
) -> Result<(Vec<u8>, String), HandlerFault> {
    let pem = key.to_pkcs8_pem();
    let sealed = keys.vault().seal(&place.associated(label), pem.as_bytes()).map_err(HandlerFault::internal)?;
    let key_id = bankchannel_crypto::aead::key_id_of(&sealed).map(|id| digest::hex(&id)).unwrap_or_default();
    Ok((sealed, key_id))
}

/// Seals a private key and stores it with its certificate.
pub(crate) fn seal(
    keys: &ServiceKeys,
    place: SealedFor<'_>,
    pair: &str,
    certificate: &Certificate,
    key: &RsaPrivateKey,
) -> Result<CertMaterial, HandlerFault> {
    let (sealed_key, key_id) = seal_key(keys, place, pair, key)?;
    Ok(CertMaterial {
        pem: certificate.to_pem(),
        subject: certificate.subject().display(),
        issuer: certificate.issuer().display(),
        serial: certificate.serial_hex(),
        not_after: certificate.not_after().as_millisecond(),
        label: pair.to_owned(),
        sealed_key,
        key_id,
    })
}

/// Opens a sealed private key: its PEM.
pub(crate) fn open_pem(
    keys: &ServiceKeys,
    place: SealedFor<'_>,
    material: &CertMaterial,
) -> Result<Secret, HandlerFault> {
    let associated = place.associated(&material.label);
    let pem = keys.vault().open(&associated, &material.sealed_key).map_err(HandlerFault::internal)?;
    let pem = std::str::from_utf8(&pem).map_err(|_| HandlerFault::internal("a sealed key is no PEM text"))?;
    Ok(Secret::new(pem.to_owned()))
}

/// Opens a sealed private key.
pub(crate) fn open(
    keys: &ServiceKeys,
    place: SealedFor<'_>,
    material: &CertMaterial,
) -> Result<RsaPrivateKey, HandlerFault> {
    let pem = open_pem(keys, place, material)?;
    RsaPrivateKey::from_pem(pem.expose()).map_err(HandlerFault::internal)
}

/// The certificates of a set with their purposes.
pub(crate) fn parts(set: &CertSet) -> impl Iterator<Item = (&'static str, &CertMaterial)> {
    [(SIGNING, set.signing.as_ref()), (ENCRYPTION, set.encryption.as_ref())]
        .into_iter()
        .filter_map(|(purpose, material)| Some((purpose, material?)))
}

/// A set as listed; empty during an enrolment (§2.13).
pub(crate) fn descriptors(set: &CertSet) -> Result<Vec<CertDescriptor>, HandlerFault> {
    parts(set)
        .map(|(purpose, material)| {
            Ok(CertDescriptor::new(
                cert_name(&set.bank, purpose),
                expiry(material.not_after)?,
                material.issuer.clone(),
                material.subject.clone(),
                material.serial.clone(),
                CertificatePem::new(&material.pem).map_err(HandlerFault::internal)?,
            ))
        })
        .collect()
}

/// The certificates of a set as a connection lists them: no PEM, no owner (§2.13).
pub(crate) fn connection_certificates(set: &CertSet) -> Result<Vec<ConnectionCertificate>, HandlerFault> {
    parts(set)
        .map(|(purpose, material)| Ok(ConnectionCertificate::new(purpose_of(purpose), expiry(material.not_after)?)))
        .collect()
}

/// A retired certificate as listed.
pub(crate) fn retired(cert: &StoredRetired) -> RetiredCert {
    RetiredCert::new(
        cert_name(&cert.name, &cert.purpose),
        cert.bank.clone(),
        purpose_of(&cert.purpose),
        RetiredExpiry(expiry(cert.not_after).ok()),
    )
}

fn cert_name(prefix: &str, purpose: &str) -> String {
    format!("{prefix}_customer_{purpose}_cert")
}

fn purpose_of(purpose: &str) -> Purpose {
    if purpose == SIGNING { Purpose::Signing } else { Purpose::Encryption }
}

fn expiry(not_after_ms: i64) -> Result<CertExpiry, HandlerFault> {
    CertExpiry::from_unix_s(not_after_ms.div_euclid(1000))
        .ok_or_else(|| HandlerFault::internal("a stored certificate ends beyond the calendar"))
}
