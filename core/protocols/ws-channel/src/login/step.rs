//! The input of a login, and its steps.

use bankchannel_foundation::model::Boundary;

use super::state::{Authenticated, Failed, MfaMethod, Prompt, Stalled};
use crate::{
    model::{ApiKey, Challenge, Email, Mode, Phone},
    operations::{
        account::{verify_email::VerifyEmailRequest, verify_phone::VerifyPhoneRequest},
        session::{init_login::InitLoginRequest, login_mfa::LoginMfaRequest, select_mfa::SelectMfaRequest},
    },
};

/// The user and the login's options.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct Setup {
    /// The account.
    pub email: Email,
    /// One of the account's two users.
    pub mode: Mode,
    /// The account's phone, in case it is not verified yet.
    pub phone: Option<Phone>,
    /// The client's API key. A different key in the answer ends the login.
    pub api_key: Option<ApiKey>,
    /// The factor to use if there is a choice. Default: the authenticator if offered, else the first.
    pub factor: Option<MfaMethod>,
    /// Whether to ask for the enrolment of an authenticator.
    pub setup_totp: bool,
}

/// The kind of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum CodeKind {
    /// A second factor's code, by SMS.
    MfaSms,
    /// A second factor's code, from an authenticator.
    MfaTotp,
    /// The code that verifies the e-mail address, by mail.
    Email,
    /// The code that verifies the phone, by SMS.
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

/// A code to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeWanted {
    /// The kind.
    pub kind: CodeKind,
    /// The number of wrong codes so far. Above 0, the previous code was wrong.
    pub wrong: u32,
    /// Whether the phone number is needed too: [`super::LoginMachine::give_phone`].
    pub phone_missing: bool,
}

/// The next step.
#[derive(Debug, Clone)]
pub enum LoginStep {
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
    /// Send this, or choose another factor first: [`super::LoginMachine::choose`]; then
    /// [`super::LoginMachine::selection_answer`].
    SelectMfa(SelectMfaRequest),
    /// No step: the login is complete.
    Done(Authenticated),
    /// No step: the login failed.
    Failed(Failed),
    /// No step: the login loops.
    Stalled(Stalled),
}
