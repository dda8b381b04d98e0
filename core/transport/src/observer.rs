//! Who is told how an exchange goes on.

/// Is told how an exchange goes on: for a log, and for a bar that shows progress. Called from the task that carries the
/// exchange out: it must be quick and never wait.
pub trait Observer: Send + Sync {
    /// A line for a log. It holds no secret, no e-mail address and no phone number.
    fn log(&self, level: LogLevel, line: &str);

    /// So many bytes of the request's body have been handed to the network; `total` where it is known. A repeated
    /// request begins again at the start.
    fn sent(&self, bytes: u64, total: Option<u64>);

    /// So many bytes of the answer's body have arrived; `total` where the server said it.
    fn received(&self, bytes: u64, total: Option<u64>);
}

/// How much a line of a log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Each exchange, and how it went.
    Debug,
    /// Each step of a flow.
    Info,
    /// An exchange that failed, whether it is repeated or not.
    Warning,
}

impl LogLevel {
    /// `debug`, `info` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
        }
    }
}
