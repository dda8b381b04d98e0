//! The texts of `:86:` behind an entry. SWIFT gives them no structure; banks give them many.
//!
//! ```text
//!  text ─► the first dialect that recognises it ─► Particulars
//!       └► none: the text as it is
//! ```

mod dutch;
mod german;
mod labels;
mod non_swift;
mod plain;
mod polish;
mod slashes;
mod symbols;

use std::borrow::Cow;

use crate::rules::bic;
use crate::{data::placeholder, iban};

pub(super) use slashes::values as slash_values;

/// The length of a full line, in characters.
const FULL_LINE: usize = 65;
/// The length of `:86:`.
const TAG_LENGTH: usize = 4;

/// The bank of the account, as far as dialects depend on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OwnBank {
    /// A German bank: the three digits of a booking are its kind there (GVC).
    pub(super) is_german: bool,
    pub(super) is_dutch: bool,
    pub(super) is_triodos: bool,
}

/// What `:86:` says of an entry.
#[derive(Debug, Default)]
pub(super) struct Particulars {
    /// The three digits before a structured text.
    pub(super) code: Option<String>,
    pub(super) primanota: Option<String>,
    /// The text-key extension.
    pub(super) extension: Option<String>,
    /// What kind of booking it is, in the bank's words.
    pub(super) posting: Option<String>,
    /// The purpose of the payment.
    pub(super) purpose: Vec<String>,
    /// A text without structure.
    pub(super) free: Option<String>,
    pub(super) name: Option<String>,
    pub(super) iban: Option<String>,
    pub(super) account: Option<String>,
    pub(super) bic: Option<String>,
    /// The number of the other side's bank.
    pub(super) bank_number: Option<String>,
    pub(super) town: Option<String>,
    pub(super) address: Option<String>,
    pub(super) party_id: Option<String>,
    pub(super) ultimate_debtor: Option<String>,
    pub(super) ultimate_creditor: Option<String>,
    pub(super) end_to_end_id: Option<String>,
    pub(super) instruction_id: Option<String>,
    pub(super) mandate_id: Option<String>,
    pub(super) creditor_id: Option<String>,
    pub(super) debtor_id: Option<String>,
    /// The id of a batch.
    pub(super) batch_id: Option<String>,
    /// The bank's number of the transaction.
    pub(super) transaction_id: Option<String>,
    /// References of other kinds, by the bank's name of the kind.
    pub(super) others: Vec<(&'static str, String)>,
    /// References whose value means that there is none.
    pub(super) placeholders: Vec<(&'static str, String)>,
    pub(super) purpose_code: Option<String>,
    pub(super) return_reason: Option<String>,
    /// The creditor's structured reference, its kind and who issued that.
    pub(super) reference: Option<String>,
    pub(super) reference_kind: Option<String>,
    pub(super) reference_issuer: Option<String>,
    /// The bank's code of the booking, and whose it is.
    pub(super) bank_code: Option<(String, &'static str)>,
    /// The amount before charges or exchange.
    pub(super) original_amount: Option<String>,
    pub(super) charge: Option<String>,
    /// The number of transactions in a batch.
    pub(super) count: Option<String>,
    /// The parts that are in no field, by their keys.
    pub(super) unread: Vec<String>,
}

impl Particulars {
    /// Reads the texts of `:86:` and of `:NS:` behind an entry; each may be empty.
    pub(super) fn read(text: &str, non_swift: &str, bank: OwnBank) -> Self {
        let mut read = Self::default();
        if !text.is_empty() {
            let dialects: [fn(&str, OwnBank, &mut Self) -> bool; 6] =
                [german::read, slashes::read, dutch::read, polish::read, labels::read, plain::read];
            // The last one reads everything.
            let _ = dialects.iter().any(|dialect| dialect(text, bank, &mut read));
        }
        if !non_swift.is_empty() {
            non_swift::read(non_swift, &mut read);
        }
        read
    }

    /// Adds the account of the other side, an IBAN or another number. As of all of these: `false` if the field has another
    /// value already.
    #[must_use]
    fn set_account(&mut self, text: &str) -> bool {
        let text = text.trim();
        match iban::read(text) {
            Some(iban) => fill(&mut self.iban, &iban),
            None => fill(&mut self.account, text),
        }
    }

    /// Adds the bank of the other side, a BIC or another number.
    #[must_use]
    fn set_bank(&mut self, text: &str) -> bool {
        let text = text.trim();
        fill(if bic::check(text).is_ok() { &mut self.bic } else { &mut self.bank_number }, text)
    }

    /// Adds a reference, unless its value means that there is none.
    #[must_use]
    fn set_reference(&mut self, kind: &'static str, text: &str, field: fn(&mut Self) -> &mut Option<String>) -> bool {
        let text = text.trim();
        if placeholder(text) {
            self.placeholders.push((kind, text.to_owned()));
            return true;
        }
        fill(field(self), text)
    }

    /// Adds a text, if there is any.
    #[must_use]
    fn set(&mut self, text: &str, field: fn(&mut Self) -> &mut Option<String>) -> bool {
        fill(field(self), text.trim())
    }

    /// Names a part that is in no field, unless it is kept.
    fn note(&mut self, is_kept: bool, key: &str) {
        if !is_kept {
            self.unread.push(key.to_owned());
        }
    }
}

/// Puts a text into a field that is empty; `false` if another one is there.
fn fill(field: &mut Option<String>, text: &str) -> bool {
    match field {
        _ if text.is_empty() => true,
        Some(there) => there == text,
        None => {
            *field = Some(text.to_owned());
            true
        }
    }
}

/// The lines as one text: a full line is cut wherever it ends, what stands behind another one is padding.
fn joined(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return Cow::Borrowed(text.trim_end());
    }
    let mut joined = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        // Some banks count the tag before the first line.
        let full = if at == 0 { FULL_LINE - TAG_LENGTH } else { FULL_LINE };
        let is_full = line.len() >= full && line.chars().count() >= full;
        joined.push_str(if is_full { line } else { line.trim_end() });
    }
    joined.truncate(joined.trim_end().len());
    Cow::Owned(joined)
}

/// A text with one blank in place of several.
fn single_spaced(text: &str) -> String {
    let mut words = text.split_ascii_whitespace();
    let mut spaced = words.next().unwrap_or_default().to_owned();
    for word in words {
        spaced.push(' ');
        spaced.push_str(word);
    }
    spaced
}
