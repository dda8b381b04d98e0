//! Checks a payment file before it is signed or sent.

use bankchannel_foundation::{
    Boundary, Error, Result,
    clock::{Clock as _, SystemClock},
    error::row,
};
use bankchannel_iso20022::{
    check::{CheckOptions, check},
    errors,
    rules::{Level, ProfileOptions},
};

use super::source::Source;

/// The check of a payment file before sending.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct CheckFirst {
    /// Whether to check the content as a payment file before signing or sending: see `iso20022.check_payment`. An error
    /// ends the call with `iso20022.payment_refused`; warnings do not. The check reads the file into memory. Default:
    /// false.
    pub check: Option<bool>,
    /// The bank's differences from the common rules, for `check`.
    pub check_profile: Option<ProfileOptions>,
}

impl CheckFirst {
    /// Refuses a payment file with an error that is detectable without the bank, if the check is switched on.
    pub(super) fn refuse_faulty(self, source: &Source) -> Result<()> {
        /// The maximum number of errors in the message.
        const TOLD: usize = 3;
        /// The maximum number of errors in the details; `check_payment` reports more.
        const LISTED: usize = 50;
        if !self.check.unwrap_or_default() {
            return Ok(());
        }
        let profile = self.check_profile.unwrap_or_default().into();
        let options = CheckOptions { profile, ..CheckOptions::at_ms(SystemClock::default().now_ms()) };
        let checked = check(source.reader()?, &options)
            .map_err(|why| Error::because(&row::CONTENT_UNREADABLE, format!("the content cannot be read: {why}")))?;
        if checked.is_good() {
            return Ok(());
        }
        let errors = checked.findings.iter().filter(|finding| finding.level == Level::Error);
        let all: Vec<String> = errors
            .take(LISTED)
            .map(|error| {
                let line = error.line.map_or_else(String::new, |line| format!("line {line}: "));
                format!("{line}{}; {}", error.message, error.change)
            })
            .collect();
        let (count, told) = (checked.errors, all[..all.len().min(TOLD)].join(". "));
        let plural = if count == 1 { "error" } else { "errors" };
        let text = format!("the payment file has {count} {plural}, nothing was signed or sent: {told}");
        let error = Error::because(&errors::PAYMENT_REFUSED, text).with("field", "content").with("count", count);
        Err(error.with("problems", all.join("\n")))
    }
}
