//! Notices that wait to be sent.

use crate::engine::StoredRow;
use crate::ws_channel::outcome::VerbOutcome;

/// A notice to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Its id.
    pub id: String,
    /// Whom it goes to: a word of the service.
    pub channel: String,
    /// Its message, sealed.
    pub sealed: Vec<u8>,
    /// From then on it is of no use, Unix ms.
    pub expires: i64,
    /// If it takes the place of an earlier one that waits: what both have in common.
    pub slot: Option<String>,
}

/// A notice that somebody has taken to send it.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct DueNotice {
    /// Its id.
    pub id: String,
    /// Whom it goes to.
    pub channel: String,
    /// Its message, sealed.
    pub sealed: Vec<u8>,
    /// How often it was taken, this time too: names this time.
    pub tries: i64,
    /// When it was put in, Unix ms.
    pub created: i64,
    /// From then on it is of no use, Unix ms.
    pub expires: i64,
}

/// What became of a notice that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeEnd {
    /// It was sent, or is given up: the row goes.
    Over,
    /// It is tried again from then on, Unix ms.
    Later(i64),
}

/// An alert that holds.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct NotedAlert {
    /// What holds: a word of the service.
    pub kind: String,
    /// Of what: a bank, a channel; empty for the service itself.
    pub subject: String,
    /// Since when it is told, Unix ms.
    pub since: i64,
    /// When an instance has seen last that it holds, Unix ms.
    pub seen: i64,
}

/// Whether an alert is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertRaised(pub bool);

impl VerbOutcome for AlertRaised {
    fn outcome(&self) -> &'static str {
        "told"
    }

    fn is_recorded(&self) -> bool {
        self.0
    }
}
