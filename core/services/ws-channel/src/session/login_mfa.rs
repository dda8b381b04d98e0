//! `LoginMFA` (docs/protocols/ws-channel.md §2.9, §3.4).

use bankchannel_crypto::{digest, totp};
use bankchannel_foundation::message::percent_encode;
use bankchannel_storage::ws_channel::{
    AuthenticationFactor, CodePurpose, MfaAnswer, MfaChallenge, MfaGrant, MfaOutcome, MfaProof, PendingKind,
    PendingToken, StoredMode, UserCredential,
};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::{AccessToken, MfaType, OtpauthUri, TotpSecret},
    operations::session::login_mfa::{LoginMfaRequest, LoginMfaResponse},
    service_texts,
};

use super::{
    account_info, challenge_of, mfa_lock, open_totp, policy,
    token::{self, OpeningSession, SessionToken},
    totp_binding, totp_step,
};
use crate::{HandlerFault, ServiceCall, WsChannelService, codes};

/// The issuer's name in authenticators (§2.9).
const ISSUER: &str = "ISECure";

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: LoginMfaRequest,
) -> Result<LoginMfaResponse, HandlerFault> {
    let email = request.email.as_str();
    call.about(email, StoredMode::Admin);
    let step = digest::sha256(request.session.expose().as_bytes());
    let pending = service.store.pending(&step, call.now_ms).await?;
    let pending = pending.filter(|found| found.kind == PendingKind::Mfa).ok_or(&service_texts::CODE_TOO_OLD)?;
    let own = pending.email == email && pending.mode == StoredMode::Admin;
    let factor = request.challenge_name.unwrap_or(MfaType::Sms);
    if own && pending.challenge != Some(challenge_of(factor)) {
        return Err(ServiceRefusal::invalid("ChallengeName").into());
    }
    // The user of the session counts, not the one in the path.
    let credential = service.store.credential(&pending.email, pending.mode).await?;
    let credential = credential.filter(is_usable).ok_or(&service_texts::CODE_TOO_OLD)?;
    let proof = proof(service, call, &pending, &credential, request.code.expose())?;
    let session = OpeningSession::new(service, call, &credential.account, pending.mode, factor_of(factor))?;
    let enrolment = request
        .setup_totp
        .unwrap_or(false)
        .then(|| StartedEnrolment::new(service, call, &pending.email))
        .transpose()?;
    let answer = MfaAnswer {
        token: step,
        email: email.to_owned(),
        mode: StoredMode::Admin,
        proof,
        max_tries: i64::from(service.config().mfa_max_tries),
        lock: (mfa_lock(&pending.email, pending.mode), policy(service.config().code_lockout)),
        grant: MfaGrant { session: Some(session.new), pending: enrolment.as_ref().map(|one| one.pending.clone()) },
        now: call.now_ms,
    };
    match call.audited_store(service, email, "").await?.answer_mfa(answer).await? {
        MfaOutcome::Granted => {}
        MfaOutcome::Wrong => return Err((&service_texts::CODE_WRONG).into()),
        MfaOutcome::Expired => return Err((&service_texts::CODE_TOO_OLD).into()),
        MfaOutcome::OtherChallenge => return Err(ServiceRefusal::invalid("ChallengeName").into()),
        MfaOutcome::Locked { .. } => return Err((&service_texts::LIMIT_EXCEEDED).into()),
    }
    let (secret_code, otpauth_uri, access_token) = match enrolment {
        Some(one) => (Some(one.secret_code), Some(one.otpauth_uri), Some(one.access_token)),
        None => (None, None, None),
    };
    let mut made = LoginMfaResponse::new("Login OK".into());
    made.id_token = Some(session.id_token);
    made.api_key = Some(session.api_key);
    made.expires_in = Some(session.expires_in);
    made.secret_code = secret_code;
    made.otpauth_uri = otpauth_uri;
    made.access_token = access_token;
    made.account = Some(account_info(service, &credential.account).await?);
    Ok(made)
}

/// Whether this user may still log in: it may have been disabled or withdrawn since the first step.
fn is_usable(user: &UserCredential) -> bool {
    user.phone_verified && user.email_verified && user.tenant.enabled
}

fn proof(
    service: &WsChannelService,
    call: &ServiceCall,
    pending: &PendingToken,
    user: &UserCredential,
    code: &str,
) -> Result<MfaProof, HandlerFault> {
    Ok(match pending.challenge {
        Some(MfaChallenge::Totp) => {
            let step = match &user.totp_secret {
                Some(sealed) => {
                    let secret = open_totp(service, &pending.email, sealed)?;
                    totp_step(&secret, code, call.now_ms, Some(user.totp_last_step))
                }
                None => None,
            };
            MfaProof::Totp(step)
        }
        _ => MfaProof::Sms(codes::hash(service, &pending.email, pending.mode, CodePurpose::Mfa, code)),
    })
}

fn factor_of(factor: MfaType) -> AuthenticationFactor {
    match factor {
        MfaType::Sms => AuthenticationFactor::Sms,
        MfaType::Totp => AuthenticationFactor::Totp,
    }
}

/// A started enrolment of an authenticator. The user is not changed before `VerifyTOTP`.
struct StartedEnrolment {
    pending: bankchannel_storage::ws_channel::NewPending,
    secret_code: TotpSecret,
    otpauth_uri: OtpauthUri,
    access_token: AccessToken,
}

impl StartedEnrolment {
    fn new(service: &WsChannelService, call: &ServiceCall, email: &str) -> Result<Self, HandlerFault> {
        let secret = totp::TotpKey::generate();
        let sealed =
            service.keys.vault().seal(&totp_binding(email), secret.as_bytes()).map_err(HandlerFault::internal)?;
        let token = SessionToken::new();
        let mut pending = token::pending(service, call, (email, StoredMode::Admin), PendingKind::TotpEnrol, &token);
        pending.secret = Some(sealed);
        let base32 = secret.to_base32();
        let label = percent_encode(email);
        let uri = bankchannel_foundation::Secret::new(format!(
            "otpauth://totp/{ISSUER}:{label}?secret={}&issuer={ISSUER}",
            base32.as_str()
        ));
        Ok(Self {
            pending,
            secret_code: TotpSecret::new(&base32).map_err(HandlerFault::internal)?,
            otpauth_uri: OtpauthUri::new(uri.expose()).map_err(HandlerFault::internal)?,
            access_token: token.access_token()?,
        })
    }
}
