//! The connector as a target of the control interface, for tests and demonstrations, and its own orders.

use std::{any::Any, sync::Arc};

use bankchannel_foundation::{
    Result,
    clock::SystemClock,
    model::Boundary,
    operation::{CatalogueEntry, HostedForm},
};
use bankchannel_salt_edge::hub::CATALOGUE;
use bankchannel_server::{
    counterpart::ServerKind as _,
    http::control::{ControlState, ControlTarget},
    orders::CallableOrder,
    server_orders,
};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{bank::NewCustomers, running::RunningConnector, service::ConnectorService};

server_orders! {
    /// The orders that only a connector has.
    pub static CONNECTOR_ORDERS: ConnectorService, "salt-edge-connector";

    /// Add customers of the example bank.
    ///
    /// Also on a connector that was started without `control`.
    Seed("salt_edge_connector_server.seed", HostedForm { needs_control: false, ..HostedForm::at_top("seed") }):
        NewCustomers => AddedCustomers, blocking ConnectorService::add_customers;
}

/// Customers that were added.
#[derive(Boundary)]
#[non_exhaustive]
pub struct AddedCustomers {
    /// Their number.
    pub customers: u64,
}

impl ConnectorService {
    fn add_customers(&self, new: NewCustomers) -> Result<AddedCustomers> {
        Ok(AddedCustomers { customers: self.bank.seed(new)? })
    }
}

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

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.service.reset())
    }

    fn orders(&self) -> &'static [&'static [CallableOrder]] {
        RunningConnector::ORDERS
    }

    fn host(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.service) as Arc<dyn Any + Send + Sync>
    }
}
