//! `psd2 sign` with common kinds of keys: PKCS#12 files, and tokens (SoftHSM).

use std::{fs, path::Path, process::Command};

use serde_json::json;

use crate::{
    psd2::{home_with_vector_a, vector},
    support::{Home, on_terminal, typed_unseen},
};

const KEY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/protocols/nextgen-psd2/src/signing/vectors/test-key.pem");
pub(crate) const PIN: &str = "5678";
const PIN_VARIABLE: &str = "BANKCHANNEL_PKCS11_PIN";

/// Runs a program in the home; `false` if it is not installed and not required.
pub(crate) fn tool(home: &Home, program: &str, arguments: &[&str]) -> bool {
    let Ok(done) = Command::new(program)
        .args(arguments)
        .current_dir(home.path(""))
        .env("SOFTHSM2_CONF", home.path("softhsm2.conf"))
        .output()
    else {
        assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "there is no {program} on this machine");
        return false;
    };
    assert!(done.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    true
}

#[test]
fn a_pkcs12_file_brings_key_and_certificate() {
    let home = home_with_vector_a();
    fs::write(home.path("pass"), "sesame\n").unwrap();
    let sign = ["psd2", "sign", "--key", "tpp.p12", "plain.http"];
    for form in [&[][..], &["-legacy"]] {
        let export =
            ["pkcs12", "-export", "-inkey", KEY, "-in", "leaf.pem", "-passout", "pass:sesame", "-out", "tpp.p12"];
        if !tool(&home, "openssl", &[&export[..], form].concat()) {
            return;
        }
        let signed = home.run(&[&sign[..], &["--passphrase-file", "pass"]].concat()).expect(0);
        assert_eq!(signed.out.as_bytes(), vector("a.http"), "{form:?}");
        let named = ["--passphrase-file", "pass", "--certificate", "leaf.pem"];
        assert_eq!(home.run(&[&sign[..], &named].concat()).expect(0).out.as_bytes(), vector("a.http"));
    }
    let locked = home.run(&sign).expect(1);
    assert!(locked.err.contains("tpp.p12 is locked: give --passphrase-file"), "{}", locked.err);
    let asked = on_terminal(&home.command(&sign), &["stdout"], &typed_unseen("Passphrase of tpp.p12: ", "sesame\n"));
    let asked = asked.expect(0);
    assert_eq!(asked.stdout.as_bytes(), vector("a.http"));
    assert!(!asked.terminal.contains("sesame"));
    fs::write(home.path("pass"), "Sesame").unwrap();
    let wrong = home.run(&[&sign[..], &["--passphrase-file", "pass"]].concat()).expect(1);
    assert!(wrong.err.contains("--private-key: tpp.p12: the passphrase does not open"), "{}", wrong.err);
    tool(
        &home,
        "openssl",
        &["pkcs12", "-export", "-nocerts", "-inkey", KEY, "-passout", "pass:Sesame", "-out", "tpp.p12"],
    );
    let bare = home.run(&[&sign[..], &["--passphrase-file", "pass"]].concat()).expect(1);
    assert!(bare.err.contains("give --certificate"), "{}", bare.err);
    fs::write(home.path("tpp.p12"), b"\x30\x03\x02\x01\x03").unwrap();
    let broken = home.run(&[&sign[..], &["--passphrase-file", "pass"]].concat()).expect(1);
    assert!(broken.err.contains("not a PKCS#12 file"), "{}", broken.err);
}

/// A file that is not PKCS#12 causes no prompt for a passphrase.
#[test]
fn a_key_in_der_is_told_from_a_pkcs12_file() {
    let home = home_with_vector_a();
    let sign = ["psd2", "sign", "--certificate", "leaf.pem", "--key", "key.der", "plain.http"];
    let long = [&b"\x30\x82\x04\xbe\x02\x01\x00\x30\x0d"[..], &[7; 64]].concat();
    for bytes in [&long[..], b"\x30\x03\x02\x01\x00", b"\x30\x81\x03\x02\x01\x01", b"\x30\x82\x00\x04\x30\x02\x06\x00"]
    {
        fs::write(home.path("key.der"), bytes).unwrap();
        let refused = home.run(&sign).expect(1);
        assert!(refused.err.contains("openssl pkey -inform DER -in key.der"), "{}", refused.err);
    }
    let made = ["pkcs8", "-topk8", "-nocrypt", "-in", KEY, "-outform", "DER", "-out", "key.der"];
    if tool(&home, "openssl", &made) {
        assert!(home.run(&sign).expect(1).err.contains("openssl pkey -inform DER"));
        tool(&home, "openssl", &["pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem"]);
        let sign = ["psd2", "sign", "--certificate", "leaf.pem", "--key", "key.pem", "plain.http"];
        assert_eq!(home.run(&sign).expect(0).out.as_bytes(), vector("a.http"));
    }
}

