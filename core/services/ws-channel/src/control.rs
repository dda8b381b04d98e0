//! The control interface of the WS Channel service: the parts that are specific to it.

use std::{sync::Arc, time::Duration};

use bankchannel_foundation::{Error, Result, clock::SystemClock, error::row, operation::CatalogueEntry};
use bankchannel_ws_channel::CATALOGUE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    data::{storage, unusable},
    limits::ServiceRates,
    outbox, seed,
    service::{BackgroundService, WsChannelService},
};
use bankchannel_server::http::control::{
    ControlFuture, ControlRequest, ControlState, ControlTarget, operation_named, parsed, read,
};

/// A service under the control interface.
pub(crate) struct ServiceControlTarget {
    service: Arc<WsChannelService>,
    control: Arc<ControlState>,
}

impl ServiceControlTarget {
    /// The target for this service.
    pub(crate) fn new(service: &Arc<WsChannelService>) -> Self {
        Self { service: Arc::clone(service), control: service.control.clone().unwrap_or_default() }
    }
}

/// Size limit of a `hold`, `held` or `release` request.
const HOLD_BODY_MAX: usize = 4096;
/// How long `held` waits for a call.
const ARRIVAL: Duration = Duration::from_secs(20);

/// `hold`: the next call of this operation waits just before it writes; `held`: responds once a call waits there;
/// `release`: lets it continue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldOperation {
    operation: String,
}

impl ControlTarget for ServiceControlTarget {
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
        self.service.outbox.recent()
    }

    fn reset(&self) -> ControlFuture<'_> {
        Box::pin(async move {
            let service = &self.service;
            let content = BackgroundService::new(service).writer().erase_all().await.map_err(storage)?;
            service.store.discard_content(&service.files_folder(), &content).await.map_err(storage)?;
            service.outbox.forget().await.map_err(|why| unusable(&service.data.join(outbox::FILE), &why))?;
            service.limits.change(ServiceRates::from_config(&service.config));
            Ok(json!({}))
        })
    }

    fn seed(&self, request: Value) -> ControlFuture<'_> {
        Box::pin(async move { seed::plant(&BackgroundService::new(&self.service), read(request)?).await })
    }

    fn own_orders(&self) -> &'static [&'static str] {
        &["hold", "held", "release"]
    }

    fn takes(&self, path: &str) -> Option<usize> {
        matches!(path, "hold" | "held" | "release").then_some(HOLD_BODY_MAX)
    }

    fn handle_order(&self, asked: ControlRequest) -> Option<ControlFuture<'_>> {
        Some(Box::pin(async move {
            let request = parsed(&asked.body).map_err(|why| Error::because(&row::INVALID_JSON, why))?;
            let HeldOperation { operation } = read(request)?;
            let name = operation_named(CATALOGUE, &operation)?;
            let holds = &self.service.holds;
            let is_held = match &*asked.path {
                "hold" => {
                    holds.hold(name);
                    true
                }
                "held" => {
                    let arrived = tokio::time::timeout(ARRIVAL, holds.arrived(name)).await;
                    arrived.map_err(|_| {
                        Error::invalid_field("operation", "no call has reached the place where it writes")
                    })?
                }
                _ => holds.release(name),
            };
            if is_held { Ok(json!({})) } else { Err(Error::invalid_field("operation", "is not held")) }
        }))
    }

    fn limits(&self, request: Value) -> Result<Value> {
        let rates: ServiceRates = read(request)?;
        self.service.limits.change(rates);
        serde_json::to_value(rates).map_err(Error::internal)
    }
}
