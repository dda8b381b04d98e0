//! Rows as tables for people and as CSV.

use bankchannel_foundation::model::Decimal;
use bankchannel_iso20022::{
    data::Money,
    tables::{TableColumn, TableRow},
};
use serde_json::Value;

use crate::output::table;

/// The maximum number of rows of a table for people.
const MAX_ROWS: usize = 1000;

/// Some columns of a table, with their titles for people. Those of the last list are left out where no row has a value.
pub(super) struct ShownColumns(
    pub(super) &'static [TableColumn],
    pub(super) &'static [(&'static str, &'static str)],
    pub(super) &'static [&'static str],
);

impl ShownColumns {
    /// No rows yet.
    pub(super) fn rows(&self) -> ShownRows {
        let place = |name: &str| self.0.iter().position(|column| column.name == name);
        ShownRows {
            places: self.1.iter().filter_map(|(name, _)| place(name)).collect(),
            names: self.1.iter().map(|(name, _)| *name).collect(),
            titles: self.1.iter().map(|(_, title)| *title).collect(),
            optional: self.1.iter().map(|(name, _)| self.2.contains(name)).collect(),
            cells: Vec::new(),
            left_out: 0,
        }
    }
}

/// Rows of a table for people, the first ones of them.
pub(super) struct ShownRows {
    places: Vec<usize>,
    names: Vec<&'static str>,
    titles: Vec<&'static str>,
    /// Whether each column is left out where it is empty.
    optional: Vec<bool>,
    cells: Vec<Vec<String>>,
    left_out: u64,
}

impl ShownRows {
    pub(super) fn add(&mut self, row: &TableRow<'_>) {
        if self.cells.len() == MAX_ROWS {
            self.left_out += 1;
        } else {
            self.cells.push(self.places.iter().map(|place| row[*place].as_str().to_owned()).collect());
        }
    }

    /// Leaves these columns out unless a row has a value in another one.
    pub(super) fn only_with(mut self, names: &[&str], other: &str) -> Self {
        let place = self.names.iter().position(|name| *name == other);
        if place.is_some_and(|place| self.cells.iter().all(|row| row[place].is_empty())) {
            let left_out = |at: &usize| names.contains(&self.names[*at]);
            for at in (0..self.names.len()).filter(left_out) {
                self.cells.iter_mut().for_each(|row| row[at].clear());
            }
        }
        self
    }

    /// The table, and a line on the rows that it leaves out.
    pub(super) fn finish(self) -> (String, Option<String>) {
        if self.cells.is_empty() {
            return (String::new(), None);
        }
        let left_out = (self.left_out > 0).then(|| format!("and {} more: --csv and --json show all", self.left_out));
        let is_shown = |at: usize| !self.optional[at] || self.cells.iter().any(|row| !row[at].is_empty());
        let shown: Vec<bool> = (0..self.titles.len()).map(is_shown).collect();
        let kept = |(at, cell): (usize, String)| shown[at].then_some(cell);
        let titles: Vec<&str> =
            self.titles.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(one, _)| *one).collect();
        let rows = self.cells.into_iter().map(|row| row.into_iter().enumerate().filter_map(kept).collect::<Vec<_>>());
        (table::table(&titles, rows), left_out)
    }
}

/// An amount with its currency.
pub(super) fn money(money: Option<&Money>) -> String {
    money.map_or_else(String::new, |money| format!("{} {}", money.amount.as_str(), money.currency))
}

/// An amount without its currency, which is that of another field.
pub(super) fn amount(amount: Option<&Decimal>) -> String {
    amount.map_or_else(String::new, |amount| amount.as_str().to_owned())
}

/// A value of an answer as text; empty if it is absent.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
