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

/// How many keys are remembered; beyond that, all are read again.
const REMEMBERED: usize = 1000;

/// PGP keys read before, by their armor: the same text is the same key.
#[derive(Default)]
pub(crate) struct ReadKeys(Mutex<HashMap<String, Arc<PublicKey>>>);

impl ReadKeys {
    fn get(&self, armored: &str) -> Option<Arc<PublicKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(armored).cloned()
    }

    fn put(&self, armored: String, key: Arc<PublicKey>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(armored, key);
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
pub(crate) async fn authorize_keys(service: &Service, email: &str) -> Result<Vec<Arc<PublicKey>>, Fault> {
    let stored = service.store.pgp_keys(email).await?;
    let (mut keys, mut unread) = (Vec::new(), Vec::new());
    for key in stored.into_iter().filter(|key| key.purpose == PgpPurpose::Authorize) {
        match service.files.keys.get(&key.armored) {
            Some(known) => keys.push(known),
            None => unread.push(key.armored),
        }
    }
    if !unread.is_empty() {
        let read = |armored: String| {
            PublicKey::from_armored(armored.as_bytes(), Limits::default()).map(|key| (armored, Arc::new(key)))
        };
        let work = move || unread.into_iter().map(read).collect::<Result<Vec<_>, _>>();
        let read = tokio::task::spawn_blocking(work).await.map_err(Fault::internal)?.map_err(Fault::internal)?;
        for (armored, key) in read {
            service.files.keys.put(armored, Arc::clone(&key));
            keys.push(key);
        }
    }
    if keys.is_empty() { Err((&texts::NO_AUTHORIZE_KEYS).into()) } else { Ok(keys) }
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
    keys: Vec<Arc<PublicKey>>,
    now_ms: i64,
) -> Result<Signed, Fault> {
    let needed = usize::try_from(service.config.required_authorizations.max(1)).unwrap_or(usize::MAX);
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
    tokio::task::spawn_blocking(work).await.map_err(Fault::internal)?
}
