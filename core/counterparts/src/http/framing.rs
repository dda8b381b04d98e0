//! What a connection's bytes say of a request's head, beside what the HTTP library makes of them.
//!
//! A message with both `Content-Length` and `Transfer-Encoding` is read by one program by the one and by another by the other.
//! The library goes by the latter, as it should, and forgets that there was the former. Nor does it tell that a line ended with a
//! line feed alone, which is the end of a line for one program and a part of a value for another. Whoever must refuse such a
//! request looks here: at the bytes since the last request was handed on.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use memchr::{memchr, memmem};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many of the last bytes are kept, and at most twice as many: more than the longest head that the library takes.
const KEPT: usize = 160 * 1024;
const CONTENT_LENGTH: &[u8] = b"content-length";

/// What was read from a connection since its last request.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

/// An extension of a request: how its head was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Framing {
    /// How many fields `Content-Length` it had.
    pub(crate) lengths: usize,
    /// Whether a line of it ended with a line feed that no carriage return stands before.
    pub(crate) bare_line_feed: bool,
}

impl Heard {
    /// How the head was written that has just been read; forgets what was heard up to its end.
    pub(super) fn framing(&self, method: &str, target: &str) -> Framing {
        let request_line = format!("{method} {target} HTTP/");
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Option<(Framing, usize)> = None;
        let mut from = 0;
        // A body before it may hold the same line. Of the counts the one that is refused counts; a line feed alone must be in
        // each, for a text within a body ends its lines as it likes.
        let line = memmem::Finder::new(&request_line);
        while let Some(at) = line.find(&heard[from..]) {
            let (this, length) = head(&heard[from + at..]);
            from += at + length;
            let (most, _) = found.get_or_insert((this, from));
            most.lengths = most.lengths.max(this.lengths);
            most.bare_line_feed &= this.bare_line_feed;
        }
        let (framing, end) = found.unwrap_or_default();
        heard.drain(..end);
        framing
    }

    /// Forgets everything: another version of HTTP has other rules.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn hear(&self, bytes: &[u8]) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.extend_from_slice(&bytes[bytes.len().saturating_sub(KEPT)..]);
        if let Some(more) = heard.len().checked_sub(KEPT)
            && more > KEPT
        {
            heard.drain(..more);
        }
    }
}

/// How a head is written, and how long it is.
fn head(bytes: &[u8]) -> (Framing, usize) {
    let (mut framing, mut length) = (Framing::default(), 0);
    while let Some(end) = memchr(b'\n', &bytes[length..]) {
        let line = &bytes[length..length + end];
        length += end + 1;
        let line = line.strip_suffix(b"\r").unwrap_or_else(|| {
            framing.bare_line_feed = true;
            line
        });
        if line.is_empty() {
            return (framing, length);
        }
        framing.lengths += usize::from(is_length(line));
    }
    (framing, bytes.len())
}

fn is_length(line: &[u8]) -> bool {
    line.get(CONTENT_LENGTH.len()) == Some(&b':') && line[..CONTENT_LENGTH.len()].eq_ignore_ascii_case(CONTENT_LENGTH)
}

/// A connection whose bytes are heard.
pub(super) struct Listened<S> {
    pub(super) stream: S,
    /// Where its bytes are heard; nowhere when nobody wants to know.
    pub(super) heard: Option<Heard>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Listened<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        std::task::ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        if let Some(heard) = &self.heard {
            heard.hear(&into.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listened<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
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

    const fn framed(lengths: usize, bare_line_feed: bool) -> Framing {
        Framing { lengths, bare_line_feed }
    }

    /// V03, S-08.
    #[test]
    fn fields_are_counted_in_their_own_head_only() {
        let heard = Heard::default();
        let head = "POST /a HTTP/1.1\r\nHost: x\r\ncontent-Length: 2\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n";
        heard.hear(b"rest of a body\r\nContent-Length: 9\r\n");
        heard.hear(head.as_bytes());
        heard.hear(b"2\r\nContent-Length: 1\r\n");
        heard.hear(b"\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(heard.framing("POST", "/a"), framed(2, false));
        assert_eq!(heard.framing("POST", "/a"), framed(1, false), "the next one of the same bytes");
        assert_eq!(heard.framing("POST", "/a"), framed(0, false), "both are forgotten");
        heard.hear(b"GET / HTTP/1.1\nContent-Length-X: 1\nX: Content-Length: 2\n\n");
        assert_eq!(heard.framing("GET", "/"), framed(0, true));
        heard.hear(b"x");
        heard.forget();
        assert_eq!(heard.0.lock().map(|heard| heard.len()).unwrap_or(1), 0);
    }

    /// V02: one line is enough, of the head itself.
    #[test]
    fn a_line_feed_alone_is_noted() {
        let heard = Heard::default();
        for (head, noted) in [
            ("GET / HTTP/1.1\r\nA: b\r\n\r\n", false),
            ("GET / HTTP/1.1\nA: b\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nA: b\r\n\n", true),
            ("GET / HTTP/1.1\r\nA: b\r\n\r\nbody\n\n", false),
        ] {
            heard.hear(head.as_bytes());
            assert_eq!(heard.framing("GET", "/"), framed(0, noted), "{head:?}");
        }
        // A pasted dump in the body before it is no head of this connection.
        heard.hear(b"GET / HTTP/1.1\nA: b\n\nGET / HTTP/1.1\r\nA: b\r\n\r\n");
        assert_eq!(heard.framing("GET", "/"), framed(0, false));
    }

    /// However long the body before it was, a head is heard.
    #[test]
    fn the_last_bytes_are_kept_and_they_are_bounded() {
        let heard = Heard::default();
        for part in [1, 1000, KEPT - 1, KEPT, 3 * KEPT] {
            for _ in 0..5 {
                heard.hear(&vec![0; part]);
                assert!(heard.0.lock().map(|heard| heard.len()).unwrap_or(usize::MAX) <= 2 * KEPT);
            }
            heard.hear(b"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
            assert_eq!(heard.framing("GET", "/"), framed(1, false), "{part}");
        }
    }
}
