//! Paged lists: the length of a page and its start.

use bankchannel_foundation::{Error, Result};
use bankchannel_storage::salt_edge_connector::RowId;

use crate::salt_edge_connector::engine::{id_text, read_id};

/// The default number of rows on a page.
const ROWS: u32 = 100;
const MAX_ROWS: u32 = 1000;

/// A place in a list: the age of a row, and its id.
pub(super) type ListPlace = (i64, RowId);

/// The requested page.
pub(super) struct RequestedPage {
    /// The maximum number of rows.
    pub(super) limit: u32,
    /// The row after which it begins.
    pub(super) after: Option<ListPlace>,
}

impl RequestedPage {
    /// Reads the request's fields.
    ///
    /// # Errors
    /// `input.invalid_field`.
    pub(super) fn read(limit: Option<u32>, after: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(ROWS);
        if !(1..=MAX_ROWS).contains(&limit) {
            return Err(Error::invalid_field("limit", format!("must be 1 to {MAX_ROWS}")));
        }
        Ok(Self { limit, after: after.map(read_place).transpose()? })
    }

    /// The start of the next page, from the number of rows and the place of the last row; `None` after the last page.
    pub(super) fn next(&self, rows: usize, last: Option<ListPlace>) -> Option<String> {
        let (age, id) = last.filter(|_| rows == self.limit as usize)?;
        Some(format!("{age}.{}", id_text(id)))
    }
}

fn read_place(text: &str) -> Result<ListPlace> {
    let wrong = || Error::invalid_field("after", "must be `next` of the page before");
    let (age, id) = text.split_once('.').ok_or_else(wrong)?;
    let id = read_id("after", id).map_err(|_| wrong())?;
    Ok((age.parse().map_err(|_| wrong())?, id))
}
