//! A server that refuses a body before it has read all of it, and closes the connection: the caller gets the refusal,
//! not a lost connection.

use bankchannel::ws_channel::UploadFile;
use bankchannel::{CallOptions, CallOutcome, Content};

use crate::{
    repeats::upload,
    support::{Act, Server, client, refused},
};

const SIZE: usize = 25 * 1024 * 1024;
const TRIES: usize = 12;
const ROUNDS: usize = 5;

/// A separate runtime for the server: it closes connections while the client writes.
fn elsewhere() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn an_early_refusal_is_heard() {
    let servers = elsewhere();
    let server = servers.block_on(Server::in_turn([Act::RefuseEarly(refused(413, "Request too large"))]));
    // As in the library: one thread for connections.
    elsewhere().block_on(hear(&server));
}

async fn hear(server: &Server) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.xml");
    std::fs::write(&path, vec![7; SIZE]).unwrap();
    let bytes = Content::from(vec![7; SIZE]);
    for (name, content) in [("bytes", bytes), ("a file", Content::from(path.as_path()))] {
        let mut rounds = Vec::new();
        // A loaded machine delays the check of the socket beyond the reset, in a whole round: another one is then taken.
        while rounds.len() < ROUNDS && !rounds.iter().any(|heard| heard * 4 >= TRIES * 3) {
            let mut heard = 0;
            for _ in 0..TRIES {
                let mut request = upload(b"");
                request.content = content.clone();
                let error = client(server).exchange::<UploadFile>(request, &CallOptions::default()).await.unwrap_err();
                match error.outcome() {
                    Some(CallOutcome::Refused) => {
                        assert_eq!(error.http_status(), Some(413), "{name}: {error}");
                        heard += 1;
                    }
                    // The reset arrived between a check of the socket and the next write. No server accepts half a body.
                    outcome => {
                        assert_eq!((error.code(), outcome), ("transport.connection_lost", Some(CallOutcome::NotSent)))
                    }
                }
            }
            rounds.push(heard);
        }
        assert!(rounds.iter().any(|heard| heard * 4 >= TRIES * 3), "{name}: heard {rounds:?} of {TRIES}");
    }
}
