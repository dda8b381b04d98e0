//! Typed results as rows, for people and for programs that work with tables: CSV, spreadsheets, the command line.
//!
//! Each table is a list of columns with name and documentation ([`ENTRIES`], [`TRANSACTIONS`], [`STATUSES`],
//! [`OUTCOMES`]) and a function that returns the rows. [`CsvWriter`] writes them.

mod csv;
mod entries;
mod outcomes;
mod statuses;
mod transactions;

use std::borrow::Cow;

use bankchannel_foundation::model::{Boundary, Date, Decimal, write_boundary};

use crate::data::{Code, Money, Party};
use crate::payee_check::PayeeCheck;

pub use csv::{CsvOptions, CsvWriter};
pub use entries::{ENTRIES, EntryRows, of_entry, of_statements};
pub use outcomes::{OUTCOMES, of_matched};
pub use statuses::{STATUSES, of_reports};
pub use transactions::{TRANSACTIONS, of_payment, of_transaction};

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableColumn {
    /// The name, in the first row of a CSV file.
    pub name: &'static str,
    /// Its content.
    pub documentation: &'static str,
}

/// A cell of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableCell<'a> {
    /// No value.
    Empty,
    /// Text, a code or a date.
    Text(Cow<'a, str>),
    /// A number, which programs may compute with.
    Number(Cow<'a, str>),
}

/// A row, with a cell for each column.
pub type TableRow<'a> = Vec<TableCell<'a>>;

/// Declares a table once: its columns, and how the cells of a row are made from its source value.
macro_rules! table {
    (
        $(#[$about:meta])* $constant:ident, $cells:ident($row:ident: $of:ty);
        $($name:literal, $documentation:literal, $cell:expr;)+
    ) => {
        $(#[$about])*
        pub const $constant: &[$crate::tables::TableColumn] =
            &[$($crate::tables::TableColumn { name: $name, documentation: $documentation }),+];

        fn $cells<'a>($row: &$of) -> $crate::tables::TableRow<'a> {
            vec![$($crate::tables::TableCell::from($cell)),+]
        }
    };
}
use table;

impl TableCell<'_> {
    /// The cell as text, empty if there is no value.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Text(text) | Self::Number(text) => text,
        }
    }
}

impl<'a> From<Option<&'a str>> for TableCell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }
}

impl<'a> From<&'a Option<String>> for TableCell<'a> {
    fn from(text: &'a Option<String>) -> Self {
        text.as_deref().into()
    }
}

impl From<Option<String>> for TableCell<'_> {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }
}

impl<'a> From<Option<&'a Decimal>> for TableCell<'a> {
    fn from(number: Option<&'a Decimal>) -> Self {
        number.map_or(Self::Empty, |number| Self::Number(number.as_str().into()))
    }
}

impl From<u64> for TableCell<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number.to_string().into())
    }
}

impl From<Option<Date>> for TableCell<'_> {
    fn from(date: Option<Date>) -> Self {
        date.map(|date| date.0.to_string()).into()
    }
}

impl From<bool> for TableCell<'_> {
    fn from(flag: bool) -> Self {
        Self::Text(if flag { "true" } else { "false" }.into())
    }
}

/// The name of an enum's value, the same in every language.
fn word(value: impl Boundary) -> Option<String> {
    write_boundary(value).as_str().map(str::to_owned)
}

fn amount(money: Option<&Money>) -> Option<&Decimal> {
    money.map(|money| &money.amount)
}

fn currency(money: Option<&Money>) -> Option<&str> {
    money.map(|money| money.currency.as_str()).filter(|currency| !currency.is_empty())
}

fn code(code: Option<&Code>) -> Option<&str> {
    code.map(|code| code.code.as_str())
}

fn meaning(code: Option<&Code>) -> Option<&str> {
    code.and_then(|code| code.meaning.as_deref())
}

fn name(party: Option<&Party>) -> Option<&str> {
    party.and_then(|party| party.name.as_deref())
}

/// The number of a party's account: its IBAN, otherwise another one.
fn account(party: Option<&Party>) -> Option<&str> {
    party.and_then(|party| party.iban.as_deref().or(party.account.as_deref()))
}

/// The result of a payee check.
fn payee_result(check: Option<&PayeeCheck>) -> Option<String> {
    check.and_then(|check| word(check.result))
}

/// The name that the payee's bank has.
fn registered_name(check: Option<&PayeeCheck>) -> Option<&str> {
    check.and_then(|check| check.registered_name.as_deref())
}

/// Texts on one line.
fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}
