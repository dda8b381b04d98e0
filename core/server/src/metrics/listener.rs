//! The listener for those who run the service: `GET /metrics`.

use std::{net::SocketAddr, sync::Arc};

use bankchannel_crypto::digest;
use bankchannel_foundation::{Error, Result, Secret, model::Boundary};
use bankchannel_transport::background;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::ServerMetrics;
use crate::{
    http::{
        Listener, TlsFiles,
        answer::{self, AnswerBody},
        browser,
        listen::handler,
        tls::{ListenerTls, LoadedTls},
    },
    live::LiveValue,
};

/// The content type of the format, which Prometheus requires.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The shortest token.
const TOKEN_LEAST: usize = 32;
/// The value of `operator_listen` for none.
const OFF: &str = "off";

/// Where those who run the service look at it.
#[derive(Debug, Clone, Boundary)]
#[boundary(flattened)]
pub struct OperatorSettings {
    /// The address and port at which monitoring fetches `GET /metrics`, in Prometheus' format; `off` for none. Port 0 takes a
    /// free port, another one at each start: name one. Beyond loopback only with `operator_token` and TLS files.
    #[boundary(default = "127.0.0.1:0")]
    pub operator_listen: String,
    /// The token that monitoring sends as `Authorization: Bearer TOKEN`: 32 characters or more, such as `openssl rand -hex 32`
    /// makes. Default: none, which is for loopback only.
    #[boundary(example = "at-least-32-characters-that-you-have-drawn")]
    pub operator_token: Option<Secret>,
    /// The certificate chain of this listener, a PEM file. Default: the one of the service, if it has one.
    #[boundary(example = "/etc/bankchannel/operator-chain.pem")]
    pub operator_tls_cert: Option<String>,
    /// Its private key, a PEM file. Default: the one of the service, if it has one.
    #[boundary(example = "/etc/bankchannel/operator-key.pem")]
    pub operator_tls_key: Option<String>,
}

impl OperatorSettings {
    /// The address; `None` for no listener.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub fn address(&self) -> Result<Option<SocketAddr>> {
        if self.operator_listen == OFF {
            return Ok(None);
        }
        let wrong = "must be an address and port such as 127.0.0.1:9464, or off";
        let address: SocketAddr =
            self.operator_listen.parse().map_err(|_| Error::invalid_setting("operator_listen", wrong))?;
        match &self.operator_token {
            Some(token) if token.expose().len() < TOKEN_LEAST => {
                Err(Error::invalid_setting("operator_token", "must have 32 characters or more"))
            }
            Some(token) if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) => {
                Err(Error::invalid_setting("operator_token", "must have only printable ASCII characters, no blank"))
            }
            None if !address.ip().is_loopback() => Err(Error::invalid_setting(
                "operator_token",
                "is required when operator_listen is not a loopback address",
            )),
            _ => Ok(Some(address)),
        }
    }

    /// The TLS files at this address: its own, or those of the service. On loopback plain HTTP does, unless it has its own.
    ///
    /// # Errors
    /// `configuration.invalid` if only one is given.
    fn tls(&self, address: SocketAddr, of_service: Option<&TlsFiles>) -> Result<Option<TlsFiles>> {
        match (&self.operator_tls_cert, &self.operator_tls_key) {
            (None, None) => Ok(of_service.filter(|_| !address.ip().is_loopback()).cloned()),
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate: certificate.into(), key: key.into() })),
            _ => Err(Error::invalid_setting("operator_tls_cert", "goes with operator_tls_key: give both or neither")),
        }
    }

    /// Binds the address; `None` if there is to be no listener.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub async fn bind(&self, of_service: Option<&TlsFiles>) -> Result<Option<OperatorListener>> {
        let Some(address) = self.address()? else { return Ok(None) };
        let tls = self.tls(address, of_service)?;
        let listener = Listener::bind(address, tls.as_ref()).await;
        let listener = listener.map_err(|why| Error::invalid_setting("operator_listen", why))?;
        let access = OperatorAccess { address, token: LiveValue::new(self.token_digest()), tls: listener.tls() };
        Ok(Some(OperatorListener { listener, access: Arc::new(access) }))
    }

    fn token_digest(&self) -> Option<[u8; 32]> {
        self.operator_token.as_ref().map(|token| digest::sha256(token.expose().as_bytes()))
    }
}

