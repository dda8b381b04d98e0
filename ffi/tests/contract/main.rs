//! The contract of docs/c-abi.md, without a service: NULL, UTF-8, sizes, replies, freeing, threads.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod compute;
mod options;

use std::{ffi::CStr, ptr};

use bankchannel_c::*;
use serde_json::{Value, json};
use support::*;

fn client() -> Client {
    Client::new(&json!({"base_url": "http://127.0.0.1:9/v2"})).unwrap()
}

#[test]
fn versions_and_catalogue() {
    assert_eq!(bankchannel_abi_version(), BANKCHANNEL_ABI_VERSION);
    // SAFETY: it is valid for ever.
    assert_eq!(unsafe { CStr::from_ptr(bankchannel_version()) }.to_str().unwrap(), env!("CARGO_PKG_VERSION"));
    let mut json = BankchannelBytes::NOTHING;
    // SAFETY: our own output.
    assert_eq!(unsafe { bankchannel_catalogue(&raw mut json, ptr::null_mut()) }, BankchannelStatus::Ok);
    let catalogue: Value = serde_json::from_slice(&take(&mut json).unwrap()).unwrap();
    let names: Vec<&str> = catalogue.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"ws_channel.list_files") && names.contains(&"ws_channel.upload_file"), "{names:?}");
}

