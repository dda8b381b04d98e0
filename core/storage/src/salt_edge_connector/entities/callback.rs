//! Callbacks: reports to Salt Edge's hub.

use super::session::SessionKind;
use crate::engine::{StoredRow, text_enum};
use crate::salt_edge_connector::RowId;

text_enum! {
    /// The kind of report.
    pub enum CallbackKind {
        /// Progress of a session.
        Update = "update",
        /// A session has succeeded.
        Success = "success",
        /// A session has failed.
        Fail = "fail",
        /// A token has ended.
        Revoke = "revoke",
    }
}

impl CallbackKind {
    /// Whether it reports the end of its session.
    #[must_use]
    pub const fn ends_session(self) -> bool {
        matches!(self, Self::Success | Self::Fail)
    }
}

/// The places of callbacks among the due ones: those that a customer waits for go first, the end of a token goes last.
pub(crate) const CALLBACK_RANKS: [i64; 3] = [0, 1, RANK_OF_REVOCATIONS];
pub(crate) const RANK_OF_REVOCATIONS: i64 = 2;

/// The place of a report about a session of this kind.
pub(crate) const fn callback_rank(of: SessionKind) -> i64 {
    match of {
        SessionKind::Enrolment | SessionKind::Reconnect => 0,
        SessionKind::Refresh => 1,
    }
}

text_enum! {
    /// State of a callback.
    pub enum CallbackState {
        /// It will be sent, or sent again.
        Waiting = "waiting",
        /// The hub refuses it until an operator has fixed the cause.
        Stopped = "stopped",
        /// The hub has received it.
        Delivered = "delivered",
        /// It will not be sent again.
        Failed = "failed",
    }
}

/// A report to be sent to the hub.
#[derive(Debug, Clone)]
pub struct NewCallback {
    /// Its kind.
    pub kind: CallbackKind,
    /// For a failure: the error class, if no other content is given.
    pub reason: Option<&'static str>,
    /// Its content, sealed.
    pub sealed: Option<Vec<u8>>,
    /// The time after which it is not sent any more.
    pub expires_at: i64,
}

/// A due callback. It counts as sent from now on.
#[derive(Debug, Clone, StoredRow)]
pub struct DueCallback {
    /// Its id.
    pub id: RowId,
    /// Number of times it was taken.
    pub lease: i64,
    /// Number of earlier sends that may have reached the hub.
    #[row(sql = "sent - 1")]
    pub sent: i64,
    /// Its kind.
    pub kind: CallbackKind,
    /// The session that it reports about, if any.
    pub session: Option<RowId>,
    /// The token that it reports about, if any.
    pub token: Option<RowId>,
    /// The generation of the ended token in its row.
    pub generation: i64,
    /// For a failure: the error class, if no other content is given.
    pub reason: Option<String>,
    /// Its content, sealed.
    pub sealed: Option<Vec<u8>>,
    /// The sealed data of the session or the token.
    #[row(absent)]
    pub subject: Vec<u8>,
    /// The time after which it is not sent any more.
    pub expires_at: i64,
}

/// The result of sending a callback.
#[derive(Debug, Clone)]
pub struct AttemptEnd {
    /// The callback.
    pub id: RowId,
    /// The lease under which it was sent.
    pub lease: i64,
    /// Now.
    pub now: i64,
    /// The status of the hub's response.
    pub status: Option<i64>,
    /// The class of the hub's refusal, or the code of the error. Without one, the callback keeps status and class of the
    /// attempt before.
    pub class: Option<String>,
    /// What to do next.
    pub end: CallbackEnd,
}

/// What to do after sending a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackEnd {
    /// The hub has received it.
    Delivered,
    /// Send it again.
    Again {
        /// The time of the next send.
        due_at: i64,
        /// Whether it may have reached the hub anyway.
        may_have_arrived: bool,
    },
    /// An operator has to fix the cause first.
    Stopped,
    /// The hub has already ended the session, with another result than this service.
    OverThere,
    /// It has expired; it was not sent this time.
    TooLate,
}

/// Filter for listing callbacks, oldest first.
#[derive(Debug, Clone, Default)]
pub struct CallbackFilter {
    /// Only those in this state.
    pub state: Option<CallbackState>,
    /// Only those after this one: its creation time and id.
    pub after: Option<(i64, RowId)>,
    /// Limit of the number of callbacks.
    pub limit: i64,
}

/// A callback as shown to operators.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct CallbackRow {
    /// Its id.
    pub id: RowId,
    /// The session that it reports about, if any.
    pub session: Option<RowId>,
    /// The token that it reports about, if any.
    pub token: Option<RowId>,
    /// Its kind.
    pub kind: CallbackKind,
    /// Its state.
    pub state: CallbackState,
    /// Its creation time.
    pub created_at: i64,
    /// The time of its next send; `None` while it waits for another callback.
    pub due_at: Option<i64>,
    /// The time after which it is not sent any more.
    pub expires_at: i64,
    /// Number of tries.
    #[row(sql = "lease")]
    pub attempts: i64,
    /// The status of the hub's last response.
    pub status: Option<i64>,
    /// The class of the hub's last refusal, or the code of the last error.
    pub class: Option<String>,
}
