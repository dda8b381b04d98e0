//! No acknowledgement is sent before its sync: strace records the system calls of the service.

use std::{process::Stdio, time::SystemTime};

use bankchannel_iso20022::EXAMPLE_PAIN001;
use bankchannel_openpgp as openpgp;
use bankchannel_tests::{faces::built, wire, world::pgp_key};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

const PASSWORD: &str = "Sync_before_answer_1";

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_an_upload_leaves_after_its_sync() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("trace");
    let mut child = Command::new("strace")
        .args(["-f", "-qq", "-s", "40", "-e", "trace=fsync,fdatasync,recvfrom,sendto,read,write,writev,sendmsg", "-o"])
        .arg(&trace)
        .arg(built().join("bankchannel"))
        .args(["serve", "ws-channel", "--listen", "127.0.0.1:0", "--no-limits", "--control", "--data"])
        .arg(folder.path().join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("strace starts: tests/run installs it");
    let group = Group(child.id().expect("it runs"));
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let line = lines.next_line().await.expect("readable").expect("a readiness line");
    let ready: Value = serde_json::from_str(&line).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();

    let seed = json!({"accounts": [{
        "email": "sync@example.test", "password": PASSWORD, "sessions": true, "certificates": ["simulator"],
        "pgp_keys": [{"key": pgp_key("sync").public().to_armored().expect("armor"), "purpose": "authorize"}],
    }]});
    let seeded = send(&format!("{}/seed", text(&ready["control_url"])), "POST", &[], &seed).await;
    let account = &serde_json::from_slice::<Value>(&seeded.body).expect("JSON")["accounts"][0];

    let now = SystemTime::now();
    let signer = pgp_key("sync").signer(now).expect("an unlocked key");
    let signature = openpgp::sign_detached(&[&signer], EXAMPLE_PAIN001.as_bytes(), openpgp::HashAlgorithm::Sha256, now)
        .expect("signs");
    let body = json!({
        "FileContents": STANDARD.encode(EXAMPLE_PAIN001), "FileName": "payment.xml", "FileType": "pain.001.001.09", "Signature": signature,
    });
    let headers = [("authorization", text(&account["id_tokens"]["data"])), ("x-api-key", text(&account["api_key"]))];
    let answer = send(&format!("{}/files/simulator", text(&ready["base_url"])), "PUT", &headers, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    drop(group);
    let _ = child.wait().await;

    let calls = std::fs::read_to_string(&trace).expect("the trace");
    assert_synced(&calls, "PUT /v2/files/simulator", "HTTP/1.1 201");
}

/// strace and its child: if strace alone were killed, the service would continue.
struct Group(u32);

impl Drop for Group {
    fn drop(&mut self) {
        let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0)]).status();
    }
}

async fn send(url: &str, method: &str, headers: &[(&str, String)], body: &Value) -> wire::Answer {
    let mut all: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    all.push(("content-type".into(), "application/json".into()));
    wire::exchange(url, method, &all, body.to_string().as_bytes()).await.expect("answers")
}

/// A sync has returned between the request's arrival and the first byte of its answer.
fn assert_synced(calls: &str, request: &str, answer: &str) {
    let lines: Vec<&str> = calls.lines().collect();
    let arrived = lines.iter().position(|line| line.contains(request)).expect("the request is in the trace");
    let answered =
        arrived + lines[arrived..].iter().position(|line| line.contains(answer)).expect("the answer is in the trace");
    // A call interrupted in the trace ends on a separate line: `<... fdatasync resumed>`.
    let synced = lines[arrived..answered].iter().any(|line| {
        (line.contains("fsync(") || line.contains("fdatasync(") || line.contains("sync resumed>"))
            && line.trim_end().ends_with("= 0")
    });
    assert!(synced, "the answer left before any sync had returned:\n{}", lines[arrived..=answered].join("\n"));
}

#[test]
fn the_check_itself_can_fail() {
    let calls = "1 recvfrom(9, \"PUT /v2/x\") = 9\n1 fdatasync(4) = 0\n1 writev(9, \"HTTP/1.1 201\") = 9\n";
    assert_synced(calls, "PUT /v2/x", "HTTP/1.1 201");
    let early = "1 recvfrom(9, \"PUT /v2/x\") = 9\n1 writev(9, \"HTTP/1.1 201\") = 9\n1 fdatasync(4) = 0\n";
    assert!(std::panic::catch_unwind(|| assert_synced(early, "PUT /v2/x", "HTTP/1.1 201")).is_err());
}
