//! Verifying requests and explaining refusals.

pub mod explain_request;
pub mod report;
pub mod verify_request;
