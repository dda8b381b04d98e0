//! The example of a connector to Salt Edge, judged by the checker in the same way as for its users.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{
    built,
    c::{Linked, printed_by, tool},
    run,
};

/// The customer's browser at the bank's page: called with its URL and `approve` or `deny`.
const CUSTOMER: &str = r#"
import sys, urllib.error, urllib.parse, urllib.request

class Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

url, answer = sys.argv[1:]
browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stays)
assert b"asks for" in browser.open(url).read()
form = {"login": "anna", "password": "anna-password", "answer": answer}
try:
    browser.open(url, urllib.parse.urlencode(form).encode())
except urllib.error.HTTPError as error:
    assert error.code == 303, error
"#;

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_checker_finds_nothing() {
    if !tool("python3") {
        return;
    }
    let (linked, folder) = (Linked::new(), tempfile::tempdir().unwrap());
    let program = linked.compile("ffi/examples/salt_edge.c");
    let hub = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let check = || {
        let mut command = Command::new(built("bankchannel"));
        command.args(["check", "salt-edge-connector", "--listen", &hub]).current_dir(folder.path());
        command
    };
    let path = |name: &str| folder.path().join(name);
    fs::write(path("settings.json"), run(check().args(["--init", "check.json"]))).unwrap();
    fs::write(path("customer.py"), CUSTOMER).unwrap();

    let mut command = linked.command(&program);
    command.current_dir(folder.path()).env_remove("PUBLIC_URL").env("PORT", "0");
    command.env("SETTINGS", "settings.json").env("STORE", "store").env("CODES", "connector/outbox.jsonl");
    command.stdout(Stdio::piped()).stderr(File::create(path("server.log")).unwrap());
    let mut server = Running(command.spawn().unwrap());
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let mut judge = check();
    judge.args([url.trim(), "--settings", "check.json", "--json", "--psu", "python3 customer.py"]);
    let judged = judge.output().unwrap();
    run(Command::new("kill").arg(server.0.id().to_string()));
    let ended = server.0.wait().unwrap();

    let said = fs::read_to_string(path("server.log")).unwrap();
    let report: Value =
        serde_json::from_slice(&judged.stdout).unwrap_or_else(|why| panic!("{why}: {} {said}", printed_by(&judged)));
    let findings: Vec<&Value> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| ["failed", "warning"].contains(&one["result"].as_str().unwrap()))
        .collect();
    assert!(findings.is_empty(), "{findings:#?} {said}");
    assert_eq!(report["counts"], json!({"passed": 72, "failed": 0, "warning": 0, "not_run": 9}), "{said}");
    assert!(judged.status.success() && ended.success(), "{} {ended} {said}", judged.status);
    // The log contains neither credentials nor sessions' JWTs.
    assert!(["anna-password", "ben-password", "eyJ"].iter().all(|secret| !said.contains(secret)), "{said}");
}
