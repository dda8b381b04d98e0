//! The operator's commands in addition to `serve`.

use std::{os::unix::fs::PermissionsExt, path::Path};

use bankchannel_foundation::{
    Error,
    error::row,
    model::{Field, Shape},
    operation::DataAccess,
};
use bankchannel_storage::ws_channel::AuditFilter;
use bankchannel_ws_channel_service::operator::{self, CallableCommand, NewApiKey, OPERATOR_COMMANDS, ServiceOperator};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
};

use crate::support::{OTHER_PASSWORD, PASSWORD, World};

#[tokio::test]
async fn keys_are_made_switched_and_entitled() {
    let mut world = World::start().await;
    let key = world.account("op@example.test").await;
    let session = world.data_session("op@example.test").await;
    let options = world.options();
    let operator = ServiceOperator::from_options(&options).unwrap();
    let made = operator
        .create_key(NewApiKey { owner: Some("New@example.test".into()), ..NewApiKey::default() })
        .await
        .unwrap();
    assert_eq!((made.api_key.len(), made.owner.as_deref(), made.transfer), (40, Some("new@example.test"), false));
    assert_eq!(operator.keys().await.unwrap().len(), 2);
    assert!(operator.set_transfer(&made.api_key, true).await.unwrap().transfer);
    let entitled = operator.set_entitlement(&key, operator::SIMULATOR_PRODUCT, "active").await.unwrap();
    assert_eq!(entitled.entitlements[0].state, "active");
    assert!(!operator.set_enabled(&key, false).await.unwrap().enabled);
    for wrong in [
        operator.set_enabled("unknown", true).await.err(),
        operator.set_entitlement(&key, "x", "maybe").await.err(),
        operator.create_key(NewApiKey { api_key: Some(key.clone()), ..NewApiKey::default() }).await.err(),
        operator.create_key(NewApiKey { api_key: Some("short".into()), ..NewApiKey::default() }).await.err(),
        operator.invite(&key, "nobody").await.err(),
    ] {
        assert_eq!(wrong.expect("refused").code(), "input.invalid_field");
    }
    // The change went to the running service: a disabled key is refused from the next call on.
    world.protected("GET", "/pgp", &session, Value::Null).await.is(403, "Invalid API key");
    world.login("op@example.test", "data", PASSWORD).await.is(400, "Invalid API key");
    assert_eq!(std::fs::metadata(world.data().join("admin.sock")).unwrap().permissions().mode() & 0o777, 0o600);
    // The same without a running service.
    world.stop().await;
    assert!(!world.data().join("admin.sock").exists());
    let operator = ServiceOperator::from_options(&options).unwrap();
    assert!(operator.set_enabled(&key, true).await.unwrap().enabled);
    assert_eq!(operator.keys().await.unwrap().len(), 2);
    let world = world.restart_stopped().await;
    assert!(world.alive(&session).await);
}

/// Every refusal of the operator.
async fn refusals(operator: &ServiceOperator, api_key: &str, not_empty: &Path) -> Vec<Value> {
    let refused = [
        operator.set_enabled("unknown", true).await.err(),
        operator.set_entitlement(api_key, "x", "maybe").await.err(),
        operator.renew_certificate("op@example.test", "nordea").await.err(),
        operator.release_codes("nowhere", "1").await.err(),
        operator.account("nobody@example.test").await.err(),
        operator.disable_account("op@example.test", " ").await.err(),
        operator.delete_account("op@example.test").await.err(),
        operator.pause_bank("nordeaa", "maintenance", None).await.err(),
        operator.resume_bank("nordea").await.err(),
        operator.uploads("lost").await.err(),
        operator.settle_upload("unknown", "accepted", "the bank says so").await.err(),
        operator.backup(not_empty).await.err(),
    ];
    refused.into_iter().map(|error| error.expect("refused").to_json()).collect()
}

