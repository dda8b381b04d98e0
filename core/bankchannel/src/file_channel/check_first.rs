//! Checks a payment file before it is signed or sent.

use bankchannel_foundation::{
    Error, Result,
    clock::{Clock as _, SystemClock},
    error::row,
    model::Boundary,
};
use bankchannel_iso20022::{
    check::{CheckOptions, check},
    errors,
    rules::{BankProfile, Level, PaymentVersion, ProfileOptions},
};

use crate::client::source::UploadSource;

/// The check of a payment file before sending.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct CheckFirst {
    /// Whether to check the content as a payment file before signing or sending: see `iso20022.check_payment`. An error
    /// ends the call with `iso20022.payment_refused`; warnings do not. The check reads the file as a
    /// stream. Default: true for the file types `pain.001.001.03` and `pain.001.001.09`, where an execution date
    /// long ago is then no error, and for a bank's own word for payments, if the content is one of the two; false for all
    /// others. The rules are those of the bank that the file goes to, as `iso20022.list_banks` has them.
    pub check: Option<bool>,
    /// Differences from the rules of the bank that the file goes to, for `check`; with a `base`, from those of the base.
    pub check_profile: Option<bankchannel_iso20022::rules::ProfileOptions>,
}

impl CheckFirst {
    /// Refuses a payment file with an error that is detectable without the bank, unless the check is switched off.
    /// `means_payments` is whether the type is the bank's own word for payments; `bank` is how that bank deviates from the
    /// common rules.
    pub(crate) fn refuse_faulty(
        self,
        source: &UploadSource,
        file_type: &str,
        means_payments: bool,
        bank: ProfileOptions,
    ) -> Result<()> {
        /// The maximum number of errors in the message.
        const TOLD: usize = 3;
        /// The age of execution dates that are no errors in a check that the caller did not ask for.
        const DAYS_BACK_ANY: u32 = u32::MAX;
        /// The maximum number of errors in the details; `check_payment` reports more.
        const LISTED: usize = 50;
        let is_asked_for = self.check.is_some();
        let is_named = PaymentVersion::of_message(file_type).is_some();
        if !self.check.unwrap_or(is_named || means_payments) {
            return Ok(());
        }
        let has_profile = self.check_profile.is_some();
        let mut profile = BankProfile::from(self.check_profile.unwrap_or_default().at_bank(bank)?);
        if !is_asked_for && !has_profile {
            // Whether a file is right does not depend on the day, unless the caller wants that.
            profile.days_back = DAYS_BACK_ANY;
        }
        let options = CheckOptions { profile, ..CheckOptions::at_ms(SystemClock::default().now_ms()) };
        let checked = check(source.reader()?, &options)
            .map_err(|why| Error::because(&row::CONTENT_UNREADABLE, format!("the content cannot be read: {why}")))?;
        let is_payment = || checked.message_name.as_deref().and_then(PaymentVersion::of_message).is_some();
        // Behind a bank's own word may be a file of an older kind, which the check does not know.
        if checked.is_good() || !(is_asked_for || is_named || is_payment()) {
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
        // Banks accept more than the standard does.
        let otherwise = if is_asked_for { "" } else { ". To send it as it is, set check to false" };
        let text = format!("the payment file has {count} {plural}, nothing was signed or sent: {told}{otherwise}");
        let error = Error::because(&errors::PAYMENT_REFUSED, text).with("field", "content").with("count", count);
        Err(error.with("problems", all.join("\n")))
    }
}
