//! The signatures that authorize an upload (docs/protocols/ws-channel.md §5.2).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_crypto::digest::Sha256;
use bankchannel_foundation::model::Content;
use bankchannel_openpgp::{
    BadReason, OpenPgpError as PgpError, OpenPgpPublicKey, SignatureResult, SignatureSet, VerifyPolicy,
    parse_signatures,
};
use bankchannel_storage::ws_channel::{Digest, PgpPurpose};
use bankchannel_ws_channel::{ServiceRefusal, service_texts};

use super::{at, content};
use crate::{HandlerFault, WsChannelService, pgp::read_key, work::InPool};

/// Number of accounts whose keys are cached; beyond that, all are read again.
const REMEMBERED: usize = 1000;

type AuthorisingKeys = Arc<[Arc<OpenPgpPublicKey>]>;

/// Cache of authorize keys by account, valid until the store's generation changes. Used only if no other process writes
/// to the store, so that a removed key stops counting at once.
#[derive(Default)]
pub(crate) struct ReadKeys(Mutex<KeyCache>);

#[derive(Default)]
struct KeyCache {
    generation: u64,
    keys: HashMap<String, AuthorisingKeys>,
}

impl ReadKeys {
    fn get(&self, generation: u64, email: &str) -> Option<AuthorisingKeys> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (known.generation == generation).then(|| known.keys.get(email).cloned()).flatten()
    }

    fn put(&self, generation: u64, email: &str, keys: AuthorisingKeys) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation || known.keys.len() >= REMEMBERED {
            *known = KeyCache { generation, keys: HashMap::new() };
        }
        known.keys.insert(email.to_owned(), keys);
    }
}

/// An upload with valid signatures.
pub(crate) struct SignedUpload {
    pub(crate) content: Content,
    pub(crate) sha256: Digest,
    /// Fingerprints of the keys that signed.
    pub(crate) signers: Vec<String>,
    /// The number of keys needed.
    pub(crate) needed: usize,
}

/// The account's authorize keys.
pub(crate) async fn authorize_keys(service: &WsChannelService, email: &str) -> Result<AuthorisingKeys, HandlerFault> {
    let remember = service.store.is_only_writer();
    let generation = service.store.auth_generation();
    if remember && let Some(known) = service.files.keys.get(generation, email) {
        return Ok(known);
    }
    let stored = service.store.pgp_keys(email).await?;
    let read = move |pool: &InPool| {
        let authorize = stored.iter().filter(|key| key.purpose == PgpPurpose::Authorize);
        let read = authorize.filter_map(|key| {
            // Registered under wider limits than today's: it can no longer sign, the others can.
            let unreadable =
                |why: &PgpError| tracing::warn!(%why, key = key.fingerprint, "a registered key is not read");
            read_key(pool, &key.armored).inspect_err(unreadable).map(Arc::new).ok()
        });
        read.collect::<AuthorisingKeys>()
    };
    let keys = service.work_pool.read(read).await?;
    if keys.is_empty() {
        return Err((&service_texts::NO_AUTHORIZE_KEYS).into());
    }
    if remember {
        service.files.keys.put(generation, email, Arc::clone(&keys));
    }
    Ok(keys)
}

/// Reads the armor, checks that it names one of the keys, and verifies over the raw bytes, which are read once.
///
/// Refused signatures count against the rate of the API key: they cost the service more than other refusals.
pub(crate) async fn verify(
    service: &WsChannelService,
    api_key: &str,
    content: Content,
    armored: String,
    keys: AuthorisingKeys,
    now_ms: i64,
) -> Result<SignedUpload, HandlerFault> {
    let needed = usize::try_from(service.config().required_authorizations.max(1)).unwrap_or(usize::MAX);
    let work = move |pool: &InPool| {
        let set = parse(pool, &armored, &keys)?;
        judge(pool, content, set, &keys, needed, now_ms)
    };
    let judged = service.work_pool.read(work).await?;
    if let Err(HandlerFault::Refused(_)) = &judged {
        service.limits.refused_signature(api_key, now_ms);
    }
    judged
}

/// Reads the armor and checks that it names one of the keys; the document is not read yet.
fn parse(_: &InPool, armored: &str, keys: &[Arc<OpenPgpPublicKey>]) -> Result<SignatureSet, HandlerFault> {
    let set = parse_signatures(armored.as_bytes()).map_err(|why| match why {
        PgpError::NoSignaturePackets => ServiceRefusal::from(&service_texts::NO_SIGNATURE_PACKETS),
        why => ServiceRefusal::from(&service_texts::SIGNATURE_FORMAT).with_detail(why),
    })?;
    let named: Vec<&OpenPgpPublicKey> = keys.iter().map(Arc::as_ref).collect();
    if set.names_any(&named) { Ok(set) } else { Err((&service_texts::NO_SUITABLE_KEYS).into()) }
}

fn judge(
    _: &InPool,
    content: Content,
    set: SignatureSet,
    keys: &[Arc<OpenPgpPublicKey>],
    needed: usize,
    now_ms: i64,
) -> Result<SignedUpload, HandlerFault> {
    let (mut verifier, mut hash) = (set.verifier(), Sha256::new());
    let passed = content::feed(&content, |piece| {
        verifier.update(piece);
        hash.update(piece);
    });
    passed.map_err(|why| HandlerFault::internal(format!("the spooled upload cannot be read: {why}")))?;
    let named: Vec<&OpenPgpPublicKey> = keys.iter().map(Arc::as_ref).collect();
    let verdict = verifier.finish(&named, at(now_ms), &VerifyPolicy::default());
    let signers: Vec<String> = verdict.good_fingerprints().into_iter().map(str::to_owned).collect();
    if signers.len() >= needed {
        return Ok(SignedUpload { content, sha256: hash.finish(), signers, needed });
    }
    let refusal = ServiceRefusal::from(&service_texts::SIGNATURES_FAILED);
    Err(match verdict.results.iter().find_map(why_bad) {
        Some(why) => refusal.with_detail(why),
        None => refusal,
    }
    .into())
}

/// Why a signature by a registered key is invalid.
fn why_bad(result: &SignatureResult) -> Option<&BadReason> {
    if let SignatureResult::Bad { reason, .. } = result { Some(reason) } else { None }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{ServiceOptions, running::RunningService};

    /// Hostile bytes wait for a place in the pool: none are read on the threads that serve connections.
    #[tokio::test]
    async fn signatures_are_read_in_the_pool_only() {
        let options = ServiceOptions { no_limits: Some(true), ..ServiceOptions::default() };
        let running = RunningService::start(options).await.expect("starts");
        let service = running.service();
        let all = service.work_pool.take_all().await;
        let armored = "-----BEGIN PGP SIGNATURE-----\n\niQCJABAAioqKioqKioo=\n-----END PGP SIGNATURE-----\n";
        let content = Content::Bytes(b"x".to_vec().into());
        let mut verified = Box::pin(verify(service, "key", content, armored.into(), Arc::new([]), 0));
        assert!(tokio::time::timeout(Duration::from_millis(200), &mut verified).await.is_err(), "it did not wait");
        drop(all);
        let Err(HandlerFault::Refused(refusal)) = verified.await else { panic!("it is refused") };
        assert_eq!(refusal.text, service_texts::SIGNATURE_FORMAT.text);
        running.stop().await;
    }
}
