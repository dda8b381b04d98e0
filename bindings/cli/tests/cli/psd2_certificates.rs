//! `psd2 make-certificates`, `inspect`, `key-id`.

use std::{fs, os::unix::fs::PermissionsExt as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    psd2::{REQUEST, home_with_vector_a, made, vector, verify},
    support::Home,
};

#[test]
fn certificates_are_private_new_and_never_replaced() {
    for party in ["tpp1", "tpp2", "tpp3"] {
        for kind in ["qseal", "qwac"] {
            assert_eq!(mode(&made(&format!("{party}-{kind}.key"))), 0o600);
            assert_eq!(mode(&made(&format!("{party}-{kind}.pem"))) & 0o400, 0o400);
        }
    }
    assert_eq!(mode(&made("ca.key")), 0o600);
    let (home, before) = (Home::empty(), fs::read(made("ca.key")).unwrap());
    let again = home.run(&["psd2", "make-certificates", &made("")]).expect(1);
    assert!(again.err.contains("exists already"), "{}", again.err);
    assert_eq!(fs::read(made("ca.key")).unwrap(), before);
    // One existing file is enough to refuse, before anything is written.
    fs::create_dir(home.path("certs")).unwrap();
    std::os::unix::fs::symlink("nothing", home.path("certs/tpp1-qwac.key")).unwrap();
    home.run(&["psd2", "make-certificates", "certs", "--prefix", "tpp1"]).expect(1);
    assert_eq!(fs::read_dir(home.path("certs")).unwrap().count(), 1);
    for prefix in ["../x", ".x", "", "a/b"] {
        home.run(&["psd2", "make-certificates", "certs", "--prefix", prefix]).expect(1);
    }
    fs::write(home.path("request.http"), REQUEST).unwrap();
    fs::write(home.path("there"), "kept").unwrap();
    let (key, certificate) = (made("tpp1-qseal.key"), made("tpp1-qseal.pem"));
    home.run(&["psd2", "sign", "--key", &key, "--certificate", &certificate, "-o", "there", "request.http"]).expect(1);
    assert_eq!(fs::read_to_string(home.path("there")).unwrap(), "kept");
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn an_authority_issues_defective_certificates_too() {
    let home = Home::empty();
    let authority = ["--ca", &made("ca.pem"), "--ca-key", &made("ca.key")];
    let make = [
        "psd2",
        "make-certificates",
        "bad",
        "--prefix",
        "late",
        "--number",
        "1-2",
        "--roles",
        "PISP",
        "--defect",
        "expired",
    ];
    home.run(&[&make[..], &authority].concat()).expect(0);
    assert!(!home.path("bad/ca.pem").exists());
    fs::write(home.path("request.http"), REQUEST).unwrap();
    let sign = [
        "psd2",
        "sign",
        "--key",
        "bad/late-qseal.key",
        "--certificate",
        "bad/late-qseal.pem",
        "-o",
        "signed.http",
        "request.http",
    ];
    home.run(&sign).expect(0);
    assert_eq!(verify(&home, "verify", &["--json"]).expect(1).json()["verdict"], "V16");
    let inspected = home.run(&["psd2", "inspect", "--json", "bad/late-qseal.pem"]).expect(0).json();
    assert_eq!(inspected["organization_identifier"], "PSDNO-FSA-1-2");
    assert_eq!(inspected["roles"], serde_json::json!(["PSP_PI"]));
    // The key of another certificate is refused.
    let other = made("tpp2-qseal.key");
    let wrong = home.run(&["psd2", "sign", "--key", &other, "--certificate", "bad/late-qseal.pem", "request.http"]);
    assert!(wrong.expect(1).err.contains("does not belong"));
}

/// A PEM file's content as DER.
fn der_of(name: &str, home: &Home) -> Vec<u8> {
    let text = fs::read_to_string(home.path(name)).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(base64).unwrap()
}

#[test]
fn certificates_show_what_they_are_and_their_key_ids() {
    let home = home_with_vector_a();
    let shown = home.run(&["psd2", "inspect", "leaf.pem"]).expect(0).out;
    assert!(shown.contains("PSDNO-FSA-987654321") && shown.contains("PSP_AI"), "{shown}");
    let ids = home.run(&["psd2", "key-id", "leaf.pem"]).expect(0).out;
    assert!(
        ids.lines().next().unwrap().contains(" SN=B3A91F27C5D4E10,CA=CN=Sandbox QSEAL CA 1,2.5.4.97=#0c0f"),
        "{ids}"
    );
    let json = home.run(&["psd2", "key-id", "--json", "leaf.pem"]).expect(0).json();
    assert_eq!(json["key_ids"].as_array().unwrap().len(), ids.lines().count());
    // DER is accepted like PEM: for inspected and for trusted certificates.
    for (name, der) in [("leaf.der", der_of("leaf.pem", &home)), ("authority.crt", der_of("authority.pem", &home))] {
        fs::write(home.path(name), der).unwrap();
    }
    assert_eq!(home.run(&["psd2", "inspect", "leaf.der"]).expect(0).out, shown);
    assert_eq!(home.run(&["psd2", "key-id", "leaf.der"]).expect(0).out, ids);
    let at = ["psd2", "verify", "--ca", "authority.crt", "--at", "2026-03-03T10:15:30Z", "a.http"];
    home.run(&at).expect(0);
    fs::write(home.path("broken.der"), b"\x30\x82\x01").unwrap();
    assert!(home.run(&["psd2", "inspect", "broken.der"]).expect(1).err.contains("FILE: broken.der: "));
    fs::write(home.path("broken.der"), b"\xff\xfe").unwrap();
    assert!(home.run(&["psd2", "inspect", "broken.der"]).expect(1).err.contains("is neither PEM nor DER"));
    // The header's value is accepted like the file.
    let text = String::from_utf8(vector("a.http")).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix("TPP-Signature-Certificate: ")).unwrap();
    let from_header = home.run_with_input(&["psd2", "key-id", "-"], format!("{value}\n").as_bytes()).expect(0);
    assert_eq!(from_header.out, ids);
}
