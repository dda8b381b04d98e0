//! Transactions.

pub mod fetch_transactions;
