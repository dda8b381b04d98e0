//! Logs, on stderr.

use std::env;

use bankchannel_counterparts::{Counterpart, ReloadReport, log};
use bankchannel_foundation::model::Value;
use log::{LogFormat, LogLevels, LogSettings};
use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    layer::{Layered, SubscriberExt as _},
    registry::Registry,
    reload,
    util::SubscriberInitExt as _,
};

use super::{json_lines::JsonLines, log_writer::LogWriter};
use crate::output;

/// The variable with the levels: a level, or levels of modules such as `bankchannel_server=debug`.
const VARIABLE: &str = "BANKCHANNEL_LOG";
/// Writes the lines, in their form.
type LineWriter = Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>;

/// The log until the end of the program: what is dropped last, writes the lines that wait.
pub(super) struct RunningLog {
    writer: LogWriter,
    levels: reload::Handle<Targets, Layered<LineWriter, Registry>>,
}

impl Drop for RunningLog {
    fn drop(&mut self) {
        self.writer.end();
    }
}

impl RunningLog {
    /// Logs from now on at these levels, or at those of the variable. Another form of the lines needs a restart.
    pub(super) fn change(&self, settings: &LogSettings) {
        // It fails only if there is no subscriber any more.
        let _ = self.levels.reload(targets(&levels(settings)));
    }

    /// Says beside the setting that the variable goes before it.
    pub(super) fn note_variable(report: &mut ReloadReport) {
        if !variable().is_empty() {
            for place in report.applied.iter_mut().filter(|place| *place == "log_level") {
                place.push_str(&format!(" ({VARIABLE} goes before it)"));
            }
        }
    }
}

/// Starts logging as the counterpart's settings say, and the variable before them. Settings that cannot be read are told by
/// the start that follows.
pub(super) fn begin(counterpart: &'static Counterpart, options: Value<'static>) -> RunningLog {
    let settings = counterpart.logs.and_then(|settings| settings(options).ok()).unwrap_or_default();
    let writer = LogWriter::to_stderr();
    let counted = writer.clone();
    log::count_dropped_lines_by(move || counted.dropped());
    let lines: LineWriter = match settings.log_format {
        LogFormat::Text => tracing_subscriber::fmt::layer().with_writer(writer.clone()).with_ansi(false).boxed(),
        LogFormat::Json => JsonLines::new(writer.clone()).boxed(),
    };
    let (filter, levels) = reload::Layer::new(targets(&levels(&settings)));
    // An earlier subscriber stays.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
    RunningLog { writer, levels }
}

fn variable() -> String {
    env::var(VARIABLE).unwrap_or_default()
}

/// The levels of the variable, or of the settings.
fn levels(settings: &LogSettings) -> LogLevels {
    let of_settings = settings.levels().unwrap_or_else(|_| LogLevels { default: LevelFilter::WARN, of: Vec::new() });
    let given = variable();
    if given.is_empty() {
        return of_settings;
    }
    LogLevels::parse(&given, of_settings.default).unwrap_or_else(|| {
        output::print_note(&format!("{VARIABLE} is not a filter such as info or bankchannel_server=debug: ignored"));
        of_settings
    })
}

fn targets(levels: &LogLevels) -> Targets {
    // PostgreSQL's notices are not the service's, as that a table is there already.
    let notices = levels.default.min(LevelFilter::WARN);
    Targets::new()
        .with_default(levels.default)
        .with_target("sqlx::postgres::notice", notices)
        .with_targets(levels.of.iter().map(|(target, level)| (target.clone(), *level)))
}
