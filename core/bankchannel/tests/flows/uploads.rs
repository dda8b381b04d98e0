//! Signing, uploading and waiting for the answers.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel::{
    CallOptions, CallOutcome, ConnectionSettings, Content,
    model::ContentPieces,
    ws_channel::{Mode, WsChannel, WsChannelSettings},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    accounts::CHALLENGE,
    bank::Bank,
    support::{Act, PASSWORD, Server, client, ok, people::API_KEY, private_key, refused, session, settings},
};

const PAYMENT: &[u8] = b"<Document>\r\npayment\n</Document>";

fn sign(more: Value) -> Value {
    let mut request =
        json!({"bank": "simulator", "file_type": "pain.001.001.09", "private_key": private_key(), "check": false});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn with(content: impl Into<Content>) -> CallOptions {
    CallOptions { content: Some(content.into()), ..CallOptions::default() }
}

fn verified(sent: &Value, bytes: &[u8]) -> bool {
    let generated = json!({"private_key": private_key()});
    let public =
        bankchannel_openpgp::OpenPgpPrivateKey::from_armored(generated["private_key"].as_str().unwrap().as_bytes())
            .unwrap()
            .public();
    let request = json!({"public_key": public.to_armored().unwrap(), "signature": sent["Signature"]});
    bankchannel::call_local("ws_channel.verify_file", request, Some(bytes.to_vec().into())).unwrap()["good"] == true
}

#[tokio::test]
async fn what_is_signed_is_what_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.xml");
    fs::write(&path, PAYMENT).unwrap();
    let mut left = Some(PAYMENT);
    let pieces = ContentPieces::new(move || Ok(left.take().map(Into::into)));
    for (content, name) in [
        (Content::from(path.as_path()), None),
        (Content::from(PAYMENT.to_vec()), Some("a.xml")),
        (Content::Pieces(pieces), Some("b.xml")),
    ] {
        let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
        let request = sign(json!({"file_name": name}));
        let done =
            client(&server).call_json("ws_channel.sign_and_upload", request, with(content)).await.unwrap().response;
        assert_eq!(
            (&done["file_name"], &done["bytes"]),
            (&json!(name.unwrap_or("payments.xml")), &json!(PAYMENT.len()))
        );
        let seen = server.seen();
        let sent = seen[0].json();
        assert_eq!(STANDARD.decode(sent["FileContents"].as_str().unwrap().as_bytes()).unwrap(), PAYMENT);
        assert!(seen[0].header("content-length").is_some(), "the length is known");
        assert!(verified(&sent, PAYMENT) && !verified(&sent, b"other bytes"));
    }
}

#[tokio::test]
async fn what_cannot_be_signed_is_not_sent() {
    let server = Server::in_turn([Act::Stall]).await;
    let cases = [
        (sign(json!({"file_name": "a.xml", "private_key": "nonsense"})), PAYMENT, "ws_channel.pgp_key_refused"),
        (sign(json!({"file_name": "a.xml"})), b"" as &[u8], "ws_channel.content_empty"),
        (sign(json!({})), PAYMENT, "input.missing_field"),
    ];
    for (request, bytes, code) in cases {
        let error =
            client(&server).call_json("ws_channel.sign_and_upload", request, with(bytes.to_vec())).await.unwrap_err();
        assert_eq!((error.code(), error.outcome()), (code, Some(CallOutcome::NotSent)), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn after_429_the_same_bytes_are_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.xml");
    fs::write(&path, PAYMENT).unwrap();
    let server =
        Server::in_turn([Act::Answer(refused(429, "Too many requests")), Act::Answer(ok(201, json!({})))]).await;
    client(&server).call_json("ws_channel.sign_and_upload", sign(json!({})), with(path.as_path())).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen.len(), &seen[0].body), (2, &seen[1].body));
}

