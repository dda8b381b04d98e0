//! Enrols an authenticator (docs/protocols/ws-channel.md §2.9, §2.11).

use bankchannel_foundation::{CallOutcome, Result, clock::SystemClock, error::row, prelude::*};
use bankchannel_ws_channel::{
    errors,
    login::{LoginMachine, MAX_CODE_TRIES, MfaMethod, Setup, TotpEnrolment},
    model::{AdminMode, Email, Mode, OneTimeCode, OtpauthUri, Phone, TotpSecret},
    operations::session::{
        totp_code::{TotpCode, TotpCodeRequest},
        verify_totp::{VerifyTotp, VerifyTotpRequest},
    },
};

use super::{
    Flow, driver, flow,
    log_in::LogIn,
    steps::{FlowSteps, code_question},
};
use crate::{CallOptions, Question, ws_channel::WsChannel};

/// The admin user, and the way to confirm the new authenticator.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EnrolTotpRequest {
    /// The account. The authenticator belongs to its admin user.
    #[boundary(profile)]
    pub email: Email,
    /// The admin user's password.
    #[boundary(profile)]
    pub password: Secret,
    /// The account's phone, in case it is not verified yet.
    #[boundary(profile)]
    pub phone: Option<Phone>,
    /// The second factor for the login itself, if there is a choice.
    pub mfa_method: Option<MfaMethod>,
    /// The answer to the login's first question for a code, if it is already known.
    pub code: Option<OneTimeCode>,
    /// Whether the library computes the confirming code. By default a person puts the secret into an authenticator and
    /// answers the question `totp_code`.
    pub compute_code: Option<bool>,
}

/// The authenticator is enrolled.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EnrolTotpResponse {
    /// The secret for the authenticator, base32, shown only once.
    pub secret_code: TotpSecret,
    /// The same secret for a QR code.
    pub otpauth_uri: Option<OtpauthUri>,
    /// The service's text.
    pub response_text: String,
}

/// Enrol an authenticator as second factor.
///
/// Logs in as the admin user (with the same questions as `log_in`), gets the secret of a new authenticator, and
/// confirms it with a code. From then on the authenticator is the preferred factor and SMS the fallback; an earlier
/// authenticator is replaced. The question `totp_code` has the secret in its member `secret`. A secret stored beside
/// the password is no longer a second factor.
#[derive(Debug, Operation)]
#[operation(EnrolTotpRequest => EnrolTotpResponse)]
#[declaration(..flow("ws_channel.enrol_totp", "session"))]
#[errors(..LogIn::DECLARATION.errors)]
pub struct EnrolTotp;

impl Flow<WsChannel> for EnrolTotp {
    async fn run(client: &WsChannel, request: EnrolTotpRequest, options: &CallOptions) -> Result<EnrolTotpResponse> {
        let steps = FlowSteps::begin(client, options)?;
        let mut made = Setup::new(request.email.clone(), Mode::Admin, true);
        made.phone = request.phone;
        made.api_key = client.session().api_key;
        made.factor = request.mfa_method;
        let mut machine = LoginMachine::new(made);
        let done = driver::log_in(&steps, &mut machine, Some(&request.password), request.code).await?;
        let enrolment = done.totp_enrolment.ok_or_else(|| {
            Error::because(&row::PEER_PROTOCOL, "the login is complete, but the service began no enrolment")
                .with_outcome(CallOutcome::Accepted)
        })?;
        let response_text =
            confirm(&steps, &request.email, &enrolment, request.compute_code.unwrap_or_default()).await?;
        let TotpEnrolment { secret_code, otpauth_uri, .. } = enrolment;
        Ok(EnrolTotpResponse { secret_code, otpauth_uri, response_text })
    }
}

async fn confirm(steps: &FlowSteps<'_>, email: &Email, enrolment: &TotpEnrolment, compute: bool) -> Result<String> {
    let mut tries = 0;
    loop {
        tries += 1;
        let code =
            if compute { computed(&enrolment.secret_code)? } else { ask_for_code(steps, enrolment, tries > 1).await? };
        let request = VerifyTotpRequest::new(email.clone(), AdminMode::Admin, enrolment.access_token.clone(), code);
        match steps.exchange::<VerifyTotp>(request).await {
            Ok(answer) => return Ok(answer.response_text),
            Err(error) if error.row() == &errors::CODE_REFUSED && !compute && tries < MAX_CODE_TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

fn computed(secret: &TotpSecret) -> Result<OneTimeCode> {
    let clock = SystemClock::default();
    let with = LocalContext::new(&clock);
    TotpCode::run(TotpCodeRequest::new(secret.clone()), with).map(|answer| answer.code)
}

async fn ask_for_code(steps: &FlowSteps<'_>, enrolment: &TotpEnrolment, wrong: bool) -> Result<OneTimeCode> {
    let again = if wrong { "That code was wrong. " } else { "" };
    let text = format!("{again}Enter the key into the authenticator, then give its current code");
    let question =
        Question { secret: Some(Secret::new(enrolment.secret_code.expose())), ..code_question("totp_code", text) };
    steps.ask_for(question, OneTimeCode::new).await
}
