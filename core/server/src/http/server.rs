//! A counterpart's servers from start to stop: its listener, its control interface, and their background tasks.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use bankchannel_foundation::{Error, Result, model::Content};
use bankchannel_transport::background;
use futures_util::future::{BoxFuture, Either};
use hyper::{Request, Response, body::Incoming};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    Listener,
    answer::AnswerBody,
    control::{self, ControlTarget},
    health::{self, ServerReadiness},
    listen::handler,
    tls::{self, ListenerTls},
};
use crate::{
    metrics::{OperatorListener, ServerMetrics},
    orders,
};

/// Running servers.
pub struct RunningServers {
    /// Scheme, host and port.
    pub origin: String,
    /// Address of the control interface, if it is open.
    pub control_url: Option<String>,
    /// Address of the listener for monitoring, if there is one.
    pub operator_url: Option<String>,
    /// Stops the servers when it is cancelled.
    pub stop: CancellationToken,
    readiness: Arc<ServerReadiness>,
    /// The target of control orders.
    target: Option<Arc<dyn ControlTarget>>,
    tasks: Vec<JoinHandle<()>>,
}

impl RunningServers {
    /// Serves requests with `answer`, except the probes of supervisors and load balancers, which `readiness` answers.
    pub fn begin<F, R>(listener: Listener, readiness: Arc<ServerReadiness>, answer: F) -> Self
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
        Self {
            origin,
            control_url: None,
            operator_url: None,
            target: None,
            tasks: vec![background::spawn(serving)],
            stop,
            readiness,
        }
    }

    /// Sets the target of control orders. `is_open` also opens the control interface; if that fails, the server stops.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub async fn take_orders(&mut self, target: Arc<dyn ControlTarget>, is_open: bool) -> Result<()> {
        if is_open {
            let opened = control::open(Arc::clone(&target), &self.stop).await;
            let (url, task) = opened.inspect_err(|_| self.stop.cancel())?;
            self.control_url = Some(url);
            self.tasks.push(task);
        }
        self.target = Some(target);
        Ok(())
    }

    /// Serves the metrics.
    pub fn tell_metrics(&mut self, listener: OperatorListener, metrics: Arc<ServerMetrics>) {
        self.operator_url = Some(listener.url());
        metrics.watch_readiness(Arc::clone(&self.readiness));
        self.tasks.push(listener.serve(metrics, self.stop.clone()));
    }

    /// Looks every few seconds whether the TLS files of these listeners have changed, and tells when their certificates end.
    pub fn watch_tls(
        &mut self,
        listeners: impl IntoIterator<Item = (&'static str, Option<Arc<ListenerTls>>)>,
        metrics: &ServerMetrics,
    ) {
        let with_tls: Vec<_> = listeners.into_iter().filter_map(|(name, tls)| Some((name, tls?))).collect();
        for (name, tls) in &with_tls {
            metrics.watch_tls(name, Arc::clone(tls));
        }
        if !with_tls.is_empty() {
            self.tasks.push(tls::watch(with_tls, self.stop.clone()));
        }
    }

    /// Carries out an order of the program that runs the server. Every order except `seed` needs a server with an open
    /// control interface, which keeps the transcript and the pending faults.
    pub fn order(&self, order: String, request: Value) -> BoxFuture<'static, Result<Value>> {
        let target = self.target_of(&order);
        Box::pin(async move { orders::carry_out(target?, &order, request).await })
    }

    /// The same for an order by its declared name, with request and answer as declared; its content is beside the request.
    pub fn declared_order(
        &self,
        name: &'static str,
        request: Value,
        content: Option<Content>,
    ) -> BoxFuture<'static, Result<Value>> {
        let target = self.target_of(name);
        Box::pin(async move { orders::carry_out_declared(target?, name, request, content).await })
    }

    fn target_of(&self, order: &str) -> Result<Arc<dyn ControlTarget>> {
        match &self.target {
            Some(target) if self.control_url.is_some() || orders::is_free(&**target, order) => Ok(Arc::clone(target)),
            Some(_) => Err(Error::invalid_setting("control", "must be true for every order but `seed`")),
            None => Err(Error::invalid_setting("control", "this kind of server has no control interface")),
        }
    }

    /// Loads data.
    pub fn seed(&self, data: Value) -> BoxFuture<'static, Result<Value>> {
        self.order(orders::SEED.to_owned(), data)
    }

    /// Adds tasks that [`end`](Self::end) waits for. Each must end when `stop` is cancelled.
    pub fn with(&mut self, tasks: impl IntoIterator<Item = JoinHandle<()>>) {
        self.tasks.extend(tasks);
    }

    /// Reports for this long that the server is not ready (`GET /readyz`), while requests are still answered: the first
    /// step of a stop behind a load balancer.
    pub fn drain(&self, time: Duration) -> BoxFuture<'static, ()> {
        if !time.is_zero() {
            tracing::info!(target: "bankchannel::life", seconds = time.as_secs(), "draining: not ready, still answering");
        }
        self.readiness.drain();
        Box::pin(tokio::time::sleep(time))
    }

    /// Stops: accepts no new requests, and gives running ones some time to finish.
    pub async fn end(self) {
        self.stop.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
    }
}
