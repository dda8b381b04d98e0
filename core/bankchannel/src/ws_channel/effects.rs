//! Effects of requests and answers on the session (docs/protocols/ws-channel.md §8.1, §8.6).

use std::{any::Any, sync::Arc, time::Instant};

use bankchannel_foundation::{CallOutcome, Error, Result};
use bankchannel_ws_channel::{
    login::LoginState,
    model::{ApiKey, Email, IdToken, Mode},
    operations::{
        account::{
            password_reset::PasswordResetRequest,
            register::{RegisterRequest, RegisterResponse},
        },
        session::{
            login::{LoginRequest, LoginResponse},
            login_mfa::{LoginMfaRequest, LoginMfaResponse},
            logout::LogoutRequest,
        },
    },
};

use super::{Session, WsChannel};

/// The effect of a request on the session, determined before it is sent.
pub(super) enum SessionEffect {
    None,
    /// A step of a login as this user.
    LogIn {
        email: Email,
        mode: Mode,
    },
    LogOut,
    /// The answer holds the API key of the registered account.
    KeepKey,
    /// Every session of this user ends.
    EndSessions {
        email: Email,
        mode: Mode,
    },
}

impl SessionEffect {
    pub(super) fn from_request(request: &dyn Any) -> Self {
        if let Some(LoginRequest { email, mode, .. }) = request.downcast_ref() {
            Self::LogIn { email: email.clone(), mode: *mode }
        } else if let Some(LoginMfaRequest { email, mode, .. }) = request.downcast_ref() {
            Self::LogIn { email: email.clone(), mode: (*mode).into() }
        } else if let Some(PasswordResetRequest { email, mode, .. }) = request.downcast_ref() {
            Self::EndSessions { email: email.clone(), mode: *mode }
        } else if request.is::<LogoutRequest>() {
            Self::LogOut
        } else if request.is::<RegisterRequest>() {
            Self::KeepKey
        } else {
            Self::None
        }
    }

    pub(super) fn is_log_out(&self) -> bool {
        matches!(self, Self::LogOut)
    }
}

impl WsChannel {
    /// Applies the effect of an answer.
    ///
    /// # Errors
    /// `peer.protocol` for a login answer that must not be trusted: the step that it asks for is unknown, or its API
    /// key differs from the configured one.
    pub(super) fn take_note(&self, effect: &SessionEffect, answer: &dyn Any, since: Instant) -> Result<()> {
        match effect {
            SessionEffect::None | SessionEffect::LogOut => Ok(()),
            SessionEffect::LogIn { email, mode } => self.note_login(answer, email, *mode, since),
            SessionEffect::KeepKey => {
                let mut session = self.lock();
                // A logged-in user keeps the key of their own account; the caller finds the new key in the answer.
                if let (Some(RegisterResponse { api_key, .. }), false) =
                    (answer.downcast_ref(), session.is_logged_in() || session.has_ended())
                {
                    Arc::make_mut(&mut session).api_key = Some(api_key.clone());
                }
                Ok(())
            }
            SessionEffect::EndSessions { email, mode } => {
                self.replace(|session| {
                    if session.email.as_ref() == Some(email) && session.mode == Some(*mode) {
                        session.forget();
                    }
                });
                Ok(())
            }
        }
    }

    /// Applies the effect of a failure.
    pub(super) fn note_failure(&self, effect: &SessionEffect, error: &Error) {
        // A login that was sent and failed leaves the client logged out; one that was never sent changes nothing.
        if matches!(effect, SessionEffect::LogIn { .. }) && error.outcome() != Some(CallOutcome::NotSent) {
            self.replace(Session::forget);
        }
    }

    /// Handles a token that the service does not accept, unless it was already replaced: the session has ended. If it
    /// cannot be renewed, it is forgotten.
    pub(super) fn note_refusal(&self, refused: Option<&IdToken>) {
        let mut session = self.lock();
        let is_it = |held: &IdToken| refused.is_some_and(|refused| refused.expose() == held.expose());
        if !session.id_token.as_ref().is_some_and(is_it) {
            return;
        }
        match self.settings().email.clone().filter(|_| self.can_renew(&session)) {
            Some(email) => Arc::make_mut(&mut session).end(email, Mode::Data),
            None => Arc::make_mut(&mut session).forget(),
        }
    }

    fn note_login(&self, answer: &dyn Any, email: &Email, mode: Mode, since: Instant) -> Result<()> {
        let configured: Option<ApiKey> = self.held().0.api_key.clone();
        let state = if let Some(answer) = answer.downcast_ref::<LoginResponse>() {
            LoginState::from_answer(answer.clone(), configured.as_ref())
        } else if let Some(answer) = answer.downcast_ref::<LoginMfaResponse>() {
            LoginState::from_answer(answer.clone(), configured.as_ref())
        } else {
            return Ok(());
        };
        match state {
            Ok(LoginState::Authenticated(given)) => {
                self.replace(|session| session.logged_in(given, email.clone(), mode, since));
            }
            Ok(LoginState::Failed(_)) => self.replace(Session::forget),
            // A login that is not complete leaves the previous session unchanged (§8.1).
            Ok(_) => {}
            Err(error) => {
                self.replace(Session::forget);
                return Err(error);
            }
        }
        Ok(())
    }
}
