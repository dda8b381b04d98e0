//! Problems found in the data, and changes made to it.

use std::collections::HashMap;
use std::fmt;

use bankchannel_foundation::{Error, model::Boundary};

use crate::errors as row;
use crate::rules::{Finding, Level};
use crate::text::shorten;

/// Maximum number of errors reported for one file.
pub const MAX_ERRORS: usize = 50;
/// Maximum number of warnings reported for one file.
pub const MAX_WARNINGS: usize = 100;
/// Maximum number of changes of texts reported for one file.
pub const MAX_CHANGES: usize = 100;
/// The maximum number of characters shown of a changed text.
const MAX_SHOWN: usize = 200;
/// The number of errors in the text of the refusal.
const STATED: usize = 3;

/// A place in the data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DataPlace {
    /// The number of the transaction, from 1; `None` for the data of the whole file.
    pub transaction: Option<u64>,
    /// Its line in the content, from 1.
    pub line: Option<u64>,
}

/// A field: its party or object, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FieldPlace(pub(super) &'static str, pub(super) &'static str);

impl fmt::Display for FieldPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(of, name) = self;
        if of.is_empty() { f.write_str(name) } else { write!(f, "{of}.{name}") }
    }
}

/// One change that was made to texts.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct TextChange {
    /// The field, such as `creditor.name`.
    pub field: String,
    /// The original text, its first 200 characters.
    pub before: String,
    /// The written text, its first 200 characters.
    pub after: String,
    /// The number of transactions or batches with this change.
    pub count: u64,
}

/// The findings and changes of one file up to the limits, and their total numbers.
#[derive(Debug, Default)]
pub(super) struct MakingFindings {
    pub(super) place: DataPlace,
    /// Whether places are reported as columns of a table.
    pub(super) as_columns: bool,
    errors: Vec<Finding>,
    pub(super) error_count: u64,
    pub(super) warnings: Vec<Finding>,
    pub(super) warning_count: u64,
    changes: HashMap<(FieldPlace, String), (usize, TextChange)>,
    pub(super) change_count: u64,
}

impl MakingFindings {
    /// Adds a finding about a field at the current place.
    pub(super) fn add(&mut self, mut found: Finding, at: FieldPlace) {
        let field = at.to_string();
        found.path = Some(if self.as_columns { column(&field) } else { field });
        self.keep(found);
    }

    /// Adds a finding that has its field already.
    pub(super) fn keep(&mut self, found: Finding) {
        let (told, count, max) = match found.level {
            Level::Error => (&mut self.errors, &mut self.error_count, MAX_ERRORS),
            _ => (&mut self.warnings, &mut self.warning_count, MAX_WARNINGS),
        };
        *count += 1;
        if told.len() < max {
            let DataPlace { transaction, line } = self.place;
            told.push(Finding { transaction, line, ..found });
        }
    }

    /// Notes that a text is written in another form.
    pub(super) fn changed(&mut self, at: FieldPlace, before: &str, after: &str) {
        self.change_count += 1;
        let (before, after) = (shorten(before, MAX_SHOWN), shorten(after, MAX_SHOWN));
        let number = self.changes.len();
        match self.changes.get_mut(&(at, before.clone())) {
            Some((_, known)) => known.count += 1,
            None if number < MAX_CHANGES => {
                let change = TextChange { field: at.to_string(), before: before.clone(), after, count: 1 };
                self.changes.insert((at, before), (number, change));
            }
            None => {}
        }
    }

    /// The changes in the order of their first appearance.
    pub(super) fn take_changes(&mut self) -> Vec<TextChange> {
        let mut changes: Vec<_> = std::mem::take(&mut self.changes).into_values().collect();
        changes.sort_unstable_by_key(|(number, _)| *number);
        changes.into_iter().map(|(_, change)| change).collect()
    }

    /// The error that reports all of them.
    pub(super) fn refusal(&self) -> Error {
        let stated: Vec<String> = self.errors.iter().take(STATED).map(line).collect();
        let more = self.error_count - stated.len() as u64;
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        let (count, what) = (self.error_count, if self.error_count == 1 { "problem" } else { "problems" });
        let message = format!("the data has {count} {what}: {}{more}", stated.join("; "));
        let all: Vec<String> = self.errors.iter().map(line).collect();
        let error =
            Error::because(&row::PAYMENT_REFUSED, message).with("count", count).with("problems", all.join("\n"));
        match self.errors.first().and_then(field_of) {
            Some(field) => error.with("field", field),
            None => error,
        }
    }
}

/// A finding in one line of text.
fn line(found: &Finding) -> String {
    let mut place = Vec::new();
    if let Some(number) = found.transaction {
        place.push(format!("transaction {number}"));
    }
    if let Some(line) = found.line {
        place.push(format!("row {line}"));
    }
    place.extend(found.path.clone());
    let place = if place.is_empty() { String::new() } else { place.join(", ") + ": " };
    let value = found.value.as_ref().map(|value| format!(" (“{value}”)")).unwrap_or_default();
    format!("{place}{}{value}; {}", found.message, found.change)
}

/// The field of a finding, with the number of its transaction as an index: from 0.
fn field_of(found: &Finding) -> Option<String> {
    let path = found.path.as_ref()?;
    Some(match (found.transaction, found.line) {
        (Some(number), None) => format!("transactions[{}].{path}", number - 1),
        _ => path.clone(),
    })
}

/// The column of a field: `creditor.address.lines[0]` is in `creditor_address_line_1`.
fn column(field: &str) -> String {
    let field = field.replace(".address.lines[0]", ".address_line_1").replace(".address.lines[1]", ".address_line_2");
    field.replace(".address.", ".").replace('.', "_")
}
