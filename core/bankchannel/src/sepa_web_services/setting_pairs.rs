//! The certificates and keys that the settings name: read, and each compared with its key.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_crypto::{legacy_cipher::SessionKeyOpener, rsa::RsaPrivateKey, x509::Certificate};
use bankchannel_foundation::{Error, Result, Secret};
use bankchannel_pkcs11::{Pkcs11Settings, SigningToken};
use bankchannel_sepa_web_services::verify::DocumentRecipient;

use super::{
    encryption::TokenDecryptionKey,
    settings::{SepaWebServicesSettings, SigningPair},
    trust::{AnchorFolder, AnchorSources},
};
use crate::client::{
    keys::{CertificateAndKey, SettingSource, excluded, keystore, one_of, secret_of},
    signer::KeySigner,
};

/// Where the anchors of the settings come from.
pub(super) fn anchors_of(settings: &mut SepaWebServicesSettings) -> Result<AnchorSources> {
    let (text, file) = (settings.trusted.take(), settings.trusted_file.take());
    if text.is_some() && file.is_some() {
        return Err(excluded("trusted_file", "trusted"));
    }
    let given = text.as_deref().map(Certificate::all_from_pem).transpose();
    let given = given.map_err(|fault| Error::invalid_setting("trusted", fault.to_string()))?.unwrap_or_default();
    let beside_keys = || settings.identity_dir.as_ref().map(|folder| Path::new(folder).join("anchors"));
    let folder = settings.anchors_dir.as_ref().map(PathBuf::from).or_else(beside_keys).map(AnchorFolder::new);
    Ok(AnchorSources { given, file: file.map(PathBuf::from), folder, ..AnchorSources::default() })
}

/// The customer's certificate and key.
pub(super) fn pair_of(settings: &mut SepaWebServicesSettings) -> Result<Option<SigningPair>> {
    let source = SettingSource::new("certificate", settings.certificate_file.as_deref());
    let certificate = one_of("certificate", settings.certificate.take(), settings.certificate_file.clone())?;
    let keys = CertificateAndKey::read(certificate, settings.private_key.take(), std::mem::take(&mut settings.key))?;
    signing_pair(keys, &source, "private_key", "passphrase")
}

/// The sender's certificate and key, if it has its own.
pub(super) fn sender_pair_of(settings: &mut SepaWebServicesSettings) -> Result<Option<SigningPair>> {
    const CERTIFICATE: &str = "sender_certificate";
    const KEY: &str = "sender_private_key";
    let source = SettingSource::new(CERTIFICATE, settings.sender_certificate_file.as_deref());
    let certificate =
        one_of(CERTIFICATE, settings.sender_certificate.take(), settings.sender_certificate_file.clone())?;
    let private_key = secret_of(KEY, settings.sender_private_key.take(), settings.sender_private_key_file.clone())?;
    let passphrase = settings.sender_passphrase.take();
    let keys = match &settings.sender_keystore_file {
        Some(_) if certificate.is_some() || private_key.is_some() => {
            return Err(excluded("sender_keystore_file", "sender_certificate and sender_private_key"));
        }
        Some(path) => {
            let setting = "sender_keystore_file";
            let (certificate, key) = keystore(setting, path, "sender_passphrase", passphrase.as_ref())?;
            CertificateAndKey::new(Some(certificate), Some(key), None)
        }
        None => CertificateAndKey::new(certificate, private_key, passphrase),
    };
    signing_pair(keys, &source, KEY, "sender_passphrase")
}

