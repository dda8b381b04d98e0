//! The wait for the bank's answers to an upload: what ends it, and what it outlives.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use bankchannel::{
    CallOptions, CallOutcome, ConnectionSettings,
    ws_channel::{Mode, WsChannel, WsChannelSettings},
};
use serde_json::{Value, json};

use crate::{
    accounts::CHALLENGE,
    bank::Bank,
    support::{Act, PASSWORD, Server, client, ok, people::API_KEY, refused, session, settings},
    uploads::{PAYMENT, sign, with},
};

fn wait(more: Value) -> Value {
    let mut request =
        sign(json!({"file_name": "a.xml", "wait_for": ["pain.002.001.10", "camt.053.001.02"], "poll_interval_s": 0.1}));
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

/// Accepts uploads, and shortly after each provides answers of these types.
pub(crate) async fn answering(bank: Bank, types: &'static [&'static str]) -> Server {
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
