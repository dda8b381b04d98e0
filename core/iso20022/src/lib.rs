//! ISO 20022 payment files, status reports and statements: validate, explain, read and write.
//!
//! ```text
//!  your data     ─► make::PaymentMaker ─► payment file (pain.001), with the changes and warnings
//!  payment file  ─► check::check ─► findings: line, path, fault, what to change
//!  payment file, reports, statements ─► matching ─► what became of each transaction
//!
//!  a bank's file ─► read_statement, read_report, read_notification, read_status_report, read_payment ─► typed results
//!                   cash::CashReader: the same entry by entry, in memory that does not grow with the file
//! ```
//!
//! [`payment`] reads pain.001, [`status`] pain.002, and [`cash`] camt.052, camt.053 and camt.054, SWIFT statements and Finnish
//! records of the same content: typed values, with codes explained in words, for files of any size, also in an [`archive`].
//!
//! Nothing here reads the clock or draws random numbers, and only one operation writes a file, at the given path:
//! bytes, times and ids are passed in, so the same input gives the same bytes. Every parser refuses document type
//! declarations and limits size, depth and counts (docs/protocols/ws-channel.md §10 S30).

pub mod answers;
pub mod archive;
pub mod cash;
pub mod check;
pub mod data;
pub mod errors;
mod finnish;
pub mod iban;
pub mod make;
pub mod matching;
pub mod meaning;
mod message_file;
pub mod operations;
pub mod payee_check;
pub mod payment;
mod recognise;
pub mod rules;
pub mod schema;
pub mod status;
mod swift;
pub mod tables;
mod text;

pub use bankchannel_xml::{XmlFault, is_in_its_encoding};
pub use cash::{read_notification, read_report, read_statement};
pub use message_file::{
    FileReceiver, MAX_UNASKED, MessageFile, MessageFileKind, RecognisedFile, file_kind, files_in, read_message_file,
};
pub use operations::{CATALOGUE, TERMS, Terms};
pub use payment::read_payment;
pub use status::read_status_report;

/// The prefix of the names of this module's operations; also the module's name.
pub const MODULE: &str = "iso20022";

/// An example payment: two credit transfers with a total of 1450.05 EUR (see `examples/README.md` for its origin).
pub const EXAMPLE_PAIN001: &str = include_str!("../examples/pain.001.001.09.xml");
