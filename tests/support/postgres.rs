//! The shared resources of service instances: a schema of a PostgreSQL database, a key folder and a content folder.

use std::{
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// When dropped, removes everything except the schema, which is removed with the server.
pub(crate) struct Shared {
    #[allow(dead_code)] // not every test looks into it
    pub(crate) folder: tempfile::TempDir,
    /// The URL of the schema.
    #[allow(dead_code)]
    pub(crate) url: String,
    /// The configuration of each instance.
    #[allow(dead_code)]
    pub(crate) config: String,
}

/// The server's URL; `None` if there is no server.
pub(crate) fn server() -> Option<String> {
    let found = std::env::var("BANKCHANNEL_TEST_POSTGRES").ok();
    if found.is_none() {
        assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "there is no PostgreSQL server");
        println!("not run: BANKCHANNEL_TEST_POSTGRES is not set");
    }
    found
}

impl Shared {
    /// Creates a new schema on this server; instances connect through `url`.
    pub(crate) fn make(server: &str, url: &str) -> Self {
        static SCHEMAS: AtomicU32 = AtomicU32::new(0);
        let schema = format!("instances_{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
        let made =
            Command::new("psql").args(["-q", "-c", &format!("CREATE SCHEMA {schema}"), server]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options[search_path]={schema}");
        let folder = tempfile::tempdir().unwrap();
        let (keys, files) = (folder.path().join("keys"), folder.path().join("files"));
        let config = format!("postgres_url = {url:?}\nkeys_folder = {keys:?}\nfiles_folder = {files:?}\n");
        Self { folder, url, config }
    }

    /// The URL as libpq's programs read it.
    #[allow(dead_code)]
    pub(crate) fn for_psql(&self) -> String {
        self.url.replace("options[search_path]=", "options=-csearch_path%3D")
    }

    /// The content folder.
    #[allow(dead_code)]
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }
}
