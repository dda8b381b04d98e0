//! Drives a whole login: returns the next step and takes its result.

use bankchannel_foundation::{CallOutcome, Error, error::row, model::Boundary};

use super::{
    classify::LoginAnswer,
    state::{
        Failed, FailureReason, LoginState, MfaMethod, NeedsMfa, NeedsMfaSelection, Prompt, Stalled,
        VerificationAccepted, Verified,
    },
    step::{CodeKind, CodeWanted, LoginStep, Setup},
};
use crate::{
    errors,
    model::{AccessToken, AdminMode, Challenge, EncryptedPassword, MfaSession, MfaType, OneTimeCode, Phone},
    operations::{
        account::{verify_email::VerifyEmailRequest, verify_phone::VerifyPhoneRequest},
        session::{
            init_login::InitLoginRequest,
            login::{LoginRequest, LoginResponse},
            login_mfa::{LoginMfaRequest, LoginMfaResponse},
            select_mfa::{SelectMfaRequest, SelectMfaResponse},
        },
    },
};

/// The maximum number of prompts in one login (§8.1).
pub const MAX_TRANSITIONS: u32 = 8;

/// The maximum number of attempts for one code (§8.3).
pub const MAX_CODE_TRIES: u32 = 3;

/// A login in progress. It is a value: serialised with its secrets, it can be loaded and continued in another process.
/// The caller must seal it before storing it. It never contains the password.
#[derive(Debug, Clone, Boundary)]
pub struct LoginMachine {
    /// The user and the options.
    setup: Setup,
    /// The number of prompts so far.
    transitions: u32,
    /// Prompts that already occurred and must not repeat.
    driven: Vec<Prompt>,
    /// The number of wrong codes for the current prompt.
    wrong_codes: u32,
    /// The current state.
    position: Position,
}

/// The state of a login.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "at")]
enum Position {
    /// No challenge yet.
    Start,
    /// A challenge is to be answered.
    Challenged(Challenged),
    /// A code is needed, or was given and is to be sent.
    Code(Pending),
    /// A factor is to be chosen.
    Choice(Choice),
    /// The login has ended.
    Ended(Ended),
}

/// A challenge to answer.
#[derive(Debug, Clone, Boundary)]
struct Challenged {
    /// The challenge.
    challenge: Challenge,
}

/// A code to ask for.
#[derive(Debug, Clone, Boundary)]
struct Pending {
    /// The kind of the code.
    kind: CodeKind,
    /// The service's name for the second factor's step; sent back if it was given.
    challenge_name: Option<MfaType>,
    /// The handle of a second factor's step.
    session: Option<MfaSession>,
    /// The token for the verification of an e-mail address.
    access_token: Option<AccessToken>,
    /// The code, after it was given.
    code: Option<OneTimeCode>,
}

/// A choice of the factor.
#[derive(Debug, Clone, Boundary)]
struct Choice {
    /// The chosen factor.
    chosen: MfaMethod,
    /// The factors to choose from.
    methods: Vec<MfaMethod>,
    /// The phone number for an SMS, masked.
    sms_destination: Option<String>,
    /// The handle of the step.
    session: MfaSession,
}

/// The end of a login.
#[derive(Debug, Clone, Boundary)]
struct Ended {
    /// The final state.
    result: LoginState,
}

