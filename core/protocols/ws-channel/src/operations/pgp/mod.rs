//! PGP keys: registered ones, and work with keys on this machine.

pub mod delete_key;
pub mod list_keys;
pub mod upload_key;
