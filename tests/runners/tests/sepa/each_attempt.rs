//! Each fault of a bank's answer at each attempt of three, the other ones answered with 503: what the error of a list and of
//! an upload says, and how many messages were sent.

use std::sync::{Arc, Mutex};

use bankchannel::{CallLog, CallOptions, ExchangeHooks};
use serde_json::json;
use tokio::runtime::Handle;

use crate::{
    faults::{ANSWER_FAULTS, list, upload},
    world::{World, code_and_message},
};

/// The way to the bank, and its own answers.
const OTHER_FAULTS: [&str; 7] = ["close", "half", "http=500", "http=503", "code=12", "code=26", "code.soap=26"];

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_at_each_attempt() {
    let world = Arc::new(World::new().await);
    let client = world.client_with("op", json!({"retry_backoff_s": 0}));
    let mut rows = String::new();
    for fault in ANSWER_FAULTS.map(|(fault, _)| fault).into_iter().chain(OTHER_FAULTS).chain(["none"]) {
        for attempt in 1..=3 {
            for is_upload in [false, true] {
                let (world, sent, handle) = (Arc::clone(&world), Arc::new(Mutex::new(Vec::new())), Handle::current());
                let seen = Arc::clone(&sent);
                // The bank takes all waiting faults with the next request: the one of an attempt is ordered when it begins.
                let hooks = ExchangeHooks::new().before(move |request| {
                    seen.lock().unwrap().push(request.attempt);
                    let order = if request.attempt == attempt { fault } else { "http=503" };
                    if order != "none" {
                        tokio::task::block_in_place(|| handle.block_on(world.fault(order)));
                    }
                });
                let log = CallLog::new();
                let options = CallOptions { hooks: Some(hooks), log: Some(log.clone()), ..CallOptions::default() };
                let result = if is_upload {
                    client.upload_file_with(upload("op"), &options).await.map(drop)
                } else {
                    client.list_files_with(list("op"), &options).await.map(drop)
                };
                let end = match &result {
                    Ok(()) => "done".to_owned(),
                    Err(error) => {
                        let peer = error.peer();
                        let has_id = peer.and_then(|peer| peer.request_id.as_ref()).is_some();
                        let code = peer.and_then(|peer| peer.code.as_deref()).unwrap_or("-");
                        let message = error.detail("message_id").unwrap_or("-");
                        format!("{:?}, code {code}, its id {has_id}, message id {message}", code_and_message(error))
                    }
                };
                let lines = log.drain();
                let counted = |word: &str| lines.iter().filter(|one| one.line.text.starts_with(word)).count();
                let (requests, answers, errors) = (counted("request"), counted("response"), counted("error"));
                let operation = if is_upload { "upload" } else { "list" };
                rows += &format!(
                    "{operation}, {fault}, attempt {attempt}: {end}; attempts {:?}; {requests} requests, {answers} responses, {errors} errors\n",
                    sent.lock().unwrap()
                );
            }
        }
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sepa/each_attempt.txt");
    if std::env::var_os("WRITE_TABLES").is_some() {
        std::fs::write(&path, &rows).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = wanted.lines().zip(rows.lines()).find(|(wanted, found)| wanted != found);
    assert!(wanted == rows, "{differing:?}\n{rows}");
}
