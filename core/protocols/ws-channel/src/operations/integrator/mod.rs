//! Operations for the owner of an API key.

pub mod delete_account;
pub mod list_accounts;
