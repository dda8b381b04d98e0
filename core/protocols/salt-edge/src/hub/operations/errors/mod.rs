//! What was wrong with answers.

pub mod notify_error;
