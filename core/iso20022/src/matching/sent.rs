//! The transactions of the payment file, and lookup by the ids that banks repeat.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use bankchannel_foundation::model::Date;

use crate::cash::DecimalSum;
use crate::data::{Moment, Money, Party, placeholder};
use crate::payment::{PaymentFile, PaymentTransaction};

use super::payees::PayeeIndex;
use super::result::MatchedBy;

/// A payment file with indexes over its transactions.
pub(super) struct SentPayments<'a> {
    pub(super) file: &'a PaymentFile,
    pub(super) transactions: Vec<SentTransaction<'a>>,
    /// The batches by payment information id: those with the same id are one scope.
    pub(super) scopes: Vec<BatchScope>,
    scope_ids: HashMap<&'a str, usize>,
    by_uetr: HashMap<Cow<'a, str>, IndexSlot>,
    by_id: HashMap<IdKey<'a>, IndexSlot>,
    by_creditor: HashMap<(UnsignedAmount<'a>, &'a str), IndexSlot>,
    /// Transactions with the same id, for slots of several.
    groups: Vec<Vec<usize>>,
    /// Groups by further values, built on first use: most files need none.
    refined: RefCell<HashMap<(usize, ValueMask), ByValues<'a>>>,
    /// The transactions by account and name of the payee, built on first use too.
    payees: OnceCell<PayeeIndex<'a>>,
}

/// One transaction of the file.
pub(super) struct SentTransaction<'a> {
    pub(super) batch: usize,
    pub(super) scope: usize,
    pub(super) payment: &'a PaymentTransaction,
    pub(super) amount: Option<UnsignedAmount<'a>>,
    /// The debited account.
    pub(super) debtor: Option<&'a str>,
    /// The creditor's account.
    pub(super) account: Option<&'a str>,
}

/// The transactions of a payment information id.
#[derive(Default)]
pub(super) struct BatchScope {
    pub(super) members: Vec<usize>,
    pub(super) batches: Vec<usize>,
}

/// An exact amount without its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct UnsignedAmount<'a> {
    /// In units of [`DecimalSum`].
    pub(super) units: i128,
    pub(super) currency: &'a str,
}

impl<'a> UnsignedAmount<'a> {
    pub(super) fn from_money(money: &'a Money) -> Option<Self> {
        Some(Self { units: DecimalSum::from_decimal(&money.amount)?.units().abs(), currency: &money.currency })
    }
}

/// The values by which a bank names a transaction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BankIds<'a> {
    pub(super) uetr: Option<&'a str>,
    pub(super) instruction: Option<&'a str>,
    pub(super) end_to_end: Option<&'a str>,
    pub(super) amount: Option<UnsignedAmount<'a>>,
    /// The creditor's account.
    pub(super) account: Option<&'a str>,
    /// The debited account.
    pub(super) debtor: Option<&'a str>,
}

/// The result of a lookup by ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdLookup {
    Nothing,
    One(usize),
    /// Several transactions, by the number of their group.
    Several(usize),
}

/// A kind of id and the scope in which it is looked up; `None` is the whole file.
type IdKey<'a> = (Option<usize>, NamedIdKind, &'a str);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum NamedIdKind {
    Instruction,
    EndToEnd,
}

#[derive(Debug, Clone, Copy)]
enum IndexSlot {
    One(usize),
    Several(usize),
}

/// Which values are given: instruction id, end-to-end id, amount, account, debtor.
type ValueMask = [bool; 5];

/// The only transaction with these values; `None` if several have them.
type ByValues<'a> = HashMap<MaskedValues<'a>, Option<usize>>;

/// The values of a mask.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MaskedValues<'a> {
    ids: [Option<&'a str>; 4],
    amount: Option<UnsignedAmount<'a>>,
}

impl<'a> MaskedValues<'a> {
    fn new(ids: &BankIds<'a>, mask: ValueMask) -> Self {
        let [instruction, end_to_end, amount, account, debtor] = mask;
        Self {
            ids: [
                ids.instruction.filter(|_| instruction),
                ids.end_to_end.filter(|_| end_to_end),
                ids.account.filter(|_| account),
                ids.debtor.filter(|_| debtor),
            ],
            amount: ids.amount.filter(|_| amount),
        }
    }
}

