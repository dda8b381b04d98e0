//! Logs, on stderr.

use std::{env, io};

use bankchannel_counterparts::{Counterpart, log};
use bankchannel_foundation::model::Value;
use log::{LogFormat, LogLevels, LogSettings};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    Layer as _, filter::Targets, layer::SubscriberExt as _, registry::Registry, util::SubscriberInitExt as _,
};

use crate::output;

/// The variable with the levels: a level, or levels of modules such as `bankchannel_server=debug`.
const VARIABLE: &str = "BANKCHANNEL_LOG";
/// Lines that wait for whoever reads stderr. Beyond them lines are dropped and counted, so that no request waits.
const WAITING: usize = 16 * 1024;

/// The log until the end of the program: what is dropped last, writes the lines that wait.
pub(super) struct RunningLog(#[allow(dead_code, reason = "held until its drop")] WorkerGuard);

/// Starts logging as the counterpart's settings say, and the variable before them. Settings that cannot be read are told by
/// the start that follows.
pub(super) fn begin(counterpart: &'static Counterpart, options: Value<'static>) -> RunningLog {
    let settings = counterpart.logs.and_then(|settings| settings(options).ok()).unwrap_or_default();
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(WAITING).finish(io::stderr());
    let dropped = writer.error_counter();
    log::count_dropped_lines_by(move || dropped.dropped_lines() as u64);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    let lines: Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync> = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    // An earlier subscriber stays.
    let _ = tracing_subscriber::registry().with(lines).with(targets(&levels(&settings))).try_init();
    RunningLog(guard)
}

/// The levels of the variable, or of the settings.
fn levels(settings: &LogSettings) -> LogLevels {
    let of_settings = settings
        .levels()
        .unwrap_or_else(|_| LogLevels { default: tracing_subscriber::filter::LevelFilter::WARN, of: Vec::new() });
    let given = env::var(VARIABLE).unwrap_or_default();
    if given.is_empty() {
        return of_settings;
    }
    LogLevels::parse(&given, of_settings.default).unwrap_or_else(|| {
        output::print_note(&format!("{VARIABLE} is not a filter such as info or bankchannel_server=debug: ignored"));
        of_settings
    })
}

fn targets(levels: &LogLevels) -> Targets {
    Targets::new()
        .with_default(levels.default)
        .with_targets(levels.of.iter().map(|(target, level)| (target.clone(), *level)))
}
