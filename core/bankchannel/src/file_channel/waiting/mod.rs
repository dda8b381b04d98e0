//! A file sent, and the bank's answers to it awaited: the part of `upload_and_wait` that all file channels share.
//!
//! ```text
//!   UploadWait::open ─► present files noted ─► send ─► AnswerWait ─► AwaitedAnswers ─► response, or error with it
//!                                                            └── AnswerRegistry: lists and files shared by all waits
//! ```

mod fetching;
mod registry;
mod taken;
mod upload;
mod wait;

pub(crate) use registry::AnswerRegistry;
pub(crate) use taken::AwaitedFile;
pub use taken::FetchedContent;
pub use upload::{AwaitAnswers, UploadDecision};
pub(crate) use upload::{AwaitedAnswers, UploadWait};
