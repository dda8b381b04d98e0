//! Third parties.

pub(super) mod get_client_info;
