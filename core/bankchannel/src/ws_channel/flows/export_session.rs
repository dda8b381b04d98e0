//! Exports the session as a value for another process.

use std::time::Duration;

use bankchannel_foundation::{
    CallOutcome, Result,
    clock::{Clock, SystemClock},
    prelude::*,
};
use bankchannel_ws_channel::{
    errors,
    model::{ApiKey, Email, IdToken, Mode},
};

use super::{Flow, flow};
use crate::{
    CallOptions,
    ws_channel::{
        Session, WsChannel,
        seal::{self, SealKey, SealedText},
    },
};

/// The key that encrypts the session.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ExportSessionRequest {
    /// 32 random characters or more; `import_session` needs the same.
    #[boundary(profile)]
    pub seal_key: SealKey,
}

/// The session.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ExportSessionResponse {
    /// The session, encrypted.
    pub sealed: SealedText,
    /// The remaining life of the session in seconds, if known.
    pub seconds_left: Option<u32>,
}

/// A session in its exported form.
#[derive(Debug, Clone, Boundary)]
pub(super) struct Exported {
    /// The base URL of the service.
    pub(super) base_url: String,
    /// The account.
    pub(super) email: Option<Email>,
    /// The mode.
    pub(super) mode: Option<Mode>,
    /// The API key.
    pub(super) api_key: Option<ApiKey>,
    /// The token.
    pub(super) id_token: IdToken,
    /// The end of the session, in milliseconds since 1970, by this machine's clock.
    pub(super) ends_ms: Option<u64>,
}

pub(super) const PURPOSE: &str = "bankchannel ws-channel session";

/// Export the session, encrypted, for another process.
///
/// Exports token, API key, account and end of the session, encrypted with a key derived from the seal key. Nothing is
/// sent. Anyone who has the export and the seal key is logged in.
#[derive(Debug, Operation)]
#[operation(ExportSessionRequest => ExportSessionResponse)]
#[declaration(..flow("ws_channel.export_session", "session"))]
#[errors(errors::{NOT_LOGGED_IN, SESSION_EXPIRED})]
pub struct ExportSession;

impl Flow<WsChannel> for ExportSession {
    async fn run(client: &WsChannel, request: ExportSessionRequest, _: &CallOptions) -> Result<ExportSessionResponse> {
        let session = client.session();
        let left = session.time_left();
        let expired = session.is_expired();
        let Session { api_key, id_token, email, mode, .. } = session;
        let refused = |row| Err(Error::new(row).with("class", "auth").with_outcome(CallOutcome::NotSent));
        let Some(id_token) = id_token else { return refused(&errors::NOT_LOGGED_IN) };
        if expired {
            return refused(&errors::SESSION_EXPIRED);
        }
        let exported = Exported {
            base_url: client.base_url().to_owned(),
            email,
            mode,
            api_key,
            id_token,
            ends_ms: left.map(|left| now_ms().saturating_add(millis(left))),
        };
        Ok(ExportSessionResponse {
            sealed: seal::seal(exported, &request.seal_key, PURPOSE)?,
            seconds_left: left.map(|left| u32::try_from(left.as_secs()).unwrap_or(u32::MAX)),
        })
    }
}

pub(super) fn now_ms() -> u64 {
    u64::try_from(SystemClock::default().now_ms()).unwrap_or_default()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