#[tokio::test]
async fn an_error_crosses_the_operators_socket_whole() {
    let mut world = World::start().await;
    let key = world.account("op@example.test").await;
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), "x").unwrap();
    let through_the_socket = refusals(&operator, &key, folder.path()).await;
    assert!(through_the_socket.iter().any(|error| error["context"]["field"] == "bank"), "{through_the_socket:?}");
    world.stop().await;
    assert_eq!(through_the_socket, refusals(&operator, &key, folder.path()).await);
}

fn commands() -> impl Iterator<Item = &'static CallableCommand> {
    OPERATOR_COMMANDS.iter().copied().flatten()
}

/// What a program writes into the socket, and what it reads.
async fn through_socket(socket: &Path, request: &str) -> Value {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    serde_json::from_str(&told).unwrap()
}

/// A value of the field's type, for a request that is refused before it is carried out.
fn valid_value(field: &Field) -> Value {
    match field.shape {
        Shape::Bool => json!(true),
        Shape::Integer { .. } => json!(1),
        Shape::Enum(of) => json!(of.values[0].value),
        _ => json!("text"),
    }
}

#[tokio::test]
async fn a_member_that_no_command_has_is_named_with_and_without_a_running_service() {
    let mut world = World::start().await;
    let options = world.options();
    for is_running in [true, false] {
        for command in commands() {
            let name = command.entry.declaration.name;
            let required: serde_json::Map<String, Value> = command
                .entry
                .request
                .fields()
                .iter()
                .filter(|field| !field.optional)
                .map(|field| (field.name.to_owned(), valid_value(field)))
                .collect();
            let mut members = required.clone();
            members.insert("nonsense_member".into(), json!(1));
            let error = operator::carry_out(&options, command, members.into()).await.unwrap_err();
            assert_eq!(error.code(), "input.unknown_field", "{name}, running: {is_running}: {error}");
            assert!(error.message().contains("nonsense_member"), "{name}, running: {is_running}: {error}");
            // What is missing is named.
            for missing in required.keys() {
                let mut members = required.clone();
                members.remove(missing);
                let error = operator::carry_out(&options, command, members.into()).await.unwrap_err();
                let told = (error.code(), error.detail("field"));
                assert_eq!(told, ("input.missing_field", Some(&**missing)), "{name}, running: {is_running}: {error}");
            }
        }
        let create = CallableCommand::named(OPERATOR_COMMANDS, "key-create").unwrap();
        let members = json!({"transfer": true, "waiver": false, "ownr": "owner@example.test"});
        let error = operator::carry_out(&options, create, members).await.unwrap_err();
        assert!(error.message().contains("did you mean `owner`?"), "{error}");
        if is_running {
            world.stop().await;
        }
    }
}

