//! An answer as it arrives: bounded, its content streamed to the caller's destination.

use bankchannel_foundation::{
    CallOutcome, Error,
    error::row,
    json::{ContentSplitter, SplitError},
    message::{InResponse, Response as Message},
    model::Content,
};
use bytes::{Bytes, BytesMut};
use reqwest::{Response, header::RETRY_AFTER};

use crate::{
    Attempt,
    answer_memory::{AnswerMemory, FREE, collected},
    failure,
};

/// Receives an answer of the server at this address, of at most so many bytes besides its content.
pub(crate) async fn receive(
    mut response: Response,
    (limit, address): (usize, &str),
    attempt: &mut Attempt<'_>,
) -> Result<InResponse, Error> {
    let success = response.status().is_success();
    let header = |name: &str| response.headers().get(name);
    let bytes = |name: &&'static str| header(name).map(|value| (*name, Bytes::copy_from_slice(value.as_bytes())));
    let headers = attempt.answer.headers.iter().filter_map(bytes).collect();
    let retry_after = header(RETRY_AFTER.as_str()).and_then(|value| retry_after(value.to_str().ok()?));
    let message = Message { status: response.status().as_u16(), headers, body: Bytes::new() };
    let mut answer = InResponse { message, content: None, retry_after_s: retry_after };
    match attempt.answer.content.filter(|_| success) {
        Some(member) => {
            let (body, content) = split(&mut response, member, (limit, address), attempt).await?;
            answer.message.body = body;
            answer.content = content;
        }
        None => answer.message.body = whole(&mut response, (limit, address), success, attempt).await?,
    }
    Ok(answer)
}

async fn whole(
    response: &mut Response,
    (limit, address): (usize, &str),
    success: bool,
    attempt: &mut Attempt<'_>,
) -> Result<Bytes, Error> {
    // Most answers come in a single piece.
    let (mut only, mut body) = (Bytes::new(), BytesMut::new());
    let (mut arrived, total) = (0, response.content_length());
    let mut room = None;
    if total.is_some_and(|total| total > limit as u64) {
        return Err(too_large(limit, success));
    }
    while let Some(piece) = response.chunk().await.map_err(|error| failure::receiving(error, success, address))? {
        observe(attempt, &mut arrived, &piece, total);
        if arrived > limit as u64 {
            return Err(too_large(limit, success));
        }
        if arrived > FREE as u64 && room.is_none() {
            let max = total.and_then(|total| usize::try_from(total).ok()).unwrap_or(limit);
            room = AnswerMemory::of_process().room(max.max(FREE + 1)).await;
        }
        if arrived == piece.len() as u64 {
            only = piece;
        } else {
            body.extend_from_slice(&std::mem::take(&mut only));
            body.extend_from_slice(&piece);
        }
    }
    attempt.taps.iter_mut().for_each(|tap| tap.complete());
    Ok(if body.is_empty() { only } else { collected(body, room) })
}

async fn split(
    response: &mut Response,
    member: &'static str,
    (limit, address): (usize, &str),
    attempt: &mut Attempt<'_>,
) -> Result<(Bytes, Option<Content>), Error> {
    let mut splitter = ContentSplitter::new(member, limit);
    let mut decoded = Vec::new();
    let (mut arrived, total) = (0, response.content_length());
    while let Some(piece) = response.chunk().await.map_err(|error| failure::receiving(error, true, address))? {
        observe(attempt, &mut arrived, &piece, total);
        decoded.clear();
        splitter.push(&piece, &mut decoded).map_err(|error| unsplittable(error, limit))?;
        if !decoded.is_empty() {
            attempt.sink.write(&decoded).await.map_err(|error| error.with_outcome(CallOutcome::Accepted))?;
        }
    }
    attempt.taps.iter_mut().for_each(|tap| tap.complete());
    let (rest, found) = splitter.finish().map_err(|error| unsplittable(error, limit))?;
    Ok((rest.into(), found.then(|| attempt.sink.described())))
}

fn observe(attempt: &mut Attempt<'_>, arrived: &mut u64, piece: &[u8], total: Option<u64>) {
    *arrived += piece.len() as u64;
    attempt.taps.iter_mut().for_each(|tap| tap.piece(piece, *arrived, total));
}

