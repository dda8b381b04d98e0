//! How the heads of a connection's requests were written: details that the HTTP library does not report.
//!
//! If a message has both `Content-Length` and `Transfer-Encoding`, one program goes by the first and another by the
//! second (request smuggling). hyper 1 accepts `Content-Length: 94` together with `Transfer-Encoding: chunked`,
//! correctly goes by the latter, and drops the former. Nor does it report that a line ended with a bare line feed,
//! which ends a line for one program and is part of a value for another. Code that must refuse such requests looks here
//! (`tests/psd2/raw.rs` sends them).
//!
//! The bytes are followed from head to head, across bodies of the length that the library reports. When the library
//! refuses a request the connection ends, so the bytes after it do not matter.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::linger::LingeringStream;

/// Limit of a line that is examined: longer than the longest head that the library accepts.
const LINE_MAX: usize = 160 * 1024;
/// The start of an HTTP/2 connection, where HTTP/1.1 has a request line.
const HTTP2: &[u8] = b"PRI * HTTP/2.0";

/// Framing of the heads read from a connection and not yet fetched.
#[derive(Clone, Default)]
pub(super) struct HeadTracker(Arc<Mutex<FollowedHead>>);

/// Request extension: how its head was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestFraming {
    /// Number of its `Content-Length` fields.
    pub lengths: usize,
    /// Whether one of its lines ends with a bare line feed (no carriage return before it).
    pub bare_line_feed: bool,
}

impl HeadTracker {
    /// Framing of the next request: call once per request, in order.
    pub(super) fn framing(&self) -> RequestFraming {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).heads.pop_front().unwrap_or_default()
    }

    /// Whether the bytes read so far end in the middle of a request's body.
    fn is_within_body(&self) -> bool {
        let at = self.0.lock().unwrap_or_else(PoisonError::into_inner).at;
        matches!(at, MessagePosition::Body { .. } | MessagePosition::ChunkSize | MessagePosition::Trailers)
    }

    fn hear(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).follow(bytes);
    }
}

#[derive(Default)]
struct FollowedHead {
    at: MessagePosition,
    /// The start of a line that is not complete yet.
    line: Vec<u8>,
    /// The head that is being read.
    head: HeadBytes,
    /// Heads read completely.
    heads: VecDeque<RequestFraming>,
}

#[derive(Default)]
struct HeadBytes {
    framing: RequestFraming,
    length: u64,
    chunked: bool,
}

/// The part of a message that the next byte belongs to.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum MessagePosition {
    /// Before or within a request line.
    #[default]
    RequestLine,
    /// In the header fields.
    Fields,
    /// In a body or a chunk with this many bytes left.
    Body { left: u64, chunked: bool },
    /// In the line with the size of a chunk.
    ChunkSize,
    /// In the lines after the last chunk.
    Trailers,
    /// Not HTTP/1.1, up to the end.
    Elsewhere,
}

impl FollowedHead {
    fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.at {
                MessagePosition::Elsewhere => return,
                MessagePosition::Body { left, chunked } => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = &bytes[here..];
                    let left = left - here as u64;
                    self.at = match (left, chunked) {
                        (0, false) => MessagePosition::RequestLine,
                        (0, true) => MessagePosition::ChunkSize,
                        _ => MessagePosition::Body { left, chunked },
                    };
                }
                _ => bytes = self.follow_line(bytes),
            }
        }
    }

    /// Continues a line; returns the bytes after it.
    fn follow_line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(end) = memchr(b'\n', bytes) else {
            if self.line.len() + bytes.len() > LINE_MAX {
                (self.at, self.line) = (MessagePosition::Elsewhere, Vec::new());
            } else {
                self.line.extend_from_slice(bytes);
            }
            return &[];
        };
        if self.line.is_empty() {
            self.read_line(&bytes[..end]);
        } else {
            let mut line = std::mem::take(&mut self.line);
            line.extend_from_slice(&bytes[..end]);
            self.read_line(&line);
        }
        &bytes[end + 1..]
    }

    fn read_line(&mut self, line: &[u8]) {
        let (line, bare) = match line.strip_suffix(b"\r") {
            Some(line) => (line, false),
            None => (line, true),
        };
        match self.at {
            // Empty lines before a request are skipped.
            MessagePosition::RequestLine if line.is_empty() => {}
            MessagePosition::RequestLine if line == HTTP2 => self.at = MessagePosition::Elsewhere,
            MessagePosition::RequestLine => {
                self.head =
                    HeadBytes { framing: RequestFraming { lengths: 0, bare_line_feed: bare }, ..HeadBytes::default() };
                self.at = MessagePosition::Fields;
            }
            MessagePosition::Fields => {
                self.head.framing.bare_line_feed |= bare;
                if line.is_empty() { self.end_of_head() } else { self.head.field(line) }
            }
            MessagePosition::ChunkSize => {
                let digits = line.split(|byte| matches!(byte, b';' | b' ' | b'\t')).next().unwrap_or_default();
                let size = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
                self.at = match size {
                    // The line end after the chunk is counted as part of it.
                    Some(size @ 1..) => MessagePosition::Body { left: size.saturating_add(2), chunked: true },
                    Some(0) => MessagePosition::Trailers,
                    None => MessagePosition::Elsewhere,
                };
            }
            MessagePosition::Trailers if line.is_empty() => self.at = MessagePosition::RequestLine,
            MessagePosition::Trailers | MessagePosition::Body { .. } | MessagePosition::Elsewhere => {}
        }
    }

    fn end_of_head(&mut self) {
        let HeadBytes { framing, length, chunked } = std::mem::take(&mut self.head);
        self.heads.push_back(framing);
        self.at = match (chunked, length) {
            (true, _) => MessagePosition::ChunkSize,
            (false, 0) => MessagePosition::RequestLine,
            (false, left) => MessagePosition::Body { left, chunked: false },
        };
    }
}

