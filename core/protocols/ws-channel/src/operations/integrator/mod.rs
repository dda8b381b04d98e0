//! What the owner of an API key does.

pub mod delete_account;
pub mod list_accounts;
