//! A date in another format (H-22), or replaced by a newer one (H-21).

use jiff::{
    Timestamp,
    civil::{self, DateTime},
    fmt::{rfc2822, strtime},
    tz::TimeZone,
};

use crate::signing::{imf_fixdate, parse_imf_fixdate};

/// The maximum difference between the sent date and the signed one, in seconds.
pub(super) const MAX_APART_S: i64 = 120;

const HOUR_S: i64 = 3600;
/// The range of time zones, in half hours.
const ZONES: std::ops::RangeInclusive<i64> = -24..=28;
/// Zones that are written by name, with their offset in hours.
const NAMED: [(&str, i64); 9] =
    [("CET", 1), ("CEST", 2), ("EET", 2), ("EEST", 3), ("BST", 1), ("EST", -5), ("EDT", -4), ("PST", -8), ("PDT", -7)];

const IMF: &str = "%a, %d %b %Y %H:%M:%S";
const ONE_DIGIT: &str = "%a, %-d %b %Y %H:%M:%S";
const ISO: &str = "%Y-%m-%dT%H:%M:%S";

/// Formats for a time in UTC.
const UNIVERSAL: [(&str, &str); 27] = [
    (IMF, " GMT"),
    (IMF, " gmt"),
    (IMF, " UTC"),
    (IMF, " UT"),
    (IMF, " Z"),
    (IMF, " +0000"),
    (IMF, " -0000"),
    (IMF, " +00:00"),
    (IMF, " GMT+00:00"),
    (IMF, ""),
    (ONE_DIGIT, " GMT"),
    (ONE_DIGIT, " UTC"),
    (ONE_DIGIT, " +0000"),
    ("%A, %d-%b-%y %H:%M:%S", " GMT"),
    ("%a %b %e %H:%M:%S %Y", ""),
    ("%a %b %d %H:%M:%S", " UTC %Y"),
    ("%a %b %d %H:%M:%S", " GMT %Y"),
    ("%a %b %d %Y %H:%M:%S", " GMT+0000"),
    (ISO, "Z"),
    (ISO, ".000Z"),
    (ISO, ".000000Z"),
    (ISO, "+00:00"),
    (ISO, "+0000"),
    (ISO, ""),
    ("%Y-%m-%d %H:%M:%S", ""),
    ("%Y-%m-%d %H:%M:%S", " UTC"),
    ("%Y%m%dT%H%M%S", "Z"),
];

/// The time of a date in any format, in Unix seconds.
pub(super) fn read(text: &str) -> Option<i64> {
    parse_imf_fixdate(text).or_else(|| other_form(text))
}

fn other_form(text: &str) -> Option<i64> {
    if !text.is_ascii() || !(8..=64).contains(&text.len()) {
        return None;
    }
    let universal = |time: DateTime| time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp().as_second());
    let by_form = |form: &str| strtime::parse(form, text).ok()?.to_datetime().ok().and_then(universal);
    // A time with a zone's name at its end is in that zone.
    let named = NAMED.iter().find_map(|(name, ahead)| {
        let time = text.strip_suffix(name)?;
        Some(universal(strtime::parse(IMF, time.trim_end()).ok()?.to_datetime().ok()?)? - ahead * HOUR_S)
    });
    let seconds = || match text.len() {
        10 => text.parse().ok(),
        13 => text.parse::<i64>().ok().map(|ms| ms.div_euclid(1000)),
        _ => None,
    };
    let imf = text.to_ascii_lowercase();
    let imf = || strtime::parse("%a, %d %b %Y %H:%M:%S", imf.strip_suffix("gmt")?.trim_end()).ok()?.to_datetime().ok();
    named
        .or_else(|| rfc2822::parse(text).ok().map(|time| time.timestamp().as_second()))
        .or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_second))
        .or_else(|| text.parse::<DateTime>().ok().and_then(universal))
        .or_else(seconds)
        .or_else(|| imf().and_then(universal))
        .or_else(|| UNIVERSAL.iter().find_map(|(time, zone)| by_form(&format!("{time}{zone}"))))
        .or_else(|| {
            strtime::parse("%a %b %d %Y %H:%M:%S GMT%z", text).ok()?.to_timestamp().ok().map(Timestamp::as_second)
        })
}