/// On a runtime with one thread, the file is read without blocking that thread's connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_key_in_a_file_is_read_where_it_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.asc");
    fs::write(&path, private_key()).unwrap();
    let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
    let client = client(&server);
    let request =
        |path: &std::path::Path| sign(json!({"file_name": "a.xml", "private_key": {"file": path.to_str().unwrap()}}));
    let there = request(&path);
    let upload = tokio::spawn({
        let client = client.clone();
        async move { client.call_json("ws_channel.sign_and_upload", there, with(PAYMENT.to_vec())).await }
    });
    upload.await.unwrap().unwrap();
    assert!(verified(&server.seen()[0].json(), PAYMENT));
    let missing = request(&folder.path().join("other.asc"));
    let upload =
        tokio::spawn(
            async move { client.call_json("ws_channel.sign_and_upload", missing, with(PAYMENT.to_vec())).await },
        );
    let error = upload.await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("private_key")));
}

#[tokio::test]
async fn a_file_that_changes_between_signing_and_sending_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.xml");
    let size = 24 * 1024 * 1024;
    fs::write(&path, vec![b'a'; size]).unwrap();
    let go_on = Arc::new(Notify::new());
    let server = Server::in_turn([Act::Hold(Arc::clone(&go_on), ok(201, json!({})))]).await;
    let (client, content) = (client(&server), with(path.as_path()));
    let call =
        tokio::spawn(async move { client.call_json("ws_channel.sign_and_upload", sign(json!({})), content).await });
    server.wait_for(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    // The size and all bytes already sent stay the same: only the last byte changes.
    use std::os::unix::fs::FileExt as _;
    fs::OpenOptions::new().write(true).open(&path).unwrap().write_all_at(b"b", size as u64 - 1).unwrap();
    go_on.notify_one();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("input.content_unreadable", Some(CallOutcome::NotSent)), "{error}");
    assert!(!server.seen()[0].complete);
}

fn wait(more: Value) -> Value {
    let mut request =
        sign(json!({"file_name": "a.xml", "wait_for": ["pain.002.001.10", "camt.053.001.02"], "poll_interval_s": 0.1}));
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

/// Accepts uploads, and shortly after each provides answers of these types.
async fn answering(bank: Bank, types: &'static [&'static str]) -> Server {
    Server::start(move |seen, _| {
        if seen.method == "PUT" {
            let bank = bank.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(150)).await;
                for file_type in types {
                    bank.add(file_type, "new", b"answer");
                }
            });
            return Act::Answer(ok(201, json!({})));
        }
        bank.act(seen)
    })
    .await
}

#[tokio::test]
async fn new_answers_are_found_among_old_ones() {
    let bank = Bank::holding(&[("pain.002.001.10", "old", b"old"), ("camt.053.001.02", "old", b"old")]);
    let server = answering(bank, &["camt.053.001.02", "pain.002.001.10"]).await;
    let done = client(&server)
        .call_json("ws_channel.upload_and_wait", wait(json!({})), with(PAYMENT.to_vec()))
        .await
        .unwrap()
        .response;
    let types: Vec<&str> = done["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["file"]["file_type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["pain.002.001.10", "camt.053.001.02"]);
    for answer in done["answers"].as_array().unwrap() {
        assert_eq!(
            (&answer["file"]["file_reference"], &answer["content"], &answer["bytes"]),
            (&json!("new"), &json!("YW5zd2Vy"), &json!(6))
        );
    }
    assert_eq!(server.seen().iter().filter(|seen| seen.method == "PUT").count(), 1);
}

#[tokio::test]
async fn answers_go_into_a_folder() {
    let server = answering(Bank::default(), &["camt.053.001.02", "pain.002.001.10"]).await;
    let folder = tempfile::tempdir().unwrap();
    let request = wait(json!({"directory": folder.path()}));
    let done = client(&server)
        .call_json("ws_channel.upload_and_wait", request, with(PAYMENT.to_vec()))
        .await
        .unwrap()
        .response;
    let path = done["answers"][0]["path"].as_str().unwrap();
    assert!(path.ends_with("20261120__pain.002.001.10_new.dat") && fs::read(path).unwrap() == b"answer");
    assert!(done["answers"][0].get("content").is_none());
}

