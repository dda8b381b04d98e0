//! The service as a target of the control interface, and its own orders.

use std::{any::Any, sync::Arc, time::Duration};

use bankchannel_foundation::{
    Error, Result,
    clock::SystemClock,
    model::Boundary,
    operation::{CatalogueEntry, HostedForm},
};
use bankchannel_server::{
    counterpart::ServerKind as _,
    http::control::{ControlState, ControlTarget, operation_named},
    orders::{CallableOrder, OrderDone},
    server_orders,
};
use bankchannel_ws_channel::CATALOGUE;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{
    banks::OrderDecision,
    data::{storage, unusable},
    limits::{OrderedServiceRates, ServiceRates},
    notices,
    running::RunningService,
    seed::{self, SeededAccounts, ServiceSeed},
    service::{BackgroundService, WsChannelService},
};

server_orders! {
    /// The orders that only this service has.
    pub static SERVICE_ORDERS: WsChannelService, "ws-channel";

    /// Add accounts that are ready to use.
    ///
    /// An error names the part that cannot be used; all before it is added. Also on a service that was started without
    /// `control`.
    Seed("ws_channel_service.seed", HostedForm { needs_control: false, ..HostedForm::at_top("seed") }):
        ServiceSeed => SeededAccounts, async add_accounts;

    /// Replace the limits of rate.
    ///
    /// The counts restart at zero. Limits that are left out get their defaults.
    SetLimits("ws_channel_service.limits", HostedForm::at_top("limits")):
        OrderedServiceRates => ServiceRates, async set_limits;

    /// Let the next call of an operation wait just before it writes.
    ///
    /// `held` says when it waits there, `release` lets it go on.
    HoldCall("ws_channel_service.hold", held_call("hold")): HeldOperation => OrderDone, async hold;

    /// Wait until a call of the operation waits.
    ///
    /// An error after twenty seconds.
    AwaitHeldCall("ws_channel_service.held", held_call("held")): HeldOperation => OrderDone, async held;

    /// Let a call go on that waits.
    ///
    /// The next call of the operation does not wait.
    ReleaseCall("ws_channel_service.release", held_call("release")): HeldOperation => OrderDone, async release;

    /// Release orders that wait at the simulator after their payee check.
    ///
    /// As a customer does at a bank: the simulator then books them. One order by the message id of its file, or all that
    /// wait.
    ReleaseSimulatorOrder("ws_channel_service.release_order", order_at_bank("release_order")):
        SimulatorOrder => DecidedSimulatorOrders, async release_order;

    /// Cancel orders that wait at the simulator after their payee check.
    ///
    /// The simulator then rejects them with `DS02`. Otherwise as `release_order`.
    CancelSimulatorOrder("ws_channel_service.cancel_order", order_at_bank("cancel_order")):
        SimulatorOrder => DecidedSimulatorOrders, async cancel_order;
}

/// Size limit of a `hold`, `held` or `release` request.
const HOLD_BODY_MAX: usize = 4096;
/// How long `held` waits for a call.
const ARRIVAL: Duration = Duration::from_secs(20);

const fn held_call(path: &'static str) -> HostedForm {
    HostedForm { max_bytes: HOLD_BODY_MAX, ..HostedForm::at(path) }
}

const fn order_at_bank(path: &'static str) -> HostedForm {
    HostedForm { max_bytes: HOLD_BODY_MAX, ..HostedForm::at(path) }
}

/// An order that waits at the simulator after its payee check.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SimulatorOrder {
    /// The message id of its payment file. Default: all orders that wait.
    pub message_id: Option<String>,
}

/// The orders that were released or cancelled.
#[derive(Boundary)]
#[non_exhaustive]
pub struct DecidedSimulatorOrders {
    /// The message ids of their payment files.
    pub message_ids: Vec<String>,
}

/// The operation whose call waits.
#[derive(Boundary)]
#[non_exhaustive]
pub struct HeldOperation {
    /// Its name, with or without the protocol: `upload_file`.
    pub operation: String,
}

async fn add_accounts(service: Arc<WsChannelService>, seed: ServiceSeed) -> Result<SeededAccounts> {
    seed::plant(&BackgroundService::new(&service), seed).await
}

async fn set_limits(service: Arc<WsChannelService>, rates: OrderedServiceRates) -> Result<ServiceRates> {
    let rates = rates.complete()?;
    service.limits.begin_again(rates);
    Ok(rates)
}

async fn release_order(service: Arc<WsChannelService>, order: SimulatorOrder) -> Result<DecidedSimulatorOrders> {
    decide_order(&service, &order, OrderDecision::Release)
}

async fn cancel_order(service: Arc<WsChannelService>, order: SimulatorOrder) -> Result<DecidedSimulatorOrders> {
    decide_order(&service, &order, OrderDecision::Cancel)
}

fn decide_order(
    service: &WsChannelService,
    order: &SimulatorOrder,
    decision: OrderDecision,
) -> Result<DecidedSimulatorOrders> {
    let message_ids = service.banks.decide_order(order.message_id.as_deref(), decision);
    if message_ids.is_empty() {
        return Err(Error::invalid_field("message_id", "no such order waits for release at the simulator"));
    }
    Ok(DecidedSimulatorOrders { message_ids })
}

async fn hold(service: Arc<WsChannelService>, order: HeldOperation) -> Result<OrderDone> {
    service.holds.hold(operation_named(CATALOGUE, &order.operation)?);
    Ok(OrderDone)
}

async fn held(service: Arc<WsChannelService>, order: HeldOperation) -> Result<OrderDone> {
    let name = operation_named(CATALOGUE, &order.operation)?;
    let arrived = tokio::time::timeout(ARRIVAL, service.holds.arrived(name)).await;
    let arrived =
        arrived.map_err(|_| Error::invalid_field("operation", "no call has reached the place where it writes"))?;
    was_held(arrived)
}

async fn release(service: Arc<WsChannelService>, order: HeldOperation) -> Result<OrderDone> {
    was_held(service.holds.release(operation_named(CATALOGUE, &order.operation)?))
}

fn was_held(is_held: bool) -> Result<OrderDone> {
    is_held.then_some(OrderDone).ok_or_else(|| Error::invalid_field("operation", "is not held"))
}

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

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let service = &self.service;
            let content = BackgroundService::new(service).writer().erase_all().await.map_err(storage)?;
            service.store.discard_content(&service.files_folder(), &content).await.map_err(storage)?;
            service.outbox.forget().await.map_err(|why| unusable(&service.data.join(notices::FILE), &why))?;
            service.limits.begin_again(ServiceRates::from_config(&service.config()));
            Ok(())
        })
    }

    fn orders(&self) -> &'static [&'static [CallableOrder]] {
        RunningService::ORDERS
    }

    fn host(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.service) as Arc<dyn Any + Send + Sync>
    }
}
