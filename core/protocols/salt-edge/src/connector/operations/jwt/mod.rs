//! Single JWTs.

pub mod sign_jwt;
pub mod verify_jwt;
