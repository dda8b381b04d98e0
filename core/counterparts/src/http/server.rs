//! A counterpart's servers from start to stop: its listener, its control interface, and what runs beside them.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use bankchannel_foundation::{Error, Result};
use futures_util::future::{BoxFuture, Either};
use hyper::{Request, Response, body::Incoming};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    Listener,
    answer::AnswerBody,
    control::{self, Controlled},
    health::{self, Readiness},
    listen::handler,
    orders,
};

/// Running servers.
pub(crate) struct Server {
    /// Scheme, host and port.
    pub(crate) origin: String,
    /// Where the control interface is, if it is open.
    pub(crate) control_url: Option<String>,
    pub(crate) stop: CancellationToken,
    readiness: Arc<Readiness>,
    /// The receiver of orders.
    target: Option<Arc<dyn Controlled>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves requests with `answer`, except the probes of supervisors and load balancers, which `readiness` answers.
    pub(crate) fn begin<F, R>(listener: Listener, readiness: Arc<Readiness>, answer: F) -> Self
    where
        F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync + 'static,
        R: Future<Output = Response<AnswerBody>> + Send + 'static,
    {
        let origin = format!("{}://{}", listener.scheme(), listener.address());
        let (stop, ready) = (CancellationToken::new(), Arc::clone(&readiness));
        let handle = handler(move |request, peer| match health::answer(&request, &ready) {
            Some(probed) => Either::Left(std::future::ready(probed)),
            None => Either::Right(answer(request, peer)),
        });
        let serving = listener.serve(stop.clone(), handle);
        Self { origin, control_url: None, target: None, tasks: vec![tokio::spawn(serving)], stop, readiness }
    }

    /// Names the receiver of orders. `is_open` opens the control interface too; where it cannot be opened, all stops.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub(crate) async fn take_orders(&mut self, target: Arc<dyn Controlled>, is_open: bool) -> Result<()> {
        if is_open {
            let opened = control::open(Arc::clone(&target), &self.stop).await;
            let (url, task) = opened.inspect_err(|_| self.stop.cancel())?;
            self.control_url = Some(url);
            self.tasks.push(task);
        }
        self.target = Some(target);
        Ok(())
    }

    /// Carries out an order of the program that runs the server. Every order but `seed` needs what only a server with an open
    /// control interface has: its transcript, and which requests are to fail.
    pub(crate) fn order(&self, order: String, request: Value) -> BoxFuture<'static, Result<Value>> {
        let (target, is_open) = (self.target.clone(), self.control_url.is_some());
        Box::pin(async move {
            match target {
                Some(target) if is_open || order == orders::SEED => orders::carry_out(&*target, &order, request).await,
                Some(_) => Err(Error::invalid_setting("control", "must be true for every order but `seed`")),
                None => Err(Error::invalid_setting("control", "this kind of server has no control interface")),
            }
        })
    }

    /// Puts data in.
    pub(crate) fn seed(&self, data: Value) -> BoxFuture<'static, Result<Value>> {
        self.order(orders::SEED.to_owned(), data)
    }

    /// Waits at the stop for these too. Each ends when `stop` is cancelled.
    pub(crate) fn with(&mut self, tasks: impl IntoIterator<Item = JoinHandle<()>>) {
        self.tasks.extend(tasks);
    }

    /// Says for so long that it is not ready (`GET /readyz`), while requests are still answered: what a stop begins with where a
    /// load balancer stands before it.
    pub(crate) fn drain(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.readiness.drain();
        Box::pin(tokio::time::sleep(time))
    }

    /// Stops: no new requests, running ones get some time to finish.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
    }
}
