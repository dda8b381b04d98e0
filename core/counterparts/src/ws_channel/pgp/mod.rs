//! PGP keys: WS Channel sheet §2.27–§2.29, §5.1.

pub(crate) mod list_keys;
pub(crate) mod upload_key;
pub(crate) mod delete_key;
