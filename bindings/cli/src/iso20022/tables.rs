//! Rows as tables for people and as CSV.

use std::io::{self, Write as _};

use bankchannel_foundation::model::Decimal;
use bankchannel_iso20022::{
    data::Money,
    tables::{Cell, Column, Csv, CsvOptions, Row},
};
use serde_json::Value;

use crate::{
    exit::{Failure, Outcome},
    output::{self, table},
};

/// Writes rows as CSV to standard output.
pub(super) struct Rows(Csv<io::BufWriter<Output>>);

impl Rows {
    pub(super) fn new(columns: &[Column]) -> Outcome<Self> {
        Csv::new(io::BufWriter::new(Output), CsvOptions::default(), columns).map(Self).map_err(failed)
    }

    pub(super) fn add(&mut self, row: &[Cell<'_>]) -> Outcome {
        self.0.row(row).map_err(failed)
    }

    pub(super) fn end(self) -> Outcome {
        self.0.into_inner().flush().map_err(failed)
    }
}

fn failed(why: io::Error) -> Failure {
    Failure::usage(format!("standard output: {why}"))
}

/// Standard output as a writer.
struct Output;

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        output::bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The most rows of a table for people.
const MAX_ROWS: usize = 1000;

/// Prints some columns of rows as a table, under other names: pairs of a column and its title.
pub(super) fn print<'a>(columns: &[Column], shown: &[(&str, &str)], rows: impl Iterator<Item = Row<'a>>) {
    let places: Vec<usize> =
        shown.iter().filter_map(|(name, _)| columns.iter().position(|column| column.name == *name)).collect();
    let titles: Vec<&str> = shown.iter().map(|(_, title)| *title).collect();
    let (mut cells, mut left_out) = (Vec::new(), 0_u64);
    for row in rows {
        if cells.len() == MAX_ROWS {
            left_out += 1;
        } else {
            cells.push(places.iter().map(|place| row[*place].as_str().to_owned()).collect::<Vec<_>>());
        }
    }
    if cells.is_empty() {
        return;
    }
    output::bytes(table::table(&titles, cells).as_bytes());
    if left_out > 0 {
        output::line(&format!("and {left_out} more: --csv and --json show all"));
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