#[test]
fn every_null_is_a_misuse_that_names_the_argument() {
    let client = client();
    let (name, name_size) = text("ws_channel.list_files");
    let (request, request_size) = text("{}");
    // Content needs an output if there may be any.
    let (gives, gives_size) = text("ws_channel.download_file");
    let (mut json, mut content, mut error) = (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING, ptr::null_mut());
    let mut check = |argument: &str, call: &mut dyn FnMut(*mut *mut BankchannelError) -> BankchannelStatus| {
        assert_eq!(call(&raw mut error), BankchannelStatus::Misuse, "{argument}");
        let told = take_error(error);
        assert_eq!(
            (told["code"].as_str(), told["context"]["field"].as_str()),
            (Some("input.invalid_field"), Some(argument)),
            "{told}"
        );
        error = ptr::null_mut();
        // Without an output for the error, the status still reports it.
        assert_eq!(call(ptr::null_mut()), BankchannelStatus::Misuse, "{argument}");
    };
    let (json, content) = (&raw mut json, &raw mut content);
    let mut call = ptr::null_mut();
    let call = &raw mut call;
    let (no_json, no_options) = (ptr::null_mut(), ptr::null());
    // SAFETY: NULL is tested; everything else is ours.
    unsafe {
        check("json", &mut |e| bankchannel_catalogue(ptr::null_mut(), e));
        check("client", &mut |e| bankchannel_client_new(request, request_size, ptr::null_mut(), e));
        check("settings", &mut |e| bankchannel_client_new(ptr::null(), 1, &mut ptr::null_mut(), e));
        check("json", &mut |e| {
            bankchannel_call(client.0, name, name_size, request, request_size, no_options, no_json, content, e)
        });
        check("content", &mut |e| {
            bankchannel_call(client.0, gives, gives_size, request, request_size, no_options, json, no_json, e)
        });
        check("client", &mut |e| {
            bankchannel_call(ptr::null(), name, name_size, request, request_size, no_options, json, content, e)
        });
        check("name", &mut |e| {
            bankchannel_call(client.0, ptr::null(), 3, request, request_size, no_options, json, content, e)
        });
        check("request", &mut |e| {
            bankchannel_call(client.0, name, name_size, ptr::null(), 3, no_options, json, content, e)
        });
        let arguments = [c"bankchannel".as_ptr(), ptr::null()];
        check("exit_code", &mut |e| bankchannel_command(arguments.as_ptr(), 1, ptr::null_mut(), e));
        check("arguments", &mut |e| bankchannel_command(ptr::null(), 1, &mut 0, e));
        check("arguments", &mut |e| bankchannel_command(arguments.as_ptr(), 0, &mut 0, e));
        check("arguments", &mut |e| bankchannel_command(arguments.as_ptr(), 2, &mut 0, e));
        check("call", &mut |e| {
            bankchannel_call_begin(client.0, name, name_size, request, request_size, no_options, ptr::null_mut(), e)
        });
        check("client", &mut |e| {
            bankchannel_call_begin(ptr::null(), name, name_size, request, request_size, no_options, call, e)
        });
        check("name", &mut |e| {
            bankchannel_call_begin(client.0, ptr::null(), 3, request, request_size, no_options, call, e)
        });
        check("request", &mut |e| {
            bankchannel_call_begin(client.0, name, name_size, ptr::null(), 3, no_options, call, e)
        });
        check("call", &mut |e| bankchannel_call_resume(ptr::null_mut(), 0, ptr::null(), 0, json, content, e));
        let begun = client.begin("ws_channel.download_file", &json!({}), no_options);
        check("json", &mut |e| bankchannel_call_resume(begun.0, 0, ptr::null(), 0, no_json, content, e));
        check("content", &mut |e| bankchannel_call_resume(begun.0, 0, ptr::null(), 0, json, no_json, e));
        for reply in [BankchannelReply::Answer, BankchannelReply::Piece, BankchannelReply::Fail] {
            check("data", &mut |e| bankchannel_call_resume(begun.0, reply as u32, ptr::null(), 1, json, content, e));
        }
        check("call", &mut |e| bankchannel_call_log(ptr::null_mut(), json, e));
        check("json", &mut |e| bankchannel_call_log(begun.0, no_json, e));
        check("json", &mut |e| {
            bankchannel_local(name, name_size, request, request_size, no_options, no_json, content, e)
        });
        check("name", &mut |e| bankchannel_local(ptr::null(), 1, request, request_size, no_options, json, content, e));
        check("request", &mut |e| bankchannel_local(name, name_size, ptr::null(), 1, no_options, json, content, e));
        for (argument, set) in [
            ("content", BankchannelCallOptions { content_kind: 1, content_size: 3, ..options() }),
            ("content", BankchannelCallOptions { content_kind: 2, content_size: 3, ..options() }),
            ("destination", BankchannelCallOptions { destination_kind: 2, destination_size: 3, ..options() }),
            ("destination", BankchannelCallOptions { destination_kind: 3, destination_size: 3, ..options() }),
        ] {
            check(argument, &mut |e| {
                bankchannel_call_begin(client.0, name, name_size, request, request_size, &raw const set, call, e)
            });
        }
        check("options", &mut |e| bankchannel_call_options_init(ptr::null_mut(), 64, e));
        check("cancel", &mut |e| bankchannel_cancel_new(ptr::null_mut(), e));
        check("cancel", &mut |e| bankchannel_cancel_now(ptr::null(), e));
        check("server", &mut |e| bankchannel_server_start(name, name_size, ptr::null(), 0, ptr::null_mut(), e));
        check("kind", &mut |e| bankchannel_server_start(ptr::null(), 1, ptr::null(), 0, &mut ptr::null_mut(), e));
        check("options", &mut |e| bankchannel_server_start(name, name_size, ptr::null(), 1, &mut ptr::null_mut(), e));
        check("json", &mut |e| bankchannel_server_info(ptr::null(), no_json, e));
        check("server", &mut |e| bankchannel_server_info(ptr::null(), json, e));
        check("server", &mut |e| bankchannel_server_control(ptr::null(), name, name_size, ptr::null(), 0, json, e));
        check("json", &mut |e| bankchannel_server_control(ptr::null(), name, name_size, ptr::null(), 0, no_json, e));
        check("order", &mut |e| bankchannel_server_control(ptr::null(), ptr::null(), 1, ptr::null(), 0, json, e));
        check("request", &mut |e| bankchannel_server_control(ptr::null(), name, name_size, ptr::null(), 1, json, e));
        check("server", &mut |e| bankchannel_server_stop(ptr::null_mut(), e));
        assert!((*json).owner.is_null() && (*content).owner.is_null() && (*call).is_null());
        // Freeing NULL does nothing.
        bankchannel_bytes_free(ptr::null_mut());
        bankchannel_error_free(ptr::null_mut());
        bankchannel_client_free(ptr::null_mut());
        bankchannel_call_free(ptr::null_mut());
        bankchannel_cancel_free(ptr::null_mut());
        bankchannel_server_free(ptr::null_mut());
        assert!(bankchannel_error_code(ptr::null()).is_null() && bankchannel_error_json(ptr::null()).is_null());
        assert!(bankchannel_error_message(ptr::null()).is_null());
        assert_eq!(bankchannel_error_category(ptr::null()), BankchannelCategory::None);
    }
}

