//! `--check` while a server runs: whether an address in use belongs to that server or to another program.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{ListenError, health::HEALTH};
use crate::counterpart::ServerFinding;

/// Description of the service that runs with the data folder.
pub const RUNNING: &str = "a service is running with this data folder";

/// Whether a service runs with the data that a start would use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataUse {
    /// None does.
    Free,
    /// One does.
    Running,
    /// The data is at a server, which does not tell.
    Unseen,
}

/// The finding for an address in use. TLS files were read before the attempt.
pub async fn taken(
    subject: &'static str,
    at: SocketAddr,
    used: DataUse,
    has_tls: bool,
    why: &ListenError,
) -> ServerFinding {
    match (used, has_tls) {
        (DataUse::Free, _) => ServerFinding::bad(subject, why.to_string()),
        (DataUse::Running, true) => {
            let text = format!("{at} is taken, and {RUNNING}; whether it is that one is not seen through TLS");
            ServerFinding::good(subject, text)
        }
        (DataUse::Unseen, true) => {
            let text = format!("{at} is taken: right if the service runs, which is not seen through TLS");
            ServerFinding::good(subject, text)
        }
        (_, false) if !answers_at(at).await => ServerFinding::bad(subject, why.to_string()),
        (DataUse::Running, false) => ServerFinding::good(subject, format!("{at} is taken: {RUNNING}")),
        (DataUse::Unseen, false) => ServerFinding::good(
            subject,
            format!("{at} is taken by a server of this library: right if the service runs"),
        ),
    }
}

/// Time limit for probing another server.
const PROBE: Duration = Duration::from_secs(2);

/// Whether a server of this library answers at this address without TLS.
async fn answers_at(address: SocketAddr) -> bool {
    let reached = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let asked = async {
        let mut stream = TcpStream::connect((reached, address.port())).await.ok()?;
        let request = format!("GET {HEALTH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await.ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        Some(answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"alive":true}"#))
    };
    tokio::time::timeout(PROBE, asked).await.ok().flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn another_program_at_the_address_is_wrong_and_a_server_of_this_library_is_not() {
        let is_good = async |used, has_tls, answer: &'static str| {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let at = listener.local_addr().unwrap();
            let answering = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = [0; 1024];
                assert!(stream.read(&mut asked).await.unwrap() > 0);
                stream.write_all(answer.as_bytes()).await.unwrap();
            });
            let why = ListenError::Bind(at, std::io::ErrorKind::AddrInUse.into());
            let found = taken("listen", at, used, has_tls, &why).await;
            answering.abort();
            found.ok
        };
        let (ours, other) = ("HTTP/1.1 200 OK\r\n\r\n{\"alive\":true}", "HTTP/1.1 404 Not Found\r\n\r\n");
        for used in [DataUse::Running, DataUse::Unseen] {
            assert!(is_good(used, false, ours).await, "{used:?}");
            assert!(!is_good(used, false, other).await, "{used:?}");
            assert!(is_good(used, true, other).await, "{used:?}");
        }
        assert!(!is_good(DataUse::Free, false, ours).await, "a start does not get the address");
        assert!(!is_good(DataUse::Free, true, ours).await);
    }
}
