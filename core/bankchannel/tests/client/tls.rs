//! TLS: the certificates that the client trusts.

use std::sync::Arc;

use bankchannel::{
    CallOutcome, ConnectionSettings,
    ws_channel::{Mode, WsChannel, WsChannelSettings},
};
use bankchannel_crypto::x509::CertificateIssuer;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use crate::{
    repeats::{list, upload},
    support::{Act, Server, ok, session, settings},
};

fn acceptor(certificate: &str, key: &str) -> TlsAcceptor {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    TlsAcceptor::from(Arc::new(
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap(),
    ))
}

async fn listening(tls: TlsAcceptor) -> Server {
    Server::start_tls(tls, |seen, _| match seen.method.as_str() {
        "PUT" => Act::Answer(ok(201, json!({}))),
        _ => Act::Answer(ok(200, json!({"FileDescriptors": []}))),
    })
    .await
}

fn client(settings: WsChannelSettings) -> WsChannel {
    let client = WsChannel::new(settings).unwrap();
    client.set_session(session("t", Mode::Data));
    client
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_nothing_is_sent() {
    let from = "2026-01-01T00:00:00Z".parse().unwrap();
    let issuer = CertificateIssuer::create("Unknown CA", from, "2046-01-01T00:00:00Z".parse().unwrap()).unwrap();
    let server = listening(acceptor(&issuer.certificate().to_pem(), &issuer.private_key_pem())).await;
    let error = client(settings(&server)).upload_file(upload(b"payment")).await.unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.retryable()),
        ("transport.tls_failed", Some(CallOutcome::NotSent), false),
        "{error}"
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_for_its_names_only() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let server = listening(acceptor(&certificate, &key)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &certificate).unwrap();
    for only_ca_file in [None, Some(true)] {
        let connection =
            ConnectionSettings { ca_file: Some(file.display().to_string()), only_ca_file, ..Default::default() };
        let trusting = WsChannelSettings { connection, ..settings(&server) };
        client(trusting).list_files(list()).await.unwrap();
    }
    let elsewhere = rcgen::generate_simple_self_signed(["elsewhere.example".to_owned()]).unwrap();
    std::fs::write(&file, elsewhere.cert.pem()).unwrap();
    let wrong_name = listening(acceptor(&elsewhere.cert.pem(), &elsewhere.signing_key.serialize_pem())).await;
    let connection = ConnectionSettings { ca_file: Some(file.display().to_string()), ..Default::default() };
    let trusting = WsChannelSettings { connection, ..settings(&wrong_name) };
    let error = client(trusting).upload_file(upload(b"payment")).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("transport.tls_failed", Some(CallOutcome::NotSent)));
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let connection = |connection| WsChannelSettings { connection, ..WsChannelSettings::default() };
    for (settings, field) in [
        (connection(ConnectionSettings { only_ca_file: Some(true), ..Default::default() }), "only_ca_file"),
        (connection(ConnectionSettings { ca_file: Some("/nonexistent.pem".into()), ..Default::default() }), "ca_file"),
        (
            WsChannelSettings { base_url: Some("http://ws-api.example/v2".into()), ..WsChannelSettings::default() },
            "base_url",
        ),
        (connection(ConnectionSettings { proxy: Some("://".into()), ..Default::default() }), "proxy"),
    ] {
        let error = WsChannel::new(settings).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)));
    }
}
