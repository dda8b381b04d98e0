//! Accounts.

pub mod confirm_accounts;
pub mod fetch_accounts;
pub mod refresh_accounts;