impl<'a> SentPayments<'a> {
    pub(super) fn new(file: &'a PaymentFile) -> Self {
        let mut sent = Self {
            file,
            transactions: Vec::new(),
            scopes: Vec::new(),
            scope_ids: HashMap::new(),
            by_uetr: HashMap::new(),
            by_id: HashMap::new(),
            by_creditor: HashMap::new(),
            groups: Vec::new(),
            refined: RefCell::default(),
            payees: OnceCell::new(),
        };
        for (number, batch) in file.batches.iter().enumerate() {
            let id = batch.id.as_deref().filter(|id| !placeholder(id));
            let scope = match id.and_then(|id| sent.scope_ids.get(id)) {
                Some(known) => *known,
                None => {
                    sent.scopes.push(BatchScope::default());
                    sent.scopes.len() - 1
                }
            };
            if let Some(id) = id {
                sent.scope_ids.insert(id, scope);
            }
            sent.scopes[scope].batches.push(number);
            let debtor = batch.debtor.as_ref().and_then(number_of);
            for payment in &batch.transactions {
                sent.add(SentTransaction {
                    batch: number,
                    scope,
                    payment,
                    amount: payment.money.as_ref().and_then(UnsignedAmount::from_money),
                    debtor,
                    account: payment.creditor.as_deref().and_then(number_of),
                });
            }
        }
        sent
    }

    fn add(&mut self, one: SentTransaction<'a>) {
        let at = self.transactions.len();
        let ids = one.ids();
        self.scopes[one.scope].members.push(at);
        if let Some(uetr) = ids.uetr {
            insert(&mut self.by_uetr, &mut self.groups, lower(uetr), at);
        }
        for scope in [None, Some(one.scope)] {
            for (kind, id) in [(NamedIdKind::Instruction, ids.instruction), (NamedIdKind::EndToEnd, ids.end_to_end)] {
                if let Some(id) = id {
                    insert(&mut self.by_id, &mut self.groups, (scope, kind, id), at);
                }
            }
        }
        if let (Some(amount), Some(account)) = (one.amount, one.account) {
            insert(&mut self.by_creditor, &mut self.groups, (amount, account), at);
        }
        self.transactions.push(one);
    }

    /// The scope of a payment information id.
    pub(super) fn scope(&self, id: &str) -> Option<usize> {
        self.scope_ids.get(id).copied()
    }

