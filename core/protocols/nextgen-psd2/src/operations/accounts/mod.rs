//! Accounts.

pub mod get_accounts;
