//! Tokens: 256 random bits, stored as digests (docs/protocols/ws-channel.md §3.7).

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::Secret;
use bankchannel_storage::ws_channel::{
    AccountRecord, AuthenticationFactor, Digest, MfaChallenge, NewAccountSession, NewPending, PendingKind, StoredMode,
};
use bankchannel_ws_channel::model::{AccessToken, ApiKey, ExpiresIn, IdToken, MfaSession};

use crate::{HandlerFault, ServiceCall, WsChannelService};
use bankchannel_server::http::listen::network;

/// Lifetime of the token for verifying a mail address (§3.3).
const VERIFY_EMAIL_TTL_MS: i64 = 15 * 60_000;
/// Lifetime of the token for enrolling an authenticator (§3.3).
const TOTP_ENROL_TTL_MS: i64 = 600_000;

/// A token and its stored form.
pub(crate) struct SessionToken {
    text: Secret,
    pub(crate) digest: Digest,
}

impl SessionToken {
    pub(crate) fn new() -> Self {
        let text = Secret::new(random::token());
        let digest = digest::sha256(text.expose().as_bytes());
        Self { text, digest }
    }

    pub(crate) fn id_token(&self) -> Result<IdToken, HandlerFault> {
        IdToken::new(self.text.expose()).map_err(HandlerFault::internal)
    }

    pub(crate) fn access_token(&self) -> Result<AccessToken, HandlerFault> {
        AccessToken::new(self.text.expose()).map_err(HandlerFault::internal)
    }

    pub(crate) fn mfa_session(&self) -> Result<MfaSession, HandlerFault> {
        MfaSession::new(self.text.expose()).map_err(HandlerFault::internal)
    }
}

/// A session to be opened, and the response for its owner.
pub(crate) struct OpeningSession {
    pub(crate) new: NewAccountSession,
    pub(crate) id_token: IdToken,
    pub(crate) api_key: ApiKey,
    pub(crate) expires_in: ExpiresIn,
}

impl OpeningSession {
    pub(crate) fn new(
        service: &WsChannelService,
        call: &ServiceCall,
        account: &AccountRecord,
        mode: StoredMode,
        factor: AuthenticationFactor,
    ) -> Result<Self, HandlerFault> {
        let token = SessionToken::new();
        let seconds = service.config().token_ttl_s;
        let new = NewAccountSession {
            token: token.digest,
            email: account.email.clone(),
            mode,
            api_key: account.api_key.clone(),
            auth_time: call.now_ms,
            factor,
            expires: call.now_ms + i64::from(seconds) * 1000,
            verified_hash: None,
            source: Some(network(call.address).to_string()),
        };
        Ok(Self {
            new,
            id_token: token.id_token()?,
            api_key: ApiKey::new(&account.api_key).map_err(HandlerFault::internal)?,
            expires_in: ExpiresIn::from_seconds(seconds)
                .ok_or_else(|| HandlerFault::internal("token_ttl_s is out of bounds"))?,
        })
    }
}

/// A login step that waits for the client.
pub(crate) fn pending(
    service: &WsChannelService,
    call: &ServiceCall,
    (email, mode): (&str, StoredMode),
    kind: PendingKind,
    token: &SessionToken,
) -> NewPending {
    let ttl_ms = match kind {
        PendingKind::Mfa => i64::from(service.config().mfa_session_ttl_s) * 1000,
        PendingKind::VerifyEmail => VERIFY_EMAIL_TTL_MS,
        PendingKind::TotpEnrol => TOTP_ENROL_TTL_MS,
    };
    NewPending {
        token: token.digest,
        kind,
        email: email.to_owned(),
        mode,
        challenge: None,
        secret: None,
        now: call.now_ms,
        expires: call.now_ms + ttl_ms,
        verified_hash: None,
    }
}

/// A second step that waits for this factor.
pub(crate) fn mfa_step(
    service: &WsChannelService,
    call: &ServiceCall,
    who: (&str, StoredMode),
    challenge: MfaChallenge,
    token: &SessionToken,
) -> NewPending {
    NewPending { challenge: Some(challenge), ..pending(service, call, who, PendingKind::Mfa, token) }
}
