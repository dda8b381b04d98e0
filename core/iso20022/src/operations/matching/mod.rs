//! The outcome of a payment file.

pub mod match_status;
