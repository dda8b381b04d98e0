//! Orders to a running server: operations of its own, for tests, demonstrations and the program that runs it.
//!
//! ```text
//!   mod        what an order is, and how one is declared
//!   common     those that every server has
//!   dispatch   finds and carries out the order of a path or a name, for the control interface and the program
//! ```
//!
//! A server declares its own with [`server_orders!`](crate::server_orders): the documentation, the form and the handler of
//! each stand in one place. Their types are `Boundary` types as those of all operations.

pub mod common;
mod dispatch;

use std::{any::Any, sync::Arc};

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Content},
    operation::{CatalogueEntry, HostedForm},
};
use futures_util::future::BoxFuture;
use serde_json::Value;

pub use common::COMMON_ORDERS;
pub(crate) use dispatch::{OrderRequest, found_at, is_free, unknown};
pub use dispatch::{carry_out, carry_out_declared};

use crate::{
    hosted::{self, HostedOperation, RequestSource},
    http::control::ControlTarget,
};

/// The path of the order that loads data.
pub const SEED: &str = "seed";

/// What carries out orders: a server, or any target of the control interface.
pub trait OrderHost: Send + Sync + 'static {
    /// The host of a target; `None` if the target has another one.
    fn of(target: &Arc<dyn ControlTarget>) -> Option<Arc<Self>>;
}

impl<T: Any + Send + Sync> OrderHost for T {
    fn of(target: &Arc<dyn ControlTarget>) -> Option<Arc<Self>> {
        target.host().downcast().ok()
    }
}

impl OrderHost for dyn ControlTarget {
    fn of(target: &Arc<dyn ControlTarget>) -> Option<Arc<Self>> {
        Some(Arc::clone(target))
    }
}

/// An operation that a running server carries out for the program or the person that runs it.
pub trait ServerOrder: HostedOperation<Host: OrderHost> {}

impl<O: HostedOperation<Host: OrderHost>> ServerOrder for O {}

/// An order with the function that reads, carries out and writes it.
pub struct CallableOrder {
    /// Its declaration and shapes.
    pub entry: CatalogueEntry,
    form: &'static HostedForm,
    run: RunOrder,
}

type RunOrder = fn(Arc<dyn ControlTarget>, Value, Option<Content>, RequestSource) -> BoxFuture<'static, Result<Value>>;

impl CallableOrder {
    /// The order of this type.
    #[must_use]
    pub const fn of<O: ServerOrder>() -> Self {
        let entry = CatalogueEntry::for_operation::<O>();
        let Some(form) = &entry.declaration.hosted else { panic!("an order has a form") };
        Self { entry, form, run: run::<O> }
    }
}

fn run<O: ServerOrder>(
    target: Arc<dyn ControlTarget>,
    request: Value,
    content: Option<Content>,
    source: RequestSource,
) -> BoxFuture<'static, Result<Value>> {
    Box::pin(async move {
        let host = O::Host::of(&target).ok_or_else(|| Error::internal("an order is not of this server"))?;
        hosted::carry_out::<O>(host, request, content, source).await
    })
}

impl std::fmt::Debug for CallableOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.entry.declaration.name)
    }
}

/// The empty response of an order that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub struct OrderDone;

/// An order without members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub struct PlainOrder;

/// Declares orders of one kind of server, and the list of them: see [`hosted_operations!`](crate::hosted_operations).
#[macro_export]
macro_rules! server_orders {
    ($(#[doc = $of_list:literal])+ $visibility:vis static $list:ident: $host:ty, $kind:literal; $($orders:tt)+) => {
        $crate::hosted_operations! {
            [ServerOrder, "orders", hosted, $crate::orders::CallableOrder]
            $(#[doc = $of_list])+ $visibility static $list: $host, $kind; $($orders)+
        }
    };
}
