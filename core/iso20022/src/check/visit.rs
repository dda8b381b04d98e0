//! The rules applied to a payment file as it is read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use bankchannel_foundation::model::Date;
use bankchannel_xml::XmlElement;

use super::batch::{self, BatchCase, BatchFacts, BatchScheme};
use super::duplicates::SeenTransactions;
use super::findings::CheckFindings;
use super::overview::{CheckedBatch, CheckedPayment, MAX_BATCHES};
use super::party::NameRule;
use super::place::line_at;
use super::schema::SchemaWatch;
use super::tally::TransactionTally;
use super::transaction::{self, TransactionPlace};
use super::{CheckOptions, FindingListener};
use crate::payment::{PAYMENT_PATH, PaymentBatch, PaymentFile, PaymentTransaction, PaymentVisitor};
use crate::rules::{Finding, Level, Rule, payee};

/// Maximum number of different execution dates that are counted.
const MAX_DATES: usize = 1000;

/// Applies all rules, and keeps what later parts are compared with.
pub(super) struct RuleVisitor<'o, 'w> {
    options: &'o CheckOptions,
    watch: &'w RefCell<SchemaWatch<'o>>,
    listener: FindingListener<'w>,
    pub(super) findings: CheckFindings,
    seen: SeenTransactions,
    file: TransactionTally,
    batch_count: u64,
    batches: Vec<CheckedBatch>,
    dates: BTreeSet<Date>,
    /// The narrowest rules of the names in its batches.
    names: NameRule,
    /// The header's statements, with the lines of its elements.
    header: Option<StatedHeader>,
    current: Option<CurrentBatch<'o>>,
}

/// The header's counts, which are compared at the end.
struct StatedHeader {
    line: u64,
    count_line: u64,
    sum_line: u64,
    name_line: u64,
}

/// The batch whose transactions are read.
struct CurrentBatch<'o> {
    path: String,
    head: PaymentBatch,
    case: BatchCase<'o>,
    tally: TransactionTally,
    facts: BatchFacts,
}

impl<'o, 'w> RuleVisitor<'o, 'w> {
    pub(super) fn new(
        options: &'o CheckOptions,
        watch: &'w RefCell<SchemaWatch<'o>>,
        listener: FindingListener<'w>,
    ) -> Self {
        Self {
            options,
            watch,
            listener,
            findings: CheckFindings::default(),
            seen: SeenTransactions::default(),
            file: TransactionTally::default(),
            batch_count: 0,
            batches: Vec::new(),
            dates: BTreeSet::new(),
            names: NameRule::Schema,
            header: None,
            current: None,
        }
    }

    /// Adds a finding, unless the schema has reported its element.
    pub(super) fn add(&mut self, finding: Finding) {
        let by_schema = finding.path.as_deref().is_some_and(|path| self.watch.borrow_mut().has_fault_at(path));
        if !by_schema {
            (self.listener)(&finding);
            self.findings.add(finding);
        }
    }

