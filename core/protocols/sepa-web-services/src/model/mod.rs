//! Types that several operations share.

pub(crate) mod answer;
mod certificates;
mod files;
mod users;

pub use answer::{BelievedAnswer, ExchangeEvidence, FileServiceAnswer};
pub use certificates::{
    BankCertificate, OwnCertificatePurpose, OwnCertificateState, OwnCertificateStatus, RevocationReason,
};
pub use files::{BankFileDescriptor, BankFileStatus, FeedbackFileAttributes, FileStatusFilter};
pub use users::{FileDirection, FileTypeService, UserFileType};
