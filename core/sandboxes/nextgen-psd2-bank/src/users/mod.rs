//! Customers.

pub(super) mod verify_user;
