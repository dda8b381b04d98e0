//! Network failures: typed errors, the right outcome, and no repeated upload.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel::ws_channel::UploadFile;
use bankchannel::{CallOptions, CallOutcome, CancellationToken, Category, Result, ws_channel::WsChannel};
use serde_json::json;
use tokio::sync::Notify;

use crate::{
    repeats::{list, upload},
    support::{Act, Answer, Server, client, ok, session, settings},
};

async fn send(client: &WsChannel, options: &CallOptions) -> Result<()> {
    client.exchange::<UploadFile>(upload(b"payment"), options).await.map(|_| ())
}

fn within(time: Duration) -> CallOptions {
    CallOptions { timeout: Some(time), ..CallOptions::default() }
}

fn truncated() -> Vec<u8> {
    let whole = ok(201, json!({"ResponseText": "OK"})).bytes();
    whole[..whole.len() - 10].to_vec()
}

#[tokio::test]
async fn a_connection_that_breaks_during_an_upload() {
    let cases: [(&str, Act, &str, CallOutcome); 5] = [
        ("reset before it was read", Act::ResetAfterHead, "transport.connection_lost", CallOutcome::Unknown),
        ("reset after it was read", Act::ResetAfterRequest, "transport.connection_lost", CallOutcome::Unknown),
        ("closed after it was read", Act::CloseAfterRequest, "transport.connection_lost", CallOutcome::Unknown),
        ("a success that breaks off", Act::Raw(truncated()), "transport.connection_lost", CallOutcome::Accepted),
        (
            "no HTTP at all",
            Act::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec()),
            "transport.connection_lost",
            CallOutcome::Unknown,
        ),
    ];
    for (name, act, code, outcome) in cases {
        let server = Server::in_turn([act]).await;
        let error = send(&client(&server), &CallOptions::default()).await.unwrap_err();
        assert_eq!((error.code(), error.outcome(), error.retryable()), (code, Some(outcome), false), "{name}: {error}");
        // Host and port, and nothing of the path, which may hold an address or a number.
        assert!(error.message().contains("127.0.0.1:") && !error.message().contains("/v2"), "{name}: {error}");
        assert_eq!(server.seen().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = Server::in_turn([Act::Stall]).await;
    let settings = bankchannel::ws_channel::WsChannelSettings {
        base_url: Some(format!("http://127.0.0.1:{port}/v2")),
        ..settings(&server)
    };
    let client = WsChannel::new(settings).unwrap();
    client.set_session(session("t", bankchannel::ws_channel::Mode::Data));
    let error = send(&client, &CallOptions::default()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.retryable()),
        ("transport.connect_failed", Some(CallOutcome::NotSent), true)
    );
}

#[tokio::test]
async fn a_server_that_stalls() {
    for (act, outcome) in [
        (Act::Stall, CallOutcome::Unknown),
        (Act::Drip(ok(201, json!({"Padding": "x".repeat(400)})), Duration::from_millis(100)), CallOutcome::Accepted),
    ] {
        let server = Server::in_turn([act]).await;
        let started = Instant::now();
        let error = send(&client(&server), &within(Duration::from_millis(2500))).await.unwrap_err();
        assert_eq!(
            (error.code(), error.outcome(), error.category()),
            ("timeout.deadline", Some(outcome), Category::TimedOut)
        );
        assert!(started.elapsed() < Duration::from_secs(4));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_limit_of_zero_is_expired_at_once() {
    let server = Server::in_turn([Act::Stall]).await;
    let client = client(&server);
    let error = send(&client, &within(Duration::ZERO)).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("timeout.deadline", Some(CallOutcome::NotSent)));
    let error = client
        .call_json(
            "ws_channel.download_new_files",
            json!({"bank": "nordea", "directory": "/tmp"}),
            within(Duration::ZERO),
        )
        .await
        .unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("timeout.deadline", Some(CallOutcome::NotSent)));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn cancelled_before_during_and_after() {
    let server = Server::in_turn([Act::Stall, Act::Answer(ok(201, json!({})))]).await;
    let client = client(&server);
    let options = || {
        let cancel = CancellationToken::new();
        (cancel.clone(), CallOptions { cancel, ..CallOptions::default() })
    };
    let (cancel, before) = options();
    cancel.cancel();
    let error = send(&client, &before).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("cancelled", Some(CallOutcome::NotSent)));
    assert_eq!(server.connections(), 0);

    let (cancel, during) = options();
    let call = tokio::spawn({
        let client = client.clone();
        async move { send(&client, &during).await }
    });
    server.wait_for(1).await;
    cancel.cancel();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.category()),
        ("cancelled", Some(CallOutcome::Unknown), Category::Cancelled)
    );

    let (cancel, after) = options();
    send(&client, &after).await.unwrap();
    cancel.cancel();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn cancelled_while_it_waits_to_be_sent_again() {
    let server =
        Server::in_turn([Act::Answer(crate::support::refused(429, "Too many requests").with("retry-after", "5"))])
            .await;
    let cancel = CancellationToken::new();
    let options = CallOptions { cancel: cancel.clone(), ..CallOptions::default() };
    let client = client(&server);
    let call = tokio::spawn(async move { send(&client, &options).await });
    server.wait_for(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    cancel.cancel();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(
        (error.code(), error.outcome()),
        ("cancelled", Some(CallOutcome::Refused)),
        "a 429 says that nothing was done"
    );
}

#[tokio::test]
async fn a_pooled_connection_that_went_stale_loses_nothing() {
    let empty = || ok(200, json!({"FileDescriptors": []}));
    let server = Server::in_turn([Act::AnswerThenClose(empty()), Act::Answer(ok(201, json!({})))]).await;
    let client = client(&server);
    client.list_files(list()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    send(&client, &CallOptions::default()).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.iter().filter(|seen| seen.method == "PUT").count(), 1);
    assert_eq!((seen[0].connection, seen[1].connection), (0, 1));
}

#[tokio::test]
async fn a_body_that_stops_in_the_middle_is_not_an_upload() {
    // The server reads the head, and the client gives up while it writes the body.
    let go_on = Arc::new(Notify::new());
    let server = Server::in_turn([Act::Hold(Arc::clone(&go_on), ok(201, json!({})))]).await;
    let big = vec![7u8; 16 * 1024 * 1024];
    let mut request = upload(b"");
    request.content = big.into();
    let error =
        client(&server).exchange::<UploadFile>(request, &within(Duration::from_millis(1500))).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("timeout.deadline", Some(CallOutcome::Unknown)));
    go_on.notify_one();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].complete), (1, false));
}

#[tokio::test]
async fn html_of_a_gateway_is_shown_without_what_may_not_be_shown() {
    let page = "<html>blocked: user@example.test</html>";
    let server = Server::in_turn([Act::Answer(Answer::of(403, "text/html", page))]).await;
    let error = send(&client(&server), &CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("peer.http_status", Some(CallOutcome::Refused)));
    let shown = error.detail("answer").unwrap();
    assert!(shown.contains("blocked") && !shown.contains("user@"), "{shown}");
}
