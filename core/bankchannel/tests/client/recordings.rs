//! Answers recorded in a file, and used in place of the network; hooks of requests.

use std::{
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex},
};

use bankchannel::{
    CallOptions, CallOutcome, ExchangeHooks,
    ws_channel::{Mode, WsChannel, WsChannelSettings},
};
use serde_json::json;

use crate::{
    repeats::list,
    support::{Act, Server, ok, refused, session, settings},
};

/// A client with a session.
fn client(server: &Server, change: impl FnOnce(&mut WsChannelSettings)) -> bankchannel::Result<WsChannel> {
    let mut settings = settings(server);
    change(&mut settings);
    let client = WsChannel::new(settings)?;
    client.set_session(session("t", Mode::Data));
    Ok(client)
}

#[tokio::test]
async fn what_was_recorded_is_answered_again_without_a_network() {
    let server = Server::start(|_, number| match number {
        0 => Act::Answer(ok(200, json!({"FileDescriptors": [], "ResponseText": "é"}))),
        _ => Act::Answer(refused(400, "Bank data error")),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.jsonl").display().to_string();
    let recording = client(&server, |settings| settings.connection.record_to = Some(path.clone())).unwrap();
    let first = recording.list_files(list()).await.unwrap();
    let second = recording.list_files(list()).await.unwrap_err();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);

    let replaying = || client(&server, |settings| settings.connection.replay_from = Some(path.clone())).unwrap();
    let seen = server.seen().len();
    let replay = replaying();
    assert_eq!(replay.list_files(list()).await.unwrap().response_text, first.response_text);
    let again = replay.list_files(list()).await.unwrap_err();
    assert_eq!((again.code(), again.outcome(), again.peer()), (second.code(), second.outcome(), second.peer()));
    // Every answer is used once; a request without one is not sent.
    let none = replay.list_files(list()).await.unwrap_err();
    assert_eq!((none.code(), none.outcome()), ("configuration.invalid", Some(CallOutcome::NotSent)));
    assert!(none.message().contains("answers.jsonl: has no answer left to this GET"), "{none}");
    let other = replaying().list_certs(json!({})).await.unwrap_err();
    assert!(other.message().contains("its next one is to a GET of another address"), "{other}");
    assert_eq!(server.seen().len(), seen, "nothing was sent");

    // A recording is never written over, and both settings together are refused.
    let exists = client(&server, |settings| settings.connection.record_to = Some(path.clone())).unwrap();
    let error = exists.list_files(list()).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("configuration.invalid", Some(CallOutcome::NotSent)));
    assert!(error.message().contains("exists; remove it to record anew"), "{error}");
    let both = client(&server, |settings| {
        (settings.connection.record_to, settings.connection.replay_from) = (Some("x".into()), Some(path.clone()));
    });
    assert!(both.err().unwrap().message().contains("excludes record_to"));
}

#[tokio::test]
async fn an_unusable_recording_is_refused_with_its_line() {
    let server = Server::start(|_, _| Act::Stall).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.jsonl");
    for (text, problem) in [
        ("{\"method\": 1}\n", "line 1 is not a recorded answer"),
        ("\u{0}", "line 1 is not a recorded answer"),
        ("{\"method\":\"GET\",\"target\":\"/\",\"status\":200,\"headers\":[]}\n", "line 1 needs either `body`"),
        (
            "{\"method\":\"GET\",\"target\":\"/\",\"status\":200,\"headers\":[],\"body_base64\":\"*\"}\n",
            "line 1 needs either `body`",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let named = path.display().to_string();
        let error = client(&server, |settings| settings.connection.replay_from = Some(named)).err().unwrap();
        assert!(error.message().contains(problem), "{error}");
    }
    let error = client(&server, |settings| settings.connection.replay_from = Some("none".into())).err().unwrap();
    assert_eq!(error.code(), "configuration.invalid");
}

#[tokio::test]
async fn hooks_are_told_of_each_request_and_answer() {
    let server = Server::in_turn([Act::Answer(refused(503, "Service unavailable"))]).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let (before, after) = (Arc::clone(&told), Arc::clone(&told));
    let hooks = ExchangeHooks::new()
        .before(move |request| before.lock().unwrap().push(format!("{} {}", request.method, request.attempt)))
        .after(move |request, answer| after.lock().unwrap().push(format!("{} {}", request.attempt, answer.status)));
    let options = CallOptions { hooks: Some(hooks), retries: Some(1), ..CallOptions::default() };
    client(&server, |_| ()).unwrap().list_files_with(list(), &options).await.unwrap_err();
    assert_eq!(*told.lock().unwrap(), ["GET 1", "1 503", "GET 2", "2 503"]);
}
