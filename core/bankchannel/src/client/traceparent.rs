//! The trace that a call belongs to: the `traceparent` of W3C Trace Context, which goes along where the settings allow it.

use bankchannel_foundation::{CallOutcome, Error, Result, message::trace_id};

use crate::CallOptions;

/// The header, in W3C Trace Context, level 1.
pub(super) const HEADER: &str = "traceparent";

impl CallOptions {
    /// Checks the form of `traceparent`. The error never has the given value.
    ///
    /// # Errors
    /// `input.invalid_field`, outcome `not_sent`.
    pub fn check_traceparent(&self) -> Result<()> {
        match &self.traceparent {
            Some(given) if trace_id(given).is_none() => {
                let why = "must be that of W3C Trace Context: 00, a trace id of 32, a span id of 16 and flags of 2 lower-case hex \
                           digits, joined by -; no id is zero";
                Err(Error::invalid_field(HEADER, why).with_outcome(CallOutcome::NotSent))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_traceparent_is_refused_without_its_text() {
        let of = |given: &str| CallOptions { traceparent: Some(given.into()), ..CallOptions::default() };
        assert!(of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").check_traceparent().is_ok());
        assert!(CallOptions::default().check_traceparent().is_ok());
        let error = of("a-misplaced-secret").check_traceparent().unwrap_err();
        assert_eq!((error.code(), error.outcome()), ("input.invalid_field", Some(CallOutcome::NotSent)));
        assert!(!error.to_string().contains("misplaced") && error.detail("field") == Some(HEADER));
    }
}
