//! The key of an entry: by it a booking is imported once, however often the bank reports it
//! (docs/protocols/iso20022.md §9).

use std::{collections::HashMap, iter};

use bankchannel_foundation::model::Decimal;
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};

use super::{Direction, Entry, EntryDetail};
use crate::data::Party;

/// Maximum number of entries of a statement that are remembered: the cursor of a page carries them.
const MAX_COUNTED: usize = 10_000;
/// The bytes of a digest by which an entry is remembered.
const REMEMBERED: usize = 6;
/// The bytes of a digest in a key.
const SHOWN: usize = 12;

/// What identifies a booking: equal for the same booking in a report, a statement and a notification, as far as the bank
/// repeats its reference; without one, as far as it repeats ids, texts and accounts of the transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EntryDigest {
    digest: [u8; 32],
    by_reference: bool,
}

impl EntryDigest {
    /// The digest of an entry of an account, with its direction as it is written.
    pub(crate) fn new(account: Option<&str>, entry: &Entry, direction: Option<&Direction>) -> Self {
        let (hash, by_reference) = Self::hashed(account, entry, direction);
        Self { digest: hash.0.finalize().into(), by_reference }
    }

    /// The same for importing: bookings whose transactions have nothing of their own differ by the bank's words and the
    /// other side's name. A report may have other words than the statement, so they match without these.
    pub(super) fn of_import(account: Option<&str>, entry: &Entry, direction: Option<&Direction>) -> Self {
        let (mut hash, by_reference) = Self::hashed(account, entry, direction);
        if !by_reference && !entry.details.iter().any(is_distinct) {
            hash.text(entry.information.as_deref());
            for detail in &entry.details {
                hash.text(detail.counterparty.as_deref().and_then(|party| party.name.as_deref()));
            }
        }
        Self { digest: hash.0.finalize().into(), by_reference }
    }

    /// What identifies it, and whether the bank's own reference is in it.
    fn hashed(account: Option<&str>, entry: &Entry, direction: Option<&Direction>) -> (HashedTexts, bool) {
        let reference = reference(entry);
        let mut hash = HashedTexts(Sha256::new());
        hash.text(account);
        hash.text(entry.money.as_ref().map(|money| plain(&money.amount)));
        hash.text(entry.money.as_ref().map(|money| money.currency.as_str()));
        hash.text(direction.map(Direction::code));
        let date = entry.booking_date.or(entry.value_date).map(|date| date.0.to_string());
        hash.text(date.as_deref());
        hash.text(reference);
        if reference.is_none() {
            hash.text(entry.reference.as_deref());
            entry.details.iter().for_each(|detail| hash.detail(detail));
        } else if let ([detail], None) = (entry.details.as_slice(), number(entry.servicer_reference.as_deref())) {
            // Banks give the transactions of one batch the same reference: each is a booking by its own ids.
            hash.ids(detail);
        }
        (hash, reference.is_some())
    }
}

/// The bank's own number of the booking: of the entry, otherwise of its only transaction.
fn reference(entry: &Entry) -> Option<&str> {
    let of_detail = match entry.details.as_slice() {
        [detail] => detail.servicer_reference.as_deref(),
        _ => None,
    };
    number(entry.servicer_reference.as_deref()).or_else(|| number(of_detail))
}

/// A reference; zeros are none.
fn number(reference: Option<&str>) -> Option<&str> {
    reference.filter(|reference| !reference.bytes().all(|byte| byte == b'0'))
}

/// Whether a transaction has something of its own by which it is told from others.
fn is_distinct(detail: &EntryDetail) -> bool {
    let has_account = |party: &Party| party.iban.is_some() || party.account.is_some();
    detail.end_to_end_id.is_some()
        || detail.instruction_id.is_some()
        || detail.creditor_reference.is_some()
        || detail.own_text().is_some()
        || detail.counterparty.as_deref().is_some_and(has_account)
}

/// An amount without its sign and without zeros at its end.
fn plain(amount: &Decimal) -> &str {
    let text = amount.as_str();
    let text = text.strip_prefix('-').unwrap_or(text);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Texts as they are hashed: each as its length in bytes (32 bits, big-endian) and the text; the greatest length stands
/// for none.
struct HashedTexts(Sha256);

impl HashedTexts {
    fn text(&mut self, text: Option<&str>) {
        // Texts of a file are far below 4 GiB.
        let length = text.map_or(u32::MAX, |text| u32::try_from(text.len()).unwrap_or(u32::MAX - 1));
        self.0.update(length.to_be_bytes());
        self.0.update(text.unwrap_or_default());
    }

    /// The ids that the payer gave, if there are any.
    fn ids(&mut self, detail: &EntryDetail) {
        let ids = [&detail.uetr, &detail.instruction_id, &detail.end_to_end_id];
        if ids.iter().any(|id| id.is_some()) {
            ids.into_iter().for_each(|id| self.text(id.as_deref()));
        }
    }

    fn detail(&mut self, detail: &EntryDetail) {
        let account = |party: &Party| party.iban.clone().or_else(|| party.account.clone());
        let amount = detail.money.as_ref().map(|money| plain(&money.amount));
        self.text(detail.end_to_end_id.as_deref());
        self.text(detail.instruction_id.as_deref());
        // Without the entry's text, which a report has in other words than the statement.
        self.text(detail.own_text().as_deref());
        self.text(detail.creditor_reference.as_deref());
        self.text(detail.counterparty.as_deref().and_then(account).as_deref());
        self.text(amount);
    }
}

/// An entry as it is remembered: the beginning of its digest.
type ShortKey = [u8; REMEMBERED];

/// The entries of a statement so far, as far as they are remembered: equal ones are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CountedKeys {
    /// Those of the pages before, in order: a page reads and writes all of them, and looks up its own only.
    former: Vec<ShortKey>,
    counts: HashMap<ShortKey, usize>,
    entries: usize,
}

