//! Logs, on stderr.

use std::io;

use tracing_subscriber::EnvFilter;

/// The variable that says how much is logged.
const VARIABLE: &str = "BANKCHANNEL_LOG";
/// What is logged when it says nothing.
const DEFAULT: &str = "warn";

/// Begins to log.
pub(super) fn begin() {
    let filter = EnvFilter::builder().with_env_var(VARIABLE).try_from_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    // Whoever began before keeps it.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).try_init();
}
