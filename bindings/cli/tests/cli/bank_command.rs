//! `salt-edge work --bank-command`: programs that answer for the bank end together with the command that started them.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use bankchannel_counterparts::EmbeddedServer;
use rustix::process::{Pid, Signal, kill_process, test_kill_process_group};
use serde_json::{Value, json};

use crate::support::{Home, Ran};

const PATIENCE: Duration = Duration::from_secs(30);

/// A connector's settings, with one question that waits for the bank's code.
struct Waiting {
    home: Home,
    hub: EmbeddedServer,
}

impl Waiting {
    fn new() -> Self {
        let (home, runtime) = (Home::empty(), bankchannel_bridge::runtime().unwrap());
        let start = async { EmbeddedServer::start("salt-edge-hub", json!({"control": true})).await };
        let hub = runtime.block_on(start).unwrap();
        let mut settings = json!({ "store": home.path("store"), "bank_secret": "0123456789abcdef0123456789abcdef" });
        for name in
            ["base_url", "hub_public_key_file", "app_id", "app_secret_file", "provider_code", "private_key_file"]
        {
            settings[name] = hub.readiness()[name].clone();
        }
        std::fs::write(home.path("settings.json"), settings.to_string()).unwrap();
        let order = json!({"operation": "create_token", "credentials": {"authorization_type": "oauth"}});
        let made = asked(hub.readiness()["control_url"].as_str().unwrap(), &order);
        let given = |option: &str, value: &str| format!("--{option}={value}");
        let (method, target) = (made["method"].as_str().unwrap(), made["target"].as_str().unwrap());
        let arguments = [
            "salt-edge",
            "handle-request",
            "--json",
            "--settings=settings.json",
            "--bank-command=false",
            &given("method", method),
            &given("target", target),
            &given("headers", &made["headers"].to_string()),
        ];
        let handled = home.run(&arguments).expect(0).json();
        assert_eq!(handled["answer"]["status"], 200, "{handled}");
        Self { home, hub }
    }

    /// Runs `work` once, with these options.
    fn work_once(&self, further: &[&str]) -> Ran {
        let command = ["salt-edge", "work", "--json", "--settings", "settings.json"];
        self.home.run(&[&command, further].concat())
    }

    /// Works until a signal, with a program that prints its process group and never answers.
    fn work(&self) -> (Child, Pid) {
        let file = self.home.path("group");
        let program = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100 & sleep 100", file.display());
        let arguments = ["salt-edge", "work", "--watch", "--settings", "settings.json", "--bank-command", &program];
        let working = self.home.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let group = until("the program has begun", || {
            std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).and_then(Pid::from_raw)
        });
        (working, group)
    }
}

/// A request made by the hub.
fn asked(control_url: &str, order: &Value) -> Value {
    let authority = control_url.trim_start_matches("http://").split('/').next().unwrap();
    let (mut stream, body) = (TcpStream::connect(authority).unwrap(), order.to_string());
    let path = control_url.split_once(authority).unwrap().1.trim_end_matches('/');
    write!(
        stream,
        "POST {path}/sandbox/requests HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(body).unwrap_or_else(|why| panic!("{why}: {answer}"))
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn programs_end_with_the_command() {
    let waiting = Waiting::new();
    let (mut working, group) = waiting.work();
    let pid = Pid::from_raw(i32::try_from(working.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    // The first signal lets the program finish, like all work in progress.
    thread::sleep(Duration::from_millis(300));
    assert!(working.try_wait().unwrap().is_none(), "it waits for the program");
    assert!(test_kill_process_group(group).is_ok(), "the program goes on");
    kill_process(pid, Signal::INT).unwrap();
    let ended = until("the command ends", || working.try_wait().unwrap());
    assert_eq!(ended.code(), Some(130));
    until("the program and what it has started are gone", || test_kill_process_group(group).is_err().then_some(()));
    bankchannel_bridge::runtime().unwrap().block_on(waiting.hub.stop());
}

/// A failure of the bank's code ends a session. The command reports it, without `--verbose` too.
#[test]
fn a_failure_of_the_banks_code_is_shown() {
    for further in
        [&["--bank-command", "exit 3"][..], &["--bank-command", "echo nonsense"], &["--bank", "http://127.0.0.1:9"]]
    {
        let waiting = Waiting::new();
        let worked = waiting.work_once(further).expect(0);
        assert_eq!(worked.json()["asked"], 1, "{further:?}: {}", worked.out);
        assert!(worked.err.contains("bank.authenticate: the bank's"), "{further:?}: {}", worked.err);
        bankchannel_bridge::runtime().unwrap().block_on(waiting.hub.stop());
    }
}

/// A fault of the settings stops a callback; the outbox shows the fault, and sends all callbacks again.
#[test]
fn stopped_callbacks_say_why_and_are_sent_again() {
    let waiting = Waiting::new();
    let (settings, secret) = (waiting.home.path("settings.json"), waiting.home.path("wrong.secret"));
    let right: Value = serde_json::from_slice(&std::fs::read(&settings).unwrap()).unwrap();
    std::fs::write(&secret, "another").unwrap();
    let mut wrong = right.clone();
    wrong["app_secret_file"] = json!(secret);
    std::fs::write(&settings, wrong.to_string()).unwrap();
    let worked = waiting.work_once(&["--bank-command", "exit 3"]).expect(0);
    assert_eq!(worked.json()["stopped"], 1, "{}", worked.out);
    let outbox =
        || waiting.home.run(&["salt-edge", "outbox", "--json", "--settings", "settings.json"]).expect(0).json();
    let stopped = outbox()["callbacks"][0].clone();
    assert_eq!(
        (&stopped["state"], &stopped["error_class"]),
        (&"stopped".into(), &"ProviderNotFound".into()),
        "{stopped}"
    );
    std::fs::write(&settings, right.to_string()).unwrap();
    let retried = ["salt-edge", "outbox", "--json", "--settings", "settings.json", "--retry", "all"];
    assert_eq!(waiting.home.run(&retried).expect(0).json(), json!({"retried": 1}));
    assert_eq!(waiting.work_once(&["--bank-command", "exit 3"]).expect(0).json()["delivered"], 1);
    assert_eq!(outbox(), json!({"callbacks": []}));
    bankchannel_bridge::runtime().unwrap().block_on(waiting.hub.stop());
}
