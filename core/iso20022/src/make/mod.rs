//! Payment files (`pain.001`, version 9 or 3) made from typed data.
//!
//! ```text
//!  CreditTransfer ─► merged with the file's data ─► batch ─► checked, converted ─► ids ─► XML ─► spool of its batch
//!  (one at a time, or rows of JSON or CSV)                         │
//!                                                                  └─ wrong: up to 50 problems, and no file
//!  finish: header with count, sum and id ─► each batch with its own ─► its transactions from the spool
//! ```
//!
//! Transfers are grouped into batches by the data they share ([`GroupData`] and the currency), in the order of their
//! first appearance. Memory does not grow with the file, except for a few bytes per transaction, which are used to find
//! equal ones.

mod banks;
mod csv;
mod digest;
mod file;
mod findings;
mod group;
mod maker;
mod model;
mod output;
mod prepare;
mod records;
mod rows;
mod seen;
mod spool;
mod write;

pub use banks::{IntermediaryBank, PaymentBankDetails};
pub use csv::{COLUMNS, MAX_CELL, MAX_ROW, PaymentTable, TransferColumn, example_csv};
pub use file::{MadeBatch, MadePayment, PaymentData};
pub use findings::{DataPlace, MAX_CHANGES, MAX_ERRORS, MAX_WARNINGS, TextChange};
pub(crate) use maker::local_time;
pub use maker::{MAX_BATCHES, MAX_TRANSACTIONS, PaymentMaker};
pub use model::{
    ChargeBearer, CreditTransfer, DocumentKind, GroupData, PaidDocument, PaymentParty, PaymentPriority, PostalAddress,
    RegulatoryReport, TransferKind,
};
pub(crate) use output::{WrittenFile, is_free, to_new_file, to_text};
pub use rows::{MAX_LINE, MAX_REFUSED_ROWS, RowFormat};
