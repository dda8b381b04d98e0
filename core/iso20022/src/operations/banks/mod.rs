//! What is known of banks.

pub mod list_banks;
