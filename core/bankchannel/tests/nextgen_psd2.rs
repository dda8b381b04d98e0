//! A third party's client: what its settings give, and whom its operations belong to.
#![allow(clippy::unwrap_used)]

use bankchannel::{
    CallOptions, Client, Settings,
    model::Value,
    nextgen_psd2::{
        NextGenPsd2, NextGenPsd2Settings,
        operations::{
            certificates::make_certificates::MakeCertificatesRequest, signing::sign_request::SignRequestRequest,
            verification::verify_request::VerifyRequestRequest,
        },
    },
    ws_channel::{WsChannel, WsChannelSettings},
};
use serde_json::json;

/// Certificates of a third party, and the settings that name them.
fn party() -> (tempfile::TempDir, NextGenPsd2) {
    let maker = NextGenPsd2::new(NextGenPsd2Settings::default()).unwrap();
    let request: MakeCertificatesRequest = maker.request(json!({})).unwrap();
    let made = maker.make_certificates(request).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("qseal.pem"), &made.qseal_certificate).unwrap();
    std::fs::write(folder.path().join("ca.pem"), &made.authority_certificate).unwrap();
    std::fs::write(folder.path().join("qseal.key"), made.qseal_key.expose()).unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let settings = json!({
        "certificate_file": at("qseal.pem"),
        "trusted_file": at("ca.pem"),
        "private_key": {"file": at("qseal.key")},
        "signing": {"dialect": "bg"},
    });
    let client = NextGenPsd2::from_json(settings).unwrap();
    (folder, client)
}

#[test]
fn settings_fill_in_what_requests_leave_out_and_files_are_read_once() {
    let (folder, client) = party();
    // What is read is kept: a rotated or removed file changes nothing for a client that is there.
    drop(folder);
    let sign: SignRequestRequest = client.request(json!({"method": "GET", "target": "/bg/v1/consents/1"})).unwrap();
    let signed = client.sign_request(sign).unwrap();
    assert!(!signed.headers.iter().any(|header| header.name == "Date"), "the dialect is the settings'");
    let headers: Vec<_> =
        signed.headers.iter().map(|field| json!({"name": field.name, "value": field.value})).collect();
    let verify = json!({"method": "GET", "target": "/bg/v1/consents/1", "headers": headers, "dialect": "bg"});
    let typed: VerifyRequestRequest = client.request(verify.clone()).unwrap();
    assert!(client.verify_request(typed).unwrap().valid);
    assert_eq!(client.call_local("nextgen_psd2.verify_request", verify, None).unwrap()["verdict"], "ok");
}

#[test]
fn settings_that_cannot_be_used_name_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("long.pem");
    std::fs::write(&long, "x".repeat(256 * 1024 + 1)).unwrap();
    for (settings, field) in [
        (json!({"certificate_file": "/no/such/file"}), "certificate_file"),
        (json!({"trusted_file": long}), "trusted_file"),
        (json!({"certificate": "x", "certificate_file": "y"}), "certificate_file"),
        (json!({"signing": {"header_order": ["no name"]}}), "signing"),
    ] {
        let error = NextGenPsd2::from_json(settings).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)));
    }
    let read = |settings: serde_json::Value| Settings::read(settings.into());
    assert_eq!(read(json!({"protocol": "fints"})).unwrap_err().detail("field"), Some("protocol"));
    let from_env = read(json!({"protocol": "nextgen-psd2"})).unwrap().or_env().unwrap_err();
    assert_eq!(from_env.detail("field"), Some("from_env"));
}

#[tokio::test]
async fn what_only_computes_needs_no_client_of_its_own_and_an_exchange_does() {
    let tpp = Client::NextGenPsd2(NextGenPsd2::new(NextGenPsd2Settings::default()).unwrap());
    let channel = Client::WsChannel(WsChannel::new(WsChannelSettings::default()).unwrap());
    for client in [&tpp, &channel] {
        let request: Value<'_> = json!({"text": "ø"}).into();
        let done = client.call_values("nextgen_psd2.encode_header", request, CallOptions::default()).await.unwrap();
        assert_eq!(serde_json::Value::from(done.response)["value"], "=?utf-8?B?w7g=?=");
    }
    let error = tpp.call_values("ws_channel.list_files", Value::Null, CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "input.unknown_operation");
    assert!(error.message().contains("belongs to ws-channel"), "{error}");
}
