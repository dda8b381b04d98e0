//! The C ABI against a service in this process: content in and out, cancellation, threads, fork.

#![allow(clippy::unwrap_used)]

mod support;

use std::{
    fs,
    net::TcpListener,
    ptr,
    time::{Duration, Instant},
};

use bankchannel_c::*;
use serde_json::json;
use support::*;

fn path_option(path: &std::path::Path) -> (*const std::ffi::c_char, usize) {
    text(path.to_str().unwrap())
}

#[test]
fn files_go_up_and_come_down_as_bytes_paths_and_pieces() {
    let service = Service::start();
    let (public, private) = pgp_key();
    let downloaded: Vec<u8> = (0..60_000u32).map(|number| (number * 7 % 251) as u8).collect();
    let (_, settings) = service.seeded("files@example.test", &public, &downloaded);
    let client = Client::new(&settings).unwrap();
    let listed = client.call("ws_channel.list_files", &json!({}), ptr::null());
    assert_eq!(listed.json["file_descriptors"][0]["file_reference"], "R1", "{}", listed.json);

    // Down: into memory, in pieces, into a file.
    let which = json!({"file_type": "KTL", "file_reference": "R1"});
    let got = client.call("ws_channel.download_file", &which, ptr::null());
    assert_eq!(got.status, BankchannelStatus::Ok, "{}", got.json);
    assert_eq!(got.content.as_deref(), Some(&downloaded[..]));
    let pieces = BankchannelCallOptions { destination_kind: BankchannelContent::Pieces as u32, ..options() };
    for _ in 0..20 {
        // Twenty times: the response must never overtake the last piece.
        let call = client.begin("ws_channel.download_file", &which, &pieces);
        let mut all = Vec::new();
        let mut event = call.resume(BankchannelReply::Go, b"");
        while event.status == BankchannelStatus::Piece {
            all.extend(event.content.take().unwrap());
            event = call.resume(BankchannelReply::Go, b"");
        }
        assert_eq!(event.status, BankchannelStatus::Ok, "{}", event.json);
        assert!(all == downloaded, "{} of {} bytes", all.len(), downloaded.len());
    }
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("got");
    let (destination, destination_size) = path_option(&target);
    let to_file = BankchannelCallOptions {
        destination_kind: BankchannelContent::Path as u32,
        destination,
        destination_size,
        ..options()
    };
    assert_eq!(client.call("ws_channel.download_file", &which, &to_file).status, BankchannelStatus::Ok);
    assert!(fs::read(&target).unwrap() == downloaded);
    let twice = client.call("ws_channel.download_file", &which, &to_file);
    assert_eq!(twice.status, BankchannelStatus::Error, "a file that exists is not overwritten");

    // Up: the same bytes in three forms.
    let payment = fs::read(root().join("core/iso20022/examples/pain.001.001.09.xml")).unwrap();
    let source = scratch.path().join("payment.xml");
    fs::write(&source, &payment).unwrap();
    let bytes = BankchannelCallOptions {
        content_kind: BankchannelContent::Bytes as u32,
        content: payment.as_ptr().cast(),
        content_size: payment.len(),
        ..options()
    };
    let (content, content_size) = path_option(&source);
    let path =
        BankchannelCallOptions { content_kind: BankchannelContent::Path as u32, content, content_size, ..options() };
    let signed = local("ws_channel.sign_file", &json!({"private_key": private}), &path);
    let request =
        json!({"file_name": "payment.xml", "file_type": "pain.001.001.09", "signature": signed.json["signature"]});
    for options in [&bytes, &path] {
        let sent = client.call("ws_channel.upload_file", &request, options);
        assert_eq!(sent.status, BankchannelStatus::Ok, "{}", sent.json);
    }
    let by_pieces = BankchannelCallOptions { content_kind: BankchannelContent::Pieces as u32, ..options() };
    let send = |corrupt: bool| {
        let call = client.begin("ws_channel.upload_file", &request, &by_pieces);
        let mut chunks = payment.chunks(1000);
        let mut event = call.resume(BankchannelReply::Go, b"");
        while event.status == BankchannelStatus::WantPiece {
            event = match chunks.next() {
                Some(_) if corrupt => call.resume(BankchannelReply::Piece, b"something else"),
                Some(piece) => call.resume(BankchannelReply::Piece, piece),
                None => call.resume(BankchannelReply::End, b""),
            };
        }
        event
    };
    let sent = send(false);
    assert_eq!(sent.status, BankchannelStatus::Ok, "{}", sent.json);
    let refused = send(true);
    assert_eq!(
        (refused.json["code"].as_str(), refused.json["outcome"].as_str()),
        (Some("ws_channel.upload_rejected"), Some("refused")),
        "{}",
        refused.json
    );

    // The progress, if requested: of bytes and of pieces, up and down.
    for (kind, name, wanted) in [
        (&bytes, "ws_channel.upload_file", payment.len()),
        (&by_pieces, "ws_channel.upload_file", payment.len()),
        (&pieces, "ws_channel.download_file", downloaded.len()),
    ] {
        let asked = if name.ends_with("upload_file") { &request } else { &which };
        let call = client.begin(name, asked, &BankchannelCallOptions { progress: 1, ..*kind });
        let mut chunks = payment.chunks(1000);
        let mut max = 0;
        let mut event = call.resume(BankchannelReply::Go, b"");
        loop {
            event = match event.status {
                BankchannelStatus::Progress => {
                    max = max.max(event.json["bytes"].as_u64().unwrap());
                    assert!(event.json["text"].is_string() && event.content.is_none(), "{}", event.json);
                    call.resume(BankchannelReply::Go, b"")
                }
                BankchannelStatus::WantPiece => match chunks.next() {
                    Some(piece) => call.resume(BankchannelReply::Piece, piece),
                    None => call.resume(BankchannelReply::End, b""),
                },
                BankchannelStatus::Piece => call.resume(BankchannelReply::Go, b""),
                _ => break,
            };
        }
        assert_eq!(event.status, BankchannelStatus::Ok, "{}", event.json);
        assert!(max >= wanted as u64, "{max}");
    }

    // The caller's own source fails: the call reports it.
    let call = client.begin("ws_channel.upload_file", &request, &by_pieces);
    let mut event = call.resume(BankchannelReply::Go, b"");
    assert_eq!(event.status, BankchannelStatus::WantPiece);
    event = call.resume(BankchannelReply::Fail, b"the tape tore");
    while event.status == BankchannelStatus::WantPiece {
        event = call.resume(BankchannelReply::Fail, b"the tape tore");
    }
    assert_eq!(event.status, BankchannelStatus::Error, "{}", event.json);
    assert!(event.json["message"].as_str().unwrap().contains("the tape tore"), "{}", event.json);
}

