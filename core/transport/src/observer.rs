//! Who is told how an exchange goes on.

/// Is told how an exchange goes on: for a log, and for a bar that shows progress. Called from the task that carries the
/// exchange out: it must be quick and never wait.
pub trait Observer: Send + Sync {
    /// A line for a log. It holds no secret, no e-mail address and no phone number.
    fn log(&self, line: &str);

    /// So many bytes of the request's body have been handed to the network; `total` where it is known. A repeated
    /// request begins again at the start.
    fn sent(&self, bytes: u64, total: Option<u64>);

    /// So many bytes of the answer's body have arrived; `total` where the server said it.
    fn received(&self, bytes: u64, total: Option<u64>);
}
