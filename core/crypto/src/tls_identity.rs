//! A client's TLS identity from a PKCS#12 file: here a key need not be RSA.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair,
};
use zeroize::Zeroizing;

use crate::rsa::RsaPrivateKey;
use crate::x509::Certificate;
use crate::{CryptoError, Result, pem, pkcs12};

/// The certificate of the file's key, the issuers above it in the file, in order, and the key: PEM, concatenated. The
/// key is RSA, EC (P-256, P-384, P-521) or Ed25519.
///
/// # Errors
/// Those of [`Pkcs12Keystore::read`](pkcs12::Pkcs12Keystore::read), except [`CryptoError::NotRsa`]; [`CryptoError::UnsupportedKey`],
/// [`CryptoError::NoCertificateOfKey`].
pub fn tls_identity(der: &[u8], passphrase: &str) -> Result<Zeroizing<String>> {
    let archive = pkcs12::open(der, passphrase)?;
    let key = pkcs12::the_key(&archive.keys)?;
    let public = public_half(key)?;
    let all: Vec<Certificate> =
        archive.certs.iter().filter_map(|bag| Certificate::from_der(bag.cert.as_der()).ok()).collect();
    let own = all.iter().find(|certificate| certificate.spki_der().ends_with(&public));
    let mut text = Zeroizing::new(String::new());
    for certificate in chain(own.ok_or(CryptoError::NoCertificateOfKey)?, &all) {
        text.push_str(&certificate.to_pem());
    }
    let key = Zeroizing::new(pem::encode("PRIVATE KEY", key));
    // Reserved once, so that no partial copy of the key is left in freed memory.
    text.reserve_exact(key.len());
    text.push_str(&key);
    Ok(text)
}

/// The end of this key's SubjectPublicKeyInfo; `pkcs8` is the key as PKCS#8.
fn public_half(pkcs8: &[u8]) -> Result<Vec<u8>> {
    match RsaPrivateKey::from_pkcs8_der(pkcs8) {
        Err(CryptoError::NotRsa) => {}
        rsa => return Ok(rsa?.public().spki_der().to_vec()),
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8(pkcs8) {
        return Ok(pair.public_key().as_ref().to_vec());
    }
    [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING]
        .into_iter()
        .find_map(|curve| EcdsaKeyPair::from_pkcs8(curve, pkcs8).ok())
        .map(|pair| pair.public_key().as_ref().to_vec())
        .ok_or(CryptoError::UnsupportedKey)
}

/// `own` and, as far as available, its issuer, that one's issuer and so on: in the order for TLS. Other certificates of
/// the file are left out.
fn chain<'a>(own: &'a Certificate, all: &'a [Certificate]) -> Vec<&'a Certificate> {
    let mut chain = vec![own];
    let mut last = own;
    while let Some(issuer) = issuer_of(last, all.iter().filter(|one| !chain.contains(one))) {
        chain.push(issuer);
        last = issuer;
    }
    chain
}

/// The issuer of `child`: by name, and among several by the key id in `child`, otherwise the first.
fn issuer_of<'a>(child: &Certificate, others: impl Iterator<Item = &'a Certificate>) -> Option<&'a Certificate> {
    let named: Vec<_> = others.filter(|one| one.subject_der() == child.issuer_der()).collect();
    let wanted = child.authority_key_id();
    let is_root = child.subject_der() == child.issuer_der();
    if is_root && (wanted.is_none() || wanted == child.subject_key_id()) {
        return None;
    }
    let fitting = named.iter().find(|one| wanted.is_some() && one.subject_key_id() == wanted);
    fitting.or_else(|| named.first().filter(|_| !is_root)).copied()
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyIdMethod, KeyPair};

    use super::*;

    /// The DER of a certificate with this key id; it contains the key id of its issuer.
    fn made(name: &str, id: u8, issuer: Option<&Issuer<'_, KeyPair>>) -> (Vec<u8>, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_identifier_method = KeyIdMethod::PreSpecified(vec![id; 20]);
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().unwrap();
        let signed = match issuer {
            Some(issuer) => params.signed_by(&key, issuer).unwrap(),
            None => params.self_signed(&key).unwrap(),
        };
        (signed.der().to_vec(), Issuer::new(params, key))
    }

    fn chained(files: &[&Vec<u8>]) -> Vec<usize> {
        let all: Vec<_> = files.iter().map(|der| Certificate::from_der(der).unwrap()).collect();
        let place = |one: &Certificate| files.iter().position(|der| der.as_slice() == one.der()).unwrap();
        chain(&all[0], &all).into_iter().map(place).collect()
    }

    #[test]
    fn of_namesakes_the_one_with_the_right_key_is_taken() {
        let (old, _) = made("root", 1, None);
        let (root, root_issuer) = made("root", 2, None);
        let (stranger, _) = made("middle", 3, None);
        let (middle, middle_issuer) = made("middle", 4, Some(&root_issuer));
        let (leaf, _) = made("leaf", 5, Some(&middle_issuer));
        assert_eq!(chained(&[&leaf, &old, &stranger, &root, &middle]), [0, 4, 3]);
        assert_eq!(chained(&[&leaf, &middle, &root, &stranger, &old]), [0, 1, 2]);
        // Without the right one, the first is better than none.
        assert_eq!(chained(&[&leaf, &middle, &old]), [0, 1, 2]);
        assert_eq!(chained(&[&root, &old]), [0]);
    }

    #[test]
    fn a_root_whose_key_changed_is_followed() {
        let (old, old_issuer) = made("root", 1, None);
        let (rolled, rolled_issuer) = made("root", 2, Some(&old_issuer));
        let (leaf, _) = made("leaf", 3, Some(&rolled_issuer));
        assert_eq!(chained(&[&leaf, &old, &rolled]), [0, 2, 1]);
    }
}
