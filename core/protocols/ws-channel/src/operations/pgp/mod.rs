//! PGP keys: registered keys, and local operations with keys.

pub mod decrypt_exported_key;
pub mod delete_key;
pub mod encrypt_for_export;
pub mod generate_key;
pub mod inspect_key;
pub mod list_keys;
pub mod sign_file;
pub mod upload_key;
pub mod verify_file;
