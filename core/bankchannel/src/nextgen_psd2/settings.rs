//! A third party's settings: one declaration for every language.

use std::{collections::BTreeMap, time::Duration};

use bankchannel_crypto::unlocked_private_key;
use bankchannel_foundation::{
    ClientResources, Error, Result, Secret,
    model::{Boundary, Profile, Representation, Value, Writer},
    shown,
};
use bankchannel_nextgen_psd2::{
    CATALOGUE, NextGenPsd2Codec,
    certificates::Certificate,
    http::{SINGLE, is_token},
    model::SigningOptions,
    signing::CONDITIONAL,
};
use bankchannel_pkcs11::SigningToken;
use bankchannel_transport::{IdentityFault, TransportSettings, client_identity};

use super::{KeySigner, NextGenPsd2};
use crate::{
    ConnectionSettings, KeySources,
    client::{
        client_settings,
        keys::{CertificateAndKey, SettingSource, excluded, one_of, secret_of, tls_keystore},
    },
};

/// The first line of a private key in PEM.
const KEY_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
/// Headers that the client and the HTTP library write, in addition to those that may occur only once.
const OWN_HEADERS: [&str; 5] = ["accept", "connection", "transfer-encoding", "user-agent", "authorization"];

/// The settings of a third party. All are optional. The settings for signing fill the fields that a request omits;
/// operations that only compute need no others.
#[derive(Debug, Clone, Default, Boundary)]
pub struct NextGenPsd2Settings {
    /// The bank's base URL, such as `https://bank.example/api`, including the path before `/v1`. Needed for sending.
    /// Plain HTTP is accepted for loopback addresses only.
    pub base_url: Option<String>,
    /// The QSEAL certificate as PEM text.
    #[boundary(gives = "certificate")]
    pub certificate: Option<String>,
    /// A file with the QSEAL certificate.
    #[boundary(gives = "certificate")]
    pub certificate_file: Option<String>,
    /// The certificate's private key as PEM text, PKCS#8 or PKCS#1. Without it, each call asks for the signature.
    #[boundary(gives = "private_key")]
    pub private_key: Option<Secret>,
    /// Other sources of the private key.
    #[boundary(flatten)]
    pub key: KeySources,
    /// The signing of requests, and the bank's dialect.
    pub signing: Option<SigningOptions>,
    /// The certificate for TLS (QWAC) as PEM text, followed by its intermediate certificates.
    #[boundary(gives = "client_certificate")]
    pub client_certificate: Option<String>,
    /// A file with the certificate for TLS.
    #[boundary(gives = "client_certificate")]
    pub client_certificate_file: Option<String>,
    /// The private key of the TLS certificate as PEM text.
    #[boundary(gives = "client_key")]
    pub client_key: Option<Secret>,
    /// A file with the private key of the TLS certificate.
    #[boundary(gives = "client_key")]
    pub client_key_file: Option<String>,
    /// A PKCS#12 file with TLS certificate and key, instead of both settings.
    #[boundary(gives = "client_certificate", gives = "client_key")]
    pub client_keystore_file: Option<String>,
    /// The passphrase of an encrypted `client_key` or of its PKCS#12 file.
    pub client_passphrase: Option<Secret>,
    /// The connection to the bank.
    #[boundary(flatten)]
    pub connection: ConnectionSettings,
    /// Hosts other than the bank's own to which the bank's customers may be redirected.
    pub allowed_redirect_hosts: Option<Vec<String>>,
    /// Other header names, keyed by the documented names: `{"PSU-Context": "X-PSU-Context"}`. For banks that spell
    /// header names differently (§1.3).
    pub header_names: Option<BTreeMap<String, String>>,
    /// The certificates of trusted issuers as PEM text, one after the other, for verification.
    #[boundary(gives = "trusted")]
    pub trusted: Option<String>,
    /// A file with the certificates of trusted issuers.
    #[boundary(gives = "trusted")]
    pub trusted_file: Option<String>,
}

client_settings!(NextGenPsd2Settings, NextGenPsd2, "NEXTGEN_PSD2_");

/// The settings with their files read.
pub(super) struct ReadyThirdParty {
    pub(super) certificate: Option<String>,
    /// The source of the certificate.
    certificate_source: SettingSource,
    pub(super) private_key: Option<Secret>,
    pub(super) passphrase: Option<Secret>,
    pub(super) token: Option<SigningToken>,
    pub(super) signing: Option<SigningOptions>,
    pub(super) header_names: BTreeMap<String, String>,
    pub(super) redirect_hosts: Vec<String>,
    pub(super) exchange_timeout: Option<Duration>,
    trusted: Option<String>,
    transport: Option<TransportSettings>,
}

