//! What a login needs to begin, and what it asks for on its way.

use bankchannel_foundation::Boundary;

use super::state::{Authenticated, Failed, MfaMethod, Prompt, Stalled};
use crate::{
    model::{ApiKey, Challenge, Email, Mode, Phone},
    operations::{
        account::{verify_email::VerifyEmailRequest, verify_phone::VerifyPhoneRequest},
        session::{init_login::InitLoginRequest, login_mfa::LoginMfaRequest, select_mfa::SelectMfaRequest},
    },
};

/// Who logs in, and how.
#[derive(Debug, Clone, Boundary)]
pub struct Setup {
    /// The account.
    pub email: Email,
    /// Which of its two users.
    pub mode: Mode,
    /// Its phone, in case it is not verified yet.
    pub phone: Option<Phone>,
    /// The API key that the client has; another one in the answer ends the login.
    pub api_key: Option<ApiKey>,
    /// The factor to choose where there is a choice; left out, the authenticator if offered, else the first.
    pub factor: Option<MfaMethod>,
    /// Whether to ask for the enrolment of an authenticator.
    pub setup_totp: bool,
}

/// Which code is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum CodeKind {
    /// The second factor's, by SMS.
    MfaSms,
    /// The second factor's, from an authenticator.
    MfaTotp,
    /// The one that verifies the e-mail address, by mail.
    Email,
    /// The one that verifies the phone, by SMS.
    Phone,
}

impl CodeKind {
    pub(super) fn prompt(self) -> Prompt {
        match self {
            Self::MfaSms | Self::MfaTotp => Prompt::Mfa,
            Self::Email => Prompt::EmailVerification,
            Self::Phone => Prompt::PhoneVerification,
        }
    }
}

/// A code to ask somebody for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeWanted {
    /// Which.
    pub kind: CodeKind,
    /// How many were wrong already: above 0, the one before this was.
    pub wrong: u32,
    /// Whether the phone's number must be given too: [`super::LoginMachine::give_phone`].
    pub phone_missing: bool,
}

/// What to do next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Send this; then [`super::LoginMachine::give_challenge`].
    FetchChallenge(InitLoginRequest),
    /// Encrypt the password for this challenge and send [`super::LoginMachine::login_request`]; then
    /// [`super::LoginMachine::login_answer`].
    SendLogin(Challenge),
    /// Ask for the code; then [`super::LoginMachine::give_code`].
    AskCode(CodeWanted),
    /// Send this; then [`super::LoginMachine::verified`].
    VerifyPhone(VerifyPhoneRequest),
    /// Send this; then [`super::LoginMachine::verified`].
    VerifyEmail(VerifyEmailRequest),
    /// Send this; then [`super::LoginMachine::mfa_answer`].
    SendMfa(LoginMfaRequest),
    /// Send this, or first choose another: [`super::LoginMachine::choose`]; then [`super::LoginMachine::selection_answer`].
    SelectMfa(SelectMfaRequest),
    /// Nothing: the login is complete.
    Done(Authenticated),
    /// Nothing: it failed.
    Failed(Failed),
    /// Nothing: it goes in circles.
    Stalled(Stalled),
}
