//! The stored session: when it is reused and when it is dropped (docs/protocols/ws-channel.md §8.4, K12, K13).

use std::time::Instant;

use jiff::{Timestamp, ToSpan, civil::DateTime, tz::TimeZone};

use super::RunSettings;
use crate::exit::CommandOutcome;

/// The stored keys of a session.
pub(crate) const KEYS: [&str; 4] = ["idtoken", "idtokenexpiry", "idtokenmode", "idtokenbaseurl"];
/// The zone of `idtokenexpiry`.
const ZONE: &str = "Europe/Helsinki";
/// Its format, PHP's `Y-m-d H:i:s`.
const FORM: &str = "%Y-%m-%d %H:%M:%S";
/// A stored session counts as expired this many seconds before its end, both when it is written and when it is read.
const MARGIN_S: i64 = 10;

/// A session's token for one run.
#[derive(Clone)]
pub(crate) struct RunToken {
    pub(crate) text: String,
    /// Its mode, when known.
    pub(crate) mode: Option<String>,
}

/// The session that is available.
pub(crate) enum Stored {
    /// A token that is valid, as far as is known.
    Good(RunToken),
    /// One that has ended or is about to.
    Expired(RunToken),
    /// One of another service.
    Elsewhere,
    /// No token.
    None,
}

/// The token of this run: from the command line, or the stored one.
pub(crate) fn find(settings: &RunSettings) -> CommandOutcome<Stored> {
    if settings.is_given("idtoken") {
        let mode = settings.is_given("mode").then(|| settings.mode().to_owned());
        return Ok(settings
            .value("idtoken")
            .map_or(Stored::None, |text| Stored::Good(RunToken { text: text.to_owned(), mode })));
    }
    let Some(text) = settings.filed("idtoken") else { return Ok(Stored::None) };
    let token = RunToken { text: text.to_owned(), mode: settings.filed("idtokenmode").map(str::to_owned) };
    let theirs = match settings.filed("idtokenbaseurl") {
        Some(theirs) => theirs.to_owned(),
        // `wscli` does not write it: its tokens belong to the service that its settings file names.
        None => settings.filed_base_url()?,
    };
    if theirs != settings.base_url()? {
        return Ok(Stored::Elsewhere);
    }
    if settings.filed("idtokenexpiry").is_some_and(|expiry| is_over(expiry, Timestamp::now())) {
        return Ok(Stored::Expired(token));
    }
    Ok(Stored::Good(token))
}

/// Whether a stored session has expired. An unreadable expiry counts as expired: an extra login is better than a
/// refused call.
fn is_over(expiry: &str, now: Timestamp) -> bool {
    let end = DateTime::strptime(FORM, expiry).ok().and_then(|time| zone().to_timestamp(time).ok());
    end.is_none_or(|end| now.saturating_add(MARGIN_S.seconds()).is_ok_and(|soon| soon >= end))
}

/// The end of a session in its stored form: ten seconds early, in Helsinki's time.
pub(crate) fn expiry_text(ends: Instant) -> String {
    let left = ends.saturating_duration_since(Instant::now()).as_secs_f64().ceil();
    // A session lives for a day at most, so the cast is lossless.
    #[allow(clippy::cast_possible_truncation)]
    let seconds = left.min(86_400.0) as i64 - MARGIN_S;
    let end = Timestamp::now().saturating_add(seconds.seconds()).unwrap_or(Timestamp::MAX);
    end.to_zoned(zone()).strftime(FORM).to_string()
}

fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_expiry_is_helsinki_time_ten_seconds_early() {
        let text = expiry_text(Instant::now() + Duration::from_secs(3600));
        let end = zone().to_timestamp(DateTime::strptime(FORM, &text).unwrap()).unwrap();
        let left = end.duration_since(Timestamp::now()).as_secs();
        assert!((3588..=3591).contains(&left), "{left}");
    }

    #[test]
    fn a_session_is_over_ten_seconds_before_its_expiry() {
        // 12:00 in Helsinki in winter is 10:00 UTC.
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(!is_over("2026-01-15 12:00:00", at("2026-01-15T09:59:49Z")));
        assert!(is_over("2026-01-15 12:00:00", at("2026-01-15T09:59:50Z")));
        assert!(is_over("2026-01-15 12:00:00", at("2026-01-15T09:59:55Z")));
        assert!(is_over("nonsense", at("2026-01-15T09:00:00Z")));
    }
}
