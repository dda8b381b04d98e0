//! How a session is kept between runs of a program (docs/protocols/ws-channel.md §8.4).

use bankchannel_foundation::{
    Secret,
    operation::{CatalogueEntry, OperationKind},
};
use bankchannel_ws_channel::{CallerAccess, errors, model::Mode, terms};

use super::{WsChannel, WsChannelSettings};
use crate::{
    Client, Settings,
    protocols::{KeptSession, SessionKeeping, SessionNeed},
};

pub(super) const SESSIONS: SessionKeeping = SessionKeeping {
    needs,
    of: kept_session,
    service,
    log_in: &["ws_channel.log_in", "ws_channel.login_mfa"],
    steps: ["ws_channel.begin_log_in", "ws_channel.continue_log_in"],
    state: "ws_channel.session_state",
    log_out: "ws_channel.logout",
    ended_by: &["ws_channel.reset_password", "ws_channel.password_reset"],
    kept_after: &[
        "ws_channel.log_in",
        "ws_channel.login",
        "ws_channel.login_mfa",
        "ws_channel.begin_log_in",
        "ws_channel.continue_log_in",
        "ws_channel.enrol_totp",
        "ws_channel.register",
        "ws_channel.register_account",
        "ws_channel.reset_password",
        "ws_channel.password_reset",
    ],
    expired: &errors::SESSION_EXPIRED,
    refused: &errors::SESSION_REFUSED,
    missing: &errors::NOT_LOGGED_IN,
    wrong_mode: &errors::MODE_REFUSED,
    codes: &[
        ("sms_code", "ISECURE_MFA_CODE"),
        ("totp_code", "ISECURE_MFA_CODE"),
        ("mfa_code", "ISECURE_MFA_CODE"),
        ("email_code", "ISECURE_EMAIL_CODE"),
        ("phone_code", "ISECURE_PHONE_CODE"),
    ],
};

/// The session that an operation needs, from its declaration. Flows declare no route; a flow works without a session if
/// its subject is `account` or `session` and its errors do not include a missing login.
fn needs(entry: &CatalogueEntry) -> SessionNeed {
    let declaration = entry.declaration;
    let fails_without = || declaration.errors.contains(&&errors::NOT_LOGGED_IN);
    match (terms(declaration.name), declaration.kind) {
        (Some(terms), _) => match terms.access {
            CallerAccess::Public => SessionNeed::Nothing,
            CallerAccess::Session { modes: ["admin"], .. } => SessionNeed::Admin,
            CallerAccess::Session { .. } => SessionNeed::Session,
        },
        (None, OperationKind::Flow) if fails_without() || !matches!(declaration.subject, "account" | "session") => {
            SessionNeed::Session
        }
        _ => SessionNeed::Nothing,
    }
}

fn kept_session(client: &Client) -> KeptSession {
    let Some(session) = client.get::<WsChannel>().map(WsChannel::session) else { return KeptSession::default() };
    KeptSession {
        token: session.id_token.map(|token| Secret::new(token.expose())),
        mode: session.mode.map(|mode| match mode {
            Mode::Admin => "admin",
            Mode::Data => "data",
        }),
        ends: session.ends,
        api_key: session.api_key.map(|key| Secret::new(key.expose())),
    }
}

fn service(settings: &Settings) -> Option<String> {
    let settings = settings.get::<WsChannelSettings>()?;
    Some(settings.effective_base_url().trim_end_matches('/').to_owned())
}