impl LoginMachine {
    /// Starts a login.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self { setup, transitions: 0, driven: Vec::new(), wrong_codes: 0, position: Position::Start }
    }

    /// The user and the options.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The next step.
    #[must_use]
    pub fn step(&self) -> LoginStep {
        let (email, mode) = (self.setup.email.clone(), self.setup.mode);
        match &self.position {
            Position::Start => LoginStep::FetchChallenge(InitLoginRequest { email, mode }),
            Position::Challenged(at) => LoginStep::SendLogin(at.challenge.clone()),
            Position::Code(pending) => self.code_step(pending),
            Position::Choice(choice) => LoginStep::SelectMfa(SelectMfaRequest {
                email,
                mode: AdminMode::Admin,
                mfa_type: choice.chosen.into(),
                session: choice.session.clone(),
            }),
            Position::Ended(Ended { result }) => match result.clone() {
                LoginState::Authenticated(done) => LoginStep::Done(done),
                LoginState::Stalled(stalled) => LoginStep::Stalled(stalled),
                LoginState::Failed(failed) => LoginStep::Failed(failed),
                // Only a stored state that was modified can have another end.
                _ => LoginStep::Failed(Failed {
                    reason: FailureReason::Unknown,
                    response_code: None,
                    response_text: String::new(),
                }),
            },
        }
    }

    fn code_step(&self, pending: &Pending) -> LoginStep {
        let (email, mode) = (self.setup.email.clone(), self.setup.mode);
        let ask = |phone_missing| {
            LoginStep::AskCode(CodeWanted { kind: pending.kind, wrong: self.wrong_codes, phone_missing })
        };
        let Some(code) = pending.code.clone() else {
            return ask(pending.kind == CodeKind::Phone && self.setup.phone.is_none());
        };
        match (pending.kind, &self.setup.phone, &pending.access_token, &pending.session) {
            (CodeKind::Phone, Some(phone), _, _) => {
                LoginStep::VerifyPhone(VerifyPhoneRequest { email, mode, phone: phone.clone(), code })
            }
            (CodeKind::Email, _, Some(token), _) => {
                LoginStep::VerifyEmail(VerifyEmailRequest { email, mode, access_token: token.clone(), code })
            }
            (CodeKind::MfaSms | CodeKind::MfaTotp, _, _, Some(session)) => LoginStep::SendMfa(LoginMfaRequest {
                email,
                mode: AdminMode::Admin,
                code,
                session: session.clone(),
                challenge_name: pending.challenge_name,
                setup_totp: self.setup.setup_totp.then_some(true),
            }),
            (CodeKind::Phone, None, ..) => ask(true),
            // Only a stored state that was modified can lack its handle.
            _ => ask(false),
        }
    }

    /// The pending choice for a person: the factors, and the masked phone number for an SMS.
    #[must_use]
    pub fn choice(&self) -> Option<(&[MfaMethod], Option<&str>)> {
        match &self.position {
            Position::Choice(choice) => Some((&choice.methods, choice.sms_destination.as_deref())),
            _ => None,
        }
    }

    /// Takes the challenge.
    ///
    /// # Errors
    /// `ws_channel.login_step`.
    pub fn give_challenge(&mut self, challenge: Challenge) -> Result<(), Error> {
        let Position::Start = self.position else { return Err(out_of_step()) };
        self.position = Position::Challenged(Challenged { challenge });
        Ok(())
    }

    /// The request that answers the challenge.
    ///
    /// # Errors
    /// `ws_channel.login_step`.
    pub fn login_request(&self, encrypted: EncryptedPassword) -> Result<LoginRequest, Error> {
        let Position::Challenged(at) = &self.position else { return Err(out_of_step()) };
        let (email, mode) = (self.setup.email.clone(), self.setup.mode);
        Ok(LoginRequest { email, mode, ch_resp: at.challenge.clone(), encrypted })
    }

    /// Takes the answer to the login and returns the new state.
    ///
    /// # Errors
    /// `ws_channel.login_step`; `peer.protocol` as [`LoginState::from_answer`], and the state stays the same.
    pub fn login_answer(&mut self, answer: LoginResponse) -> Result<LoginState, Error> {
        let Position::Challenged(_) = self.position else { return Err(out_of_step()) };
        self.enter(answer.into())
    }

    /// Takes the phone number if it was missing.
    ///
    /// # Errors
    /// `ws_channel.login_step`.
    pub fn give_phone(&mut self, phone: Phone) -> Result<(), Error> {
        match &self.position {
            Position::Code(Pending { kind: CodeKind::Phone, .. }) => {
                self.setup.phone = Some(phone);
                Ok(())
            }
            _ => Err(out_of_step()),
        }
    }

    /// Takes the code that was asked for.
    ///
    /// # Errors
    /// `ws_channel.login_step`.
    pub fn give_code(&mut self, code: OneTimeCode) -> Result<(), Error> {
        match &mut self.position {
            Position::Code(pending) if pending.code.is_none() => {
                pending.code = Some(code);
                Ok(())
            }
            _ => Err(out_of_step()),
        }
    }

    /// Chooses another factor instead of the default; also switches from the authenticator to SMS before its code is
    /// given.
    ///
    /// # Errors
    /// `ws_channel.login_step`; `input.invalid_field` for a factor that was not offered.
    pub fn choose(&mut self, method: MfaMethod) -> Result<(), Error> {
        match &mut self.position {
            Position::Choice(choice) if choice.methods.contains(&method) => {
                choice.chosen = method;
                Ok(())
            }
            Position::Choice(_) => Err(Error::invalid_field("method", "must be one of the factors that were offered")),
            Position::Code(Pending { kind: CodeKind::MfaTotp, session: Some(session), code: None, .. })
                if method == MfaMethod::Sms =>
            {
                let choice =
                    Choice { chosen: method, methods: vec![method], sms_destination: None, session: session.clone() };
                self.prompt(Prompt::MfaSelection, Position::Choice(choice));
                Ok(())
            }
            _ => Err(out_of_step()),
        }
    }

    /// Takes the answer to the choice of a factor and returns the new state.
    ///
    /// # Errors
    /// As [`login_answer`](Self::login_answer).
    pub fn selection_answer(&mut self, answer: SelectMfaResponse) -> Result<LoginState, Error> {
        let Position::Choice(choice) = &self.position else { return Err(out_of_step()) };
        let answer = LoginAnswer::to_selection(answer, choice.chosen.into(), &choice.session);
        self.enter(answer)
    }

    /// Takes the answer to the second factor's code and returns the new state.
    ///
    /// # Errors
    /// As [`login_answer`](Self::login_answer).
    pub fn mfa_answer(&mut self, answer: LoginMfaResponse) -> Result<LoginState, Error> {
        match &self.position {
            Position::Code(Pending { kind: CodeKind::MfaSms | CodeKind::MfaTotp, code: Some(_), .. }) => {
                self.enter(answer.into())
            }
            _ => Err(out_of_step()),
        }
    }

    /// Takes the success of a verification: the login starts again.
    ///
    /// # Errors
    /// `ws_channel.login_step`.
    pub fn verified(&mut self, response_text: String) -> Result<LoginState, Error> {
        let verified = match &self.position {
            Position::Code(Pending { kind: CodeKind::Email, code: Some(_), .. }) => Verified::Email,
            Position::Code(Pending { kind: CodeKind::Phone, code: Some(_), .. }) => Verified::Phone,
            _ => return Err(out_of_step()),
        };
        self.position = Position::Start;
        Ok(LoginState::VerificationAccepted(VerificationAccepted { verified, response_text }))
    }

    /// Takes the error of the step that was sent. A wrong code is asked for again, at most three times; any other
    /// refusal ends the login. An error without an answer of the service does not change the state, with two
    /// exceptions: the challenge counts as used, and a code that was sent is asked for again, since a code is never
    /// resent automatically (§8.6). A 429 is such an error too, but it has no effect: even the challenge stays valid.
    pub fn refused(&mut self, error: &Error) {
        let limited = error.row() == &row::RATE_LIMITED;
        let failed = match Failed::from_error(error) {
            Some(failed) if !limited => failed,
            _ => {
                match &mut self.position {
                    Position::Challenged(_) if !limited => self.position = Position::Start,
                    Position::Code(pending) if error.outcome() != Some(CallOutcome::NotSent) => pending.code = None,
                    _ => {}
                }
                return;
            }
        };
        match &mut self.position {
            Position::Ended(_) => {}
            Position::Code(pending)
                if error.row() == &errors::CODE_REFUSED
                    && pending.code.is_some()
                    && self.wrong_codes + 1 < MAX_CODE_TRIES =>
            {
                self.wrong_codes += 1;
                pending.code = None;
            }
            _ => self.end(LoginState::Failed(failed)),
        }
    }

    /// Enters the state that an answer leads to.
    fn enter(&mut self, answer: LoginAnswer) -> Result<LoginState, Error> {
        let state = LoginState::from_answer(answer, self.setup.api_key.as_ref())?;
        let code = |kind, challenge_name, session, access_token| {
            Position::Code(Pending { kind, challenge_name, session, access_token, code: None })
        };
        match state.clone() {
            LoginState::NeedsPhoneVerification => self.ask(CodeKind::Phone, code(CodeKind::Phone, None, None, None)),
            LoginState::NeedsEmailVerification(needs) => {
                self.ask(CodeKind::Email, code(CodeKind::Email, None, None, Some(needs.access_token)));
            }
            LoginState::NeedsMfa(NeedsMfa { method, session, challenge_name }) => {
                // The oldest services send no name and have SMS only; all others need the name sent back (§8.1).
                let name = (challenge_name.is_some() || method == MfaMethod::Totp).then_some(method.into());
                let kind = if method == MfaMethod::Totp { CodeKind::MfaTotp } else { CodeKind::MfaSms };
                self.ask(kind, code(kind, name, Some(session), None));
            }
            LoginState::NeedsMfaSelection(needs) => {
                let chosen = self.preferred(&needs);
                let NeedsMfaSelection { methods, sms_destination, session } = needs;
                let choice = Choice { chosen, methods, sms_destination, session };
                self.prompt(Prompt::MfaSelection, Position::Choice(choice));
            }
            end => self.end(end),
        }
        match &self.position {
            Position::Ended(Ended { result }) => Ok(result.clone()),
            _ => Ok(state),
        }
    }

    /// The caller's factor if it is offered, else the authenticator, else the first.
    fn preferred(&self, needs: &NeedsMfaSelection) -> MfaMethod {
        let wanted = self.setup.factor.into_iter().chain([MfaMethod::Totp]);
        let first = needs.methods.first().copied().unwrap_or(MfaMethod::Sms);
        wanted.into_iter().find(|method| needs.methods.contains(method)).unwrap_or(first)
    }

    fn ask(&mut self, kind: CodeKind, position: Position) {
        self.prompt(kind.prompt(), position);
    }

    /// Enters a prompt, unless it already occurred or the limit is reached.
    fn prompt(&mut self, prompt: Prompt, position: Position) {
        if self.driven.contains(&prompt) || self.transitions >= MAX_TRANSITIONS {
            self.end(LoginState::Stalled(Stalled { step: prompt, transitions: self.transitions }));
            return;
        }
        self.transitions += 1;
        self.wrong_codes = 0;
        match prompt {
            // A new factor is a new step: its code may be asked for again.
            Prompt::MfaSelection => self.driven.retain(|driven| *driven != Prompt::Mfa),
            _ => self.driven.push(prompt),
        }
        self.position = position;
    }

    fn end(&mut self, result: LoginState) {
        self.position = Position::Ended(Ended { result });
    }
}

fn out_of_step() -> Error {
    Error::new(&errors::LOGIN_STEP)
}