#[test]
fn a_question_is_asked_and_answered_or_fails_in_one_go() {
    let service = Service::start();
    let (public, _) = pgp_key();
    let (_, mut settings) = service.seeded("asked@example.test", &public, b"x");
    settings.as_object_mut().unwrap().remove("id_token");
    settings["mode"] = json!("admin");
    settings["password"] = json!(PASSWORD);
    let client = Client::new(&settings).unwrap();
    let alone = client.call("ws_channel.log_in", &json!({}), ptr::null());
    assert_eq!(
        (alone.status, alone.json["category"].as_str()),
        (BankchannelStatus::Error, Some("invalid_input")),
        "{}",
        alone.json
    );
    let call = client.begin("ws_channel.log_in", &json!({}), ptr::null());
    let mut event = call.resume(BankchannelReply::Go, b"");
    let mut asked = 0;
    while event.status == BankchannelStatus::Ask {
        assert_eq!(event.json["kind"], "sms_code", "{}", event.json);
        assert!(event.json["choices"].is_array());
        asked += 1;
        event = call.resume(BankchannelReply::Answer, b"123456");
    }
    assert_eq!((event.status, asked), (BankchannelStatus::Ok, 1), "{}", event.json);
    let listed = client.call("ws_channel.list_files", &json!({}), ptr::null());
    assert_eq!(listed.status, BankchannelStatus::Ok, "{}", listed.json);
}

