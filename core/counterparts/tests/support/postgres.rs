//! What instances of the service share: a schema of a PostgreSQL database, a folder of keys and one of content.

use std::{
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// Everything in it goes with it but the schema, which goes with the server.
pub(crate) struct Shared {
    #[allow(dead_code)] // not every test looks into it
    pub(crate) folder: tempfile::TempDir,
    /// The way into the schema.
    #[allow(dead_code)]
    pub(crate) url: String,
    /// The configuration of each instance.
    pub(crate) config: String,
}

/// The server's URL; none where there is no server.
pub(crate) fn server() -> Option<String> {
    let found = std::env::var("BANKCHANNEL_TEST_POSTGRES").ok();
    if found.is_none() {
        assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "there is no PostgreSQL server");
        println!("not run: BANKCHANNEL_TEST_POSTGRES is not set");
    }
    found
}

impl Shared {
    /// With a new schema of this server, reached by way of `url`.
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

    /// The folder of content.
    #[allow(dead_code)]
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }
}
