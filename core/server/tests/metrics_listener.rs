//! The listener for monitoring: who may fetch, and what is refused before it listens.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use bankchannel_foundation::Secret;
use bankchannel_server::metrics::{OperatorSettings, ServerMetrics};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

fn settings(listen: &str, token: Option<&str>) -> OperatorSettings {
    OperatorSettings {
        operator_listen: listen.to_owned(),
        operator_token: token.map(Secret::new),
        operator_tls_cert: None,
        operator_tls_key: None,
    }
}

/// The status, the head and the body of an answer.
async fn ask(url: &str, request: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(format!("{request}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), body.to_owned())
}

async fn listening(token: Option<&str>) -> String {
    let listener = settings("127.0.0.1:0", token).bind(None).await.unwrap().unwrap();
    let url = listener.url();
    drop(listener.serve(ServerMetrics::new("test").unwrap(), CancellationToken::new()));
    url
}

#[tokio::test]
async fn on_loopback_programs_fetch_and_pages_do_not() {
    let url = listening(None).await;
    let (status, head, body) = ask(&url, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9464").await;
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("bankchannel_build_info{kind=\"test\",version="), "{body}");
    for (request, expected) in [
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nOrigin: https://page.example", 403),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: none", 403),
        ("GET /metrics HTTP/1.1\r\nHost: rebound.example", 403),
        ("GET / HTTP/1.1\r\nHost: localhost", 404),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0", 405),
    ] {
        assert_eq!(ask(&url, request).await.0, expected, "{request}");
    }
}

#[tokio::test]
async fn a_token_is_asked_for_before_anything_is_told() {
    let token = "0123456789abcdef0123456789abcdef";
    let url = listening(Some(token)).await;
    let of = |given: &str| format!("GET /metrics HTTP/1.1\r\nHost: monitored.example{given}");
    assert_eq!(ask(&url, &of(&format!("\r\nAuthorization: Bearer {token}"))).await.0, 200);
    for given in [
        String::new(),
        format!("\r\nAuthorization: Bearer {}", &token[1..]),
        format!("\r\nAuthorization: Basic {token}"),
        format!("\r\nAuthorization: {token}"),
        format!("\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}"),
    ] {
        let (status, head, body) = ask(&url, &of(&given)).await;
        assert!(status == 401 && head.contains("www-authenticate: bearer"), "{given}: {head}");
        assert!(!body.contains("build_info") && !body.contains(&token[1..]), "{body}");
    }
    let (status, ..) = ask(&url, "GET /other HTTP/1.1\r\nHost: monitored.example").await;
    assert_eq!(status, 401, "nor what paths there are");
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_setting() {
    let field = |listen: &str, token: Option<&str>| {
        let refused = settings(listen, token).address().err();
        refused.map(|error| error.detail("field").unwrap().to_owned())
    };
    let long = "0123456789abcdef0123456789abcdef";
    assert_eq!(field("127.0.0.1:0", None), None);
    assert_eq!(field("[::1]:0", None), None);
    assert_eq!(field("0.0.0.0:9464", Some(long)), None);
    assert_eq!(field("off", None), None);
    assert_eq!(field("9464", None).as_deref(), Some("operator_listen"));
    assert_eq!(field("0.0.0.0:9464", None).as_deref(), Some("operator_token"));
    assert_eq!(field("127.0.0.1:0", Some(&long[1..])).as_deref(), Some("operator_token"));
    assert_eq!(field("127.0.0.1:0", Some(&format!("{long} x"))).as_deref(), Some("operator_token"));
    assert!(settings("off", None).bind(None).await.unwrap().is_none());
    // Beyond loopback only with TLS.
    let plain = settings("0.0.0.0:0", Some(long)).bind(None).await.err().unwrap();
    assert_eq!(plain.detail("field"), Some("operator_listen"));
}
