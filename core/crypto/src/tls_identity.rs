//! Who a client is towards TLS, from a PKCS#12 file: here a key need not be RSA.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use crate::rsa::PrivateKey;
use crate::{Error, Result, pem, pkcs12};

/// The certificate of the file's key, the issuers above it that the file has, in their order, and the key: PEM, one after
/// the other. The key is RSA, EC (P-256, P-384, P-521) or Ed25519.
///
/// # Errors
/// Those of [`Keystore::read`](pkcs12::Keystore::read), but for [`Error::NotRsa`]; [`Error::UnsupportedKey`],
/// [`Error::NoCertificateOfKey`].
pub fn tls_identity(der: &[u8], passphrase: &str) -> Result<Zeroizing<String>> {
    let archive = pkcs12::open(der, passphrase)?;
    let key = pkcs12::the_key(&archive.keys)?;
    let public = public_half(key)?;
    let all: Vec<X509Certificate<'_>> = archive
        .certs
        .iter()
        .filter_map(|bag| X509Certificate::from_der(bag.cert.as_der()).ok())
        .map(|(_, certificate)| certificate)
        .collect();
    let own = all.iter().find(|certificate| certificate.public_key().raw.ends_with(&public));
    let mut text = Zeroizing::new(String::new());
    for certificate in chain(own.ok_or(Error::NoCertificateOfKey)?, &all) {
        text.push_str(&pem::encode("CERTIFICATE", certificate.as_raw()));
    }
    let key = Zeroizing::new(pem::encode("PRIVATE KEY", key));
    // Once, so that no half of it is left behind in freed memory.
    text.reserve_exact(key.len());
    text.push_str(&key);
    Ok(text)
}

/// What a SubjectPublicKeyInfo of this key, PKCS#8, ends with.
fn public_half(pkcs8: &[u8]) -> Result<Vec<u8>> {
    match PrivateKey::from_pkcs8_der(pkcs8) {
        Err(Error::NotRsa) => {}
        rsa => return Ok(rsa?.public().spki_der().to_vec()),
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8(pkcs8) {
        return Ok(pair.public_key().as_ref().to_vec());
    }
    [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING]
        .into_iter()
        .find_map(|curve| EcdsaKeyPair::from_pkcs8(curve, pkcs8).ok())
        .map(|pair| pair.public_key().as_ref().to_vec())
        .ok_or(Error::UnsupportedKey)
}

/// `own` and, as far as they are there, its issuer, the issuer of that and so on: as TLS wants them. What else the file has
/// is left out.
fn chain<'a, 'b>(own: &'a X509Certificate<'b>, all: &'a [X509Certificate<'b>]) -> Vec<&'a X509Certificate<'b>> {
    let mut chain = vec![own];
    let mut last = own;
    while let Some(issuer) = all.iter().find(|one| one.subject().as_raw() == last.issuer().as_raw())
        && !chain.iter().any(|known| known.as_raw() == issuer.as_raw())
    {
        chain.push(issuer);
        last = issuer;
    }
    chain
}
