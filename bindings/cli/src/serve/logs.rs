//! Logs, on stderr.

use std::io;

use tracing_subscriber::EnvFilter;

/// The variable with the log filter.
const VARIABLE: &str = "BANKCHANNEL_LOG";
/// The filter if the variable is not set.
const DEFAULT: &str = "warn";

/// Starts logging.
pub(super) fn begin() {
    let filter = EnvFilter::builder().with_env_var(VARIABLE).try_from_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    // An earlier subscriber stays.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).try_init();
}
