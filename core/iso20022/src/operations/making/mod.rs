//! Making of payment files.

pub mod make_payment;
