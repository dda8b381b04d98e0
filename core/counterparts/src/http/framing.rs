//! What a connection's bytes say of a request's length, beside what the HTTP library makes of them.
//!
//! A message with both `Content-Length` and `Transfer-Encoding` is read by one program by the one and by another by the other.
//! The library goes by the latter, as it should, and forgets that there was the former. Whoever must refuse such a request looks
//! here: at the bytes since the last request was handed on.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use memchr::{memchr, memmem};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most bytes that are kept: more than the longest head that the library takes.
const KEPT: usize = 160 * 1024;
const CONTENT_LENGTH: &[u8] = b"content-length";

/// What was read from a connection since its last request.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

/// An extension of a request: how many fields `Content-Length` its head had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lengths(pub(crate) usize);

impl Heard {
    /// Counts the fields of the head of the request that has just been read, and forgets what was heard up to its end.
    pub(super) fn lengths(&self, method: &str, target: &str) -> Lengths {
        let request_line = format!("{method} {target} HTTP/");
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut most = 0;
        let mut first = None;
        let mut from = 0;
        // A body before it may hold the same line: the count that is refused is the one that counts.
        let line = memmem::Finder::new(&request_line);
        while let Some(at) = line.find(&heard[from..]) {
            let (count, length) = fields(&heard[from + at..]);
            most = most.max(count);
            from += at + length;
            first.get_or_insert(from);
        }
        heard.drain(..first.unwrap_or_default());
        Lengths(most)
    }

    /// Forgets everything: another version of HTTP has other rules.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn hear(&self, bytes: &[u8]) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(heard.len());
        heard.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// Counts them in a head, and says how long the head is.
fn fields(head: &[u8]) -> (usize, usize) {
    let (mut count, mut length) = (0, 0);
    while length < head.len() {
        let rest = &head[length..];
        let line = &rest[..memchr(b'\n', rest).unwrap_or(rest.len())];
        length = head.len().min(length + line.len() + 1);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        count += usize::from(is_length(line));
    }
    (count, length)
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

    /// V03, S-08.
    #[test]
    fn fields_are_counted_in_their_own_head_only() {
        let heard = Heard::default();
        let head = "POST /a HTTP/1.1\r\nHost: x\r\ncontent-Length: 2\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n";
        heard.hear(b"rest of a body\r\nContent-Length: 9\r\n");
        heard.hear(head.as_bytes());
        heard.hear(b"2\r\nContent-Length: 1\r\n");
        heard.hear(b"\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(heard.lengths("POST", "/a"), Lengths(2));
        assert_eq!(heard.lengths("POST", "/a"), Lengths(1), "the next one of the same bytes");
        assert_eq!(heard.lengths("POST", "/a"), Lengths(0), "both are forgotten");
        heard.hear(b"GET / HTTP/1.1\nContent-Length-X: 1\nX: Content-Length: 2\n\n");
        assert_eq!(heard.lengths("GET", "/"), Lengths(0));
        heard.hear(b"x");
        heard.forget();
        assert_eq!(heard.0.lock().map(|heard| heard.len()).unwrap_or(1), 0);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let heard = Heard::default();
        heard.hear(&vec![0; KEPT]);
        heard.hear(b"more");
        assert_eq!(heard.0.lock().map(|heard| heard.len()).unwrap_or_default(), KEPT);
    }
}
