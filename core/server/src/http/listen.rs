//! Listeners: plain HTTP on loopback, TLS anywhere. Slow clients are cut off; a stop lets running responses finish.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bankchannel_foundation::shown;
use futures_util::future::BoxFuture;
use hyper::{Request, Response, body::Incoming, service::Service};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls_pki_types::CertificateDer;
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{either::Either, sync::CancellationToken, task::TaskTracker};

use super::{
    answer::AnswerBody,
    framing::{HeadTracker, TrackedStream},
    idle::{ConnectionActivity, ConnectionLimits, WatchedBody},
    observed::{ConnectionRefusal, ObservedRequest, RequestObserver},
    tls::{ListenerTls, LoadedTls, TlsFiles},
};

/// Idle limits of a connection. The limit between requests is longer than clients keep unused connections: otherwise a
/// request could meet the closing of its connection, and its client could not tell whether it was accepted.
const QUIET: ConnectionLimits = ConnectionLimits {
    first: Duration::from_secs(15),
    later: Duration::from_secs(60),
    farewell: Duration::from_secs(5),
};
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running responses may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// Interval of HTTP/2 keep-alive pings, and time limit of their replies.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Limit of response bytes that wait for the client in a connection, and size limit of a request head.
const BUFFER: usize = 128 * 1024;
/// Number of connections served at once; others wait to be accepted.
const CONNECTIONS: usize = 1024;
/// Limit of connections from one address (with IPv6: one network). This machine and trusted proxies are exempt.
const CONNECTIONS_PER_ADDRESS: usize = 128;

/// Why a listener could not be created.
#[derive(Debug, Error)]
pub enum ListenError {
    /// The address is in use, or does not belong to this machine.
    #[error("cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// Plain HTTP is for loopback addresses only.
    #[error("{0} is not a loopback address: give a TLS certificate and key to listen there")]
    PlainBeyondLoopback(SocketAddr),
    /// A PEM file cannot be read or used.
    #[error("TLS file {path}: {1}", path = shown::path(.0))]
    Tls(PathBuf, String),
}

impl ListenError {
    /// Whether another program listens on the address.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Bind(_, why) if why.kind() == std::io::ErrorKind::AddrInUse)
    }
}

/// The verified client certificate of the TLS handshake: an extension of each request of the connection.
#[derive(Debug, Clone)]
pub struct ClientCertificate(pub Arc<CertificateDer<'static>>);

/// Tells something of an address.
type AddressCheck = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// A bound address, not serving yet.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<Arc<ListenerTls>>,
    address: SocketAddr,
    is_proxy: AddressCheck,
    framing: bool,
    max_fields: Option<usize>,
    buffer: usize,
    observer: Option<Arc<dyn RequestObserver>>,
}

