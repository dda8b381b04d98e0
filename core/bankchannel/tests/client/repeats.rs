//! Requests that are resent automatically, and requests that never are (docs/protocols/ws-channel.md §8.1, §8.6,
//! §11.8).

use std::time::{Duration, Instant};

use bankchannel::{
    CallLog, CallOptions, CallOutcome, ConnectionSettings, LogValue,
    model::Seconds,
    ws_channel::{
        Bank, ConfigCertsRequest, FileName, FileType, ListFilesRequest, Mode, PgpKey, PgpKeyPurpose, Signatures,
        UploadFileRequest, UploadKeyRequest, WsChannel, WsChannelSettings,
    },
};
use serde_json::json;

use crate::support::{Act, Server, client, ok, refused, session, settings};

pub(crate) fn list() -> ListFilesRequest {
    ListFilesRequest::new(Bank::Nordea)
}

pub(crate) fn upload(bytes: &'static [u8]) -> UploadFileRequest {
    UploadFileRequest::new(
        Bank::Nordea,
        bytes.to_vec().into(),
        FileName::new("payments.xml").unwrap(),
        FileType::new("pain.001.001.09").unwrap(),
        Signatures::new("-----BEGIN PGP SIGNATURE-----"),
    )
}

fn upload_key() -> UploadKeyRequest {
    UploadKeyRequest::new(PgpKey::new("-----BEGIN PGP PUBLIC KEY BLOCK-----").unwrap(), PgpKeyPurpose::Authorize)
}

#[tokio::test]
async fn k01_a_get_is_repeated_after_503_until_it_succeeds() {
    let unavailable = || Act::Answer(refused(503, "Service unavailable"));
    let server =
        Server::in_turn([unavailable(), unavailable(), Act::Answer(ok(200, json!({"FileDescriptors": []})))]).await;
    assert!(client(&server).list_files(list()).await.unwrap().file_descriptors.is_empty());
    assert_eq!(server.seen().len(), 3);
    // But not more often.
    let server = Server::in_turn([unavailable()]).await;
    let error = client(&server).list_files(list()).await.unwrap_err();
    assert_eq!((error.http_status(), server.seen().len()), (Some(503), 3));
}

#[tokio::test]
async fn settings_say_how_often_and_how_soon() {
    for (retries, sent) in [(0, 1), (4, 5)] {
        let server = Server::in_turn([Act::Answer(refused(503, "Service unavailable"))]).await;
        let connection = ConnectionSettings {
            retries: Some(retries),
            retry_backoff_s: Some(Seconds(Duration::ZERO)),
            ..ConnectionSettings::default()
        };
        let client = WsChannel::new(WsChannelSettings { connection, ..settings(&server) }).unwrap();
        client.set_session(session("token-of-the-test", Mode::Data));
        let log = CallLog::new();
        let options = CallOptions { log: Some(log.clone()), ..CallOptions::default() };
        let error = client.list_files_with(list(), &options).await.unwrap_err();
        assert_eq!((error.http_status(), server.seen().len()), (Some(503), sent));
        // Without the setting: four random delays of up to 0.3, 0.6, 1.2 and 2.4 seconds.
        let fields = log.drain().into_iter().flat_map(|record| record.line.fields);
        let delays: Vec<LogValue> = fields.filter(|(name, _)| *name == "delay_ms").map(|(_, value)| value).collect();
        assert_eq!(delays, vec![LogValue::Number(0); sent - 1]);
    }
    let connection = ConnectionSettings { retries: Some(11), ..ConnectionSettings::default() };
    let refused = WsChannel::new(WsChannelSettings { connection, ..WsChannelSettings::default() }).unwrap_err();
    assert_eq!(refused.detail("field"), Some("retries"));
}

#[tokio::test]
async fn k02_an_upload_is_not_repeated_after_503() {
    let server = Server::in_turn([Act::Answer(refused(503, "Service unavailable"))]).await;
    let error = client(&server).upload_file(upload(b"x")).await.unwrap_err();
    assert_eq!(
        (error.http_status(), error.outcome(), error.retryable()),
        (Some(503), Some(CallOutcome::Unknown), false)
    );
    assert_eq!(error.operation(), Some("ws_channel.upload_file"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn k03_after_429_anything_is_repeated_when_the_server_says_so() {
    let limited = Act::Answer(refused(429, "Too many requests").with("retry-after", "1"));
    let server = Server::in_turn([limited, Act::Answer(ok(201, json!({})))]).await;
    let started = Instant::now();
    client(&server).upload_key(upload_key()).await.unwrap();
    assert_eq!(server.seen().len(), 2);
    assert!(started.elapsed() >= Duration::from_secs(1), "Retry-After is heeded: {:?}", started.elapsed());
}

#[tokio::test]
async fn k04_a_post_is_not_repeated_after_a_network_error() {
    let server = Server::in_turn([Act::ResetAfterRequest]).await;
    let request = bankchannel::model::read_boundary::<ConfigCertsRequest>(json!({"export": "disabled"})).unwrap();
    let error = client(&server).config_certs(request).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("transport.connection_lost", Some(CallOutcome::Unknown)));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_get_is_repeated_after_a_lost_connection() {
    let server = Server::in_turn([
        Act::ResetAfterRequest,
        Act::CloseAfterRequest,
        Act::Answer(ok(200, json!({"FileDescriptors": []}))),
    ])
    .await;
    client(&server).list_files(list()).await.unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn what_an_earlier_attempt_came_to_still_counts() {
    let whole = ok(200, json!({"FileDescriptors": []})).bytes();
    let cut = Act::Raw(whole[..whole.len() - 5].to_vec());
    for (first, outcome) in [(cut, CallOutcome::Accepted), (Act::ResetAfterRequest, CallOutcome::Unknown)] {
        let server = Server::in_turn([first, Act::Answer(refused(429, "Too many requests"))]).await;
        let error = client(&server).list_files(list()).await.unwrap_err();
        assert_eq!((error.code(), error.outcome()), ("peer.rate_limited", Some(outcome)));
        assert_eq!(server.seen().len(), 3);
    }
}

/// A server that asks for a longer wait than the client waits is not asked earlier: its answer is the result.
#[tokio::test]
async fn a_long_wait_is_the_answer() {
    for answer in [refused(429, "Too many requests"), refused(503, "Service unavailable")] {
        for wait in ["60", "86400", "99999999999999999999", "Fri, 06 Nov 2893 08:49:37 GMT"] {
            let server = Server::in_turn([Act::Answer(answer.clone().with("retry-after", wait))]).await;
            let error = client(&server).list_files(list()).await.unwrap_err();
            assert_eq!((server.seen().len(), error.http_status()), (1, Some(answer.status)), "{wait}");
            assert!(error.retry_after_s().is_some_and(|seconds| seconds >= 60) && error.retryable(), "{wait}: {error}");
        }
    }
}

#[tokio::test]
async fn a_wait_that_would_outlast_the_deadline_is_not_begun() {
    let server = Server::in_turn([Act::Answer(refused(429, "Too many requests").with("retry-after", "3"))]).await;
    let options = CallOptions { timeout: Some(Duration::from_secs(2)), ..Default::default() };
    let error =
        client(&server).call_json("ws_channel.list_files", json!({"bank": "nordea"}), options).await.unwrap_err();
    // A wait that had begun would have ended at the deadline.
    assert_eq!((error.code(), error.retry_after_s()), ("peer.rate_limited", Some(3)));
    assert_eq!(server.seen().len(), 1);
}
