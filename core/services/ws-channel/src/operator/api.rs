//! What carries out the operator's commands: in a running service, or in the process of the command.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_crypto::random;
use bankchannel_foundation::{
    Error, Result,
    clock::{Clock, SystemClock},
};
use bankchannel_storage::ws_channel::{AuditEntry, WsChannelStore};

use crate::{config::ServiceConfig, files::content};

/// A store opened for the operator.
#[derive(Clone)]
pub(crate) struct AdminApi {
    pub(super) store: WsChannelStore,
    pub(super) config: ServiceConfig,
    /// Absent with PostgreSQL, if it is not given.
    data: Option<PathBuf>,
    pub(super) clock: Arc<SystemClock>,
}

impl AdminApi {
    pub(crate) fn new(store: WsChannelStore, config: ServiceConfig, data: Option<PathBuf>) -> Self {
        Self::with_clock(store, config, data, Arc::default())
    }

    /// With the clock of the service that the store belongs to.
    pub(crate) fn with_clock(
        store: WsChannelStore,
        config: ServiceConfig,
        data: Option<PathBuf>,
        clock: Arc<SystemClock>,
    ) -> Self {
        Self { store, config, data, clock }
    }

    /// The data folder.
    ///
    /// # Errors
    /// `configuration.invalid` if none is given, as with PostgreSQL it need not.
    pub(super) fn data(&self) -> Result<&Path> {
        let why = "names the service's data folder, which this command needs: give it";
        self.data.as_deref().ok_or_else(|| Error::invalid_setting("data", why))
    }

    /// The folder of content files.
    ///
    /// # Errors
    /// As [`data`](Self::data), unless the configuration names it.
    pub(super) fn files_folder(&self) -> Result<PathBuf> {
        match &self.config.files_folder {
            Some(folder) => Ok(folder.into()),
            None => Ok(content::folder(self.data()?, &self.config)),
        }
    }

    pub(crate) async fn close(&self) {
        self.store.close().await;
    }

    /// The store that records an order about an account.
    pub(super) fn audited_for(
        &self,
        what: &str,
        api_key: &str,
        (email, bank): (&str, &str),
        detail: &str,
    ) -> WsChannelStore {
        let entry = self.entry(what, api_key, detail);
        let entry = AuditEntry { email: email.to_owned(), object: bank.to_owned(), ..entry };
        self.store.with_audit(entry)
    }

    pub(super) fn entry(&self, what: &str, api_key: &str, detail: &str) -> AuditEntry {
        AuditEntry {
            at: self.clock.now_ms(),
            request_id: random::uuid_v4(),
            api_key: api_key.to_owned(),
            mode: "operator".into(),
            operation: format!("operator.{what}"),
            detail: detail.to_owned(),
            ..AuditEntry::default()
        }
    }
}