/// A token of the home with this key. Returns its module, if there is one on this machine.
pub(crate) fn token_with(home: &mut Home, key: &str, label: &str) -> Option<&'static str> {
    let module = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib/libsofthsm2.so"];
    let module = module.into_iter().find(|place| Path::new(place).exists()).unwrap_or_default();
    fs::create_dir(home.path("tokens")).unwrap();
    let configuration = format!("directories.tokendir = {}\nlog.level = ERROR\n", home.path("tokens").display());
    fs::write(home.path("softhsm2.conf"), configuration).unwrap();
    let made = ["--init-token", "--free", "--label", "tpp", "--so-pin", "1234", "--pin", PIN];
    if !tool(home, "softhsm2-util", &made) {
        return None;
    }
    tool(home, "softhsm2-util", &["--import", key, "--token", "tpp", "--label", label, "--id", "01", "--pin", PIN]);
    let file = home.path("softhsm2.conf").display().to_string();
    home.variable("SOFTHSM2_CONF", &file);
    Some(module)
}

#[test]
fn a_token_signs() {
    let mut home = home_with_vector_a();
    let Some(module) = token_with(&mut home, KEY, "qseal") else { return };
    let sign =
        ["psd2", "sign", "--pkcs11-module", module, "--pkcs11-token", "tpp", "--pkcs11-key", "qseal", "plain.http"];
    let sign = [&sign[..], &["--certificate", "leaf.pem"]].concat();

    fs::write(home.path("pin"), format!("{PIN}\n")).unwrap();
    let from_file = home.run(&[&sign[..], &["--pkcs11-pin-file", "pin"]].concat()).expect(0);
    assert_eq!(from_file.out.as_bytes(), vector("a.http"));
    let asked = on_terminal(&home.command(&sign), &["stdout"], &typed_unseen("PIN of tpp", &format!("{PIN}\n")));
    let asked = asked.expect(0);
    assert_eq!(asked.stdout.as_bytes(), vector("a.http"));
    assert!(!asked.terminal.contains(PIN));
    // The operation by its name, with the token from the settings.
    let pkcs11 = json!({"module": module, "token": "tpp", "pin": PIN, "key": "qseal"});
    let settings = json!({"certificate_file": home.path("leaf.pem"), "pkcs11": pkcs11});
    fs::write(home.path("tpp.json"), settings.to_string()).unwrap();
    let call = ["call", "sign_request", "--settings", "tpp.json", "--content", "plain.http", "--json"];
    let by_name = home.run(&call).expect(0).json();
    let signature = by_name["headers"].as_array().unwrap().iter().find(|field| field["name"] == "Signature").unwrap();
    let wanted = String::from_utf8(vector("a.http")).unwrap();
    assert!(wanted.contains(signature["value"].as_str().unwrap()), "{signature}");
    let none = home.run(&sign).expect(1);
    assert!(none.err.contains("needs a PIN"), "{}", none.err);
    fs::write(home.path("pin"), "0000").unwrap();
    let wrong = home.run(&[&sign[..], &["--pkcs11-pin-file", "pin"]].concat()).expect(1);
    assert!(wrong.err.contains("Repeated wrong PINs lock a token") && !wrong.err.contains("0000"), "{}", wrong.err);
    home.variable(PIN_VARIABLE, PIN);
    assert_eq!(home.run(&sign).expect(0).out.as_bytes(), vector("a.http"));
    // The token has no certificate, and this one belongs to another key.
    let without = home.run(&sign[..sign.len() - 2]).expect(1);
    assert!(without.err.contains("give --certificate"), "{}", without.err);
    let other = home.run(&[&sign[..sign.len() - 1], &["authority.pem"]].concat()).expect(1);
    assert!(other.err.contains("does not belong to the certificate"), "{}", other.err);
}

#[test]
fn a_key_is_named_in_one_way() {
    let home = home_with_vector_a();
    let refused = |more: &[&str]| home.run(&[&["psd2", "sign", "plain.http"], more].concat());
    for more in [
        &[][..],
        &["--key", KEY, "--pkcs11-module", "m", "--pkcs11-token", "t", "--pkcs11-key", "k"],
        &["--pkcs11-module", "m", "--pkcs11-token", "t"],
        &["--key", KEY, "--pkcs11-pin-file", "p"],
    ] {
        assert_ne!(refused(more).code, 0, "{more:?}");
    }
    let missing =
        refused(&["--pkcs11-module", "/no/such/module.so", "--pkcs11-token", "t", "--pkcs11-key", "k"]).expect(1);
    assert!(missing.err.contains("the PKCS#11 module /no/such/module.so cannot be used"), "{}", missing.err);
}
