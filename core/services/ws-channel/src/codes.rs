//! Codes: generated, stored as hashes, sent (docs/protocols/ws-channel.md §3.8).

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::Secret;
use bankchannel_storage::ws_channel::{AccountRecord, CodePurpose, EventQuota, NewCode, StoredMode};
use bankchannel_ws_channel::ServiceRefusal;

use super::{
    fault::HandlerFault,
    notices::{CodeMessage, NoticeChannel},
    service::{ServiceCall, WsChannelService},
};

/// Lifetime of a code for a phone or a mail address.
pub(crate) const VERIFICATION_TTL_MS: i64 = CodePurpose::VerifyPhone.lifetime_ms();
/// Lifetime of a code for a password reset.
pub(crate) const RESET_TTL_MS: i64 = CodePurpose::PasswordReset.lifetime_ms();
/// Number of wrong tries allowed per code; after that a new code is needed (§10 S8).
pub(crate) const MAX_TRIES: i64 = 5;

/// The refusal of a code that a quota does not allow before this time, Unix ms.
pub(crate) fn quota(retry_at: i64, now_ms: i64) -> ServiceRefusal {
    let wait_ms = u64::try_from(retry_at - now_ms).unwrap_or_default();
    ServiceRefusal::quota(Some(wait_ms.div_ceil(1000)))
}

/// A code to be stored and, if the store accepts it, sent.
pub(crate) struct CodeDraft {
    pub(crate) message: CodeMessage,
    pub(crate) new: NewCode,
}

impl CodeDraft {
    /// A code for the phone of a registration.
    pub(crate) fn verify_phone(
        service: &WsChannelService,
        account: &AccountRecord,
        mode: StoredMode,
        now: i64,
    ) -> Self {
        let quotas = service.limits.phone_quotas(&account.phone);
        let expires = now + VERIFICATION_TTL_MS;
        Self::new(service, account, mode, CodePurpose::VerifyPhone, Some(expires), quotas, now)
    }

    /// A code for the mail address of a registration.
    pub(crate) fn verify_email(
        service: &WsChannelService,
        account: &AccountRecord,
        mode: StoredMode,
        now: i64,
    ) -> Self {
        let quotas = service.limits.mail_quotas(&account.email);
        let expires = now + VERIFICATION_TTL_MS;
        Self::new(service, account, mode, CodePurpose::VerifyEmail, Some(expires), quotas, now)
    }

    /// A code for a password reset. From a source that the user has logged in from, the quota allows one message more
    /// than strangers can use up.
    pub(crate) fn password_reset(
        service: &WsChannelService,
        account: &AccountRecord,
        mode: StoredMode,
        is_known: bool,
        now: i64,
    ) -> Self {
        let quotas = service.limits.reset_quotas(&account.email, is_known);
        let mut draft =
            Self::new(service, account, mode, CodePurpose::PasswordReset, Some(now + RESET_TTL_MS), quotas, now);
        draft.new.sending = service.limits.reset_messages(&account.phone, is_known);
        draft
    }

    /// A code for the second factor. It lives as long as the login step, and any login may send another at once.
    pub(crate) fn second_factor(
        service: &WsChannelService,
        account: &AccountRecord,
        mode: StoredMode,
        now: i64,
    ) -> Self {
        let quotas = service.limits.mfa_quotas(&account.email);
        Self::new(service, account, mode, CodePurpose::Mfa, None, quotas, now)
    }

    fn new(
        service: &WsChannelService,
        account: &AccountRecord,
        mode: StoredMode,
        purpose: CodePurpose,
        expires: Option<i64>,
        quotas: Vec<EventQuota>,
        now: i64,
    ) -> Self {
        let step_ends = now + i64::from(service.config().mfa_session_ttl_s) * 1000;
        let min_gap = if expires.is_some() { service.limits.code_gap_ms() } else { 0 };
        let expires = expires.unwrap_or(step_ends);
        let code = service.outbox.new_code();
        let (channel, to) = match purpose {
            CodePurpose::VerifyEmail => (NoticeChannel::Email, account.email.clone()),
            _ => (NoticeChannel::Sms, account.phone.clone()),
        };
        let hash = service.keys.challenge.hash_code(&account.email, mode.as_str(), purpose, code.expose());
        let email = account.email.clone();
        Self {
            new: NewCode {
                email: email.clone(),
                mode,
                purpose,
                hash,
                expires,
                min_gap,
                quotas,
                sending: Vec::new(),
                now,
            },
            message: CodeMessage { channel, to, purpose, email, mode, code, expires_ms: expires },
        }
    }
}

/// A password reset code for an unknown address that is never sent and cannot be guessed. It is counted, replaced and
/// consumed like a real one, so that responses do not reveal whether the address exists.
pub(crate) fn decoy(service: &WsChannelService, email: &str, mode: StoredMode, now: i64) -> NewCode {
    NewCode {
        email: email.to_owned(),
        mode,
        purpose: CodePurpose::PasswordReset,
        hash: digest::sha256(&random::bytes::<32>()),
        expires: now + RESET_TTL_MS,
        min_gap: service.limits.code_gap_ms(),
        quotas: service.limits.reset_quotas(email, false),
        sending: Vec::new(),
        now,
    }
}

/// Sends a stored code; drops it if it cannot be sent.
///
/// # Errors
/// An internal fault that names the outbox.
pub(crate) async fn send(
    service: &WsChannelService,
    call: &ServiceCall,
    message: &CodeMessage,
) -> Result<(), HandlerFault> {
    if let Err(why) = service.outbox.hand_over(message.into()).await {
        call.store(service).await?.drop_code(&message.email, message.mode, message.purpose).await?;
        return Err(HandlerFault::internal(format!("a code could not be handed to the outbox: {why}")));
    }
    Ok(())
}

/// The stored form of a submitted code.
pub(crate) fn hash(
    service: &WsChannelService,
    email: &str,
    mode: StoredMode,
    purpose: CodePurpose,
    code: &str,
) -> [u8; 32] {
    service.keys.challenge.hash_code(email, mode.as_str(), purpose, code)
}

/// A code for a registration whose account does not exist yet, with its message.
pub(crate) fn registration(
    service: &WsChannelService,
    email: &str,
    phone: &str,
    mode: StoredMode,
    now: i64,
) -> (CodeMessage, [u8; 32]) {
    let code: Secret = service.outbox.new_code();
    let hash = hash(service, email, mode, CodePurpose::VerifyPhone, code.expose());
    let message = CodeMessage {
        channel: NoticeChannel::Sms,
        to: phone.to_owned(),
        purpose: CodePurpose::VerifyPhone,
        email: email.to_owned(),
        mode,
        code,
        expires_ms: now + VERIFICATION_TTL_MS,
    };
    (message, hash)
}
