//! A third party's client: the effect of its settings, and the clients that its operations belong to.

use bankchannel::{
    CallOptions, Client, Settings,
    model::{Profile, Value},
    nextgen_psd2::{
        MakeCertificatesRequest, NextGenPsd2, NextGenPsd2Settings, SignRequestRequest, VerifyRequestRequest,
    },
    ws_channel::{WsChannel, WsChannelSettings},
};
use bankchannel_nextgen_psd2::certificates::Certificate;
use serde_json::json;

use crate::party::{made, settings};

/// Certificates of a third party, and the settings that name them.
fn party() -> (tempfile::TempDir, NextGenPsd2) {
    let maker = NextGenPsd2::new(NextGenPsd2Settings::default()).unwrap();
    let request: MakeCertificatesRequest = maker.complete(json!({})).unwrap();
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
    // Certificates and keys are cached: a rotated or removed file does not affect an existing client.
    drop(folder);
    let sign: SignRequestRequest = client.complete(json!({"method": "GET", "target": "/bg/v1/consents/1"})).unwrap();
    let signed = client.sign_request(sign).unwrap();
    assert!(!signed.headers.iter().any(|header| header.name == "Date"), "the dialect is the settings'");
    let headers: Vec<_> =
        signed.headers.iter().map(|field| json!({"name": field.name, "value": field.value})).collect();
    let verify = json!({"method": "GET", "target": "/bg/v1/consents/1", "headers": headers, "dialect": "bg"});
    let typed: VerifyRequestRequest = client.complete(verify.clone()).unwrap();
    assert!(client.verify_request(typed).unwrap().valid);
    assert_eq!(client.call_local("nextgen_psd2.verify_request", verify, None).unwrap()["verdict"], "ok");
}

#[test]
fn what_is_read_is_kept_by_the_client_that_read_it() {
    let (folder, client) = party();
    let count = |client: &NextGenPsd2| client.resources().unwrap().cache.count();
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    // The client's own certificate and key are not in the cache: they are always available.
    let own = json!({"method": "GET", "target": "/bg/v1/consents/1"});
    client.call_local("nextgen_psd2.sign_request", own, None).unwrap();
    assert_eq!(count(&client), 0);
    let sign = json!({"method": "GET", "target": "/bg/v1/consents/1", "certificate": text("qseal.pem"), "private_key": text("qseal.key")});
    let signed = client.call_local("nextgen_psd2.sign_request", sign.clone(), None).unwrap();
    assert_eq!(count(&client), 2, "the certificate and the key");
    client.call_local("nextgen_psd2.sign_request", sign.clone(), None).unwrap();
    let typed: SignRequestRequest = client.complete(sign.clone()).unwrap();
    client.sign_request(typed).unwrap();
    assert_eq!(count(&client.clone()), 2);
    let verify = json!({"method": "GET", "target": "/bg/v1/consents/1", "headers": signed["headers"], "dialect": "bg"});
    assert_eq!(client.call_local("nextgen_psd2.verify_request", verify, None).unwrap()["verdict"], "ok");
    assert_eq!(count(&client), 3, "and whom it trusts");
    // Neither another client nor the child process of a fork has this cache.
    let other = party().1;
    other.call_local("nextgen_psd2.sign_request", sign.clone(), None).unwrap();
    assert_eq!((count(&other), count(&client)), (2, 3));
    let settings = Settings::read(json!({"protocol": "nextgen-psd2"}).into()).unwrap();
    let child = Client::from(client.clone()).in_child(settings).unwrap();
    let child = child.get::<NextGenPsd2>().unwrap();
    assert_eq!(count(child), 0);
    child.call_local("nextgen_psd2.sign_request", sign, None).unwrap();
    assert_eq!((count(child), count(&client)), (2, 3));
}

