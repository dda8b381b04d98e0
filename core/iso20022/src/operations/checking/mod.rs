//! Whether a payment file may be sent.

pub mod check_payment;
