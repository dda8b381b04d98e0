//! PGP keys of an account (docs/protocols/ws-channel.md §7).

use crate::engine::{StoredRow, text_enum};
use crate::ws_channel::outcome::outcomes;

text_enum! {
    /// The purpose of a key.
    pub enum PgpPurpose {
        /// Verifies uploads.
        Authorize = "authorize",
        /// Receives exported private keys.
        Export = "export",
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct StoredPgpKey {
    /// Primary fingerprint, upper-case hex.
    pub fingerprint: String,
    /// Last eight hex digits of the key id, upper-case.
    pub short_id: String,
    /// Purpose.
    pub purpose: PgpPurpose,
    /// Armored public key.
    pub armored: String,
    /// Time of addition, Unix ms.
    pub added: i64,
}

/// A key to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPgpKey {
    /// Account.
    pub email: String,
    /// The key.
    pub key: StoredPgpKey,
}

/// The result of adding a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddKeyOutcome {
    /// Added.
    Added,
    /// The same key exists with the same purpose; nothing changed.
    Unchanged,
    /// The same key exists with the other purpose.
    OtherPurpose,
    /// Another key of the account has this short id.
    ShortIdTaken,
    /// The account has [`crate::ws_channel::PGP_KEYS_PER_ACCOUNT`] keys.
    TooMany,
    /// No such account.
    NoAccount,
}

outcomes!(AddKeyOutcome {
    Self::Added => "done",
    Self::Unchanged => "unchanged",
    Self::OtherPurpose => "other_purpose",
    Self::ShortIdTaken => "short_id_taken",
    Self::TooMany => "too_many",
    Self::NoAccount => "no_account",
});
