//! Listening: plain on loopback, TLS anywhere; slow clients cut off; a stop that lets answers finish.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
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
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{either::Either, sync::CancellationToken, task::TaskTracker};

use super::{
    answer::AnswerBody,
    framing::{HeadTracker, Listened},
    idle::{Activity, ConnectionLimits, Watched},
};
use crate::private;

/// How long nothing may happen on a connection. Between requests longer than clients keep connections that they do not use:
/// otherwise a request meets the end of its connection, and nobody knows whether it was taken.
const QUIET: ConnectionLimits = ConnectionLimits {
    first: Duration::from_secs(15),
    later: Duration::from_secs(60),
    farewell: Duration::from_secs(5),
};
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running answers get when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// The largest file of a private key that is read.
const KEY_MAX: u64 = 256 * 1024;
/// How much of an answer waits for its client in a connection, and how large the head of a request may be.
const BUFFER: usize = 128 * 1024;
/// How many connections are served at once; others wait to be accepted.
const CONNECTIONS: usize = 1024;
/// How many of them may come from one address (with IPv6: one network). This machine and trusted proxies may have all.
const CONNECTIONS_PER_ADDRESS: usize = 128;

/// Certificate chain and private key of a TLS listener, both PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate, followed by its intermediates.
    pub certificate: PathBuf,
    /// Its private key, unencrypted; no access for others, or owned by root and readable by the service's group.
    pub key: PathBuf,
}

/// Why a listener could not be made.
#[derive(Debug, Error)]
pub enum ListenError {
    /// The address is taken, or not this machine's.
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
    /// Whether another program listens there.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Self::Bind(_, why) if why.kind() == std::io::ErrorKind::AddrInUse)
    }
}

/// The certificate that a client has shown at its TLS handshake, verified then: an extension of each request of its connection.
#[derive(Debug, Clone)]
pub(crate) struct ClientCertificate(pub(crate) Arc<CertificateDer<'static>>);

/// A bound address, not yet served.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
    proxies: Vec<IpAddr>,
    framing: bool,
    max_fields: Option<usize>,
    buffer: usize,
}

impl Listener {
    /// Binds an address. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind(address: SocketAddr, tls: Option<&TlsFiles>) -> Result<Self, ListenError> {
        let tls = tls.map(server_config).transpose()?;
        Self::bind_with(address, tls).await
    }

    /// The same with a TLS configuration of one's own, such as one that asks for client certificates. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`ListenError`].
    pub(crate) async fn bind_with(
        address: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Result<Self, ListenError> {
        if tls.is_none() && !address.ip().is_loopback() {
            return Err(ListenError::PlainBeyondLoopback(address));
        }
        let tls = tls.map(TlsAcceptor::from);
        let tcp = TcpListener::bind(address).await.map_err(|why| ListenError::Bind(address, why))?;
        let address = tcp.local_addr().map_err(|why| ListenError::Bind(address, why))?;
        Ok(Self { tcp, tls, address, proxies: Vec::new(), framing: false, max_fields: None, buffer: BUFFER })
    }

    /// These addresses speak for many: they may have as many connections as there are.
    #[must_use]
    pub(crate) fn in_front_of(self, proxies: Vec<IpAddr>) -> Self {
        Self { proxies, ..self }
    }

    /// Each request has [`Framing`](super::framing::Framing) with it.
    #[must_use]
    pub(crate) fn telling_framing(self) -> Self {
        Self { framing: true, ..self }
    }

    /// Requests with up to so many header fields come through; without it, 100 do. Beyond it HTTP/1.1 is answered with a bare 431.
    #[must_use]
    pub(crate) fn taking_fields(self, most: usize) -> Self {
        Self { max_fields: Some(most), ..self }
    }

    /// A connection has so many bytes of an answer waiting, and request heads may be so large: what a slow client costs.
    #[must_use]
    pub(crate) fn buffering(self, bytes: usize) -> Self {
        Self { buffer: bytes, ..self }
    }

    /// The address, with the port that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Serves until it is told to stop; then running answers get some time to finish.
    pub(crate) async fn serve(self, stop: CancellationToken, handle: Handler) {
        let connections = TaskTracker::new();
        let cut = CancellationToken::new();
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let places = Arc::new(Places::default());
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept(&self.tcp, &room) => accepted,
            };
            let Ok((stream, peer, permit)) = accepted else {
                // Out of file descriptors, most likely: a moment later some are free again.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let own = peer.ip().to_canonical();
            let unbounded = own.is_loopback() || self.proxies.iter().any(|proxy| proxy.to_canonical() == own);
            let place = (!unbounded).then(|| Places::take(&places, network(own))).flatten();
            if place.is_none() && !unbounded {
                continue;
            }
            let _ = stream.set_nodelay(true);
            let arrived =
                Accepted { stream, peer, framing: self.framing, max_fields: self.max_fields, buffer: self.buffer };
            let served: BoxFuture<'static, ()> =
                Box::pin(connection(arrived, self.tls.clone(), Arc::clone(&handle), stop.clone()));
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
        // Whoever is not done by now reads or sends too slowly to be waited for.
        cut.cancel();
    }
}

/// The next connection, once there is room for one more.
async fn accept(
    tcp: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = tcp.accept().await?;
    Ok((stream, peer, permit))
}

