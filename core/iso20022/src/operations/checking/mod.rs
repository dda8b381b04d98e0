//! Checks of payment files.

pub mod check_payment;
