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

use std::{any::Any, future::Future, sync::Arc};

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Content, Reader, Representation, Writer},
    operation::{CatalogueEntry, Operation},
};
use bankchannel_transport::background;
use futures_util::future::BoxFuture;
use serde_json::Value;

pub use common::COMMON_ORDERS;
pub use dispatch::carry_out;
pub(crate) use dispatch::{OrderRequest, found_at, is_free, unknown};

use crate::http::control::ControlTarget;

/// The path of the order that loads data.
pub const SEED: &str = "seed";

/// An operation that a running server carries out for its operator.
pub trait ServerOrder: Operation {
    /// What carries it out.
    type Host: OrderHost + ?Sized;

    /// Carries it out.
    fn carry_out(host: Arc<Self::Host>, request: Self::Request) -> impl Future<Output = Result<Self::Response>> + Send;
}

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

/// An order with the function that reads, carries out and writes it.
pub struct CallableOrder {
    /// Its declaration and shapes.
    pub entry: CatalogueEntry,
    run: RunOrder,
}

type RunOrder = fn(Arc<dyn ControlTarget>, Value, Option<Content>) -> BoxFuture<'static, Result<Value>>;

impl CallableOrder {
    /// The order of this type.
    #[must_use]
    pub const fn of<O: ServerOrder>() -> Self {
        Self { entry: CatalogueEntry::for_operation::<O>(), run: run::<O> }
    }
}

fn run<O: ServerOrder>(
    target: Arc<dyn ControlTarget>,
    request: Value,
    content: Option<Content>,
) -> BoxFuture<'static, Result<Value>> {
    Box::pin(async move {
        let host = O::Host::of(&target).ok_or_else(|| Error::internal("an order is not of this server"))?;
        let request = {
            let mut reader = Reader::new(Representation::Boundary).with_content(content);
            O::Request::read(request.into(), &mut reader)?
        };
        let answer = O::carry_out(host, request).await?;
        Ok(answer.write(&mut Writer::new(Representation::Boundary)).into())
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

/// Carries out an order that blocks, on a thread of its own.
///
/// # Errors
/// Those of the order; `internal` if it was aborted.
pub async fn blocking<H: Send + Sync + 'static, R: Send + 'static, A: Send + 'static>(
    host: Arc<H>,
    request: R,
    work: fn(&H, R) -> Result<A>,
) -> Result<A> {
    let done = background::blocking(move || work(&host, request)).await;
    done.map_err(|why| why.error("the order was aborted"))?
}

/// A documentation text without the space that begins each line of a comment.
#[doc(hidden)]
#[must_use]
pub const fn comment(text: &'static str) -> &'static str {
    text.trim_ascii()
}

/// Declares orders of one kind of server, and the list of them. Of each: its documentation, with the summary in the first
/// line; the type that stands for it, its name, its form; request, answer, and the function that carries it out: `async`
/// takes the host's `Arc`, `blocking` a reference.
#[macro_export]
macro_rules! server_orders {
    (
        $(#[doc = $of_list:literal])+
        $visibility:vis static $list:ident: $host:ty, $kind:literal;
        $(
            #[doc = $summary:literal]
            $(#[doc = $text:literal])*
            $name:ident($order:literal, $form:expr): $request:ty => $response:ty, $how:ident $run:path;
        )+
    ) => {
        $(#[doc = $of_list])+
        $visibility static $list: &[$crate::orders::CallableOrder] = &[$($crate::orders::CallableOrder::of::<$name>()),+];
        $(
            #[doc = $summary]
            $(#[doc = $text])*
            $visibility struct $name;

            impl ::bankchannel_foundation::operation::Operation for $name {
                type Request = $request;
                type Response = $response;
                const DECLARATION: ::bankchannel_foundation::operation::Declaration =
                    ::bankchannel_foundation::operation::Declaration {
                        hosted: Some($form),
                        ..::bankchannel_foundation::operation::Declaration::new(
                            ::bankchannel_foundation::operation::OperationKind::ServerOrder,
                            $kind,
                            "orders",
                            $order,
                            ::bankchannel_foundation::operation::OperationDocs {
                                summary: $crate::orders::comment($summary),
                                text: $crate::orders::comment(concat!($($text, "\n"),*)),
                            },
                            &[],
                        )
                    };
            }

            impl $crate::orders::ServerOrder for $name {
                type Host = $host;

                fn carry_out(
                    host: ::std::sync::Arc<$host>,
                    request: $request,
                ) -> impl ::std::future::Future<Output = ::bankchannel_foundation::Result<$response>> + Send {
                    $crate::server_orders!(@run $how $run, host, request)
                }
            }
        )+
    };
    (@run async $run:path, $host:ident, $request:ident) => { $run($host, $request) };
    (@run blocking $run:path, $host:ident, $request:ident) => { $crate::orders::blocking($host, $request, $run) };
}
