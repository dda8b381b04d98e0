//! The contract of docs/c-abi.md, without a service: NULL, UTF-8, sizes, replies, freeing, threads.

#![allow(clippy::unwrap_used)]

mod support;

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
    // SAFETY: it lives for ever.
    assert_eq!(unsafe { CStr::from_ptr(bankchannel_version()) }.to_str().unwrap(), env!("CARGO_PKG_VERSION"));
    let mut json = BankchannelBytes::NOTHING;
    // SAFETY: a place of ours.
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
        // Without a place for the error, the status still says it.
        assert_eq!(call(ptr::null_mut()), BankchannelStatus::Misuse, "{argument}");
    };
    let (json, content) = (&raw mut json, &raw mut content);
    let mut call = ptr::null_mut();
    let call = &raw mut call;
    let (no_json, no_options) = (ptr::null_mut(), ptr::null());
    // SAFETY: NULL is what is tested; everything else is ours.
    unsafe {
        check("json", &mut |e| bankchannel_catalogue(ptr::null_mut(), e));
        check("client", &mut |e| bankchannel_client_new(request, request_size, ptr::null_mut(), e));
        check("settings", &mut |e| bankchannel_client_new(ptr::null(), 1, &mut ptr::null_mut(), e));
        check("json", &mut |e| {
            bankchannel_call(client.0, name, name_size, request, request_size, no_options, no_json, content, e)
        });
        check("content", &mut |e| {
            bankchannel_call(client.0, name, name_size, request, request_size, no_options, json, no_json, e)
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
        check("call", &mut |e| {
            bankchannel_call_begin(client.0, name, name_size, request, request_size, no_options, ptr::null_mut(), e)
        });
        check("client", &mut |e| {
            bankchannel_call_begin(ptr::null(), name, name_size, request, request_size, no_options, call, e)
        });
        check("call", &mut |e| bankchannel_call_resume(ptr::null_mut(), 0, ptr::null(), 0, json, content, e));
        check("json", &mut |e| {
            bankchannel_local(name, name_size, request, request_size, no_options, no_json, content, e)
        });
        check("options", &mut |e| bankchannel_call_options_init(ptr::null_mut(), 64, e));
        check("cancel", &mut |e| bankchannel_cancel_new(ptr::null_mut(), e));
        check("cancel", &mut |e| bankchannel_cancel_now(ptr::null(), e));
        check("server", &mut |e| bankchannel_server_start(name, name_size, ptr::null(), 0, ptr::null_mut(), e));
        check("kind", &mut |e| bankchannel_server_start(ptr::null(), 1, ptr::null(), 0, &mut ptr::null_mut(), e));
        check("server", &mut |e| bankchannel_server_info(ptr::null(), json, e));
        check("server", &mut |e| bankchannel_server_stop(ptr::null_mut(), e));
        assert!((*json).owner.is_null() && (*content).owner.is_null() && (*call).is_null());
        // Freeing nothing does nothing.
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
fn what_is_not_utf8_is_a_misuse() {
    let client = client();
    let bad: &[u8] = b"\xc3\x28";
    let (mut json, mut content, mut error) = (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING, ptr::null_mut());
    let (json, content) = (&raw mut json, &raw mut content);
    let (name, name_size) = text("ws_channel.list_files");
    // SAFETY: buffers and places of ours.
    let statuses = unsafe {
        [
            bankchannel_client_new(bad.as_ptr().cast(), 2, &mut ptr::null_mut(), &raw mut error),
            bankchannel_call(
                client.0,
                bad.as_ptr().cast(),
                2,
                ptr::null(),
                0,
                ptr::null(),
                json,
                content,
                ptr::null_mut(),
            ),
            bankchannel_call(
                client.0,
                name,
                name_size,
                bad.as_ptr().cast(),
                2,
                ptr::null(),
                json,
                content,
                ptr::null_mut(),
            ),
        ]
    };
    assert_eq!(statuses, [BankchannelStatus::Misuse; 3]);
    assert_eq!(take_error(error)["message"], "settings: must be UTF-8");
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
fn options_are_read_as_far_as_their_size_says() {
    let client = client();
    let code = |options: &BankchannelCallOptions| {
        client.call("ws_channel.list_files", &json!({"bank": "simulator"}), options).status
    };
    assert_eq!(code(&BankchannelCallOptions { size: 8, ..options() }), BankchannelStatus::Misuse);
    assert_eq!(code(&BankchannelCallOptions { size: usize::MAX, ..options() }), BankchannelStatus::Misuse);
    assert_eq!(code(&BankchannelCallOptions { timeout_ms: -2, ..options() }), BankchannelStatus::Misuse);
    assert_eq!(code(&BankchannelCallOptions { content_kind: 77, ..options() }), BankchannelStatus::Misuse);
    assert_eq!(
        code(&BankchannelCallOptions { content_kind: BankchannelContent::Replace as u32, ..options() }),
        BankchannelStatus::Misuse
    );
    assert_eq!(
        code(&BankchannelCallOptions { destination_kind: BankchannelContent::Bytes as u32, ..options() }),
        BankchannelStatus::Misuse
    );
    assert_eq!(
        code(&BankchannelCallOptions { destination_kind: BankchannelContent::Path as u32, ..options() }),
        BankchannelStatus::Misuse
    );
    assert_eq!(
        code(&BankchannelCallOptions { content_kind: BankchannelContent::Pieces as u32, ..options() }),
        BankchannelStatus::Misuse
    );
    // A program of a later version: fine while what it knows more is not set.
    #[repr(C)]
    struct Later {
        known: BankchannelCallOptions,
        more: u64,
    }
    let mut later = Later { known: options(), more: 0 };
    later.known.size = size_of::<Later>();
    assert_eq!(code(&later.known), BankchannelStatus::Error);
    later.more = 1;
    let name = "ws_channel.list_files";
    let ended = client.call(name, &json!({"bank": "simulator"}), (&raw const later).cast());
    assert_eq!(ended.status, BankchannelStatus::Misuse, "{}", ended.json);
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
    // SAFETY: a place of ours, and the token is freed once.
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
    // SAFETY: the last use.
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
    // An operation that needs the network is none of them.
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
