//! Operations for integrators: docs/protocols/ws-channel.md §2.25, §2.26.

pub(crate) mod delete_account;
pub(crate) mod list_accounts;
