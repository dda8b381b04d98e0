//! Accounts.

pub(super) mod get_accounts;
