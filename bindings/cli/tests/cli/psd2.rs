//! `psd2`: signed requests and certificates for tests, with typical files.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{Home, ran};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/protocols/nextgen-psd2/src/signing/vectors");
/// The time of the specification's vectors.
const THEN: &str = "2026-03-03T10:15:30Z";
pub(crate) const REQUEST: &str = "POST /api/v1/user/verification HTTP/1.1\nHost: bank.example\nContent-Type: application/json\nAccept: application/json\n\n{\"PSU-ID\":\"psu-7f3a91\"}\n";

/// The specification's third parties, made once for all tests because keys take time.
static CERTIFICATES: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("psd2-certificates");
    let _ = fs::remove_dir_all(&folder);
    let mut command = Command::new(env!("CARGO_BIN_EXE_bankchannel"));
    let made = ran(command.args(["psd2", "make-certificates", "--json"]).arg(&folder).output().unwrap()).expect(0);
    let made = made.json();
    let numbers: Vec<&str> = made["third_parties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|party| party["organization_identifier"].as_str().unwrap())
        .collect();
    assert_eq!(numbers, ["PSDNO-FSA-987654321", "PSDNO-FSA-123456789", "PSDNO-FSA-555555555"]);
    folder
});

pub(crate) fn made(name: &str) -> String {
    CERTIFICATES.join(name).display().to_string()
}

pub(crate) fn vector(name: &str) -> Vec<u8> {
    fs::read(Path::new(VECTORS).join(name)).unwrap()
}

/// A home with a request, signed by the first third party.
fn home_with_signed(more: &[&str]) -> Home {
    let home = Home::empty();
    fs::write(home.path("request.http"), REQUEST).unwrap();
    let (key, certificate) = (made("tpp1-qseal.key"), made("tpp1-qseal.pem"));
    let sign = ["psd2", "sign", "--key", &key, "--certificate", &certificate, "-o", "signed.http", "request.http"];
    home.run(&[&sign[..], more].concat()).expect(0);
    home
}

pub(crate) fn verify(home: &Home, command: &str, more: &[&str]) -> crate::support::Ran {
    home.run(&[&["psd2", command, "--ca", &made("ca.pem"), "signed.http"][..], more].concat())
}

