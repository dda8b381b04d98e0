//! Duplicates inside one file, found by hashes: a file may have a million transactions, whose contents are not kept.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState},
};

use hashbrown::HashTable;

use super::transaction::TransactionPlace;
use crate::data::placeholder;
use crate::payment::{PaymentBatch, PaymentTransaction};
use crate::rules::{Finding, Rule, identifier, money};

/// The parts of a file seen so far. Two values are equal if their keys are, which are hashes of 64 bits with a secret
/// of the process: in a file of a million transactions, a false duplicate has a probability of about 10^-7.
#[derive(Default)]
pub(super) struct SeenTransactions {
    hasher: RandomState,
    batches: SeenKeys,
    /// End-to-end ids, UETRs and contents: the same kind of value is in each key.
    transactions: SeenKeys,
}

/// Keys in the order of the file, each with the line of its holder.
#[derive(Default)]
struct SeenKeys {
    keys: Blocks<u64>,
    lines: SeenLines,
    /// The first place of each key: several tables, so that one that grows moves a part.
    places: [HashTable<u32>; 16],
}

impl SeenKeys {
    /// Adds a key; the line of the first thing that has it too.
    fn add(&mut self, line: u64, key: u64) -> Option<u64> {
        let (keys, place) = (&self.keys, u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        let hash = |place: &u32| keys.get(*place as usize);
        // The table takes the lowest and the highest bits.
        let table = &mut self.places[(key >> 32) as usize % 16];
        match table.entry(key, |place| hash(place) == key, hash) {
            hashbrown::hash_table::Entry::Occupied(first) => Some(self.lines.get(*first.get() as usize)),
            hashbrown::hash_table::Entry::Vacant(free) => {
                free.insert(place);
                self.keys.push(key);
                self.lines.push(line);
                None
            }
        }
    }
}

/// Lines that never decrease, as their distances: a byte each.
#[derive(Default)]
struct SeenLines {
    distances: Blocks<u8>,
    /// The line before each run of distances.
    bases: Blocks<u64>,
    /// Distances that a byte cannot hold, by place.
    far: BTreeMap<usize, u64>,
    last: u64,
}

impl SeenLines {
    const RUN: usize = 64;

    fn push(&mut self, line: u64) {
        if self.distances.len().is_multiple_of(Self::RUN) {
            self.bases.push(self.last);
        }
        let distance = line.saturating_sub(self.last);
        self.distances.push(u8::try_from(distance).unwrap_or_else(|_| {
            self.far.insert(self.distances.len(), distance);
            0
        }));
        self.last = line;
    }

    fn get(&self, place: usize) -> u64 {
        let from = place - place % Self::RUN;
        let near: u64 = (from..=place).map(|at| u64::from(self.distances.get(at))).sum();
        self.bases.get(place / Self::RUN) + near + self.far.range(from..=place).map(|(_, far)| far).sum::<u64>()
    }
}

/// A list that grows by blocks: a `Vec` of a million would have room for two, and hold both while it moves.
#[derive(Default)]
struct Blocks<T>(Vec<Vec<T>>);

impl<T: Copy + Default> Blocks<T> {
    const BLOCK: usize = 1 << 16;

    fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * Self::BLOCK + last.len())
    }

    fn push(&mut self, value: T) {
        match self.0.last_mut() {
            Some(last) if last.len() < Self::BLOCK => last.push(value),
            // The first block of a small file grows as it needs.
            None => self.0.push(vec![value]),
            Some(_) => {
                let mut block = Vec::with_capacity(Self::BLOCK);
                block.push(value);
                self.0.push(block);
            }
        }
    }

    fn get(&self, place: usize) -> T {
        let block = self.0.get(place / Self::BLOCK);
        block.and_then(|block| block.get(place % Self::BLOCK)).copied().unwrap_or_default()
    }
}

impl SeenTransactions {
    /// A batch that ends.
    pub(super) fn batch(&mut self, batch: &PaymentBatch) -> Option<Finding> {
        let id = batch.id.as_deref();
        let first = self.batches.add(batch.line, self.hasher.hash_one(id?))?;
        let message = format!("the batch of line {first} has the same id");
        let found = Finding::error(Rule::DuplicateIdentifier, message, "give each batch a unique id").reason("DU02");
        Some(found.value(id?).path("PmtInfId"))
    }

