//! What is to be done next, and what was tidied up.

/// When something is to be done next, whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When the bank is asked next.
    pub task: Option<i64>,
    /// When the hub is told something next.
    pub callback: Option<i64>,
    /// When the time of a session or of a callback is over next.
    pub end: Option<i64>,
}

impl Due {
    /// The earliest of them.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        [self.task, self.callback, self.end].into_iter().flatten().min()
    }
}

/// What was removed, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Sessions that ended long ago, with their callbacks.
    pub sessions: u64,
    /// Tokens that ended long ago.
    pub tokens: u64,
}
