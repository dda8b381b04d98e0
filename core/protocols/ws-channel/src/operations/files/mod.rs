//! Files at a bank.

pub mod check_payment_file;
pub mod delete_file;
pub mod download_file;
pub mod list_files;
pub mod list_uploads;
pub mod upload_file;
