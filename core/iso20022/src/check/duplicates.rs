//! Duplicates inside one file.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};

use crate::data::placeholder;
use crate::payment::{PaymentBatch, PaymentFile, PaymentTransaction};
use crate::rules::{Finding, Rule, money};

use super::findings::Findings;
use super::transaction::Here;

/// The parts of the file seen so far.
pub(super) struct Seen<'f> {
    file: &'f PaymentFile,
    batch_ids: HashMap<&'f str, usize>,
    /// End-to-end ids of the current batch, with the line of each.
    end_to_end_ids: HashMap<&'f str, u64>,
    uetrs: HashMap<&'f str, u64>,
    /// The first transaction of each content, by its hash.
    contents: HashMap<u64, (usize, usize)>,
    hasher: RandomState,
}

impl<'f> Seen<'f> {
    pub(super) fn new(file: &'f PaymentFile) -> Self {
        Self {
            file,
            batch_ids: HashMap::new(),
            end_to_end_ids: HashMap::new(),
            uetrs: HashMap::new(),
            contents: HashMap::new(),
            hasher: RandomState::new(),
        }
    }

    /// A new batch.
    pub(super) fn batch(&mut self, number: usize, path: &str, findings: &mut Findings) {
        self.end_to_end_ids.clear();
        let Some(id) = self.file.batches[number].id.as_deref() else { return };
        let Some(first) = self.batch_ids.insert(id, number) else { return };
        let line = self.file.batches[first].line;
        let message = format!("the batch of line {line} has the same id");
        let found = Finding::error(Rule::DuplicateIdentifier, message, "give each batch a unique id").reason("DU02");
        findings.add(found.value(id).line(self.file.batches[number].line).path("PmtInfId").path(path));
    }

    /// A transaction: its place in the file, from 0.
    pub(super) fn transaction(&mut self, at: (usize, usize), here: &Here<'_>, findings: &mut Findings) {
        let batch = &self.file.batches[at.0];
        let one = &batch.transactions[at.1];
        if let Some(id) = one.end_to_end_id.as_deref().filter(|id| !placeholder(id))
            && let Some(line) = self.end_to_end_ids.insert(id, one.line)
        {
            let message = format!("the transaction of line {line} in the same batch has the same end-to-end id");
            let found = Finding::error(
                Rule::DuplicateIdentifier,
                message,
                "give each payment a unique id, or remove the duplicate",
            );
            findings.add(here.place(found.reason("DU04").value(id), "PmtId/EndToEndId"));
        }
        if let Some(uetr) = one.uetr.as_deref()
            && let Some(line) = self.uetrs.insert(uetr, one.line)
        {
            let message = format!("the transaction of line {line} has the same UETR");
            let found = Finding::error(
                Rule::DuplicateIdentifier,
                message,
                "give each payment a unique UETR, or remove the duplicate",
            );
            findings.add(here.place(found.reason("DU03").value(uetr), "PmtId/UETR"));
        }
        self.content(at, batch, one, here, findings);
    }

    fn content(
        &mut self,
        at: (usize, usize),
        batch: &PaymentBatch,
        one: &PaymentTransaction,
        here: &Here<'_>,
        findings: &mut Findings,
    ) {
        if one.money.is_none() || account(one).is_none() {
            return;
        }
        let hash = hash(&self.hasher, batch, one);
        let first = *self.contents.entry(hash).or_insert(at);
        if first == at {
            return;
        }
        let (first_batch, first) = (&self.file.batches[first.0], &self.file.batches[first.0].transactions[first.1]);
        if !equal((first_batch, first), (batch, one)) {
            return;
        }
        let message = format!(
            "the transactions of lines {} and {} pay the same amount to the same account with the same remittance \
             information",
            first.line, one.line
        );
        let found = Finding::warning(Rule::DuplicateTransaction, message, "remove one if it is not intended");
        let found = match account(one) {
            Some(account) => found.value(account),
            None => found,
        };
        findings.add(here.place(found.reason("AM05"), ""));
    }
}

fn account(one: &PaymentTransaction) -> Option<&str> {
    let creditor = one.creditor.as_ref()?;
    creditor.iban.as_deref().or(creditor.account.as_deref())
}

/// The fields that two transactions must share to be the same.
fn parts<'p>(batch: &'p PaymentBatch, one: &'p PaymentTransaction) -> impl Iterator<Item = String> + 'p {
    let amount = one.money.as_ref().map(|money| {
        let amount = money::written(&money.amount, &money.currency);
        format!("{} {}", amount.as_deref().unwrap_or(money.amount.as_str()), money.currency)
    });
    let date = batch.execution.as_ref().map(|moment| moment.date.0.to_string());
    let reference = one.remittance.structured.iter().filter_map(|part| part.reference.clone());
    let single = [account(one).map(str::to_owned), amount, date].into_iter().map(Option::unwrap_or_default);
    single.chain(one.remittance.lines.iter().cloned()).chain(reference)
}

fn hash(state: &RandomState, batch: &PaymentBatch, one: &PaymentTransaction) -> u64 {
    let mut hasher = state.build_hasher();
    for part in parts(batch, one) {
        part.hash(&mut hasher);
    }
    hasher.finish()
}

/// The same by comparison: two hashes may collide.
fn equal(first: (&PaymentBatch, &PaymentTransaction), second: (&PaymentBatch, &PaymentTransaction)) -> bool {
    parts(first.0, first.1).eq(parts(second.0, second.1))
}
