//! A row that is read from left to right, and the types read from it: columns, tuples of them, structs of them.

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

    /// The next columns, as many as `T` has.
    pub fn read<T: StoredRow>(&mut self) -> Result<T> {
        T::read(self)
    }

    /// Whether the next column is null; does not advance.
    fn is_null(&self) -> bool {
        matches!(self.columns.as_slice().first(), Some(ColumnValue::Null))
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

/// A value that is read from a row: one column, or several from left to right. Derived for structs, whose SELECT list
/// is made of their fields.
pub trait StoredRow: Sized {
    /// The SELECT list; empty for a column or a tuple, which have no names of their own.
    const COLUMNS: &'static str = "";
    /// The number of columns.
    const WIDTH: usize = 1;
    /// Reads the columns.
    ///
    /// # Errors
    /// A column of another kind, which is a fault of the schema or of the database.
    fn read(row: &mut ResultRow) -> Result<Self>;
}

macro_rules! columns {
    ($($kind:ident as $type:ty, $wanted:literal;)+) => {$(
        impl StoredRow for $type {
            #[inline]
            fn read(row: &mut ResultRow) -> Result<Self> {
                match row.next()? {
                    ColumnValue::$kind(value) => Ok(value),
                    other => Err(unexpected($wanted, &other)),
                }
            }
        }
    )+};
}

columns! {
    Int as i64, "an integer";
    Text as String, "text";
    Blob as Vec<u8>, "bytes";
}

impl StoredRow for bool {
    fn read(row: &mut ResultRow) -> Result<Self> {
        Ok(row.read::<i64>()? != 0)
    }
}

/// Words with blanks between them.
impl StoredRow for Vec<String> {
    fn read(row: &mut ResultRow) -> Result<Self> {
        Ok(row.read::<String>()?.split_whitespace().map(str::to_owned).collect())
    }
}

impl<const N: usize> StoredRow for [u8; N] {
    fn read(row: &mut ResultRow) -> Result<Self> {
        let bytes: Vec<u8> = row.read()?;
        bytes.try_into().map_err(|_| StoreError::internal(format!("a stored value is not {N} bytes long")))
    }
}

/// Absent if its first column is null: a column, or a row that a LEFT JOIN did not find.
impl<T: StoredRow> StoredRow for Option<T> {
    const COLUMNS: &'static str = T::COLUMNS;
    const WIDTH: usize = T::WIDTH;

    #[inline]
    fn read(row: &mut ResultRow) -> Result<Self> {
        if row.is_null() {
            row.columns.by_ref().take(T::WIDTH).for_each(drop);
            return Ok(None);
        }
        T::read(row).map(Some)
    }
}

macro_rules! tuples {
    ($(($($part:ident)+))+) => {$(
        impl<$($part: StoredRow),+> StoredRow for ($($part,)+) {
            const WIDTH: usize = 0 $(+ $part::WIDTH)+;

            #[inline]
            fn read(row: &mut ResultRow) -> Result<Self> {
                Ok(($($part::read(row)?,)+))
            }
        }
    )+};
}

tuples! { (A B) (A B C) (A B C D) (A B C D E) }

/// The columns that a field has of its own, or else its name.
pub(crate) const fn own_or(own: &'static str, name: &'static str) -> &'static str {
    if own.is_empty() { name } else { own }
}

/// The bytes of all parts.
pub(crate) const fn joined<const N: usize>(parts: &[&str]) -> [u8; N] {
    let (mut all, mut at, mut part) = ([0; N], 0, 0);
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut byte = 0;
        while byte < bytes.len() {
            all[at] = bytes[byte];
            (at, byte) = (at + 1, byte + 1);
        }
        part += 1;
    }
    all
}

/// The length of all parts.
pub(crate) const fn joined_len(parts: &[&str]) -> usize {
    let (mut length, mut part) = (0, 0);
    while part < parts.len() {
        (length, part) = (length + parts[part].len(), part + 1);
    }
    length
}

/// A statement of constant parts, joined by the compiler: `sql!("SELECT ", CertSet::COLUMNS, " FROM cert_set s")`.
macro_rules! sql {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&str] = &[$($part),+];
        const BYTES: [u8; $crate::engine::joined_len(PARTS)] = $crate::engine::joined(PARTS);
        const SQL: &str = match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("joined texts are text"),
        };
        SQL
    }};
}
pub(crate) use sql;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(Debug, PartialEq, StoredRow)]
    #[row(alias = "l")]
    struct LenderOfRow {
        email: String,
        since: i64,
    }

    #[derive(Debug, PartialEq, StoredRow)]
    #[row(alias = "a")]
    struct NestedRow {
        r#type: String,
        #[row(sql = "a.size + 1")]
        size: i64,
        lender: Option<LenderOfRow>,
        #[row(absent)]
        seen: bool,
        hash: Option<[u8; 2]>,
        owner: LenderOfRow,
    }
    use bankchannel_macros::StoredRow;

    fn text(text: &str) -> ColumnValue {
        text.into()
    }

    #[test]
    fn the_select_list_is_that_of_the_fields_in_their_order() {
        assert_eq!(NestedRow::COLUMNS, "a.type, a.size + 1, l.email, l.since, a.hash, l.email, l.since");
        assert_eq!(NestedRow::WIDTH, NestedRow::COLUMNS.split(", ").count());
        assert_eq!(<(i64, Option<NestedRow>)>::WIDTH, 8);
        assert_eq!(sql!("SELECT ", LenderOfRow::COLUMNS, " FROM lender l"), "SELECT l.email, l.since FROM lender l");
    }

    #[test]
    fn a_row_that_a_left_join_did_not_find_is_absent_and_what_follows_is_read() {
        let owner = || LenderOfRow { email: "o@x.fi".into(), since: 3 };
        let mut columns = vec![
            text("t"),
            1.into(),
            ColumnValue::Null,
            ColumnValue::Null,
            ColumnValue::Null,
            text("o@x.fi"),
            3.into(),
        ];
        let row = NestedRow { r#type: "t".into(), size: 1, lender: None, seen: false, hash: None, owner: owner() };
        assert_eq!(ResultRow::new(columns.clone()).read::<NestedRow>().unwrap(), row);
        (columns[2], columns[3], columns[4]) = (text("l@x.fi"), 2.into(), [7, 8].into());
        let found: (NestedRow, Option<i64>) =
            ResultRow::new([columns.clone(), vec![ColumnValue::Null]].concat()).read().unwrap();
        let lender = Some(LenderOfRow { email: "l@x.fi".into(), since: 2 });
        assert_eq!(found, (NestedRow { lender, hash: Some([7, 8]), ..row }, None));
        // Found, but without a value that it must have: a fault, not an absent row.
        columns[3] = ColumnValue::Null;
        assert!(ResultRow::new(columns.clone()).read::<NestedRow>().is_err());
        assert!(ResultRow::new(columns[..6].to_vec()).read::<NestedRow>().is_err(), "too few columns");
    }
}
