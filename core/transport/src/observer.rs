//! Receives the progress of an exchange.

/// Receives the progress of an exchange: for a log, and for a progress bar. Called from the task of the exchange: it
/// must be quick and never wait.
pub trait Observer: Send + Sync {
    /// A line for a log. It contains no secret, no e-mail address and no phone number.
    fn log(&self, level: LogLevel, line: &str);

    /// This many bytes of the request's body have been handed to the network; `total` if it is known. A retried request
    /// starts again at zero.
    fn sent(&self, bytes: u64, total: Option<u64>);

    /// This many bytes of the answer's body have arrived; `total` if the server gave it.
    fn received(&self, bytes: u64, total: Option<u64>);
}

/// The importance of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Each exchange, and its result.
    Debug,
    /// Each step of a flow.
    Info,
    /// An exchange that failed, whether it is retried or not.
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
