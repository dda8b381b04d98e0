//! JWTs by themselves.

pub mod sign_jwt;
pub mod verify_jwt;
