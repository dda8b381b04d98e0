//! What follows each attempt of a call: hooks, collected answers and progress, one around the other.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bankchannel::{
    AnsweredExchanges, CallOptions, ConnectionSettings, ExchangeHooks, ProgressWatcher,
    model::Seconds,
    ws_channel::{ConfigCerts, ConfigCertsRequest, ListFiles, Mode, WsChannel, WsChannelSettings},
};
use serde_json::json;

use crate::{
    repeats::list,
    support::{Act, Server, ok, refused, session, settings},
};

#[tokio::test]
async fn each_attempt_is_followed_by_all_layers() {
    let good = ok(200, json!({"FileDescriptors": []})).with("x-request-id", "bank-2");
    let body = good.body.len() as u64;
    let unavailable = Act::Answer(refused(503, "Service unavailable"));
    let server = Server::in_turn([unavailable, Act::ResetAfterRequest, Act::Answer(good)]).await;
    let connection =
        ConnectionSettings { retry_backoff_s: Some(Seconds(Duration::ZERO)), ..ConnectionSettings::default() };
    let client = WsChannel::new(WsChannelSettings { connection, ..settings(&server) }).unwrap();
    client.set_session(session("token-of-the-test", Mode::Data));
    let (told, collected) = (Arc::new(Mutex::new(Vec::new())), AnsweredExchanges::new());
    let (before, after, progress) = (Arc::clone(&told), Arc::clone(&told), Arc::clone(&told));
    let so_far = collected.clone();
    let hooks = ExchangeHooks::new()
        .before(move |request| {
            before.lock().unwrap().push(format!("{} {} {}", request.attempt, request.method, request.target));
        })
        .after(move |request, answer| {
            // The answer is among the collected ones by now.
            let heads = so_far.take().len();
            after.lock().unwrap().push(format!("{}: {}, {heads} collected", request.attempt, answer.status));
        });
    let watcher = ProgressWatcher::new(move |moved| {
        let direction = moved.direction.map(|direction| direction.as_str());
        progress.lock().unwrap().push(format!("{direction:?} {} of {:?}", moved.bytes, moved.total));
    });
    let options = CallOptions {
        hooks: Some(hooks),
        with_response: Some(collected.clone()),
        progress: Some(watcher),
        ..CallOptions::default()
    };
    client.exchange::<ListFiles>(list(), &options).await.unwrap();
    let first = refused(503, "Service unavailable").body.len();
    let expected = [
        "1 GET /files/nordea".to_owned(),
        "1: 503, 1 collected".to_owned(),
        format!("Some(\"receive\") {first} of Some({first})"),
        "2 GET /files/nordea".to_owned(),
        "3 GET /files/nordea".to_owned(),
        "3: 200, 1 collected".to_owned(),
        format!("Some(\"receive\") {body} of Some({body})"),
    ];
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(told, expected);
}

/// The bytes of a request are told as they are handed to the network.
#[tokio::test]
async fn what_is_sent_is_told() {
    let server = Server::in_turn([Act::Answer(ok(200, json!({})))]).await;
    let client = WsChannel::new(settings(&server)).unwrap();
    client.set_session(session("token-of-the-test", Mode::Data));
    let sent = Arc::new(Mutex::new(0));
    let max = Arc::clone(&sent);
    let watcher = ProgressWatcher::new(move |moved| {
        if moved.direction.is_some_and(|direction| direction.as_str() == "send") {
            *max.lock().unwrap() = moved.bytes;
        }
    });
    let options = CallOptions { progress: Some(watcher), ..CallOptions::default() };
    let request = bankchannel::model::read_boundary::<ConfigCertsRequest>(json!({"export": "disabled"})).unwrap();
    client.exchange::<ConfigCerts>(request, &options).await.unwrap();
    assert_eq!(*sent.lock().unwrap(), server.seen()[0].body_bytes as u64);
}
