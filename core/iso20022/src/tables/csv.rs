//! Rows as CSV (RFC 4180), safe to open in spreadsheets: no text is taken for a formula.

use std::io::{self, Write};

use csv_core::{WriteResult, Writer};

use super::{TableCell, TableColumn};
use crate::text::is_formula;

/// The format of CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvOptions {
    /// The delimiter between two cells: one ASCII character.
    pub delimiter: u8,
    /// Whether lines end with CR and LF instead of LF.
    pub crlf: bool,
    /// Whether texts are written unchanged. A spreadsheet then takes some of them for formulas and runs them.
    pub raw: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: b',', crlf: false, raw: false }
    }
}

/// Writes rows as CSV.
#[derive(Debug)]
pub struct CsvWriter<W> {
    output: W,
    writer: Writer,
    raw: bool,
    line: Vec<u8>,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the header row with the columns' names.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn new(output: W, options: CsvOptions, columns: &[TableColumn]) -> io::Result<Self> {
        let mut csv = Self::without_header(output, options);
        let names: Vec<TableCell<'_>> = columns.iter().map(|column| TableCell::Text(column.name.into())).collect();
        csv.row(&names)?;
        Ok(csv)
    }

    /// The same without a header row: rows that follow others.
    pub fn without_header(output: W, options: CsvOptions) -> Self {
        let terminator = if options.crlf { csv_core::Terminator::CRLF } else { csv_core::Terminator::Any(b'\n') };
        let writer = csv_core::WriterBuilder::new().delimiter(options.delimiter).terminator(terminator).build();
        Self { output, writer, raw: options.raw, line: Vec::new() }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn row(&mut self, cells: &[TableCell<'_>]) -> io::Result<()> {
        self.line.clear();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.put(|writer, output| writer.delimiter(output));
            }
            match cell {
                TableCell::Text(text) if !self.raw && is_formula(text) => self.field(&format!("'{text}")),
                other => self.field(other.as_str()),
            }
        }
        self.put(|writer, output| writer.terminator(output));
        self.output.write_all(&self.line)
    }

    /// Returns the output.
    pub fn into_inner(self) -> W {
        self.output
    }

    fn field(&mut self, text: &str) {
        let used = self.line.len();
        // Each byte may be a quote, which is doubled, and the field is enclosed in quotes.
        self.line.resize(used + 2 * text.len() + 2, 0);
        let (_, _, written) = self.writer.field(text.as_bytes(), &mut self.line[used..]);
        self.line.truncate(used + written);
    }

    fn put(&mut self, write: impl FnOnce(&mut Writer, &mut [u8]) -> (WriteResult, usize)) {
        /// A quote, and the longest end of a line.
        const LONGEST: usize = 8;
        let used = self.line.len();
        self.line.resize(used + LONGEST, 0);
        let (_, written) = write(&mut self.writer, &mut self.line[used..]);
        self.line.truncate(used + written);
    }
}
