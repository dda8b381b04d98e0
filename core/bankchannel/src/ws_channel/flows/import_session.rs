//! Imports a session that another process exported.

use std::time::{Duration, Instant};

use bankchannel_foundation::{CallOutcome, Result, prelude::*};
use bankchannel_ws_channel::{
    errors,
    model::{EXPIRES_IN_MAX, Email, Mode},
};

use super::{
    Flow,
    export_session::{Exported, PURPOSE, now_ms},
    flow,
};
use crate::{
    CallOptions,
    ws_channel::{
        Session, WsChannel,
        seal::{self, SealKey, SealedText},
    },
};

/// The session and its seal key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ImportSessionRequest {
    /// The answer of `export_session`.
    pub sealed: SealedText,
    /// The key that encrypted the session.
    #[boundary(profile)]
    pub seal_key: SealKey,
}

/// The client has the session.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ImportSessionResponse {
    /// The account of the session.
    pub email: Option<Email>,
    /// One of the account's two users.
    pub mode: Option<Mode>,
    /// The remaining life of the session in seconds, if known.
    pub seconds_left: Option<u32>,
}

/// Import a session that another process exported.
///
/// The client uses the imported session from now on, instead of its previous one. Nothing is sent: the next call
/// shows whether the service still accepts the session. A session that was encrypted with another key, is damaged, or
/// belongs to another service is refused, and the client keeps its session.
#[derive(Debug, Operation)]
#[operation(ImportSessionRequest => ImportSessionResponse)]
#[declaration(..flow("ws_channel.import_session", "session"))]
#[errors(errors::SESSION_EXPIRED)]
pub struct ImportSession;

impl Flow<WsChannel> for ImportSession {
    async fn run(client: &WsChannel, request: ImportSessionRequest, _: &CallOptions) -> Result<ImportSessionResponse> {
        let exported: Exported = seal::open(&request.sealed, &request.seal_key, PURPOSE)?;
        if exported.base_url != client.base_url() {
            let why = "is a session of another service than this client's";
            return Err(Error::invalid_field("sealed", why).with("reason", "other_service"));
        }
        // If the clock was set back, a session must not live longer than the maximum.
        let longest = Duration::from_secs(EXPIRES_IN_MAX.into());
        let left = exported.ends_ms.map(|ends| Duration::from_millis(ends.saturating_sub(now_ms())).min(longest));
        let session = Session {
            api_key: exported.api_key,
            id_token: Some(exported.id_token),
            email: exported.email,
            mode: exported.mode,
            ends: left.map(|left| Instant::now() + left),
        };
        if session.is_expired() {
            return Err(Error::new(&errors::SESSION_EXPIRED)
                .with("class", "auth")
                .with("reason", "expired")
                .with_outcome(CallOutcome::NotSent));
        }
        let answer = ImportSessionResponse {
            email: session.email.clone(),
            mode: session.mode,
            seconds_left: left.map(|left| u32::try_from(left.as_secs()).unwrap_or(u32::MAX)),
        };
        client.set_session(session);
        Ok(answer)
    }
}
