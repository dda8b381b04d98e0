//! Requests whose head is sent before their body.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::served::Answer;

/// A request, as it is sent.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) key: String,
    pub(crate) body: String,
}

/// A request whose head was admitted and whose body has not arrived.
pub(crate) struct Held {
    stream: TcpStream,
    body: String,
}

impl Request {
    /// Sends the head and waits until the service asks for the body: the session was checked by then.
    pub(crate) async fn head(self, base: &str) -> Held {
        let (address, below) = base.trim_start_matches("http://").split_once('/').unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{} /{below}{} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: \
             application/json\r\ncontent-length: {}\r\nauthorization: {}\r\nx-api-key: {}\r\n\r\n",
            self.method,
            self.path,
            self.body.len(),
            self.token,
            self.key,
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut asked = [0; 25];
        stream.read_exact(&mut asked).await.unwrap();
        assert_eq!(std::str::from_utf8(&asked).unwrap(), "HTTP/1.1 100 Continue\r\n\r\n");
        Held { stream, body: self.body }
    }
}

impl Held {
    /// Sends this many bytes of the body.
    pub(crate) async fn begin(&mut self, bytes: usize) {
        let rest = self.body.split_off(bytes);
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        self.body = rest;
    }

    /// Sends the rest of the body.
    pub(crate) async fn finish(mut self) -> Answer {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        self.answer().await.1
    }

    /// The head of the answer, and the answer; the connection is closed afterwards.
    pub(crate) async fn answer(mut self) -> (String, Answer) {
        let mut bytes = Vec::new();
        let whole = self.stream.read_to_end(&mut bytes);
        tokio::time::timeout(Duration::from_secs(100), whole).await.expect("an answer comes").unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        // An answer of unknown length arrives in chunks; the JSON is the text from the first to the last brace.
        let from = body.find('{').unwrap_or(0);
        let to = body.rfind('}').map_or(0, |at| at + 1);
        let body: Value = serde_json::from_str(&body[from..to]).unwrap_or_else(|why| panic!("{why} in {text:?}"));
        (head.to_ascii_lowercase(), Answer { status, body })
    }
}
