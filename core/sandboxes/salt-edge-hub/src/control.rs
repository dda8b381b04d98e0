//! The hub as a target of the control interface; its orders stand in [`orders`](super::orders).

use std::{
    any::Any,
    sync::{Arc, LazyLock},
};

use bankchannel_foundation::{Result, clock::SystemClock, operation::CatalogueEntry};
use bankchannel_salt_edge::{class::of_hub, connector::CATALOGUE};
use bankchannel_server::{
    http::control::{ControlState, ControlTarget},
    orders::CallableOrder,
};
use futures_util::future::BoxFuture;

use super::{orders, service::PlayedHub};

/// A hub as a target of the control interface.
pub(super) struct HubControlTarget {
    hub: Arc<PlayedHub>,
    control: Arc<ControlState>,
}

impl HubControlTarget {
    /// The target for this hub.
    pub(super) fn new(hub: &Arc<PlayedHub>) -> Self {
        Self { hub: Arc::clone(hub), control: hub.control.clone().unwrap_or_default() }
    }
}

/// The names of the classes of a hub's refusals.
static CLASSES: LazyLock<Vec<&'static str>> = LazyLock::new(|| of_hub::ALL.iter().map(|class| class.name).collect());

impl ControlTarget for HubControlTarget {
    fn error_classes(&self) -> &'static [&'static str] {
        &CLASSES
    }

    fn clock(&self) -> &SystemClock {
        &self.hub.clock
    }

    fn control(&self) -> &ControlState {
        &self.control
    }

    fn catalogue(&self) -> &'static [CatalogueEntry] {
        CATALOGUE
    }

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.hub.state.reset();
            self.hub.records.forget();
            Ok(())
        })
    }

    fn orders(&self) -> &'static [&'static [CallableOrder]] {
        orders::ALL
    }

    fn host(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.hub) as Arc<dyn Any + Send + Sync>
    }
}
