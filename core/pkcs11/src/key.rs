//! A private key in a token, and its related objects.

use bankchannel_crypto::rsa::RsaPublicKey;
use bankchannel_crypto::signature::VerifyingKey;
use bankchannel_crypto::x509::Certificate;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

use crate::{Result, TokenError};

/// Maximum number of keys that an error names.
const MAX_NAMED: usize = 10;

/// A private key, found.
pub(crate) struct KeyInToken {
    pub(crate) handle: ObjectHandle,
    /// Whether the token requires the PIN for each signature.
    pub(crate) asks_each_time: bool,
    /// The SubjectPublicKeyInfo, DER.
    pub(crate) spki: Vec<u8>,
    /// The certificate of the same key, DER, if the token has one; among several, the one with the longest validity.
    pub(crate) certificate: Option<Vec<u8>>,
}

/// The RSA key with this label, or with this id in hex.
pub(crate) fn find(session: &Session, wanted: &str) -> Result<KeyInToken> {
    let handle = private_key(session, wanted)?;
    if values(session, handle, AttributeType::KeyType)?.first() != Some(&Attribute::KeyType(KeyType::RSA)) {
        return Err(TokenError::NotRsa(wanted.to_owned()));
    }
    let id = id(session, handle)?;
    let spki = public_key(session, handle, &id)?.ok_or_else(|| TokenError::NoPublicKey(wanted.to_owned()))?;
    let asks_each_time = values(session, handle, AttributeType::AlwaysAuthenticate)
        .is_ok_and(|found| found.first() == Some(&Attribute::AlwaysAuthenticate(true)));
    let own = certificates(session, None)?.into_iter().filter(|found| found.spki_der() == spki);
    let certificate = own.max_by_key(Certificate::not_after).map(|found| found.der().to_vec());
    Ok(KeyInToken { handle, asks_each_time, spki, certificate })
}

fn private_key(session: &Session, wanted: &str) -> Result<ObjectHandle> {
    let private = Attribute::Class(ObjectClass::PRIVATE_KEY);
    let named = session.find_objects(&[private.clone(), Attribute::Label(wanted.into())])?;
    match named[..] {
        [one] => return Ok(one),
        [] => {}
        _ => {
            let ids: Result<Vec<_>> = named.iter().map(|&key| Ok(HEXLOWER.encode(&id(session, key)?))).collect();
            return Err(TokenError::SeveralKeys { key: wanted.to_owned(), ids: ids?.join(", ") });
        }
    }
    // The forms that other programs write: `0a1b`, `0A:1B`.
    if let Ok(id) = HEXLOWER_PERMISSIVE.decode(wanted.replace(':', "").as_bytes())
        && !id.is_empty()
        && let Some(&one) = session.find_objects(&[private.clone(), Attribute::Id(id)])?.first()
    {
        return Ok(one);
    }
    let mut found = Vec::new();
    for key in session.find_objects(&[private])?.into_iter().take(MAX_NAMED) {
        let label = match values(session, key, AttributeType::Label)?.into_iter().next() {
            Some(Attribute::Label(label)) => String::from_utf8_lossy(&label).into_owned(),
            _ => String::new(),
        };
        found.push(format!("{label:?} (id {})", HEXLOWER.encode(&id(session, key)?)));
    }
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    Err(TokenError::NoKey { key: wanted.to_owned(), found })
}

/// The public half: of the private key itself, of the public key or of the certificate with the same id.
fn public_key(session: &Session, private: ObjectHandle, id: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut places = vec![private];
    if !id.is_empty() {
        places.extend(session.find_objects(&[Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Id(id.to_vec())])?);
    }
    for place in places {
        let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
        let asked = [AttributeType::Modulus, AttributeType::PublicExponent];
        for value in session.get_attributes(place, &asked)? {
            match value {
                Attribute::Modulus(number) => modulus = number,
                Attribute::PublicExponent(number) => exponent = number,
                _ => {}
            }
        }
        if !modulus.is_empty() && !exponent.is_empty() {
            let key = RsaPublicKey::from_numbers(&modulus, &exponent)
                .map_err(|fault| TokenError::Other(fault.to_string()))?;
            return Ok(Some(key.spki_der().to_vec()));
        }
    }
    if id.is_empty() {
        return Ok(None);
    }
    Ok(certificates(session, Some(id))?.first().map(|found| found.spki_der().to_vec()))
}

/// The certificates of RSA keys, with this id or all.
fn certificates(session: &Session, id: Option<&[u8]>) -> Result<Vec<Certificate>> {
    let mut asked = vec![Attribute::Class(ObjectClass::CERTIFICATE)];
    asked.extend(id.map(|id| Attribute::Id(id.to_vec())));
    let mut found = Vec::new();
    for handle in session.find_objects(&asked)? {
        let Some(Attribute::Value(der)) = values(session, handle, AttributeType::Value)?.into_iter().next() else {
            continue;
        };
        // Objects other than X.509 certificates are skipped.
        let Ok(certificate) = Certificate::from_der(&der) else { continue };
        if VerifyingKey::from_spki_der(certificate.spki_der()).is_ok() {
            found.push(certificate);
        }
    }
    Ok(found)
}

fn id(session: &Session, key: ObjectHandle) -> Result<Vec<u8>> {
    Ok(match values(session, key, AttributeType::Id)?.into_iter().next() {
        Some(Attribute::Id(id)) => id,
        _ => Vec::new(),
    })
}

fn values(session: &Session, object: ObjectHandle, asked: AttributeType) -> Result<Vec<Attribute>> {
    Ok(session.get_attributes(object, &[asked])?)
}
