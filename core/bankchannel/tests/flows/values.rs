//! Sessions as values; local operations; the catalogue.

use std::time::{Duration, Instant};

use bankchannel::{
    CallOptions, Client, Settings,
    operation::OperationKind,
    ws_channel::{Mode, Session, WsChannel, WsChannelSettings},
};
use serde_json::{Value, json};

use crate::support::{Act, Server, client, session, settings};

const SEAL_KEY: &str = "0123456789abcdef0123456789abcdef";

async fn call(client: &WsChannel, name: &str, request: Value) -> bankchannel::Result<Value> {
    client.call_json(name, request, CallOptions::default()).await.map(|done| done.response)
}

#[tokio::test]
async fn a_session_moves_to_another_process() {
    let server = Server::in_turn([Act::Stall]).await;
    let first = client(&server);
    let exported = call(&first, "ws_channel.export_session", json!({"seal_key": SEAL_KEY})).await.unwrap();
    assert!((3590..=3600).contains(&exported["seconds_left"].as_u64().unwrap()));
    let sealed = exported["sealed"].as_str().unwrap();
    let second = WsChannel::new(WsChannelSettings { email: None, mode: None, ..settings(&server) }).unwrap();
    let imported =
        call(&second, "ws_channel.import_session", json!({"seal_key": SEAL_KEY, "sealed": sealed})).await.unwrap();
    assert_eq!((&imported["email"], &imported["mode"]), (&json!("user@example.test"), &json!("data")));
    let taken = second.session();
    assert_eq!((taken.id_token.unwrap().expose(), taken.mode), ("token-of-the-test", Some(Mode::Data)));
    assert!(taken.ends.unwrap() <= Instant::now() + Duration::from_secs(3600));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn what_is_no_session_of_ours_is_refused() {
    let server = Server::in_turn([Act::Stall]).await;
    let client = client(&server);
    let import = |sealed: Value, key: &str| json!({"seal_key": key, "sealed": sealed});
    let exported =
        call(&client, "ws_channel.export_session", json!({"seal_key": SEAL_KEY})).await.unwrap()["sealed"].clone();
    let text = exported.as_str().unwrap().to_owned();
    let reason = async |request| {
        call(&client, "ws_channel.import_session", request).await.unwrap_err().detail("reason").unwrap().to_owned()
    };
    assert_eq!(reason(import(exported.clone(), "another key of the right length...")).await, "wrong_key");
    assert_eq!(reason(import(json!(text[..text.len() - 8]), SEAL_KEY)).await, "damaged");
    assert_eq!(reason(import(json!(text[..20]), SEAL_KEY)).await, "format");
    let elsewhere = crate::support::client(&Server::in_turn([Act::Stall]).await);
    let error = call(&elsewhere, "ws_channel.import_session", import(exported, SEAL_KEY)).await.unwrap_err();
    assert_eq!(error.detail("reason"), Some("other_service"));
    assert!(client.session().is_logged_in(), "the client keeps what it had");
    let error = call(&client, "ws_channel.export_session", json!({"seal_key": "short"})).await.unwrap_err();
    assert_eq!(error.detail("field"), Some("seal_key"));
}

#[tokio::test]
async fn an_expired_session_is_not_passed_on() {
    let server = Server::in_turn([Act::Stall]).await;
    let client = client(&server);
    // It expires in the meantime: its 5.6 seconds are just above the five that count as expired.
    client
        .set_session(Session { ends: Some(Instant::now() + Duration::from_millis(5600)), ..session("t", Mode::Data) });
    let exported = call(&client, "ws_channel.export_session", json!({"seal_key": SEAL_KEY})).await.unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    let error = call(&client, "ws_channel.import_session", json!({"seal_key": SEAL_KEY, "sealed": exported["sealed"]}))
        .await
        .unwrap_err();
    assert_eq!((error.code(), error.detail("reason")), ("ws_channel.session_expired", Some("expired")));
    let error = call(&client, "ws_channel.export_session", json!({"seal_key": SEAL_KEY})).await.unwrap_err();
    assert_eq!(error.code(), "ws_channel.session_expired");
    client.set_session(Session::default());
    let error = call(&client, "ws_channel.export_session", json!({"seal_key": SEAL_KEY})).await.unwrap_err();
    assert_eq!(error.code(), "ws_channel.not_logged_in");
}

#[tokio::test]
async fn local_operations_need_neither_client_nor_network() {
    let code = bankchannel::call_local("ws_channel.totp_code", json!({"secret": "JBSWY3DPEHPK3PXP"}), None).unwrap();
    assert_eq!(code["code"].as_str().unwrap().len(), 6);
    let sign = json!({"private_key": crate::support::private_key()});
    let signed = bankchannel::call_local("ws_channel.sign_file", sign.clone(), Some(b"bytes".to_vec().into())).unwrap();
    assert!(signed["signature"].as_str().unwrap().starts_with("-----BEGIN PGP SIGNATURE-----"));
    // The content may also be in the JSON, but it must be given exactly once.
    let mut named = sign.clone();
    named["content"] = json!({"base64": "Ynl0ZXM="});
    bankchannel::call_local("ws_channel.sign_file", named.clone(), None).unwrap();
    assert_eq!(
        bankchannel::call_local("ws_channel.sign_file", named, Some(b"bytes".to_vec().into()))
            .unwrap_err()
            .detail("field"),
        Some("content")
    );
    assert_eq!(bankchannel::call_local("ws_channel.sign_file", sign, None).unwrap_err().code(), "input.missing_field");
    let error = bankchannel::call_local("ws_channel.list_files", json!({}), None).unwrap_err();
    assert_eq!(error.code(), "input.unknown_operation");
    assert_eq!(
        bankchannel::call_local("ws_channel.\u{7}no", json!({}), None).unwrap_err().code(),
        "input.unknown_operation"
    );
    let server = Server::in_turn([Act::Stall]).await;
    let client = client(&server);
    let done = call(&client, "ws_channel.totp_code", json!({"secret": "JBSWY3DPEHPK3PXP"})).await.unwrap();
    assert!(done["seconds_left"].as_u64().unwrap() <= 30);
    assert!(client.call_local("ws_channel.totp_code", json!({"secret": "JBSWY3DPEHPK3PXP"}), None).is_ok());
}

#[test]
fn a_pipe_is_no_content() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (sender, ended) = std::sync::mpsc::channel();
    // On a separate thread: opening a pipe waits for its writer, here for ever.
    std::thread::spawn(move || {
        let request = json!({"private_key": crate::support::private_key(), "content": {"path": pipe}});
        sender.send(bankchannel::call_local("ws_channel.sign_file", request, None))
    });
    let error = ended.recv_timeout(Duration::from_secs(20)).expect("it ends").unwrap_err();
    assert_eq!(error.code(), "input.content_unreadable");
}

