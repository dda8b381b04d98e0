//! What is said once for a file, and what there is to say of one that was made.

use bankchannel_foundation::Boundary;
use bankchannel_foundation::model::{Date, Decimal, Timestamp};

use super::findings::TextChange;
use super::model::{GroupData, PaymentParty};
use crate::data::Money;
use crate::rules::characters::Characters;
use crate::rules::{Finding, PaymentVersion, ProfileOptions};

/// What is said once for a file: what transfers do not say themselves, and how the file is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct PaymentData {
    /// What holds for all transfers that do not say otherwise.
    #[boundary(flatten)]
    pub group: GroupData,
    /// The currency of transfers that name none, an ISO 4217 code; EUR unless given.
    pub currency: Option<String>,
    /// Who initiates the payments: a name, and the number by which the bank knows the customer; the debtor's name
    /// unless given.
    pub initiator: Option<PaymentParty>,
    /// The version of the file: that which the profile says, else `v09`.
    pub version: Option<PaymentVersion>,
    /// The id of the file, at most 35 characters, never used before; left out: made from the data.
    pub message_id: Option<String>,
    /// When the file was made; left out: now. Dates of execution are judged as seen from that day.
    pub created: Option<Timestamp>,
    /// What becomes of characters that banks do not forward: that which the profile says, else they are refused.
    pub characters: Option<Characters>,
    /// Whether texts and names that are too long are cut, which is reported; else they are refused.
    pub cut: Option<bool>,
    /// Whether the file has no line breaks; banks name errors by line.
    pub compact: Option<bool>,
    /// Whether the time of making is written in UTC with a `Z`, which some banks refuse; else as local time without
    /// offset.
    pub utc: Option<bool>,
    /// Whether transfers without a UETR get one, made from the data; version 9 only.
    pub uetr: Option<bool>,
    /// How the bank differs from others.
    pub profile: Option<ProfileOptions>,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct MadePayment {
    /// The id of the file.
    pub message_id: String,
    /// How many transactions it has.
    pub transactions: u64,
    /// The sum of all amounts, whatever their currencies.
    pub control_sum: Decimal,
    /// The sum of each currency, in the order of their first appearance.
    pub sums: Vec<Money>,
    /// The batches in order.
    pub batches: Vec<MadeBatch>,
    /// Texts that are written in another form than they were given, at most 100.
    pub changes: Vec<TextChange>,
    /// How many texts were changed in all.
    pub change_count: u64,
    /// What a bank may not like, at most 100.
    pub warnings: Vec<Finding>,
    /// How many warnings there are in all.
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
