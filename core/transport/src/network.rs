//! Attempts over the network: the connections to one server, and one request over them, raced against its limits.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    message::{Header, InResponse, trim},
    operation::Repeat,
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::{
    RequestBuilder, Response,
    header::{CONTENT_TYPE, HeaderValue},
};
use tokio::sync::OnceCell;

use crate::{
    AnsweredExchange, Attempt, SegmentBody, TransportSettings,
    attempt::{AttemptFuture, AttemptLimits, Attempts},
    failure,
    proxies::ProxyName,
    receive,
};

/// The connections to one server.
pub(crate) struct NetworkAttempts {
    // Created at the first exchange if the settings cannot be invalid: reading the system's authorities takes
    // milliseconds, and many clients only compute.
    client: OnceLock<(reqwest::Client, Option<ProxyName>)>,
    /// Set once the proxy has opened a way to the server.
    way: OnceCell<()>,
    pub(crate) settings: TransportSettings,
    pub(crate) base_url: String,
    /// The server's host and port, for errors.
    address: String,
}

impl NetworkAttempts {
    pub(crate) fn new(settings: TransportSettings, base_url: String, address: String) -> Self {
        Self { client: OnceLock::new(), way: OnceCell::new(), settings, base_url, address }
    }

    /// The client, and its proxy.
    pub(crate) fn client(&self) -> Result<&(reqwest::Client, Option<ProxyName>)> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Two concurrent first exchanges both make one, and one of them is used.
        let client = self.settings.client()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Asks a proxy once whether it opens a way to the server.
    ///
    /// # Errors
    /// `transport.connect_failed` with the proxy's status.
    pub(crate) async fn check_way(&self, proxy: Option<&ProxyName>) -> Result<()> {
        let Some((proxy, tunnel)) = proxy.and_then(|proxy| Some((proxy, proxy.tunnel.as_ref()?))) else {
            return Ok(());
        };
        let settings = &self.settings;
        let asked = self.way.get_or_try_init(|| tunnel.check(proxy, &settings.user_agent, settings.connect_timeout));
        asked.await?;
        Ok(())
    }

    /// The attempt's request, with its body opened, and the proxy that it goes through.
    pub(crate) async fn prepared(
        &self,
        attempt: &Attempt<'_>,
        progress: &AttemptProgress,
    ) -> Result<(RequestBuilder, Option<&ProxyName>)> {
        let request = attempt.request;
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| Error::invalid_field("method", "is not an HTTP method").with_outcome(CallOutcome::NotSent))?;
        let may_have_body = matches!(method, reqwest::Method::POST | reqwest::Method::PUT);
        let (client, proxy) = self.client().map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
        let mut builder = client.request(method, format!("{}{}", self.base_url, request.target));
        for Header { name, value } in request.headers.iter() {
            let mut header = HeaderValue::from_maybe_shared(value.slice_ref(trim(value))).map_err(|_| {
                Error::invalid_field(name, "is not allowed in an HTTP header").with_outcome(CallOutcome::NotSent)
            })?;
            header.set_sensitive(true);
            builder = builder.header(name, header);
        }
        if !request.body.is_empty() {
            let body = SegmentBody::open_apart(&request.body, Arc::clone(&progress.started)).await?;
            let body = body.observed_by(attempt.sent.clone()).sent_by_a_client(Arc::clone(&progress.whole));
            if let (Some(media_type), 0) = (request.body.media_type(), request.headers.count("content-type")) {
                builder = builder.header(CONTENT_TYPE, HeaderValue::from_static(media_type));
            }
            builder = builder.body(reqwest::Body::wrap(body));
        } else {
            if may_have_body {
                // A request that could have a body declares that it has none (RFC 9110 §8.6): servers refuse it otherwise.
                builder = builder.header("content-length", "0");
            }
            builder = builder.body(reqwest::Body::wrap(NoBody(progress.clone())));
        }
        Ok((builder, proxy.as_ref()))
    }

    async fn run(&self, mut attempt: Attempt<'_>, progress: &AttemptProgress) -> Result<InResponse> {
        let begun = Instant::now();
        let (builder, proxy) = self.prepared(&attempt, progress).await?;
        if attempt.repeat != Repeat::Safe {
            notice_closed_connections().await;
        }
        for tap in &mut attempt.taps {
            tap.begin()?;
        }
        self.check_way(proxy).await?;
        let response =
            builder.send().await.map_err(|error| failure::sending(error, progress, (&self.address, proxy)))?;
        self.received(response, begun, attempt, progress).await
    }

    /// Receives the answer whose head has arrived.
    pub(crate) async fn received(
        &self,
        response: Response,
        begun: Instant,
        mut attempt: Attempt<'_>,
        progress: &AttemptProgress,
    ) -> Result<InResponse> {
        progress.accepted.store(response.status().is_success(), Ordering::SeqCst);
        if !attempt.taps.is_empty() {
            let head = AnsweredExchange::new(&attempt.request.method, &response, begun.elapsed());
            attempt.taps.iter_mut().for_each(|tap| tap.head(&head));
        }
        let limit = self.settings.max_answer_bytes.max(attempt.answer.largest);
        receive::receive(response, (limit, &self.address), &mut attempt).await
    }
}