#[tokio::test]
async fn the_socket_refuses_what_is_no_command_by_its_name() {
    let world = World::start().await;
    let socket = world.data().join("admin.sock");
    let error = async |request: &str| through_socket(&socket, request).await["error"].take();
    for name in ["ws_channel_operator.nonsense", "keys", "set_enabled"] {
        let unknown = error(&json!({ "command": name, "request": {} }).to_string()).await;
        let (code, field) = (&unknown["code"], &unknown["context"]["field"]);
        assert_eq!((code, field), (&json!("input.invalid_field"), &json!("command")), "{unknown}");
        assert!(unknown["message"].as_str().unwrap().contains("reference/ws-channel-operator"), "{unknown}");
    }
    let restore = error(r#"{"command": "ws_channel_operator.restore", "request": {"backup": "a", "data": "b"}}"#).await;
    assert_eq!(restore["context"]["field"], "command", "{restore}");
    // What is no command at all.
    for request in ["[]", "{}", "x", ""] {
        let refused = error(request).await;
        assert_eq!(refused["code"], "input.invalid_json", "{request}");
        assert!(refused["message"].as_str().unwrap().contains("the command cannot be read"), "{refused}");
    }
    let keys = through_socket(&socket, r#"{"command": "ws_channel_operator.keys"}"#).await;
    assert_eq!(keys, json!({"response": {"keys": []}}));
    let names: Vec<&str> = commands().map(|command| command.form.command).collect();
    let near = CallableCommand::named(OPERATOR_COMMANDS, "key-lst").unwrap_err();
    assert!(near.message().contains("did you mean `key-list`?"), "{near}");
    // Not all of them in one line.
    assert_eq!(names.iter().filter(|name| near.message().contains(&format!("{name},"))).count(), 2, "{near}");
}

/// A service of another version may read no command of this one.
#[tokio::test]
async fn a_service_of_another_version_is_told_as_such() {
    let mut world = World::start().await;
    world.stop().await;
    let listener = UnixListener::bind(world.data().join("admin.sock")).unwrap();
    let of_former = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut given = Vec::new();
            stream.read_to_end(&mut given).await.unwrap();
            let error = Error::because(&row::INVALID_JSON, "the command cannot be read: missing field".to_owned());
            // The first connection only looks whether a service runs.
            let _ = stream.write_all(json!({"error": error.to_json()}).to_string().as_bytes()).await;
        }
    });
    let error = ServiceOperator::from_options(&world.options()).unwrap().keys().await.unwrap_err();
    assert_eq!(error.code(), "resource.storage", "{error}");
    assert!(error.message().contains("another version"), "{error}");
    of_former.abort();
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error_and_a_command_that_is_too_large_is_named_as_such() {
    for answer in ["[]", "null", "1", "{}", r#""text""#] {
        let mut world = World::start().await;
        world.stop().await;
        let listener = UnixListener::bind(world.data().join("admin.sock")).unwrap();
        let other = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut given = Vec::new();
                stream.read_to_end(&mut given).await.unwrap();
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let error = ServiceOperator::from_options(&world.options()).unwrap().keys().await.unwrap_err();
        assert_eq!(error.code(), "resource.storage", "{answer}: {error}");
        other.abort();
    }
    let world = World::start().await;
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    let error = operator.settle_upload("unknown", "accepted", &"x".repeat(64 * 1024)).await.unwrap_err();
    assert_eq!(error.code(), "input.too_large", "{error}");
}

#[tokio::test]
async fn a_filter_out_of_bounds_is_the_nearest_within() {
    let world = World::start().await;
    world.account("op@example.test").await;
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    operator.create_key(NewApiKey::default()).await.unwrap();
    let all = operator.audit(AuditFilter::default()).await.unwrap();
    assert!(!all.is_empty());
    for (after_seq, limit) in [(-1, 0), (0, -1), (0, i64::MAX), (i64::MIN, i64::MIN)] {
        let filter = AuditFilter { after_seq, limit, ..AuditFilter::default() };
        assert_eq!(operator.audit(filter).await.unwrap(), all, "{after_seq}, {limit}");
    }
}

#[tokio::test]
async fn a_command_that_only_looks_changes_nothing() {
    let mut world = World::start().await;
    world.account("op@example.test").await;
    world.stop().await;
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    let records = operator.audit(Default::default()).await.unwrap().len();
    for command in commands().filter(|command| command.form.access == DataAccess::Read) {
        let folder = tempfile::tempdir().unwrap();
        let request = match command.form.command {
            "backup" => json!({"target": folder.path()}),
            "account-show" => json!({"email": "op@example.test"}),
            _ => json!({}),
        };
        operator::carry_out(&world.options(), command, request).await.unwrap();
    }
    assert_eq!(operator.audit(Default::default()).await.unwrap().len(), records);
}

