#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{CertificateIssuer, CertificatePurpose, NewCertificate, SubjectAttribute},
};
use hyper::StatusCode;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::*;
use crate::http::{Listener, answer, listen::handler};

/// A certificate of its own authority, which ends in so many hours, and its key.
struct Pair {
    certificate: String,
    der: Vec<u8>,
    key: String,
    ends_s: i64,
}

fn pair(hours: i64) -> Pair {
    let (begin, end) = (jiff::Timestamp::now(), jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours));
    let subject = [(SubjectAttribute::CommonName, "localhost")];
    let purpose = CertificatePurpose::TlsServer;
    let new = NewCertificate { purpose, hosts: vec!["localhost"], ..NewCertificate::new(&subject, begin, end) };
    let key = RsaPrivateKey::generate(2048).unwrap().to_pkcs8_pem();
    let made = CertificateIssuer::self_signed(&new, &key).unwrap();
    let made = made.certificate();
    let der = CertificateDer::from_pem_slice(made.to_pem().as_bytes()).unwrap().to_vec();
    Pair { certificate: made.to_pem(), der, ends_s: made.not_after_s(), key: key.to_string() }
}

fn write(folder: &Path, pair: &Pair) -> TlsFiles {
    fs::create_dir_all(folder).unwrap();
    let files = TlsFiles { certificate: folder.join("chain.pem"), key: folder.join("key.pem") };
    private::write_whole(&files.certificate, pair.certificate.as_bytes()).unwrap();
    private::write_whole(&files.key, pair.key.as_bytes()).unwrap();
    files
}

#[tokio::test]
async fn new_connections_get_the_new_certificate_and_old_ones_go_on() {
    let (folder, one, other) = (tempfile::tempdir().unwrap(), pair(1), pair(2));
    let files = write(folder.path(), &one);
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Some(&files)).await.unwrap();
    let (address, tls, stop) = (listener.address(), listener.tls().unwrap(), CancellationToken::new());
    tokio::spawn(listener.serve(stop.clone(), handler(|_, _| async { answer::empty(StatusCode::NO_CONTENT) })));
    let now = Instant::now();
    assert_eq!((tls.look("service", now), tls.ends_s()), (TlsLook::Same, Some(one.ends_s)));
    let mut before = connected(address, &[&one, &other]).await;
    assert_eq!(presented(&before), one.der);
    write(folder.path(), &other);
    assert_eq!((tls.look("service", now), tls.ends_s()), (TlsLook::Taken, Some(other.ends_s)));
    assert_eq!(presented(&connected(address, &[&one, &other]).await), other.der);
    assert!(asked(&mut before).await.starts_with("HTTP/1.1 204"), "a connection that exists goes on");
    assert_eq!(tls.look("service", now), TlsLook::Same);
}

#[tokio::test]
async fn a_pair_that_does_not_fit_yet_leaves_the_old_one_and_is_told_of_once() {
    let (folder, one, other) = (tempfile::tempdir().unwrap(), pair(1), pair(2));
    let files = write(folder.path(), &one);
    let tls = ListenerTls::new(LoadedTls::read(&files).unwrap());
    let (now, later) = (Instant::now(), |seconds: u64| Instant::now() + Duration::from_secs(seconds));
    let look = |at| (tls.look("service", at), tls.ends_s());
    // The certificate is there, its key is not.
    private::write_whole(&files.certificate, other.certificate.as_bytes()).unwrap();
    assert!(matches!(LoadedTls::read(&files), Err(ListenError::Tls(..))));
    assert_eq!(look(now), (TlsLook::Unusable, Some(one.ends_s)));
    assert_eq!(look(later(59)).0, TlsLook::Unusable);
    assert_eq!(look(later(61)).0, TlsLook::Told);
    assert_eq!(look(later(600)).0, TlsLook::Unusable, "told once");
    private::write_whole(&files.key, other.key.as_bytes()).unwrap();
    assert_eq!(look(later(601)), (TlsLook::Taken, Some(other.ends_s)));
    // A file that is gone, or that others can read, is the same; the minute begins anew.
    fs::remove_file(&files.key).unwrap();
    assert_eq!(look(later(700)), (TlsLook::Unusable, Some(other.ends_s)));
    private::write_whole(&files.key, other.key.as_bytes()).unwrap();
    assert_eq!(look(later(701)).0, TlsLook::Taken);
    assert_eq!(look(later(702)).0, TlsLook::Same);
}

/// As certbot and Kubernetes do: the path stays, a link on the way leads elsewhere.
#[cfg(unix)]
#[tokio::test]
async fn links_that_are_swapped_are_seen() {
    use std::os::unix::fs::symlink;
    let (folder, one, other) = (tempfile::tempdir().unwrap(), pair(1), pair(2));
    write(&folder.path().join("first"), &one);
    write(&folder.path().join("second"), &other);
    let data = folder.path().join("..data");
    symlink("first", &data).unwrap();
    let files = TlsFiles { certificate: data.join("chain.pem"), key: data.join("key.pem") };
    let tls = ListenerTls::new(LoadedTls::read(&files).unwrap());
    symlink("second", folder.path().join("next")).unwrap();
    fs::rename(folder.path().join("next"), &data).unwrap();
    assert_eq!((tls.look("service", Instant::now()), tls.ends_s()), (TlsLook::Taken, Some(other.ends_s)));
}

async fn connected(address: std::net::SocketAddr, trusted: &[&Pair]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    for pair in trusted {
        roots.add(CertificateDer::from(pair.der.clone())).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

fn presented(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

async fn asked(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer.to_vec()).unwrap()
}
