//! What Salt Edge has still to be told.

use crate::engine::{Result, Row, text_enum};
use crate::salt_edge_connector::Id;

text_enum! {
    /// What the hub is told.
    pub enum CallbackKind {
        /// How far a session is.
        Update = "update",
        /// A session has ended well.
        Success = "success",
        /// A session has failed.
        Fail = "fail",
        /// A token is over.
        Revoke = "revoke",
    }
}

impl CallbackKind {
    /// Whether it ends its session.
    #[must_use]
    pub const fn ends_session(self) -> bool {
        matches!(self, Self::Success | Self::Fail)
    }
}

text_enum! {
    /// What became of a callback.
    pub enum CallbackState {
        /// It will be sent, or sent again.
        Waiting = "waiting",
        /// The hub does not take it until somebody has set something right.
        Stopped = "stopped",
        /// The hub has it.
        Delivered = "delivered",
        /// It will not be sent any more.
        Failed = "failed",
    }
}

/// Something that the hub is to be told.
#[derive(Debug, Clone)]
pub struct NewCallback {
    /// What kind of thing.
    pub kind: CallbackKind,
    /// Of a failure: the class, where nothing else is said of it.
    pub reason: Option<&'static str>,
    /// What it says, sealed.
    pub sealed: Option<Vec<u8>>,
    /// When it is too late to say it.
    pub expires_at: i64,
}

/// A callback whose time has come. It counts as sent from now on.
#[derive(Debug, Clone)]
pub struct DueCallback {
    /// Its id.
    pub id: Id,
    /// How often it was taken.
    pub lease: i64,
    /// How often it may have reached the hub before.
    pub sent: i64,
    /// What kind of thing it says.
    pub kind: CallbackKind,
    /// The session, where it is about one.
    pub session: Option<Id>,
    /// The token, where it is about one.
    pub token: Option<Id>,
    /// Which of the row's tokens is over.
    pub generation: i64,
    /// Of a failure: the class, where nothing else is said of it.
    pub reason: Option<String>,
    /// What it says, sealed.
    pub sealed: Option<Vec<u8>>,
    /// What is known of the session or the token, sealed.
    pub subject: Vec<u8>,
    /// When it is too late to say it.
    pub expires_at: i64,
}

/// What became of sending a callback.
#[derive(Debug, Clone)]
pub struct AttemptEnd {
    /// The callback.
    pub id: Id,
    /// The lease under which it was sent.
    pub lease: i64,
    /// Now.
    pub now: i64,
    /// The status of the hub's answer.
    pub status: Option<i64>,
    /// The class of the hub's refusal, else the code of the error.
    pub class: Option<String>,
    /// What follows.
    pub end: CallbackEnd,
}

/// What follows after sending a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackEnd {
    /// The hub has it.
    Delivered,
    /// It is sent again.
    Again {
        /// When.
        due_at: i64,
        /// Whether it may have reached the hub all the same.
        may_have_arrived: bool,
    },
    /// Somebody has to set something right first.
    Stopped,
    /// For the hub the session is over, by another end than ours.
    OverThere,
    /// It is too late to say it; it was not sent this time.
    TooLate,
}

/// Which callbacks are listed, oldest first.
#[derive(Debug, Clone, Default)]
pub struct CallbackFilter {
    /// Only those in this state.
    pub state: Option<CallbackState>,
    /// Only those after this one: when it came up, and its id.
    pub after: Option<(i64, Id)>,
    /// How many at most.
    pub limit: i64,
}

/// A callback as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRow {
    /// Its id.
    pub id: Id,
    /// The session, where it is about one.
    pub session: Option<Id>,
    /// The token, where it is about one.
    pub token: Option<Id>,
    /// What kind of thing it says.
    pub kind: CallbackKind,
    /// What became of it.
    pub state: CallbackState,
    /// When it came up.
    pub created_at: i64,
    /// When it is sent next; nothing where it waits for another one.
    pub due_at: Option<i64>,
    /// When it is too late to say it.
    pub expires_at: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// The status of the hub's last answer.
    pub status: Option<i64>,
    /// The class of the hub's last refusal, else the code of the last error.
    pub class: Option<String>,
}

impl CallbackRow {
    pub(crate) fn read(row: &mut Row) -> Result<Self> {
        Ok(Self {
            id: row.bytes()?,
            session: row.opt_bytes()?,
            token: row.opt_bytes()?,
            kind: row.word(CallbackKind::parse)?,
            state: row.word(CallbackState::parse)?,
            created_at: row.int()?,
            due_at: row.opt_int()?,
            expires_at: row.int()?,
            attempts: row.int()?,
            status: row.opt_int()?,
            class: row.opt_text()?,
        })
    }
}

/// The columns that [`CallbackRow::read`] reads.
macro_rules! callback_columns {
    () => {
        "id, session, token, kind, state, created_at, due_at, expires_at, lease, status, class"
    };
}
pub(crate) use callback_columns;
