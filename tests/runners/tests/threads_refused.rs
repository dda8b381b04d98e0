//! A system that refuses threads: a payment is `not_sent`, the error says what to raise, and afterwards all works.

// The programs' output is the message of a failure.
#![allow(clippy::unwrap_used)]

use std::{
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use bankchannel_tests::faces::{built, root};
use serde_json::json;

/// A gateway that answers every request with 503, and counts the uploads.
fn gateway() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v2", listener.local_addr().unwrap());
    let uploads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&uploads);
    thread::spawn(move || {
        for peer in listener.incoming() {
            let Ok(mut peer) = peer else { continue };
            // All of it, or the answer might be lost with the connection.
            let (mut seen, mut length) = ([0; 65536], 0);
            peer.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            while let Ok(more @ 1..) = peer.read(&mut seen[length..]) {
                length += more;
            }
            if seen[..length].starts_with(b"PUT") || seen[..length].windows(8).any(|word| word == b"FileType") {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            let _ = peer.write_all(b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (address, uploads)
}

fn shim(folder: &Path) -> PathBuf {
    let library = folder.join("refuse.so");
    let source = root().join("tests/runners/drivers/threads_refused/refuse.c");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(&library).arg(source).arg("-ldl");
    let made = cc.output().expect("cc starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    library
}

#[test]
fn a_payment_is_not_sent_and_the_error_names_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let shim = shim(folder.path());
    let payment = folder.path().join("payment.xml");
    std::fs::write(&payment, vec![b'x'; 2000]).unwrap();
    let at = |path: &str| root().join("tests/runners/drivers/threads_refused").join(path);
    for face in ["python", "node", "php"] {
        let (base_url, uploads) = gateway();
        let settings = json!({
            "base_url": base_url, "email": "a@example.test", "mode": "data", "bank": "simulator", "retries": 0,
            "api_key": "example-api-key-0123456789", "id_token": "x",
        });
        let job = folder.path().join(format!("{face}.json"));
        std::fs::write(&job, json!({"settings": settings, "path": payment}).to_string()).unwrap();
        let mut command = match face {
            "python" => {
                let mut command = Command::new("python3");
                command.arg(at("uploads.py")).env("PYTHONPATH", root().join("bindings/python"));
                command
            }
            "node" => {
                let mut command = Command::new("node");
                command.arg(at("uploads.mjs"));
                command
            }
            _ => {
                let mut command = Command::new("php");
                command.args(["-d", "ffi.enable=1"]).arg(at("uploads.php"));
                command.env("BANKCHANNEL_LIBRARY", built().join("libbankchannel_c.so"));
                command.env("RUST_MIN_STACK", (256 * 1024 * 1024).to_string());
                command
            }
        };
        let marker = folder.path().join(format!("{face}.refused"));
        let ended = command.arg(&job).env("LD_PRELOAD", &shim).env("THREADS_REFUSED", marker).output().unwrap();
        let (said, errors) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        let said = said.to_lowercase();
        let lines: Vec<Vec<&str>> = said.lines().map(|line| line.split(' ').skip(1).collect()).collect();
        // The runtime cannot be started; then, in the faces that a preloaded library reaches, it runs, and the file cannot
        // be opened on a thread of its own.
        let refused = if face == "php" { 1 } else { 2 };
        let mut wanted = vec![vec!["resource.threads", "not_sent", "true"]; refused];
        wanted.push(vec!["peer.unavailable", "unknown", "false"]);
        assert_eq!(lines, wanted, "{face}: {said}{errors}");
        assert_eq!(uploads.load(Ordering::SeqCst), 1, "{face}: only the last one was sent");
        assert!(!errors.contains("defect"), "{face}: {errors}");
    }
}
