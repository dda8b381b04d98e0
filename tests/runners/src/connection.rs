//! Raw HTTP/1.1 over TCP or TLS: sends exactly the bytes of the case, including duplicates and odd paths.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::world::Outcome;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case; values of a repeated name are joined by commas.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value; empty if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// The configuration of TLS connections.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts only the authority of this file, and presents this certificate with its key, both files.
    ///
    /// # Errors
    /// An unusable file.
    pub fn new(ca_file: &Path, identity: Option<(&Path, &Path)>) -> Outcome<Self> {
        let bad = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let certificates = |path: &Path| -> Outcome<Vec<CertificateDer<'static>>> {
            let read = CertificateDer::pem_file_iter(path).map_err(|why| bad(path, &why))?;
            read.collect::<Result<_, _>>().map_err(|why| bad(path, &why))
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(ca_file)? {
            roots.add(certificate).map_err(|why| bad(ca_file, &why))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| why.to_string())?
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let shown = certificates(certificate)?;
                let key_der = PrivateKeyDer::from_pem_file(key).map_err(|why| bad(key, &why))?;
                builder.with_client_auth_cert(shown, key_der).map_err(|why| bad(certificate, &why))?
            }
        };
        Ok(Self(Arc::new(config)))
    }
}

/// Scheme, host with port, and path of a URL.
///
/// # Errors
/// Another scheme.
pub fn parts(url: &str) -> Outcome<(&str, &str, &str)> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("{url} is not a URL"))?;
    if !matches!(scheme, "http" | "https") {
        return Err(format!("{scheme} is not spoken here"));
    }
    let (host, path) = rest.find(['/', '?']).map_or((rest, "/"), |at| rest.split_at(at));
    Ok((scheme, host, path))
}

/// Sends one request on a separate connection and reads the whole answer.
///
/// # Errors
/// The failure.
pub async fn exchange(
    tls: Option<&Tls>,
    url: &str,
    method: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Outcome<Answer> {
    let (_, host, path) = parts(url)?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    send(tls, url, head.as_bytes(), body).await.map_err(|why| format!("{method} {path}: {why}"))
}

/// Sends these bytes to the host of the URL, on a separate connection, and reads the whole answer. `rest` is the part
/// that a server may not read if it refuses a request early.
///
/// # Errors
/// The failure.
pub async fn send(tls: Option<&Tls>, url: &str, bytes: &[u8], rest: &[u8]) -> Outcome<Answer> {
    let (scheme, host, _) = parts(url)?;
    let stream = TcpStream::connect(host).await.map_err(|why| why.to_string())?;
    match (scheme, tls) {
        ("http", _) => talk(stream, bytes, rest).await,
        (_, None) => Err("this needs TLS, and no authority is known".into()),
        (_, Some(tls)) => {
            let (name, _) = host.rsplit_once(':').unwrap_or((host, ""));
            let name = ServerName::try_from(name.to_owned()).map_err(|why| why.to_string())?;
            let connector = TlsConnector::from(Arc::clone(&tls.0));
            let stream = connector.connect(name, stream).await.map_err(|why| format!("TLS: {why}"))?;
            talk(stream, bytes, rest).await
        }
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8], rest: &[u8]) -> Outcome<Answer> {
    let broke = |why: std::io::Error| why.to_string();
    stream.write_all(bytes).await.map_err(broke)?;
    // A server that refuses a large body may answer and close before all of it is written.
    let _ = stream.write_all(rest).await;
    let _ = stream.flush().await;
    let mut answer = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    loop {
        if let Some(answer) = parse(&answer, false)? {
            return Ok(answer);
        }
        match stream.read(&mut piece).await {
            Ok(0) => break,
            Ok(size) => answer.extend_from_slice(&piece[..size]),
            // An answer without TLS's closing message is still used.
            Err(why) if answer.is_empty() => return Err(why.to_string()),
            Err(_) => break,
        }
    }
    parse(&answer, true)?.ok_or_else(|| "no answer, or one without an end of its head".to_owned())
}

/// Parses an answer; `None` if more is needed. `ended` means that no more will come.
fn parse(bytes: &[u8], ended: bool) -> Outcome<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or("no HTTP status")?;
    let mut headers = BTreeMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        headers
            .entry(name.trim().to_ascii_lowercase())
            .and_modify(|held: &mut String| *held = format!("{held}, {}", value.trim()))
            .or_insert_with(|| value.trim().to_owned());
    }
    let body = &bytes[end + 4..];
    let chunked = headers.get("transfer-encoding").is_some_and(|coding: &String| coding.contains("chunked"));
    let length = headers.get("content-length").and_then(|length| length.parse::<usize>().ok());
    let whole = match (chunked, length, status) {
        (_, _, 204 | 304) => true,
        (true, ..) => body.ends_with(b"0\r\n\r\n"),
        (_, Some(length), _) => body.len() >= length,
        (_, None, _) => false,
    };
    if !whole && !ended {
        return Ok(None);
    }
    let body = if chunked { unchunk(body)? } else { body.to_vec() };
    if !body.is_empty() && length.is_some_and(|length| length != body.len()) {
        return Err(format!("the answer has {} bytes, not the {length:?} it announced", body.len()));
    }
    Ok(Some(Answer { status, headers, body }))
}

fn unchunk(mut bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n").ok_or("a chunk without its size")?;
        let size = std::str::from_utf8(&bytes[..end]).ok().and_then(|hex| usize::from_str_radix(hex.trim(), 16).ok());
        let size = size.ok_or("a chunk without its size")?;
        if size == 0 {
            return Ok(out);
        }
        out.extend_from_slice(bytes.get(end + 2..end + 2 + size).ok_or("a chunk that breaks off")?);
        bytes = bytes.get(end + 4 + size..).ok_or("a chunk that breaks off")?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_ends_where_it_says() {
        let answer = |text: &str, ended| parse(text.as_bytes(), ended).unwrap();
        assert!(answer("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", false).is_none());
        assert_eq!(answer("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", false).unwrap().body, b"abc");
        assert_eq!(answer("HTTP/1.1 204 No Content\r\n\r\n", false).unwrap().status, 204);
        assert!(answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", false).is_none());
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        assert_eq!(answer(chunked, false).unwrap().body, b"abc");
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", true).is_err());
        assert!(answer("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nab", false).is_none());
        assert_eq!(answer("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nab", true).unwrap().body, b"ab");
    }

    #[test]
    fn a_url_is_taken_apart() {
        assert_eq!(parts("https://127.0.0.1:1/a?b"), Ok(("https", "127.0.0.1:1", "/a?b")));
        assert_eq!(parts("http://h:1"), Ok(("http", "h:1", "/")));
        assert!(parts("ftp://h").is_err() && parts("h/a").is_err());
    }
}
