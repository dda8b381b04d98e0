//! A scripted HTTP server, for good and bad behaviour.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;

use super::Answer;

/// The server's reaction to one request.
#[derive(Clone)]
pub enum Act {
    /// Read it and answer; the connection stays open.
    Answer(Answer),
    /// Read it, and answer as this function says.
    Then(Arc<dyn Fn(&Seen) -> Answer + Send + Sync>),
    /// Read it, answer, and close the connection a moment later without notice.
    AnswerThenClose(Answer),
    /// Read the head only, then reset the connection.
    ResetAfterHead,
    /// Read the head and a little of the body, answer, and close the connection: further data from the client resets
    /// it.
    RefuseEarly(Answer),
    /// Read it, then reset the connection.
    ResetAfterRequest,
    /// Read it, then close the connection properly.
    CloseAfterRequest,
    /// Read it and never answer.
    Stall,
    /// Read the head, wait for the test, then read the rest and answer.
    Hold(Arc<Notify>, Answer),
    /// Read it, send these bytes as they are, and close.
    Raw(Vec<u8>),
    /// Read it and answer: the head at once, the body one byte at a time, with this pause in between.
    Drip(Answer, Duration),
    /// Read and discard it, whatever its size, then answer.
    Swallow(Answer),
}

/// A request as received.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: Vec<u8>,
    pub body_bytes: usize,
    /// Whether the whole body arrived.
    pub complete: bool,
    /// The number of its connection, from 0.
    pub connection: usize,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

type Script = dyn Fn(&Seen, usize) -> Act + Send + Sync;

/// The test server.
pub struct Server {
    pub base_url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers requests with these acts in turn; the last act is repeated.
    pub async fn in_turn(acts: impl IntoIterator<Item = Act>) -> Self {
        let acts: Vec<Act> = acts.into_iter().collect();
        Self::start(move |_, number| acts[number.min(acts.len() - 1)].clone()).await
    }

    /// Calls the script for each request with its number, from 0; the request has no body yet.
    pub async fn start(script: impl Fn(&Seen, usize) -> Act + Send + Sync + 'static) -> Self {
        Self::listen(Arc::new(script), None).await
    }

    /// The same over TLS.
    pub async fn start_tls(tls: TlsAcceptor, script: impl Fn(&Seen, usize) -> Act + Send + Sync + 'static) -> Self {
        Self::listen(Arc::new(script), Some(tls)).await
    }

    async fn listen(script: Arc<Script>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let base_url = format!("{scheme}://127.0.0.1:{}/v2", listener.local_addr().unwrap().port());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (all, count) = (Arc::clone(&seen), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = count.fetch_add(1, Ordering::SeqCst);
                let (script, all, tls) = (Arc::clone(&script), Arc::clone(&all), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, connection, &*script, &all).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, connection, &*script, &all).await;
                            }
                        }
                    }
                });
            }
        });
        Self { base_url, seen, connections }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The number of connections made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until this many requests have started.
    pub async fn wait_for(&self, count: usize) {
        while self.seen.lock().unwrap().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A connection that can be reset.
trait Reset {
    fn reset(&self) {}
}

impl Reset for TcpStream {
    fn reset(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl Reset for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.reset();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Reset,
    connection: usize,
    script: &Script,
    all: &Mutex<Vec<Seen>>,
) {
    let mut rest = Vec::new();
    while let Some(mut seen) = read_head(&mut stream, &mut rest).await {
        seen.connection = connection;
        let number = {
            let mut all = all.lock().unwrap();
            all.push(seen.clone());
            all.len() - 1
        };
        let act = script(&seen, number);
        match &act {
            Act::ResetAfterHead => {
                stream.reset();
                return;
            }
            Act::Hold(go_on, _) => go_on.notified().await,
            Act::RefuseEarly(answer) => {
                let _ = more(&mut stream, &mut rest).await;
                let _ = stream.write_all(&answer.bytes()).await;
                return;
            }
            _ => {}
        }
        let keep = !matches!(act, Act::Swallow(_));
        read_body(&mut stream, &mut rest, &mut seen, keep).await;
        let complete = seen.complete;
        let act = match act {
            Act::Then(answer) if complete => Act::Answer(answer(&seen)),
            other => other,
        };
        all.lock().unwrap()[number] = seen;
        if !complete {
            return;
        }
        match act {
            Act::Answer(answer) | Act::Hold(_, answer) | Act::Swallow(answer) => {
                // In two writes, so that a large body is not copied.
                if stream.write_all(&answer.head()).await.is_err() || stream.write_all(&answer.body).await.is_err() {
                    return;
                }
            }
            Act::AnswerThenClose(answer) => {
                let _ = stream.write_all(&answer.bytes()).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                return;
            }
            Act::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Act::Drip(answer, pause) => {
                if stream.write_all(&answer.head()).await.is_err() {
                    return;
                }
                for byte in &answer.body[..] {
                    if stream.write_all(&[*byte]).await.is_err() {
                        return;
                    }
                    let _ = stream.flush().await;
                    tokio::time::sleep(pause).await;
                }
            }
            Act::ResetAfterRequest => {
                stream.reset();
                return;
            }
            Act::CloseAfterRequest => return,
            Act::Stall => std::future::pending().await,
            Act::ResetAfterHead | Act::RefuseEarly(_) | Act::Then(_) => unreachable!("handled above"),
        }
        let _ = stream.flush().await;
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin), rest: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest.drain(..end + 4);
            let mut words = head.split(' ');
            let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
            return Some(Seen { method, path, head, ..Seen::default() });
        }
        more(stream, rest).await?;
    }
}

async fn read_body(stream: &mut (impl AsyncRead + Unpin), rest: &mut Vec<u8>, seen: &mut Seen, keep: bool) {
    let chunked = seen.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    if !chunked {
        let length: usize = seen.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        while seen.body_bytes < length {
            if rest.is_empty() && more(stream, rest).await.is_none() {
                return;
            }
            take(rest, rest.len().min(length - seen.body_bytes), seen, keep);
        }
        seen.complete = true;
        return;
    }
    loop {
        let Some(line_end) = rest.windows(2).position(|two| two == b"\r\n") else {
            if more(stream, rest).await.is_none() {
                return;
            }
            continue;
        };
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line_end]).unwrap().trim(), 16).unwrap();
        while rest.len() < line_end + 2 + size + 2 {
            if more(stream, rest).await.is_none() {
                return;
            }
        }
        rest.drain(..line_end + 2);
        take(rest, size, seen, keep);
        rest.drain(..2);
        if size == 0 {
            seen.complete = true;
            return;
        }
    }
}

fn take(rest: &mut Vec<u8>, count: usize, seen: &mut Seen, keep: bool) {
    if keep {
        seen.body.extend_from_slice(&rest[..count]);
    }
    seen.body_bytes += count;
    rest.drain(..count);
}

async fn more(stream: &mut (impl AsyncRead + Unpin), rest: &mut Vec<u8>) -> Option<()> {
    let mut piece = vec![0; 64 * 1024];
    match stream.read(&mut piece).await {
        Ok(0) | Err(_) => None,
        Ok(count) => {
            rest.extend_from_slice(&piece[..count]);
            Some(())
        }
    }
}