fn unsplittable(error: SplitError, limit: usize) -> Error {
    match error {
        SplitError::RestTooLarge => too_large(limit, true),
        SplitError::Sink(error) => broken(&error.to_string()),
        SplitError::NotBase64 => broken("its content is not standard base64"),
        SplitError::Malformed => broken("it is not JSON"),
    }
}

fn broken(why: &str) -> Error {
    Error::because(&row::PEER_PROTOCOL, format!("the answer cannot be read: {why}")).with_outcome(CallOutcome::Accepted)
}

fn too_large(limit: usize, success: bool) -> Error {
    let outcome = if success { CallOutcome::Accepted } else { CallOutcome::Unknown };
    Error::because(&row::ANSWER_TOO_LARGE, format!("the answer is larger than {limit} bytes"))
        .with("limit_bytes", limit)
        .with_outcome(outcome)
}

/// The longest wait that is reported, in seconds: the largest integer that every language and JSON reader keeps.
const LONGEST_WAIT_S: u64 = (1 << 53) - 1;

/// `Retry-After` in seconds, given as seconds or as a time. A number of seconds that no clock holds is a long wait,
/// too.
fn retry_after(text: &str) -> Option<u64> {
    let text = text.trim();
    // Some servers write a fraction of a second.
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !seconds.is_empty() && [seconds, fraction].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
        // Rounded up: never too early.
        let more = u64::from(fraction.bytes().any(|byte| byte != b'0'));
        return Some(seconds.parse::<u64>().unwrap_or(LONGEST_WAIT_S).saturating_add(more).min(LONGEST_WAIT_S));
    }
    let wait_s = instant(text)?.as_second() - jiff::Timestamp::now().as_second();
    Some(u64::try_from(wait_s).unwrap_or(0))
}

/// A time in one of the forms of an HTTP date (RFC 9110 §5.6.7), or ISO 8601 with its zone. The weekday says nothing.
fn instant(text: &str) -> Option<jiff::Timestamp> {
    use jiff::{Timestamp, civil::DateTime, fmt::rfc2822::DateTimeParser, tz::TimeZone};
    const READER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    READER.parse_timestamp(text).ok().or_else(|| text.parse::<Timestamp>().ok()).or_else(|| {
        // The two obsolete forms; their weekday, which jiff would compare, is left out.
        let (_, rest) = text.split_once(' ')?;
        let read = ["%d-%b-%y %H:%M:%S GMT", "%b %d %H:%M:%S %Y"].map(|form| DateTime::strptime(form, rest));
        let [rfc850, asctime] = read;
        Some(rfc850.or(asctime).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_in_every_form() {
        for (text, seconds) in [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("0", Some(0)),
            ("3600.0", Some(3600)),
            ("1.5", Some(2)),
            ("", None),
            (".", None),
            ("soon", None),
            ("-1", None),
            ("1,5", None),
            ("Sun, 31 Feb 2893 08:49:37 GMT", None),
            ("99999999999999999999999", Some(LONGEST_WAIT_S)),
            ("18446744073709551615", Some(LONGEST_WAIT_S)),
        ] {
            assert_eq!(retry_after(text), seconds, "{text}");
        }
        // The same time in every form; the weekday of the second is wrong.
        let at: jiff::Timestamp = "2893-11-06T08:49:37Z".parse().expect("a time");
        for text in [
            "Fri, 06 Nov 2893 08:49:37 GMT",
            "Mon, 06 Nov 2893 08:49:37 GMT",
            "Fri Nov  6 08:49:37 2893",
            "Mon Nov 06 08:49:37 2893",
            "2893-11-06T08:49:37Z",
            "2893-11-06T09:49:37+01:00",
        ] {
            assert_eq!(instant(text), Some(at), "{text}");
            assert!(retry_after(text).is_some_and(|seconds| seconds > 1_000_000_000), "{text}");
        }
        assert_eq!(instant("Sunday, 29-Nov-26 23:00:00 GMT"), "2026-11-29T23:00:00Z".parse().ok());
        assert_eq!(instant("Sunday, 06-Nov-94 08:49:37 GMT"), "1994-11-06T08:49:37Z".parse().ok());
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
    }
}