#[test]
fn what_is_not_utf8_is_a_misuse_that_names_the_argument() {
    let client = client();
    let (torn, size) = (b"\xc3\x28".as_ptr().cast(), 2);
    let (name, name_size) = text("ws_channel.list_files");
    let (mut json, mut content) = (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING);
    let (json, content) = (&raw mut json, &raw mut content);
    let none = ptr::null();
    let check = |argument: &str, call: &mut dyn FnMut(*mut *mut BankchannelError) -> BankchannelStatus| {
        let mut error = ptr::null_mut();
        assert_eq!(call(&raw mut error), BankchannelStatus::Misuse, "{argument}");
        assert_eq!(take_error(error)["message"], format!("{argument}: must be UTF-8"));
    };
    let call = client.begin("ws_channel.list_files", &json!({}), none);
    let begun = &mut ptr::null_mut();
    let server = &mut ptr::null_mut();
    // SAFETY: our own buffers and outputs.
    unsafe {
        check("settings", &mut |e| bankchannel_client_new(torn, size, &mut ptr::null_mut(), e));
        check("name", &mut |e| bankchannel_call(client.0, torn, size, none.cast(), 0, none, json, content, e));
        check("request", &mut |e| bankchannel_call(client.0, name, name_size, torn, size, none, json, content, e));
        check("name", &mut |e| bankchannel_call_begin(client.0, torn, size, none.cast(), 0, none, begun, e));
        check("request", &mut |e| bankchannel_call_begin(client.0, name, name_size, torn, size, none, begun, e));
        check("name", &mut |e| bankchannel_local(torn, size, none.cast(), 0, none, json, content, e));
        check("request", &mut |e| bankchannel_local(name, name_size, torn, size, none, json, content, e));
        for reply in [BankchannelReply::Answer, BankchannelReply::Fail] {
            check("data", &mut |e| bankchannel_call_resume(call.0, reply as u32, torn, size, json, content, e));
        }
        check("kind", &mut |e| bankchannel_server_start(torn, size, none.cast(), 0, server, e));
        check("options", &mut |e| bankchannel_server_start(name, name_size, torn, size, server, e));
        // A path is no text: it is bytes, as the operating system has them.
        for set in [
            BankchannelCallOptions { content_kind: 2, content: torn, content_size: size, ..options() },
            BankchannelCallOptions { destination_kind: 2, destination: torn, destination_size: size, ..options() },
        ] {
            let mut error = ptr::null_mut();
            let status = bankchannel_call(
                client.0,
                name,
                name_size,
                none.cast(),
                0,
                &raw const set,
                json,
                content,
                &raw mut error,
            );
            assert_eq!(status, BankchannelStatus::Error);
            let error = take_error(error);
            assert_ne!(error["category"], "misuse", "{error}");
        }
        assert!((*json).owner.is_null() && (*content).owner.is_null() && begun.is_null() && server.is_null());
    }
}

