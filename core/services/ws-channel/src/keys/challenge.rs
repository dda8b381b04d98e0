//! The keys of challenges and of stored codes (docs/protocols/ws-channel.md §3.2, §3.8), all derived from one secret.

use std::{path::Path, sync::Arc};

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::{Cache, Result, Secret};
use bankchannel_storage::ws_channel::{CodePurpose, Digest};
use zeroize::Zeroizing;

use super::{damaged, files::read_or};

/// The file with the secret.
pub(super) const FILE: &str = "challenge.key";
/// A challenge key is used for one hour.
const PERIOD_MS: i64 = 3_600_000;
/// Pseudonyms that are remembered.
const KNOWN: u64 = 10_000;

/// Derives a separate challenge key for each hour. The time in a challenge determines its key, so every instance with
/// the same secret accepts it, even if their clocks differ, and key rotation needs no coordination. Within the life of
/// a challenge at most two keys are valid: that of its hour, and early in an hour that of the hour before.
pub(crate) struct ChallengeKey {
    secret: Zeroizing<[u8; 32]>,
    codes: Zeroizing<[u8; 32]>,
    pseudonyms: Zeroizing<[u8; 32]>,
    /// Those of late, by address.
    known: Cache<String, Arc<str>>,
}

impl ChallengeKey {
    /// Reads the file; creates it if that is allowed. `None`: it is absent and must not be created.
    ///
    /// # Errors
    /// As [`read_or`]; `configuration.invalid` for a damaged file.
    pub(crate) fn load(folder: &Path, may_make: bool) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let made = || Ok(line(&Zeroizing::new(random::bytes())));
        let Some(text) = read_or(&path, may_make, made)? else { return Ok(None) };
        let secret = read_line(text.expose().trim_end()).ok_or_else(|| damaged(&path, "it holds no key"))?;
        let codes = Zeroizing::new(digest::hmac_sha256(&*secret, &[b"bankchannel codes"]));
        let pseudonyms = Zeroizing::new(digest::hmac_sha256(&*secret, &[b"bankchannel pseudonyms"]));
        Ok(Some(Self { secret, codes, pseudonyms, known: Cache::new(KNOWN) }))
    }

    /// Its public name: a keyed check value that does not reveal the key.
    pub(crate) fn id(&self) -> String {
        check(&self.secret)
    }

    /// The key of challenges made at this time, in milliseconds.
    pub(crate) fn at(&self, made_ms: i64) -> [u8; 32] {
        let period = made_ms.div_euclid(PERIOD_MS).to_be_bytes();
        digest::hmac_sha256(&*self.secret, &[b"bankchannel challenges", &period])
    }

    /// The name of an account in the log: the same in all instances with this key, and no way back to the address without it.
    pub(crate) fn pseudonym(&self, email: &str) -> Arc<str> {
        if let Some(known) = self.known.get(email) {
            return known;
        }
        let whole = digest::hmac_sha256(&*self.pseudonyms, &[email.as_bytes()]);
        let made: Arc<str> = format!("a-{}", digest::hex(&whole[..6])).into();
        self.known.insert(email.to_owned(), Arc::clone(&made), 1);
        made
    }

    /// The stored form of what notices have in common: it has addresses in it.
    pub(crate) fn slot(&self, common: &str) -> String {
        digest::hex(&digest::hmac_sha256(&*self.codes, &[b"slot\n", common.as_bytes()]))
    }

    /// The stored form of a code. A plain hash of six digits is easily guessed; this keyed hash is not.
    pub(crate) fn hash_code(&self, email: &str, mode: &str, purpose: CodePurpose, code: &str) -> Digest {
        let parts = [purpose.as_str(), mode, email, code].join("\n");
        digest::hmac_sha256(&*self.codes, &[parts.as_bytes()])
    }
}

fn line(secret: &Zeroizing<[u8; 32]>) -> Secret {
    Secret::new(format!("{} {}\n", check(secret), digest::hex(&**secret)))
}

fn read_line(line: &str) -> Option<Zeroizing<[u8; 32]>> {
    let (written, bytes) = line.split_once(' ')?;
    let bytes = Zeroizing::new(digest::from_hex(bytes)?);
    let secret = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?);
    (written == check(&secret)).then_some(secret)
}

/// A check value that detects a damaged secret.
fn check(secret: &Zeroizing<[u8; 32]>) -> String {
    digest::hex(&digest::hmac_sha256(&**secret, &[b"bankchannel challenge key id"])[..8])
}