/// Base64 as PEM.
fn pem(base64: &str) -> String {
    let base64: String = base64.split_whitespace().collect();
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// The specification's request A and the inputs of its signature, in files; and the same without the parts that signing
/// adds.
pub(crate) fn home_with_vector_a() -> Home {
    let home = Home::empty();
    let text = String::from_utf8(vector("a.http")).unwrap();
    let leaf = text.lines().find_map(|line| line.strip_prefix("TPP-Signature-Certificate: ")).unwrap();
    let added = |line: &&str| {
        !["Digest:", "TPP-Signature-Certificate:", "Signature:"].iter().any(|name| line.starts_with(name))
    };
    let plain: String = text.split_inclusive('\n').filter(added).collect();
    let authority = String::from_utf8(vector("authority-1.b64")).unwrap();
    for (name, content) in
        [("a.http", &text), ("leaf.pem", &pem(leaf)), ("plain.http", &plain), ("authority.pem", &pem(&authority))]
    {
        fs::write(home.path(name), content).unwrap();
    }
    home
}

#[test]
fn what_is_signed_is_valid_and_only_as_it_was_signed() {
    let home = home_with_signed(&[]);
    let signed = fs::read(home.path("signed.http")).unwrap();
    assert!(signed.ends_with(b"\r\n\r\n{\"PSU-ID\":\"psu-7f3a91\"}\n"));
    assert_eq!(fs::metadata(home.path("signed.http")).unwrap().permissions().mode() & 0o777, 0o600);
    let valid = verify(&home, "verify", &[]).expect(0);
    assert!(valid.out.starts_with("VALID: signed by PSDNO-FSA-987654321"), "{}", valid.out);
    assert_eq!(verify(&home, "verify", &["--json"]).expect(0).json()["verdict"], "ok");
    // Without --ca no authority is trusted, and the certificates are newer than the specification's vectors.
    let untrusted = home.run(&["psd2", "verify", "signed.http"]).expect(1);
    assert!(untrusted.out.contains("V17") && untrusted.err.contains("--ca"), "{} {}", untrusted.out, untrusted.err);
    verify(&home, "verify", &["--at", THEN]).expect(1);
    verify(&home, "verify", &["--at", "yesterday"]).expect(1);

    let changed = String::from_utf8(signed).unwrap().replace("psu-7f3a91", "psu-7f3a92");
    fs::write(home.path("signed.http"), changed).unwrap();
    let refused = verify(&home, "verify", &[]).expect(1);
    assert!(refused.out.starts_with("REFUSED: V28 (400 FORMAT_ERROR)"), "{}", refused.out);
    assert_eq!(verify(&home, "verify", &["--json"]).expect(1).json()["verdict"], "V28");
    assert!(verify(&home, "explain", &[]).expect(0).out.starts_with("V28 failed"));

    // Input that is not a request at all is refused too, by the checks for it.
    let many = "X-Long: ".to_owned() + &"a".repeat(40_000) + "\r\n";
    for (head, check) in [("A: \u{1}\r\n", "V02"), ("A: b\r\n folded\r\n", "V02"), (many.as_str(), "V01")] {
        fs::write(home.path("signed.http"), format!("GET /bg/v1/accounts HTTP/1.1\r\n{head}\r\n")).unwrap();
        assert!(verify(&home, "verify", &[]).expect(1).out.starts_with(&format!("REFUSED: {check}")));
        assert_eq!(verify(&home, "verify", &["--json"]).expect(1).json()["verdict"], check);
        assert!(verify(&home, "explain", &[]).expect(0).out.starts_with(&format!("{check} failed")));
        let explained = verify(&home, "explain", &["--json"]).expect(0).json();
        assert_eq!((&explained["verdict"], &explained["checks"][0]["status"]), (&json!(check), &json!("failed")));
        let status = if check == "V01" { 431 } else { 400 };
        assert_eq!((&explained["refused"]["http_status"], explained.get("digest")), (&json!(status), None));
    }
}

/// Each of the specification's defects as an option (§7.2).
#[test]
fn defects_are_made_by_options() {
    let home = Home::empty();
    let (ca, ca_key) = (made("ca.pem"), made("ca.key"));
    for (defect, found) in [
        ("no-qc", "V21"),
        ("bare-qc", "ok"),
        ("wrong-role-oid", "ok"),
        ("expired", "V16"),
        ("not-yet", "V15"),
        ("sha1", "V14"),
        ("ca-true", "V20"),
        ("no-orgid", "V21"),
    ] {
        let option = format!("--{defect}");
        home.run(&["psd2", "make-certificates", "--prefix", "x", "--ca", &ca, "--ca-key", &ca_key, &option, defect])
            .expect(0);
        let at = |name: &str| format!("{defect}/{name}");
        fs::write(home.path("plain.http"), "GET /bg/v1/accounts HTTP/1.1\r\n\r\n").unwrap();
        let sign =
            ["psd2", "sign", "--dialect", "bg", "--key", &at("x-qseal.key"), "--certificate", &at("x-qseal.pem")];
        let _ = fs::remove_file(home.path("signed.http"));
        home.run(&[&sign[..], &["-o", "signed.http", "plain.http"]].concat()).expect(0);
        let verify = ["psd2", "verify", "--dialect", "bg", "--ca", &ca, "--json", "signed.http"];
        let verified = home.run(&verify).expect(i32::from(found != "ok"));
        assert_eq!(verified.json()["verdict"], found, "{defect}");
    }
}

#[test]
fn every_dialect_algorithm_and_form_reads_back() {
    for (more, how) in [
        (&["--dialect", "bg"][..], &["--dialect", "bg"][..]),
        (&["--algorithm", "rsa-sha512", "--digest", "SHA-512", "--rfc2047", "always"], &[]),
        (&["--serial", "hex_lower", "--issuer", "forward", "--spaced", "--digest-lower-case"], &[]),
        (&["--serial", "hex_even", "--issuer", "rfc2253_named", "--also-sign", "host,accept"], &["--mode", "lenient"]),
    ] {
        let home = home_with_signed(more);
        let valid = verify(&home, "verify", how).expect(0);
        // Other banks refuse a signed header that need not be signed.
        assert_eq!(valid.out.contains("warning V27"), more.contains(&"--also-sign"), "{}", valid.out);
    }
}

#[test]
fn the_sheets_vector_a_is_met_byte_for_byte() {
    let home = home_with_vector_a();
    let key = format!("{VECTORS}/test-key.pem");
    let sign = ["psd2", "sign", "--key", &key, "--certificate", "leaf.pem", "plain.http"];
    let signed = home.run(&sign).expect(0);
    assert_eq!(signed.out.as_bytes(), vector("a.http"));
    let explained = home.run(&[&sign[..], &["--explain"]].concat()).expect(0);
    assert!(
        explained.err.contains("0..35") && explained.err.contains("key id: SN=B3A91F27C5D4E10,CA="),
        "{}",
        explained.err
    );
    let json = home.run(&[&sign[..], &["--json"]].concat()).expect(0).json();
    let string = STANDARD.decode(json["signing_string"].as_str().unwrap()).unwrap();
    assert_eq!(string, vector("a.signing-string"));
    assert!(json["key_id"].as_str().unwrap().starts_with("SN=B3A91F27C5D4E10,CA=CN=Sandbox QSEAL CA 1,"));
    assert_eq!(json["headers"].as_array().unwrap().last().unwrap()["name"], "Signature");
    for request in ["a.http", "plain.http"] {
        let names = ["psd2", "signing-string", "--headers", "date,digest,x-request-id", request];
        let ran = home.run(&names[..]);
        assert_eq!(ran.code == 0, request == "a.http", "{request}: {}", ran.err);
    }
    assert_eq!(home.run(&["psd2", "signing-string", "a.http"]).expect(0).out.as_bytes(), vector("a.signing-string"));
    let at = ["psd2", "verify", "--ca", "authority.pem", "--at", THEN, "-"];
    assert_eq!(home.run_with_input(&at, &vector("a.http")).expect(0).err, "");
}

#[test]
fn an_explanation_has_the_members_of_the_sheet_and_the_first_byte_that_differs() {
    let home = home_with_vector_a();
    let said = String::from_utf8(vector("a.signing-string")).unwrap().replace("SHA-256=", "sha-256=");
    fs::write(home.path("said.txt"), &said).unwrap();
    let explain = ["psd2", "explain", "--ca", "authority.pem", "--at", THEN, "--signing-string", "said.txt", "a.http"];
    let json = home.run(&[&explain[..], &["--json"]].concat()).expect(0).json();
    for member in [
        "verdict",
        "checks",
        "expected_signing_string",
        "actual_signing_string",
        "diff",
        "recovered",
        "hypotheses",
        "digest",
        "key_id",
    ] {
        assert!(json.get(member).is_some(), "{member} is missing in {json}");
    }
    // The same as programs get.
    let trusted = fs::read_to_string(home.path("authority.pem")).unwrap();
    let asked = json!({"at": THEN, "trusted": trusted, "signing_string": STANDARD.encode(&said)}).to_string();
    let call = ["call", "nextgen_psd2.explain_request", &asked, "--content", "a.http", "--json"];
    assert_eq!(home.run(&call).expect(0).json(), json);
    assert_eq!((&json["diff"]["offset"], &json["diff"]["column"]), (&44.into(), &9.into()));
    assert_eq!(json["recovered"]["hash"], "sha256");
    let text = home.run(&explain).expect(0).out;
    assert!(text.contains("byte 44, line 2, column 9"), "{text}");
    home.run_with_input(&["psd2", "explain", "-"], b"not a request").expect(1);
}

#[test]
fn the_small_helpers() {
    let home = Home::empty();
    let digest = |more: &[&str], body: &[u8]| {
        home.run_with_input(&[&["psd2", "digest", "-"], more].concat(), body).expect(0).out
    };
    assert_eq!(digest(&[], b"{\"hello\": \"world\"}"), "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\n");
    assert_eq!(digest(&["--lower-case"], b""), "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    assert!(digest(&["--digest", "SHA-512"], b"").starts_with("SHA-512=z4PhNX7vuL3xVChQ"));
    let encoded = home.run(&["psd2", "encode-header", "Tromsø"]).expect(0).out;
    assert_eq!(encoded, "=?utf-8?B?VHJvbXPDuA==?=\n");
    assert_eq!(home.run_with_input(&["psd2", "decode-header", "-"], encoded.as_bytes()).expect(0).out, "Tromsø\n");
    home.run(&["psd2", "decode-header", "=?utf-8?Q?a?="]).expect(1);
    let lenient = home.run(&["psd2", "decode-header", "--lenient", "=?utf-8?Q?a?=", "--json"]).expect(0).json();
    assert!(lenient["text"] == "a" && !lenient["warnings"].as_array().unwrap().is_empty(), "{lenient}");
}

#[test]
fn a_personal_identifier_comes_from_stdin_alone_and_is_never_repeated() {
    let home = Home::empty();
    let hash = "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=";
    let ran = home.run_with_input(&["psd2", "psu-hash"], b"00000000000\n").expect(0);
    assert_eq!(ran.out, format!("{hash}\n"));
    let json = home.run_with_input(&["psd2", "psu-hash", "--json"], b"00000000000").expect(0).json();
    assert_eq!(json["psu_personal_identifier"], hash);
    for more in [&["12345678901"][..], &["12345678901", "--json"]] {
        let refused = home.run(&[&["psd2", "psu-hash"], more].concat()).expect(1);
        assert!(refused.err.contains("stdin") && !(refused.err + &refused.out).contains("12345678901"));
    }
    let wrong = home.run_with_input(&["psd2", "psu-hash"], b"123456-78901").expect(1);
    assert!(!wrong.err.contains("78901"), "{}", wrong.err);
}

#[test]
fn call_reaches_its_operations_without_settings() {
    let mut home = home_with_vector_a();
    // An unusable settings file, which no operation of this protocol reads.
    home.variable("ISECURE_BASE_URL", "nonsense");
    home.write_settings("nonsense: [");
    let encoded = home.run(&["call", "nextgen_psd2.encode_header", r#"{"text": "ø"}"#, "--json"]).expect(0).json();
    assert_eq!(encoded["value"], "=?utf-8?B?w7g=?=");
    let request = serde_json::json!({
        "trusted": fs::read_to_string(home.path("authority.pem")).unwrap(), "at": THEN,
    });
    fs::write(home.path("request.json"), request.to_string()).unwrap();
    let call = ["call", "verify_request", "@request.json", "--content", "a.http", "--json"];
    assert_eq!(home.run(&call).expect(0).json()["valid"], true);
    let without: Value = home.run(&["call", "verify_request", "--content", "a.http", "--json"]).expect(1).json();
    assert_eq!(without["valid"], false);
    let error = home.run(&["call", "encode_header", r#"{"text": "a", "nonsense": 1}"#, "--json"]).expect(1).json();
    assert_eq!(error["error"]["code"], "input.unknown_field");
}
