//! ISO 20022 payment files, status reports and statements: validate, explain, read and write.
//!
//! ```text
//!  payment file ──► explain ──► problems: line, field, what to change
//!  (pain.001)   └─► decide  ──► pain.002  (status of every transaction)   ──► read ──► tables
//!                   (bank)      camt.054  (what was debited)              ──► read
//!                               camt.053  (statement: balances, entries)  ──► read
//!
//!  your data    ──► make::PaymentMaker ──► payment file, with the changes and warnings
//!
//!  a bank's file ─► read_statement, read_report, read_notification, read_status_report, read_payment ─► typed results
//!                   cash::CashReader: the same entry by entry, in memory that does not grow with the file
//! ```
//!
//! [`camt`], [`pain001`] and [`pain002`] hold the values of a document verbatim; the simulator reads and writes them.
//! [`cash`], [`status`] and [`payment`] hold typed values, with codes explained in words, for files of any size.
//!
//! Nothing here reads the clock or draws random numbers, and only one operation writes a file, at the given path:
//! bytes, times and ids are passed in, so the same input gives the same bytes. Every parser refuses document type
//! declarations and limits size, depth and counts (WS Channel docs/protocols/ws-channel.md §10 S30). The documents
//! follow docs/protocols/ws-channel.md §6.7 and §6.8.

pub mod amount;
pub mod answers;
pub mod camt;
pub mod cash;
pub mod check;
pub mod data;
pub mod errors;
pub mod iban;
pub mod make;
pub mod matching;
pub mod meaning;
mod message_file;
pub mod operations;
pub mod pain001;
pub mod pain002;
pub mod payment;
mod problem;
pub mod rules;
pub mod schema;
pub mod simulator;
pub mod status;
pub mod tables;
mod text;
pub mod types;
mod xml;

pub use cash::{read_notification, read_report, read_statement};
pub use message_file::{MessageFile, read_message_file};
pub use operations::{CATALOGUE, TERMS, Terms};
pub use payment::read_payment;
pub use problem::Problem;
pub use schema::MessageType;
pub use status::read_status_report;
pub use xml::{MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_NODES};

/// The prefix of the names of this module's operations; also the module's name.
pub const MODULE: &str = "iso20022";

/// An example payment: two credit transfers with a total of 1450.05 EUR (see `examples/README.md` for its origin).
pub const EXAMPLE_PAIN001: &str = include_str!("../examples/pain.001.001.09.xml");
