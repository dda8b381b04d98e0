//! Keys given as text in requests, and the client's own key. A client parses each text once and caches the result.

use bankchannel_crypto::{
    digest::sha256_of_texts,
    signature::{SigningKey, VerifyingKey},
};
use bankchannel_foundation::{Error, Secret, model::Timestamp, operation::LocalContext, shown};
use std::sync::Arc;

use crate::{
    connector::errors,
    envelope::{EnvelopeVerifier, UnfitKeys},
};

/// A client's own private key, in memory or elsewhere.
pub trait JwtSigner: Send + Sync {
    /// Signs these bytes with RSASSA-PKCS1-v1_5 and SHA-256.
    ///
    /// # Errors
    /// `salt_edge_connector.key_unusable`, `salt_edge_connector.token_failed`; `input.missing_field` without a key.
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Error>;
}

/// A client's key, as its [`ClientResources`](bankchannel_foundation::ClientResources) carry it.
pub struct ClientKey(pub Box<dyn JwtSigner>);

bankchannel_foundation::redacted_debug!(ClientKey);

/// The key of the client that runs an operation.
///
/// # Errors
/// `input.missing_field` without a client.
pub(crate) fn own<'a>(with: &LocalContext<'a>) -> Result<&'a dyn JwtSigner, Error> {
    with.key::<ClientKey>().map(|own| &*own.0).ok_or_else(missing)
}

/// The error when neither the request nor the client has a key.
#[must_use]
pub fn missing() -> Error {
    let why = "private_key is missing: give it, or give the client a private_key, a keystore_file or pkcs11";
    Error::missing_field("private_key", why)
}

/// The error for an unusable key.
#[must_use]
pub fn unusable(field: &'static str, why: impl std::fmt::Display) -> Error {
    Error::because(&errors::KEY_UNUSABLE, format!("{field}: {why}")).with("field", field)
}

/// The time of the check, in seconds.
pub(crate) fn instant_s(at: Option<&Timestamp>, with: &LocalContext<'_>) -> i64 {
    at.map_or_else(|| with.clock.now_s(), |at| at.as_ms().div_euclid(1000))
}

/// The verifier of the hub's signatures.
pub(crate) fn hub_verifier(
    pem: &str,
    issuer: Option<String>,
    leeway_s: Option<u32>,
    with: &LocalContext<'_>,
) -> Result<EnvelopeVerifier, Error> {
    let keys = public_keys("hub_public_key", pem, with)?;
    let verifier = EnvelopeVerifier::new(keys).map_err(|fault| unusable("hub_public_key", fault))?;
    Ok(verifier.with(issuer, leeway_s))
}

/// The verifier of a third party's or any other signatures.
pub(crate) fn client_verifier(pem: &str, short_keys: bool, with: &LocalContext<'_>) -> Result<EnvelopeVerifier, Error> {
    let keys = public_keys("public_key", pem, with)?;
    EnvelopeVerifier::of_third_party(keys, short_keys).map_err(|fault| match fault {
        UnfitKeys::Size { bits, .. } if !short_keys && (1024..2048).contains(&bits) => {
            unusable("public_key", format!("the key has {bits} bits: set allow_short_key to accept it"))
        }
        fault => unusable("public_key", fault),
    })
}

/// Parses the field `private_key`.
pub(crate) fn private_key(
    pem: &Secret,
    passphrase: Option<&Secret>,
    with: &LocalContext<'_>,
) -> Result<Arc<SigningKey>, Error> {
    let passphrase = passphrase.map(Secret::expose);
    with.get_or_make(sha256_of_texts(&[Some(pem.expose()), passphrase]), || {
        let read = SigningKey::from_pem(pem.expose(), passphrase);
        read.map_err(|fault| {
            let remedy = shown::key_file_remedy(pem.expose());
            unusable("private_key", format!("{}{remedy}", fault.naming_opener("passphrase")))
        })
    })
}

fn public_keys(field: &'static str, pem: &str, with: &LocalContext<'_>) -> Result<Vec<VerifyingKey>, Error> {
    let read = || VerifyingKey::all_from_pem(pem).map_err(|fault| unusable(field, fault));
    with.get_or_make(sha256_of_texts(&[Some(pem)]), read).map(|keys: Arc<Vec<VerifyingKey>>| keys.to_vec())
}
