//! A load generator: connections that send one prepared request repeatedly.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The number of requests per second that `connections` connections get answered within `time`.
pub(crate) async fn requests_per_second(address: &str, request: &[u8], connections: usize, time: Duration) -> f64 {
    // A warm-up before counting, so that caches and connections exist.
    run(address, request, connections, time / 4).await;
    let begun = Instant::now();
    let answered = run(address, request, connections, time).await;
    answered as f64 / begun.elapsed().as_secs_f64()
}

/// The number of these requests answered per second, each sent once, over this many connections.
pub(crate) async fn answered_per_second(address: &str, requests: &[Vec<u8>], connections: usize) -> f64 {
    let share = requests.len().div_ceil(connections);
    let shares: Vec<Vec<Vec<u8>>> = requests.chunks(share).map(<[Vec<u8>]>::to_vec).collect();
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for share in shares {
        let address = address.to_owned();
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(&address).await.expect("a connection");
            stream.set_nodelay(true).expect("an option");
            let mut buffer = Vec::with_capacity(64 * 1024);
            for request in &share {
                stream.write_all(request).await.expect("sends");
                answer(&mut stream, &mut buffer).await;
            }
        }));
    }
    for task in tasks {
        task.await.expect("a connection's task");
    }
    requests.len() as f64 / begun.elapsed().as_secs_f64()
}

async fn run(address: &str, request: &[u8], connections: usize, time: Duration) -> u64 {
    let end = Instant::now() + time;
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (address, request) = (address.to_owned(), request.to_vec());
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(&address).await.expect("a connection");
            stream.set_nodelay(true).expect("an option");
            let (mut buffer, mut answered) = (Vec::with_capacity(64 * 1024), 0);
            while Instant::now() < end {
                stream.write_all(&request).await.expect("sends");
                answer(&mut stream, &mut buffer).await;
                answered += 1;
            }
            answered
        }));
    }
    let mut answered = 0;
    for task in tasks {
        answered += task.await.expect("a connection's task");
    }
    answered
}

/// Reads one answer with a content length; it must be a success.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("receives");
        assert!(read > 0, "the server closed the connection");
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 2"), "a success, not {head}\n{}", String::from_utf8_lossy(&buffer[end..]));
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        let whole = end + 4 + length.expect("a content length");
        while buffer.len() < whole {
            assert!(stream.read_buf(buffer).await.expect("receives") > 0, "a whole answer");
        }
        return;
    }
}

/// The body of the answer to one request.
pub(crate) async fn body(address: &str, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request).await.expect("sends");
    let mut buffer = Vec::new();
    answer(&mut stream, &mut buffer).await;
    let end = buffer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    buffer.split_off(end + 4)
}

/// Posts JSON and returns the JSON of the answer.
pub(crate) fn post(url: &str, json: &str) -> serde_json::Value {
    use std::io::{Read, Write};
    let rest = url.strip_prefix("http://").expect("a plain URL");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut stream = std::net::TcpStream::connect(host).expect("a connection");
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        json.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(json.as_bytes())).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("receives");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
    serde_json::from_str(body).expect("JSON")
}
