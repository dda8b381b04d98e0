//! Asks an HTTP proxy for a way to the server before the HTTP library does: of a refusal that library keeps neither the
//! status nor the reason, except for 407.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    time::Duration,
};

use bankchannel_foundation::{CallOutcome, Error, Result, error::row, redact::redact_words};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{background, proxies::ProxyName};

/// The size limit of a proxy's answer, as in the HTTP library.
const ANSWER_MAX: usize = 8192;
/// The maximum length of its reason, in characters.
const REASON_MAX: usize = 80;

/// An HTTP proxy, and the server behind it: the data for a tunnel request.
#[derive(Debug, Clone)]
pub(crate) struct ProxyTunnel {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The value of `Proxy-Authorization`, from the proxy's URL.
    pub(crate) authorization: Option<bankchannel_foundation::Secret>,
    /// The server, `host:port`.
    pub(crate) server: String,
}

/// A proxy's refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TunnelRefusal {
    status: u16,
    reason: String,
}

impl ProxyTunnel {
    /// Asks for the way and closes it again.
    ///
    /// # Errors
    /// `transport.connect_failed` with outcome `not_sent`: with the proxy's status, or because it does not answer. Nothing
    /// else is an error here: the connection that follows meets it too.
    pub(crate) async fn check(&self, proxy: &ProxyName, user_agent: &str, limit: Duration) -> Result<()> {
        match timeout(limit, self.ask(user_agent)).await {
            Ok(Ok(Some(refusal))) => Err(refusal.error(proxy)),
            Ok(_) => Ok(()),
            Err(_) => Err(failed(proxy, &format!("has not answered within {} s", limit.as_secs_f32()))),
        }
    }

    async fn ask(&self, user_agent: &str) -> io::Result<Option<TunnelRefusal>> {
        let (host, port) = (self.host.clone(), self.port);
        let found = background::blocking(move || (host.as_str(), port).to_socket_addrs()).await;
        let found: Vec<SocketAddr> = found.map_err(io::Error::other)??.collect();
        let mut stream = TcpStream::connect(&found[..]).await?;
        let authorization = self.authorization.as_ref();
        let authorization =
            authorization.map(|value| format!("Proxy-Authorization: {}\r\n", value.expose())).unwrap_or_default();
        let server = &self.server;
        let question =
            format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n{authorization}User-Agent: {user_agent}\r\n\r\n");
        stream.write_all(question.as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.contains(&b'\n') && answer.len() < ANSWER_MAX {
            if stream.read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        Ok(refusal(&answer))
    }
}

/// The refusal in the first line of an answer; `None` for a success, and for bytes that are no answer of HTTP.
fn refusal(answer: &[u8]) -> Option<TunnelRefusal> {
    let line = answer.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let (version, rest) = line.split_once(' ')?;
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let status = status.parse().ok().filter(|status| (100..1000).contains(status))?;
    if !version.starts_with("HTTP/1.") || (200..300).contains(&status) {
        return None;
    }
    let reason = redact_words(reason).chars().filter(|c| !c.is_control()).take(REASON_MAX).collect();
    Some(TunnelRefusal { status, reason })
}

impl TunnelRefusal {
    fn error(&self, proxy: &ProxyName) -> Error {
        let Self { status, reason } = self;
        let said = match (status, reason.as_str()) {
            (407, _) => "asks for a user and a password, or for others (status 407)".to_owned(),
            (status, "") => format!("refuses the way to the server (status {status})"),
            (status, reason) => format!("refuses the way to the server (status {status}, {reason})"),
        };
        failed(proxy, &said).with("proxy_status", *status)
    }
}

fn failed(ProxyName { address, source, .. }: &ProxyName, said: &str) -> Error {
    let text = format!("{} The proxy {address} of {source} {said}.", row::CONNECT_FAILED.text);
    Error::because(&row::CONNECT_FAILED, text).with("proxy", address).with_outcome(CallOutcome::NotSent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::net::TcpListener;

    use super::*;
    use crate::{Transport, TransportSettings};

    /// A proxy that answers each question so; `None` never does. Returns the transport, and the questions.
    async fn behind(answer: Option<&'static str>) -> (Transport, tokio::sync::mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://us%20er:pass@{}", listener.local_addr().unwrap());
        let (asked, questions) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (mut peer, _) = listener.accept().await.unwrap();
                let mut question = vec![0; 4096];
                let read = peer.read(&mut question).await.unwrap();
                asked.send(String::from_utf8_lossy(&question[..read]).into_owned()).unwrap();
                match answer {
                    Some(answer) => peer.write_all(answer.as_bytes()).await.unwrap(),
                    None => std::future::pending().await,
                }
            }
        });
        let settings = TransportSettings {
            base_url: "https://bank.example.test/v2".into(),
            proxy: Some(proxy.into()),
            connect_timeout: Duration::from_millis(300),
            ..TransportSettings::default()
        };
        (Transport::new(&settings).unwrap(), questions)
    }

    async fn check(transport: &Transport) -> Result<()> {
        let network = &transport.network;
        network.check_way(network.client()?.1.as_ref()).await
    }

    #[tokio::test]
    async fn a_proxy_is_asked_once_and_its_refusal_is_told() {
        let (transport, mut questions) = behind(Some("HTTP/1.1 200 OK\r\n\r\n")).await;
        check(&transport).await.unwrap();
        check(&transport).await.unwrap();
        let question = questions.recv().await.unwrap();
        assert!(question.starts_with("CONNECT bank.example.test:443 HTTP/1.1\r\nHost: bank.example.test:443\r\n"));
        assert!(question.contains("Proxy-Authorization: Basic dXMgZXI6cGFzcw==\r\n"), "{question}");
        assert!(questions.try_recv().is_err(), "once");
        let (transport, mut questions) = behind(Some("HTTP/1.1 503 Service Unavailable\r\n\r\n")).await;
        for _ in 0..2 {
            let error = check(&transport).await.unwrap_err();
            assert_eq!((error.code(), error.outcome()), ("transport.connect_failed", Some(CallOutcome::NotSent)));
            assert_eq!(error.detail("proxy_status"), Some("503"));
            assert!(
                error.message().contains("503, Service Unavailable") && !error.message().contains("pass"),
                "{error}"
            );
            questions.recv().await.unwrap();
        }
        let (transport, _questions) = behind(None).await;
        let error = check(&transport).await.unwrap_err();
        assert!(error.message().contains("has not answered within 0.3 s"), "{error}");
    }

    #[test]
    fn a_first_line_that_is_no_success_is_a_refusal() {
        let found = |answer: &str| refusal(answer.as_bytes()).map(|refusal| (refusal.status, refusal.reason));
        for (answer, status, reason) in [
            ("HTTP/1.1 403 Forbidden\r\n\r\n", 403, "Forbidden"),
            ("HTTP/1.0 503\r\n\r\n", 503, ""),
            ("HTTP/1.1 407 Proxy Authentication Required\n", 407, "Proxy Authentication Required"),
            ("HTTP/1.1 302 Found", 302, "Found"),
        ] {
            assert_eq!(found(answer), Some((status, reason.to_owned())), "{answer}");
        }
        for answer in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 204\r\n",
            "",
            "\r\n",
            "SSH-2.0-x\r\n",
            "HTTP/1.1 abc\r\n",
            "HTTP/1.1 9\r\n",
        ] {
            assert_eq!(found(answer), None, "{answer:?}");
        }
        let secret = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4MTIz";
        let (_, told) = found(&format!("HTTP/1.1 403 {secret}\r\n")).expect("a refusal");
        assert!(!told.contains(secret), "{told}");
    }
}
