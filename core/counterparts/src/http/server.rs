//! A counterpart's servers from start to stop: its listener, its control interface, and what runs beside them.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use bankchannel_foundation::Result;
use futures_util::future::{BoxFuture, Either};
use hyper::{Request, Response, body::Incoming};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    Listener,
    answer::AnswerBody,
    control::{self, Controlled},
    health::{self, Readiness},
    listen::handler,
};

/// Running servers.
pub(crate) struct Server {
    /// Scheme, host and port.
    pub(crate) origin: String,
    /// Where the control interface is, if it is open.
    pub(crate) control_url: Option<String>,
    pub(crate) stop: CancellationToken,
    readiness: Arc<Readiness>,
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
        Self { origin, control_url: None, tasks: vec![tokio::spawn(serving)], stop, readiness }
    }

    /// Opens the control interface. Where it cannot be opened, all stops.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub(crate) async fn open_control(&mut self, target: Arc<impl Controlled>) -> Result<()> {
        let (url, task) = control::open(target, &self.stop).await.inspect_err(|_| self.stop.cancel())?;
        self.control_url = Some(url);
        self.tasks.push(task);
        Ok(())
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
