//! Files sent, listed, fetched and deleted.

pub mod delete_file;
pub mod download_file;
pub mod list_files;
pub mod upload_file;
