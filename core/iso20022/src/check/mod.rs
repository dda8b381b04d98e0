//! All problems of a payment file that can be found without the bank.
//!
//! ```text
//!  bytes ─► schema (as a tree up to 10 MiB, else in one pass) ─► typed reader ─► batch, transaction, party, remittance ─► findings, the worst kept
//!                                                 └► overview: counts and sums
//! ```
//!
//! The rules themselves are in [`crate::rules`]; here they are applied to a file, and each finding gets its place.

mod batch;
mod duplicates;
mod findings;
mod overview;
mod party;
mod place;
mod remittance;
mod schema;
mod transaction;

use std::io::{self, Read};

use bankchannel_foundation::model::Date;
use jiff::{Timestamp, tz::TimeZone};

use crate::payment::{self, PaymentFile};
use crate::problem::Problem;
use crate::rules::{Finding, Profile, Rule};
use crate::schema::StreamWalk;
use crate::xml::{self, MAX_BYTES, MAX_NODES, Tree};
use findings::Findings;

pub use findings::MAX_FINDINGS;
pub use overview::{CheckedBatch, CheckedPayment, MAX_BATCHES};

/// The options of a check.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// The bank's differences.
    pub profile: Profile,
    /// Today.
    pub today: Date,
    /// The file's encoding, if it declares none or a wrong one.
    pub encoding: Option<String>,
}

impl CheckOptions {
    /// A check at an instant, in milliseconds since 1970, with the common rules; today is this computer's day.
    pub fn at_ms(now_ms: i64) -> Self {
        Self::in_zone(now_ms, TimeZone::system())
    }

    /// The same with today's date in this time zone.
    pub fn in_zone(now_ms: i64, zone: TimeZone) -> Self {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
        Self { profile: Profile::default(), today: Date(now.to_zoned(zone).date()), encoding: None }
    }
}

/// The result of checking a payment file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The message name that the file declares, such as `pain.001.001.09`.
    pub message_name: Option<String>,
    /// The problems, in the order found; at most [`MAX_FINDINGS`], errors before others.
    pub findings: Vec<Finding>,
    /// The number of errors, including those not listed.
    pub errors: u64,
    /// The number of warnings, including those not listed.
    pub warnings: u64,
    /// An overview of the payment, if the file could be read.
    pub payment: Option<CheckedPayment>,
}

impl Checked {
    /// Whether there are no errors.
    pub fn is_good(&self) -> bool {
        self.errors == 0
    }
}

/// Checks a payment file. A faulty file is a result, not an error.
///
/// # Errors
/// The input could not be read.
pub fn check(mut input: impl Read, options: &CheckOptions) -> io::Result<Checked> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    (&mut input).take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let mut findings = Findings::default();
    if bytes.len() > MAX_BYTES {
        return in_one_pass(bytes.as_slice().chain(input), &format!("{MAX_BYTES} bytes"), options);
    }
    let text = match xml::decode_for_check(&bytes, options.encoding.as_deref()) {
        Ok(Some(text)) => text,
        Ok(None) => return in_one_pass(bytes.as_slice(), &format!("{MAX_NODES} elements and texts"), options),
        Err(problem) => return Ok(unreadable(findings, problem)),
    };
    let tree = match Tree::parse(&text) {
        Ok(tree) => tree,
        Err(problem) => return Ok(unreadable(findings, problem)),
    };
    let (message_name, goes_on) = schema::check(&tree, &options.profile, &mut findings);
    if !goes_on {
        return Ok(answer(findings, message_name, None));
    }
    // The text is UTF-8, whatever the file's encoding was.
    let read = payment::read_with_encoding(text.as_bytes(), Some("UTF-8"));
    Ok(judged(findings, message_name, read, Some(&tree), options))
}

/// The check of a file that is too large for a tree.
fn in_one_pass(input: impl Read, most: &str, options: &CheckOptions) -> io::Result<Checked> {
    let mut findings = Findings::default();
    findings.add(Finding::warning(
        Rule::Schema,
        format!(
            "the file has more than {most}, so its schema was checked in one pass: elements, their order and their \
             values, but not the namespaces of single elements"
        ),
        "split it, or check it against the schema in another way",
    ));
    let (mut failure, mut walk) = (None, StreamWalk::default());
    let input = Noting { input, failure: &mut failure };
    let read = payment::read_watched(input, options.encoding.as_deref(), &mut |token| walk.see(token));
    if let Some(failure) = failure {
        return Err(failure);
    }
    // A file of another version gets a single finding.
    let known = read.as_ref().map_or(true, |file| schema::version_finding(&file.message, &options.profile).is_none());
    for problem in walk.problems().into_iter().filter(|_| known) {
        findings.add(schema::finding(problem));
    }
    Ok(judged(findings, None, read, None, options))
}

/// Applies the rules to the parsed file.
fn judged(
    mut findings: Findings,
    message_name: Option<String>,
    read: Result<PaymentFile, Problem>,
    tree: Option<&Tree<'_>>,
    options: &CheckOptions,
) -> Checked {
    let file = match read {
        Ok(file) => file,
        Err(problem) => {
            // If the schema was checked, it has reported this already.
            if tree.is_none() || findings.errors == 0 {
                findings.add(schema::finding(problem));
            }
            return answer(findings, message_name, None);
        }
    };
    let message_name = message_name.or_else(|| file.message.name.clone());
    if tree.is_none() {
        if let Some(finding) = schema::version_finding(&file.message, &options.profile) {
            findings.add(finding);
            return answer(findings, message_name, None);
        }
        let by_schema = place::said_by_schema(&mut findings);
        for problem in file.problems.iter().filter(|problem| !by_schema.contains(&place::plain_path(&problem.path))) {
            let found = Finding::error(Rule::Schema, problem.message.clone(), "correct it").reason("FF01");
            findings.add(found.value(&problem.value).line(problem.line).path(&problem.path));
        }
    }
    batch::check_file(&file, options, &mut findings);
    if let Some(tree) = tree {
        place::find_lines(tree, &mut findings);
    }
    place::drop_doubles(&mut findings);
    let payment = overview::of(&file);
    answer(findings, message_name, Some(payment))
}

fn unreadable(mut findings: Findings, problem: Problem) -> Checked {
    findings.add(schema::finding(problem));
    answer(findings, None, None)
}

fn answer(findings: Findings, message_name: Option<String>, payment: Option<CheckedPayment>) -> Checked {
    Checked {
        message_name,
        errors: findings.errors,
        warnings: findings.warnings,
        findings: findings.into_list(),
        payment,
    }
}

/// Keeps the error of an input, which the XML reader reports as a problem of the file.
struct Noting<'n, R> {
    input: R,
    failure: &'n mut Option<io::Error>,
}

impl<R: Read> Read for Noting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                *self.failure = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}
