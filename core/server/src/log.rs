//! The log: the settings of every service, and the levels by subject.
//!
//! The lines are `tracing` events. Who runs the server decides where they go: the command line writes them to stderr.

use std::{sync::OnceLock, time::Duration};

use bankchannel_foundation::{Error, Result, model::Boundary};
use tracing::level_filters::LevelFilter;

pub use crate::json_log_line::JsonLogLine;

/// The subjects with lines of their own, as targets of the log. All other lines have the target of their module.
pub const SUBJECTS: &[(&str, &str)] = &[
    ("bankchannel::request", "a line for each request, when it has ended; probes at the level debug"),
    ("bankchannel::bank", "a line for each call of a bank"),
    ("bankchannel::notice", "codes and alerts that are not taken, and each alert"),
    ("bankchannel::life", "start, changes of the stored data's version, reload, drain and stop"),
];

/// How a service logs.
#[derive(Debug, Clone, Boundary)]
#[boundary(flattened)]
pub struct LogSettings {
    /// The form of the log's lines, on stderr.
    #[boundary(default = "text")]
    pub log_format: LogFormat,
    /// What is logged: `off`, `error`, `warn`, `info`, `debug` or `trace`, and other levels for subjects after it, such as
    /// `info,bankchannel::request=warn`. The variable `BANKCHANNEL_LOG` goes before it.
    #[boundary(default = "info")]
    pub log_level: String,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum LogFormat {
    /// For people: time, level, subject, text, and the facts as `name=value`.
    #[default]
    Text,
    /// For programs: one JSON object with `timestamp`, `level`, `target`, `message`, and the facts as further members.
    Json,
}

impl Default for LogSettings {
    /// Those of a server that has no such settings.
    fn default() -> Self {
        Self { log_format: LogFormat::Text, log_level: "warn".to_owned() }
    }
}

impl LogSettings {
    /// The levels.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub fn levels(&self) -> Result<LogLevels> {
        let wrong =
            "must be a level (off, error, warn, info, debug, trace), then subjects such as bankchannel::request=warn";
        LogLevels::parse(&self.log_level, LevelFilter::INFO).ok_or_else(|| Error::invalid_setting("log_level", wrong))
    }
}

/// A level for all lines, and levels for those whose target begins with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevels {
    /// For all others.
    pub default: LevelFilter,
    /// By target.
    pub of: Vec<(String, LevelFilter)>,
}

impl LogLevels {
    /// The levels that a text describes: parts separated by commas, each a level, `TARGET=LEVEL`, or a target. Without a level
    /// for all, `default` counts for them. `None` for anything else, such as filters by spans.
    #[must_use]
    pub fn parse(text: &str, default: LevelFilter) -> Option<Self> {
        let mut levels = Self { default, of: Vec::new() };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let is_target = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
            match part.split_once('=') {
                None => match part.parse::<LevelFilter>() {
                    Ok(level) => levels.default = level,
                    Err(_) if is_target(part) => levels.of.push((part.to_owned(), LevelFilter::TRACE)),
                    Err(_) => return None,
                },
                Some((target, level)) if is_target(target) && !level.is_empty() => {
                    levels.of.push((target.to_owned(), level.parse().ok()?));
                }
                Some(_) => return None,
            }
        }
        Some(levels)
    }
}

/// Logs that data were made, from the versions that they have got, oldest first: number, name, and the time that it took. A
/// migration of data that were there is logged by the store, each step as it counts.
pub fn tell_of_made_data<'n>(versions: impl IntoIterator<Item = (i64, &'n str, Duration)>) {
    let versions: Vec<_> = versions.into_iter().collect();
    if let [(1, ..), .., (version, ..)] | [(version @ 1, ..)] = &*versions {
        let took: Duration = versions.iter().map(|(_, _, took)| *took).sum();
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(target: "bankchannel::life", version, took_ms, "the data was made");
    }
}

/// How many lines were dropped since the start, where who writes them tells.
static DROPPED: OnceLock<Box<dyn Fn() -> u64 + Send + Sync>> = OnceLock::new();

/// Lets the metrics tell how many lines of the log were dropped. The first one counts.
pub fn count_dropped_lines_by(count: impl Fn() -> u64 + Send + Sync + 'static) {
    let _ = DROPPED.set(Box::new(count));
}

/// The number of dropped lines; `None` without a counter.
pub(crate) fn dropped_lines() -> Option<u64> {
    DROPPED.get().map(|count| count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_has_a_level_and_levels_of_targets() {
        for (text, default, of) in [
            ("", LevelFilter::WARN, vec![]),
            ("info", LevelFilter::INFO, vec![]),
            ("info,", LevelFilter::INFO, vec![]),
            ("off", LevelFilter::OFF, vec![]),
            ("info, bankchannel_server=debug", LevelFilter::INFO, vec![("bankchannel_server", LevelFilter::DEBUG)]),
            ("bankchannel_server=error", LevelFilter::WARN, vec![("bankchannel_server", LevelFilter::ERROR)]),
            ("bankchannel::request", LevelFilter::WARN, vec![("bankchannel::request", LevelFilter::TRACE)]),
        ] {
            let of = of.into_iter().map(|(target, level): (&str, _)| (target.to_owned(), level)).collect();
            assert_eq!(LogLevels::parse(text, LevelFilter::WARN), Some(LogLevels { default, of }), "{text}");
        }
    }

    #[test]
    fn other_filters_are_told() {
        for text in ["bankchannel[span]=debug", "target[{field}]=info", "a=nothing", "a=", "not a filter"] {
            assert_eq!(LogLevels::parse(text, LevelFilter::WARN), None, "{text}");
        }
        let wrong = LogSettings { log_level: "loud".to_owned() + " ", ..LogSettings::default() };
        assert!(wrong.levels().is_ok(), "a target");
        let wrong = LogSettings { log_level: "info,a=loud".to_owned(), ..LogSettings::default() };
        assert_eq!(
            wrong.levels().err().and_then(|error| error.detail("field").map(str::to_owned)).as_deref(),
            Some("log_level")
        );
    }
}
