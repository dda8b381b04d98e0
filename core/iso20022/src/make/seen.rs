//! Transfers seen before: equal ones get different ids, similar ones a warning.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

use super::digest::{digest, id, uetr};
use super::findings::{FieldPlace, MakingFindings};
use super::model::CreditTransfer;
use super::prepare::ReadyReference;
use crate::data::placeholder;
use crate::rules::{Finding, Rule, identifier};
use bankchannel_foundation::model::Date;

/// The ids that a transfer is written with.
pub(super) struct TransferIds {
    pub(super) instruction: Option<String>,
    pub(super) end_to_end: String,
    pub(super) uetr: Option<String>,
}

/// The optional ids that are made for a transfer that does not give them.
#[derive(Debug, Clone, Copy)]
pub(super) struct MadeIds {
    pub(super) instruction: bool,
    pub(super) uetr: bool,
}

/// The hashes of the transfers so far.
#[derive(Default)]
pub(super) struct SeenTransfers {
    /// By creditor, amount, text and date: the number of the first such transaction, and a part of its digest.
    alike: HashMap<u64, (u32, u32)>,
    /// How often an equal transfer occurred before, by its digest.
    equal: HashMap<u64, u32>,
    /// The given end-to-end ids, with their batches.
    ids: HashSet<u64>,
    /// The given UETRs of the whole file.
    uetrs: HashSet<u64>,
}

/// A transfer and its place.
pub(super) struct TransferSight<'a> {
    pub(super) transfer: &'a CreditTransfer,
    /// The references of its structured parts, as they are written.
    pub(super) references: &'a [Option<ReadyReference>],
    /// The digest over its batch's key and its fields.
    pub(super) digest: &'a [u8; 32],
    pub(super) batch: usize,
    /// Its number, from 1.
    pub(super) number: u64,
    pub(super) amount: &'a str,
    pub(super) currency: &'a str,
    pub(super) execution: Date,
}

impl SeenTransfers {
    /// The ids of a transfer: as given, otherwise made from its data. Equal transfers get different ones.
    pub(super) fn ids(
        &mut self,
        sight: &TransferSight<'_>,
        made: MadeIds,
        findings: &mut MakingFindings,
    ) -> TransferIds {
        let times = self.times(sight, findings);
        let end_to_end = match &sight.transfer.end_to_end_id {
            Some(given) => {
                let of = short(&digest(&[&sight.batch.to_be_bytes(), given.as_bytes()]));
                if !placeholder(given) && !identifier::has_symbols(given) && !self.ids.insert(of) {
                    let message = "an earlier transfer of the batch has the same id";
                    let found = Finding::error(Rule::DuplicateIdentifier, message, "give each transfer its own id");
                    findings.add(found.reason("DU04").value(given), FieldPlace("", "end_to_end_id"));
                }
                given.clone()
            }
            None if times == 1 => id('E', sight.digest),
            None => format!("{}-{times}", id('E', sight.digest)),
        };
        let uetr = match &sight.transfer.uetr {
            Some(given) => {
                if !self.uetrs.insert(short(&digest(&[given.as_bytes()]))) {
                    let message = "an earlier transfer of the file has the same UETR";
                    let change = "give each transfer its own, or leave it out";
                    let found = Finding::error(Rule::DuplicateIdentifier, message, change);
                    findings.add(found.reason("DU03").value(given), FieldPlace("", "uetr"));
                }
                Some(given.clone())
            }
            None if made.uetr && times == 1 => Some(uetr(sight.digest)),
            None if made.uetr => Some(uetr(&digest(&[sight.digest, &times.to_be_bytes()]))),
            None => None,
        };
        let instruction = sight.transfer.instruction_id.clone().or_else(|| {
            made.instruction.then(|| match times {
                1 => id('I', sight.digest),
                _ => format!("{}-{times}", id('I', sight.digest)),
            })
        });
        TransferIds { instruction, end_to_end, uetr }
    }

    /// How often the same transfer occurred, including this one; warns if it is similar to an earlier one: same
    /// creditor, amount, date, and text or reference. Equal transfers are similar too.
    fn times(&mut self, sight: &TransferSight<'_>, findings: &mut MakingFindings) -> u32 {
        // Without a secret key: a crafted collision causes only a needless warning.
        let mut hasher = DefaultHasher::new();
        let (transfer, creditor) = (sight.transfer, &sight.transfer.creditor);
        (creditor.iban.as_deref(), creditor.account.as_deref(), sight.amount, sight.currency).hash(&mut hasher);
        (transfer.text.as_deref(), sight.execution).hash(&mut hasher);
        // As written: a reference with blanks and one without have the same digest, so they must count as similar.
        sight.references.iter().flatten().for_each(|reference| reference.text.hash(&mut hasher));
        transfer.documents.iter().flatten().for_each(|document| document.number.hash(&mut hasher));
        let short = short(sight.digest);
        // The lower half is enough to distinguish similar transfers.
        let part = short as u32;
        let (first, first_part) = match self.alike.entry(hasher.finish()) {
            Entry::Occupied(first) => *first.get(),
            Entry::Vacant(place) => {
                place.insert((u32::try_from(sight.number).unwrap_or(u32::MAX), part));
                return 1;
            }
        };
        let message = format!(
            "transaction {first} pays the same amount to the same creditor with the same remittance information"
        );
        let found = Finding::warning(Rule::DuplicateTransaction, message, "check whether it is paid twice");
        findings.add(found.reason("AM05"), FieldPlace("", "amount"));
        let times = self.equal.entry(short).or_insert(u32::from(first_part == part));
        *times += 1;
        *times
    }
}

/// The first bytes of a digest: enough to distinguish a million transfers.
fn short(digest: &[u8; 32]) -> u64 {
    digest[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
