//! Listening: plain on loopback, TLS anywhere; slow clients cut off; a stop that lets answers finish.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::answer::AnswerBody;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running answers get when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Certificate chain and private key of a TLS listener, both PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate, followed by its intermediates.
    pub certificate: PathBuf,
    /// Its private key, unencrypted.
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
    #[error("TLS file {0}: {1}")]
    Tls(PathBuf, String),
}

/// A bound address, not yet served.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
}

impl Listener {
    /// Binds an address. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind(address: SocketAddr, tls: Option<&TlsFiles>) -> Result<Self, ListenError> {
        if tls.is_none() && !address.ip().is_loopback() {
            return Err(ListenError::PlainBeyondLoopback(address));
        }
        let tls = tls.map(acceptor).transpose()?;
        let tcp = TcpListener::bind(address).await.map_err(|why| ListenError::Bind(address, why))?;
        let address = tcp.local_addr().map_err(|why| ListenError::Bind(address, why))?;
        Ok(Self { tcp, tls, address })
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
    pub(crate) async fn serve<F, R>(self, stop: CancellationToken, handle: F)
    where
        F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync + 'static,
        R: Future<Output = Response<AnswerBody>> + Send + 'static,
    {
        let handle = Arc::new(handle);
        let graceful = Arc::new(GracefulShutdown::new());
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.tcp.accept() => accepted,
            };
            let Ok((stream, peer)) = accepted else {
                // Out of file descriptors, most likely: a moment later some are free again.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            tokio::spawn(connection(stream, peer, self.tls.clone(), Arc::clone(&handle), graceful.watcher()));
        }
        drop(self.tcp);
        if let Ok(graceful) = Arc::try_unwrap(graceful).map(GracefulShutdown::shutdown) {
            let _ = tokio::time::timeout(GRACE, graceful).await;
        }
    }
}

async fn connection<F, R>(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    handle: Arc<F>,
    watcher: hyper_util::server::graceful::Watcher,
) where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync + 'static,
    R: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let answer = handle(request, peer);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(128 * 1024);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(64).max_header_list_size(64 * 1024);
    // A connection's error is the client's business: it went away or spoke no HTTP.
    match tls {
        None => {
            let _ = watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned()).await;
        }
        Some(acceptor) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                let _ = watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned()).await;
            }
        }
    }
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ListenError> {
    let bad = |path: &Path, why: &str| ListenError::Tls(path.to_owned(), why.to_owned());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|why| bad(&files.certificate, &why.to_string()))?;
    if chain.is_empty() {
        return Err(bad(&files.certificate, "holds no certificate"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|why| bad(&files.key, &format!("holds no unencrypted private key ({why})")))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|why| bad(&files.key, &why.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