/// What counts as one address: with IPv6 the network that a customer gets, within which anyone has any number of them.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    const HOST_BITS: u32 = 64;
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> HOST_BITS << HOST_BITS).into()),
        v4 => v4,
    }
}

/// Connections by where they come from.
#[derive(Default)]
struct Places(Mutex<HashMap<IpAddr, usize>>);

/// One of them; over when dropped.
struct Place(Arc<Places>, IpAddr);

impl Places {
    /// A place for one more from this address, if it may have one.
    fn take(places: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = places.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        (*count < CONNECTIONS_PER_ADDRESS).then(|| {
            *count += 1;
            Place(Arc::clone(places), address)
        })
    }
}

impl Drop for Place {
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

/// A connection that was just accepted.
struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    framing: bool,
    max_fields: Option<usize>,
    buffer: usize,
}

/// What answers requests, whichever server's it is: the HTTP library's code for a connection is compiled once.
pub(crate) type Handler = Arc<dyn Answers>;

/// Answers requests.
pub(crate) trait Answers: Send + Sync {
    /// Answers one.
    fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> BoxFuture<'static, Response<AnswerBody>>;
}

struct Answering<F>(F);

impl<F, R> Answers for Answering<F>
where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync,
    R: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> BoxFuture<'static, Response<AnswerBody>> {
        Box::pin((self.0)(request, peer))
    }
}

/// A function that answers requests as a [`Handler`].
pub(crate) fn handler<F, R>(answer: F) -> Handler
where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync + 'static,
    R: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    Arc::new(Answering(answer))
}

/// A connection's bytes, without TLS or with it.
type Stream = Either<TcpStream, TlsStream<TcpStream>>;

async fn connection(
    Accepted { stream, peer, framing, max_fields, buffer }: Accepted,
    tls: Option<TlsAcceptor>,
    handle: Handler,
    stop: CancellationToken,
) {
    let activity = Activity::begin(QUIET);
    let heard = HeadTracker::default();
    let mut service = ConnectionService {
        handle,
        peer,
        client: None,
        heads: heard.clone(),
        framing,
        activity: Arc::clone(&activity),
    };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(QUIET.later).max_buf_size(buffer);
    if let Some(most) = max_fields {
        builder.http1().max_headers(most);
    }
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(64).max_header_list_size(64 * 1024);
    http2.max_send_buf_size(buffer);
    http2.keep_alive_interval(KEEP_ALIVE).keep_alive_timeout(KEEP_ALIVE);
    let (stream, client) = match secured(stream, tls).await {
        Some(opened) => opened,
        None => return,
    };
    service.client = client;
    let serving = builder.serve_connection(TokioIo::new(Listened::new(stream, heard)), service).into_owned();
    // A connection's error is the client's business: it went away or spoke no HTTP.
    activity.serve(serving, &stop, |connection| connection.graceful_shutdown()).await;
}

/// Answers the requests of one connection.
struct ConnectionService {
    handle: Handler,
    peer: SocketAddr,
    client: Option<ClientCertificate>,
    heads: HeadTracker,
    /// Whether each request has with it how its head was written.
    framing: bool,
    activity: Arc<Activity>,
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response<Watched<AnswerBody>>;
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
        let answer = self.handle.answer(request, self.peer);
        Box::pin(async move {
            let answer = answer.await.map(|body| activity.watch(body));
            drop(handling);
            Ok(answer)
        })
    }
}

/// The connection's bytes, and who its client is; `None` for one whose TLS handshake fails.
async fn secured(stream: TcpStream, tls: Option<TlsAcceptor>) -> Option<(Stream, Option<ClientCertificate>)> {
    let Some(acceptor) = tls else { return Some((Either::Left(stream), None)) };
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await.ok()?.ok()?;
    let client = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let client = client.map(|leaf| ClientCertificate(Arc::new(leaf.clone().into_owned())));
    Some((Either::Right(stream), client))
}

/// What a TLS listener of a counterpart speaks.
pub(crate) fn alpn() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

fn server_config(files: &TlsFiles) -> Result<Arc<rustls::ServerConfig>, ListenError> {
    let bad = |path: &Path, why: &str| ListenError::Tls(path.to_owned(), why.to_owned());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|why| bad(&files.certificate, &why.to_string()))?;
    if chain.is_empty() {
        return Err(bad(&files.certificate, "holds no certificate"));
    }
    let key = private::read_secret(&files.key, KEY_MAX).map_err(|why| bad(&files.key, why.message()))?;
    let key = key.ok_or_else(|| bad(&files.key, "there is no such file"))?;
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
        .map_err(|why| bad(&files.key, &format!("holds no unencrypted private key ({why})")))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|why| bad(&files.key, &why.to_string()))?;
    config.alpn_protocols = alpn();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_no_more() {
        let places = Arc::new(Places::default());
        let address = IpAddr::from([203, 0, 113, 7]);
        let mut held: Vec<Place> =
            (0..CONNECTIONS_PER_ADDRESS).filter_map(|_| Places::take(&places, address)).collect();
        assert_eq!(held.len(), CONNECTIONS_PER_ADDRESS);
        assert!(Places::take(&places, address).is_none());
        assert!(Places::take(&places, IpAddr::from([203, 0, 113, 8])).is_some());
        held.pop();
        assert!(Places::take(&places, address).is_some());
        drop(held);
        assert!(places.0.lock().is_ok_and(|taken| taken.is_empty()));
    }
}
