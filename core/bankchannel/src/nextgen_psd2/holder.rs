//! The client's own certificate and key, for operations whose request has neither; read on first use.

use std::sync::{Arc, OnceLock};

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{Error, Result};
use bankchannel_nextgen_psd2::{certificates::Certificate, errors, model::CertificateHolder};

use super::{KeySigner, settings::ReadyThirdParty};

/// The certificate and key of the settings.
pub(super) struct OfSettings {
    ready: Arc<ReadyThirdParty>,
    certificate: OnceLock<Result<Option<Certificate>>>,
    signer: OnceLock<Result<Option<KeySigner>>>,
}

impl OfSettings {
    pub(super) fn new(ready: Arc<ReadyThirdParty>) -> Self {
        Self { ready, certificate: OnceLock::new(), signer: OnceLock::new() }
    }

    fn signer(&self) -> Result<Option<&KeySigner>> {
        shared_error(self.signer.get_or_init(|| self.ready.signer()))
    }
}

impl CertificateHolder for OfSettings {
    fn certificate(&self) -> Result<Option<&Certificate>> {
        shared_error(self.certificate.get_or_init(|| {
            let read = self.ready.certificate.as_deref().map(Certificate::from_pem).transpose();
            read.map_err(|fault| {
                Error::because(&errors::CERTIFICATE_UNUSABLE, fault.to_string())
                    .with("field", self.ready.certificate_setting())
            })
        }))
    }

    fn spki_der(&self) -> Result<Option<&[u8]>> {
        Ok(self.signer()?.map(KeySigner::spki_der))
    }

    fn sign(&self, hash: Hash, signing_string: &[u8]) -> Result<Vec<u8>> {
        match self.signer()? {
            Some(signer) => signer.sign(hash, signing_string),
            None => Err(Error::because(&errors::KEY_UNUSABLE, "the client has no key").with("field", "private_key")),
        }
    }

    fn is_device(&self) -> bool {
        self.ready.token.is_some()
    }
}

fn shared_error<T>(read: &Result<Option<T>>) -> Result<Option<&T>> {
    match read {
        Ok(read) => Ok(read.as_ref()),
        Err(error) => Err(error.clone()),
    }
}
