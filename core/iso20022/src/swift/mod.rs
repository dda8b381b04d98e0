//! SWIFT statements (MT940, MT941, MT942, MT950) as the same typed results as `camt.053` and `camt.052`.
//!
//! ```text
//!  bytes ─► LineReader ─► FieldReader ─► SwiftReader ─► Message, Statement, Entry, Entry, …, End
//!           (decoded)     (:20:, :61:)       └─► details: what banks write in `:86:`
//! ```
//!
//! A file is read as it is, also where it breaks SWIFT's rules: a value that cannot be read is a problem of its entry or
//! statement, a part without a field is named in `unread`.

mod account;
mod code_page;
mod details;
mod entry;
mod fields;
mod head;
mod line;
mod lines;
mod reader;
mod recognise;
mod statement;
mod tags;
mod values;

pub(crate) use code_page::{NAMES as ENCODINGS, is_text_encoding};
pub(crate) use reader::SwiftReader;
pub(crate) use recognise::{is_swift_statement, is_utf_16_statement};
