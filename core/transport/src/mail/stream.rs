//! Connections to mail servers of which no more is read than a message takes: the library reads a line before it looks at its
//! length.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll, ready},
};

#[allow(deprecated, reason = "the only way to TLS over a stream of one's own")]
use lettre::transport::smtp::client::AsyncNetworkStream;
use lettre::transport::smtp::{
    Error as SmtpError,
    client::{AsyncTokioStream, TlsParameters},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_util::compat::FuturesAsyncReadCompatExt as _;

/// The bytes that a mail server may say to one message, certificates and all.
const READ_MAX: usize = 256 * 1024;

/// A connection of which so much is read.
#[derive(Debug)]
struct BoundedMailStream<S> {
    inner: S,
    peer: SocketAddr,
    left: usize,
}

/// The connection, bounded.
pub(super) fn bounded(stream: TcpStream) -> Box<dyn AsyncTokioStream> {
    let peer = stream.peer_addr().unwrap_or_else(|_| SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
    Box::new(BoundedMailStream { inner: stream, peer, left: READ_MAX })
}

/// The connection after a TLS handshake, bounded outside and inside.
#[allow(deprecated, reason = "the only way to TLS over a stream of one's own")]
pub(super) async fn secured(
    stream: TcpStream,
    parameters: TlsParameters,
) -> Result<Box<dyn AsyncTokioStream>, SmtpError> {
    let outer = bounded(stream);
    let peer = outer.peer_addr().unwrap_or_else(|_| SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
    let mut inner = AsyncNetworkStream::use_existing_tokio1(outer);
    inner.upgrade_tls(parameters).await?;
    Ok(Box::new(BoundedMailStream { inner: inner.compat(), peer, left: READ_MAX }))
}

impl<S> AsyncTokioStream for BoundedMailStream<S>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug,
{
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for BoundedMailStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        Poll::Ready(match self.left.checked_sub(read) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(io::Error::other("the mail server says too much")),
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BoundedMailStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use tokio::{io::AsyncWriteExt as _, net::TcpListener};

    use super::super::{MailFault, MailSecurity, MailSender, MailSettings, OutgoingMail};

    /// A line without an end is not kept: the connection is closed in its middle.
    #[tokio::test]
    async fn no_more_is_read_than_a_message_takes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let said = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (part, mut said) = ([b'2'; 64 * 1024], 0);
            while stream.write_all(&part).await.is_ok() {
                said += part.len();
            }
            said
        });
        let sender = MailSender::new(&MailSettings {
            host: "127.0.0.1".to_owned(),
            port: Some(port),
            security: MailSecurity::Plain,
            login: None,
            from: "payments@company.test".to_owned(),
            ca_file: None,
            timeout: Duration::from_secs(300),
        });
        let mail = OutgoingMail { id: "1", to: "me@example.test", subject: "s", text: "t" };
        let fault = sender.unwrap().send(mail).await.unwrap_err();
        assert!(matches!(fault, MailFault::Away(_)), "{fault:?}");
        // The rest is in the system's buffers.
        assert!(said.await.unwrap() < 64 * 1024 * 1024);
    }
}