#[test]
fn content_that_there_is_not_needs_no_place() {
    let client = client();
    let path = tempfile::tempdir().unwrap().path().join("got");
    let (path, path_size) = text(path.to_str().unwrap());
    let to_file =
        BankchannelCallOptions { destination_kind: 2, destination: path, destination_size: path_size, ..options() };
    let listing = json!({"bank": "simulator"}).to_string();
    let file = json!({"bank": "simulator", "file_type": "KTL", "file_reference": "R1"}).to_string();
    let key = json!({"name": "A Person", "email": "person@example.test"}).to_string();
    let (mut json, mut error) = (BankchannelBytes::NOTHING, ptr::null_mut());
    let (none, no_options) = (ptr::null_mut(), ptr::null());
    for (name, request, options) in
        [("ws_channel.list_files", &listing, no_options), ("ws_channel.download_file", &file, &raw const to_file)]
    {
        let ((name, name_size), (request, size)) = (text(name), text(request));
        // SAFETY: NULL is tested; everything else is ours.
        unsafe {
            let status = bankchannel_call(
                client.0,
                name,
                name_size,
                request,
                size,
                options,
                &raw mut json,
                none,
                &raw mut error,
            );
            // Not logged in: the call itself was tried.
            assert_eq!(status, BankchannelStatus::Error);
            assert_eq!(take_error(error)["code"], "ws_channel.not_logged_in");
            let mut call = ptr::null_mut();
            let begun = bankchannel_call_begin(
                client.0,
                name,
                name_size,
                request,
                size,
                options,
                &raw mut call,
                &raw mut error,
            );
            assert_eq!(begun, BankchannelStatus::Ok);
            let status = bankchannel_call_resume(call, 0, ptr::null(), 0, &raw mut json, none, &raw mut error);
            assert_eq!(status, BankchannelStatus::Error);
            assert_eq!(take_error(error)["code"], "ws_channel.not_logged_in");
            bankchannel_call_free(call);
        }
    }
    let ((name, name_size), (request, size)) = (text("ws_channel.generate_key"), text(&key));
    // SAFETY: as above.
    let status =
        unsafe { bankchannel_local(name, name_size, request, size, no_options, &raw mut json, none, &raw mut error) };
    assert_eq!(status, BankchannelStatus::Ok);
    assert!(take(&mut json).is_some());
}

