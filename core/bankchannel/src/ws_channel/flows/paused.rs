//! A login that waits for input: its progress for the caller, and its stored form.

use bankchannel_foundation::{
    Error, Result,
    clock::{Clock, SystemClock},
    model::Boundary,
};
use bankchannel_ws_channel::login::{Authenticated, LoginMachine, MfaMethod};

use super::driver::{LoginStop, question};
use crate::ws_channel::{
    WsChannel,
    seal::{self, SealKey, SealedText},
};

/// The progress of a login.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "state")]
#[non_exhaustive]
pub enum LogInProgress {
    /// It is complete, and the client has the session.
    Authenticated(Authenticated),
    /// It waits for a code.
    NeedsCode(NeedsCode),
    /// It waits for the choice of a second factor.
    NeedsChoice(NeedsChoice),
}

/// A code is needed.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct NeedsCode {
    /// The kind of code: `phone_code`, `email_code`, `sms_code` or `totp_code`.
    pub kind: String,
    /// The question, for a person.
    pub text: String,
    /// The number of wrong codes so far.
    pub wrong: u32,
    /// Whether the account's phone number is needed too.
    pub phone_missing: bool,
    /// The login so far, encrypted. Give it to `continue_log_in`, with the code.
    pub sealed: SealedText,
}

/// The choice of a second factor is needed.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct NeedsChoice {
    /// The factors to choose from.
    pub methods: Vec<MfaMethod>,
    /// The phone number for an SMS, masked.
    pub sms_destination: Option<String>,
    /// The login so far, encrypted. Give it to `continue_log_in`, with the choice.
    pub sealed: SealedText,
}

/// A login in its stored form.
#[derive(Debug, Clone, Boundary)]
struct Paused {
    /// The service of the login.
    base_url: String,
    /// The time at which it was stored, in milliseconds since 1970.
    made_ms: u64,
    /// The login.
    login: LoginMachine,
}

const PURPOSE: &str = "bankchannel ws-channel login";

/// The maximum waiting time of a login, in milliseconds: the lifetime of its longest-lived code
/// (docs/protocols/ws-channel.md §3.3).
const WAIT_MAX_MS: u64 = 24 * 60 * 60 * 1000;

/// The progress of a login; a waiting login is sealed into it.
pub(super) fn progress(
    client: &WsChannel,
    machine: &LoginMachine,
    stop: LoginStop,
    key: &SealKey,
) -> Result<LogInProgress> {
    let sealed = || {
        let paused = Paused { base_url: client.base_url().to_owned(), made_ms: now_ms(), login: machine.clone() };
        seal::seal(paused, key, PURPOSE)
    };
    Ok(match stop {
        LoginStop::Done(done) => LogInProgress::Authenticated(*done),
        LoginStop::Code(wanted) => {
            let question = question(&wanted, machine);
            LogInProgress::NeedsCode(NeedsCode {
                kind: question.kind.to_owned(),
                text: question.text,
                wrong: wanted.wrong,
                phone_missing: wanted.phone_missing,
                sealed: sealed()?,
            })
        }
        LoginStop::Choice => {
            let (methods, destination) = machine.choice().unwrap_or((&[], None));
            LogInProgress::NeedsChoice(NeedsChoice {
                methods: methods.to_vec(),
                sms_destination: destination.map(str::to_owned),
                sealed: sealed()?,
            })
        }
    })
}

/// Restores a stored login.
pub(super) fn resume(client: &WsChannel, sealed: &SealedText, key: &SealKey) -> Result<LoginMachine> {
    let paused: Paused = seal::open(sealed, key, PURPOSE)?;
    let refused = |reason: &str, why: &str| Error::invalid_field("sealed", why).with("reason", reason);
    if paused.base_url != client.base_url() {
        return Err(refused("other_service", "is a login at another service than this client's"));
    }
    if now_ms().saturating_sub(paused.made_ms) > WAIT_MAX_MS {
        return Err(refused("expired", "has waited for more than a day: begin a new login"));
    }
    Ok(paused.login)
}

fn now_ms() -> u64 {
    u64::try_from(SystemClock::default().now_ms()).unwrap_or_default()
}
