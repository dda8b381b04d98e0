//! `Login` (docs/protocols/ws-channel.md §2.8, §3.2, §3.4).

use bankchannel_crypto::password;
use bankchannel_storage::ws_channel::{
    AuthenticationFactor, CodeSend, MfaChallenge, NewPending, PendingKind, StoredMode, UserCredential,
};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::{ChallengeName, MfaOption, MfaType},
    operations::session::login::{LoginRequest, LoginResponse},
    service_texts,
};

use super::{
    account_info, challenge_of, masked, mfa_lock, password_lock, policy, text_of,
    token::{self, OpeningSession, SessionToken},
};
use crate::{
    HandlerFault, ServiceCall, WsChannelService, challenges,
    codes::{self, CodeDraft},
    config::MfaChoice,
    reasons::RefusalReason,
};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: LoginRequest,
) -> Result<LoginResponse, HandlerFault> {
    let (email, mode) = (request.email.as_str(), challenges::stored(request.mode));
    call.about(email, mode);
    let who = (&request.email, request.mode);
    let answered = challenges::take(service, call, who, &request.ch_resp, &request.encrypted).await?;
    let _lock = service.login_locks.lock(email, mode).await;
    let credential = check_password(service, call, answered, email, mode).await?;
    if !credential.tenant.enabled {
        call.because(RefusalReason::KeyDisabled);
        return Err((&service_texts::API_KEY_INVALID).into());
    }
    if !credential.phone_verified {
        ask_for_phone(service, call, &credential, mode).await
    } else if !credential.email_verified {
        ask_for_email(service, call, &credential, mode).await
    } else if mode == StoredMode::Data {
        grant(service, call, &credential).await
    } else {
        ask_for_factor(service, call, &credential).await
    }
}

/// Checks 6 to 9 of §3.2 and the lockout. An unknown user, a wrong password and an undecryptable one each cost one
/// password hash and get the same response.
async fn check_password(
    service: &WsChannelService,
    call: &ServiceCall,
    answered: challenges::AnsweredChallenge,
    email: &str,
    mode: StoredMode,
) -> Result<UserCredential, HandlerFault> {
    let lock = password_lock(email, mode);
    // Unknown users are locked like others; otherwise the lockout would reveal which users exist.
    if service.store.locked_until(&lock, call.now_ms).await?.is_some() {
        call.because(RefusalReason::PasswordLocked);
        return Err((&service_texts::LIMIT_EXCEEDED).into());
    }
    let credential = service.store.credential(email, mode).await?;
    let stored = credential.as_ref().map(|found| found.password_hash.clone());
    let verdict = service.work_pool.run(move || verify(&answered, stored.as_deref())).await??;
    match (verdict, credential) {
        (PasswordVerdict::Right, Some(credential)) => Ok(credential),
        (verdict, credential) => {
            call.because(match verdict {
                PasswordVerdict::Unreadable => RefusalReason::PasswordUnreadable,
                _ if credential.is_none() => RefusalReason::UnknownUser,
                _ => RefusalReason::WrongPassword,
            });
            service.limits.login_failed(call.address, call.now_ms);
            if verdict != PasswordVerdict::Unreadable {
                call.store(service).await?.record_failure(&lock, policy(service.config().lockout), call.now_ms).await?;
            }
            Err((&service_texts::AUTHENTICATION_FAILED).into())
        }
    }
}

#[derive(PartialEq, Eq)]
enum PasswordVerdict {
    Right,
    Wrong,
    /// Not encrypted with this service's key, or for another challenge: this is not a password guess (§10 S4).
    Unreadable,
}

/// Always runs exactly one password hash.
fn verify(answered: &challenges::AnsweredChallenge, stored: Option<&str>) -> Result<PasswordVerdict, HandlerFault> {
    let Some(given) = answered.open() else {
        password::dummy_verify(b"");
        return Ok(PasswordVerdict::Unreadable);
    };
    let bytes = given.expose().as_bytes();
    match stored {
        None => password::dummy_verify(bytes),
        Some(stored) if password::verify(bytes, stored).map_err(HandlerFault::internal)? => {
            return Ok(PasswordVerdict::Right);
        }
        Some(_) => {}
    }
    Ok(PasswordVerdict::Wrong)
}

/// The phone is not verified: sends the code again if the last one is at least a minute old (§2.3).
async fn ask_for_phone(
    service: &WsChannelService,
    call: &ServiceCall,
    user: &UserCredential,
    mode: StoredMode,
) -> Result<LoginResponse, HandlerFault> {
    let email = &user.account.email;
    call.store(service).await?.clear_failures(&[password_lock(email, mode)]).await?;
    let draft = CodeDraft::verify_phone(service, &user.account, mode, call.now_ms);
    match call.audited_store(service, email, "phone").await?.put_code(draft.new).await? {
        CodeSend::Send => codes::send(service, call, &draft.message).await?,
        CodeSend::Kept | CodeSend::TooSoon { .. } | CodeSend::TooMany { .. } => {}
        stale @ CodeSend::Stale => opened(stale, call.now_ms)?,
    }
    Ok(LoginResponse::new("User authentication failed. Verify phone number with received SMS.".to_owned()))
}

