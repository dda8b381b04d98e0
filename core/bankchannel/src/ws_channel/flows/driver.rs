//! Drives the protocol's login machine over the client.

use bankchannel_crypto::rsa::RsaPublicKey;
use bankchannel_foundation::{CallOutcome, Error, Result, Secret, error::Peer};
use bankchannel_ws_channel::{
    challenge::encrypt_password,
    errors,
    login::{Authenticated, CodeKind, CodeWanted, Failed, LoginMachine, LoginStep, MfaMethod},
    model::{OneTimeCode, Phone},
    operations::{
        account::{verify_email::VerifyEmail, verify_phone::VerifyPhone},
        session::{init_login::InitLogin, login::Login, login_mfa::LoginMfa, select_mfa::SelectMfa},
    },
};

use super::steps::{FlowSteps, code_question, needed};
use crate::Question;

/// The point at which a login returns to its caller.
pub(super) enum LoginStop {
    Done(Box<Authenticated>),
    Code(CodeWanted),
    Choice,
}

/// Advances the login until it is complete or needs input. `chosen` is whether the factor is decided.
pub(super) async fn advance(
    steps: &FlowSteps<'_>,
    machine: &mut LoginMachine,
    password: Option<&Secret>,
    mut chosen: bool,
) -> Result<LoginStop> {
    let mut switched = false;
    loop {
        match machine.step() {
            LoginStep::FetchChallenge(request) => {
                // Checked before anything is sent: a login that cannot be completed is not started.
                public_key(steps, password)?;
                let challenge = steps.exchange::<InitLogin>(request).await?.challenge;
                machine.give_challenge(challenge)?;
            }
            LoginStep::SendLogin(challenge) => {
                let (key, password) = public_key(steps, password)?;
                let request = machine.login_request(encrypt_password(password, &challenge, &key)?)?;
                match steps.exchange::<Login>(request).await {
                    Ok(answer) => drop(machine.login_answer(answer)?),
                    Err(error) => refused(machine, error)?,
                }
            }
            LoginStep::AskCode(wanted) => {
                // The service prefers the authenticator; if the caller asked for `sms`, the login switches to it
                // (§3.4).
                let prefers_sms = machine.setup().factor == Some(MfaMethod::Sms);
                let may_switch = wanted.kind == CodeKind::MfaTotp && wanted.wrong == 0 && prefers_sms && !switched;
                if may_switch && machine.choose(MfaMethod::Sms).is_ok() {
                    (switched, chosen) = (true, true);
                    continue;
                }
                return Ok(LoginStop::Code(wanted));
            }
            LoginStep::VerifyPhone(request) => {
                // The login restarts afterwards: without the password a valid code would be used up for nothing.
                public_key(steps, password)?;
                match steps.exchange::<VerifyPhone>(request).await {
                    Ok(answer) => drop(machine.verified(answer.response_text)?),
                    Err(error) => refused(machine, error)?,
                }
            }
            LoginStep::VerifyEmail(request) => {
                public_key(steps, password)?;
                match steps.exchange::<VerifyEmail>(request).await {
                    Ok(answer) => drop(machine.verified(answer.response_text)?),
                    Err(error) => refused(machine, error)?,
                }
            }
            LoginStep::SelectMfa(request) => {
                let several = machine.choice().is_some_and(|(methods, _)| methods.len() > 1);
                if several && !chosen && machine.setup().factor.is_none() {
                    return Ok(LoginStop::Choice);
                }
                chosen = true;
                match steps.exchange::<SelectMfa>(request).await {
                    Ok(answer) => drop(machine.selection_answer(answer)?),
                    Err(error) => refused(machine, error)?,
                }
            }
            LoginStep::SendMfa(request) => match steps.exchange::<LoginMfa>(request).await {
                Ok(answer) => drop(machine.mfa_answer(answer)?),
                Err(error) => refused(machine, error)?,
            },
            LoginStep::Done(done) => return Ok(LoginStop::Done(Box::new(done))),
            LoginStep::Failed(failed) => return Err(failure(failed)),
            LoginStep::Stalled(stalled) => {
                let text = format!("{} The step is {}.", errors::LOGIN_STALLED.text, stalled.step);
                return Err(Error::because(&errors::LOGIN_STALLED, text)
                    .with("step", stalled.step)
                    .with("transitions", stalled.transitions)
                    .with_outcome(CallOutcome::Refused));
            }
        }
    }
}

