//! What differs between systems.

/// Whether the system's authorities are read from the files that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Windows and macOS
/// have a store of their own, which is asked in place of them.
pub(crate) const READS_CERTIFICATE_VARIABLES: bool = cfg!(all(unix, not(target_vendor = "apple")));

/// The environment's variable for the folder of temporary files.
pub const TEMPORARY_FOLDER_VARIABLE: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };
