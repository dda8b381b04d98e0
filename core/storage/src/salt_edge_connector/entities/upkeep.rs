//! Due times, and the results of cleanups.

/// The next due times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueTimes {
    /// When the next task for the bank is due.
    pub task: Option<i64>,
    /// When the next callback to the hub is due.
    pub callback: Option<i64>,
    /// When the time limit of a session or of a callback ends next.
    pub end: Option<i64>,
}

impl DueTimes {
    /// The earliest of these times.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        [self.task, self.callback, self.end].into_iter().flatten().min()
    }
}

/// Numbers of removed rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PurgedRows {
    /// Sessions that ended long ago, with their callbacks.
    pub sessions: u64,
    /// Tokens that ended long ago.
    pub tokens: u64,
}