#[tokio::test]
async fn the_audit_trail_says_who_did_what_and_shows_tampering() {
    let mut world = World::start().await;
    world.register("trail@example.test", "admin", "0").await.is(201, "Created");
    world.login("trail@example.test", "admin", OTHER_PASSWORD).await;
    world.login("trail@example.test", "admin", PASSWORD).await;
    world.stop().await;
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    operator.create_key(NewApiKey::default()).await.unwrap();
    let lines = operator.audit(Default::default()).await.unwrap();
    let told: Vec<(&str, &str, &str)> =
        lines.iter().map(|line| (&*line.operation, &*line.outcome, &*line.email)).collect();
    assert_eq!(
        told,
        [
            ("ws_channel.register", "done", "trail@example.test"),
            ("ws_channel.login", "refused 400", "trail@example.test"),
            ("ws_channel.login", "done", "trail@example.test"),
            ("operator.create_key", "done", ""),
        ]
    );
    let check = operator.verify_audit().await.unwrap();
    assert!(check.intact, "{check:?}");
    assert_eq!((check.records, check.chains, check.after_checkpoint), (Some(4), Some(2), Some(4)));
    // Someone who deletes the audit trail from the database does not have access to the data folder.
    let gone = r#"{"at":"2026-11-20T12:00:00Z","checkpoint":1,"head":""#.to_owned() + &"5e".repeat(32) + "\"}\n";
    std::fs::write(world.data().join("audit-heads.jsonl"), gone).unwrap();
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    let check = operator.verify_audit().await.unwrap();
    assert!(!check.intact && check.reason.unwrap().contains("checkpoint 1"), "{:?}", check.compared);
}

#[tokio::test]
async fn the_callers_own_id_of_a_request_is_in_the_audit_trail() {
    let world = World::start().await;
    world.register("id@example.test", "admin", "0").await.is(201, "Created");
    for (headers, callers) in
        [(&[("x-request-id", "job-7")][..], Some("job-7")), (&[], None), (&[("x-request-id", "a b")], None)]
    {
        let challenge = world.challenge("id@example.test", "admin").await;
        let body = json!({ "ChResp": challenge, "Encrypted": world.encrypt(OTHER_PASSWORD, &challenge) });
        let answer = world.send("POST", "/session/id@example.test/admin", headers, body.to_string().into_bytes()).await;
        assert_eq!(answer.headers.get("x-caller-request-id").map(|id| id.to_str().unwrap()), callers);
        let lines = ServiceOperator::from_options(&world.options()).unwrap().audit(Default::default()).await.unwrap();
        let last = lines.last().unwrap();
        assert_eq!(last.caller_request_id.as_deref(), callers);
        assert_eq!(last.request_id, answer.body["RequestId"], "the service's own");
    }
}

#[tokio::test]
async fn a_backup_of_a_running_service_is_restored_with_its_keys() {
    let world = World::start().await;
    world.account("backup@example.test").await;
    let session = world.data_session("backup@example.test").await;
    let room = tempfile::tempdir().unwrap();
    let backup = room.path().join("backup");
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    let copied = operator.backup(&backup).await.unwrap();
    assert!(copied.keys >= 3 && copied.database_bytes > 0, "{copied:?}");
    assert!(operator.backup(&backup).await.is_err(), "not empty");
    let data = room.path().join("data");
    operator::restore(&backup, &data).await.unwrap();
    let refused = operator::restore(&backup, &data).await.expect_err("not empty");
    assert!(refused.message().contains("not empty"), "{refused}");
    assert!(operator::restore(&data.join("files"), &room.path().join("x")).await.is_err(), "no backup");
    let restored = World::with("", |options| options.data = Some(data.to_str().unwrap().into())).await;
    assert_eq!(restored.key.to_spki_pem(), world.key.to_spki_pem());
    assert!(restored.alive(&session).await);
    restored.login("backup@example.test", "data", PASSWORD).await.is(200, "Login OK");
}

#[tokio::test]
async fn strangers_are_counted_and_do_not_fill_the_audit_trail() {
    let world = World::limited("").await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let stranger = crate::support::Session { token: "nobody".into(), api_key: "none".into() };
    let (mut refused, mut limited) = (0, 0);
    for _ in 0..120 {
        for answer in [
            world.send("POST", "/session/flood@example.test/data", &form, b"x".to_vec()).await,
            world.protected("DELETE", "/certs/nordea", &stranger, serde_json::Value::Null).await,
        ] {
            match answer.status {
                400 | 401 => refused += 1,
                429 => limited += 1,
                _ => panic!("{answer:?}"),
            }
        }
    }
    assert!(refused > 0 && limited > 100, "{refused} {limited}");
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    let lines = operator.audit(Default::default()).await.unwrap();
    assert!(lines.is_empty(), "{} records", lines.len());
}

