//! `Register` (docs/protocols/ws-channel.md §2.2).

use bankchannel_crypto::{password, random};
use bankchannel_foundation::Secret;
use bankchannel_storage::ws_channel::{RegisterOutcome, RegistrationKey, VerifiedRegistration};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::ApiKey,
    operations::account::register::{RegisterRequest, RegisterResponse},
    service_texts,
};

use crate::{HandlerFault, ServiceCall, WsChannelService, challenges, codes};

/// Age after which an unverified registration may be replaced by another (§3.3).
const OVERWRITE_AFTER_MS: i64 = 24 * 60 * 60_000;
/// Length of a generated API key (§2.0).
const API_KEY_LENGTH: usize = 40;

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: RegisterRequest,
) -> Result<RegisterResponse, HandlerFault> {
    let (email, mode) = (request.email.as_str(), challenges::stored(request.mode));
    call.about(email, mode);
    let who = (&request.email, request.mode);
    let answered = challenges::take(service, call, who, &request.ch_resp, &request.encrypted).await?;
    let password_hash = hash_new_password(service, call, answered).await?;
    let (message, code_hash) = codes::registration(service, email, request.phone.as_str(), mode, call.now_ms);
    let registration = VerifiedRegistration {
        email: email.to_owned(),
        mode,
        key: key(service, request.api_key.expose()),
        name: request.name.as_str().to_owned(),
        company: request.company.as_str().to_owned(),
        phone: request.phone.as_str().to_owned(),
        password_hash,
        code_hash,
        code_expires: message.expires_ms,
        phone_limit: service.limits.phone(),
        overwrite_after: OVERWRITE_AFTER_MS,
        invite_required: service.config().registration_requires_invite,
        now: call.now_ms,
    };
    let (api_key, active) = match call.audited_store(service, email, "").await?.register(registration).await? {
        RegisterOutcome::Created { api_key, active, .. } => (api_key, active),
        RegisterOutcome::Exists => return Err((&service_texts::USER_PRESENT).into()),
        RegisterOutcome::AdminMissing => return Err((&service_texts::ADMIN_MISSING).into()),
        // A missing invitation is not disclosed: only the owner should know of it.
        RegisterOutcome::InvalidKey | RegisterOutcome::NotInvited => {
            return Err((&service_texts::API_KEY_INVALID).into());
        }
        RegisterOutcome::PhoneMismatch => return Err(ServiceRefusal::invalid("Phone").into()),
        RegisterOutcome::TooManyCodes => return Err(ServiceRefusal::quota(None).into()),
    };
    if !active {
        // The registration is kept even if this fails: a login sends the code again.
        codes::send(service, call, &message).await?;
    }
    let api_key = ApiKey::new(&api_key).map_err(HandlerFault::internal)?;
    Ok(RegisterResponse::new(api_key, "Created".into()))
}

fn key(service: &WsChannelService, given: &str) -> RegistrationKey {
    match given {
        "0" => RegistrationKey::Mint {
            api_key: random::alphanumeric(API_KEY_LENGTH),
            transfer_enabled: service.config().transfer_enabled,
        },
        key => RegistrationKey::Existing(key.to_owned()),
    }
}

/// Decrypts a new password, checks the rules and hashes it.
pub(super) async fn hash_new_password(
    service: &WsChannelService,
    call: &ServiceCall,
    answered: challenges::AnsweredChallenge,
) -> Result<String, HandlerFault> {
    let hash = |new: Secret| {
        if !challenges::is_acceptable(&new) {
            return Err(ServiceRefusal::invalid("Password").into());
        }
        password::hash(new.expose().as_bytes()).map_err(HandlerFault::internal)
    };
    let hashed = service.work_pool.run(move || answered.open().map(hash)).await?;
    hashed.unwrap_or_else(|| {
        service.limits.login_failed(call.address, call.now_ms);
        Err((&service_texts::AUTHENTICATION_FAILED).into())
    })
}
