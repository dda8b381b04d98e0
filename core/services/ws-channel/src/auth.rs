//! Authenticates the caller (docs/protocols/ws-channel.md §1.2, §3.7).

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bankchannel_crypto::digest;
use bankchannel_foundation::Cache;
use bankchannel_storage::ws_channel::{AccountSession, Digest};
use bankchannel_ws_channel::{
    CallerAccess, ServiceRefusal, WsChannelTerms,
    service_texts::{self, ServiceText},
};
use hyper::HeaderMap;

use super::{
    fault::HandlerFault,
    reasons::RefusalReason,
    service::{OperationCaller, ServiceCall, WsChannelService},
};

/// Number of sessions cached.
const REMEMBERED: u64 = 10_000;

/// Session cache, valid until anything changes that matters to a session. Used only if no other process writes to the
/// store, so revocations take effect at once.
pub(crate) struct SessionCache {
    known: Cache<Digest, (u64, Arc<AccountSession>)>,
    /// The generation of the latest session added.
    generation: AtomicU64,
}

impl Default for SessionCache {
    fn default() -> Self {
        Self { known: Cache::new(REMEMBERED), generation: AtomicU64::new(0) }
    }
}

impl SessionCache {
    /// Forgets all of them.
    pub(crate) fn forget(&self) {
        self.known.clear();
    }

    fn get(&self, generation: u64, token: &Digest) -> Option<Arc<AccountSession>> {
        self.known.get(token).filter(|(of, _)| *of == generation).map(|(_, session)| session)
    }

    fn put(&self, generation: u64, token: Digest, session: Arc<AccountSession>) {
        if self.generation.swap(generation, Ordering::Relaxed) != generation {
            // The other entries are stale now, and an ended session is never looked up again.
            self.known.clear();
        }
        self.known.insert(token, (generation, session), 1);
    }
}

/// Checks a request's session against the operation's declaration, in the order of §3.7: token, key, account, mode,
/// owner.
///
/// Once token and key are proven, the call's caller is their session, even if the operation is then refused. Only a
/// session that passes every check counts as used.
///
/// # Errors
/// 401 and 403 with the service's texts.
pub(crate) async fn authorize(
    service: &WsChannelService,
    headers: &HeaderMap,
    terms: &WsChannelTerms,
    call: &mut ServiceCall,
) -> Result<(), HandlerFault> {
    if !terms.needs_session() {
        return Ok(());
    }
    let now = service.now_ms();
    let refused = |text: &'static ServiceText, reason| {
        call.because(reason);
        Err(HandlerFault::from(text))
    };
    let Some(token) = single(headers, "authorization") else {
        return refused(&service_texts::UNAUTHORIZED, RefusalReason::NoToken);
    };
    let token = digest::sha256(token.as_bytes());
    let Some(session) = lookup(service, &token, now).await? else {
        return refused(&service_texts::UNAUTHORIZED, RefusalReason::UnknownSession);
    };
    let idle_ms = service.config().idle_ttl_s.map(|seconds| i64::from(seconds) * 1000);
    if session.expires <= now {
        return refused(&service_texts::UNAUTHORIZED, RefusalReason::SessionExpired);
    }
    if idle_ms.is_some_and(|limit| session.last_used + limit <= now) {
        return refused(&service_texts::UNAUTHORIZED, RefusalReason::SessionIdle);
    }
    let key = single(headers, "x-api-key").unwrap_or_default();
    if !digest::constant_time_eq(key.as_bytes(), session.api_key.as_bytes()) {
        return refused(&service_texts::API_KEY_FORBIDDEN, RefusalReason::OtherKey);
    }
    if !session.tenant_enabled {
        return refused(&service_texts::API_KEY_FORBIDDEN, RefusalReason::KeyDisabled);
    }
    let caller = call.caller.insert(OperationCaller { session, token });
    admit(&caller.session, terms)?;
    if idle_ms.is_some() {
        service.touch_session(&token, now).await?;
    }
    Ok(())
}

/// Checks the session of a call again after its body has arrived: rights that ended meanwhile no longer count. Reads
/// the session from the store itself; the call uses that copy from here on.
///
/// # Errors
/// As [`authorize`].
pub(crate) async fn judge_again(
    service: &WsChannelService,
    terms: &WsChannelTerms,
    caller: &mut Option<OperationCaller>,
) -> Result<(), HandlerFault> {
    if !terms.needs_session() {
        return Ok(());
    }
    let caller = caller.as_mut().ok_or_else(|| HandlerFault::internal("an admitted call has a session"))?;
    let now = service.now_ms();
    let session = service.store.session(&caller.token, now).await?.ok_or(&service_texts::UNAUTHORIZED)?;
    if !session.tenant_enabled {
        return Err((&service_texts::API_KEY_FORBIDDEN).into());
    }
    admit(&session, terms)?;
    if service.config().idle_ttl_s.is_some() {
        // Receiving a body counts as use.
        service.touch_session(&caller.token, now).await?;
    }
    caller.session = Arc::new(session);
    Ok(())
}

/// The operation's requirements for a live session under its own key.
fn admit(session: &AccountSession, terms: &WsChannelTerms) -> Result<(), HandlerFault> {
    let CallerAccess::Session { modes, refusal, owner } = terms.access else { return Ok(()) };
    let account = session.account.as_ref().ok_or(&service_texts::NO_ACCOUNT)?;
    if account.disabled_at.is_some() {
        return Err((&service_texts::ACCOUNT_OFF).into());
    }
    if !session.verified {
        return Err((&service_texts::VERIFICATION_WITHDRAWN).into());
    }
    if !modes.contains(&session.mode.as_str()) {
        return Err(ServiceRefusal::new(403, refusal).into());
    }
    if owner && !account.is_owner {
        return Err((&service_texts::OWNER_REQUIRED).into());
    }
    Ok(())
}

async fn lookup(
    service: &WsChannelService,
    token: &Digest,
    now: i64,
) -> Result<Option<Arc<AccountSession>>, HandlerFault> {
    let cached = service.store.is_only_writer() && service.config().idle_ttl_s.is_none();
    let generation = service.store.auth_generation();
    if cached && let Some(session) = service.sessions.get(generation, token) {
        return Ok(Some(session));
    }
    let Some(session) = service.store.session(token, now).await? else { return Ok(None) };
    let session = Arc::new(session);
    if cached {
        service.sessions.put(generation, *token, Arc::clone(&session));
    }
    Ok(Some(session))
}

/// The single value of a header; `None` when it is absent or has several different values.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.all(|value| value == first).then(|| first.to_str().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use bankchannel_storage::ws_channel::{AuthenticationFactor, StoredMode};

    use super::*;

    fn session(email: &str) -> Arc<AccountSession> {
        Arc::new(AccountSession {
            email: email.to_owned(),
            mode: StoredMode::Data,
            api_key: "key".to_owned(),
            auth_time: 0,
            factor: AuthenticationFactor::Sms,
            expires: 0,
            last_used: 0,
            account: None,
            verified: true,
            tenant_enabled: true,
            transfer_enabled: true,
        })
    }

    #[test]
    fn sessions_of_another_generation_are_neither_answered_nor_kept() {
        let sessions = SessionCache::default();
        let (one, other) = ([1; 32], [2; 32]);
        sessions.put(1, one, session("one@example.test"));
        assert!(sessions.get(1, &one).is_some() && sessions.get(2, &one).is_none());
        sessions.put(2, other, session("other@example.test"));
        assert!(sessions.get(2, &other).is_some() && sessions.get(1, &one).is_none());
        assert_eq!(sessions.known.count(), 1);
    }
}
