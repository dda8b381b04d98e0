//! Login and logout.

pub(crate) mod init_login;
pub(crate) mod login;
pub(crate) mod login_mfa;
pub(crate) mod logout;
pub(crate) mod select_mfa;
pub(crate) mod token;
pub(crate) mod verify_totp;

use bankchannel_crypto::totp;
use bankchannel_storage::ws_channel::{AccountRecord, LockKey, LockPolicy, MfaChallenge, StoredMode};
use bankchannel_ws_channel::model::MfaType;

use super::{config::Lockout, fault::HandlerFault, service::WsChannelService};

/// The scope of counters of wrong passwords.
pub(crate) const PASSWORD_LOCK: &str = "password";
/// The scope of counters of wrong second-factor codes.
pub(crate) const MFA_LOCK: &str = "mfa";

/// Counter of a user's wrong passwords.
pub(crate) fn password_lock(email: &str, mode: StoredMode) -> LockKey {
    LockKey::new(PASSWORD_LOCK, format!("{email} {}", mode.as_str()))
}

/// Counter of a user's wrong second-factor codes.
pub(crate) fn mfa_lock(email: &str, mode: StoredMode) -> LockKey {
    LockKey::new(MFA_LOCK, format!("{email} {}", mode.as_str()))
}

/// Both counters, for operations that lift the lockouts.
pub(crate) fn lock_keys(email: &str, mode: StoredMode) -> Vec<LockKey> {
    vec![password_lock(email, mode), mfa_lock(email, mode)]
}

/// A configured lockout as the store's policy.
fn policy(lockout: Lockout) -> LockPolicy {
    LockPolicy {
        limit: i64::from(lockout.count),
        window: i64::from(lockout.window_s) * 1000,
        duration: i64::from(lockout.duration_s) * 1000,
    }
}

/// A phone number as a login shows it: `+*****5507` (§2.8).
fn masked(phone: &str) -> String {
    format!("+*****{}", &phone[phone.len().saturating_sub(4)..])
}

fn text_of(factor: MfaType) -> &'static str {
    match factor {
        MfaType::Sms => "Give SMS code",
        MfaType::Totp => "Give authenticator code",
    }
}

fn challenge_of(factor: MfaType) -> MfaChallenge {
    match factor {
        MfaType::Sms => MfaChallenge::Sms,
        MfaType::Totp => MfaChallenge::Totp,
    }
}

/// The associated data of a sealed TOTP secret.
pub(crate) fn totp_binding(email: &str) -> Vec<u8> {
    format!("totp\n{email}").into_bytes()
}

fn open_totp(service: &WsChannelService, email: &str, sealed: &[u8]) -> Result<totp::TotpKey, HandlerFault> {
    let bytes = service.keys.vault().open(&totp_binding(email), sealed).map_err(HandlerFault::internal)?;
    totp::TotpKey::from_bytes(&bytes).map_err(HandlerFault::internal)
}

/// The time step of a submitted authenticator code, if it is acceptable.
fn totp_step(secret: &totp::TotpKey, code: &str, now_ms: i64, last_used: Option<i64>) -> Option<i64> {
    let now_s = u64::try_from(now_ms / 1000).ok()?;
    let last_used = last_used.and_then(|step| u64::try_from(step).ok());
    totp::verify(secret, code, now_s, last_used).and_then(|step| i64::try_from(step).ok())
}

/// The role of an account under its key, as reported by a login.
async fn account_info(
    service: &WsChannelService,
    account: &AccountRecord,
) -> Result<bankchannel_ws_channel::model::AccountInfo, HandlerFault> {
    use bankchannel_storage::ws_channel::EntitlementState;
    use bankchannel_ws_channel::model::{AccountInfo, AccountType};
    let entitlements = service.store.entitlements(&account.api_key).await?;
    let active = entitlements.into_iter().filter(|one| one.state == EntitlementState::Active);
    let mut made = AccountInfo::new(if account.is_owner { AccountType::Integrator } else { AccountType::Customer });
    made.features = Some(Vec::new());
    made.entitlements = Some(active.map(|one| one.product).collect());
    Ok(made)
}
