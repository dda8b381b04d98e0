//! A row that is read from left to right, so that the reading code follows the order of the SELECT list.

use super::{ColumnValue, Result, StoreError};

/// One row of a result. Each call reads the next column.
#[derive(Debug)]
pub struct ResultRow {
    columns: std::vec::IntoIter<ColumnValue>,
}

impl ResultRow {
    pub(super) fn new(columns: Vec<ColumnValue>) -> Self {
        Self { columns: columns.into_iter() }
    }

    /// An integer.
    pub fn int(&mut self) -> Result<i64> {
        match self.next()? {
            ColumnValue::Int(value) => Ok(value),
            other => Err(unexpected("an integer", &other)),
        }
    }

    /// An integer as a boolean.
    pub fn bool(&mut self) -> Result<bool> {
        Ok(self.int()? != 0)
    }

    /// Text.
    pub fn text(&mut self) -> Result<String> {
        match self.next()? {
            ColumnValue::Text(value) => Ok(value),
            other => Err(unexpected("text", &other)),
        }
    }

    /// Bytes.
    pub fn blob(&mut self) -> Result<Vec<u8>> {
        match self.next()? {
            ColumnValue::Blob(value) => Ok(value),
            other => Err(unexpected("bytes", &other)),
        }
    }

    /// 32 bytes.
    pub fn digest(&mut self) -> Result<[u8; 32]> {
        self.bytes()
    }

    /// An array of exactly `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.blob()?.try_into().map_err(|_| StoreError::internal(format!("a stored value is not {N} bytes long")))
    }

    /// An array of exactly `N` bytes, or null.
    pub fn opt_bytes<const N: usize>(&mut self) -> Result<Option<[u8; N]>> {
        if self.is_null() {
            self.skip(1);
            return Ok(None);
        }
        self.bytes().map(Some)
    }

    /// An integer or null.
    pub fn opt_int(&mut self) -> Result<Option<i64>> {
        match self.next()? {
            ColumnValue::Null => Ok(None),
            ColumnValue::Int(value) => Ok(Some(value)),
            other => Err(unexpected("an integer or null", &other)),
        }
    }

    /// Text or null.
    pub fn opt_text(&mut self) -> Result<Option<String>> {
        match self.next()? {
            ColumnValue::Null => Ok(None),
            ColumnValue::Text(value) => Ok(Some(value)),
            other => Err(unexpected("text or null", &other)),
        }
    }

    /// Bytes or null.
    pub fn opt_blob(&mut self) -> Result<Option<Vec<u8>>> {
        match self.next()? {
            ColumnValue::Null => Ok(None),
            ColumnValue::Blob(value) => Ok(Some(value)),
            other => Err(unexpected("bytes or null", &other)),
        }
    }

    /// A text column with one of a closed list of words.
    pub fn word<T>(&mut self, parse: fn(&str) -> Option<T>) -> Result<T> {
        let text = self.text()?;
        parse(&text).ok_or_else(|| StoreError::internal("a stored word is not known to this program"))
    }

    /// As [`ResultRow::word`], or null.
    pub fn opt_word<T>(&mut self, parse: fn(&str) -> Option<T>) -> Result<Option<T>> {
        match self.opt_text()? {
            None => Ok(None),
            Some(text) => {
                parse(&text).map(Some).ok_or_else(|| StoreError::internal("a stored word is not known to this program"))
            }
        }
    }

    /// Whether the next column is null; does not advance.
    pub fn is_null(&self) -> bool {
        matches!(self.columns.as_slice().first(), Some(ColumnValue::Null))
    }

    /// Skips columns.
    pub fn skip(&mut self, columns: usize) {
        for _ in 0..columns {
            self.columns.next();
        }
    }

    fn next(&mut self) -> Result<ColumnValue> {
        self.columns.next().ok_or_else(|| StoreError::internal("a row has fewer columns than the reader expects"))
    }
}

fn unexpected(wanted: &str, found: &ColumnValue) -> StoreError {
    let kind = match found {
        ColumnValue::Null => "null",
        ColumnValue::Int(_) => "an integer",
        ColumnValue::Text(_) => "text",
        ColumnValue::Blob(_) => "bytes",
    };
    StoreError::internal(format!("a column holds {kind} where {wanted} belongs"))
}
