//! The data folder and the store in it.

use std::path::{Path, PathBuf};

use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_storage::ws_channel::{SchemaUse, SqliteSettings, StoreError, WsChannelStore};

use super::{
    config::ServiceConfig,
    files::content,
    keys::{self, ServiceKeys, identity},
};
pub(crate) use bankchannel_server::private::unusable;
use bankchannel_server::{folder, log, private, temporary::TemporaryFolder};

/// Below the data folder: uploads being received.
pub(crate) const SPOOL: &str = "spool";
/// Below the data folder: content too large for a row.
pub(crate) const FILES: &str = "files";
/// The database within a data folder or backup.
pub(crate) const DATABASE: &str = "service.sqlite";

/// Creates the data folder, or a temporary one that is removed when the handle is dropped.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn prepare(given: Option<&str>) -> Result<(PathBuf, Option<TemporaryFolder>)> {
    let (data, temporary) = folder::prepare(given)?;
    private::inner_folder(&data.join(SPOOL), SPOOL_ELSEWHERE)?;
    Ok((data, temporary))
}

/// What to do for these folders on another disk.
pub(crate) const SPOOL_ELSEWHERE: &str = "mount a disk there if it shall be elsewhere";
const FILES_ELSEWHERE: &str = "name its target by the setting files_folder if it is meant";
pub(crate) const KEYS_ELSEWHERE: &str = "name its target by the setting keys_folder if it is meant";

/// With `expect_data`, refuses a data folder without a database: most likely the folder is not mounted.
///
/// # Errors
/// `configuration.invalid`.
pub(crate) fn expect(config: &ServiceConfig, data: &Path) -> Result<()> {
    if !config.expect_data || config.postgres_url.is_some() || data.join(DATABASE).is_file() {
        return Ok(());
    }
    let why = format!(
        "{} holds no {DATABASE}, and expect_data is set: mount the folder, or for a first start leave expect_data out",
        data.display()
    );
    Err(Error::because(&row::CONFIGURATION, why).with("field", "expect_data").with("file", data.display()))
}

/// Opens the folder of content files and marks it with the installation's id.
///
/// # Errors
/// As [`look_at_files`].
pub(crate) async fn open_files(store: &WsChannelStore, data: &Path, config: &ServiceConfig) -> Result<()> {
    look_at_files(store, data, config).await?;
    let folder = content::folder(data, config);
    match config.files_folder {
        Some(_) => private::folder(&folder)?,
        None => private::inner_folder(&folder, FILES_ELSEWHERE)?,
    }
    let Some(id) = store.installation().await.map_err(storage)?.id().map(str::to_owned) else { return Ok(()) };
    identity::mark(&folder, &id).map_err(|why| unusable(&folder, &why))
}

/// Refuses a folder of content files that belongs to another installation, or that has none of the files named by the
/// data: most likely it is not mounted.
///
/// # Errors
/// `configuration.invalid`, `resource.storage`.
pub(crate) async fn look_at_files(store: &WsChannelStore, data: &Path, config: &ServiceConfig) -> Result<()> {
    let folder = content::folder(data, config);
    if config.files_folder.is_none() {
        private::check_inner_folder(&folder, FILES_ELSEWHERE)?;
    }
    let shown = folder.display();
    let marked = if folder.exists() {
        private::check_folder(&folder)?;
        identity::marked(&folder)?
    } else {
        None
    };
    let known = store.installation().await.map_err(storage)?;
    let refused = |why: String| Err(Error::because(&row::CONFIGURATION, why).with("file", folder.display()));
    match (&marked, known.id()) {
        (Some(marked), Some(id)) if marked == id => return Ok(()),
        (Some(marked), Some(id)) => {
            return refused(format!(
                "the folder of content files {shown} belongs to installation {marked}, the database to {id}: give each its own"
            ));
        }
        _ => {}
    }
    let named = store.some_content_paths().await.map_err(storage)?;
    if named.is_empty() || named.iter().any(|path| folder.join(path).is_file()) {
        return Ok(());
    }
    refused(format!(
        "the folder of content files {shown} is empty or absent, and the data names files in it, such as {}: mount it, or put it \
         back from a backup. To go on without them, write the line {} into {}",
        named[0],
        known.id().unwrap_or("of any word"),
        folder.join(identity::MARKER).display()
    ))
}

