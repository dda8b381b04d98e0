//! Generates keys in the form that GnuPG 2.2 reads: version 4, primary key for signing, one subkey for encryption.

use std::time::SystemTime;

use sequoia_openpgp::crypto::Password;
use sequoia_openpgp::packet::key::{Key4, KeyRole, PrimaryRole, SecretParts, SubordinateRole};
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::packet::{Key, UserID};
use sequoia_openpgp::types::{
    CompressionAlgorithm, Curve, Features, HashAlgorithm, KeyFlags, SignatureType, SymmetricAlgorithm,
};
use sequoia_openpgp::{Cert, Packet};
use zeroize::Zeroizing;

use super::private::OpenPgpPrivateKey;
use crate::limits::MAX_USER_ID_PART_BYTES;
use crate::signer::{generate_ed25519_seed, generate_rsa};
use crate::{OpenPgpError, Result, UnlockedSigner};

/// Algorithm of a generated key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GeneratedAlgorithm {
    /// Ed25519 with a Curve25519 encryption subkey: small, fast, the default.
    #[default]
    Ed25519,
    /// RSA with 2048 bits, the accepted minimum.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
}

/// The parameters of a new key. Generating an RSA key takes up to some seconds of computing.
#[derive(Clone)]
pub struct KeyGeneration {
    /// Name in the user id; may be empty if `email` is not.
    pub name: String,
    /// Email address in the user id; may be empty if `name` is not.
    pub email: String,
    /// Algorithm.
    pub algorithm: GeneratedAlgorithm,
    /// Creation time of the key; fractions of a second are dropped.
    pub created: SystemTime,
    /// End of its validity; `None` for never.
    pub expires: Option<SystemTime>,
    /// Locks the private key; `None` leaves it unlocked.
    pub passphrase: Option<Zeroizing<String>>,
}

impl OpenPgpPrivateKey {
    /// Makes a new key: a primary key that certifies and signs, and an encryption subkey.
    ///
    /// # Errors
    /// [`OpenPgpError::InvalidParameter`]; [`OpenPgpError::Internal`] if the cryptographic library fails.
    pub fn generate(wanted: KeyGeneration) -> Result<Self> {
        let user_id = user_id(&wanted.name, &wanted.email)?;
        let validity = match wanted.expires {
            Some(end) => Some(end.duration_since(wanted.created).ok().filter(|time| time.as_secs() > 0).ok_or(
                OpenPgpError::InvalidParameter { field: "expires", reason: "it must lie after the creation time" },
            )?),
            None => None,
        };
        let primary: Key<SecretParts, PrimaryRole> = new_key(wanted.algorithm, true, wanted.created)?;
        let subkey: Key<SecretParts, SubordinateRole> = new_key(wanted.algorithm, false, wanted.created)?;
        let mut signer = UnlockedSigner::new(primary.role_as_unspecified(), primary.fingerprint().to_hex())?;

        let cert = (|| -> sequoia_openpgp::Result<Cert> {
            let bare = Cert::try_from(vec![Packet::from(primary.clone())])?;
            let primary_flags = KeyFlags::empty().set_certification().set_signing();
            let template = template(SignatureType::PositiveCertification, wanted.created)?
                .set_key_flags(primary_flags)?
                .set_key_validity_period(validity)?
                .set_primary_userid(true)?
                .set_features(Features::empty().set_seipdv1())?
                .set_preferred_symmetric_algorithms(vec![SymmetricAlgorithm::AES256, SymmetricAlgorithm::AES128])?
                .set_preferred_hash_algorithms(vec![
                    HashAlgorithm::SHA256,
                    HashAlgorithm::SHA512,
                    HashAlgorithm::SHA384,
                ])?
                .set_preferred_compression_algorithms(vec![CompressionAlgorithm::Uncompressed])?;
            let binding = user_id.bind(&mut signer, &bare, template)?;
            let subkey_flags = KeyFlags::empty().set_transport_encryption().set_storage_encryption();
            let template = self::template(SignatureType::SubkeyBinding, wanted.created)?
                .set_key_flags(subkey_flags)?
                .set_key_validity_period(validity)?;
            let subkey_binding = subkey.bind(&mut signer, &bare, template)?;
            let (primary, subkey) = match &wanted.passphrase {
                Some(passphrase) => {
                    let password = Password::from(passphrase.as_str());
                    (primary.encrypt_secret(&password)?, subkey.encrypt_secret(&password)?)
                }
                None => (primary, subkey),
            };
            Cert::try_from(vec![
                Packet::from(primary),
                user_id.into(),
                binding.into(),
                subkey.into(),
                subkey_binding.into(),
            ])
        })()
        .map_err(|_| OpenPgpError::Internal("assembling the key"))?;
        Ok(Self { cert })
    }
}

