//! Logs, on stderr.

use std::{env, io};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// The variable with the log filter: a level, or levels of modules such as `bankchannel_counterparts=debug`.
const VARIABLE: &str = "BANKCHANNEL_LOG";
/// The level if the variable is not set, is empty or is not a filter.
const DEFAULT: LevelFilter = LevelFilter::WARN;

/// Starts logging.
pub(super) fn begin() {
    let given = env::var(VARIABLE).ok().filter(|filter| !filter.is_empty());
    let filter: Targets =
        given.and_then(|filter| filter.parse().ok()).unwrap_or_else(|| Targets::new().with_default(DEFAULT));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    // An earlier subscriber stays.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}