/// S8; T-147 with the verification switched off.
#[test]
fn verifying_the_own_signature_can_be_left_out_and_the_right_key_cannot() {
    let (_folder, client) = party();
    let (other_folder, _) = party();
    let id = json!([{"name": "X-Request-ID", "value": "4eba4445-1a4b-47b8-bdd5-4e56ef026b19"}]);
    let request = |self_verify: Option<bool>| {
        let signing = json!({"dialect": "bg", "self_verify": self_verify});
        json!({"method": "GET", "target": "/bg/v1/consents/1", "headers": id, "signing": signing})
    };
    let sign = |request| client.call_local("nextgen_psd2.sign_request", request, None);
    let signed = sign(request(None)).unwrap();
    assert_eq!(signed, sign(request(Some(true))).unwrap());
    assert_eq!(signed, sign(request(Some(false))).unwrap());
    let foreign = std::fs::read_to_string(other_folder.path().join("qseal.key")).unwrap();
    let mut request = request(Some(false));
    request["private_key"] = json!(foreign);
    for _ in 0..2 {
        assert_eq!(sign(request.clone()).unwrap_err().code(), "nextgen_psd2.key_unusable");
    }
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
        (json!({"signing": {"dialect": "bg", "extra_signed_headers": ["accept"]}}), "signing"),
        (json!({"signing": {"extra_signed_headers": ["accept", "signature"]}}), "signing"),
        (json!({"header_names": {"PSU-ID": "X-User"}}), "header_names"),
        (json!({"header_names": {"PSU-Contekst": "X-PSU-Context"}}), "header_names"),
    ] {
        let error = NextGenPsd2::from_json(settings).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)));
    }
    let read = |settings: serde_json::Value| Settings::read(settings.into());
    assert_eq!(read(json!({"protocol": "fints"})).unwrap_err().detail("field"), Some("protocol"));
    let given = json!({"protocol": "nextgen-psd2", "certificate_file": "own.pem"});
    let variables = [("NEXTGEN_PSD2_BASE_URL", "https://bank.example/api"), ("NEXTGEN_PSD2_CERTIFICATE", "PEM")];
    let variable = |name: &str| variables.iter().find(|one| one.0 == name).map(|one| one.1.into());
    let all = Settings::read_or_variables(given.into(), variable).unwrap();
    let all = all.get::<NextGenPsd2Settings>().unwrap();
    assert_eq!((all.base_url.as_deref(), &all.certificate), (Some("https://bank.example/api"), &None));
}

/// Keys in files of their own: read, not together with the text, and named by their own setting.
#[test]
fn keys_in_files() {
    let made = made();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, content: &str| {
        std::fs::write(folder.path().join(name), content).unwrap();
        folder.path().join(name).display().to_string()
    };
    let (seal, tls) = (at("seal.key", made.qseal_key.expose()), at("tls.key", made.qwac_key.expose()));
    let (other, none) = (at("other.key", made.qwac_key.expose()), at("none.key", "no PEM"));
    let client = |more: serde_json::Value| NextGenPsd2::from_json(settings("http://127.0.0.1:1", more));
    let qwac = made.qwac_certificate.as_str();
    let read = client(json!({"private_key": null, "private_key_file": seal, "client_certificate": qwac,
        "client_key_file": tls}));
    let sign: SignRequestRequest =
        read.as_ref().unwrap().complete(json!({"method": "GET", "target": "/v1/x"})).unwrap();
    assert!(read.unwrap().sign_request(sign).unwrap().headers.iter().any(|header| header.name == "Signature"));
    let missing = folder.path().join("missing.key").display().to_string();
    for (more, field) in [
        (json!({"private_key_file": seal}), "private_key_file"),
        (json!({"private_key": null, "private_key_file": missing}), "private_key_file"),
        (
            json!({"client_certificate": qwac, "client_key": made.qwac_key.expose(), "client_key_file": tls}),
            "client_key_file",
        ),
        (json!({"client_certificate": qwac, "client_key_file": missing}), "client_key_file"),
        (json!({"client_certificate": qwac, "client_key_file": none}), "client_key_file"),
        (json!({"client_certificate": qwac, "client_key_file": seal}), "client_key_file"),
    ] {
        let error = client(more).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)), "{error}");
        assert!(!error.to_string().contains("MII"), "no key in an error: {error}");
    }
    // Of another certificate, and no key at all: refused too.
    for file in [other, none] {
        let error = client(json!({"private_key": null, "private_key_file": file})).unwrap_err();
        assert_eq!(error.code(), "configuration.invalid", "{error}");
        assert!(error.detail("field").is_some_and(|field| field.starts_with("private_key")), "{error:?}");
    }
}