/// Who may fetch the metrics of a listener that serves, and its TLS: a reload changes both.
pub struct OperatorAccess {
    address: SocketAddr,
    token: LiveValue<Option<[u8; 32]>>,
    tls: Option<Arc<ListenerTls>>,
}

/// What a reload will change of an [`OperatorAccess`].
pub struct PreparedAccess {
    token: Option<[u8; 32]>,
    tls: Option<LoadedTls>,
}

/// The settings that count for a listener that serves.
const OF_ACCESS: [&str; 3] = ["operator_token", "operator_tls_cert", "operator_tls_key"];

impl OperatorAccess {
    /// Those of its settings that cannot be applied to the listener as it serves: at the address that it has it may need a
    /// token, and it goes on with or without TLS. `access` is that of the listener, if there is one.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub fn held(
        access: Option<&Self>,
        read: &OperatorSettings,
        of_service: Option<&TlsFiles>,
    ) -> Result<Vec<&'static str>> {
        let Some(access) = access.filter(|_| read.operator_listen != OFF) else { return Ok(OF_ACCESS.to_vec()) };
        let [token, certificate, key] = OF_ACCESS;
        let mut held = Vec::new();
        if read.operator_token.is_none() && !access.address.ip().is_loopback() {
            held.push(token);
        }
        if read.tls(access.address, of_service)?.is_some() != access.tls.is_some() {
            held.extend([certificate, key]);
        }
        Ok(held)
    }

    /// Reads what these settings name; [`take`](Self::take) applies it.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub fn prepare(&self, settings: &OperatorSettings, of_service: Option<&TlsFiles>) -> Result<PreparedAccess> {
        let files = settings.tls(self.address, of_service)?.filter(|_| self.tls.is_some());
        let tls = files.as_ref().map(LoadedTls::read).transpose();
        let tls = tls.map_err(|why| Error::invalid_setting("operator_tls_cert", why))?;
        Ok(PreparedAccess { token: settings.token_digest(), tls })
    }

    /// Applies it: the next request needs the new token, the next connection gets the new certificate. Returns whether the
    /// certificate is another one.
    pub fn take(&self, prepared: PreparedAccess) -> bool {
        self.token.put(prepared.token);
        let (Some(tls), Some(loaded)) = (&self.tls, prepared.tls) else { return false };
        let is_other = tls.differs_from(&loaded);
        tls.take(loaded);
        is_other
    }
}

/// A bound listener, not serving yet.
pub struct OperatorListener {
    listener: Listener,
    access: Arc<OperatorAccess>,
}

impl OperatorListener {
    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.listener.scheme(), self.listener.address())
    }

    /// Who may use it, to be changed by a reload.
    #[must_use]
    pub fn access(&self) -> Arc<OperatorAccess> {
        Arc::clone(&self.access)
    }

    /// Its TLS.
    #[must_use]
    pub fn tls(&self) -> Option<Arc<ListenerTls>> {
        self.listener.tls()
    }

    /// Serves until `stop` is cancelled.
    pub fn serve(self, metrics: Arc<ServerMetrics>, stop: CancellationToken) -> JoinHandle<()> {
        let access = self.access;
        let answered = move |request, _| std::future::ready(answer(&metrics, access.token.now().as_ref(), &request));
        background::spawn(self.listener.serve(stop, handler(answered)))
    }
}

