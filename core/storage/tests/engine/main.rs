//! The engine with a minimal schema, which proves that it works with any: nothing here uses another schema.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // tests report the cases that they skip

#[path = "../common/mod.rs"]
mod common;
mod counters;
#[path = "../common/handing_over.rs"]
mod handing_over;
mod opening;
mod writing;

use bankchannel_storage::engine::{Database, PostgresSettings, Result, SchemaUse, SqliteSettings, StorageSchema};
use std::path::{Path, PathBuf};

/// The location of a case's data.
#[derive(Clone)]
pub(crate) enum Place {
    Folder(PathBuf),
    Url(String),
}

impl Place {
    pub(crate) async fn open<S: StorageSchema>(&self) -> Result<Database<S>> {
        self.open_to(SchemaUse::Upgrade).await
    }

    pub(crate) async fn open_to<S: StorageSchema>(&self, tables: SchemaUse) -> Result<Database<S>> {
        match self {
            Self::Folder(folder) => {
                Database::open_sqlite(folder, &SqliteSettings { tables, ..SqliteSettings::default() }).await
            }
            Self::Url(url) => {
                Database::connect_postgres(url, &PostgresSettings { tables, ..PostgresSettings::default() }).await
            }
        }
    }
}

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(Place) -> F) {
    let folder = tempfile::tempdir().unwrap();
    case(Place::Folder(folder.path().to_owned())).await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(Place) -> F) {
    common::with_postgres("", async |url| case(Place::Url(url)).await).await;
}

/// The engine uses nothing of this crate except itself, so that no schema can depend on another through it.
#[test]
fn the_engine_knows_no_schema() {
    let mut files = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let foreign = text.split("crate::").skip(1).find(|used| !used.starts_with("engine"));
            assert_eq!(foreign, None, "{}", path.display());
            assert!(!text.contains("ws_channel"), "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 10, "the engine's files were found");
}
