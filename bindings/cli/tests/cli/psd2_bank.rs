//! `serve nextgen-psd2-bank`, and its operations.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    process::Child,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    psd2_keys::tool,
    support::{Home, started, stop},
};

/// A sandbox bank, and a settings file for the third party with this number.
fn bank(home: &Home, more: &[&str]) -> (Child, Value) {
    started(home.command(&[&["serve", "nextgen-psd2-bank", "--data", "bank"], more].concat()))
}

fn settings(home: &Home, ready: &Value, party: &str) -> String {
    let at = |name: &str| format!("{}/{party}-{name}", ready["certificates_dir"].as_str().unwrap());
    let mut settings = json!({
        "protocol": "nextgen-psd2",
        "base_url": ready["base_url"],
        "certificate_file": at("qseal.pem"),
        "private_key": {"file": at("qseal.key")},
    });
    if ready["ca_file"].is_string() {
        settings["ca_file"] = ready["ca_file"].clone();
        settings["client_certificate_file"] = at("qwac.pem").into();
        settings["client_key"] = json!({"file": at("qwac.key")});
    }
    let path = home.path(&format!("{party}.json"));
    fs::write(&path, settings.to_string()).unwrap();
    path.display().to_string()
}

const HASH: &str = "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=";

#[test]
fn a_bank_says_one_line_and_answers_over_mutual_tls() {
    let home = Home::empty();
    let (child, ready) = bank(&home, &[]);
    assert_eq!((ready["kind"].as_str(), &ready["control_url"]), (Some("nextgen-psd2-bank"), &Value::Null));
    for (name, end) in [("base_url", "/api"), ("bg_base_url", "/bg")] {
        let url = ready[name].as_str().unwrap();
        assert!(url.starts_with("https://127.0.0.1:") && url.ends_with(end), "{url}");
    }
    let key = format!("{}/tpp1-qseal.key", ready["certificates_dir"].as_str().unwrap());
    assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    let settings = settings(&home, &ready, "tpp1");
    let ask = ["psd2", "verify-user", "--settings", &settings, "--json", "--psu-personal-identifier", HASH, "--psu-id"];
    let known = home.run(&[&ask[..], &["psu-7f3a91"]].concat()).expect(0).json();
    assert_eq!(known["exists"], true);
    let unknown = home.run(&[&ask[..], &["psu-nobody"]].concat()).expect(0).json();
    assert_eq!(unknown["exists"], false);
    // The third party without its certificate for TLS.
    let mut without: Value = serde_json::from_str(&fs::read_to_string(&settings).unwrap()).unwrap();
    without.as_object_mut().unwrap().retain(|name, _| !name.starts_with("client_"));
    fs::write(home.path("without.json"), without.to_string()).unwrap();
    let path = home.path("without.json").display().to_string();
    let refused = home
        .run(&[
            "psd2",
            "verify-user",
            "--settings",
            &path,
            "--json",
            "--psu-personal-identifier",
            HASH,
            "--psu-id",
            "psu-7f3a91",
        ])
        .expect(1)
        .json();
    assert_eq!(refused["error"]["code"], "nextgen_psd2.certificate_refused");
    assert_eq!(refused["error"]["peer"]["code"], "CERTIFICATE_MISSING");
    let ran = stop(child, "-TERM").expect(0);
    assert_eq!(ran.err, "");
}

/// Without a certificate, and after the bank has stopped.
#[test]
fn probes_are_answered_and_a_stop_is_announced() {
    let home = Home::empty();
    let (child, ready) = bank(&home, &["--plain", "--drain", "3"]);
    let base = ready["base_url"].as_str().unwrap().trim_start_matches("http://");
    let address = base.split('/').next().unwrap();
    let status = |path: &str| -> Option<String> {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer.split(' ').nth(1)?.to_owned())
    };
    let both = || (status("/healthz").unwrap_or_default(), status("/readyz").unwrap_or_default());
    assert_eq!(both(), ("200".to_owned(), "200".to_owned()));
    let stopped = std::thread::scope(|scope| {
        let stopping = scope.spawn(|| stop(child, "-TERM"));
        let end = Instant::now() + Duration::from_secs(20);
        while both() != ("200".to_owned(), "503".to_owned()) {
            assert!(Instant::now() < end && !stopping.is_finished(), "it does not say that it stops");
        }
        stopping.join().unwrap()
    });
    stopped.expect(0);
    assert_eq!(status("/healthz"), None);
}

