//! Verification of requests and explanation of refusals.

pub mod explain_request;
pub mod report;
pub mod verify_request;
