//! `serve --migrate`: brings the store's data up to date, without serving.

use std::path::Path;

use bankchannel::salt_edge_connector::SaltEdgeConnector;
use bankchannel_foundation::{
    Error, Result, Secret,
    error::row,
    model::{Value, read_boundary},
};
use bankchannel_server::{
    log,
    migration::{DataMigration, DataMigrationStep, DataVersion, MigrationTime},
    private,
};
use bankchannel_storage::salt_edge_connector::{ConnectorStore, SchemaUse, SchemaVersions, StoreError};
use futures_util::future::BoxFuture;

use super::{
    ConnectorOptions,
    config::{ConnectorConfig, is_postgres},
    keys::ConnectorKeys,
    service::store_folder,
};

/// The command, for people, who add the options of the start.
pub(super) const COMMAND: &str = "bankchannel serve salt-edge-connector --migrate …";

/// Brings the data of an existing store up to date. While a connector runs on the store's folder, this is refused.
pub(super) fn migrate(options: Value<'_>) -> Result<BoxFuture<'static, Result<DataMigration>>> {
    let options: ConnectorOptions = read_boundary(options)?;
    Ok(Box::pin(migrated(options)))
}

async fn migrated(options: ConnectorOptions) -> Result<DataMigration> {
    let data = options.data.clone();
    let mut settings = ConnectorConfig::from_options(options)?.connector;
    let folder = data.as_deref().map(Path::new).filter(|data| data.exists());
    folder.map_or(Ok(()), private::check_folder)?;
    ConnectorKeys::check_keys(folder, &mut settings)?;
    if let (Some(folder), None) = (folder, &settings.store) {
        settings.store = Some(Secret::new(store_folder(folder).display().to_string()));
    }
    let Some(place) = settings.store.clone() else {
        let why = format!("{} holds no data: a start makes it", data.as_deref().unwrap_or("a temporary folder"));
        return Err(Error::because(&row::STORAGE, why));
    };
    if !is_postgres(&place) && ConnectorStore::is_in_use(Path::new(place.expose())) {
        let why = format!("a connector runs with the store {}: stop it, then repeat this", place.expose());
        return Err(Error::because(&row::STORAGE, why));
    }
    let store = SaltEdgeConnector::new(settings)?.opened_store(SchemaUse::Migrate).await?;
    let applied = store.applied_migrations().iter();
    let steps = applied.map(|step| DataMigrationStep::new(step.version, step.name, Some(step.took))).collect();
    let migration = DataMigration::new(store.versions().found, false, steps);
    store.close().await;
    Ok(migration)
}

/// How a start may open the store.
pub(super) fn at_start(when: MigrationTime) -> SchemaUse {
    match when {
        MigrationTime::Start => SchemaUse::Upgrade,
        MigrationTime::Manual => SchemaUse::Create,
    }
}

/// The error of a start, with what to do for data of an older version.
pub(super) fn refused(why: Error) -> Error {
    match StoreError::behind(&why) {
        Some(&StoreError::SchemaOlder { found, known }) => DataVersion { found, known }.refused(COMMAND),
        _ => why,
    }
}

/// What a start does with data of these versions, and whether it succeeds.
pub(super) fn told(versions: SchemaVersions, when: MigrationTime) -> (bool, String) {
    DataVersion { found: versions.found, known: versions.known }.told(when, COMMAND)
}

/// Logs that the store was made, if it was.
pub(super) fn tell_of_made_data(store: &ConnectorStore) {
    log::tell_of_made_data(
        store.applied_migrations().iter().map(|applied| (applied.version, applied.name, applied.took)),
    );
}