#[tokio::test]
async fn every_operation_of_the_catalogue_can_be_called_by_name() {
    let server = Server::in_turn([Act::Stall]).await;
    let client = client(&server);
    let mut kinds = std::collections::BTreeMap::new();
    for entry in bankchannel::catalogue() {
        *kinds.entry(entry.declaration.kind.as_str()).or_insert(0) += 1;
        assert!(!entry.declaration.summary.is_empty() && !entry.declaration.doc.is_empty());
        // An unknown field shows that the operation was found: it refuses the field by name.
        let request = json!({"no_such_field": 1});
        let error = match entry.declaration.kind {
            OperationKind::Local => client.call_local(entry.declaration.name, request, None).unwrap_err(),
            _ if entry.declaration.protocol == "ws-channel" => {
                call(&client, entry.declaration.name, request).await.unwrap_err()
            }
            _ => {
                // A client that sends needs a base URL.
                let mut settings = json!({"protocol": entry.declaration.protocol});
                if entry.declaration.protocol == "salt-edge-hub" {
                    settings["base_url"] = json!("http://127.0.0.1:9");
                }
                let settings = Settings::read(settings.into()).unwrap();
                let other = Client::new(settings).unwrap();
                other.call_values(entry.declaration.name, request.into(), CallOptions::default()).await.unwrap_err()
            }
        };
        assert!(
            matches!(error.code(), "input.unknown_field" | "input.missing_field"),
            "{}: {error}",
            entry.declaration.name
        );
        assert_eq!(error.operation(), Some(entry.declaration.name));
    }
    assert_eq!((kinds["exchange"], kinds["flow"]), (68, 34));
    assert_eq!(server.connections(), 0);
    let names: std::collections::BTreeSet<_> = bankchannel::catalogue().map(|entry| entry.declaration.name).collect();
    assert_eq!(names.len(), bankchannel::catalogue().count());
}
