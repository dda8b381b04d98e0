//! The banks' codes for first certificates: how many were sent for a user id, and who may send more
//! (docs/protocols/ws-channel.md §6.2).

use crate::engine::text_enum;
use crate::ws_channel::outcome::outcomes;

text_enum! {
    /// The state of a code that an account has sent for a user id.
    pub enum CodeAttemptState {
        /// It may be sent; nothing was sent yet.
        Reserved = "reserved",
        /// It was sent, and the bank's verdict is not known.
        Sent = "sent",
        /// The bank has refused it.
        Wrong = "wrong",
    }
}

/// How many codes may be sent for one user id of a bank before somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankCodeLimits {
    /// Codes that were not right, of all accounts together: below the number after which the bank locks.
    pub all: i64,
    /// Codes that the bank has refused, of one account: less, so that another account has some left.
    pub per_account: i64,
}

/// What became of a code, stored with the step that follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeMark {
    /// It is about to be sent.
    Sent,
    /// The bank has refused it.
    Wrong,
    /// It was not sent, or the bank has not looked at it.
    Unspent,
    /// It was right: nothing is counted any more.
    Right,
}

/// Why no code is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeRefusal {
    /// So many were sent by this account, or by all, that the bank might lock the user id.
    Spent,
    /// Another account has a certificate of this user id, or the operator has named other accounts for it.
    OtherAccount,
}

/// A user id for which codes were sent, or accounts named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuardedUserId {
    /// Canonical bank id.
    pub bank: String,
    /// The user id, without blanks, in capitals.
    pub ws_user_id: String,
    /// The codes that are counted, the oldest first: account, state, time (Unix ms).
    pub sent: Vec<(String, CodeAttemptState, i64)>,
    /// The accounts that the operator has named.
    pub allowed: Vec<String>,
}

/// The result of naming an account for a user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermitOutcome {
    /// It is named.
    Done,
    /// There is no such account.
    NoAccount,
}

outcomes!(PermitOutcome { Self::Done => "done", Self::NoAccount => "no_account" });
