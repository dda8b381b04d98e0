//! Sources of certificates and keys: texts, files, PKCS#12 files, tokens.

use std::io::ErrorKind;

use bankchannel_crypto::{
    CryptoError as Fault,
    pkcs12::{self, Pkcs12Keystore},
    tls_identity,
};
use bankchannel_foundation::{Error, Result, Secret, model::Boundary, read_regular, shown};
use bankchannel_pkcs11::{Pkcs11Settings, SigningToken};
use zeroize::Zeroizing;

/// The maximum size of a file of certificates, in bytes.
const FILE_MAX: u64 = 256 * 1024;

/// The sources of a private key beside its text, and what opens it. Part of the settings of every client that signs with a
/// key: these fields are also fields of those settings.
#[derive(Debug, Clone, Default, Boundary)]
#[boundary(flattened)]
pub struct KeySources {
    /// A file with the private key.
    #[boundary(gives = "private_key", example = "key.pem")]
    pub private_key_file: Option<String>,
    /// A PKCS#12 file (`.p12`, `.pfx`) with the private key and its certificate; replaces `private_key`, and
    /// `certificate` where there is such a setting.
    #[boundary(gives = "certificate", gives = "private_key", example = "key.p12")]
    pub keystore_file: Option<String>,
    /// The private key in an HSM or on a smart card, instead of `private_key`.
    #[boundary(gives = "private_key")]
    pub pkcs11: Option<bankchannel_pkcs11::Pkcs11Settings>,
    /// The passphrase of an encrypted private key or of the PKCS#12 file. Default: none.
    #[boundary(example = "where the key is encrypted")]
    pub passphrase: Option<bankchannel_foundation::Secret>,
}

/// The source of a value: its setting, and its file if there is one.
pub(crate) struct SettingSource {
    pub(crate) setting: String,
    path: Option<String>,
}

impl SettingSource {
    /// A text in a setting, or the file that holds it.
    pub(crate) fn new(name: &str, file: Option<&str>) -> Self {
        match file {
            Some(path) => Self::file(&format!("{name}_file"), path),
            None => Self { setting: name.to_owned(), path: None },
        }
    }

    pub(crate) fn file(setting: &str, path: &str) -> Self {
        Self { setting: setting.to_owned(), path: Some(path.to_owned()) }
    }

    pub(crate) fn unusable(&self, why: &str) -> Error {
        match &self.path {
            Some(path) => Error::invalid_setting(&self.setting, format!("{}: {why}", shown::path(path))),
            None => Error::invalid_setting(&self.setting, why),
        }
    }
}

/// A certificate and its key, from any source.
pub(crate) struct CertificateAndKey {
    pub(crate) certificate: Option<String>,
    pub(crate) private_key: Option<Secret>,
    pub(crate) passphrase: Option<Secret>,
    pub(crate) token: Option<SigningToken>,
}

impl CertificateAndKey {
    pub(crate) fn new(certificate: Option<String>, private_key: Option<Secret>, passphrase: Option<Secret>) -> Self {
        Self { certificate, private_key, passphrase, token: None }
    }

    /// Reads the key from the source that the settings name: at most one.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting.
    pub(crate) fn read(certificate: Option<String>, private_key: Option<Secret>, sources: KeySources) -> Result<Self> {
        let private_key = secret_of("private_key", private_key, sources.private_key_file)?;
        let keys = Self::new(certificate, private_key, sources.passphrase);
        match (sources.keystore_file, sources.pkcs11) {
            (None, None) => Ok(keys),
            (Some(path), None) => keys.with_keystore(&path),
            (None, Some(pkcs11)) => keys.with_token(&pkcs11),
            (Some(_), Some(_)) => Err(excluded("keystore_file", "pkcs11")),
        }
    }

    /// Adds certificate and key from a PKCS#12 file, opened with `passphrase`.
    fn with_keystore(self, path: &str) -> Result<Self> {
        const SETTING: &str = "keystore_file";
        if self.certificate.is_some() {
            return Err(excluded(SETTING, "certificate"));
        }
        if self.private_key.is_some() {
            return Err(excluded(SETTING, "private_key"));
        }
        let (certificate, private_key) = keystore(SETTING, path, "passphrase", self.passphrase.as_ref())?;
        Ok(Self::new(Some(certificate), Some(private_key), None))
    }

