//! Data of an older version: it is brought up to date by a person's command.

use std::{path::Path, sync::Arc};

use bankchannel_foundation::{
    Error, Result,
    error::row,
    model::{Boundary, read_boundary},
    operation::{DataAccess, OperatorForm},
};
use bankchannel_server::{
    migration::{DataMigration, DataMigrationStep, MigrationTime},
    operator_commands,
};
use bankchannel_storage::ws_channel::SchemaUse;
use serde_json::Value;

use super::api::AdminApi;
use crate::{config::ServiceConfig, data::storage, options::ServiceOptions};

operator_commands! {
    /// The command that brings data up to date.
    pub(super) static MIGRATION_COMMANDS: AdminApi, "ws-channel";

    /// Bring data of an older version up to date, for services with `migrate = "manual"`.
    ///
    /// Take a backup first. With SQLite the service must be stopped; with PostgreSQL instances of the former version may go on, unless
    /// the changes of this version say otherwise. The audit trail has it after the last step, the log each step.
    MigrateData("ws_channel_operator.migrate", OperatorForm {
        access: DataAccess::Migrate,
        examples: &["--dry-run", ""],
        notes: of_result,
        ..OperatorForm::changing("migrate")
    }): MigrationOrder => MigratedData, async AdminApi::migrate;
}

/// Whether data is brought up to date.
#[derive(Debug, Clone, Boundary)]
pub(super) struct MigrationOrder {
    /// Only list the steps; changes nothing.
    pub(super) dry_run: bool,
}

/// Data that was brought up to date.
#[derive(Debug, Boundary)]
pub(super) struct MigratedData {
    /// What was done.
    pub(super) migration: DataMigration,
}

/// How the store is opened for the command with this request.
///
/// # Errors
/// `input.*`, before anything is changed.
pub(super) fn schema_use(request: &Value) -> Result<SchemaUse> {
    let order: MigrationOrder = read_boundary(request.clone())?;
    Ok(if order.dry_run { SchemaUse::Read } else { SchemaUse::Migrate })
}

/// What to do if a service has the data.
pub(super) fn refused_beside(data: &Path) -> Error {
    let why = format!(
        "a service runs with the data folder {}: stop it, then repeat this command; its data has the version that it works with",
        data.display()
    );
    Error::because(&row::STORAGE, why).with("file", data.display())
}

impl AdminApi {
    async fn migrate(self: Arc<Self>, order: MigrationOrder) -> Result<MigratedData> {
        let from = self.store.versions().found;
        let steps: Vec<DataMigrationStep> = if order.dry_run {
            let pending = self.store.pending_migrations();
            pending.iter().map(|step| DataMigrationStep::new(step.version, step.name, None)).collect()
        } else {
            let applied = self.store.applied_migrations();
            applied.iter().map(|step| DataMigrationStep::new(step.version, step.name, Some(step.took))).collect()
        };
        let migration = DataMigration::new(from, order.dry_run, steps);
        if !order.dry_run && !migration.steps.is_empty() {
            let detail = format!("from schema version {} to {}", migration.from, migration.to);
            self.store.append_audit(self.entry("migrate", "", &detail)).await.map_err(storage)?;
        }
        Ok(MigratedData { migration })
    }
}

fn of_result(_: &Value, answer: &Value) -> Vec<String> {
    let migration = &answer["migration"];
    let text = match (migration["steps"].as_array().is_some_and(|steps| !steps.is_empty()), &migration["dry_run"]) {
        (false, _) => "the data has the version that this program works with: there is nothing to do",
        (true, Value::Bool(true)) => "nothing was changed: take a backup, then leave --dry-run out",
        (true, _) => "the data is up to date: start the service with this program",
    };
    vec![text.to_owned()]
}

/// The command for people, with the options that name the data.
pub(crate) fn command(of: &ServiceOptions) -> String {
    let option = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!(" --{name} {value}")).unwrap_or_default()
    };
    format!("bankchannel admin migrate{}{}", option("data", &of.data), option("config", &of.config))
}

/// How a start may open the data.
pub(crate) fn at_start(config: &ServiceConfig) -> SchemaUse {
    match config.migrate {
        MigrationTime::Start => SchemaUse::Upgrade,
        MigrationTime::Manual => SchemaUse::Create,
    }
}
