//! Types that several operations share.

pub(crate) mod answer;
mod files;
mod users;

pub use answer::{BelievedAnswer, ExchangeEvidence, FileServiceAnswer};
pub use files::{BankFileDescriptor, BankFileStatus, FeedbackFileAttributes, FileStatusFilter};
pub use users::{FileDirection, FileTypeService, UserFileType};
