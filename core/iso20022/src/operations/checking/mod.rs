//! Checks of payment files.

pub mod check_payment;
pub mod check_statements;
