//! The meaning of answers (docs/protocols/ws-channel.md §11.8 K05–K07, K20).

use bankchannel::{
    CallOutcome, Category, ConnectionSettings,
    ws_channel::{WsChannel, WsChannelSettings},
};
use serde_json::{Value, json};

use crate::{
    repeats::{list, upload},
    support::{Act, Answer, EMAIL, Server, client, ok, refused, session, settings},
};

#[tokio::test]
async fn k05_refusals_of_the_service_and_of_what_stands_before_it() {
    let cases = [
        (refused(200, "All signature verification(s) failed"), "ws_channel.upload_rejected", CallOutcome::Refused),
        (refused(400, "No suitable PGP keys found."), "ws_channel.signature_key_unknown", CallOutcome::Refused),
        (Answer::json(403, &json!({"message": "Forbidden"})), "peer.http_status", CallOutcome::Refused),
        (Answer::of(502, "text/html", "<html>Bad gateway</html>"), "peer.unavailable", CallOutcome::Unknown),
        (
            Answer::of(302, "text/plain", "").with("location", "https://elsewhere.example/"),
            "peer.redirected",
            CallOutcome::Refused,
        ),
    ];
    for (answer, code, outcome) in cases {
        let status = answer.status;
        let server = Server::in_turn([Act::Answer(answer)]).await;
        let error = client(&server).upload_file(upload(b"x")).await.unwrap_err();
        assert_eq!(
            (error.code(), error.outcome(), error.http_status()),
            (code, Some(outcome), Some(status)),
            "{error}"
        );
        assert_eq!(server.seen().len(), 1, "{code}: redirects are not followed, uploads not repeated");
    }
}

#[tokio::test]
async fn k06_a_success_that_is_none_is_a_protocol_error() {
    let bodies = [
        r#"{"ResponseCode":"00"}"#,
        r#"{"ResponseCode":"00","ResponseText":null}"#,
        "null",
        "OK",
        "",
        r#"{"ResponseCode":"00","ResponseText":"OK"#,
    ];
    for body in bodies {
        let server = Server::in_turn([Act::Answer(Answer::of(201, "application/json", body))]).await;
        let error = client(&server).upload_file(upload(b"x")).await.unwrap_err();
        assert_eq!((error.code(), error.outcome()), ("peer.protocol", Some(CallOutcome::Accepted)), "{body}");
        assert_eq!(error.category(), Category::PeerProtocol);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn k07_the_life_of_a_session() {
    let cases = [
        (json!("3600"), Some(true)),
        (json!(3600), Some(true)),
        (json!("0"), None),
        (json!("x"), None),
        (Value::Null, Some(false)),
    ];
    for (expires_in, known) in cases {
        let server = Server::in_turn([Act::Answer(ok(
            200,
            json!({"IdToken": "new-token", "ApiKey": crate::support::people::API_KEY, "ExpiresIn": expires_in, "ResponseText": "Login OK"}),
        ))])
        .await;
        let client = WsChannel::new(settings(&server)).unwrap();
        let request = json!({"email": EMAIL, "mode": "data", "ch_resp": "a|1494962070679|b", "encrypted": "ZW5j"});
        let result = client.call_json("ws_channel.login", request, Default::default()).await;
        match known {
            None => {
                assert_eq!(result.unwrap_err().code(), "peer.protocol", "{expires_in}");
                assert!(!client.session().is_logged_in());
            }
            Some(known) => {
                result.unwrap();
                let left = client.session().time_left();
                assert_eq!(left.is_some(), known, "{expires_in}");
                assert!(left.is_none_or(|left| (3590..=3600).contains(&left.as_secs())));
                assert!(client.session().is_logged_in() && !client.session().is_expired());
            }
        }
    }
}

#[tokio::test]
async fn k20_an_answer_above_the_cap_is_refused_and_its_connection_dropped() {
    let long = ok(200, json!({"FileDescriptors": [], "Padding": "x".repeat(4_000_000)}));
    let server = Server::in_turn([Act::Answer(long), Act::Answer(ok(200, json!({"FileDescriptors": []})))]).await;
    let connection = ConnectionSettings { max_answer_bytes: Some(10_000), ..Default::default() };
    let client = WsChannel::new(WsChannelSettings { connection, ..settings(&server) }).unwrap();
    client.set_session(session("t", bankchannel::ws_channel::Mode::Data));
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.category(), error.detail("limit_bytes")),
        ("peer.answer_too_large", Category::PeerProtocol, Some("10000"))
    );
    client.list_files(list()).await.unwrap();
    assert_eq!(server.seen().iter().map(|seen| seen.connection).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn errors_reach_other_languages_whole() {
    let server = Server::in_turn([Act::Answer(refused(400, "No suitable PGP keys found."))]).await;
    let error = client(&server).upload_file(upload(b"x")).await.unwrap_err().to_json();
    assert_eq!(error["operation"], "ws_channel.upload_file");
    assert_eq!(error["peer"]["request_id"], "4017bda8-0a15-4154-a8b7-88069b05cb4e");
    assert_eq!(
        (&error["http_status"], &error["outcome"], &error["context"]["class"]),
        (&json!(400), &json!("refused"), &json!("validation"))
    );
    let listed = bankchannel::error_table().any(|row| row.code == error["code"]);
    assert!(listed, "every error is a row of the table");
}