/// With such settings a request, or each connection, would fail without a clear reason.
#[test]
fn certificates_that_cannot_be_used_name_their_setting() {
    let made = made();
    let client = |more: serde_json::Value| NextGenPsd2::from_json(settings("http://127.0.0.1:1", more));
    let elliptic = rcgen::generate_simple_self_signed(vec!["tpp.example".to_owned()]).unwrap();
    let (elliptic, its_key) = (elliptic.cert.pem(), elliptic.signing_key.serialize_pem());
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scenarios/data/psd2-ec.cert.pem");
    let no_rsa = std::fs::read_to_string(data).unwrap();
    assert!(Certificate::from_pem(&no_rsa).unwrap().key().is_err(), "it can be read, and has no RSA key");
    let (qwac, key) = (made.qwac_certificate.as_str(), made.qwac_key.expose());
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (more, field) in [
        (json!({"certificate": no_rsa, "private_key": null}), "certificate"),
        (json!({"client_certificate": "no PEM", "client_key": key}), "client_certificate"),
        (json!({"client_certificate": key, "client_key": key}), "client_certificate"),
        (json!({"client_certificate": broken, "client_key": key}), "client_certificate"),
        (json!({"client_certificate": qwac, "client_key": "no PEM"}), "client_key"),
        (json!({"client_certificate": qwac, "client_key": made.qseal_key.expose()}), "client_key"),
        (json!({"client_certificate": qwac, "client_key": its_key}), "client_key"),
    ] {
        let error = client(more).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)), "{error}");
    }
    assert!(client(json!({"client_certificate": qwac, "client_key": key})).is_ok());
    assert!(client(json!({"client_certificate": elliptic, "client_key": its_key})).is_ok());
}

#[tokio::test]
async fn what_only_computes_needs_no_client_of_its_own_and_an_exchange_does() {
    let tpp = Client::from(NextGenPsd2::new(NextGenPsd2Settings::default()).unwrap());
    let channel = Client::from(WsChannel::new(WsChannelSettings::default()).unwrap());
    for client in [&tpp, &channel] {
        let request: Value<'_> = json!({"text": "ø"}).into();
        let done = client.call_values("nextgen_psd2.encode_header", request, CallOptions::default()).await.unwrap();
        assert_eq!(serde_json::Value::from(done.response)["value"], "=?utf-8?B?w7g=?=");
    }
    let error = tpp.call_values("ws_channel.list_files", Value::Null, CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "input.unknown_operation");
    assert!(error.message().contains("belongs to ws-channel"), "{error}");
}

/// Settings that contradict what would be sent are refused when the client is made; each error names its field.
#[test]
fn settings_that_cannot_be_meant() {
    let field = |settings: serde_json::Value| {
        let error = NextGenPsd2::from_json(settings).unwrap_err();
        assert_eq!(error.code(), "configuration.invalid", "{error}");
        error.detail("field").map(str::to_owned)
    };
    for (from, to) in [
        ("PSU-ID", "X-User"),
        ("tpp-redirect-uri", "X-Redirect"),
        ("TPP-Session-ID", "X-Request-ID"),
        ("PSU-Context", "Signature"),
        ("PSU-Context", "Host"),
        ("PSU-Context", "content-length"),
        ("PSU-Context", "Transfer-Encoding"),
        ("PSU-Context", "PSU-IP-Address"),
        ("PSU-Context", "accept-language"),
        ("PSU-Context", "TPP-Session-ID"),
        ("PSU-Context", "a b"),
        ("PSU-Kontext", "X-PSU-Context"),
    ] {
        assert_eq!(field(json!({"header_names": {from: to}})).as_deref(), Some("header_names"), "{from}: {to}");
    }
    for twice in
        [json!({"PSU-Context": "X-A", "TPP-Session-ID": "x-a"}), json!({"PSU-Context": "X-A", "psu-context": "X-B"})]
    {
        assert_eq!(field(json!({"header_names": twice})).as_deref(), Some("header_names"), "{twice}");
    }
    let one = json!({"psu-context": "X-PSU-Context", "TPP-Session-ID": "tpp-session-id"});
    assert!(NextGenPsd2::from_json(json!({"header_names": one})).is_ok());
    for host in ["https://login.bank.example", "login.bank.example:443", "a/b", ""] {
        let settings = json!({"allowed_redirect_hosts": [host]});
        assert_eq!(field(settings).as_deref(), Some("allowed_redirect_hosts"), "{host}");
    }
    let both = format!("{}{}", made().qseal_certificate, made().qseal_key.expose());
    assert_eq!(field(json!({"certificate": both})).as_deref(), Some("certificate"));
    let identity = json!({"base_url": "https://bank.example", "client_certificate": both, "client_key": "x"});
    assert_eq!(field(identity).as_deref(), Some("client_certificate"));
    // A file may contain the key too; the client returns the certificate alone.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &both).unwrap();
    let client = NextGenPsd2::from_json(json!({"certificate_file": file.path()})).unwrap();
    let text = client.certificate().unwrap();
    assert!(text.contains("BEGIN CERTIFICATE") && !text.contains("PRIVATE KEY"), "{text}");
}