/// Who decrypts answers: the certificate, and its key.
pub(super) fn recipient_of(settings: &mut SepaWebServicesSettings) -> Result<Option<DocumentRecipient>> {
    const CERTIFICATE: &str = "encryption_certificate";
    const KEY: &str = "encryption_private_key";
    const OPENER: &str = "encryption_passphrase";
    let source = SettingSource::new(CERTIFICATE, settings.encryption_certificate_file.as_deref());
    let certificate =
        one_of(CERTIFICATE, settings.encryption_certificate.take(), settings.encryption_certificate_file.clone())?;
    let key = secret_of(KEY, settings.encryption_private_key.take(), settings.encryption_private_key_file.clone())?;
    if let Some(token) = settings.encryption_pkcs11.take() {
        let others = [key.is_some(), settings.encryption_keystore_file.is_some()];
        if others.contains(&true) {
            return Err(excluded("encryption_pkcs11", "encryption_private_key and encryption_keystore_file"));
        }
        return token_recipient(&token, certificate, &source).map(Some);
    }
    let mut passphrase = settings.encryption_passphrase.take();
    let (certificate, key) = match &settings.encryption_keystore_file {
        Some(_) if certificate.is_some() || key.is_some() => {
            return Err(excluded("encryption_keystore_file", "encryption_certificate and encryption_private_key"));
        }
        Some(path) => {
            let opener = passphrase.take();
            let (certificate, key) = keystore("encryption_keystore_file", path, OPENER, opener.as_ref())?;
            (Some(certificate), Some(key))
        }
        None => (certificate, key),
    };
    let (certificate, key) = match (certificate, key) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(source.unusable("is missing: the private key that decrypts goes with it")),
        (Some(_), None) => return Err(Error::invalid_setting(KEY, "is missing: it goes with encryption_certificate")),
        (Some(certificate), Some(key)) => (certificate, key),
    };
    let certificate = Certificate::from_pem(&certificate).map_err(|fault| source.unusable(&fault.to_string()))?;
    let read = RsaPrivateKey::from_pem_under(key.expose(), passphrase.as_ref().map(Secret::expose));
    let key = read.map_err(|fault| Error::invalid_setting(KEY, fault.naming_opener(OPENER)))?;
    if !certificate.matches_private_key(&key) {
        return Err(Error::invalid_setting(KEY, "does not belong to encryption_certificate"));
    }
    // An ended one decrypts answers of before.
    if let Some(why) = certificate.why_unfit_to_encrypt(i64::MIN) {
        return Err(source.unusable(why));
    }
    let opener = SessionKeyOpener::new(&key).map_err(|fault| Error::invalid_setting(KEY, fault.to_string()))?;
    Ok(Some(DocumentRecipient { certificate: Some(certificate), opener: Arc::new(opener) }))
}

/// The same with a key in a token, whose certificate is there as well, unless it is given.
fn token_recipient(
    settings: &Pkcs11Settings,
    certificate: Option<String>,
    source: &SettingSource,
) -> Result<DocumentRecipient> {
    const SETTING: &str = "encryption_pkcs11";
    let token = SigningToken::open(settings).map_err(|fault| Error::invalid_setting(SETTING, fault.to_string()))?;
    let missing = || source.unusable("is missing: the token has no certificate of the key");
    let certificate = certificate.or_else(|| token.certificate_pem()).ok_or_else(missing)?;
    let certificate = Certificate::from_pem(&certificate).map_err(|fault| source.unusable(&fault.to_string()))?;
    if certificate.spki_der() != token.public_key_spki() {
        return Err(Error::invalid_setting(SETTING, "does not belong to encryption_certificate"));
    }
    if let Some(why) = certificate.why_unfit_to_encrypt(i64::MIN) {
        return Err(source.unusable(why));
    }
    let opener = TokenDecryptionKey::new(token);
    // Before anything is sent: afterwards, it would not be known what became of it.
    opener.probe(&certificate).map_err(|why| Error::invalid_setting(SETTING, why))?;
    Ok(DocumentRecipient { certificate: Some(certificate), opener: Arc::new(opener) })
}

/// The bank's certificate for encryption.
pub(super) fn bank_encryption_of(settings: &mut SepaWebServicesSettings) -> Result<Option<Certificate>> {
    const SETTING: &str = "bank_encryption_certificate";
    let source = SettingSource::new(SETTING, settings.bank_encryption_certificate_file.as_deref());
    let file = settings.bank_encryption_certificate_file.clone();
    let pem = one_of(SETTING, settings.bank_encryption_certificate.take(), file)?;
    pem.map(|pem| Certificate::from_pem(&pem).map_err(|fault| source.unusable(&fault.to_string()))).transpose()
}

/// Reads a pair, and checks that key and certificate belong together.
fn signing_pair(
    keys: CertificateAndKey,
    source: &SettingSource,
    key_setting: &str,
    opener: &str,
) -> Result<Option<SigningPair>> {
    let CertificateAndKey { certificate, private_key, passphrase, token } = keys;
    let Some(pem) = certificate else {
        return match private_key {
            Some(_) => Err(source.unusable("is missing: the private key goes with it")),
            None => Ok(None),
        };
    };
    let certificate = Certificate::from_pem(&pem).map_err(|fault| source.unusable(&fault.to_string()))?;
    let key = certificate.key().map_err(|fault| source.unusable(&fault.to_string()))?;
    if key.bits() < 2048 {
        return Err(source.unusable("has a key of fewer than 2048 bits, which no bank takes any more"));
    }
    let signer = match (token, private_key) {
        (Some(token), _) => Some(KeySigner::Token(token)),
        (None, Some(key)) => {
            let read = KeySigner::read(&key, passphrase.as_ref(), opener);
            Some(read.map_err(|why| Error::invalid_setting(key_setting, why))?)
        }
        (None, None) => None,
    };
    if signer.as_ref().is_some_and(|signer| signer.spki_der() != certificate.spki_der()) {
        return Err(Error::invalid_setting(key_setting, "does not belong to the certificate"));
    }
    Ok(Some(SigningPair { certificate, signer, recipients: Vec::new() }))
}