#[tokio::test]
async fn what_lies_in_the_folder_is_not_the_answer_to_this_payment() {
    let server = answering(Bank::default(), &["pain.002.001.10"]).await;
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("20261120__pain.002.001.10_new.dat");
    fs::write(&there, b"another bank's").unwrap();
    let request = wait(json!({"directory": folder.path(), "wait_for": ["pain.002.001.10"]}));
    let done = client(&server)
        .call_json("ws_channel.upload_and_wait", request, with(PAYMENT.to_vec()))
        .await
        .unwrap()
        .response;
    let path = done["answers"][0]["path"].as_str().unwrap();
    assert!(path.ends_with("20261120__pain.002.001.10_new~2.dat"), "{path}");
    assert_eq!((&done["answers"][0]["bytes"], fs::read(path).unwrap()), (&json!(6), b"answer".to_vec()));
    assert_eq!(fs::read(&there).unwrap(), b"another bank's");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn an_answer_that_does_not_come_says_that_the_upload_was_accepted() {
    let server = answering(Bank::default(), &["pain.002.001.10"]).await;
    let started = Instant::now();
    let error = client(&server)
        .call_json("ws_channel.upload_and_wait", wait(json!({"wait_timeout_s": 1})), with(PAYMENT.to_vec()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.retryable()),
        ("ws_channel.answer_not_found", Some(CallOutcome::Accepted), false)
    );
    assert_eq!((error.detail("upload"), error.detail("missing")), (Some("accepted"), Some("camt.053.001.02")));
    assert!(started.elapsed() < Duration::from_secs(4));
    let again = wait(json!({"wait_timeout_s": 0.3, "wait_timeout_s": 60}));
    let error =
        client(&server).call_json("ws_channel.upload_and_wait", again, with(PAYMENT.to_vec())).await.unwrap_err();
    assert_eq!(error.code(), "ws_channel.answer_not_found");
    for wrong in [json!("0.3"), json!(-1), json!(5_000_000_000_i64)] {
        let given = wait(json!({"wait_timeout_s": wrong}));
        let client = client(&server);
        let call = client.call_json("ws_channel.upload_and_wait", given, with(PAYMENT.to_vec()));
        let error = call.await.unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("wait_timeout_s")));
    }
}

#[tokio::test]
async fn waiting_outlives_a_gateway_that_fails_and_ends_with_the_session() {
    let bank = Bank::default();
    let server = Server::start(move |seen, number| {
        let uploaded = number > 2;
        match seen.method.as_str() {
            "PUT" => {
                for file_type in ["pain.002.001.10", "camt.053.001.02"] {
                    bank.add(file_type, "new", b"answer");
                }
                Act::Answer(ok(201, json!({})))
            }
            _ if uploaded && number < 6 => Act::Answer(refused(502, "Bank data error")),
            _ => bank.act(seen),
        }
    })
    .await;
    client(&server).call_json("ws_channel.upload_and_wait", wait(json!({})), with(PAYMENT.to_vec())).await.unwrap();

    let server = Server::start(|seen, number| match seen.method.as_str() {
        "PUT" => Act::Answer(ok(201, json!({}))),
        _ if number > 2 => Act::Answer(refused(401, "Unauthorized")),
        _ => Act::Answer(ok(200, json!({"FileDescriptors": []}))),
    })
    .await;
    let error = client(&server)
        .call_json("ws_channel.upload_and_wait", wait(json!({})), with(PAYMENT.to_vec()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.detail("upload")),
        ("ws_channel.session_refused", Some(CallOutcome::Accepted), Some("accepted"))
    );
}

/// Provides a pain.002 for each upload at once; its downloads have these results in turn before they succeed.
async fn answering_badly(acts: Vec<Act>) -> Server {
    let (bank, times) = (Bank::default(), AtomicUsize::new(0));
    Server::start(move |seen, _| {
        if seen.method == "PUT" {
            bank.add("pain.002.001.10", "new", b"answer");
            return Act::Answer(ok(201, json!({})));
        }
        let sent = bank.act(seen);
        let is_download = seen.path.ends_with("/new");
        is_download.then(|| acts.get(times.fetch_add(1, Ordering::SeqCst)).cloned()).flatten().unwrap_or(sent)
    })
    .await
}