impl ReadyThirdParty {
    pub(super) fn from_settings(settings: NextGenPsd2Settings) -> Result<Self> {
        if let Some(signing) = &settings.signing {
            signing.profile().map_err(|fault| Error::invalid_setting("signing", fault.message()))?;
        }
        let header_names = settings.header_names.clone().unwrap_or_default();
        renamings(&header_names)?;
        let redirect_hosts = settings.allowed_redirect_hosts.iter().flatten().map(|host| redirect_host(host));
        let redirect_hosts = redirect_hosts.collect::<Result<_>>()?;
        let transport = transport(&settings)?;
        let exchange_timeout = settings.connection.exchange_limit();
        without_key("certificate", settings.certificate.as_deref())?;
        let given = SettingSource::new("certificate", settings.certificate_file.as_deref());
        let certificate_source = match (&settings.key.keystore_file, &settings.key.pkcs11) {
            (Some(path), _) => SettingSource::file("keystore_file", path),
            (None, Some(_)) if settings.certificate.is_none() && settings.certificate_file.is_none() => {
                SettingSource::new("pkcs11", None)
            }
            _ => given,
        };
        let certificate = one_of("certificate", settings.certificate, settings.certificate_file)?;
        // The file may also hold the key, which does not belong in this text. An unreadable certificate is reported
        // when it is needed.
        let certificate = certificate.map(|text| Certificate::from_pem(&text).map_or(text, |read| read.to_pem()));
        without_key("certificate_file", certificate.as_deref())?;
        let trusted = one_of("trusted", settings.trusted, settings.trusted_file)?;
        without_key("trusted", trusted.as_deref())?;
        let keys = CertificateAndKey::read(certificate, settings.private_key, settings.key)?;
        let CertificateAndKey { certificate, private_key, passphrase, token } = keys;
        Ok(Self {
            certificate,
            certificate_source,
            private_key,
            passphrase,
            token,
            trusted,
            signing: settings.signing,
            header_names,
            redirect_hosts,
            exchange_timeout,
            transport,
        })
    }

    /// The transport settings for the bank.
    ///
    /// # Errors
    /// `configuration.invalid` without a bank.
    pub(super) fn transport(&self) -> Result<&TransportSettings> {
        let missing = "is missing: it names the bank, such as https://bank.example/api";
        self.transport.as_ref().ok_or_else(|| Error::invalid_setting("base_url", missing))
    }

