//! Sources of a third party's key: PEM, PKCS#12, a token.
#![allow(clippy::unwrap_used)]

use std::{path::Path, process::Command};

use bankchannel::nextgen_psd2::{
    KeySigner, MakeCertificatesRequest, NextGenPsd2, NextGenPsd2Settings, SignRequestRequest,
};
use bankchannel_crypto::signature::Hash;
use serde_json::json;

/// A folder with a certificate, its key and, if `openssl` is available, both in `tpp.p12` under `sesame`.
fn folder() -> Option<tempfile::TempDir> {
    let maker = NextGenPsd2::new(NextGenPsd2Settings::default()).unwrap();
    let request: MakeCertificatesRequest = maker.complete(json!({})).unwrap();
    let made = maker.make_certificates(request).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("qseal.pem"), &made.qseal_certificate).unwrap();
    std::fs::write(folder.path().join("qseal.key"), made.qseal_key.expose()).unwrap();
    let export = "pkcs12 -export -in qseal.pem -inkey qseal.key -passout pass:sesame -out tpp.p12";
    let Ok(done) = Command::new("openssl").args(export.split(' ')).current_dir(&folder).output() else {
        assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "there is no openssl on this machine");
        return None;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(folder)
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_keystore_stands_for_certificate_and_key() {
    let Some(folder) = folder() else { return };
    let at = |name: &str| folder.path().join(name).display().to_string();
    let from_keystore =
        NextGenPsd2::from_json(json!({"keystore_file": at("tpp.p12"), "passphrase": "sesame"})).unwrap();
    let from_pem =
        NextGenPsd2::from_json(json!({"certificate_file": at("qseal.pem"), "private_key": {"file": at("qseal.key")}}))
            .unwrap();
    assert_eq!(from_keystore.certificate(), Some(text(folder.path(), "qseal.pem").as_str()));
    let signed = [&from_keystore, &from_pem].map(|client| {
        let signer = client.signer().unwrap().unwrap();
        assert!(matches!(signer, KeySigner::Key(_)));
        signer.sign(Hash::Sha256, b"text").unwrap()
    });
    assert_eq!(signed[0], signed[1]);
    let request: SignRequestRequest =
        from_keystore.complete(json!({"method": "GET", "target": "/v1/accounts"})).unwrap();
    assert!(from_keystore.sign_request(request).unwrap().key_id.starts_with("SN="));
    assert!(!format!("{from_keystore:?}").contains("PRIVATE"));
}

#[test]
fn settings_of_keys_that_cannot_be_used_name_themselves() {
    let Some(folder) = folder() else { return };
    let at = |name: &str| folder.path().join(name).display().to_string();
    let file = at("tpp.p12");
    std::fs::write(folder.path().join("large.p12"), vec![0x30; 256 * 1024 + 1]).unwrap();
    std::fs::write(folder.path().join("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap();
    let token = json!({"module": "/no/such/module.so", "token": "tpp", "pin": "5678", "key": "qseal"});
    let sends = |mut settings: serde_json::Value| {
        settings["base_url"] = json!("https://bank.example");
        settings
    };
    for (settings, field, why) in [
        (json!({"keystore_file": file}), "keystore_file", "it needs `passphrase`"),
        (json!({"keystore_file": file, "passphrase": "Sesame"}), "keystore_file", "does not open"),
        (json!({"keystore_file": at("qseal.pem"), "passphrase": "x"}), "keystore_file", "not a PKCS#12 file"),
        (json!({"keystore_file": at("large.p12"), "passphrase": "x"}), "keystore_file", "more than 262144 bytes"),
        (json!({"keystore_file": at("none.p12"), "passphrase": "x"}), "keystore_file", "cannot be read"),
        (json!({"keystore_file": file, "certificate": "x"}), "keystore_file", "together with certificate"),
        (
            json!({"keystore_file": file, "certificate_file": at("qseal.pem")}),
            "keystore_file",
            "together with certificate",
        ),
        (json!({"keystore_file": file, "private_key": "x"}), "keystore_file", "together with private_key"),
        (json!({"keystore_file": file, "pkcs11": token}), "keystore_file", "together with pkcs11"),
        (json!({"private_key": "x", "pkcs11": token}), "pkcs11", "together with private_key"),
        (json!({"pkcs11": token}), "pkcs11", "/no/such/module.so cannot be used"),
        (sends(json!({"certificate_file": at("broken.pem")})), "certificate_file", "broken.pem: "),
        (sends(json!({"certificate": "x"})), "certificate", "no PEM block"),
        (
            sends(json!({"client_certificate_file": at("broken.pem"), "client_key": text(folder.path(), "qseal.key")})),
            "client_certificate_file",
            "broken.pem: ",
        ),
    ] {
        let error = NextGenPsd2::from_json(settings).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)), "{error}");
        assert!(error.message().contains(why), "{error}");
        assert!(!format!("{error} {error:?}").contains("5678"));
    }
    let unreadable = NextGenPsd2::from_json(json!({"private_key": "x"})).unwrap().signer().unwrap_err();
    assert_eq!((unreadable.code(), unreadable.detail("field")), ("nextgen_psd2.key_unusable", Some("private_key")));
    assert!(NextGenPsd2::from_json(json!({})).unwrap().signer().unwrap().is_none());
}