#[tokio::test]
async fn an_answer_that_did_not_arrive_is_not_lost() {
    let unreadable = || Act::Answer(ok(200, json!({"Content": "%%%"})));
    // Three tries of one look: the next one succeeds.
    let server = answering_badly(vec![unreadable(), unreadable(), unreadable()]).await;
    let folder = tempfile::tempdir().unwrap();
    let request = wait(json!({"directory": folder.path(), "wait_for": ["pain.002.001.10"]}));
    client(&server).call_json("ws_channel.upload_and_wait", request, with(PAYMENT.to_vec())).await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the ledger is empty");

    let server = answering_badly(vec![unreadable(); 3]).await;
    let folder = tempfile::tempdir().unwrap();
    // Time for one look only.
    let request = wait(
        json!({"directory": folder.path(), "wait_for": ["pain.002.001.10"], "wait_timeout_s": 0, "poll_interval_s": 60}),
    );
    let client = client(&server);
    let error = client.call_json("ws_channel.upload_and_wait", request, with(PAYMENT.to_vec())).await.unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.detail("begun")),
        ("ws_channel.answer_not_found", Some(CallOutcome::Accepted), Some("pain.002.001.10 new"))
    );
    let look = json!({"bank": "simulator", "directory": folder.path()});
    let later = client.call_json("ws_channel.download_new_files", look, CallOptions::default()).await.unwrap().response;
    assert_eq!(later["downloaded"], 1);
    assert_eq!(fs::read(folder.path().join("20261120__pain.002.001.10_new.dat")).unwrap(), b"answer");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn an_answer_whose_download_broke_off_is_looked_for_among_all() {
    let whole = ok(200, json!({"Content": "YW5zd2Vy"})).bytes();
    let cut = Act::Raw(whole[..whole.len() - 5].to_vec());
    let folder = tempfile::tempdir().unwrap();
    for directory in [json!(null), json!(folder.path())] {
        let server = answering_badly(vec![cut.clone(); 3]).await;
        let request = wait(json!({"directory": directory, "wait_for": ["pain.002.001.10"], "wait_timeout_s": 30}));
        let started = Instant::now();
        client(&server).call_json("ws_channel.upload_and_wait", request, with(PAYMENT.to_vec())).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(15), "the last look is not waited for");
    }
}

#[tokio::test]
async fn a_look_that_takes_too_long_is_not_the_end_of_the_wait() {
    let bank = Bank::default();
    let server = Server::start(move |seen, number| match seen.method.as_str() {
        "PUT" => {
            bank.add("pain.002.001.10", "new", b"answer");
            Act::Answer(ok(201, json!({})))
        }
        // The first poll after the upload.
        _ if number == 2 => Act::Stall,
        _ => bank.act(seen),
    })
    .await;
    let connection = ConnectionSettings {
        exchange_timeout_s: Some(bankchannel_foundation::model::Seconds(Duration::from_secs(2))),
        ..Default::default()
    };
    let settings = WsChannelSettings { connection, ..settings(&server) };
    let client = WsChannel::new(settings).unwrap();
    client.set_session(session("token-of-the-test", Mode::Data));
    let request = wait(json!({"wait_for": ["pain.002.001.10"], "wait_timeout_s": 30}));
    client.call_json("ws_channel.upload_and_wait", request, with(PAYMENT.to_vec())).await.unwrap();
}

#[tokio::test]
async fn waiting_outlives_a_renewal_that_broke_off() {
    let (bank, steps) = (Bank::default(), AtomicUsize::new(0));
    let token = json!({"IdToken": "new", "ApiKey": API_KEY, "ExpiresIn": "3600", "ResponseText": "Login OK"});
    let server = Server::start(move |seen, number| {
        if seen.path.starts_with("/v2/session/") {
            // The challenge is not available in any of its attempts; afterwards everything works.
            return match (steps.fetch_add(1, Ordering::SeqCst), seen.method.as_str()) {
                (0..3, _) => Act::ResetAfterRequest,
                (_, "GET") => Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
                _ => Act::Answer(ok(200, token.clone())),
            };
        }
        if seen.method == "PUT" {
            bank.add("pain.002.001.10", "new", b"answer");
            return Act::Answer(ok(201, json!({})));
        }
        // The session ends with the upload.
        if number > 1 && seen.header("authorization") != Some("new") {
            return Act::Answer(refused(401, "Unauthorized"));
        }
        bank.act(seen)
    })
    .await;
    let settings =
        WsChannelSettings { renew_session: Some(true), password: Some(PASSWORD.into()), ..settings(&server) };
    let client = WsChannel::new(settings).unwrap();
    client.set_session(session("old", Mode::Data));
    let request = wait(json!({"wait_for": ["pain.002.001.10"], "wait_timeout_s": 30}));
    client.call_json("ws_channel.upload_and_wait", request, with(PAYMENT.to_vec())).await.unwrap();
}

