//! The options of a call: sizes, members that are not known, the request id.

use std::ptr;

use bankchannel_c::*;
use serde_json::json;

use crate::{client, support::*};

#[test]
fn options_are_read_as_far_as_their_size_says() {
    let client = client();
    let code = |options: &BankchannelCallOptions| {
        client.call("ws_channel.list_files", &json!({"bank": "simulator"}), options).status
    };
    assert_eq!(code(&BankchannelCallOptions { size: 8, ..options() }), BankchannelStatus::Misuse);
    // A program of the first version, whose options end before `log`: the bytes after them are neither read nor filled.
    let first = std::mem::offset_of!(BankchannelCallOptions, log);
    let older = BankchannelCallOptions { size: first, log: 77, progress: 77, ..options() };
    assert_eq!(code(&older), BankchannelStatus::Error);
    let mut filled = BankchannelCallOptions { timeout_ms: 5, log: 77, progress: 77, ..options() };
    // SAFETY: our own output, larger than the size given.
    let status = unsafe { bankchannel_call_options_init(&raw mut filled, first, ptr::null_mut()) };
    assert_eq!(status, BankchannelStatus::Ok);
    assert_eq!((filled.size, filled.timeout_ms, filled.log, filled.progress), (first, -1, 77, 77));
    assert_eq!(code(&BankchannelCallOptions { size: first - 1, ..options() }), BankchannelStatus::Misuse);
    assert_eq!(code(&BankchannelCallOptions { progress: 2, ..options() }), BankchannelStatus::Misuse);
    // A call in one step has no moment to report progress.
    assert_eq!(code(&BankchannelCallOptions { progress: 1, ..options() }), BankchannelStatus::Misuse);
    assert_eq!(code(&BankchannelCallOptions { log: 2, ..options() }), BankchannelStatus::Misuse);
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
    // A program of a later version: accepted as long as its additional members are not set.
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
fn a_request_id_goes_out_and_is_told_in_the_error() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
    let seen = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut part = [0; 1024];
            let size = stream.read(&mut part).unwrap();
            head.extend_from_slice(&part[..size]);
        }
        stream.write_all(b"HTTP/1.1 400 Reason\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").unwrap();
        String::from_utf8(head).unwrap()
    });
    let client = Client::new(&json!({"protocol": "ws-channel", "base_url": base_url})).unwrap();
    let request = json!({"email": "a@example.test", "mode": "data"});
    let (request_id, request_id_size) = text("nightly-run:7");
    let with = BankchannelCallOptions { request_id, request_id_size, ..options() };
    let ended = client.call("ws_channel.init_login", &request, &with);
    let head = seen.join().unwrap().to_ascii_lowercase();
    assert!(head.contains("\r\nx-request-id: nightly-run:7\r\n"), "{head}");
    assert_eq!(ended.json["context"]["request_id"], "nightly-run:7", "{}", ended.json);

    // Nothing else is sent, and nothing is repeated; an operation that sends nothing checks it as well.
    for wrong in ["", "Toddler_..12345 6789", "a/b", "ä"] {
        let (request_id, request_id_size) = text(wrong);
        let with = BankchannelCallOptions { request_id, request_id_size, ..options() };
        let begun = client.begin("ws_channel.init_login", &request, &with).resume(BankchannelReply::Go, b"");
        let called = client.call("ws_channel.totp_code", &json!({"secret": "JBSWY3DPEHPK3PXP"}), &with);
        let computed = local("ws_channel.totp_code", &json!({"secret": "JBSWY3DPEHPK3PXP"}), &with);
        for ended in [begun, called, computed] {
            assert_eq!(
                (ended.json["code"].as_str(), ended.json["context"]["field"].as_str(), ended.json["outcome"].as_str()),
                (Some("input.invalid_field"), Some("request_id"), Some("not_sent")),
                "{}",
                ended.json
            );
            assert!(!ended.json.to_string().contains("Toddler"), "{}", ended.json);
        }
    }
    let bytes = [0xff_u8, b'a'];
    let not_text = BankchannelCallOptions { request_id: bytes.as_ptr().cast(), request_id_size: 2, ..options() };
    let ended = client.call("ws_channel.init_login", &request, &not_text);
    assert_eq!(
        (ended.json["code"].as_str(), ended.json["outcome"].as_str()),
        (Some("input.invalid_field"), Some("not_sent"))
    );
    let without_place = BankchannelCallOptions { request_id: ptr::null(), request_id_size: 3, ..options() };
    assert_eq!(client.call("ws_channel.init_login", &request, &without_place).status, BankchannelStatus::Misuse);
    // A program whose options end before it: its bytes are not read.
    let older = std::mem::offset_of!(BankchannelCallOptions, request_id);
    let before = BankchannelCallOptions { size: older, request_id: ptr::dangling(), request_id_size: 9, ..options() };
    let ended = client.call("ws_channel.init_login", &request, &before);
    assert_eq!((ended.status, ended.json["category"].as_str()), (BankchannelStatus::Error, Some("transport")));
    assert!(ended.json["context"].get("request_id").is_none(), "{}", ended.json);
}