fn answer(metrics: &ServerMetrics, token: &Option<[u8; 32]>, request: &Request<Incoming>) -> Response<AnswerBody> {
    // Pages in a browser must not reach it, whatever host name resolves to this machine.
    if token.is_none() && !is_own_program(request) {
        return refuse(StatusCode::FORBIDDEN, "not for browsers");
    }
    if token.as_ref().is_some_and(|token| !has_token(request.headers(), token)) {
        let mut refused = refuse(StatusCode::UNAUTHORIZED, "send `Authorization: Bearer` with the operator_token");
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return refused;
    }
    if request.uri().path() != "/metrics" {
        return refuse(StatusCode::NOT_FOUND, "there is /metrics");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, "use GET");
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match metrics.text() {
        Ok(text) => {
            let mut response = answer::json(StatusCode::OK, text);
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(TEXT));
            response
        }
        Err(why) => {
            tracing::error!(why = why.message(), "the metrics cannot be written");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written")
        }
    }
}

/// Whether a program sent it, and names this machine by an address or as `localhost`.
fn is_own_program(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(http::uri::Authority::as_str)).unwrap_or_default();
    !headers.contains_key(header::ORIGIN) && !headers.contains_key("sec-fetch-site") && browser::is_own(host)
}

/// Whether it has this token, compared by hash: the time tells nothing of it.
fn has_token(headers: &HeaderMap, token: &[u8; 32]) -> bool {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return false };
    let Ok((scheme, given)) = value.to_str().map(|value| value.split_once(' ').unwrap_or_default()) else {
        return false;
    };
    scheme.eq_ignore_ascii_case("bearer") && digest::sha256(given.trim().as_bytes()) == *token
}

fn refuse(status: StatusCode, why: &str) -> Response<AnswerBody> {
    answer::json(status, json!({ "error": { "message": why } }).to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TOKEN: &str = "a-token-of-a-test-with-enough-characters";

    fn settings(listen: &str, token: Option<&str>) -> OperatorSettings {
        OperatorSettings {
            operator_listen: listen.to_owned(),
            operator_token: token.map(Secret::new),
            operator_tls_cert: None,
            operator_tls_key: None,
        }
    }

    fn access(address: &str) -> OperatorAccess {
        let token = settings(address, Some(TOKEN)).token_digest();
        OperatorAccess { address: address.parse().unwrap(), token: LiveValue::new(token), tls: None }
    }

    /// What counts is the address that the listener has, not the one that the file names by now.
    #[test]
    fn a_reload_opens_no_listener_to_everybody() {
        let held = |at: &str, read: &OperatorSettings| OperatorAccess::held(Some(&access(at)), read, None).unwrap();
        let (inside, outside) = ("127.0.0.1:9464", "192.0.2.1:9464");
        assert_eq!(held(outside, &settings(inside, None)), ["operator_token"]);
        assert!(held(outside, &settings(inside, Some(TOKEN))).is_empty());
        assert!(held(inside, &settings(inside, None)).is_empty());
        // A listener that is to be none: what the file says of it was not even checked.
        assert_eq!(held(inside, &settings(OFF, Some("short"))), OF_ACCESS);
        assert_eq!(OperatorAccess::held(None, &settings(inside, None), None).unwrap(), OF_ACCESS);
    }

    #[test]
    fn a_listener_begins_or_ends_with_tls_at_a_restart_only() {
        let (inside, files) = (access("127.0.0.1:9464"), |name: &str| Some(name.to_owned()));
        let with_tls = OperatorSettings {
            operator_tls_cert: files("chain.pem"),
            operator_tls_key: files("key.pem"),
            ..settings("127.0.0.1:9464", None)
        };
        let held = OperatorAccess::held(Some(&inside), &with_tls, None).unwrap();
        assert_eq!(held, ["operator_tls_cert", "operator_tls_key"]);
        let half = OperatorSettings { operator_tls_key: None, ..with_tls };
        assert!(OperatorAccess::held(Some(&inside), &half, None).is_err());
        let of_service = TlsFiles { certificate: "chain.pem".into(), key: "key.pem".into() };
        let plain = settings("127.0.0.1:9464", None);
        assert!(
            OperatorAccess::held(Some(&inside), &plain, Some(&of_service)).unwrap().is_empty(),
            "plain on loopback"
        );
    }
}
