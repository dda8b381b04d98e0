//! The certificate and the key of a client itself, for the operations that are given neither.

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{Error, LocalContext, error::row};

use crate::certificates::Certificate;

/// What a client holds, read once. The key may be anywhere: it only signs.
pub trait Holder: Send + Sync {
    /// Its certificate.
    ///
    /// # Errors
    /// `nextgen_psd2.certificate_unusable`.
    fn certificate(&self) -> Result<Option<&Certificate>, Error>;

    /// The SubjectPublicKeyInfo of its key, DER; `None` where it has no key.
    ///
    /// # Errors
    /// `nextgen_psd2.key_unusable`.
    fn spki_der(&self) -> Result<Option<&[u8]>, Error>;

    /// RSASSA-PKCS1-v1_5 over these bytes, hashed once.
    ///
    /// # Errors
    /// `nextgen_psd2.key_unusable`, `nextgen_psd2.token_failed`.
    fn sign(&self, hash: Hash, signing_string: &[u8]) -> Result<Vec<u8>, Error>;

    /// Whether the key is in a device: what comes from there is verified, whatever the options say.
    fn is_device(&self) -> bool;
}

/// A client's holder, as [`ClientCache`](bankchannel_foundation::ClientCache) carries it.
pub struct ClientHolder(pub Box<dyn Holder>);

impl std::fmt::Debug for ClientHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientHolder").finish_non_exhaustive()
    }
}

/// The holder of the client that runs an operation.
pub(crate) fn of<'a>(with: &LocalContext<'a>) -> Option<&'a dyn Holder> {
    Some(&*with.cache?.own::<ClientHolder>()?.0)
}

/// Says that a request has not what the client has not either.
pub(crate) fn missing(field: &'static str, why: &str) -> Error {
    Error::because(&row::MISSING_FIELD, format!("{field} is missing: {why}")).with("field", field)
}
