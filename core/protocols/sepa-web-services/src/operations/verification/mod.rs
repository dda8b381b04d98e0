//! Messages verified and explained.

pub mod explain_message;
pub mod verify_message;
