//! Why the bank does not book a payment file.

use std::collections::{BTreeMap, BTreeSet};

use bankchannel_iso20022::rules::{Finding, Level, Rule};
use bankchannel_xml::text::shorten;

use crate::MAX_PAYMENT_BYTES;

/// Maximum number of faults that a rejection describes; a status report has no room for more.
const MAX_TOLD: usize = 5;

/// Longest text about one of them, in characters.
const MAX_TEXT: usize = 500;

/// The reason code of a file that the bank cannot read.
const FORMAT: &str = "FF01";
/// The reason code of a fault without one.
const OTHER: &str = "NARR";

/// The faults of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PaymentFaults {
    /// The codes in the order found, each with texts.
    pub(crate) reasons: Vec<(String, Vec<String>)>,
    told: usize,
    pub(crate) parts: FaultyParts,
}

/// The parts of a file that are at fault, each with the code of its first fault. Batches by number, from 0;
/// transactions by batch and number, or by their number in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FaultyParts {
    file: Option<String>,
    batches: BTreeMap<usize, String>,
    transactions: BTreeMap<(usize, usize), String>,
    numbers: BTreeMap<u64, String>,
}

impl FaultyParts {
    pub(crate) fn batches(batches: BTreeSet<usize>) -> Self {
        Self { batches: batches.into_iter().map(|at| (at, String::new())).collect(), ..Self::default() }
    }

    pub(crate) fn transactions(transactions: BTreeSet<(usize, usize)>) -> Self {
        Self { transactions: transactions.into_iter().map(|at| (at, String::new())).collect(), ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.transactions.is_empty()
    }

    /// The same with one code for all.
    fn with(mut self, code: &str) -> Self {
        let all = self.batches.values_mut().chain(self.transactions.values_mut());
        all.for_each(|own| code.clone_into(own));
        self
    }

    /// The code of a transaction that is at fault, or in a batch or a file that is: its batch and its number there, and
    /// its number in the file, from 1.
    pub(crate) fn code_of(&self, at: (usize, usize), number: u64) -> Option<&str> {
        let own = self.transactions.get(&at).or_else(|| self.numbers.get(&number));
        own.or_else(|| self.batches.get(&at.0)).or(self.file.as_ref()).map(String::as_str)
    }
}

impl PaymentFaults {
    /// A rejection because of these parts, if there are any.
    pub(crate) fn unless_empty(code: &str, texts: Vec<String>, parts: FaultyParts) -> Result<(), Box<Self>> {
        if parts.is_empty() {
            return Ok(());
        }
        let mut faults = Self { parts: parts.with(code), ..Self::default() };
        for text in texts {
            faults.tell(code, &text);
        }
        Err(Box::new(faults))
    }

    fn of_file(code: &str, text: &str) -> Self {
        let mut faults = Self::default();
        faults.parts.file = Some(code.to_owned());
        faults.tell(code, text);
        faults
    }

    /// A rejection of a file that is too large to be read.
    pub(crate) fn of_size(bytes: usize) -> Self {
        let text = format!("the file has {bytes} bytes, more than {MAX_PAYMENT_BYTES}; split it into several files");
        Self::of_file(FORMAT, &text)
    }

    /// A rejection because the statement could not be downloaded.
    pub(crate) fn too_large() -> Self {
        let text = "the statement of so many transactions would be too large to download; split the file into several";
        Self::of_file(FORMAT, text)
    }

    /// A rejection because the bank has seen the message id.
    pub(crate) fn duplicate() -> Self {
        Self::of_file("DU01", "the bank has received a file with this message id before; nothing of this one is booked")
    }

    /// A rejection because the order was cancelled after its payee check.
    pub(crate) fn cancelled() -> Self {
        Self::of_file("DS02", "the order was cancelled at the bank; nothing of it is booked")
    }

    /// Whether the bank cannot read the file, so that no transaction of it can be named.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.parts.file.as_deref() == Some(FORMAT)
    }

    /// Takes note of the part that a finding of the rules is about; its text comes with [`Self::tell_findings`].
    pub(crate) fn add_part(&mut self, finding: &Finding) {
        if finding.level != Level::Error || is_of_format(finding) {
            return;
        }
        let code = code_of(finding);
        match (finding.transaction, batch_of(finding)) {
            (Some(number), _) => drop(self.parts.numbers.entry(number).or_insert(code)),
            (None, Some(batch)) => drop(self.parts.batches.entry(batch).or_insert(code)),
            (None, None) => drop(self.parts.file.get_or_insert(code)),
        }
    }

    /// Adds the findings of a check, in the order of the file. If some make the file unreadable, only they count.
    pub(crate) fn tell_findings(&mut self, findings: &[Finding]) {
        let errors = || findings.iter().filter(|one| one.level == Level::Error);
        if errors().any(is_of_format) {
            *self = Self::default();
            self.parts.file = Some(FORMAT.to_owned());
        }
        let unreadable = self.is_unreadable();
        for finding in errors().filter(|one| !unreadable || is_of_format(one)) {
            let code = if unreadable { FORMAT.to_owned() } else { code_of(finding) };
            self.tell(&code, &finding.to_string());
        }
    }

    fn tell(&mut self, code: &str, text: &str) {
        if self.told == MAX_TOLD {
            return;
        }
        self.told += 1;
        let text = shorten(text, MAX_TEXT);
        match self.reasons.iter_mut().find(|(known, _)| known == code) {
            Some((_, texts)) => texts.push(text),
            None => self.reasons.push((code.to_owned(), vec![text])),
        }
    }
}

/// The reason code of a finding.
fn code_of(finding: &Finding) -> String {
    finding.reason.clone().unwrap_or_else(|| OTHER.to_owned())
}

/// Whether a finding means that the file cannot be read as a payment of the version that the bank takes.
fn is_of_format(finding: &Finding) -> bool {
    [Rule::Schema, Rule::Version, Rule::Value, Rule::Encoding].iter().any(|rule| finding.rule == rule.name())
}

/// The number of the batch that a finding is about, from 0.
fn batch_of(finding: &Finding) -> Option<usize> {
    let (_, behind) = finding.path.as_deref()?.split_once("/PmtInf[")?;
    behind.split(']').next()?.parse::<usize>().ok()?.checked_sub(1)
}