/// NUL does not end a text here: a text that contains one is refused.
#[test]
fn a_nul_inside_is_refused_and_cuts_nothing() {
    let client = client();
    let misuse = |set: BankchannelCallOptions| client.call("ws_channel.list_files", &json!({}), &raw const set);
    let (path, size) = text("a\0b");
    for ended in [
        misuse(BankchannelCallOptions { content_kind: 2, content: path, content_size: size, ..options() }),
        misuse(BankchannelCallOptions { destination_kind: 2, destination: path, destination_size: size, ..options() }),
    ] {
        assert_eq!(ended.status, BankchannelStatus::Misuse);
        assert!(ended.json["message"].as_str().unwrap().contains("without NUL"), "{}", ended.json);
    }
    let unknown = client.call("ws_channel.list_files\0", &json!({}), ptr::null());
    assert_eq!(unknown.json["code"], "input.unknown_operation", "{}", unknown.json);
    let code = |text: &str| {
        let ((name, name_size), (request, size)) = (support::text("ws_channel.list_files"), support::text(text));
        let (mut json, mut content, mut error) =
            (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING, ptr::null_mut());
        // SAFETY: our own outputs and buffers.
        let status = unsafe {
            bankchannel_call(
                client.0,
                name,
                name_size,
                request,
                size,
                ptr::null(),
                &raw mut json,
                &raw mut content,
                &raw mut error,
            )
        };
        assert_eq!(status, BankchannelStatus::Error, "{text:?}");
        take_error(error)["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code("{}\0"), "input.invalid_json");
    assert_eq!(code("{\"bank\":\"simu\0lator\"}"), "input.invalid_json");
    assert_eq!(code(r#"{"bank":"simulator","file_type":"a\u0000b"}"#), "input.invalid_field");
    // Invalid JSON: cut off, too deep, a duplicate key, not an object.
    assert_eq!(code("{\"bank\":"), "input.invalid_json");
    assert_eq!(code(&format!("{{\"bank\":{}1{}}}", "[".repeat(40), "]".repeat(40))), "input.invalid_json");
    assert_eq!(code(r#"{"bank":"simulator","bank":"simulator"}"#), "input.invalid_json");
    assert!(code("[]").starts_with("input."));
}

#[test]
fn wrong_fields_are_named_and_too_much_is_too_much() {
    let client = client();
    for (request, code, field) in [
        (json!({"bank": "simulator", "colour": "red"}), "input.unknown_field", "colour"),
        (json!({"bank": 5}), "input.invalid_field", "bank"),
        (json!({"bank": "a-bank-on-the-moon"}), "input.invalid_field", "bank"),
        (json!({"bank": "simulator", "file_type": ["x"]}), "input.invalid_field", "file_type"),
        (json!({}), "input.missing_field", "bank"),
    ] {
        let ended = client.call("ws_channel.list_files", &request, ptr::null());
        let found = (ended.json["code"].as_str(), ended.json["context"]["field"].as_str());
        assert_eq!(found, (Some(code), Some(field)), "{}", ended.json);
    }
    let long = json!({"bank": "simulator", "file_type": "x".repeat(17 * 1024 * 1024)});
    let ended = client.call("ws_channel.list_files", &long, ptr::null());
    assert_eq!(ended.json["code"], "input.too_large", "{}", ended.json);
    let refused = Client::new(&json!({"email": "x".repeat(17 * 1024 * 1024)})).err().unwrap();
    assert_eq!(refused["code"], "input.too_large");
    assert_eq!(local("ws_channel.sign_file", &long, &options()).json["code"], "input.too_large");
    // An impossible size is refused.
    let (name, name_size) = text("ws_channel.list_files");
    let (mut json, mut content, mut error) = (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING, ptr::null_mut());
    // SAFETY: the size is refused before the buffer is read.
    let status = unsafe {
        let (json, content) = (&raw mut json, &raw mut content);
        bankchannel_call(client.0, name, name_size, name, usize::MAX, ptr::null(), json, content, &raw mut error)
    };
    assert_eq!(status, BankchannelStatus::Misuse);
    assert!(take_error(error)["message"].as_str().unwrap().starts_with("request: "));
}

#[test]
fn errors_arrive_whole() {
    let error = Client::new(&json!({"base_url": "http://127.0.0.1:9/v2", "colour": "red"})).err().unwrap();
    assert_eq!(
        (error["code"].as_str(), error["category"].as_str()),
        (Some("input.unknown_field"), Some("invalid_input"))
    );
    let ended = client().call("ws_channel.no_such_thing", &json!({}), ptr::null());
    assert_eq!(
        (ended.status, ended.json["code"].as_str()),
        (BankchannelStatus::Error, Some("input.unknown_operation"))
    );
    let ended = client().call("ws_channel.list_files", &json!({"bank": "a-bank-on-the-moon"}), ptr::null());
    assert_eq!(ended.json["context"]["field"], "bank", "{}", ended.json);
    let refused =
        client().call("ws_channel.init_login", &json!({"email": "a@example.test", "mode": "data"}), ptr::null());
    assert_eq!(refused.json["category"], "transport", "{}", refused.json);
    assert_eq!(refused.json["outcome"], "not_sent", "{}", refused.json);
    assert_eq!(refused.json["operation"], "ws_channel.init_login");
}

#[test]
fn replies_that_do_not_fit_leave_the_call_as_it_was() {
    let client = client();
    let call = client.begin("ws_channel.init_login", &json!({"email": "a@example.test", "mode": "data"}), ptr::null());
    for (reply, data) in [
        (BankchannelReply::Piece, &b"x"[..]),
        (BankchannelReply::End, b""),
        (BankchannelReply::Answer, b"1"),
        (BankchannelReply::Fail, b""),
    ] {
        assert_eq!(call.resume(reply, data).status, BankchannelStatus::Misuse, "{reply:?}");
    }
    assert_eq!(call.resume(BankchannelReply::Piece, b"").status, BankchannelStatus::Misuse);
    let ended = call.resume(BankchannelReply::Go, b"");
    assert_eq!((ended.status, ended.json["category"].as_str()), (BankchannelStatus::Error, Some("transport")));
    let again = call.resume(BankchannelReply::Go, b"");
    assert_eq!((again.status, again.json["code"].as_str()), (BankchannelStatus::Error, Some("configuration.closed")));
}

#[test]
fn a_deadline_of_zero_and_a_cancelled_token_send_nothing() {
    let client = client();
    let request = json!({"email": "a@example.test", "mode": "data"});
    let ended = client.call("ws_channel.init_login", &request, &BankchannelCallOptions { timeout_ms: 0, ..options() });
    assert_eq!(
        (ended.json["category"].as_str(), ended.json["outcome"].as_str()),
        (Some("timed_out"), Some("not_sent")),
        "{}",
        ended.json
    );
    let mut cancel = ptr::null_mut();
    // SAFETY: our own output, and the token is freed once.
    unsafe {
        assert_eq!(bankchannel_cancel_new(&raw mut cancel, ptr::null_mut()), BankchannelStatus::Ok);
        assert_eq!(bankchannel_cancel_now(cancel, ptr::null_mut()), BankchannelStatus::Ok);
    }
    let ended = client.call("ws_channel.init_login", &request, &BankchannelCallOptions { cancel, ..options() });
    assert_eq!(
        (ended.json["category"].as_str(), ended.json["outcome"].as_str()),
        (Some("cancelled"), Some("not_sent")),
        "{}",
        ended.json
    );
    // SAFETY: last use.
    unsafe { bankchannel_cancel_free(cancel) };
}

#[test]
fn local_operations_need_no_client_and_take_content() {
    let (public, private) = pgp_key();
    let bytes = b"what is signed";
    let with = BankchannelCallOptions {
        content_kind: BankchannelContent::Bytes as u32,
        content: bytes.as_ptr().cast(),
        content_size: bytes.len(),
        ..options()
    };
    let signed = local("ws_channel.sign_file", &json!({"private_key": private}), &with);
    assert_eq!(signed.status, BankchannelStatus::Ok, "{}", signed.json);
    assert!(signed.content.is_none());
    let verified =
        local("ws_channel.verify_file", &json!({"public_key": public, "signature": signed.json["signature"]}), &with);
    assert_eq!(verified.json["good"], true, "{}", verified.json);
    let other = BankchannelCallOptions { content_size: bytes.len() - 1, ..with };
    let verified =
        local("ws_channel.verify_file", &json!({"public_key": public, "signature": signed.json["signature"]}), &other);
    assert_eq!(verified.json["good"], false, "{}", verified.json);
    // An operation that needs the network is not local.
    let refused = local("ws_channel.list_files", &json!({"bank": "simulator"}), &options());
    assert_eq!((refused.status, refused.json["category"].as_str()), (BankchannelStatus::Error, Some("invalid_input")));
}

#[test]
fn many_threads_share_a_client() {
    let client = client();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..3 {
                    let ended = client.call(
                        "ws_channel.init_login",
                        &json!({"email": "a@example.test", "mode": "data"}),
                        ptr::null(),
                    );
                    assert_eq!(ended.json["category"], "transport", "{}", ended.json);
                }
            });
        }
    });
}
