//! Ends a connection whose client still sends: reads on for a while so that the client can read the response.
//!
//! Closing a socket with unread bytes resets the connection, and the client may lose a response that was already sent
//! (RFC 9112 §9.6).

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    time::{Instant, Sleep},
};

/// How long the client may pause.
const PAUSE: Duration = Duration::from_secs(5);
/// Time limit for reading on.
const TOTAL: Duration = Duration::from_secs(30);
/// How many bytes are read on at most.
const MOST: u64 = 256 * 1024 * 1024;
/// How many bytes are read before other connections get a turn.
const TURN: usize = 256 * 1024;
const PIECE: usize = 16 * 1024;

/// Reads and discards a client's bytes after its response.
pub(super) struct LingeringStream {
    longest_pause: Duration,
    ends: Instant,
    bytes_left: u64,
    timer: Pin<Box<Sleep>>,
}

impl LingeringStream {
    pub(super) fn begin() -> Self {
        Self::within(PAUSE, TOTAL)
    }

    fn within(longest_pause: Duration, total: Duration) -> Self {
        let now = Instant::now();
        let timer = Box::pin(tokio::time::sleep_until(now + longest_pause.min(total)));
        Self { longest_pause, ends: now + total, bytes_left: MOST, timer }
    }

    /// Ready when the client has closed the connection, paused too long or sent too much.
    pub(super) fn poll_end<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut piece = [0; PIECE];
        let mut turn = TURN;
        while turn > 0 {
            if self.timer.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut into = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut into))?;
            let read = into.filled().len();
            self.bytes_left = self.bytes_left.saturating_sub(read as u64);
            if read == 0 || self.bytes_left == 0 {
                return Poll::Ready(Ok(()));
            }
            self.timer.as_mut().reset(self.ends.min(Instant::now() + self.longest_pause));
            turn = turn.saturating_sub(read);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncWriteExt, DuplexStream};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(60);

    async fn end_of(mut linger: LingeringStream, mut stream: DuplexStream) {
        let ended = std::future::poll_fn(|context| linger.poll_end(&mut stream, context));
        tokio::time::timeout(LONG / 2, ended).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn it_ends_with_the_client() {
        let (mut client, server) = tokio::io::duplex(1024);
        let lingering = tokio::spawn(end_of(LingeringStream::within(LONG, LONG), server));
        client.write_all(&vec![7; 3 * TURN + 1]).await.unwrap();
        assert!(!lingering.is_finished());
        drop(client);
        lingering.await.unwrap();
    }

    #[tokio::test]
    async fn it_ends_with_a_pause() {
        let (_client, server) = tokio::io::duplex(1024);
        end_of(LingeringStream::within(SHORT, LONG), server).await;
    }

    #[tokio::test]
    async fn a_trickle_does_not_last_for_ever() {
        let (mut client, server) = tokio::io::duplex(1024);
        let trickle = async {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(SHORT / 10).await;
            }
        };
        tokio::select! {
            () = end_of(LingeringStream::within(LONG, SHORT), server) => {}
            () = trickle => {}
        }
    }
}
