//! Authorisations of consents.

pub(super) mod get_authorisation_status;
pub(super) mod list_authorisations;
pub(super) mod start_authorisation;