/// Configured keys from outside the data folder are in the backup too: a restored folder works without that
/// configuration.
#[tokio::test]
async fn a_backup_holds_the_configured_keys_and_a_failed_one_leaves_nothing() {
    let room = tempfile::tempdir().unwrap();
    let key = room.path().join("service.pem");
    let private = bankchannel_crypto::rsa::RsaPrivateKey::generate(2048).unwrap();
    std::fs::write(&key, private.to_pkcs8_pem().as_bytes()).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let world = World::configured(&format!("rsa_private_key = {key:?}")).await;
    world.account("configured@example.test").await;
    let backup = room.path().join("backup");
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    operator.backup(&backup).await.unwrap();
    let data = room.path().join("data");
    operator::restore(&backup, &data).await.unwrap();
    let restored = World::with("", |options| options.data = Some(data.to_str().unwrap().into())).await;
    assert_eq!(restored.key.to_spki_pem(), world.key.to_spki_pem());
    restored.login("configured@example.test", "data", PASSWORD).await.is(200, "Login OK");
    std::fs::write(backup.join("keys/vault.keys"), "damaged").unwrap();
    let other = room.path().join("other");
    assert!(operator::restore(&backup, &other).await.is_err());
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 0);
}

#[tokio::test]
async fn a_check_finds_what_a_start_would() {
    let mut world = World::start().await;
    let mut options = world.options();
    let taken = world.base.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    options.listen = Some(taken);
    let subjects = |findings: &[operator::ServerFinding]| -> Vec<&'static str> {
        findings.iter().filter(|finding| !finding.ok).map(|finding| finding.subject).collect()
    };
    // Next to the running service: its address and store are reported as in use by it, not as faults.
    let beside = operator::check(&options).await;
    assert!(subjects(&beside).is_empty(), "{beside:?}");
    let told = |subject: &str| beside.iter().any(|found| found.subject == subject && found.text.contains("is running"));
    assert!(told("listen") && told("store"), "{beside:?}");
    let other = tempfile::tempdir().unwrap();
    let elsewhere = bankchannel_ws_channel_service::ServiceOptions {
        data: Some(other.path().join("data").to_str().unwrap().into()),
        ..options.clone()
    };
    assert_eq!(subjects(&operator::check(&elsewhere).await), ["listen"]);
    // An address in use by another program is a fault, with a running service too.
    let foreign = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let moved = bankchannel_ws_channel_service::ServiceOptions {
        listen: Some(foreign.local_addr().unwrap().to_string()),
        ..options.clone()
    };
    assert_eq!(subjects(&operator::check(&moved).await), ["listen"]);
    world.stop().await;
    assert!(subjects(&operator::check(&options).await).is_empty());
    options.tls_cert = Some("nowhere.pem".into());
    options.tls_key = Some("nowhere.pem".into());
    assert_eq!(subjects(&operator::check(&options).await), ["listen"]);
    options.config = Some("/nowhere.toml".into());
    assert_eq!(subjects(&operator::check(&options).await), ["configuration"]);
    let fresh = bankchannel_ws_channel_service::ServiceOptions {
        data: Some(world.data().join("not-there").to_str().unwrap().into()),
        ..Default::default()
    };
    assert!(subjects(&operator::check(&fresh).await).is_empty());
    assert!(!world.data().join("not-there").exists(), "a check makes nothing");
    std::fs::create_dir(world.data().join("not-there")).unwrap();
    assert!(subjects(&operator::check(&fresh).await).is_empty());
    assert_eq!(std::fs::read_dir(world.data().join("not-there")).unwrap().count(), 0, "a check makes nothing");
}
