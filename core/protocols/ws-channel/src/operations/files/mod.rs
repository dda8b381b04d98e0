//! Files at a bank.

pub mod check_payment_file;
pub mod delete_file;
pub mod download_file;
pub mod list_files;
pub mod upload_file;

use bankchannel_foundation::error::Row;

use crate::errors;

/// Errors of every operation that asks a bank.
const AT_BANK: &[&Row] = &[
    &errors::BANK_UNKNOWN,
    &errors::CERTIFICATE_MISSING,
    &errors::NO_BANK_CHANNEL,
    &errors::BANK_REFUSED,
    &errors::BANK_UNAVAILABLE,
    &errors::ENTITLEMENT,
];
