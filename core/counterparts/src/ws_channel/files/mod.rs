//! Files: WS Channel sheet §2.21–§2.24, §5.

pub(crate) mod list_files;
pub(crate) mod upload_file;
pub(crate) mod download_file;
pub(crate) mod delete_file;