/// The mail address is not verified: issues a token for that verification only, and a code.
async fn ask_for_email(
    service: &WsChannelService,
    call: &ServiceCall,
    user: &UserCredential,
    mode: StoredMode,
) -> Result<LoginResponse, HandlerFault> {
    let email = &user.account.email;
    call.store(service).await?.clear_failures(&[password_lock(email, mode)]).await?;
    let token = SessionToken::new();
    let pending = resting_on(user, token::pending(service, call, (email, mode), PendingKind::VerifyEmail, &token));
    let draft = CodeDraft::verify_email(service, &user.account, mode, call.now_ms);
    let store = call.audited_store(service, email, "email").await?;
    match store.open_pending(pending.clone(), Some(draft.new)).await? {
        CodeSend::Send => codes::send(service, call, &draft.message).await?,
        // The code sent just before is still valid.
        CodeSend::Kept | CodeSend::TooSoon { .. } | CodeSend::TooMany { .. } => {
            opened(call.store(service).await?.open_pending(pending, None).await?, call.now_ms)?;
        }
        stale @ CodeSend::Stale => opened(stale, call.now_ms)?,
    }
    let mut login = LoginResponse::new("Login OK. Verify email address.".to_owned());
    login.access_token = Some(token.access_token()?);
    Ok(login)
}

/// Data mode has no second factor.
async fn grant(
    service: &WsChannelService,
    call: &ServiceCall,
    user: &UserCredential,
) -> Result<LoginResponse, HandlerFault> {
    let mut session =
        OpeningSession::new(service, call, &user.account, StoredMode::Data, AuthenticationFactor::Password)?;
    session.new.verified_hash = Some(user.password_hash.clone());
    let locks = vec![password_lock(&user.account.email, StoredMode::Data)];
    let store = call.audited_store(service, &user.account.email, "session").await?;
    if !store.create_session(session.new, locks).await? {
        call.because(RefusalReason::PasswordReset);
        return Err((&service_texts::AUTHENTICATION_FAILED).into());
    }
    let mut login = LoginResponse::new("Login OK".to_owned());
    login.id_token = Some(session.id_token);
    login.api_key = Some(session.api_key);
    login.expires_in = Some(session.expires_in);
    login.account = Some(account_info(service, &user.account).await?);
    Ok(login)
}

async fn ask_for_factor(
    service: &WsChannelService,
    call: &ServiceCall,
    user: &UserCredential,
) -> Result<LoginResponse, HandlerFault> {
    let email = &user.account.email;
    let who = (email.as_str(), StoredMode::Admin);
    if service.store.locked_until(&mfa_lock(email, StoredMode::Admin), call.now_ms).await?.is_some() {
        call.because(RefusalReason::CodeLocked);
        return Err((&service_texts::LIMIT_EXCEEDED).into());
    }
    call.store(service).await?.clear_failures(&[password_lock(email, StoredMode::Admin)]).await?;
    let token = SessionToken::new();
    let Some(factor) = preferred(service, user) else {
        let pending = resting_on(user, token::mfa_step(service, call, who, MfaChallenge::Select, &token));
        opened(
            call.audited_store(service, email, "choice of factor").await?.open_pending(pending, None).await?,
            call.now_ms,
        )?;
        let mut login = LoginResponse::new("Select MFA type".to_owned());
        login.session = Some(token.mfa_session()?);
        login.challenge_name = Some(ChallengeName::Select);
        login.mfa_options = Some(vec![MfaOption::Sms, MfaOption::Totp]);
        login.sms_destination = Some(masked(&user.account.phone));
        return Ok(login);
    };
    let pending = resting_on(user, token::mfa_step(service, call, who, challenge_of(factor), &token));
    let store = call.audited_store(service, email, "second factor").await?;
    match factor {
        MfaType::Totp => opened(store.open_pending(pending, None).await?, call.now_ms)?,
        MfaType::Sms => {
            let draft = CodeDraft::second_factor(service, &user.account, StoredMode::Admin, call.now_ms);
            opened(store.open_pending(pending, Some(draft.new)).await?, call.now_ms)?;
            codes::send(service, call, &draft.message).await?;
        }
    }
    let mut login = LoginResponse::new(text_of(factor).to_owned());
    login.session = Some(token.mfa_session()?);
    login.challenge_name = Some(factor.into());
    Ok(login)
}

/// Makes the step depend on the checked password: it is opened only if that is still the user's.
fn resting_on(user: &UserCredential, pending: NewPending) -> NewPending {
    NewPending { verified_hash: Some(user.password_hash.clone()), ..pending }
}

/// Whether a step was opened; if the password was reset or the account disabled meanwhile, the response is that for a wrong
/// password.
fn opened(sent: CodeSend, now_ms: i64) -> Result<(), HandlerFault> {
    match sent {
        CodeSend::Send => Ok(()),
        CodeSend::TooSoon { retry_at } | CodeSend::TooMany { retry_at } => Err(codes::quota(retry_at, now_ms).into()),
        CodeSend::Kept => Err(ServiceRefusal::quota(None).into()),
        CodeSend::Stale => Err((&service_texts::AUTHENTICATION_FAILED).into()),
    }
}

/// The factor to ask for; `None`: the user chooses.
fn preferred(service: &WsChannelService, user: &UserCredential) -> Option<MfaType> {
    if user.totp_secret.is_none() {
        return Some(MfaType::Sms);
    }
    match user.preferred_factor {
        _ if service.config().mfa_choice == MfaChoice::Always => None,
        Some(AuthenticationFactor::Totp) => Some(MfaType::Totp),
        Some(AuthenticationFactor::Sms) => Some(MfaType::Sms),
        Some(AuthenticationFactor::Password) | None => None,
    }
}
