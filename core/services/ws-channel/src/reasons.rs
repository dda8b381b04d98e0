//! Why a request was refused, for the operator: finer than what the caller may know. It goes to the log and the metrics only.

use bankchannel_storage::ws_channel::StoreError;

macro_rules! reasons {
    ($($(#[doc = $text:literal])+ $name:ident = $code:literal;)+) => {
        /// A reason that the caller is not told, or not so precisely.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum RefusalReason {
            $($(#[doc = $text])+ $name),+
        }

        impl RefusalReason {
            /// Its code: a label of metrics, so that there are only these.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// All codes with their meaning: the page about them has each.
            #[cfg(test)]
            pub(crate) const ALL: &[(&'static str, &'static str)] = &[$(($code, concat!($($text),+))),+];
        }
    };
}

reasons! {
    /// Login: there is no such user, or its account is disabled.
    UnknownUser = "unknown_user";
    /// Login: the password is wrong.
    WrongPassword = "wrong_password";
    /// Login: the password is not encrypted to this service's key.
    PasswordUnreadable = "password_unreadable";
    /// Login: the challenge is not one of this service for this user.
    ForeignChallenge = "foreign_challenge";
    /// Login: the challenge is too old, or from the future.
    ChallengeExpired = "challenge_expired";
    /// Login: the challenge was used before.
    ChallengeSpent = "challenge_spent";
    /// Login: the user is locked after wrong passwords.
    PasswordLocked = "password_locked";
    /// Login: the user is locked after wrong codes.
    CodeLocked = "code_locked";
    /// Login: the password was reset meanwhile.
    PasswordReset = "password_reset";
    /// No token was sent, or several.
    NoToken = "no_token";
    /// There is no session with this token.
    UnknownSession = "unknown_session";
    /// The session has reached its lifetime.
    SessionExpired = "session_expired";
    /// The session was not used for too long.
    SessionIdle = "session_idle";
    /// The API key is not the session's.
    OtherKey = "other_key";
    /// The API key is disabled.
    KeyDisabled = "key_disabled";
    /// Too many calls of one address without a session.
    RatePerAddress = "rate_per_address";
    /// Too many calls of one API key.
    RatePerKey = "rate_per_key";
    /// Too many failed logins of one address.
    RateFailedLogins = "rate_failed_logins";
    /// A right that the call had at its start had ended before its change was made.
    RightEnded = "right_ended";
    /// The head can be read in two ways.
    AmbiguousHead = "ambiguous_head";
    /// The data folder is gone.
    FolderGone = "folder_gone";
    /// The database does not answer.
    StoreAway = "store_away";
    /// The database is busy with other changes of the same rows.
    StoreContended = "store_contended";
    /// There is no space left.
    StoreFull = "store_full";
    /// The database failed.
    StoreFailed = "store_failed";
    /// A failure of the service itself.
    Internal = "internal";
    /// The body did not arrive in time.
    BodyTooSlow = "body_too_slow";
    /// The control interface ordered it.
    Ordered = "ordered";
}

impl From<&StoreError> for RefusalReason {
    fn from(why: &StoreError) -> Self {
        match why {
            StoreError::Unreachable { .. } => Self::StoreAway,
            StoreError::Contended { .. } => Self::StoreContended,
            StoreError::Full { .. } => Self::StoreFull,
            _ => Self::StoreFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RefusalReason;

    #[test]
    fn the_operators_page_has_every_reason() {
        let page = include_str!("../../../../docs/operating.md");
        for (code, meaning) in RefusalReason::ALL {
            assert!(page.contains(&format!("`{code}`")), "{code}:{meaning}");
        }
    }

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let mut codes: Vec<&str> = RefusalReason::ALL.iter().map(|(code, _)| *code).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
        assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }
}