impl Listener {
    /// Binds an address. Port 0 chooses a free port.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind(address: SocketAddr, tls: Option<&TlsFiles>) -> Result<Self, ListenError> {
        let tls = tls.map(LoadedTls::read).transpose()?;
        Self::bind_to(address, tls.map(ListenerTls::new)).await
    }

    /// Binds an address with a given TLS configuration, such as one that requests client certificates. Port 0 chooses a
    /// free port.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind_with(address: SocketAddr, tls: Option<Arc<rustls::ServerConfig>>) -> Result<Self, ListenError> {
        Self::bind_to(address, tls.map(ListenerTls::fixed)).await
    }

    async fn bind_to(address: SocketAddr, tls: Option<ListenerTls>) -> Result<Self, ListenError> {
        if tls.is_none() && !address.ip().is_loopback() {
            return Err(ListenError::PlainBeyondLoopback(address));
        }
        let tcp = TcpListener::bind(address).await.map_err(|why| ListenError::Bind(address, why))?;
        let address = tcp.local_addr().map_err(|why| ListenError::Bind(address, why))?;
        Ok(Self {
            tcp,
            tls: tls.map(Arc::new),
            address,
            is_proxy: Box::new(|_| false),
            framing: false,
            max_fields: None,
            buffer: BUFFER,
            observer: None,
        })
    }

    /// Exempts the addresses of proxies from the limit per address: each speaks for many clients.
    #[must_use]
    pub fn in_front_of(self, is_proxy: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self { is_proxy: Box::new(is_proxy), ..self }
    }

    /// Gives each request its [`RequestFraming`](super::framing::RequestFraming) as an extension.
    #[must_use]
    pub fn telling_framing(self) -> Self {
        Self { framing: true, ..self }
    }

    /// Accepts requests with up to this many header fields (default 100). HTTP/1.1 requests with more get a bare 431.
    #[must_use]
    pub fn taking_fields(self, max: usize) -> Self {
        Self { max_fields: Some(max), ..self }
    }

    /// Sets the buffer of a connection: response bytes that wait for the client, and the size of a request head. Bounds
    /// the cost of a slow client.
    #[must_use]
    pub fn buffering(self, bytes: usize) -> Self {
        Self { buffer: bytes, ..self }
    }

    /// Tells this observer of every request, and of connections that are refused.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn RequestObserver>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// The address, with the actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its TLS; `None` for plain HTTP.
    #[must_use]
    pub fn tls(&self) -> Option<Arc<ListenerTls>> {
        self.tls.clone()
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Serves until `stop` is cancelled; then running responses get some time to finish.
    pub async fn serve(self, stop: CancellationToken, handle: RequestHandler) {
        let connections = TaskTracker::new();
        let cut = CancellationToken::new();
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let places = Arc::new(ConnectionPlaces::default());
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept(&self.tcp, &room) => accepted,
            };
            let Ok((stream, peer, permit)) = accepted else {
                // Maximum number of likely out of file descriptors: some will be free again in a moment.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let own = peer.ip().to_canonical();
            let unbounded = own.is_loopback() || (self.is_proxy)(own);
            let place = (!unbounded).then(|| ConnectionPlaces::take(&places, network(own))).flatten();
            if place.is_none() && !unbounded {
                if let Some(observer) = &self.observer {
                    observer.refused_connection(ConnectionRefusal::PerAddress);
                }
                continue;
            }
            let _ = stream.set_nodelay(true);
            let tls = self.tls.as_ref().map(|tls| TlsAcceptor::from(tls.config()));
            let arrived = AcceptedConnection {
                stream,
                peer,
                framing: self.framing,
                max_fields: self.max_fields,
                buffer: self.buffer,
                observer: self.observer.clone(),
            };
            let served: BoxFuture<'static, ()> = Box::pin(connection(arrived, tls, Arc::clone(&handle), stop.clone()));
            let cut = cut.clone();
            connections.spawn(async move {
                tokio::select! {
                    () = cut.cancelled() => {}
                    () = served => {}
                }
                drop((permit, place));
            });
        }
        drop(self.tcp);
        connections.close();
        let _ = tokio::time::timeout(GRACE, connections.wait()).await;
        // Connections still open read or send too slowly to wait for.
        cut.cancel();
    }
}

/// The next connection, once a place is free.
async fn accept(
    tcp: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = tcp.accept().await?;
    Ok((stream, peer, permit))
}

/// Key of the limit per address: with IPv6 the network, as a customer gets a whole network with any number of
/// addresses.
pub fn network(address: IpAddr) -> IpAddr {
    const HOST_BITS: u32 = 64;
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> HOST_BITS << HOST_BITS).into()),
        v4 => v4,
    }
}

/// Connections by client address.
#[derive(Default)]
struct ConnectionPlaces(Mutex<HashMap<IpAddr, usize>>);

/// A place for one connection; free again when dropped.
struct ConnectionPermit(Arc<ConnectionPlaces>, IpAddr);

impl ConnectionPlaces {
    /// A place for one more connection from this address, unless it is at its limit.
    fn take(places: &Arc<Self>, address: IpAddr) -> Option<ConnectionPermit> {
        let mut taken = places.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        (*count < CONNECTIONS_PER_ADDRESS).then(|| {
            *count += 1;
            ConnectionPermit(Arc::clone(places), address)
        })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut taken = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.1);
            }
        }
    }
}

/// An accepted connection.
struct AcceptedConnection {
    stream: TcpStream,
    peer: SocketAddr,
    framing: bool,
    max_fields: Option<usize>,
    buffer: usize,
    observer: Option<Arc<dyn RequestObserver>>,
}

/// Answers requests for any server. It is type-erased so that the HTTP library's connection code is compiled only once.
pub type RequestHandler = Arc<dyn AnswersRequests>;

/// Answers requests.
pub trait AnswersRequests: Send + Sync {
    /// Answers one request.
    fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> BoxFuture<'static, Response<AnswerBody>>;
}

