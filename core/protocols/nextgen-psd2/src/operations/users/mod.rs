//! Customers.

pub mod verify_user;