/// No error message suggests storing a key unencrypted.
#[test]
fn a_locked_key_asks_for_its_passphrase() {
    let Some(folder) = folder() else { return };
    let lock = "pkcs8 -topk8 -in qseal.key -v2 aes-256-cbc -passout pass:sesame -out locked.key";
    assert!(Command::new("openssl").args(lock.split(' ')).current_dir(&folder).status().unwrap().success());
    let (certificate, locked) = (text(folder.path(), "qseal.pem"), text(folder.path(), "locked.key"));
    let asks = |error: &bankchannel::Error, opener: &str| {
        assert!(error.message().contains(&format!("it needs `{opener}`")), "{error}");
    };
    let client = NextGenPsd2::from_json(json!({"certificate": certificate, "private_key": locked})).unwrap();
    asks(&client.signer().unwrap_err(), "passphrase");
    let request: SignRequestRequest = client.complete(json!({"method": "GET", "target": "/v1/accounts"})).unwrap();
    asks(&client.sign_request(request).unwrap_err(), "passphrase");
    let tls = json!({"base_url": "https://bank.example", "client_certificate": certificate, "client_key": locked});
    asks(&NextGenPsd2::from_json(tls).unwrap_err(), "client_passphrase");
    let open = json!({"certificate": certificate, "private_key": locked, "passphrase": "sesame"});
    assert!(NextGenPsd2::from_json(open).unwrap().signer().unwrap().is_some());
}

#[test]
fn a_keystore_for_tls_may_hold_an_ec_key() {
    let Some(folder) = folder() else { return };
    let openssl = |command: &str| {
        let done = Command::new("openssl").args(command.split(' ')).current_dir(&folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    openssl("req -x509 -noenc -days 3 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=tpp -keyout k -out c");
    openssl("pkcs12 -export -in c -inkey k -passout pass:sesame -out qwac.p12");
    openssl("pkcs12 -export -nocerts -inkey k -passout pass:sesame -out bare.p12");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let settings = |file: &str, passphrase: Option<&str>| {
        json!({
            "base_url": "https://bank.example",
            "keystore_file": at("tpp.p12"),
            "passphrase": "sesame",
            "client_keystore_file": at(file),
            "client_passphrase": passphrase,
        })
    };
    assert!(NextGenPsd2::from_json(settings("qwac.p12", Some("sesame"))).is_ok());
    for (file, passphrase, why) in [
        ("qwac.p12", None, "it needs `client_passphrase`"),
        ("qwac.p12", Some("x"), "does not open"),
        ("bare.p12", Some("sesame"), "no certificate for its key"),
    ] {
        let error = NextGenPsd2::from_json(settings(file, passphrase)).unwrap_err();
        assert_eq!(error.detail("field"), Some("client_keystore_file"), "{error}");
        assert!(error.message().contains(why), "{error}");
    }
}