/// Options override the settings file, which has another third party's keys.
#[test]
fn a_pkcs12_file_of_key_replaces_what_the_settings_have() {
    let home = Home::empty();
    let (child, ready) = bank(&home, &[]);
    let at = |name: &str| format!("{}/{name}", ready["certificates_dir"].as_str().unwrap());
    let export = ["pkcs12", "-export", "-passout", "pass:sesame", "-out", "tpp.p12"];
    let (certificate, key) = (at("tpp1-qseal.pem"), at("tpp1-qseal.key"));
    let own = ["-in", certificate.as_str(), "-inkey", key.as_str()];
    if !tool(&home, "openssl", &[&export[..], &own].concat()) {
        return;
    }
    fs::write(home.path("pass"), "sesame\n").unwrap();
    let mut other: Value = serde_json::from_str(&fs::read_to_string(settings(&home, &ready, "tpp2")).unwrap()).unwrap();
    for name in ["client_certificate_file", "client_key"] {
        other.as_object_mut().unwrap().remove(name);
    }
    other["client_keystore_file"] = "/no/such/file.p12".into();
    fs::write(home.path("other.json"), other.to_string()).unwrap();
    let (qwac, qwac_key) = (at("tpp1-qwac.pem"), at("tpp1-qwac.key"));
    let ask = ["psd2", "verify-user", "--json", "--settings", "other.json", "--psu-personal-identifier", HASH];
    let as_tpp1 = ["--key", "tpp.p12", "--passphrase-file", "pass", "--client-certificate", &qwac];
    let ask = [&ask[..], &["--psu-id", "psu-7f3a91"], &as_tpp1, &["--client-key", &qwac_key]].concat();
    assert_eq!(home.run(&ask).expect(0).json()["exists"], true);
    assert_eq!(home.run(&[&ask[..], &["--certificate", &certificate]].concat()).expect(0).json()["exists"], true);
    let foreign = home.run(&[&ask[..], &["--certificate", &at("tpp2-qseal.pem")]].concat()).expect(1).json();
    assert_eq!(foreign["error"]["context"]["field"], "private_key");
    stop(child, "-TERM").expect(0);
}

#[test]
fn consents_are_offered_and_read_from_the_shell() {
    let home = Home::empty();
    let (child, ready) = bank(&home, &["--plain", "--control"]);
    let settings = settings(&home, &ready, "tpp1");
    let ask = |operation: &str, more: &[&str]| {
        home.run(&[&["psd2", operation, "--settings", &settings, "--json"], more].concat())
    };
    let told = ask("get-accounts", &["--psu-id", "psu-7f3a91"]).expect(1).json();
    assert_eq!(told["error"]["code"], "nextgen_psd2.consent_needed");
    assert!(told["error"]["context"]["sca_redirect"].as_str().unwrap().contains("/tap?"));
    let offered =
        ask("update-bank-offered-consents", &["--redirect-uri", "https://tpp.example/cb?state=1"]).expect(0).json();
    assert!(offered["sca_redirect"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let access = r#"{"accounts": [], "balances": [], "transactions": []}"#;
    let created = ask(
        "create-consent",
        &[
            "--base-url",
            ready["bg_base_url"].as_str().unwrap(),
            "--access",
            access,
            "--recurring-indicator=true",
            "--valid-until",
            "9999-12-31",
            "--frequency-per-day",
            "4",
            "--redirect-uri",
            "https://tpp.example/cb",
            "--psu",
            r#"{"ip_address": "127.0.0.1"}"#,
        ],
    )
    .expect(0)
    .json();
    assert_eq!(created["consent_status"], "received");
    let id = created["consent_id"].as_str().unwrap();
    let status = ask("get-consent-status", &["--base-url", ready["bg_base_url"].as_str().unwrap(), "--consent-id", id]);
    assert_eq!(status.expect(0).json()["consent_status"], "received");
    stop(child, "-TERM").expect(0);
}

#[test]
fn an_option_that_is_wrong_is_told_before_anything_is_made() {
    let home = Home::empty();
    let refused =
        home.run(&["serve", "nextgen-psd2-bank", "--data", "bank", "--plain", "--listen", "0.0.0.0:0"]).expect(1);
    assert!(refused.err.contains("loopback"), "{}", refused.err);
    assert!(
        home.run(&["serve", "nextgen-psd2-bank", "--data", "bank", "--clock", "today"])
            .expect(1)
            .err
            .contains("--clock")
    );
}
