//! `--signer`: an external key, here held by openssl.

use std::{fs, path::Path, process::Command};

use crate::support::{Home, ran, registered};

/// Certificates, and the same secret keys in openssl's format.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scenarios/data");

/// A data session at the simulator with the certificate registered, and the key in a place that only the signer reads.
fn home_with_key_elsewhere(kind: &str) -> Home {
    let home = registered();
    let enrol =
        ["--company", "Example Oy", "--wsuserid", "SIM-0123456789ab", "--pincode", "SIM-0123456789abcdef01234567"];
    home.run(&[&["certs", "enroll-cert"], &enrol[..]].concat()).expect(0);
    let copy = |from: &str, to: &str| fs::copy(Path::new(DATA).join(from), home.path(to)).unwrap();
    copy(&format!("elsewhere-{kind}.certificate.asc"), "authorize-public.asc");
    copy(&format!("elsewhere-{kind}.key.pem"), "key.pem");
    fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    home.run(&["pgp", "upload-key", "--pgpkeypurpose", "authorize", "--pgpkeycontents", "@authorize-public.asc"])
        .expect(0);
    home.run(&["session", "login", "-m", "data", "--noninteractive"]).expect(0);
    home
}

fn upload<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let begin =
        ["files", "upload-file", "--filetype", "pain.001.001.09", "--signing-certificate", "authorize-public.asc"];
    [&begin[..], more, &["payment.xml", "--json"]].concat()
}

#[test]
fn the_example_of_the_help_signs_with_openssl() {
    let home = home_with_key_elsewhere("rsa");
    let help = home.run(&["files", "upload-file", "--help"]).expect(0).out;
    let example =
        help.lines().map(str::trim).find(|line| line.starts_with("bankchannel ") && line.contains("--signer"));
    let mut shell = home.command(&[]);
    let program = Path::new(env!("CARGO_BIN_EXE_bankchannel"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    shell.env("PATH", path);
    let mut bash = Command::new("bash");
    bash.args(["-c", example.expect("the help has one")]).current_dir(home.path("")).env_clear();
    bash.envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let done = ran(bash.output().unwrap()).expect(0);
    assert!(done.out.starts_with("OK\n"), "{}", done.out);
}

#[test]
fn an_answer_of_the_bank_can_be_waited_for_and_base64_is_as_good() {
    let home = home_with_key_elsewhere("ed25519");
    // For this algorithm openssl needs the message in a file.
    let signer = "cat > digest && openssl pkeyutl -sign -inkey key.pem -rawin -in digest | base64";
    let done = home.run(&upload(&["--signer", signer, "--wait-for", "pain.002.001.10"])).expect(0).json();
    assert_eq!(done["answers"][0]["file"]["file_type"], "pain.002.001.10");
}

#[test]
fn a_signature_that_does_not_count_is_not_sent() {
    let home = home_with_key_elsewhere("rsa");
    let error = |signer: &str| home.run(&upload(&["--signer", signer])).expect(1).json()["error"].clone();
    let wrong = error("head -c 384 /dev/urandom");
    assert_eq!((&wrong["code"], &wrong["outcome"]), (&"ws_channel.signature_wrong".into(), &"not_sent".into()));
    let failed = error("echo no card >&2; exit 7");
    assert_eq!((&failed["context"]["field"], &failed["outcome"]), (&"signer".into(), &"not_sent".into()));
    assert!(failed["message"].as_str().unwrap().contains("exit status: 7"), "{failed}");
    // Without a signer and without a prompt.
    let nobody = home.run(&upload(&[])).expect(1);
    assert!(nobody.err.contains("--signer"), "{}", nobody.err);
    home.run(&["files", "upload-file", "--signer", "true", "payment.xml"]).expect(1);
}
