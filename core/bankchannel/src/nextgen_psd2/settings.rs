//! A third party's settings: one declaration for every language.

use std::io::Read;

use bankchannel_foundation::{
    Boundary, Error, Result, Secret,
    model::{Dialect, Profile, Value, Writer},
};
use bankchannel_nextgen_psd2::model::SigningOptions;
use bankchannel_transport::open_regular;

use super::NextGenPsd2;

/// Longest file of certificates that is read, in bytes.
const FILE_MAX: u64 = 256 * 1024;

/// The settings of a third party. All are optional; they are used wherever a request leaves them out.
#[derive(Debug, Clone, Default, Boundary)]
pub struct NextGenPsd2Settings {
    /// The QSEAL certificate as PEM text.
    pub certificate: Option<String>,
    /// A file that holds it.
    pub certificate_file: Option<String>,
    /// Its private key as PEM text, PKCS#8 or PKCS#1.
    pub private_key: Option<Secret>,
    /// Opens a private key that is encrypted.
    pub passphrase: Option<Secret>,
    /// How requests are signed.
    pub signing: Option<SigningOptions>,
    /// The certificates of trusted issuers as PEM text, one after the other: for verifying.
    pub trusted: Option<String>,
    /// A file that holds them.
    pub trusted_file: Option<String>,
}

/// The settings with their files read.
pub(super) struct Ready {
    certificate: Option<String>,
    private_key: Option<Secret>,
    passphrase: Option<Secret>,
    signing: Option<SigningOptions>,
    trusted: Option<String>,
}

impl Ready {
    pub(super) fn of(settings: NextGenPsd2Settings) -> Result<Self> {
        if let Some(signing) = &settings.signing {
            signing.profile().map_err(|fault| Error::invalid_setting("signing", fault.message()))?;
        }
        Ok(Self {
            certificate: one_of("certificate", settings.certificate, settings.certificate_file)?,
            trusted: one_of("trusted", settings.trusted, settings.trusted_file)?,
            private_key: settings.private_key,
            passphrase: settings.passphrase,
            signing: settings.signing,
        })
    }
}

/// A text given, or the file that holds it.
fn one_of(name: &str, text: Option<String>, file: Option<String>) -> Result<Option<String>> {
    let Some(path) = file else { return Ok(text) };
    let setting = format!("{name}_file");
    if text.is_some() {
        return Err(Error::invalid_setting(&setting, format!("excludes {name}: give one of them")));
    }
    let unusable = |why: std::io::Error| Error::invalid_setting(&setting, format!("{path} cannot be read: {why}"));
    let (file, _) = open_regular(path.as_ref()).map_err(unusable)?;
    let mut text = String::new();
    let size = file.take(FILE_MAX + 1).read_to_string(&mut text).map_err(unusable)?;
    if size as u64 > FILE_MAX {
        return Err(Error::invalid_setting(&setting, format!("{path} has more than {FILE_MAX} bytes")));
    }
    Ok(Some(text))
}

/// A client has what its requests leave out.
impl Profile for NextGenPsd2 {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        fn write<T: Boundary + Clone>(value: &Option<T>) -> Option<Value<'static>> {
            value.clone().map(|value| value.write(&mut Writer::new(Dialect::Boundary)))
        }
        match field {
            "certificate" => write(&self.0.certificate),
            "private_key" => write(&self.0.private_key),
            "passphrase" => write(&self.0.passphrase),
            "signing" => write(&self.0.signing),
            "trusted" => write(&self.0.trusted),
            _ => None,
        }
    }
}