impl Attempts for NetworkAttempts {
    fn attempt<'a>(&'a self, attempt: Attempt<'a>) -> AttemptFuture<'a> {
        Box::pin(async move {
            let progress = AttemptProgress::default();
            progress.raced(attempt.until, self.run(attempt, &progress)).await
        })
    }
}

/// How far an attempt has come, readable from outside when it is aborted.
#[derive(Clone, Default)]
pub(crate) struct AttemptProgress {
    /// The connection was established and the body was requested: from here on the peer may have the request.
    pub(crate) started: Arc<AtomicBool>,
    /// The whole body was handed to the connection: before that, no server can have accepted the request.
    pub(crate) whole: Arc<AtomicBool>,
    /// A success status was seen.
    pub(crate) accepted: Arc<AtomicBool>,
}

/// The body of a request that has none. A connection that is established asks whether there is one, just before it
/// writes the head: from here on the peer may have the request.
struct NoBody(AttemptProgress);

impl Body for NoBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.0.begin();
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.0.begin();
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

impl AttemptProgress {
    /// A request without a body is about to be written.
    fn begin(&self) {
        self.started.store(true, Ordering::SeqCst);
        self.whole.store(true, Ordering::SeqCst);
    }

    /// Carries out an attempt within its limits.
    pub(crate) async fn raced(
        &self,
        AttemptLimits { deadline, cancel }: AttemptLimits<'_>,
        run: impl Future<Output = Result<InResponse>>,
    ) -> Result<InResponse> {
        let cut_off = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            result = run => result,
            () = cut_off => Err(Error::new(&row::TIMED_OUT).with_outcome(self.outcome())),
            () = cancel.cancelled() => Err(Error::new(&row::CANCELLED).with_outcome(self.outcome())),
        }
    }

    fn outcome(&self) -> CallOutcome {
        if self.accepted.load(Ordering::SeqCst) {
            CallOutcome::Accepted
        } else if self.started.load(Ordering::SeqCst) {
            CallOutcome::Unknown
        } else {
            CallOutcome::NotSent
        }
    }
}