/// Reports at start that the key folder is not writable although a key must still be created there.
///
/// # Errors
/// `configuration.invalid`.
pub(crate) fn expect_writable_keys(data: &Path, config: &ServiceConfig, to_make: &str) -> Result<()> {
    let folder = keys::folder(data, config);
    let path = folder.join(to_make);
    if path.exists() || !folder.exists() {
        return Ok(());
    }
    keys::try_making_files(&folder).map_err(|why| {
        let why = format!(
            "the folder of the keys {} cannot be written ({why}), and {} must still be made in it: let the service write it, or \
             put the file there",
            folder.display(),
            to_make
        );
        Error::because(&row::CONFIGURATION, why).with("file", path.display())
    })
}

/// Opens the configured store. Only a service that starts, or the command for it, brings the tables up to date: a check, a
/// listing or a backup may be of another version than the instances that are running.
///
/// # Errors
/// `resource.storage`, with the cause and how to fix it.
pub(crate) async fn open_store(config: &ServiceConfig, data: &Path, tables: SchemaUse) -> Result<WsChannelStore> {
    let opened = match &config.postgres_url {
        Some(url) => WsChannelStore::connect_postgres_with(url.expose(), &config.postgres.settings(tables)).await,
        None => WsChannelStore::open_sqlite_with(data, &SqliteSettings { tables, ..SqliteSettings::default() }).await,
    };
    opened.map_err(storage)
}

/// Looks at data before a start or a command migrates it, which is not undone: whether its keys and content files are there.
/// Says whether it is of an older version. A place without data passes.
///
/// # Errors
/// `configuration.invalid`, `resource.storage`.
pub(crate) async fn look_before_migrating(config: &ServiceConfig, data: Option<&Path>) -> Result<bool> {
    let store = match open_store(config, data.unwrap_or(Path::new("")), SchemaUse::Read).await {
        Ok(store) => store,
        Err(why) if matches!(StoreError::behind(&why), Some(StoreError::Absent { .. })) => return Ok(false),
        Err(why) => return Err(why),
    };
    let looked = match store.outdated() {
        Some(_) => look_at_older(&store, config, data).await.map(|()| true),
        None => Ok(false),
    };
    store.close().await;
    looked
}

async fn look_at_older(store: &WsChannelStore, config: &ServiceConfig, data: Option<&Path>) -> Result<()> {
    let place = data.unwrap_or(Path::new(""));
    let looked = async {
        // With PostgreSQL a command need not know these folders.
        if data.is_some() || config.keys_folder.is_some() {
            ServiceKeys::check_keys(Some(store), place, config).await?;
        }
        if data.is_some() || config.files_folder.is_some() {
            look_at_files(store, place, config).await?;
        }
        Ok::<(), Error>(())
    };
    match looked.await {
        // The tables are too old to say which keys and files they need.
        Err(why) if matches!(StoreError::behind(&why), Some(StoreError::SchemaOlder { .. })) => Ok(()),
        looked => looked,
    }
}

/// Logs that the data was made, if it was.
pub(crate) fn tell_of_made_data(store: &WsChannelStore) {
    log::tell_of_made_data(
        store.applied_migrations().iter().map(|applied| (applied.version, applied.name, applied.took)),
    );
}

/// A store fault as an error for callers other than clients.
pub(crate) fn storage(why: StoreError) -> Error {
    let (row, text) = match &why {
        StoreError::NoThread { .. } => (&row::THREADS, why.to_string()),
        StoreError::SchemaOlder { found, known } => {
            let text = format!(
                "the data has schema version {found}, this program works with {known}; start the service once with this program, \
                 or run bankchannel admin migrate, which bring the data up to date; or run the program of that version"
            );
            (&row::STORAGE, text)
        }
        _ => (&row::STORAGE, why.to_string()),
    };
    Error::because(row, text).with_source(why)
}
