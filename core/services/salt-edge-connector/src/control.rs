//! The connector's part of the control interface, for tests and demonstrations.
//!
//! ```text
//!   POST seed     {"customers": [{"user_id", "login", "password", "name", "accounts": […]}]}: new customers of the
//!                 example bank
//!   POST reset    empties the store, unless it is a PostgreSQL database
//!   GET  outbox   the codes that the example bank has sent
//! ```

use std::sync::Arc;

use bankchannel_foundation::{Error, Result, clock::SystemClock, operation::CatalogueEntry};
use bankchannel_salt_edge::hub::CATALOGUE;
use serde_json::{Value, json};

use super::service::ConnectorService;
use bankchannel_server::http::control::{ControlFuture, ControlState, ControlTarget};

/// A connector as a target of the control interface.
pub(super) struct ConnectorControlTarget {
    service: Arc<ConnectorService>,
    control: Arc<ControlState>,
}

impl ConnectorControlTarget {
    /// The connector of this service.
    pub(super) fn new(service: &Arc<ConnectorService>) -> Self {
        Self { service: Arc::clone(service), control: service.control.clone().unwrap_or_default() }
    }
}

impl ControlTarget for ConnectorControlTarget {
    fn clock(&self) -> &SystemClock {
        &self.service.clock
    }

    fn control(&self) -> &ControlState {
        &self.control
    }

    fn catalogue(&self) -> &'static [CatalogueEntry] {
        CATALOGUE
    }

    fn outbox(&self) -> Vec<Value> {
        self.service.bank.sent()
    }

    fn reset(&self) -> ControlFuture<'_> {
        Box::pin(async move {
            self.service.reset().await?;
            Ok(json!({}))
        })
    }

    fn seed(&self, request: Value) -> ControlFuture<'_> {
        Box::pin(async move { Ok(json!({ "customers": self.service.bank.seed(request)? })) })
    }

    fn limits(&self, _: Value) -> Result<Value> {
        Err(Error::invalid_field("limits", "a connector has no rate limits"))
    }
}