#[tokio::test]
async fn a_refused_upload_is_no_wait() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "PUT" => Act::Answer(refused(400, "No suitable PGP keys found.")),
        _ => Act::Answer(ok(200, json!({"FileDescriptors": []}))),
    })
    .await;
    let error = client(&server)
        .call_json("ws_channel.upload_and_wait", wait(json!({})), with(PAYMENT.to_vec()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.detail("upload")),
        ("ws_channel.signature_key_unknown", Some(CallOutcome::Refused), None)
    );
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_known_payment_type_is_checked_before_it_is_signed() {
    const TORN: &[u8] = b"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn>";
    let example = bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes();
    let year = |year: &str| String::from_utf8(example.to_vec()).unwrap().replace("2026-07-21", year).into_bytes();
    for (file_type, check, content, is_refused) in [
        ("pain.001.001.09", None, TORN, true),
        ("pain.001.001.03", None, TORN, true),
        ("pain.001.001.09", Some(false), TORN, false),
        ("XL", None, TORN, false),
        ("XL", Some(true), TORN, true),
        ("pain.001.001.09", None, example, false),
        // Only who asks for the check has the date compared with today.
        ("pain.001.001.09", None, &year("1999-01-04"), false),
        ("pain.001.001.09", Some(true), &year("1999-01-04"), true),
    ] {
        let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
        let request = json!({
            "bank": "simulator", "file_type": file_type, "file_name": "a.xml", "private_key": private_key(),
            "check": check,
        });
        let done = client(&server).call_json("ws_channel.sign_and_upload", request, with(content.to_vec())).await;
        let case = format!("{file_type} {check:?} {}", content.len());
        assert_eq!(server.connections(), usize::from(!is_refused), "{case}");
        match done {
            Ok(_) => assert!(!is_refused, "{case}"),
            Err(error) => {
                assert!(is_refused, "{case}: {error}");
                assert_eq!((error.code(), error.outcome()), ("iso20022.payment_refused", Some(CallOutcome::NotSent)));
                assert_eq!(error.message().contains("set check to false"), check.is_none(), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_file_is_checked_with_the_rules_of_the_bank_that_it_goes_to() {
    // A letter that ISO-8859-1 has, and that has no other form.
    let content = bankchannel_iso20022::EXAMPLE_PAIN001.replace("Alpha Supplies Ab", "§").into_bytes();
    for (bank, profile, is_refused) in [
        ("nordea", None, false),
        ("danskebank", None, false),
        ("aktia", None, true),
        ("simulator", None, true),
        // The caller's choice counts more than the bank's profile. The example's date is long ago.
        ("nordea", Some(json!({"days_back": 100_000, "characters": "strict"})), true),
        ("nordea", Some(json!({"days_back": 100_000})), false),
        ("aktia", Some(json!({"days_back": 100_000, "base": "nordea"})), false),
        ("nordea", Some(json!({"days_back": 100_000, "base": "aktia"})), true),
    ] {
        for call in ["ws_channel.sign_and_upload", "ws_channel.upload_and_wait"] {
            let server = answering(Bank::default(), &["pain.002.001.10"]).await;
            let mut request = json!({
                "bank": bank, "file_type": "pain.001.001.09", "file_name": "a.xml", "private_key": private_key(),
                "check_profile": profile,
            });
            if call.ends_with("wait") {
                request["wait_for"] = json!(["pain.002.001.10"]);
            }
            let done = client(&server).call_json(call, request, with(content.clone())).await;
            let sent = server.seen().iter().filter(|seen| seen.method == "PUT").count();
            assert_eq!(sent, usize::from(!is_refused), "{call} {bank} {profile:?}: {:?}", done.err());
            if is_refused {
                let error = done.unwrap_err();
                assert_eq!((error.code(), error.outcome()), ("iso20022.payment_refused", Some(CallOutcome::NotSent)));
                assert!(error.message().contains("no character that could be forwarded"), "{error}");
            }
        }
    }
}