    /// The signer of this client: the token, else the private key. `None` without either.
    ///
    /// # Errors
    /// `nextgen_psd2.key_unusable` for a private key that cannot be read.
    pub(super) fn signer(&self) -> Result<Option<KeySigner>> {
        match (&self.token, &self.private_key) {
            (Some(token), _) => Ok(Some(KeySigner::Token(token.clone()))),
            (None, Some(key)) => KeySigner::from_pem(key, self.passphrase.as_ref()).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The error of an unusable certificate, naming the setting that it comes from.
    pub(super) fn certificate_unusable(&self, why: &str) -> Error {
        self.certificate_source.unusable(why)
    }

    /// The setting that the certificate comes from.
    pub(super) fn certificate_setting(&self) -> &str {
        &self.certificate_source.setting
    }

    /// Whether a bank is configured.
    pub(super) fn sends(&self) -> bool {
        self.transport.is_some()
    }
}

/// Checks that each header may be renamed: some operation has it, it is not signed under its own name, and the new name
/// is not in use.
fn renamings(names: &BTreeMap<String, String>) -> Result<()> {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (from, to) in names {
        renamed(from, to)?;
        let shown = shown_name(from);
        if seen.iter().any(|(one, new)| one.eq_ignore_ascii_case(from) || new.eq_ignore_ascii_case(to)) {
            let why = format!("{shown}: give each header one new name, different from all others");
            return Err(Error::invalid_setting("header_names", why));
        }
        seen.push((from, to));
    }
    Ok(())
}

fn renamed(from: &str, to: &str) -> Result<()> {
    let shown = shown_name(from);
    let refused = |why: String| Err(Error::invalid_setting("header_names", why));
    let is_one_of = |names: &[&str], name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
    if !is_token(to) {
        return refused(format!("{shown}: the new name must be a header name: letters, digits and hyphens"));
    }
    if is_one_of(&CONDITIONAL, from) {
        return refused(format!("{shown} is signed under this name and cannot be renamed"));
    }
    let is_known = |name: &str| {
        CATALOGUE
            .iter()
            .any(|entry| entry.declaration.route.is_some() && NextGenPsd2Codec::has_header(entry.request, name))
    };
    if !is_known(from) {
        return refused(format!("{shown} is not a header of any operation"));
    }
    let is_taken = is_known(to) && !to.eq_ignore_ascii_case(from);
    if is_taken || is_one_of(&SINGLE, to) || is_one_of(&OWN_HEADERS, to) {
        return refused(format!("{shown} cannot be sent as {to}: that name has another meaning"));
    }
    Ok(())
}

/// A header's name for an error. Text that is not a header name is not shown: it may be a value given by mistake.
fn shown_name(name: &str) -> &str {
    shown::member(name).unwrap_or("(a given name)")
}

/// A host in normal form for comparison: in lower case, and non-ASCII letters as in DNS.
fn redirect_host(host: &str) -> Result<String> {
    match url::Host::parse(host) {
        Ok(host) => Ok(host.to_string()),
        Err(_) => Err(Error::invalid_setting(
            "allowed_redirect_hosts",
            "must hold host names, such as login.bank.example: no scheme, no port and no path",
        )),
    }
}

fn transport(settings: &NextGenPsd2Settings) -> Result<Option<TransportSettings>> {
    let Some(base_url) = settings.base_url.clone() else { return Ok(None) };
    let mut transport = settings.connection.transport(base_url)?;
    transport.tls.client_identity = identity(settings)?;
    Ok(Some(transport))
}

/// Refuses a private key in a certificate's setting, which is not secret: it may be shown and logged.
fn without_key(field: &str, text: Option<&str>) -> Result<()> {
    match text.is_some_and(|text| text.contains("PRIVATE KEY-----")) {
        true => Err(Error::invalid_setting(field, "holds a private key too: give the certificate alone here")),
        false => Ok(()),
    }
}

/// The TLS certificate with its issuers and its key, all PEM in one text.
fn identity(settings: &NextGenPsd2Settings) -> Result<Option<Secret>> {
    const CERTIFICATE: &str = "client_certificate";
    const KEY: &str = "client_key";
    const KEYSTORE: &str = "client_keystore_file";
    without_key(CERTIFICATE, settings.client_certificate.as_deref())?;
    let certificate =
        one_of(CERTIFICATE, settings.client_certificate.clone(), settings.client_certificate_file.clone())?;
    let source = SettingSource::new(CERTIFICATE, settings.client_certificate_file.as_deref());
    let key = secret_of(KEY, settings.client_key.clone(), settings.client_key_file.clone())?;
    let key_source = SettingSource::new(KEY, settings.client_key_file.as_deref());
    let opener = settings.client_passphrase.as_ref();
    if let Some(path) = &settings.client_keystore_file {
        if certificate.is_some() || key.is_some() {
            return Err(excluded(KEYSTORE, "client_certificate and client_key"));
        }
        let both = tls_keystore(KEYSTORE, path, "client_passphrase", opener)?;
        // The key comes last.
        let (certificates, key) = both.expose().split_at(both.expose().find(KEY_BEGIN).unwrap_or_default());
        let source = SettingSource::file(KEYSTORE, path);
        let unusable = |fault| match fault {
            IdentityFault::Certificate(why) => source.unusable(&format!("its certificate {why}")),
            IdentityFault::Key(why) => source.unusable(&format!("its key {why}")),
        };
        return client_identity(certificates, key).map(Some).map_err(unusable);
    }
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(Error::invalid_setting(KEY, "is missing: client_certificate goes with it")),
        (None, Some(_)) => Err(Error::invalid_setting(CERTIFICATE, "is missing: client_key goes with it")),
        (Some(certificate), Some(key)) => {
            let key = unlocked_private_key(key.expose(), opener.map(Secret::expose))
                .map_err(|fault| key_source.unusable(&fault.naming_opener("client_passphrase")))?;
            let unusable = |fault| match fault {
                IdentityFault::Certificate(why) => source.unusable(why),
                IdentityFault::Key(why) => key_source.unusable(why),
            };
            client_identity(&certificate, &key).map(Some).map_err(unusable)
        }
    }
}

/// The client's settings fill the fields that a request omits.
impl Profile for NextGenPsd2 {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        fn write<T: Boundary + Clone>(value: &Option<T>) -> Option<Value<'static>> {
            value.clone().map(|value| value.write(&mut Writer::new(Representation::Boundary)))
        }
        match field {
            "certificate" => write(&self.0.ready.certificate),
            "signing" => write(&self.0.ready.signing),
            "trusted" => write(&self.0.ready.trusted),
            _ => None,
        }
    }

    fn resources(&self) -> Option<ClientResources<'_>> {
        Some(ClientResources { cache: &self.0.cache, key: Some(&self.0.key) })
    }
}
