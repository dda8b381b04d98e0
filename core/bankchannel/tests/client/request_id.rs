//! The caller's request id: sent with every attempt, told in errors and in the log, checked before anything is sent.

use bankchannel::{
    CallLog, CallOptions, CallOutcome,
    ws_channel::{WsChannel, WsChannelSettings},
};
use serde_json::json;

use crate::{
    repeats::list,
    support::{Act, PASSWORD, Seen, Server, client, ok, refused, settings},
};

const ID: &str = "payroll:2026-11_run.7~a";

fn with(id: &str) -> CallOptions {
    CallOptions { request_id: Some(id.to_owned()), ..CallOptions::default() }
}

fn ids(server: &Server) -> Vec<Option<String>> {
    server.seen().iter().map(|seen: &Seen| seen.header("x-request-id").map(str::to_owned)).collect()
}

#[tokio::test]
async fn every_attempt_carries_the_id_and_so_do_its_error_and_its_log() {
    let server = Server::in_turn([Act::Answer(refused(503, "Service unavailable"))]).await;
    let log = CallLog::new();
    let options = CallOptions { log: Some(log.clone()), ..with(ID) };
    let error = client(&server).list_files_with(list(), &options).await.unwrap_err();
    assert_eq!(ids(&server), vec![Some(ID.to_owned()); 3]);
    assert_eq!((error.http_status(), error.detail("request_id")), (Some(503), Some(ID)));
    let lines: Vec<String> = log.drain().into_iter().map(|record| record.line.text).collect();
    assert_eq!(lines.iter().filter(|line| **line == format!("ws_channel.list_files: X-Request-ID {ID}")).count(), 1);
    let last = lines.last().unwrap();
    assert!(last.contains("failed with") && last.ends_with(&format!(", X-Request-ID {ID}")), "{last}");
    // Without an id there is no header.
    let server = Server::in_turn([Act::Answer(ok(200, json!({"FileDescriptors": []})))]).await;
    client(&server).list_files(list()).await.unwrap();
    assert_eq!(ids(&server), [None]);
}

#[tokio::test]
async fn a_flow_sends_the_id_with_all_its_steps() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "GET" => Act::Answer(ok(200, json!({"Challenge": "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde"}))),
        _ => Act::Answer(refused(401, "Login failed")),
    })
    .await;
    let settings = WsChannelSettings { password: Some(PASSWORD.into()), ..settings(&server) };
    let client = WsChannel::new(settings).unwrap();
    let error = client.call_json("ws_channel.log_in", json!({}), with(ID)).await.unwrap_err();
    assert_eq!(error.detail("request_id"), Some(ID), "{error}");
    assert_eq!(ids(&server), vec![Some(ID.to_owned()); 2], "{error}");
}

#[tokio::test]
async fn an_id_of_another_form_is_refused_before_anything_is_sent() {
    let server = Server::in_turn([Act::Answer(ok(200, json!({"FileDescriptors": []})))]).await;
    let client = client(&server);
    let secret = "Toddler_..123456789012345 ";
    for id in ["", secret, "a/b", "ä", "line\r\nX-Other: 1", &"x".repeat(101)] {
        let typed = client.list_files_with(list(), &with(id)).await.unwrap_err();
        let by_name = client.call_json("ws_channel.list_files", json!({"bank": "nordea"}), with(id)).await.unwrap_err();
        let flow = client.call_json("ws_channel.log_in", json!({"password": PASSWORD}), with(id)).await.unwrap_err();
        // An operation that sends nothing checks the format all the same.
        let local = client.call_json("ws_channel.generate_key", json!({}), with(id)).await.unwrap_err();
        for error in [typed, by_name, flow, local] {
            assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("request_id")), "{error}");
            assert_eq!((error.outcome(), error.detail("request_id")), (Some(CallOutcome::NotSent), None), "{error}");
            assert!(error.operation().is_some() && !error.to_json().to_string().contains("Toddler"), "{error}");
        }
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_error_of_the_request_itself_carries_the_id() {
    let server = Server::in_turn([]).await;
    let client = client(&server);
    for name in ["ws_channel.list_files", "ws_channel.download_new_files", "ws_channel.generate_key"] {
        let error = client.call_json(name, json!({"no_such_field": 1}), with(ID)).await.unwrap_err();
        assert_eq!((error.outcome(), error.detail("request_id")), (None, Some(ID)), "{error}");
        assert!(error.code().starts_with("input."), "{error}");
    }
    // What looks like a token is redacted there, as everywhere.
    let token = "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2";
    let error = client.call_json("ws_channel.list_files", json!({"x": 1}), with(token)).await.unwrap_err();
    assert_eq!(error.detail("request_id"), Some("[redacted]"));
}