impl CountedKeys {
    /// The key of the next entry, which has this number in its statement, on this page of several.
    pub(super) fn key(&mut self, of: &EntryDigest, number: u64, page: Option<u64>) -> String {
        let letter = if of.by_reference { "R" } else { "C" };
        let mut key = format!("{letter}{}", HEXLOWER.encode(&of.digest[..SHOWN]));
        // The entries of the other pages are not known here. A reference is the same in messages without pages.
        if let Some(page) = page.filter(|_| !of.by_reference) {
            key.push_str(&format!("-p{page}"));
        }
        let mut short = [0; REMEMBERED];
        short.copy_from_slice(&of.digest[..REMEMBERED]);
        // Equal entries are counted page by page, as if each page stood alone.
        if let Some(page) = page.filter(|_| !of.by_reference) {
            short.iter_mut().zip(page.to_le_bytes()).for_each(|(byte, of_page)| *byte ^= of_page);
        }
        if self.entries < MAX_COUNTED {
            self.entries += 1;
            let here = self.counts.entry(short).or_default();
            *here += 1;
            let times = *here + times_among(&self.former, &short);
            if times > 1 {
                key.push_str(&format!("-{times}"));
            }
        } else if !of.by_reference {
            key.push_str(&format!("-n{number}"));
        }
        key
    }

    /// All of them as text, for the cursor of a page.
    pub(super) fn text(&self) -> String {
        let mut own: Vec<(ShortKey, usize)> = self.counts.iter().map(|(short, times)| (*short, *times)).collect();
        own.sort_unstable();
        let mut all = Vec::with_capacity(self.entries);
        let mut former = self.former.as_slice();
        for (short, times) in own {
            let (before, after) = former.split_at(former.partition_point(|one| *one < short));
            all.extend_from_slice(before);
            all.extend(iter::repeat_n(short, times));
            former = after;
        }
        all.extend_from_slice(former);
        BASE64.encode(all.as_flattened())
    }

    /// Reads the output of [`Self::text`]; another text has none.
    pub(super) fn read(text: &str) -> Self {
        let mut bytes = BASE64.decode(text.as_bytes()).unwrap_or_default();
        bytes.truncate(MAX_COUNTED * REMEMBERED);
        let (shorts, _) = bytes.as_chunks();
        let mut former = shorts.to_vec();
        if !former.is_sorted() {
            former.sort_unstable();
        }
        Self { entries: former.len(), former, counts: HashMap::new() }
    }
}

/// How often a key is among those in order.
fn times_among(former: &[ShortKey], short: &ShortKey) -> usize {
    let equal = &former[former.partition_point(|one| one < short)..];
    equal.partition_point(|one| one == short)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::Money;

    fn entry(amount: &str, reference: Option<&str>) -> Entry {
        Entry {
            money: Some(Money::new(Decimal::new(amount).unwrap(), "EUR")),
            servicer_reference: reference.map(str::to_owned),
            ..Entry::default()
        }
    }

    fn digest(entry: &Entry) -> EntryDigest {
        EntryDigest::new(Some("FI2112345600000785"), entry, Some(&Direction::Debit))
    }

    #[test]
    fn zeros_at_the_end_and_zeros_as_a_reference_change_nothing() {
        assert_eq!(digest(&entry("-10.00", None)), digest(&entry("-10", None)));
        assert_ne!(digest(&entry("-10.00", None)), digest(&entry("-100", None)));
        assert_eq!(digest(&entry("-10.50", Some("000"))), digest(&entry("-10.5", None)));
        assert_ne!(digest(&entry("-10.50", Some("A1"))), digest(&entry("-10.50", Some("A2"))));
        let import = |entry: &Entry| EntryDigest::of_import(Some("FI2112345600000785"), entry, Some(&Direction::Debit));
        assert_eq!(import(&entry("-10.50", Some("A1"))), digest(&entry("-10.5", Some("A1"))));
    }

    #[test]
    fn equal_entries_are_counted_and_those_beyond_have_their_number() {
        let (one, other) = (digest(&entry("1", None)), digest(&entry("1", Some("A"))));
        let mut keys = CountedKeys::default();
        let first = keys.key(&one, 1, None);
        assert!(first.starts_with('C') && first.len() == 1 + 2 * SHOWN, "{first}");
        assert_eq!(keys.key(&one, 2, None), format!("{first}-2"));
        assert_eq!(keys.key(&one, 3, Some(2)), format!("{first}-p2"), "of a second page");
        assert_eq!(keys.key(&one, 4, Some(2)), format!("{first}-p2-2"));
        // Only the text that a page carries on counts.
        let mut again = CountedKeys::read(&keys.text());
        assert_eq!((again.entries, again.text()), (keys.entries, keys.text()));
        assert_eq!(again.key(&one, 5, None), format!("{first}-3"));
        for number in again.entries..MAX_COUNTED {
            again.key(&digest(&entry(&format!("{number}.5"), None)), number as u64, None);
        }
        assert_eq!(again.key(&one, 10_001, None), format!("{first}-n10001"));
        let by_reference = again.key(&other, 10_002, Some(2));
        assert!(by_reference.starts_with('R') && !by_reference.contains('-'), "{by_reference}");
        assert_eq!(again.text().len(), MAX_COUNTED * REMEMBERED * 4 / 3);
        assert_eq!(CountedKeys::read("no base64"), CountedKeys::default());
    }
}
