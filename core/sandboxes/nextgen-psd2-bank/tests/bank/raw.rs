//! Tests that need raw bytes: T-104 to T-106, V01 to V03.

use super::support::{VECTOR_A, VERIFY, World, parsed};

/// Vector A with additional header lines before its last ones; the connection is closed afterwards.
fn with(lines: &[u8]) -> Vec<u8> {
    let split = VECTOR_A.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
    let mut out = VECTOR_A[..split].to_vec();
    out.extend_from_slice(b"Connection: close\r\n");
    if !VECTOR_A.windows(16).any(|part| part == b"Content-Length: ") {
        out.extend_from_slice(format!("Content-Length: {}\r\n", parsed(VECTOR_A).body.len()).as_bytes());
    }
    out.extend_from_slice(lines);
    out.extend_from_slice(&VECTOR_A[split..]);
    out
}

#[tokio::test]
async fn as_it_is() {
    let world = World::start().await;
    let (status, answer) = world.raw(&with(b"")).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.ends_with(r#"{"exists":true}"#), "{answer}");
}

/// T-104, S-08.
#[tokio::test]
async fn single_headers_twice() {
    let world = World::start().await;
    for line in [
        "Signature: x",
        "X-Request-ID: 4eba4445-1a4b-47b8-bdd5-4e56ef026b19",
        "x-request-id: another",
        "Digest: SHA-256=x",
        "TPP-Signature-Certificate: x",
        "Date: x",
        "Content-Type: application/json",
        "Host: other.example",
        "Content-Length: 94",
    ] {
        let (status, answer) = world.raw(&with(format!("{line}\r\n").as_bytes())).await;
        assert_eq!(status, 400, "{line}: {answer}");
        assert!(answer.contains(r#""code":"FORMAT_ERROR""#) && answer.contains("V03: "), "{line}: {answer}");
    }
}

/// V03, S-08: one kind of length, never both, in either order.
#[tokio::test]
async fn two_lengths() {
    let world = World::start().await;
    let body = parsed(VECTOR_A).body;
    let chunked = format!("{:x}\r\n{}\r\n0\r\n\r\n", body.len(), std::str::from_utf8(&body).unwrap());
    let head = |lines: &str| {
        let text = String::from_utf8(with(b"")).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        let head: Vec<&str> = head.split("\r\n").filter(|line| !line.starts_with("Content-Length")).collect();
        format!("{}\r\n{lines}\r\n\r\n{chunked}", head.join("\r\n"))
    };
    for lines in
        ["Content-Length: 94\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 94"]
    {
        let (status, answer) = world.raw(head(lines).as_bytes()).await;
        assert_eq!(status, 400, "{lines}: {answer}");
        assert!(answer.contains("V03: Content-Length and Transfer-Encoding exclude each other"), "{answer}");
    }
    let (status, answer) = world.raw(head("Transfer-Encoding: chunked").as_bytes()).await;
    assert_eq!(status, 200, "chunks alone are a body: {answer}");
}

/// T-105: refused by the HTTP library or by V02, and never read as another header.
#[tokio::test]
async fn control_characters() {
    let world = World::start().await;
    for line in [
        &b"PSU-User-Agent: a\rb\r\n"[..],
        b"PSU-User-Agent: a\0b\r\n",
        b"PSU-User-Agent: a\x01b\r\n",
        b"PSU-User-Agent: a\x7fb\r\n",
        b"PSU-User-Agent: a\nb\r\n",
        b"PSU-User-Agent: a\nPSU-ID: b\r\n",
        b"PSU-User-Agent: a\r\n folded\r\n",
        b"PSU-User-Agent: a\r\n\tfolded\r\n",
        b"PSU User Agent: a\r\n",
        b"PSU-User-Agent : a\r\n",
        b"no colon\r\n",
    ] {
        let (status, answer) = world.raw(&with(line)).await;
        assert_eq!(status, 400, "{}: {answer}", String::from_utf8_lossy(line));
    }
    let line = b"PSU-User-Agent: a\nPSU-ID: b\r\n";
    let (_, answer) = world.raw(&with(line)).await;
    assert!(answer.contains("V02: a line of the head ends with a line feed alone"), "{answer}");
}

/// T-106, V01.
#[tokio::test]
async fn sizes() {
    let world = World::start().await;
    for (size, status) in [(15_000, 200), (17_000, 431), (33_000, 431), (100 * 1024, 431), (1024 * 1024, 431)] {
        let world = World::start().await;
        let (found, answer) = world.raw(&with(format!("X-Long: {}\r\n", "a".repeat(size)).as_bytes())).await;
        assert_eq!(found, status, "{size}: {answer}");
    }
    for (count, explained) in [(99, true), (240, true), (5_000, false)] {
        let many: String = (0..count).map(|n| format!("X-{n}: 1\r\n")).collect();
        let (status, answer) = world.raw(&with(many.as_bytes())).await;
        assert_eq!(
            (status, answer.contains("V01: there are more than 100 header fields")),
            (431, explained),
            "{answer}"
        );
    }

    // T-057: an encoded word longer than a header may be is not decoded.
    let word = format!("Signature: =?utf-8?B?{}?=\r\n", "QUFB".repeat(256 * 1024));
    let (status, answer) = world.raw(&with(word.as_bytes())).await;
    assert_eq!(status, 431, "{answer}");

    let large = "a".repeat(1024 * 1024 + 1);
    let request = format!(
        "POST {VERIFY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{large}",
        large.len()
    );
    let (status, answer) = world.raw(request.as_bytes()).await;
    assert_eq!(status, 413, "{answer}");
    assert!(answer.contains("V01: the body has more than 1 MiB"), "{answer}");
}