    fn add_all(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            self.add(finding);
        }
    }

    /// Values that could not be read: in a payment file they are errors.
    fn add_unreadable(&mut self, problems: Vec<Finding>) {
        for problem in problems {
            let change = "correct it".to_owned();
            self.add(Finding { level: Level::Error, change, ..problem }.reason("FF01"));
        }
    }

    /// The findings about the whole file, after its last batch; returns its overview.
    pub(super) fn finish(&mut self, file: &PaymentFile) -> CheckedPayment {
        if let Some(header) = self.header.take() {
            let path = format!("{PAYMENT_PATH}/GrpHdr");
            let name = file.initiating_party.as_ref().and_then(|party| party.name.as_deref());
            let long_name = name.and_then(|name| self.names.check(name));
            let found = [
                (long_name.map(|found| found.path("InitgPty/Nm")), header.name_line),
                (batch::count(file.count, self.file.count, "AM18"), header.count_line),
                (batch::sum(file.sum.as_ref(), self.file.sum(), "AM10"), header.sum_line),
                (batch::unwanted_sum(file.sum.as_ref(), &self.options.profile), header.sum_line),
                (batch::size(self.file.count, self.options.profile.file_transactions, "file"), header.line),
            ];
            for (finding, line) in found {
                if let Some(finding) = finding {
                    self.add(finding.line(line).path(&path));
                }
            }
        }
        if self.options.profile.one_batch_per_file && self.batch_count > 1 {
            self.add(payee::several_batches().path(PAYMENT_PATH));
        }
        if self.options.profile.one_date_per_file && self.dates.len() > 1 {
            let message = format!("the file has {} execution dates, but the bank takes one", self.dates.len());
            self.add(Finding::error(Rule::Date, message, "make a file for each date").path(PAYMENT_PATH));
        }
        CheckedPayment::new(file, &self.file, self.batch_count, std::mem::take(&mut self.batches))
    }

    /// The current batch, which begins with its first transaction.
    fn begin(&mut self, element: XmlElement<'_>) -> CurrentBatch<'o> {
        self.batch_count += 1;
        let head = PaymentBatch::read_head(element);
        let scheme = BatchScheme::for_kind(&head.kind);
        CurrentBatch {
            path: format!("{PAYMENT_PATH}/PmtInf[{}]", self.batch_count),
            case: BatchCase::new(&head, scheme, self.options),
            head,
            tally: TransactionTally::default(),
            facts: BatchFacts::default(),
        }
    }
}

impl PaymentVisitor for RuleVisitor<'_, '_> {
    fn header(&mut self, file: &PaymentFile, element: XmlElement<'_>, problems: Vec<Finding>) {
        self.add_unreadable(problems);
        let mut found = batch::header(file, self.options);
        for finding in &mut found {
            finding.line = Some(line_at(element, finding.path.as_deref().unwrap_or_default()));
        }
        let path = format!("{PAYMENT_PATH}/GrpHdr");
        self.add_all(found.into_iter().map(|finding| finding.path(&path)).collect());
        let line = |name| line_at(element, name);
        self.header = Some(StatedHeader {
            line: element.line(),
            count_line: line("NbOfTxs"),
            sum_line: line("CtrlSum"),
            name_line: line("InitgPty/Nm"),
        });
    }

    fn transaction(
        &mut self,
        one: PaymentTransaction,
        element: XmlElement<'_>,
        batch: XmlElement<'_>,
        problems: Vec<Finding>,
    ) {
        self.add_unreadable(problems);
        let mut current = match self.current.take() {
            Some(current) => current,
            None => self.begin(batch),
        };
        self.file.add(&one);
        current.tally.add(&one);
        current.facts.add(&one);
        let here = TransactionPlace::new(&current.path, element, (self.file.count, current.tally.count));
        let mut found = Vec::new();
        transaction::check(&one, &current.head, &current.case, &here, &mut |finding| found.push(finding));
        let numbered = (self.batch_count, &current.head);
        self.seen.transaction(&one, numbered, &here, &mut |finding| found.push(finding));
        self.add_all(found);
        self.current = Some(current);
    }

    fn batch(&mut self, batch: PaymentBatch, element: XmlElement<'_>, problems: Vec<Finding>) {
        self.add_unreadable(problems);
        let current = match self.current.take() {
            Some(current) => current,
            None => self.begin(element),
        };
        if let Some(moment) = batch.execution.as_ref().filter(|_| self.dates.len() < MAX_DATES) {
            self.dates.insert(moment.date);
        }
        self.names = self.names.max(current.facts.names(&batch, current.case.scheme));
        let mut found: Vec<Finding> = self.seen.batch(&batch).into_iter().collect();
        batch::check(&batch, &current.tally, &current.facts, self.options, &mut |finding| found.push(finding));
        for finding in &mut found {
            finding.line = Some(line_at(element, finding.path.as_deref().unwrap_or_default()));
        }
        let placed = found.into_iter().map(|finding| finding.path(&current.path)).collect();
        self.add_all(placed);
        if self.batches.len() < MAX_BATCHES {
            self.batches.push(CheckedBatch::new(&batch, &current.tally));
        }
    }
}
