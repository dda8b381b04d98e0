//! Third parties.

pub mod get_client_info;
