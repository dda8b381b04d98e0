//! A peer that closes the connection in the middle of an upload, from C: `ffi/tests/c/hangup.c`.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener},
    thread,
};

use serde_json::json;

use crate::support::c::{Linked, printed_by};

/// The number of uploads.
const ROUNDS: usize = 10;

#[test]
fn a_peer_that_hangs_up_is_an_error_and_not_the_end_of_the_program() {
    let linked = Linked::new();
    let program = linked.compile("ffi/tests/c/hangup.c");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v2", listener.local_addr().unwrap());
    // It runs as long as this process. Every second upload is answered before it is read.
    thread::spawn(move || {
        for (round, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let _ = stream.read_exact(&mut [0; 1024]);
            if round % 2 == 0 {
                let _ = stream.write_all(b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\n\r\n");
            }
            let _ = stream.shutdown(Shutdown::Write);
        }
    });
    let settings = json!({
        "base_url": url, "email": "hangup@example.test", "mode": "data", "bank": "simulator",
        "api_key": "A".repeat(40), "id_token": "token",
    });
    let request = json!({
        "file_name": "payment.xml", "file_type": "pain.001.001.09",
        "signature": "-----BEGIN PGP SIGNATURE-----\n\nxx\n-----END PGP SIGNATURE-----",
    });
    let given = [settings.to_string(), request.to_string(), ROUNDS.to_string()];
    let output = linked.command(program).args(given).output().unwrap();
    assert!(output.status.success(), "{}", printed_by(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    let outcomes: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once(' ')?.1)).collect();
    assert_eq!(outcomes.len(), ROUNDS, "{}", printed_by(&output));
    // Half a body is not an upload.
    assert!(outcomes.iter().all(|outcome| ["not_sent", "refused"].contains(outcome)), "{}", printed_by(&output));
}
