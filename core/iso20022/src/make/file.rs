//! Data given once for a file, and the summary of a file that was made.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::Date;

use crate::data::Money;

/// Data given once for a file: defaults for its transfers, and the format of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[boundary(flattened)]
pub struct PaymentData {
    /// The values of transfers that do not set their own.
    #[boundary(flatten)]
    pub group: crate::make::GroupData,
    /// The currency of transfers without one, an ISO 4217 code; EUR by default.
    pub currency: Option<String>,
    /// The party that initiates the payments: a name, and the number by which the bank knows the customer; the debtor's
    /// name by default.
    pub initiator: Option<crate::make::PaymentParty>,
    /// The version of the file: by default that of the profile, otherwise `v09`.
    pub version: Option<crate::rules::PaymentVersion>,
    /// The id of the file, at most 35 characters, never used before; if left out, it is made from the data.
    pub message_id: Option<String>,
    /// When the file was made; if left out, now. Execution dates are judged relative to that day.
    pub created: Option<bankchannel_foundation::model::Timestamp>,
    /// The treatment of characters that banks do not forward: by default that of the profile, otherwise they are
    /// refused.
    pub characters: Option<crate::rules::Characters>,
    /// Whether texts and names that are too long are cut, which is reported; otherwise they are refused.
    pub cut: Option<bool>,
    /// Whether the file has no line breaks; banks report errors by line.
    pub compact: Option<bool>,
    /// Whether the creation time is written in UTC with a `Z`, which some banks refuse; otherwise as local time without
    /// offset.
    pub utc: Option<bool>,
    /// Whether transfers without a UETR get one, made from the data; version 9 only.
    pub uetr: Option<bool>,
    /// The bank's deviations from the common rules. Its `base` names a bank that is known.
    pub profile: Option<crate::rules::ProfileOptions>,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(flattened)]
pub struct MadePayment {
    /// The id of the file.
    pub message_id: String,
    /// How many transactions it has.
    pub transactions: u64,
    /// The sum of all amounts, whatever their currencies.
    pub control_sum: bankchannel_foundation::model::Decimal,
    /// The sum of each currency, in the order of their first appearance.
    pub sums: Vec<crate::data::Money>,
    /// The batches, in order.
    pub batches: Vec<crate::make::MadeBatch>,
    /// Texts that were changed when written, at most 100.
    pub changes: Vec<crate::make::TextChange>,
    /// The total number of changed texts.
    pub change_count: u64,
    /// Warnings about content that a bank may reject, at most 100.
    pub warnings: Vec<crate::rules::Finding>,
    /// The total number of warnings.
    pub warning_count: u64,
}

/// A batch of a file that was made.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct MadeBatch {
    /// The id of the batch.
    pub id: String,
    /// How many transactions it has.
    pub transactions: u64,
    /// Their sum.
    pub sum: Money,
    /// The day on which they are to be executed.
    pub execution_date: Date,
}
