//! Logs, on stderr.

use std::{env, io};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::output;

/// The variable with the log filter: a level, or levels of modules such as `bankchannel_server=debug`.
const VARIABLE: &str = "BANKCHANNEL_LOG";
/// The level if the variable is not set, is empty or is not a filter.
const DEFAULT: LevelFilter = LevelFilter::WARN;

/// Starts logging.
pub(super) fn begin() {
    let given = env::var(VARIABLE).unwrap_or_default();
    let filter = filter(&given).unwrap_or_else(|| {
        output::print_note(&format!("{VARIABLE} is not a filter such as info or bankchannel_server=debug: ignored"));
        Targets::new().with_default(DEFAULT)
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    // An earlier subscriber stays.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}

/// The filter that a text describes: parts separated by commas, each a level, `MODULE=LEVEL`, or a module. Without a
/// level for all modules, the default counts for them. `None` for anything else, such as filters by spans.
fn filter(text: &str) -> Option<Targets> {
    let mut targets = Targets::new().with_default(DEFAULT);
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let is_module = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
        targets = match part.split_once('=') {
            None => match part.parse::<LevelFilter>() {
                Ok(level) => targets.with_default(level),
                Err(_) if is_module(part) => targets.with_target(part, LevelFilter::TRACE),
                Err(_) => return None,
            },
            Some((module, level)) if is_module(module) && !level.is_empty() => {
                targets.with_target(module, level.parse::<LevelFilter>().ok()?)
            }
            Some(_) => return None,
        };
    }
    Some(targets)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    #[test]
    fn a_filter_has_a_level_and_levels_of_modules() {
        for (text, default, hub) in [
            ("", LevelFilter::WARN, LevelFilter::WARN),
            ("info", LevelFilter::INFO, LevelFilter::INFO),
            ("info,", LevelFilter::INFO, LevelFilter::INFO),
            ("off", LevelFilter::OFF, LevelFilter::OFF),
            ("info, bankchannel_server=debug", LevelFilter::INFO, LevelFilter::DEBUG),
            ("bankchannel_server=error", LevelFilter::WARN, LevelFilter::ERROR),
            ("bankchannel_server", LevelFilter::WARN, LevelFilter::TRACE),
        ] {
            let found = super::filter(text).expect(text);
            let lets = |target: &str, level: LevelFilter| {
                level.into_level().is_none_or(|level| found.would_enable(target, &level))
            };
            for level in [LevelFilter::ERROR, LevelFilter::WARN, LevelFilter::INFO, LevelFilter::DEBUG] {
                assert_eq!(lets("other", level), level <= default, "{text}, other: {level}");
                assert_eq!(lets("bankchannel_server::http", level), level <= hub, "{text}, ours: {level}");
            }
        }
    }

    #[test]
    fn other_filters_are_told() {
        for text in ["bankchannel[span]=debug", "target[{field}]=info", "a=nothing", "a=", "not a filter"] {
            assert!(super::filter(text).is_none(), "{text}");
        }
    }
}
