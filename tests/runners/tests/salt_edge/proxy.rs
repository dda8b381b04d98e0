//! A proxy between two sides that changes their messages: it makes a connector defective in one respect.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;

/// A request in transit. Headers keep their order.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Not forwarded by proxies: requests of Salt Edge have no body.
    pub(crate) body: Bytes,
}

/// An answer in transit.
#[derive(Clone)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The data in its JWT, without verification.
    pub(crate) fn data(&self) -> Value {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let jwt = self.header("authorization").and_then(|text| text.split(' ').nth(1)).unwrap_or_default();
        let payload = jwt.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
        serde_json::from_slice::<Value>(&payload).unwrap_or_default()["data"].take()
    }

    /// The request with another JWT.
    pub(crate) fn with_jwt(mut self, jwt: &str) -> Self {
        self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        self.headers.push(("authorization".into(), format!("Bearer {jwt}")));
        self
    }
}

impl Answered {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".into(), "application/json".into())];
        Self { status, headers, body: Bytes::from(body.to_string()) }
    }

    pub(crate) fn class(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["error_class"].as_str().unwrap_or_default().to_owned()
    }
}

pub(crate) type Answering = Pin<Box<dyn Future<Output = Answered> + Send>>;

/// The other side of a proxy.
#[derive(Clone)]
pub(crate) struct Upstream {
    http: reqwest::Client,
    url: String,
}

impl Upstream {
    pub(crate) fn new(url: &str) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, url: url.trim_end_matches('/').to_owned() }
    }

    /// Sends an order to a control interface.
    pub(crate) async fn order(&self, path: &str, order: &Value) -> Value {
        let answer = self.http.post(format!("{}/sandbox/{path}", self.url)).json(order).send().await.unwrap();
        let status = answer.status();
        let said: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {said}");
        said
    }

    pub(crate) async fn ask(&self, asked: Asked) -> Answered {
        let method = asked.method.parse().unwrap();
        let mut request = self.http.request(method, format!("{}{}", self.url, asked.target));
        for (name, value) in &asked.headers {
            if !["host", "content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .filter(|(name, _)| !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()));
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect();
        Answered { status, headers, body: answer.bytes().await.unwrap() }
    }
}

/// Serves on a free port until the end of the test; returns the URL.
pub(crate) async fn serve(answer: impl Fn(Asked) -> Answering + Send + Sync + 'static) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    let answer = Arc::clone(&answer);
                    async move { Ok::<_, std::convert::Infallible>(respond(&*answer, request).await) }
                });
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    url
}

async fn respond(
    answer: &(dyn Fn(Asked) -> Answering + Send + Sync),
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let asked = Asked {
        method: head.method.to_string(),
        target: head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: headers.collect(),
        body,
    };
    let answered = answer(asked).await;
    let mut response = Response::builder().status(answered.status);
    for (name, value) in &answered.headers {
        response = response.header(name, value);
    }
    response.body(Full::new(answered.body)).unwrap()
}
