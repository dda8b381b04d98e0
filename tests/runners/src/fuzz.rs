//! A target for every parser of foreign bytes: whatever comes, it answers and does not panic.
//!
//! `tests/run` feeds each target its corpus (`tests/fuzz/corpus/NAME/`), mutations of it and random bytes; `tests/long/fuzz`
//! feeds the same functions through cargo-fuzz for as long as it is told.

use std::time::SystemTime;

use bankchannel_crypto::{rsa, totp, x509};
use bankchannel_foundation::{
    Exchange,
    json::{ContentSplitter, SplitError, parse},
    message::{InRequest, InResponse, percent_decode},
    model::{Dialect, Reader, Timestamp},
    redact::redact_words,
};
use bankchannel_openpgp as openpgp;
use bankchannel_ws_channel::{challenge::Returned, operations};
use bytes::Bytes;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("json", |bytes| drop(parse(bytes, 16))),
    ("content_splitter", content_splitter),
    ("ws_channel_request", ws_channel_request),
    ("ws_channel_response", ws_channel_response),
    ("settings", settings),
    ("challenge", |bytes| drop(std::str::from_utf8(bytes).ok().and_then(Returned::parse))),
    ("pgp_public_key", |bytes| drop(openpgp::PublicKey::from_armored(bytes, openpgp::Limits::default()))),
    ("pgp_signatures", |bytes| drop(openpgp::parse_signatures(bytes))),
    ("pgp_inspect", |bytes| drop(openpgp::inspect(bytes, SystemTime::now()))),
    ("certificate", |bytes| drop(x509::Certificate::from_pem(&String::from_utf8_lossy(bytes)))),
    ("rsa_public_key", |bytes| drop(rsa::PublicKey::from_pem(&String::from_utf8_lossy(bytes)))),
    ("rsa_private_key", |bytes| drop(rsa::PrivateKey::from_pem(&String::from_utf8_lossy(bytes)))),
    ("totp_secret", |bytes| drop(totp::Secret::from_base32(&String::from_utf8_lossy(bytes)))),
    ("payment", |bytes| drop(bankchannel_iso20022::pain001::explain(bytes))),
    ("status_report", |bytes| drop(bankchannel_iso20022::pain002::read(bytes))),
    ("statement", |bytes| drop(bankchannel_iso20022::camt::read(bytes))),
    ("text", text),
];

fn content_splitter(bytes: &[u8]) {
    // The first byte chooses how the rest is cut into pieces: the result must not depend on it.
    let Some((&size, bytes)) = bytes.split_first() else { return };
    let split = |size: usize| {
        let mut splitter = ContentSplitter::new("Content", 4096);
        let mut content = Vec::new();
        for piece in bytes.chunks(size.max(1)) {
            splitter.push(piece, &mut |bytes: &[u8]| {
                content.extend_from_slice(bytes);
                Ok::<_, ()>(())
            })?;
        }
        splitter.finish::<()>().map(|(rest, found)| (rest, found, content))
    };
    let whole: Result<_, SplitError<()>> = split(usize::MAX);
    let pieces = split(usize::from(size));
    assert_eq!(whole.is_ok(), pieces.is_ok(), "pieces of {size} are judged otherwise than the whole");
    if let (Ok(whole), Ok(pieces)) = (whole, pieces) {
        assert_eq!(whole, pieces, "pieces of {size} give something else than the whole");
    }
}

macro_rules! exchanges {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        fn ws_channel_request(bytes: &[u8]) {
            let message = || InRequest {
                path: vec![("Email", "a@b.test".into()), ("Mode", "admin".into()), ("Bank", "nordea".into()), ("Phone", "+358401234567".into())],
                body: Bytes::copy_from_slice(bytes),
                ..InRequest::default()
            };
            $(exchanges!(@request $kind $subject $file $name message);)+
        }

        fn ws_channel_response(bytes: &[u8]) {
            let message = |status| InResponse { status, body: Bytes::copy_from_slice(bytes), ..InResponse::default() };
            $(exchanges!(@response $kind $subject $file $name message);)+
        }
    };
    (@request exchange $subject:ident $file:ident $name:ident $message:ident) => {
        drop(operations::$subject::$file::$name::decode_request($message()));
    };
    (@response exchange $subject:ident $file:ident $name:ident $message:ident) => {
        drop(operations::$subject::$file::$name::decode_response($message(200)));
        drop(operations::$subject::$file::$name::decode_response($message(400)));
    };
    (@request local $($rest:tt)*) => {};
    (@response local $($rest:tt)*) => {};
}

bankchannel_ws_channel::for_each_operation!(exchanges);

fn settings(bytes: &[u8]) {
    use bankchannel_foundation::Boundary;
    if let Ok(value) = parse(bytes, 16) {
        // Files and variables are not read here: a fuzzer must not open what it happens to name.
        let text = value.to_json();
        if !text.contains("\"file\"") && !text.contains("\"env\"") {
            drop(bankchannel::ws_channel::WsChannelSettings::read(value, &mut Reader::new(Dialect::Boundary)));
        }
    }
}

fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop(percent_decode(&text));
    drop(redact_words(&text));
    drop(Timestamp::new(&text));
    drop(bankchannel::check_base_url(&text));
}
