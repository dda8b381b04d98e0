//! What carries out the operator's commands: in a running service, or in the process of the command.

use std::{path::PathBuf, sync::Arc};

use bankchannel_crypto::random;
use bankchannel_foundation::clock::{Clock, SystemClock};
use bankchannel_storage::ws_channel::{AuditEntry, WsChannelStore};

use crate::config::ServiceConfig;

/// A store opened for the operator.
#[derive(Clone)]
pub(crate) struct AdminApi {
    pub(super) store: WsChannelStore,
    pub(super) config: ServiceConfig,
    pub(super) data: PathBuf,
    pub(super) clock: Arc<SystemClock>,
}

impl AdminApi {
    pub(crate) fn new(store: WsChannelStore, config: ServiceConfig, data: PathBuf) -> Self {
        Self::with_clock(store, config, data, Arc::default())
    }

    /// With the clock of the service that the store belongs to.
    pub(crate) fn with_clock(
        store: WsChannelStore,
        config: ServiceConfig,
        data: PathBuf,
        clock: Arc<SystemClock>,
    ) -> Self {
        Self { store, config, data, clock }
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
