//! A client's own certificate and key, for operations whose request has neither.

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{Error, operation::LocalContext};

use crate::certificates::Certificate;

/// A client's certificate and key, read once. The key may be anywhere, since it is only used to sign.
pub trait CertificateHolder: Send + Sync {
    /// Its certificate.
    ///
    /// # Errors
    /// `nextgen_psd2.certificate_unusable`.
    fn certificate(&self) -> Result<Option<&Certificate>, Error>;

    /// The SubjectPublicKeyInfo of its key, DER; `None` without a key.
    ///
    /// # Errors
    /// `nextgen_psd2.key_unusable`.
    fn spki_der(&self) -> Result<Option<&[u8]>, Error>;

    /// Signs these bytes, hashed once, with RSASSA-PKCS1-v1_5.
    ///
    /// # Errors
    /// `nextgen_psd2.key_unusable`, `nextgen_psd2.token_failed`.
    fn sign(&self, hash: Hash, signing_string: &[u8]) -> Result<Vec<u8>, Error>;

    /// Whether the key is in a device: its signatures are verified whatever the options say.
    fn is_device(&self) -> bool;
}

/// A client's holder, as its [`ClientResources`](bankchannel_foundation::ClientResources) carry it.
pub struct ClientHolder(pub Box<dyn CertificateHolder>);

bankchannel_foundation::redacted_debug!(ClientHolder);

/// The holder of the client that runs an operation.
pub(crate) fn certificate_holder<'a>(with: &LocalContext<'a>) -> Option<&'a dyn CertificateHolder> {
    Some(&*with.key::<ClientHolder>()?.0)
}

/// The error when neither the request nor the client has a value.
pub(crate) fn missing(field: &'static str, why: &str) -> Error {
    Error::missing_field(field, format!("{field} is missing: {why}"))
}