    /// Adds the key in a token, and the token's certificate if none was given.
    fn with_token(self, pkcs11: &Pkcs11Settings) -> Result<Self> {
        const SETTING: &str = "pkcs11";
        if self.private_key.is_some() {
            return Err(excluded(SETTING, "private_key"));
        }
        let token = SigningToken::open(pkcs11).map_err(|fault| Error::invalid_setting(SETTING, fault.to_string()))?;
        let certificate = self.certificate.or_else(|| token.certificate_pem());
        Ok(Self { certificate, token: Some(token), ..self })
    }
}

/// Certificate and key of a PKCS#12 file, both PEM; `opener` is the name of the passphrase's setting.
pub(crate) fn keystore(
    setting: &str,
    path: &str,
    opener: &str,
    passphrase: Option<&Secret>,
) -> Result<(String, Secret)> {
    opened(setting, path, opener, passphrase, |bytes, passphrase| {
        let keystore = Pkcs12Keystore::read(bytes, passphrase)?;
        let certificate = keystore.certificate_pem().ok_or(Fault::NoCertificateOfKey)?;
        Ok((certificate, Secret::new(keystore.private_key_pem().as_str())))
    })
}

/// Certificate, issuers and key of a PKCS#12 file for TLS, all PEM.
pub(crate) fn tls_keystore(setting: &str, path: &str, opener: &str, passphrase: Option<&Secret>) -> Result<Secret> {
    opened(setting, path, opener, passphrase, |bytes, passphrase| {
        tls_identity(bytes, passphrase).map(|pem| Secret::new(pem.as_str()))
    })
}

/// Reads a PKCS#12 file and applies `open` to its bytes and the passphrase.
fn opened<T>(
    setting: &str,
    path: &str,
    opener: &str,
    passphrase: Option<&Secret>,
    open: impl FnOnce(&[u8], &str) -> Result<T, Fault>,
) -> Result<T> {
    let source = SettingSource::file(setting, path);
    let bytes = Zeroizing::new(read(path, pkcs12::MAX_BYTES as u64).map_err(|why| source.unusable(&why))?);
    open(&bytes, passphrase.map_or("", Secret::expose)).map_err(|fault| match fault {
        Fault::WrongPassphrase if passphrase.is_none() => source.unusable(&format!("it needs `{opener}`")),
        fault => source.unusable(&fault.to_string()),
    })
}

pub(crate) fn excluded(setting: &str, other: &str) -> Error {
    Error::invalid_setting(setting, format!("cannot be given together with {other}"))
}

/// A text from a setting, or from the file that holds it.
pub(crate) fn one_of(name: &str, text: Option<String>, file: Option<String>) -> Result<Option<String>> {
    let Some(path) = file else { return Ok(text) };
    let source = SettingSource::new(name, Some(&path));
    if text.is_some() {
        return Err(excluded(&source.setting, name));
    }
    let bytes = read(&path, FILE_MAX).map_err(|why| source.unusable(&why))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| source.unusable("it is not text"))?;
    Ok(Some(text.to_owned()))
}

/// The same for a secret: nothing of the file stays but the secret itself.
pub(crate) fn secret_of(name: &str, text: Option<Secret>, file: Option<String>) -> Result<Option<Secret>> {
    let Some(path) = file else { return Ok(text) };
    let source = SettingSource::new(name, Some(&path));
    if text.is_some() {
        return Err(excluded(&source.setting, name));
    }
    let bytes = read(&path, FILE_MAX).map_err(|why| source.unusable(&why))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| source.unusable("it is not text"))?;
    // Editors end a file with a line break that is not part of the secret; for PEM it makes no difference.
    Ok(Some(Secret::new(text.trim_end_matches(['\n', '\r']))))
}

/// Reads a file's bytes, or returns the reason why that failed.
fn read(path: &str, limit: u64) -> Result<Zeroizing<Vec<u8>>, String> {
    read_regular(path.as_ref(), limit).map_err(|why| match why.kind() {
        ErrorKind::FileTooLarge => format!("it has more than {limit} bytes"),
        _ => format!("it cannot be read: {why}"),
    })
}
