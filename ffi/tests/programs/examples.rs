//! The examples, run as by a first-time reader.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::json;

use crate::support::{
    PASSWORD, Service,
    c::{Linked, printed_by},
    pgp_key, root,
};

/// A payment that the simulator accepts; see the folder for its origin.
const PAYMENT: &str = "core/iso20022/examples/pain.001.001.09.xml";

const PHONE: &str = "+358401234567";

/// The inputs of `upload`, in a folder: settings of a prepared account, a key, a payment.
pub(super) struct Account {
    service: Service,
    folder: tempfile::TempDir,
}

impl Account {
    /// An account whose user logs in in this mode: `data` is asked nothing once it is verified; a new phone is asked.
    pub(super) fn new(verified: bool) -> Self {
        let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
        let (public, private) = pgp_key();
        let account = json!({
            "email": "example@example.test", "password": PASSWORD, "phone": PHONE, "verified": verified,
            "certificates": ["simulator"], "pgp_keys": [{"key": public}],
        });
        let seeded = service.control("seed", &json!({"accounts": [account]}))["accounts"][0].clone();
        let settings = json!({
            "base_url": service.info["base_url"], "public_key_file": service.info["public_key_file"],
            "email": "example@example.test", "phone": PHONE, "mode": "data", "bank": "simulator",
            "api_key": {"env": "BANKCHANNEL_API_KEY"}, "password": {"env": "BANKCHANNEL_PASSWORD"},
        });
        fs::write(folder.path().join("settings.json"), settings.to_string()).unwrap();
        fs::write(folder.path().join("key.asc"), private).unwrap();
        fs::write(folder.path().join("api-key"), seeded["api_key"].as_str().unwrap()).unwrap();
        Self { service, folder }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `upload` with this input typed in.
    pub(super) fn upload(&self, mut command: Command, payment: &Path, typed: &str) -> Output {
        let mut child = command
            .args([self.path("settings.json"), self.path("key.asc"), payment.to_owned()])
            .args(["pain.001.001.09", "pain.002.001.10"])
            .arg(self.path("answers"))
            .env("BANKCHANNEL_API_KEY", fs::read_to_string(self.path("api-key")).unwrap())
            .env("BANKCHANNEL_PASSWORD", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that asks nothing may have ended before the input was written.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        child.wait_with_output().unwrap()
    }
}

#[test]
fn upload_asks_for_the_codes_signs_sends_and_waits() {
    let (linked, account) = (Linked::new(), Account::new(false));
    let program = linked.compile("ffi/examples/upload.c");
    let output = account.upload(linked.command(&program), &root().join(PAYMENT), "000000\n123456\n123456\n");
    assert_eq!(output.status.code(), Some(0), "{}", printed_by(&output));
    let asked = String::from_utf8_lossy(&output.stderr).matches("\n> ").count();
    assert!(asked >= 2, "a wrong code is asked for again: {}", printed_by(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    let (verdict, answer) = said.trim().split_once("\nthe bank's answer: ").expect("the answer's path");
    assert!(verdict.starts_with("The bank has accepted the file: ACCP ("), "{verdict}");
    let answer = fs::read_to_string(answer).unwrap();
    assert!(answer.contains("pain.002.001.10") && answer.contains("<GrpSts>"), "{answer}");
}

#[test]
fn upload_does_not_take_a_rejected_payment_for_a_sent_one() {
    let (linked, account) = (Linked::new(), Account::new(true));
    let program = linked.compile("ffi/examples/upload.c");
    let rejected = account.path("rejected.xml");
    // An account that the bank does not have.
    let payment = fs::read_to_string(root().join(PAYMENT)).unwrap();
    fs::write(&rejected, payment.replace("FI2112345600000785", "FI4950009420028730")).unwrap();
    let output = account.upload(linked.command(&program), &rejected, "");
    assert_eq!(output.status.code(), Some(4), "{}", printed_by(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("The bank has rejected the file, nothing of it is paid: RJCT ("), "{said}");
    assert!(said.contains("reason AC02"), "{said}");
}

#[test]
fn upload_says_when_nobody_answers_and_when_the_file_was_refused() {
    let linked = Linked::new();
    let program = linked.compile("ffi/examples/upload.c");
    let unverified = Account::new(false);
    let output = unverified.upload(linked.command(&program), &root().join(PAYMENT), "");
    assert_eq!(output.status.code(), Some(1), "{}", printed_by(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nobody answers"), "{}", printed_by(&output));

    let account = Account::new(true);
    let missing = account.upload(linked.command(&program), Path::new("/nowhere/payment.xml"), "");
    assert_eq!(missing.status.code(), Some(1), "{}", printed_by(&missing));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("/nowhere/payment.xml"), "{}", printed_by(&missing));
    // Accepted by the service, but the answer is unavailable: the program advises checking first.
    account.service.control("fail_next", &json!({"operation": "ws_channel.download_file", "status": 403, "count": 20}));
    let accepted = account.upload(linked.command(&program), &root().join(PAYMENT), "");
    assert_eq!(accepted.status.code(), Some(3), "{}", printed_by(&accepted));
    assert_eq!(linked.command(&program).status().unwrap().code(), Some(2));
}

/// A program compiled with the header of a later version.
#[test]
fn a_library_that_is_too_old_is_noticed_before_anything_is_done() {
    let (linked, headers) = (Linked::new(), tempfile::tempdir().unwrap());
    for name in ["bankchannel.h", "bankchannel_operations.h"] {
        let text = fs::read_to_string(root().join("include").join(name)).unwrap();
        let later = text.replace("#define BANKCHANNEL_ABI_VERSION 1\n", "#define BANKCHANNEL_ABI_VERSION 1000\n");
        assert_eq!(text == later, name != "bankchannel.h", "{name}");
        fs::write(headers.path().join(name), later).unwrap();
    }
    let program = linked.compile_with("ffi/examples/upload.c", headers.path());
    let output = linked.command(program).args(["a", "b", "c", "d", "e", "f"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", printed_by(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is older than this program"), "{}", printed_by(&output));
}

#[test]
fn demo_tells_the_whole_story() {
    let linked = Linked::new();
    let program = linked.compile("ffi/examples/demo.c");
    let output = linked.command(&program).arg(root().join(PAYMENT)).output().unwrap();
    assert!(output.status.success(), "{}", printed_by(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    for wanted in
        ["registered and logged in", "payment sent, and answered", "--- pain.002.001.10", "--- camt.053.001.02", "CLBD"]
    {
        assert!(said.contains(wanted), "{wanted}: {}", printed_by(&output));
    }
    let refused = linked.command(&program).arg("/nowhere/payment.xml").output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", printed_by(&refused));
}

#[test]
fn sepa_sends_a_payment_to_the_bank_itself_and_fetches_its_report() {
    let (linked, folder) = (Linked::new(), tempfile::tempdir().unwrap());
    let program = linked.compile("ffi/examples/sepa.c");
    let output = linked.command(&program).arg(root().join(PAYMENT)).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", printed_by(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("sent: the bank answers 00\n"), "{}", printed_by(&output));
    let fetched: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("fetched: ")).collect();
    assert!(fetched.iter().any(|path| fs::read_to_string(path).unwrap().contains("pain.002.001")), "{said}");

    let refused = linked.command(&program).args(["/nowhere/payment.xml"]).arg(folder.path()).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", printed_by(&refused));
    assert_eq!(linked.command(&program).status().unwrap().code(), Some(2));
}