/// Lets the runtime look at its connections: one that the peer has closed meanwhile leaves the pool. A process that was
/// frozen or busy would write on it otherwise, and could not tell whether the request arrived.
async fn notice_closed_connections() {
    // The first time the runtime learns of it; then the connection's own task does.
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        time::{Duration, Instant},
    };

    use super::*;
    use bankchannel_foundation::message::OutRequest;

    use crate::{AnswerRules, CancellationToken, ContentSink, Transport, TransportSettings};

    async fn asked(base_url: String, method: &str, limit: Duration) -> Result<InResponse, Error> {
        let transport =
            Transport::new(&TransportSettings { base_url, retries: 0, ..TransportSettings::default() }).unwrap();
        exchanged(&transport, method, limit, Repeat::Safe).await
    }

    async fn exchanged(
        transport: &Transport,
        method: &str,
        limit: Duration,
        repeat: Repeat,
    ) -> Result<InResponse, Error> {
        let request = OutRequest { method: method.to_owned(), target: "/".into(), ..OutRequest::default() };
        let (cancel, mut sink) = (CancellationToken::new(), ContentSink::memory(1));
        let attempt = Attempt {
            request: &request,
            shown: "/",
            number: 1,
            repeat,
            until: AttemptLimits { deadline: Some(Instant::now() + limit), cancel: &cancel },
            answer: AnswerRules::default(),
            sink: &mut sink,
            sent: Vec::new(),
            taps: Vec::new(),
        };
        transport.attempts().attempt(attempt).await
    }

    /// Without a body too: a request that a connection has is `unknown`, one that never had a connection is not sent.
    #[tokio::test]
    async fn a_request_without_a_body_is_sent_when_a_connection_has_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        for method in ["GET", "POST", "DELETE"] {
            let (told, tells) = std::sync::mpsc::channel();
            let listener = listener.try_clone().unwrap();
            let server = std::thread::spawn(move || {
                let (mut peer, _) = listener.accept().unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    peer.read_exact(&mut byte).unwrap();
                    head.push(byte[0]);
                }
                // No answer before the client has given up.
                tells.recv().unwrap();
                let _ = peer.write_all(b"");
                String::from_utf8(head).unwrap().to_ascii_lowercase()
            });
            let error = asked(base_url.clone(), method, Duration::from_secs(2)).await.unwrap_err();
            told.send(()).unwrap();
            assert_eq!((error.code(), error.outcome()), ("timeout.deadline", Some(CallOutcome::Unknown)), "{method}");
            let head = server.join().unwrap();
            assert_eq!(head.contains("content-length: 0"), method == "POST", "{head}");
            assert!(!head.contains("transfer-encoding"), "{head}");
        }
        drop(listener);
        // No server answers this name: connecting is all that happens.
        let refused = asked("http://127.0.0.1:1".into(), "GET", Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(refused.outcome(), Some(CallOutcome::NotSent));
        // The handshake of TLS does not end, so no request was written.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("https://{}", silent.local_addr().unwrap());
        for method in ["GET", "POST"] {
            let error = asked(base_url.clone(), method, Duration::from_millis(300)).await.unwrap_err();
            assert_eq!((error.code(), error.outcome()), ("timeout.deadline", Some(CallOutcome::NotSent)), "{method}");
        }
    }

    /// The runtime's only thread does something else while the peer closes a connection of the pool.
    #[tokio::test]
    async fn a_connection_that_was_closed_meanwhile_is_not_used() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let transport =
            Transport::new(&TransportSettings { base_url, retries: 0, ..TransportSettings::default() }).unwrap();
        let (close, when_to_close) = std::sync::mpsc::channel::<()>();
        let (closed, closes) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            while let Ok((mut peer, _)) = listener.accept() {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if peer.read_exact(&mut byte).is_err() {
                        return;
                    }
                    head.push(byte[0]);
                }
                peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
                if when_to_close.recv().is_err() {
                    return;
                }
                drop(peer);
                closed.send(()).unwrap();
            }
        });
        for _ in 0..30 {
            let answer = exchanged(&transport, "POST", Duration::from_secs(10), Repeat::Never).await;
            assert_eq!(answer.map(|answer| answer.status).map_err(|error| error.to_string()), Ok(200));
            // The connection is in the pool; this thread, which is the runtime's, waits until it is closed.
            tokio::time::sleep(Duration::from_millis(5)).await;
            close.send(()).unwrap();
            closes.recv().unwrap();
        }
    }
}
