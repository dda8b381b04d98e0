//! Authorisations of a consent by the customer (dialect `bg`).

pub mod get_authorisation_status;
pub mod list_authorisations;
pub mod start_authorisation;