impl HeadBytes {
    fn field(&mut self, line: &[u8]) {
        let Some(colon) = memchr(b':', line) else { return };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            self.framing.lengths += 1;
            self.length = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()).unwrap_or_default();
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let last = value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            self.chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        }
    }
}

/// A connection whose incoming bytes are tracked.
pub(super) struct TrackedStream<S> {
    stream: S,
    heard: HeadTracker,
    /// Set from the end of the connection on, if a request's body was not read completely.
    linger: Option<LingeringStream>,
}

impl<S> TrackedStream<S> {
    pub(super) fn new(stream: S, heard: HeadTracker) -> Self {
        Self { stream, heard, linger: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TrackedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        self.heard.hear(&into.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TrackedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            if !this.heard.is_within_body() {
                return Poll::Ready(Ok(()));
            }
        }
        this.linger.get_or_insert_with(LingeringStream::begin).poll_end(&mut this.stream, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn framed(lengths: usize, bare_line_feed: bool) -> RequestFraming {
        RequestFraming { lengths, bare_line_feed }
    }

    /// The heads of these bytes, however they are split into pieces.
    fn heads(bytes: &[u8]) -> Vec<RequestFraming> {
        let read = |size: usize| {
            let heard = HeadTracker::default();
            bytes.chunks(size).for_each(|part| heard.hear(part));
            let heads = &mut heard.0.lock().unwrap_or_else(PoisonError::into_inner).heads;
            heads.drain(..).collect::<Vec<_>>()
        };
        let whole = read(bytes.len());
        for size in [1, 2, 3, 7, 100] {
            assert_eq!(read(size), whole, "in pieces of {size}");
        }
        whole
    }

    /// V03, S-08.
    #[test]
    fn lengths_are_counted_in_heads_only() {
        let first = "POST /a HTTP/1.1\r\nHost: x\r\ncontent-Length: 2\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 2\r\n\r\n";
        let chunks = "3;x=y\r\n\n\n\n\r\n15\r\nContent-Length: 1\r\n\r\n\r\n0\r\nContent-Length: 9\r\n\r\n";
        let second = "\r\nPOST /a HTTP/1.1\r\nContent-Length: 21\r\n\r\nContent-Length: 1\r\n\r\n";
        let third = "GET / HTTP/1.1\r\nContent-Length-X: 1\r\nX: Content-Length: 2\r\n\r\n";
        let all = [first, chunks, second, third].concat();
        assert_eq!(heads(all.as_bytes()), [framed(2, false), framed(1, false), framed(0, false)]);
    }

    /// V02: one bare line feed in the head is enough.
    #[test]
    fn a_line_feed_alone_is_noted() {
        for (text, noted) in [
            ("GET / HTTP/1.1\r\nA: b\r\n\r\n", false),
            ("GET / HTTP/1.1\nA: b\n\n", true),
            ("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nA: b\r\n\n", true),
        ] {
            assert_eq!(heads(text.as_bytes()), [framed(0, noted)], "{text:?}");
        }
        // Line feeds in the preceding body or in the next request do not belong to this head.
        let (good, bad) = ("GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1\nA: b\n\n");
        let dump = format!("POST /explain HTTP/1.1\r\nContent-Length: {}\r\n\r\n{bad}{good}{bad}{good}", bad.len());
        assert_eq!(heads(dump.as_bytes()), [framed(1, false), framed(0, false), framed(0, true), framed(0, false)]);
    }

    #[test]
    fn what_is_no_request_is_not_followed() {
        for other in ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n", &"a".repeat(2 * LINE_MAX)] {
            let heard = HeadTracker::default();
            heard.hear(other.as_bytes());
            heard.hear(b"GET / HTTP/1.1\nContent-Length: 1\n\n");
            assert_eq!(heard.framing(), RequestFraming::default());
        }
        let broken = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET / HTTP/1.1\r\n\r\n";
        assert_eq!(heads(broken.as_bytes()), [framed(0, false)]);
        let huge = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nGET / HTTP/1.1\r\n\r\n";
        assert_eq!(heads(huge.as_bytes()), [framed(0, false)]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_followed(bytes: Vec<u8>, text in "(POST|Content-Length: ?[0-9]{0,3}|Transfer-Encoding: chunked|[a-f0-9]|\r|\n|\r\n| ){0,60}") {
            if !bytes.is_empty() {
                heads(&bytes);
            }
            if !text.is_empty() {
                heads(text.as_bytes());
            }
        }
    }
}
