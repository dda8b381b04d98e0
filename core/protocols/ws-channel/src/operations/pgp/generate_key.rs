//! Makes a PGP key on this machine.

use std::time::{Duration, SystemTime};

use bankchannel_foundation::prelude::*;
use bankchannel_openpgp::{self as openpgp, KeyGeneration, OpenPgpPrivateKey};
use zeroize::Zeroizing;

use crate::{
    declare,
    model::{Email, Name, PgpKeyId, PgpPrivateKeys},
    pgp,
};

/// The algorithm of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// Small and fast: the default.
    #[boundary("ed25519")]
    Ed25519,
    /// RSA with 2048 bits, the least that is accepted.
    #[boundary("rsa2048")]
    Rsa2048,
    /// RSA with 3072 bits.
    #[boundary("rsa3072")]
    Rsa3072,
    /// RSA with 4096 bits.
    #[boundary("rsa4096")]
    Rsa4096,
}

/// The owner and the algorithm of the key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GenerateKeyRequest {
    /// The name in the key's user id.
    #[boundary(profile)]
    pub name: Name,
    /// The e-mail address in the key's user id.
    #[boundary(profile)]
    pub email: Email,
    /// The algorithm. Default: Ed25519.
    pub algorithm: Option<KeyAlgorithm>,
    /// The passphrase that locks the private key. Without it the key is not encrypted in its file.
    pub passphrase: Option<Secret>,
    /// The expiry of the key. Default: never.
    pub expires: Option<Timestamp>,
}

/// The key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GenerateKeyResponse {
    /// The armored public key, for `upload_key`.
    pub public_key: String,
    /// The armored private key. Anyone who has it can sign payments.
    pub private_key: PgpPrivateKeys,
    /// The fingerprint: 40 upper-case hex digits.
    pub fingerprint: String,
    /// The short id that the service lists.
    pub pgp_key_id: PgpKeyId,
}

/// Make a PGP key pair on this machine.
///
/// Makes a key that certifies and signs, with a subkey for encryption, in the format that GnuPG 2.2 reads. It suits
/// both purposes of `upload_key`; use one key for one purpose. Nothing is sent and nothing is stored: keep the
/// private key where only the signer can read it. An RSA key takes up to some seconds.
#[derive(Debug, Operation)]
#[operation(GenerateKeyRequest => GenerateKeyResponse)]
#[declaration(takes_time: true, commands: COMMANDS, ..declare::local("ws_channel.generate_key", "pgp"))]
pub struct GenerateKey;

const EXAMPLES: &str = "Examples:\n  bankchannel pgp generate --name 'Eve Example' --email me@example.com --output-dir keys\n\nWrites authorize-public.asc and authorize-private.asc (mode 0600); existing files are not changed.\nUpload the public key with `bankchannel pgp upload-key`, sign with the private one.";

const COMMANDS: &[Command] =
    &[Command::named("generate").with_examples(EXAMPLES).with_form(&CommandForm::new("Make a key pair"))];

impl Local for GenerateKey {
    fn run(request: GenerateKeyRequest, with: LocalContext<'_>) -> Result<GenerateKeyResponse, Error> {
        let created = with.now();
        let key = OpenPgpPrivateKey::generate(KeyGeneration {
            name: request.name.as_str().to_owned(),
            email: request.email.as_str().to_owned(),
            algorithm: match request.algorithm.unwrap_or(KeyAlgorithm::Ed25519) {
                KeyAlgorithm::Ed25519 => openpgp::GeneratedAlgorithm::Ed25519,
                KeyAlgorithm::Rsa2048 => openpgp::GeneratedAlgorithm::Rsa2048,
                KeyAlgorithm::Rsa3072 => openpgp::GeneratedAlgorithm::Rsa3072,
                KeyAlgorithm::Rsa4096 => openpgp::GeneratedAlgorithm::Rsa4096,
            },
            created,
            expires: request.expires.map(|end| expiry(&end)).transpose()?,
            passphrase: request.passphrase.map(|secret| Zeroizing::new(secret.expose().to_owned())),
        })
        .map_err(|why| pgp::fault("key", why))?;
        let public = key.public();
        Ok(GenerateKeyResponse {
            public_key: public.to_armored().map_err(|why| pgp::fault("key", why))?,
            private_key: PgpPrivateKeys::new(&key.to_armored().map_err(|why| pgp::fault("key", why))?)?,
            fingerprint: public.fingerprint(),
            pgp_key_id: PgpKeyId::new(&public.short_id())?,
        })
    }
}

fn expiry(end: &Timestamp) -> Result<SystemTime, Error> {
    let ms = u64::try_from(end.as_ms()).map_err(|_| Error::invalid_field("expires", "must lie in the future"))?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
}
