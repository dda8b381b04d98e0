//! Reports on unusable answers.

pub mod notify_error;
