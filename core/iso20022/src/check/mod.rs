//! All problems of a payment file that can be found without the bank.
//!
//! ```text
//!  tokens ─┬─► schema ─────────────────────────────────────────────────────► faults ──┐
//!          └─► typed reader ─► batch, transaction, party, remittance, tally ─► findings, the worst kept
//!                                                                    └──────► overview: counts and sums
//! ```
//!
//! A file of any size is read once, one transaction at a time. The rules themselves are in [`crate::rules`]; here they
//! are applied to a file, and each finding gets its place.

mod batch;
mod duplicates;
mod findings;
mod overview;
mod party;
mod place;
mod remittance;
mod schema;
mod tally;
mod transaction;
mod visit;

use std::cell::RefCell;
use std::io::{self, Read};

use bankchannel_foundation::model::Date;
use jiff::{Timestamp, tz::TimeZone};

use bankchannel_xml::{XmlFault, XmlRules, XmlToken, XmlTokens};

use crate::data::{HeldCount, MessageSequence, open_tokens};
use crate::payment;
use crate::rules::{BankProfile, Finding, Rule};
use crate::schema::MessageType;
use schema::SchemaWatch;
use visit::RuleVisitor;

pub use findings::MAX_FINDINGS;
pub use overview::{CheckedBatch, CheckedPayment, MAX_BATCHES};

/// The options of a check.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// The bank's differences.
    pub profile: BankProfile,
    /// Today.
    pub today: Date,
    /// The file's encoding, if it declares none or a wrong one.
    pub encoding: Option<String>,
    /// Whether execution dates are compared with today and with the days on which banks settle.
    pub judges_dates: bool,
}

impl CheckOptions {
    /// A check on a day, with the common rules.
    pub fn on(today: Date) -> Self {
        Self { profile: BankProfile::default(), today, encoding: None, judges_dates: true }
    }

    /// A check at an instant, in milliseconds since 1970, with the common rules; today is this computer's day.
    pub fn at_ms(now_ms: i64) -> Self {
        Self::in_zone(now_ms, TimeZone::system())
    }

    /// The same with today's date in this time zone.
    pub fn in_zone(now_ms: i64, zone: TimeZone) -> Self {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
        Self::on(Date(now.to_zoned(zone).date()))
    }
}

/// The result of checking a payment file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentCheck {
    /// The message name that the file declares, such as `pain.001.001.09`.
    pub message_name: Option<String>,
    /// The findings, in the order of the file; at most [`MAX_FINDINGS`], errors before others.
    pub findings: Vec<Finding>,
    /// The number of errors, including those not listed.
    pub errors: u64,
    /// The number of warnings, including those not listed.
    pub warnings: u64,
    /// An overview of the payment, if the file could be read.
    pub payment: Option<CheckedPayment>,
}

impl PaymentCheck {
    /// Whether there are no errors.
    pub fn is_good(&self) -> bool {
        self.errors == 0
    }
}

/// Is told each finding as it is found, before it is known whether the result lists it.
pub type FindingListener<'l> = &'l mut dyn FnMut(&Finding);

/// Checks a payment file of any size as it is read. A faulty file is a result, not an error.
///
/// # Errors
/// The input could not be read.
pub fn check(input: impl Read, options: &CheckOptions) -> io::Result<PaymentCheck> {
    check_telling(input, options, &mut |_| {})
}

/// The same; the listener is told all findings of rules, those beyond [`MAX_FINDINGS`] too.
///
/// # Errors
/// As [`check`].
pub fn check_telling(
    input: impl Read,
    options: &CheckOptions,
    listener: FindingListener<'_>,
) -> io::Result<PaymentCheck> {
    let mut failure = None;
    let watch = RefCell::new(SchemaWatch::new(&options.profile));
    let mut see = |token: &XmlToken<'_>| watch.borrow_mut().see(token);
    let input = NotingInput { input, failure: &mut failure };
    let tokens = open_tokens(input, options.encoding.as_deref(), XmlRules::strict());
    let tokens = tokens.map(|tokens| tokens.watched(Box::new(&mut see)));
    let mut visitor = RuleVisitor::new(options, &watch, listener);
    let read = tokens.and_then(|tokens| judge(tokens, &watch, &mut visitor));
    let mut findings = visitor.findings;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let watch = watch.into_inner();
    let (message_name, message) = (watch.message_name(), watch.message());
    let (faults, kept) = watch.finish();
    let payment = match read {
        Ok(payment) => payment,
        // Without a schema's word, the reader says why it is no payment file.
        Err(fault) => {
            findings.add(fault.into());
            None
        }
    };
    findings.add_schema(faults, kept);
    let (errors, warnings) = (findings.errors, findings.warnings);
    let mut list = findings.into_list();
    if let Some(Ok(schema)) = message.map(MessageType::schema) {
        for path in list.iter_mut().filter_map(|finding| finding.path.as_mut()) {
            *path = schema.number_path(path);
        }
    }
    Ok(PaymentCheck { message_name, findings: list, errors, warnings, payment })
}

/// Reads a file and applies the rules; `None` for another message.
fn judge(
    tokens: XmlTokens<'_>,
    watch: &RefCell<SchemaWatch<'_>>,
    visitor: &mut RuleVisitor<'_, '_>,
) -> Result<Option<CheckedPayment>, XmlFault> {
    let mut file = MessageSequence::over(tokens, false);
    file.root()?;
    if let Some(refused) = watch.borrow().refused() {
        visitor.findings.add(refused);
        return Ok(None);
    }
    if let Some(newer) = watch.borrow().newer() {
        visitor.findings.add(newer);
    }
    if let Some(note) = file.tokens.encoding_note() {
        let change = "correct the declaration, or save the file in the encoding that it declares";
        visitor.findings.add(Finding::error(Rule::Encoding, note, change).reason("FF01").line(1));
    } else if file.tokens.encoding().name().starts_with("UTF-16") {
        let found =
            Finding::warning(Rule::Encoding, "the file is encoded as UTF-16", "save it as UTF-8, as banks take it");
        visitor.findings.add(found.line(1));
    }
    let read = payment::visit(&mut file, HeldCount::default(), visitor)?;
    Ok(Some(visitor.finish(&read)))
}

/// Keeps the error of an input, which the XML reader reports as a problem of the file.
struct NotingInput<'n, R> {
    input: R,
    failure: &'n mut Option<io::Error>,
}

impl<R: Read> Read for NotingInput<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                *self.failure = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}
