//! The signatures that let an upload through (WS Channel sheet §5.2).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_crypto::digest::Sha256;
use bankchannel_foundation::Content;
use bankchannel_openpgp::{Error as PgpError, Limits, PublicKey, SignatureSet, VerifyPolicy, parse_signatures};
use bankchannel_storage::{Digest, PgpPurpose};
use bankchannel_ws_channel::{Refusal, errors::texts};

use super::{at, content};
use crate::ws_channel::{fault::Fault, service::Service};

/// How many accounts' keys are remembered; beyond that, all are read again.
const REMEMBERED: usize = 1000;
/// Content up to this size is verified where it is: that takes less time than handing it to another thread.
const AT_ONCE: u64 = 64 * 1024;

type Keys = Arc<[Arc<PublicKey>]>;

/// Authorize keys read before, by account, as long as the store's generation stays. Only with a store that no other
/// process writes to; so a removed key counts no more at once.
#[derive(Default)]
pub(crate) struct ReadKeys(Mutex<Known>);

#[derive(Default)]
struct Known {
    generation: u64,
    keys: HashMap<String, Keys>,
}

impl ReadKeys {
    fn get(&self, generation: u64, email: &str) -> Option<Keys> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (known.generation == generation).then(|| known.keys.get(email).cloned()).flatten()
    }

    fn put(&self, generation: u64, email: &str, keys: Keys) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation || known.keys.len() >= REMEMBERED {
            *known = Known { generation, keys: HashMap::new() };
        }
        known.keys.insert(email.to_owned(), keys);
    }
}

/// An upload whose signatures are good.
pub(crate) struct Signed {
    pub(crate) content: Content,
    pub(crate) sha256: Digest,
    /// Fingerprints of the keys that signed.
    pub(crate) signers: Vec<String>,
}

/// The account's authorize keys.
pub(crate) async fn authorize_keys(service: &Service, email: &str) -> Result<Keys, Fault> {
    let remember = service.store.is_only_writer();
    let generation = service.store.auth_generation();
    if remember && let Some(known) = service.files.keys.get(generation, email) {
        return Ok(known);
    }
    let stored = service.store.pgp_keys(email).await?;
    let read = move || {
        let authorize = stored.iter().filter(|key| key.purpose == PgpPurpose::Authorize);
        let read = |armored: &str| PublicKey::from_armored(armored.as_bytes(), Limits::default()).map(Arc::new);
        authorize.map(|key| read(&key.armored)).collect::<Result<Keys, _>>()
    };
    let keys = tokio::task::spawn_blocking(read).await.map_err(Fault::internal)?.map_err(Fault::internal)?;
    if keys.is_empty() {
        return Err((&texts::NO_AUTHORIZE_KEYS).into());
    }
    if remember {
        service.files.keys.put(generation, email, Arc::clone(&keys));
    }
    Ok(keys)
}

/// Reads the armor and sees that it names one of the keys; the document is not looked at yet.
pub(crate) fn parse(armored: &str, keys: &[Arc<PublicKey>]) -> Result<SignatureSet, Fault> {
    let set = parse_signatures(armored.as_bytes()).map_err(|why| -> Fault {
        match why {
            PgpError::NoSignaturePackets => (&texts::NO_SIGNATURE_PACKETS).into(),
            _ => (&texts::SIGNATURE_FORMAT).into(),
        }
    })?;
    let named: Vec<&PublicKey> = keys.iter().map(Arc::as_ref).collect();
    if set.names_any(&named) { Ok(set) } else { Err((&texts::NO_SUITABLE_KEYS).into()) }
}

/// Verifies over the raw bytes, read once.
pub(crate) async fn verify(
    service: &Service,
    content: Content,
    set: SignatureSet,
    keys: Keys,
    now_ms: i64,
) -> Result<Signed, Fault> {
    let needed = usize::try_from(service.config.required_authorizations.max(1)).unwrap_or(usize::MAX);
    let here = content.known_size().is_some_and(|size| size <= AT_ONCE);
    let work = move || -> Result<Signed, Fault> {
        let (mut verifier, mut hash) = (set.verifier(), Sha256::new());
        let passed = content::feed(&content, |piece| {
            verifier.update(piece);
            hash.update(piece);
        });
        passed.map_err(|why| Fault::internal(format!("the spooled upload cannot be read: {why}")))?;
        let named: Vec<&PublicKey> = keys.iter().map(Arc::as_ref).collect();
        let verdict = verifier.finish(&named, at(now_ms), &VerifyPolicy::default());
        let signers: Vec<String> = verdict.good_fingerprints().into_iter().map(str::to_owned).collect();
        if signers.len() < needed {
            return Err(Refusal::from(&texts::SIGNATURES_FAILED).into());
        }
        Ok(Signed { content, sha256: hash.finish(), signers })
    };
    if here { work() } else { tokio::task::spawn_blocking(work).await.map_err(Fault::internal)? }
}
