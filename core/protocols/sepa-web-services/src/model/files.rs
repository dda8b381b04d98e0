//! Files at the bank (§4.4).

use bankchannel_foundation::model::{Boundary, Date, Decimal, Timestamp};

/// Which files a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum FileStatusFilter {
    /// Files that were not downloaded yet.
    #[boundary("NEW")]
    New,
    /// Files that were downloaded before.
    #[boundary("DLD")]
    Downloaded,
    /// All that the bank still keeps.
    #[default]
    #[boundary("ALL")]
    All,
}

/// The status of a file at the bank. Banks may add values.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum BankFileStatus {
    /// New: not downloaded yet.
    #[boundary("NEW")]
    New,
    /// Downloaded before.
    #[boundary("DLD")]
    Downloaded,
    /// Received, waits for processing.
    #[boundary("WFP")]
    WaitingForProcessing,
    /// Waits for a confirmation.
    #[boundary("WFC")]
    WaitingForConfirmation,
    /// Forwarded to processing.
    #[boundary("FWD")]
    Forwarded,
    /// Deleted.
    #[boundary("DEL")]
    Deleted,
    /// Keyed in by hand.
    #[boundary("KIN")]
    KeyedIn,
    /// A value that this version does not know, as the bank writes it.
    Other(String),
}

/// A file at the bank.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankFileDescriptor {
    /// The bank's reference, with which the file is downloaded or deleted.
    pub file_reference: String,
    /// The part of the agreement that it belongs to; left out if the bank leaves it empty. Some banks write something
    /// else here.
    pub target_id: Option<String>,
    /// The service or account.
    pub service_id: Option<String>,
    /// The owner of the service.
    pub service_id_owner_name: Option<String>,
    /// The file's name in the customer's system.
    pub user_filename: Option<String>,
    /// The reference of the file that this one answers.
    pub parent_file_reference: Option<String>,
    /// The bank's type of the file, such as `NDCAMT53L`.
    pub file_type: String,
    /// When the file was made.
    pub file_timestamp: Timestamp,
    /// Its status.
    pub status: BankFileStatus,
    /// The sum of its amounts, if the bank counts it.
    pub amount_total: Option<Decimal>,
    /// The number of its transactions, if the bank counts them.
    pub transaction_count: Option<u64>,
    /// When it was downloaded last.
    pub last_download_timestamp: Option<Timestamp>,
    /// When it was forwarded to processing.
    pub forwarded_timestamp: Option<Timestamp>,
    /// Whether somebody may confirm it.
    pub confirmable: Option<bool>,
    /// Whether it can be deleted.
    pub deletable: Option<bool>,
    /// More about the status, such as `HIGH`.
    pub sub_status: Option<String>,
    /// The text of `sub_status`.
    pub sub_status_text: Option<String>,
    /// Whether transactions are missing.
    pub missing_transactions: Option<bool>,
    /// More about the type.
    pub sub_type: Option<String>,
    /// The bank's feedback about a file that was sent.
    pub feedback_file_attributes: Option<FeedbackFileAttributes>,
}

/// The bank's feedback about a file that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct FeedbackFileAttributes {
    /// The reference of the feedback.
    pub feedback_file_reference: String,
    /// Its type.
    pub feedback_file_type: Option<String>,
    /// The name of its type.
    pub feedback_file_type_name: Option<String>,
    /// Its status.
    pub feedback_file_status: Option<String>,
    /// Its day.
    pub feedback_file_date: Option<Date>,
    /// When it was made. The schema's name of the element is `FeedbackFilestamp`.
    #[boundary(wire = "FeedbackFilestamp")]
    pub feedback_file_timestamp: Option<Timestamp>,
    /// The service or account.
    pub feedback_service_id: Option<String>,
    /// The actions on the file.
    pub file_action_history: Option<String>,
}
