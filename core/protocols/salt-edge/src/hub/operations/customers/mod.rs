//! Customers.

pub mod fetch_customer;
