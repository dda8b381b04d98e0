//! Orders that disturb the bank's answers, and those that wait for requests.

use std::{collections::BTreeMap, sync::Arc};

use bankchannel_foundation::{Result, model::Boundary, operation::HostedForm};
use bankchannel_server::{
    orders::{OrderDone, PlainOrder},
    server_orders,
};

use crate::{chaos::FaultOrder, service::SandboxSepaBank};

server_orders! {
    /// Orders that disturb the bank's answers, and those that wait for requests.
    pub static FAULT_ORDERS: SandboxSepaBank, "sepa-bank";

    /// Let the bank's next answers have faults.
    ///
    /// All faults of the list are ordered, or none of them. One fault may stand for the list.
    OrderFaults("sepa_bank.faults", HostedForm { whole_request: Some("faults"), ..HostedForm::at("faults") }):
        FaultOrders => OrderDone, blocking SandboxSepaBank::order_faults;

    /// Wait until answers wait because of the fault `hold`.
    ///
    /// Responds once so many wait; an error after twenty seconds.
    AwaitHeld("sepa_bank.held", HostedForm::at("held")): HeldOrder => HeldAnswerCount, async held;

    /// Let the answers go that wait because of the fault `hold`.
    ///
    /// The next ones wait for the next release.
    ReleaseHeld("sepa_bank.release", HostedForm::at("release")):
        PlainOrder => ReleasedAnswers, blocking SandboxSepaBank::release;

    /// Tell how many requests each service has had at once at most.
    ///
    /// With `forget` it counts from now on, after this answer.
    TellLoad("sepa_bank.load", HostedForm::at("load")): LoadOrder => GreatestLoad, blocking SandboxSepaBank::greatest_load;
}

/// Faults to order.
#[derive(Boundary)]
#[non_exhaustive]
pub struct FaultOrders {
    /// The faults.
    pub faults: Vec<FaultOrder>,
}

/// How many answers must wait.
#[derive(Boundary)]
#[non_exhaustive]
pub struct HeldOrder {
    /// Their number. Default: 1.
    pub count: Option<u32>,
}

/// Answers that wait.
#[derive(Boundary)]
#[non_exhaustive]
pub struct HeldAnswerCount {
    /// Their number.
    pub held: u32,
}

/// Answers that were let go.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ReleasedAnswers {
    /// Their number.
    pub released: u32,
}

/// Whether the counting restarts.
#[derive(Boundary)]
#[non_exhaustive]
pub struct LoadOrder {
    /// Whether it does. Default: false.
    pub forget: Option<bool>,
}

/// Requests at once.
#[derive(Boundary)]
#[non_exhaustive]
pub struct GreatestLoad {
    /// Their greatest number, by family and service.
    pub most_at_once: BTreeMap<String, u64>,
}

async fn held(bank: Arc<SandboxSepaBank>, order: HeldOrder) -> Result<HeldAnswerCount> {
    bank.held.arrived(order.count.unwrap_or(1)).await.map(|held| HeldAnswerCount { held })
}

impl SandboxSepaBank {
    fn order_faults(&self, mut orders: FaultOrders) -> Result<OrderDone> {
        for order in &mut orders.faults {
            order.checked()?;
        }
        self.faults.order(orders.faults).map(|()| OrderDone)
    }

    fn release(&self, _: PlainOrder) -> Result<ReleasedAnswers> {
        Ok(ReleasedAnswers { released: self.held.release() })
    }

    fn greatest_load(&self, order: LoadOrder) -> Result<GreatestLoad> {
        Ok(GreatestLoad { most_at_once: self.load.max(order.forget == Some(true)) })
    }
}
