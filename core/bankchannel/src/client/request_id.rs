//! The request id of a call: its format, the header that carries it, and its place in errors and in the log.
//!
//! ```text
//!   CallOptions::request_id ─► checked, before anything is sent ─┬─► X-Request-ID of every attempt
//!                                                                └─► the call's log, the context of its error
//! ```

use bankchannel_foundation::{CallOutcome, Error, Result, message::is_request_id, redact::redact_words};

use super::ProtocolClient;
use crate::{CallOptions, LogLevel, LogLine};

/// The header that carries the id.
pub(super) const HEADER: &str = "X-Request-ID";

/// The option, as errors name it: the field of an invalid id, the key of the id in an error's context.
pub(super) const OPTION: &str = "request_id";

/// A protocol's own rule for an id that has the general format. It returns the reason why the id is invalid, without
/// the id itself.
pub(crate) type RequestIdRule = fn(&str) -> Result<(), &'static str>;

/// The rule of protocols that accept every id, and of operations that send nothing.
pub(crate) const ANY: RequestIdRule = |_| Ok(());

impl CallOptions {
    /// Checks the format of the request id, as every call does before it sends anything. A program that carries out
    /// local operations on its own, without a call, can check its options with this.
    ///
    /// # Errors
    /// `input.invalid_field`, outcome `not_sent`. The text never has the given value: it may be a misplaced secret.
    pub fn check_request_id(&self) -> Result<()> {
        self.check_request_id_by(ANY)
    }

    /// The same with a protocol's own rule.
    pub(crate) fn check_request_id_by(&self, rule: RequestIdRule) -> Result<()> {
        let Some(id) = &self.request_id else { return Ok(()) };
        check_text(id, rule).map_err(|why| Error::invalid_field(OPTION, why).with_outcome(CallOutcome::NotSent))
    }

    /// Adds the request id to the context of an error, if the call has a valid one. A part that looks like a token, 40
    /// characters or more, is redacted, as everywhere in errors and logs.
    #[must_use]
    pub fn add_request_id(&self, error: Error) -> Error {
        self.add_request_id_by(ANY, error)
    }

    /// The same with a protocol's own rule.
    pub(crate) fn add_request_id_by(&self, rule: RequestIdRule, error: Error) -> Error {
        match &self.request_id {
            Some(id) if check_text(id, rule).is_ok() => error.with(OPTION, redact_words(id)),
            _ => error,
        }
    }
}

/// Checks the request id of a call of this client.
///
/// # Errors
/// As [`CallOptions::check_request_id`].
pub(crate) fn check<C: ProtocolClient>(options: &CallOptions) -> Result<()> {
    options.check_request_id_by(C::REQUEST_ID)
}

/// Adds the request id of a call of this client to the call's error.
pub(crate) fn add<C: ProtocolClient>(options: &CallOptions, error: Error) -> Error {
    options.add_request_id_by(C::REQUEST_ID, error)
}

fn check_text(id: &str, rule: RequestIdRule) -> Result<(), &'static str> {
    if is_request_id(id) {
        rule(id)
    } else {
        Err("must have 1 to 100 characters, each an ASCII letter, a digit or one of - . _ ~ :")
    }
}

/// Logs the id of a message that is about to be sent.
pub(super) fn log(operation: &str, id: &str, options: &CallOptions) {
    if options.is_logged() {
        let id = redact_words(id);
        options.log_line(
            LogLevel::Debug,
            LogLine::new(format!("{operation}: X-Request-ID {id}")).with("x_request_id", id),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(id: &str, rule: RequestIdRule) -> Result<()> {
        CallOptions { request_id: Some(id.to_owned()), ..CallOptions::default() }.check_request_id_by(rule)
    }

    #[test]
    fn an_id_has_1_to_100_letters_digits_and_marks() {
        for good in ["a", "4eba4445-1a4b-47b8-bdd5-4e56ef026b19", "job:7", &"x".repeat(100), "A_~.:-9"] {
            assert!(checked(good, ANY).is_ok(), "{good}");
        }
        for bad in ["", " a", "a b", "a/b", "é", "a\r\nx: y", "a\0", "a,b", "a+b", &"x".repeat(101)] {
            let error = checked(bad, ANY).unwrap_err();
            let shown = (error.code(), error.detail("field"), error.outcome());
            assert_eq!(shown, ("input.invalid_field", Some(OPTION), Some(CallOutcome::NotSent)), "{bad:?}");
        }
        let secret = "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=";
        assert!(!checked(secret, ANY).unwrap_err().to_json().to_string().contains("9Ty4"));
        assert!(CallOptions::default().check_request_id().is_ok());
    }

    #[test]
    fn only_a_valid_id_is_added_to_an_error() {
        let error = || Error::internal("why");
        let with = |id: &str| CallOptions { request_id: Some(id.to_owned()), ..CallOptions::default() };
        assert_eq!(with("job-7").add_request_id(error()).detail(OPTION), Some("job-7"));
        let token = "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2";
        assert_eq!(with(token).add_request_id(error()).detail(OPTION), Some("[redacted]"));
        assert_eq!(with("job 7").add_request_id(error()).detail(OPTION), None);
        assert_eq!(with("job-7").add_request_id_by(|_| Err("no"), error()).detail(OPTION), None);
        assert_eq!(CallOptions::default().add_request_id(error()).detail(OPTION), None);
    }
}
