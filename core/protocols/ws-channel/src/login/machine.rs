//! Drives a whole login: says what to do next and takes what came of it.

use bankchannel_foundation::{Boundary, Error, Outcome, error::row};

use super::{
    classify::Answer,
    state::{
        Failed, FailureReason, LoginState, MfaMethod, NeedsMfa, NeedsMfaSelection, Prompt, Stalled,
        VerificationAccepted, Verified,
    },
    step::{CodeKind, CodeWanted, Setup, Step},
};
use crate::{
    errors,
    model::{AccessToken, AdminMode, Challenge, Code, EncryptedPassword, MfaSession, MfaType, Phone},
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

/// The most prompts that one login goes through (§8.1).
pub const MAX_TRANSITIONS: u32 = 8;

/// How often a code is asked for while the service says that it is wrong (§8.3).
pub const MAX_CODE_TRIES: u32 = 3;

/// A login on its way. It is a value: written down with its secrets, it can be read in another process and go on there.
/// Whoever writes it down seals it. The password is never part of it.
#[derive(Debug, Clone, Boundary)]
pub struct LoginMachine {
    /// Who logs in.
    setup: Setup,
    /// How many prompts there were.
    transitions: u32,
    /// The prompts that were driven and must not come again.
    driven: Vec<Prompt>,
    /// How many codes of the present prompt were wrong.
    wrong_codes: u32,
    /// Where it stands.
    position: Position,
}

/// Where a login stands.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "at")]
enum Position {
    /// Before the challenge.
    Start,
    /// With a challenge to answer.
    Challenged(Challenged),
    /// A code is wanted, or was given and is to be sent.
    Code(Pending),
    /// A factor is to be chosen.
    Choice(Choice),
    /// At its end.
    Ended(Ended),
}

/// A challenge to answer.
#[derive(Debug, Clone, Boundary)]
struct Challenged {
    /// The challenge.
    challenge: Challenge,
}

/// A code that is wanted.
#[derive(Debug, Clone, Boundary)]
struct Pending {
    /// What kind.
    kind: CodeKind,
    /// What the service called a second factor's step; sent back where it was named.
    challenge_name: Option<MfaType>,
    /// The handle of a second factor's step.
    session: Option<MfaSession>,
    /// The token of an e-mail's verification.
    access_token: Option<AccessToken>,
    /// The code, once it was given.
    code: Option<Code>,
}

/// A factor that is to be chosen.
#[derive(Debug, Clone, Boundary)]
struct Choice {
    /// The chosen one.
    chosen: MfaMethod,
    /// What may be chosen.
    methods: Vec<MfaMethod>,
    /// Where an SMS would go.
    sms_destination: Option<String>,
    /// The handle of the step.
    session: MfaSession,
}

/// The end.
#[derive(Debug, Clone, Boundary)]
struct Ended {
    /// What it came to.
    result: LoginState,
}

impl LoginMachine {
    /// A login at its beginning.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self { setup, transitions: 0, driven: Vec::new(), wrong_codes: 0, position: Position::Start }
    }

    /// Who logs in.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// What to do next.
    #[must_use]
    pub fn step(&self) -> Step {
        let (email, mode) = (self.setup.email.clone(), self.setup.mode);
        match &self.position {
            Position::Start => Step::FetchChallenge(InitLoginRequest { email, mode }),
            Position::Challenged(at) => Step::SendLogin(at.challenge.clone()),
            Position::Code(pending) => self.code_step(pending),
            Position::Choice(choice) => Step::SelectMfa(SelectMfaRequest {
                email,
                mode: AdminMode::Admin,
                mfa_type: choice.chosen.into(),
                session: choice.session.clone(),
            }),
            Position::Ended(Ended { result }) => match result.clone() {
                LoginState::Authenticated(done) => Step::Done(done),
                LoginState::Stalled(stalled) => Step::Stalled(stalled),
                LoginState::Failed(failed) => Step::Failed(failed),
                // Only a state that was written down and changed since has another end.
                _ => Step::Failed(Failed {
                    reason: FailureReason::Unknown,
                    response_code: None,
                    response_text: String::new(),
                }),
            },
        }
    }

    fn code_step(&self, pending: &Pending) -> Step {
        let (email, mode) = (self.setup.email.clone(), self.setup.mode);
        let ask =
            |phone_missing| Step::AskCode(CodeWanted { kind: pending.kind, wrong: self.wrong_codes, phone_missing });
        let Some(code) = pending.code.clone() else {
            return ask(pending.kind == CodeKind::Phone && self.setup.phone.is_none());
        };
        match (pending.kind, &self.setup.phone, &pending.access_token, &pending.session) {
            (CodeKind::Phone, Some(phone), _, _) => {
                Step::VerifyPhone(VerifyPhoneRequest { email, mode, phone: phone.clone(), code })
            }
            (CodeKind::Email, _, Some(token), _) => {
                Step::VerifyEmail(VerifyEmailRequest { email, mode, access_token: token.clone(), code })
            }
            (CodeKind::MfaSms | CodeKind::MfaTotp, _, _, Some(session)) => Step::SendMfa(LoginMfaRequest {
                email,
                mode: AdminMode::Admin,
                code,
                session: session.clone(),
                challenge_name: pending.challenge_name,
                setup_totp: self.setup.setup_totp.then_some(true),
            }),
            (CodeKind::Phone, None, ..) => ask(true),
            // Only a state that was written down and changed since lacks its handle.
            _ => ask(false),
        }
    }

    /// The choice there is, for a person to make: the factors, and where an SMS would go, masked.
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

    /// Takes the answer to the login and says what it means.
    ///
    /// # Errors
    /// `ws_channel.login_step`; `peer.protocol` as [`LoginState::of`], and the login stays where it was.
    pub fn login_answer(&mut self, answer: LoginResponse) -> Result<LoginState, Error> {
        let Position::Challenged(_) = self.position else { return Err(out_of_step()) };
        self.enter(answer.into())
    }

    /// Takes the phone, when it was not known.
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
    pub fn give_code(&mut self, code: Code) -> Result<(), Error> {
        match &mut self.position {
            Position::Code(pending) if pending.code.is_none() => {
                pending.code = Some(code);
                Ok(())
            }
            _ => Err(out_of_step()),
        }
    }

    /// Takes another factor than the one chosen for you; also switches from the authenticator to SMS before its code is given.
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

    /// Takes the answer to the choice of a factor and says what it means.
    ///
    /// # Errors
    /// As [`login_answer`](Self::login_answer).
    pub fn selection_answer(&mut self, answer: SelectMfaResponse) -> Result<LoginState, Error> {
        let Position::Choice(choice) = &self.position else { return Err(out_of_step()) };
        let answer = Answer::to_selection(answer, choice.chosen.into(), &choice.session);
        self.enter(answer)
    }

    /// Takes the answer to the second factor's code and says what it means.
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

    /// Takes the success of a verification: the login begins again.
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

    /// Takes the error of the step that was sent. A wrong code is asked for again, three times at most; any other refusal ends
    /// the login. An error without an answer of the service leaves it where it was, except that a challenge is used up and a code
    /// that was sent is asked for again, for a code is never sent twice by itself (§8.6). A 429 is such an error too: nothing
    /// was done, not even the challenge is used up.
    pub fn refused(&mut self, error: &Error) {
        let limited = error.row() == &row::RATE_LIMITED;
        let failed = match Failed::from_error(error) {
            Some(failed) if !limited => failed,
            _ => {
                match &mut self.position {
                    Position::Challenged(_) if !limited => self.position = Position::Start,
                    Position::Code(pending) if error.outcome() != Some(Outcome::NotSent) => pending.code = None,
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

    /// Goes where an answer leads.
    fn enter(&mut self, answer: Answer) -> Result<LoginState, Error> {
        let state = LoginState::of(answer, self.setup.api_key.as_ref())?;
        let code = |kind, challenge_name, session, access_token| {
            Position::Code(Pending { kind, challenge_name, session, access_token, code: None })
        };
        match state.clone() {
            LoginState::NeedsPhoneVerification => self.ask(CodeKind::Phone, code(CodeKind::Phone, None, None, None)),
            LoginState::NeedsEmailVerification(needs) => {
                self.ask(CodeKind::Email, code(CodeKind::Email, None, None, Some(needs.access_token)));
            }
            LoginState::NeedsMfa(NeedsMfa { method, session, challenge_name }) => {
                // The oldest services name nothing and have SMS only; a name is owed to all others (§8.1).
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

    /// Enters a prompt, unless it was driven already or there were too many.
    fn prompt(&mut self, prompt: Prompt, position: Position) {
        if self.driven.contains(&prompt) || self.transitions >= MAX_TRANSITIONS {
            self.end(LoginState::Stalled(Stalled { step: prompt, transitions: self.transitions }));
            return;
        }
        self.transitions += 1;
        self.wrong_codes = 0;
        match prompt {
            // A new factor is a new step: its code may be asked for once more.
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
