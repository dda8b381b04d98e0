//! The known facts of banks.

pub mod list_banks;
