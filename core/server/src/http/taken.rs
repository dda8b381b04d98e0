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

/// The finding for an address in use while a service runs with the data folder. TLS files were read before the attempt.
pub async fn taken(subject: &'static str, at: SocketAddr, has_tls: bool, why: &ListenError) -> ServerFinding {
    if has_tls {
        let text = format!("{at} is taken, and {RUNNING}; whether it is that one is not seen through TLS");
        return ServerFinding::good(subject, text);
    }
    match answers_at(at).await {
        true => ServerFinding::good(subject, format!("{at} is taken: {RUNNING}")),
        false => ServerFinding::bad(subject, why.to_string()),
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