    /// A transaction of the batch with this number.
    pub(super) fn transaction(
        &mut self,
        one: &PaymentTransaction,
        batch: (u64, &PaymentBatch),
        here: &TransactionPlace<'_>,
        add: &mut dyn FnMut(Finding),
    ) {
        let end_to_end_id = one.end_to_end_id.as_deref().filter(|id| !placeholder(id) && !identifier::has_symbols(id));
        let account = account(one);
        let keys = [
            end_to_end_id.map(|id| self.hasher.hash_one((batch.0, id))),
            one.uetr.as_deref().map(|id| self.hasher.hash_one(("UETR", id))),
            account.and_then(|account| self.content(account, one, batch.1)),
        ];
        let [same_id, same_uetr, same_content] = keys.map(|key| self.transactions.add(here.line(), key?));
        if let Some((line, id)) = same_id.zip(end_to_end_id) {
            let message = format!("the transaction of line {line} in the same batch has the same end-to-end id");
            let change = "give each payment a unique id, or remove the duplicate";
            let found = Finding::error(Rule::DuplicateIdentifier, message, change).reason("DU04").value(id);
            add(here.place(found.path("PmtId/EndToEndId")));
        }
        if let Some((line, id)) = same_uetr.zip(one.uetr.as_deref()) {
            let message = format!("the transaction of line {line} has the same UETR");
            let change = "give each payment a unique UETR, or remove the duplicate";
            let found = Finding::error(Rule::DuplicateIdentifier, message, change).reason("DU03").value(id);
            add(here.place(found.path("PmtId/UETR")));
        }
        if let Some((line, account)) = same_content.zip(account) {
            let message = format!(
                "the transactions of lines {line} and {} pay the same amount to the same account with the same \
                 remittance information",
                here.line()
            );
            let found = Finding::warning(Rule::DuplicateTransaction, message, "remove one if it is not intended");
            add(here.place(found.value(account).reason("AM05")));
        }
    }

    /// The key of what two transactions must share to be the same: account, amount, date, remittance information.
    fn content(&self, account: &str, one: &PaymentTransaction, batch: &PaymentBatch) -> Option<u64> {
        let amount = one.money.as_ref()?;
        let mut hasher = self.hasher.build_hasher();
        account.hash(&mut hasher);
        match money::written(&amount.amount, &amount.currency) {
            Some(written) => written.hash(&mut hasher),
            None => amount.amount.as_str().hash(&mut hasher),
        }
        amount.currency.hash(&mut hasher);
        batch.execution.as_ref().map(|moment| moment.date.0).hash(&mut hasher);
        one.remittance.lines.hash(&mut hasher);
        for part in &one.remittance.structured {
            part.reference.hash(&mut hasher);
        }
        Some(hasher.finish())
    }
}

fn account(one: &PaymentTransaction) -> Option<&str> {
    let creditor = one.creditor.as_ref()?;
    creditor.iban.as_deref().or(creditor.account.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_near_and_far() {
        let mut lines = SeenLines::default();
        let mut expected = Vec::new();
        let mut line = 0;
        for at in 0..1000_u64 {
            line += match at % 97 {
                0 => 70_000,
                1..9 => 255 + at % 3,
                _ => at % 7,
            };
            lines.push(line);
            expected.push(line);
        }
        let found: Vec<u64> = (0..expected.len()).map(|place| lines.get(place)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_key_is_found_at_its_first_place_in_every_block() {
        let mut seen = SeenKeys::default();
        let hasher = RandomState::new();
        let many = 3 * Blocks::<u64>::BLOCK as u64 / 2;
        for line in 0..many {
            assert_eq!(seen.add(line, hasher.hash_one(line)), None);
        }
        for line in (0..many).step_by(997) {
            assert_eq!(seen.add(many, hasher.hash_one(line)), Some(line));
        }
        assert_eq!(seen.keys.len() as u64, many);
    }
}