/// Drives a login to its end and asks for its input; `code` answers the first question for a code.
pub(super) async fn log_in(
    steps: &FlowSteps<'_>,
    machine: &mut LoginMachine,
    password: Option<&Secret>,
    mut code: Option<OneTimeCode>,
) -> Result<Authenticated> {
    let mut chosen = false;
    loop {
        match advance(steps, machine, password, chosen).await? {
            LoginStop::Done(done) => return Ok(*done),
            LoginStop::Code(wanted) => {
                if wanted.phone_missing {
                    let question = code_question("phone", "The account's phone number, such as +358401234567");
                    machine.give_phone(steps.ask_for(question, Phone::new).await?)?;
                }
                let answer = match code.take() {
                    Some(code) => code,
                    None => steps.ask_for(question(&wanted, machine), OneTimeCode::new).await?,
                };
                machine.give_code(answer)?;
            }
            LoginStop::Choice => {
                if steps.has_asker() {
                    let question = choice_question(machine);
                    machine.choose(steps.ask_for(question, read_method).await?)?;
                }
                // Without a callback the machine's own preference applies.
                chosen = true;
            }
        }
    }
}

/// The question for a code.
pub(super) fn question(wanted: &CodeWanted, machine: &LoginMachine) -> Question {
    let (setup, again) = (machine.setup(), if wanted.wrong > 0 { "That code was wrong. " } else { "" });
    let (kind, text) = match wanted.kind {
        CodeKind::Phone => ("phone_code", "The code from the SMS that verifies the phone"),
        CodeKind::Email => ("email_code", "The code from the mail that verifies the e-mail address"),
        CodeKind::MfaSms => ("sms_code", "The code from the SMS"),
        CodeKind::MfaTotp => ("totp_code", "The authenticator's current code"),
    };
    code_question(kind, format!("{again}{text} ({}, mode {})", setup.email, setup.mode))
}

fn choice_question(machine: &LoginMachine) -> Question {
    let (methods, destination) = machine.choice().unwrap_or((&[], None));
    // The service's text must not contain control characters for the terminal.
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let sms = destination.map(|masked| format!("; an SMS goes to {}", plain(masked))).unwrap_or_default();
    let choices = methods.iter().map(ToString::to_string).collect();
    Question { choices, ..Question::new("mfa_method", format!("Which second factor{sms}")) }
}

fn read_method(text: &str) -> Result<MfaMethod> {
    MfaMethod::from_text(text).ok_or_else(|| Error::invalid_field("mfa_method", "must be `sms` or `totp`"))
}

fn public_key<'s>(steps: &FlowSteps<'_>, password: Option<&'s Secret>) -> Result<(RsaPublicKey, &'s Secret)> {
    Ok((steps.client.settings().public_key()?, needed(password, "password")?))
}

/// Handles a refusal: a wrong code may be asked for again; any other error ends the flow.
fn refused(machine: &mut LoginMachine, error: Error) -> Result<()> {
    machine.refused(&error);
    match machine.step() {
        LoginStep::AskCode(wanted) if wanted.wrong > 0 && error.row() == &errors::CODE_REFUSED => Ok(()),
        _ => Err(error),
    }
}

fn failure(failed: Failed) -> Error {
    let text = format!("{} The service said: {}", errors::LOGIN_FAILED.text, failed.response_text);
    Error::because(&errors::LOGIN_FAILED, text)
        .with("reason", failed.reason)
        .with("class", "auth")
        .with_outcome(CallOutcome::Refused)
        .with_peer(Peer { code: failed.response_code, text: Some(failed.response_text), request_id: None })
}
