//! Private keys under a passphrase: `ENCRYPTED PRIVATE KEY` (RFC 5958) with PBES2, PBKDF2 and AES-CBC (RFC 8018).

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512};
use x509_parser::asn1_rs::{Any, FromDer, Sequence, Tag};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Most rounds of PBKDF2, some seconds of computing: a file with more is a mistake.
const MAX_ROUNDS: u32 = 10_000_000;

// The contents of the object identifiers.
const PBES2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
const PBKDF2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
/// hmacWithSHA1, 256, 384 and 512 have one number more: 7, 9, 10 and 11.
const HMAC: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x02";
/// aes128-CBC, aes192-CBC and aes256-CBC have one number more: 2, 22 and 42.
const AES: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01";

/// The PKCS#8 in `der`.
///
/// # Errors
/// [`Error::WrongPassphrase`], [`Error::UnsupportedEncryption`], [`Error::InvalidKey`].
pub(crate) fn decrypt(der: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>> {
    let mut info = Fields::of(Fields(der).next(Tag::Sequence)?);
    let mut algorithm = Fields::of(info.next(Tag::Sequence)?);
    let mut data = Zeroizing::new(info.next(Tag::OctetString)?.data.to_vec());
    if algorithm.next(Tag::Oid)?.data != PBES2 {
        return Err(Error::UnsupportedEncryption);
    }
    let mut schemes = Fields::of(algorithm.next(Tag::Sequence)?);
    let derivation = schemes.next(Tag::Sequence)?;
    let (cipher, length, iv) = cipher(Fields::of(schemes.next(Tag::Sequence)?))?;
    let key = derive(Fields::of(derivation), length, passphrase)?;
    let key = UnboundCipherKey::new(cipher, &key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7);
    let key = key.map_err(|_| Error::Internal("AES"))?;
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let length = key.decrypt(&mut data, context).map_err(|_| Error::WrongPassphrase)?.len();
    data.truncate(length);
    // By chance a wrong passphrase leaves what looks like padding.
    match Sequence::from_der(&data) {
        Ok(([], _)) => Ok(data),
        _ => Err(Error::WrongPassphrase),
    }
}

/// The cipher, the length of its key in bytes, and the initialisation vector.
fn cipher(mut fields: Fields<'_>) -> Result<(&'static Algorithm, usize, [u8; 16])> {
    let (algorithm, length) = match fields.next(Tag::Oid)?.data.strip_prefix(AES) {
        Some([2]) => (&AES_128, 16),
        Some([22]) => (&AES_192, 24),
        Some([42]) => (&AES_256, 32),
        _ => return Err(Error::UnsupportedEncryption),
    };
    let iv = fields.next(Tag::OctetString)?.data.try_into().map_err(|_| Error::InvalidKey)?;
    Ok((algorithm, length, iv))
}

fn derive(mut fields: Fields<'_>, length: usize, passphrase: &str) -> Result<Zeroizing<Vec<u8>>> {
    if fields.next(Tag::Oid)?.data != PBKDF2 {
        return Err(Error::UnsupportedEncryption);
    }
    let mut fields = Fields::of(fields.next(Tag::Sequence)?);
    let salt = fields.next(Tag::OctetString)?.data;
    let rounds = fields.next(Tag::Integer)?.u32().map_err(|_| Error::InvalidKey)?;
    let rounds = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= MAX_ROUNDS).ok_or(Error::InvalidKey)?;
    // The length of the key may stand here; the cipher says it as well.
    let mut following = fields.any();
    if following.as_ref().is_some_and(|value| value.tag() == Tag::Integer) {
        following = fields.any();
    }
    let hash = match following {
        None => PBKDF2_HMAC_SHA1,
        Some(value) => match Fields::of(value).next(Tag::Oid)?.data.strip_prefix(HMAC) {
            Some([7]) => PBKDF2_HMAC_SHA1,
            Some([9]) => PBKDF2_HMAC_SHA256,
            Some([10]) => PBKDF2_HMAC_SHA384,
            Some([11]) => PBKDF2_HMAC_SHA512,
            _ => return Err(Error::UnsupportedEncryption),
        },
    };
    let mut key = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(hash, rounds, salt, passphrase.as_bytes(), &mut key);
    Ok(key)
}

/// The values inside a value, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn of(value: Any<'a>) -> Self {
        Self(value.data)
    }

    fn any(&mut self) -> Option<Any<'a>> {
        let (rest, value) = Any::from_der(self.0).ok()?;
        self.0 = rest;
        Some(value)
    }

    fn next(&mut self, tag: Tag) -> Result<Any<'a>> {
        self.any().filter(|value| value.tag() == tag).ok_or(Error::InvalidKey)
    }
}

#[cfg(test)]
mod tests {
    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(der: Vec<u8>) {
            assert!(super::decrypt(&der, "x").is_err());
        }
    }
}