/// The log records of a login: taken after each event and after the end, each once, and without secrets.
#[test]
fn a_log_tells_the_steps_and_no_secret() {
    let service = Service::start();
    let (public, _) = pgp_key();
    let (seeded, mut settings) = service.seeded("logged@example.test", &public, b"x");
    settings.as_object_mut().unwrap().remove("id_token");
    settings["mode"] = json!("admin");
    settings["password"] = json!(PASSWORD);
    let client = Client::new(&settings).unwrap();
    let call = client.begin("ws_channel.log_in", &json!({}), &BankchannelCallOptions { log: 1, ..options() });
    let mut event = call.resume(BankchannelReply::Go, b"");
    let before = call.log();
    assert!(!before.is_empty() && call.log().is_empty());
    while event.status == BankchannelStatus::Ask {
        event = call.resume(BankchannelReply::Answer, b"123456");
    }
    assert_eq!(event.status, BankchannelStatus::Ok, "{}", event.json);
    let after = call.log();
    assert!(!after.is_empty() && call.log().is_empty());
    let records = [before, after].concat();
    let mut levels: Vec<&str> = records.iter().map(|record| record["level"].as_str().unwrap()).collect();
    levels.sort_unstable();
    levels.dedup();
    assert!(levels.contains(&"debug") && levels.contains(&"info"), "{levels:?}");
    assert!(levels.iter().all(|level| ["debug", "info", "warning"].contains(level)), "{levels:?}");
    let text = serde_json::Value::Array(records).to_string();
    let token = event.json["id_token"].as_str().unwrap();
    for secret in [PASSWORD, "123456", token, seeded["api_key"].as_str().unwrap()] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_call_is_cancelled_from_another_thread() {
    // A server that accepts the connection and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v2", silent.local_addr().unwrap());
    let client = Client::new(&json!({"base_url": url})).unwrap();
    let mut cancel = ptr::null_mut();
    // SAFETY: our own output.
    unsafe { bankchannel_cancel_new(&raw mut cancel, ptr::null_mut()) };
    let token = cancel as usize;
    let begun = Instant::now();
    let ended = std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            // SAFETY: the token is alive until after the scope.
            unsafe { bankchannel_cancel_now(token as *const BankchannelCancel, ptr::null_mut()) };
        });
        let with = BankchannelCallOptions { cancel, ..options() };
        client.call("ws_channel.init_login", &json!({"email": "a@example.test", "mode": "data"}), &with)
    });
    assert_eq!(
        (ended.json["category"].as_str(), ended.json["outcome"].as_str()),
        (Some("cancelled"), Some("unknown")),
        "{}",
        ended.json
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
    // SAFETY: last use.
    unsafe { bankchannel_cancel_free(cancel) };
}

#[test]
fn a_call_is_for_one_thread_at_a_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client::new(&json!({"base_url": format!("http://{}/v2", silent.local_addr().unwrap())})).unwrap();
    let with = BankchannelCallOptions { timeout_ms: 1500, ..options() };
    let call = client.begin("ws_channel.init_login", &json!({"email": "a@example.test", "mode": "data"}), &with);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| call.resume(BankchannelReply::Go, b""));
        std::thread::sleep(Duration::from_millis(300));
        let second = call.resume(BankchannelReply::Go, b"");
        assert_eq!(
            (second.status, second.json["context"]["field"].as_str()),
            (BankchannelStatus::Misuse, Some("call"))
        );
        assert_eq!(first.join().unwrap().json["category"], "timed_out");
    });
}

#[test]
fn a_stopped_server_says_so() {
    let service = Service::start();
    // SAFETY: the handle is alive until the end of the test.
    unsafe {
        assert_eq!(bankchannel_server_stop(service.handle, ptr::null_mut()), BankchannelStatus::Ok);
        assert_eq!(bankchannel_server_stop(service.handle, ptr::null_mut()), BankchannelStatus::Error);
    }
    assert_eq!(service.ask_info().unwrap_err()["code"], "configuration.closed");
}

#[cfg(unix)]
unsafe extern "C" {
    safe fn fork() -> i32;
    fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
    safe fn _exit(code: i32) -> !;
}

/// In a child, the client continues with its own connections; calls and servers of the parent are refused, and nothing
/// hangs, not even freeing.
#[test]
#[cfg(unix)]
fn a_child_process_goes_on_with_the_client_only() {
    let service = Service::start();
    let (public, _) = pgp_key();
    let (_, settings) = service.seeded("forked@example.test", &public, b"x");
    let client = Client::new(&settings).unwrap();
    assert_eq!(client.call("ws_channel.list_files", &json!({}), ptr::null()).status, BankchannelStatus::Ok);
    let call = client.begin("ws_channel.list_files", &json!({}), ptr::null());
    let child = fork();
    if child == 0 {
        let works = client.call("ws_channel.list_files", &json!({}), ptr::null()).status == BankchannelStatus::Ok;
        let refused = call.resume(BankchannelReply::Go, b"").json["code"] == "configuration.forked"
            && service.ask_info().is_err_and(|error| error["code"] == "configuration.forked");
        drop((call, client, service));
        _exit(if works && refused { 0 } else { 10 + i32::from(works) * 2 + i32::from(refused) });
    }
    let mut status = -1;
    let begun = Instant::now();
    // SAFETY: our own output; WNOHANG is 1.
    while unsafe { waitpid(child, &raw mut status, 1) } == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the child hangs");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(status, 0, "works and refused as bits: {}", (status >> 8) - 10);
    assert_eq!(call.resume(BankchannelReply::Go, b"").status, BankchannelStatus::Ok, "the parent goes on");
}
