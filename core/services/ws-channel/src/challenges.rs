//! Challenges and the encrypted passwords sent with them (docs/protocols/ws-channel.md §3.2).

use bankchannel_crypto::random;
use bankchannel_foundation::Secret;
use bankchannel_storage::ws_channel::StoredMode;
use bankchannel_ws_channel::{
    challenge::{self, ReturnedChallenge},
    model::{Challenge, Email, EncryptedPassword, Mode},
    service_texts,
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    fault::HandlerFault,
    keys::LoginKeys,
    reasons::RefusalReason,
    service::{ServiceCall, WsChannelService},
};

/// How far in the future a challenge may be: other instances' clocks may be ahead.
const SKEW_MS: i64 = 5_000;
/// Minimum time for which used challenges are kept (§3.2 check 4).
const REMEMBERED_MS: i64 = 600_000;
/// Password rules (§2.2).
const PASSWORD_CHARACTERS_MIN: usize = 20;

/// A new challenge.
///
/// # Errors
/// Internal faults only.
pub(crate) fn mint(
    service: &WsChannelService,
    call: &ServiceCall,
    email: &Email,
    mode: Mode,
) -> Result<Challenge, HandlerFault> {
    let key = service.keys.challenge.at(call.now_ms);
    Challenge::new(&challenge::mint(&key, email, mode, call.now_ms, &random::uuid_v4())).map_err(HandlerFault::internal)
}

/// A response with a valid challenge, now consumed; its password is not decrypted yet.
pub(crate) struct AnsweredChallenge {
    keys: LoginKeys,
    ciphertext: Option<Vec<u8>>,
    stamp: String,
}

impl AnsweredChallenge {
    /// Decrypts the password; `None` for any fault. Takes milliseconds of computing: run it in
    /// [`WorkPool`](super::work::WorkPool).
    pub(crate) fn open(&self) -> Option<Secret> {
        let plain = self.keys.open(self.ciphertext.as_deref().unwrap_or_default())?;
        challenge::open_password(&plain, &self.stamp)
    }
}

/// Checks a returned challenge and consumes it, whatever follows (checks 1 to 5).
///
/// # Errors
/// `User authentication failed.`; 429 for an address with too many failures, which consumes no challenge.
pub(crate) async fn take(
    service: &WsChannelService,
    call: &ServiceCall,
    (email, mode): (&Email, Mode),
    answer: &Challenge,
    encrypted: &EncryptedPassword,
) -> Result<AnsweredChallenge, HandlerFault> {
    let admitted = service.limits.may_log_in(call.address, call.now_ms);
    admitted.inspect_err(|_| call.because(RefusalReason::RateFailedLogins))?;
    let taken = check(service, call, (email, mode), answer, encrypted).await;
    if matches!(taken, Err(HandlerFault::Refused(_))) {
        service.limits.login_failed(call.address, call.now_ms);
    }
    taken
}

async fn check(
    service: &WsChannelService,
    call: &ServiceCall,
    (email, mode): (&Email, Mode),
    answer: &Challenge,
    encrypted: &EncryptedPassword,
) -> Result<AnsweredChallenge, HandlerFault> {
    let refused = |reason| {
        call.because(reason);
        Err(HandlerFault::from(&service_texts::AUTHENTICATION_FAILED))
    };
    let Some(returned) = ReturnedChallenge::parse(answer.expose()) else {
        return refused(RefusalReason::ForeignChallenge);
    };
    let key = service.keys.challenge.at(returned.made_ms);
    let ttl_ms = i64::from(service.config().challenge_ttl_s) * 1000;
    let oldest = call.now_ms - ttl_ms;
    let fresh = (oldest..=call.now_ms + SKEW_MS).contains(&returned.made_ms);
    if !returned.is_made_by(&[&key], email, mode) {
        return refused(RefusalReason::ForeignChallenge);
    }
    if !fresh {
        return refused(RefusalReason::ChallengeExpired);
    }
    let until = call.now_ms + REMEMBERED_MS.max(ttl_ms + SKEW_MS);
    if !call.store(service).await?.consume_challenge(returned.uuid, until).await? {
        return refused(RefusalReason::ChallengeSpent);
    }
    let compact: String = encrypted.expose().chars().filter(|c| !c.is_ascii_whitespace()).collect();
    Ok(AnsweredChallenge {
        keys: service.keys.login.clone(),
        ciphertext: STANDARD.decode(compact).ok(),
        stamp: returned.stamp().to_owned(),
    })
}

/// Whether a new password meets the rules of §2.2.
pub(crate) fn is_acceptable(password: &Secret) -> bool {
    let text = password.expose();
    let has = |test: fn(char) -> bool| text.chars().any(test);
    text.chars().count() >= PASSWORD_CHARACTERS_MIN
        && text.len() <= challenge::PASSWORD_MAX
        && has(char::is_lowercase)
        && has(char::is_uppercase)
        && has(|c| c.is_ascii_digit())
        && has(|c| !c.is_alphanumeric() && !c.is_control())
        && !has(char::is_control)
}

/// The store's value for a mode.
pub(crate) fn stored(mode: Mode) -> StoredMode {
    match mode {
        Mode::Admin => StoredMode::Admin,
        Mode::Data => StoredMode::Data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R05: at least 20 characters with one of each class, at most 199 bytes.
    #[test]
    fn password_rules() {
        let fits = |text: &str| is_acceptable(&Secret::new(text));
        assert!(fits("Toddler_..123456789012345"));
        assert!(fits("Aa1!aaaaaaaaaaaaaaaa"));
        for bad in [
            "Aa1!aaaaaaaaaaaaaaa",
            "AAAAAAAAAAAAAAAAAAA1!",
            "aaaaaaaaaaaaaaaaaaa1!",
            "Aaaaaaaaaaaaaaaaaaaa!",
            "Aaaaaaaaaaaaaaaaaaaa1",
            "Aa1!aaaaaaaaaaaaaaaa\n",
        ] {
            assert!(!fits(bad), "{bad:?}");
        }
        assert!(fits(&format!("Aa1!{}", "a".repeat(195))) && !fits(&format!("Aa1!{}", "a".repeat(196))));
    }
}