/// The other formats of this time, including local times that are labelled UTC.
pub(super) fn forms(unix_s: i64) -> Vec<String> {
    let mut out = vec![unix_s.to_string(), unix_s.saturating_mul(1000).to_string()];
    if let Some(time) = at(unix_s, 0) {
        out.extend(UNIVERSAL.iter().filter_map(|(form, zone)| written(time, &format!("{form}{zone}"))));
    }
    for halves in ZONES.filter(|halves| *halves != 0) {
        let offset_s = halves * HOUR_S / 2;
        let Some(time) = at(unix_s, offset_s) else { continue };
        let (sign, minutes) = (if halves < 0 { '-' } else { '+' }, offset_s.abs() / 60);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        let (short, long) = (format!("{sign}{hours:02}{minutes:02}"), format!("{sign}{hours:02}:{minutes:02}"));
        for (form, zone) in [
            (IMF, format!(" {short}")),
            (ONE_DIGIT, format!(" {short}")),
            (IMF, format!(" {long}")),
            (IMF, format!(" GMT{long}")),
            (IMF, " GMT".to_owned()),
            (IMF, String::new()),
            (ISO, long.clone()),
            (ISO, short.clone()),
            (ISO, String::new()),
            ("%Y-%m-%d %H:%M:%S", String::new()),
            ("%a %b %d %Y %H:%M:%S", format!(" GMT{short}")),
        ] {
            out.extend(written(time, &format!("{form}{zone}")));
        }
    }
    for (name, ahead) in NAMED {
        let time = at(unix_s, ahead * HOUR_S);
        out.extend(time.and_then(|time| written(time, &format!("{IMF} {name}"))));
    }
    out
}

/// The times around it, the nearest first, in the format in which they are sent; each with its difference in seconds.
pub(super) fn around(unix_s: i64) -> impl Iterator<Item = (i64, String)> {
    let seconds = (1..=MAX_APART_S).flat_map(|apart| [-apart, apart]);
    seconds.map(move |later| (later, imf_fixdate(unix_s.saturating_add(later))))
}

fn at(unix_s: i64, offset_s: i64) -> Option<DateTime> {
    let epoch = civil::date(1970, 1, 1).at(0, 0, 0, 0);
    epoch.checked_add(jiff::SignedDuration::from_secs(unix_s.checked_add(offset_s)?)).ok()
}

fn written(time: DateTime, form: &str) -> Option<String> {
    strtime::format(form, time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_772_532_930;

    #[test]
    fn every_form_is_written_and_read() {
        let forms = forms(AT);
        for text in [
            "Tue, 03 Mar 2026 10:15:30 GMT",
            "Tue, 3 Mar 2026 10:15:30 GMT",
            "Tue, 03 Mar 2026 10:15:30 +0000",
            "Tue, 03 Mar 2026 10:15:30 gmt",
            "Tue, 03 Mar 2026 11:15:30 +0100",
            "Tue, 3 Mar 2026 15:45:30 +0530",
            "Tue, 03 Mar 2026 11:15:30 CET",
            "Tuesday, 03-Mar-26 10:15:30 GMT",
            "Tue Mar  3 10:15:30 2026",
            "Tue Mar 03 10:15:30 UTC 2026",
            "Tue Mar 03 2026 11:15:30 GMT+0100",
            "2026-03-03T10:15:30Z",
            "2026-03-03T10:15:30.000Z",
            "2026-03-03T11:15:30+01:00",
            "2026-03-03 10:15:30",
            "1772532930",
            "1772532930000",
        ] {
            assert!(forms.iter().any(|form| form == text), "{text}");
            assert_eq!(read(text), Some(AT), "{text}");
        }
        // A local time that is labelled UTC denotes another time, but is among the forms of the right one.
        assert!(forms.iter().any(|form| form == "Tue, 03 Mar 2026 11:15:30 GMT"));
        assert!(forms.len() < 700, "{}", forms.len());
    }

    #[test]
    fn the_seconds_around() {
        let around: Vec<_> = around(AT).collect();
        assert_eq!((around.len(), &*around[0].1, around[1].0), (240, "Tue, 03 Mar 2026 10:15:29 GMT", 1));
        assert!(around.iter().any(|(later, text)| *later == 120 && text == "Tue, 03 Mar 2026 10:17:30 GMT"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text: String, near in "[ -~]{8,40}", unix_s: i64) {
            let _ = (read(&text), read(&near), forms(unix_s), around(unix_s).count());
        }
    }
}
