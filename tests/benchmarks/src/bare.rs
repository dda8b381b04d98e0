//! A bare axum handler that returns the same bytes to everyone, in a process of its own as the service is in one.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
};

/// What makes this program such a handler.
pub(crate) const COMMAND: &str = "bare";
/// What it is asked.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// The handler, running.
pub(crate) struct Bare {
    child: Child,
    pub(crate) address: String,
}

impl Bare {
    /// Starts a handler that returns these bytes.
    pub(crate) fn start(body: &[u8]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
            .arg(COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the handler starts");
        child.stdin.take().expect("its input").write_all(body).expect("takes the bytes");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut address).expect("its address");
        Self { child, address: address.trim().to_owned() }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves what standard input holds, and says where.
pub(crate) fn serve() {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).expect("the bytes");
    let body = bytes::Bytes::from(body);
    let app = axum::Router::new().fallback(move || {
        let body = body.clone();
        async move { ([("content-type", "application/json")], body) }
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        axum::serve(listener, app).await.expect("serves");
    });
}
