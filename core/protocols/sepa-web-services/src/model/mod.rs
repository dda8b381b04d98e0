//! Types that several operations share.

pub(crate) mod answer;
mod files;
mod users;

pub use answer::{BankAnswer, BelievedAnswer, ExchangeEvidence};
pub use files::{BankFileDescriptor, BankFileStatus, FeedbackFileAttributes, FileStatusFilter};
pub use users::{FileDirection, FileTypeService, UserFileType};