    /// The days on which the file was made and on which a transaction is to be executed.
    pub(super) fn days(&self, one: &SentTransaction<'a>) -> (Option<Date>, Option<Date>) {
        let day = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.date);
        (day(&self.file.created), day(&self.file.batches[one.batch].execution))
    }

    /// The transactions of a group.
    pub(super) fn group(&self, group: usize) -> &[usize] {
        &self.groups[group]
    }

    /// The number of groups.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Finds a transaction by its UETR, otherwise in the scope by its other ids: each of them if no other transaction
    /// has it, then all of them with amount and accounts.
    pub(super) fn find(&self, scope: Option<usize>, ids: &BankIds<'a>) -> IdLookup {
        self.find_by(scope, ids).0
    }

    /// The same, with the id by which it was found.
    pub(super) fn find_by(&self, scope: Option<usize>, ids: &BankIds<'a>) -> (IdLookup, MatchedBy) {
        let by_uetr = self.by_uetr(ids);
        if by_uetr != IdLookup::Nothing {
            return (by_uetr, MatchedBy::Uetr);
        }
        let mut several = (IdLookup::Nothing, MatchedBy::EndToEndId);
        for (kind, id) in [(NamedIdKind::Instruction, ids.instruction), (NamedIdKind::EndToEnd, ids.end_to_end)] {
            let by = match kind {
                NamedIdKind::Instruction => MatchedBy::InstructionId,
                NamedIdKind::EndToEnd => MatchedBy::EndToEndId,
            };
            let found = id.and_then(|id| self.by_id.get(&(scope, kind, id)));
            match found.map(|slot| self.resolve(*slot, ids)) {
                Some(IdLookup::One(at)) => return (IdLookup::One(at), by),
                Some(IdLookup::Several(group)) => several = (IdLookup::Several(group), by),
                Some(IdLookup::Nothing) | None => {}
            }
        }
        several
    }

    /// The transactions by account and name of the payee.
    pub(super) fn payees(&self) -> &PayeeIndex<'a> {
        self.payees.get_or_init(|| PayeeIndex::new(&self.transactions))
    }

    /// Finds a transaction by its UETR alone.
    pub(super) fn by_uetr(&self, ids: &BankIds<'a>) -> IdLookup {
        let found = ids.uetr.and_then(|uetr| self.by_uetr.get(&lower(uetr)));
        found.map_or(IdLookup::Nothing, |slot| self.resolve(*slot, ids))
    }

    /// The transactions named by each id alone, whatever the others name.
    pub(super) fn named(&self, ids: &BankIds<'a>) -> impl Iterator<Item = IdLookup> {
        let by_uetr = ids.uetr.and_then(|uetr| self.by_uetr.get(&lower(uetr)));
        let by_id = |kind, id: Option<&'a str>| self.by_id.get(&(None, kind, id?));
        let instruction = by_id(NamedIdKind::Instruction, ids.instruction);
        let end_to_end = by_id(NamedIdKind::EndToEnd, ids.end_to_end);
        [by_uetr, instruction, end_to_end].into_iter().flatten().map(|slot| match *slot {
            IndexSlot::One(at) => IdLookup::One(at),
            IndexSlot::Several(group) => IdLookup::Several(group),
        })
    }

    /// Finds a transaction by its amount and the creditor's account.
    pub(super) fn by_creditor(&self, amount: UnsignedAmount<'a>, account: &'a str) -> Option<usize> {
        match self.by_creditor.get(&(amount, account))? {
            IndexSlot::One(at) => Some(*at),
            IndexSlot::Several(_) => None,
        }
    }

    fn resolve(&self, slot: IndexSlot, ids: &BankIds<'a>) -> IdLookup {
        match slot {
            IndexSlot::One(at) if self.agrees(at, ids) => IdLookup::One(at),
            IndexSlot::One(_) => IdLookup::Nothing,
            IndexSlot::Several(group) => self.refine(group, ids).map_or(IdLookup::Several(group), IdLookup::One),
        }
    }

    /// Whether nothing shows that it is another transaction. An id that no transaction has is the bank's own.
    fn agrees(&self, at: usize, ids: &BankIds<'a>) -> bool {
        let own = self.transactions[at].ids();
        let same = |kind: NamedIdKind, own: Option<&str>, other: Option<&'a str>| {
            let known = other.filter(|other| self.by_id.contains_key(&(None, kind, other)));
            known.is_none() || own == known
        };
        let uetr = own.uetr.zip(ids.uetr).is_none_or(|(own, other)| own.eq_ignore_ascii_case(other));
        let debtor = own.debtor.zip(ids.debtor).is_none_or(|(own, other)| own == other);
        uetr && debtor
            && same(NamedIdKind::Instruction, own.instruction, ids.instruction)
            && same(NamedIdKind::EndToEnd, own.end_to_end, ids.end_to_end)
    }

    /// The only transaction of a group that has all given values.
    fn refine(&self, group: usize, ids: &BankIds<'a>) -> Option<usize> {
        let mask = [
            ids.instruction.is_some(),
            ids.end_to_end.is_some(),
            ids.amount.is_some(),
            ids.account.is_some(),
            ids.debtor.is_some(),
        ];
        let mut refined = self.refined.borrow_mut();
        let by_values = refined.entry((group, mask)).or_insert_with(|| {
            let mut by_values = HashMap::new();
            for at in &self.groups[group] {
                let values = MaskedValues::new(&self.transactions[*at].ids(), mask);
                by_values.entry(values).and_modify(|only| *only = None).or_insert(Some(*at));
            }
            by_values
        });
        by_values.get(&MaskedValues::new(ids, mask)).copied().flatten()
    }
}

impl<'a> SentTransaction<'a> {
    fn ids(&self) -> BankIds<'a> {
        let given = |id: &'a Option<String>| id.as_deref().filter(|id| !placeholder(id));
        BankIds {
            uetr: given(&self.payment.uetr),
            instruction: given(&self.payment.instruction_id),
            end_to_end: given(&self.payment.end_to_end_id),
            amount: self.amount,
            account: self.account,
            debtor: self.debtor,
        }
    }
}

/// The number of an account: its IBAN, otherwise another one.
pub(super) fn number_of(party: &Party) -> Option<&str> {
    party.iban.as_deref().or(party.account.as_deref())
}

fn insert<K: std::hash::Hash + Eq>(map: &mut HashMap<K, IndexSlot>, groups: &mut Vec<Vec<usize>>, key: K, at: usize) {
    let slot = map.entry(key).or_insert(IndexSlot::One(at));
    match *slot {
        IndexSlot::One(first) if first == at => {}
        IndexSlot::One(first) => {
            groups.push(vec![first, at]);
            *slot = IndexSlot::Several(groups.len() - 1);
        }
        IndexSlot::Several(group) => groups[group].push(at),
    }
}

/// UETRs are in lower case; some banks write upper case.
fn lower(uetr: &str) -> Cow<'_, str> {
    if uetr.bytes().any(|byte| byte.is_ascii_uppercase()) { uetr.to_ascii_lowercase().into() } else { uetr.into() }
}