impl std::fmt::Debug for KeyGeneration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyGeneration")
            .field("name", &self.name)
            .field("email", &self.email)
            .field("algorithm", &self.algorithm)
            .field("locked", &self.passphrase.is_some())
            .finish_non_exhaustive()
    }
}

fn template(kind: SignatureType, created: SystemTime) -> sequoia_openpgp::Result<SignatureBuilder> {
    // SHA-512 for signatures that last as long as the key.
    SignatureBuilder::new(kind).set_hash_algo(HashAlgorithm::SHA512).set_signature_creation_time(created)
}

/// `Name <email>`, or the only one given.
fn user_id(name: &str, email: &str) -> Result<UserID> {
    let (name, email) = (name.trim(), email.trim());
    for (field, value) in [("name", name), ("email", email)] {
        let reason = if value.len() > MAX_USER_ID_PART_BYTES {
            "it is longer than 256 bytes"
        } else if value.chars().any(char::is_control) {
            "it contains a control character"
        } else if value.contains(['<', '>']) {
            "it contains < or >"
        } else if field == "email" && !value.is_empty() && (!value.contains('@') || value.contains(' ')) {
            "it is not an email address"
        } else {
            continue;
        };
        return Err(OpenPgpError::InvalidParameter { field, reason });
    }
    Ok(match (name, email) {
        ("", "") => {
            return Err(OpenPgpError::InvalidParameter { field: "name", reason: "name and email are both empty" });
        }
        ("", email) => UserID::from(email),
        (name, "") => UserID::from(name),
        (name, email) => UserID::from(format!("{name} <{email}>")),
    })
}

fn new_key<R: KeyRole>(
    algorithm: GeneratedAlgorithm,
    signing: bool,
    created: SystemTime,
) -> Result<Key<SecretParts, R>> {
    let failed = |_| OpenPgpError::Internal("key generation");
    let bits = match algorithm {
        GeneratedAlgorithm::Ed25519 if signing => {
            let seed = generate_ed25519_seed()?;
            return ed25519(&seed, created).map(Key::from).map_err(failed);
        }
        GeneratedAlgorithm::Ed25519 => {
            let mut key = Key4::generate_ecc(false, Curve::Cv25519).map_err(failed)?;
            key.set_creation_time(created).map_err(failed)?;
            return Ok(key.into());
        }
        GeneratedAlgorithm::Rsa2048 => 2048,
        GeneratedAlgorithm::Rsa3072 => 3072,
        GeneratedAlgorithm::Rsa4096 => 4096,
    };
    let der = generate_rsa(bits)?;
    let (d, p, q) = rsa_numbers(&der).ok_or(OpenPgpError::Internal("reading the generated RSA key"))?;
    Key4::import_secret_rsa(d, p, q, created).map(Key::from).map_err(failed)
}

/// The classic (RFC 4880bis) form of Ed25519, which GnuPG 2.2 supports.
fn ed25519<R: KeyRole>(seed: &[u8; 32], created: SystemTime) -> sequoia_openpgp::Result<Key4<SecretParts, R>> {
    Key4::import_secret_ed25519(seed, created)
}

/// `d`, `p` and `q` of the PKCS#8 key that aws-lc-rs wrote (RFC 5208 around RFC 8017 A.1.2).
fn rsa_numbers(pkcs8: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (info, _) = element(pkcs8, 0x30)?;
    let (_version, rest) = element(info, 0x02)?;
    let (_algorithm, rest) = element(rest, 0x30)?;
    let (key, _) = element(rest, 0x04)?;
    let (mut numbers, _) = element(key, 0x30)?;
    let mut found = [&[][..]; 6];
    for number in &mut found {
        (*number, numbers) = element(numbers, 0x02)?;
    }
    // version, n, e, d, p, q
    Some((found[3], found[4], found[5]))
}

/// One DER element of the wanted tag: its content and the rest.
fn element(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let digits = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
        (digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit)), &rest[count..])
    };
    Some((rest.get(..length)?, &rest[length..]))
}
