//! Whose answer a bank's file is, and the bank's verdict on an uploaded file.
//!
//! ```text
//!  uploaded file ─► UploadedMessage: message id, batches, transactions ──┐
//!  bank's file ───► AnswerFile: status report, statement, or neither ────┴► AnswerClaim: named, by references, other
//!                                                                     └───► BankVerdict: accepted, rejected, …
//! ```
//!
//! A bank's list of files does not say which upload a file answers: only its content does.

mod claim;
mod reported;
mod uploaded;
mod verdict;

pub use claim::{AnswerClaim, AnswerFile, ClaimedEntry};
pub use uploaded::UploadedMessage;
pub use verdict::{BankVerdict, PaymentVerdict};
