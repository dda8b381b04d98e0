//! Each fault at each attempt of three: a download, an upload, an operation that is never repeated, and a session that is
//! refused at each attempt.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bankchannel::{
    CallLog, CallOptions, ConnectionSettings,
    model::Seconds,
    ws_channel::{
        ConfigCerts, ConfigCertsRequest, DownloadFile, ListFiles, Mode, UploadFile, WsChannel, WsChannelSettings,
    },
};
use serde_json::json;

use crate::{
    content::download,
    repeats::{list, upload},
    sessions::{CHALLENGE, logged_in},
    support::{
        Act, PASSWORD, Server,
        each_attempt::{PeerAnswers, assert_table, table},
        ok, refused, session, settings,
    },
};

fn client(base_url: &str) -> WsChannel {
    let connection =
        ConnectionSettings { retry_backoff_s: Some(Seconds(Duration::ZERO)), ..ConnectionSettings::default() };
    let settings =
        WsChannelSettings { base_url: Some(base_url.to_owned()), connection, ..WsChannelSettings::default() };
    let client = WsChannel::new(settings).unwrap();
    client.set_session(session("token-of-the-test", Mode::Data));
    client
}

fn answers(members: serde_json::Value) -> PeerAnswers {
    PeerAnswers {
        good: ok(200, members),
        refused: refused(400, "Invalid"),
        limited: refused(429, "Too many requests"),
        unavailable: refused(503, "Service unavailable"),
    }
}

#[tokio::test]
async fn each_fault_at_each_attempt() {
    let content = answers(json!({"Content": "VGhpcyBpcyBhIHN0YXRlbWVudC4="}));
    let downloads = table("download_file", &content, |base_url, options| async move {
        client(&base_url).exchange::<DownloadFile>(download(), &options).await.map(drop)
    });
    let none = answers(json!({}));
    let uploads = table("upload_file", &none, |base_url, options| async move {
        client(&base_url).exchange::<UploadFile>(upload(b"payments"), &options).await.map(drop)
    });
    let configured = table("config_certs", &none, |base_url, options| async move {
        let request = bankchannel::model::read_boundary::<ConfigCertsRequest>(json!({"export": "disabled"})).unwrap();
        client(&base_url).exchange::<ConfigCerts>(request, &options).await.map(drop)
    });
    let (downloads, uploads, configured) = tokio::join!(downloads, uploads, configured);
    assert_table("client/each_attempt.txt", &format!("{downloads}{uploads}{configured}"));
}

/// The session is refused at each attempt: it is renewed once, and then the attempts begin again; what an attempt before
/// the renewal came to still counts.
#[tokio::test]
async fn a_session_that_is_refused_at_each_attempt() {
    let mut rows = String::new();
    for refused_at in 1..=3_usize {
        for renews in [true, false] {
            let lists = AtomicUsize::new(0);
            let server =
                Server::start(move |seen, _| match (seen.method.as_str(), seen.path.starts_with("/v2/session/")) {
                    (_, true) if !renews => Act::Answer(refused(400, "Invalid")),
                    ("GET", true) => Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
                    (_, true) => logged_in("new"),
                    _ if lists.fetch_add(1, Ordering::SeqCst) + 1 == refused_at => {
                        Act::Answer(refused(401, "Unauthorized"))
                    }
                    _ => Act::Answer(refused(503, "Service unavailable")),
                })
                .await;
            let connection =
                ConnectionSettings { retry_backoff_s: Some(Seconds(Duration::ZERO)), ..ConnectionSettings::default() };
            let settings = WsChannelSettings {
                password: Some(PASSWORD.into()),
                renew_session: Some(true),
                connection,
                ..settings(&server)
            };
            let client = WsChannel::new(settings).unwrap();
            client.set_session(session("token-of-the-test", Mode::Data));
            let log = CallLog::new();
            let options = CallOptions { log: Some(log.clone()), ..CallOptions::default() };
            let error = client.exchange::<ListFiles>(list(), &options).await.unwrap_err();
            let lines = log.drain().into_iter().filter(|record| record.line.text.starts_with("attempt")).count();
            let outcome = error.outcome().unwrap().as_str();
            let paths: Vec<String> =
                server.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
            rows += &format!(
                "refused at {refused_at}, log in works: {renews}: {}, {outcome}, status {:?}, renewal {:?}, {lines} pauses\n    {}\n",
                error.code(),
                error.http_status(),
                error.detail("renewal"),
                paths.join(", ")
            );
        }
    }
    assert_table("client/each_attempt_session.txt", &rows);
}
