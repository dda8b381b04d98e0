//! What became of a payment file.

pub mod match_status;