struct AnsweringService<F>(F);

impl<F, R> AnswersRequests for AnsweringService<F>
where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync,
    R: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> BoxFuture<'static, Response<AnswerBody>> {
        Box::pin((self.0)(request, peer))
    }
}

/// Wraps a function that answers requests as a [`RequestHandler`].
pub fn handler<F, R>(answer: F) -> RequestHandler
where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync + 'static,
    R: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    Arc::new(AnsweringService(answer))
}

/// A connection's bytes, with or without TLS.
type ClientStream = Either<TcpStream, TlsStream<TcpStream>>;

async fn connection(
    AcceptedConnection { stream, peer, framing, max_fields, buffer, observer }: AcceptedConnection,
    tls: Option<TlsAcceptor>,
    handle: RequestHandler,
    stop: CancellationToken,
) {
    let activity = ConnectionActivity::begin(QUIET);
    let heard = HeadTracker::default();
    let mut service = ConnectionService {
        handle,
        peer,
        client: None,
        heads: heard.clone(),
        framing,
        activity: Arc::clone(&activity),
        observer,
    };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(QUIET.later).max_buf_size(buffer);
    if let Some(max) = max_fields {
        builder.http1().max_headers(max);
    }
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(64).max_header_list_size(64 * 1024);
    http2.max_send_buf_size(buffer);
    http2.keep_alive_interval(KEEP_ALIVE).keep_alive_timeout(KEEP_ALIVE);
    let (stream, client) = match secured(stream, tls).await {
        Some(opened) => opened,
        None => {
            if let Some(observer) = &service.observer {
                observer.refused_connection(ConnectionRefusal::Tls);
            }
            return;
        }
    };
    service.client = client;
    let serving = builder.serve_connection(TokioIo::new(TrackedStream::new(stream, heard)), service).into_owned();
    // Connection errors are the client's: it disconnected or did not speak HTTP.
    activity.serve(serving, &stop, |connection| connection.graceful_shutdown()).await;
}

/// Answers the requests of one connection.
struct ConnectionService {
    handle: RequestHandler,
    peer: SocketAddr,
    client: Option<ClientCertificate>,
    heads: HeadTracker,
    /// Whether each request carries its [`RequestFraming`](super::framing::Framing).
    framing: bool,
    activity: Arc<ConnectionActivity>,
    observer: Option<Arc<dyn RequestObserver>>,
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response<WatchedBody<AnswerBody>>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let head = self.heads.framing();
        if self.framing {
            request.extensions_mut().insert(head);
        }
        if let Some(client) = &self.client {
            request.extensions_mut().insert(client.clone());
        }
        let (activity, handling) = (Arc::clone(&self.activity), self.activity.handle());
        let observed = ObservedRequest::begin(&mut request, self.peer.ip(), self.observer.clone());
        let answer = self.handle.answer(request, self.peer);
        Box::pin(async move {
            let answer = answer.await;
            observed.answered(answer.status().as_u16());
            let answer = answer.map(|body| activity.watch(body, observed));
            drop(handling);
            Ok(answer)
        })
    }
}

/// The connection's bytes and the client's certificate; `None` if the TLS handshake fails.
async fn secured(stream: TcpStream, tls: Option<TlsAcceptor>) -> Option<(ClientStream, Option<ClientCertificate>)> {
    let Some(acceptor) = tls else { return Some((Either::Left(stream), None)) };
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await.ok()?.ok()?;
    let client = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let client = client.map(|leaf| ClientCertificate(Arc::new(leaf.clone().into_owned())));
    Some((Either::Right(stream), client))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_no_more() {
        let places = Arc::new(ConnectionPlaces::default());
        let address = IpAddr::from([203, 0, 113, 7]);
        let mut held: Vec<ConnectionPermit> =
            (0..CONNECTIONS_PER_ADDRESS).filter_map(|_| ConnectionPlaces::take(&places, address)).collect();
        assert_eq!(held.len(), CONNECTIONS_PER_ADDRESS);
        assert!(ConnectionPlaces::take(&places, address).is_none());
        assert!(ConnectionPlaces::take(&places, IpAddr::from([203, 0, 113, 8])).is_some());
        held.pop();
        assert!(ConnectionPlaces::take(&places, address).is_some());
        drop(held);
        assert!(places.0.lock().is_ok_and(|taken| taken.is_empty()));
    }
}
