//! What monitoring fetches of both services, and the rules and the dashboard that read it: checked by Prometheus' own tool.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
};

use bankchannel_counterparts::{COUNTERPARTS, EmbeddedServer};
use bankchannel_tests::faces::root;
use serde_json::{Value, json};

const RULES: &str = "docs/monitoring/alerts.yml";
const TESTS: &str = "docs/monitoring/alerts.test.yml";
const DASHBOARD: &str = "docs/monitoring/dashboard.json";

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// Runs promtool; its output if it has found fault.
fn promtool(arguments: &[&str], input: &str) -> Result<(), String> {
    let mut running = Command::new("promtool")
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool: tests/run installs Debian's package prometheus");
    running.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let done = running.wait_with_output().expect("it ends");
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if done.status.success() { Ok(()) } else { Err(said) }
}

/// The expressions of the rules.
fn rules() -> Vec<(String, String)> {
    let rules: Value = serde_saphyr::from_str(&text(RULES)).expect("YAML");
    let groups = rules["groups"].as_array().expect("groups").iter();
    let all = groups.flat_map(|group| group["rules"].as_array().expect("rules").iter());
    all.map(|rule| {
        let text = |member: &str| rule[member].as_str().unwrap_or_else(|| panic!("{member} of {rule}")).to_owned();
        for member in ["summary", "description"] {
            assert!(rule["annotations"][member].is_string(), "{rule}");
        }
        assert!(matches!(rule["labels"]["severity"].as_str(), Some("page" | "ticket")), "{rule}");
        (text("alert"), text("expr"))
    })
    .collect()
}

/// The expressions of the dashboard.
fn panels() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&text(DASHBOARD)).expect("JSON");
    let targets =
        dashboard["panels"].as_array().expect("panels").iter().filter_map(|panel| panel["targets"].as_array());
    let mut all: Vec<String> =
        targets.flatten().map(|target| target["expr"].as_str().expect("an expression").to_owned()).collect();
    let annotations = dashboard["annotations"]["list"].as_array().expect("a list").iter();
    all.extend(annotations.map(|one| one["expr"].as_str().expect("an expression").to_owned()));
    all.iter().map(|expression| expression.replace("$__rate_interval", "5m")).collect()
}

/// The names of series in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| word.starts_with("bankchannel_") || word.starts_with("process_"));
    ours.map(|word| {
        let plain = ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
        plain.unwrap_or(word).to_owned()
    })
    .collect()
}

/// The names of the series that the services declare.
fn declared() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root().join("core/server/src/metrics"), root().join("core/services")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("one").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&entry).expect("a source");
                let literals = text.split('"').skip(1).step_by(2);
                let is_name = |literal: &&str| {
                    (literal.starts_with("bankchannel_") || literal.starts_with("process_"))
                        && literal.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                };
                let crates = |literal: &&str| !literal.ends_with("_service") && !literal.contains("_hub");
                found.extend(literals.filter(is_name).filter(crates).map(str::to_owned));
            }
        }
    }
    found
}

/// What monitoring fetches of a server.
fn scrape(url: &str) -> String {
    let authority = url.strip_prefix("http://").expect("loopback");
    let mut stream = TcpStream::connect(authority).expect("it listens");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

#[test]
fn promtool_takes_rules_and_their_tests() {
    promtool(&["check", "rules", RULES], "").unwrap_or_else(|said| panic!("{said}"));
    promtool(&["test", "rules", TESTS], "").unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(
        rules().first().map(|(name, _)| &**name),
        Some("BankchannelUploadUnknown"),
        "what matters most is first"
    );
    // A rule that cannot be read is seen.
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("wrong.yml");
    fs::write(&wrong, text(RULES).replacen("max by (bank)", "max by bank", 1)).expect("it is written");
    assert!(promtool(&["check", "rules", &wrong.display().to_string()], "").is_err());
}

#[test]
fn rules_and_dashboard_read_what_there_is() {
    let declared = declared();
    assert!(declared.len() > 40, "{declared:?}");
    let rules: Vec<String> = rules().into_iter().map(|(_, expression)| expression).collect();
    let panels = panels();
    for expression in rules.iter().chain(&panels) {
        let read = names(expression);
        // Prometheus itself makes `up`.
        assert!(!read.is_empty() || expression.starts_with("up{"), "{expression}");
        let unknown: Vec<_> = read.difference(&declared).collect();
        assert!(unknown.is_empty(), "{expression}: nobody declares {unknown:?}");
    }
    // Each expression of the dashboard is one that Prometheus reads.
    let as_rules =
        panels.iter().enumerate().map(|(n, expression)| json!({ "record": format!("panel:{n}"), "expr": expression }));
    let file = json!({ "groups": [{ "name": "panels", "rules": as_rules.collect::<Vec<_>>() }] });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("panels.yml");
    fs::write(&path, file.to_string()).expect("it is written");
    promtool(&["check", "rules", &path.display().to_string()], "").unwrap_or_else(|said| panic!("{said}"));
    // What is declared is shown, read by a rule, or is there for those who look closer.
    let read: BTreeSet<String> = rules.iter().chain(&panels).flat_map(|expression| names(expression)).collect();
    let unread: Vec<_> = declared.difference(&read).map(String::as_str).collect();
    assert_eq!(unread, ["bankchannel_login_key_timestamp_seconds", "process_open_fds"]);
}

#[test]
fn the_page_explains_every_alert_and_every_series() {
    let page = text("docs/operating.md");
    let (_, orders) = page.split_once("## Each alert, and what to do").expect("the part with the orders");
    let explained: BTreeSet<&str> = orders.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let rules = rules();
    let there: BTreeSet<&str> = rules.iter().map(|(name, _)| &**name).collect();
    assert_eq!(explained, there);
    let told = names(&page);
    let untold: Vec<String> = declared().difference(&told).cloned().collect();
    assert!(untold.is_empty(), "{untold:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_takes_what_both_services_tell() {
    for kind in ["ws-channel", "salt-edge-connector"] {
        let counterpart = COUNTERPARTS.iter().find(|one| one.kind == kind).expect("a service");
        let server = EmbeddedServer::begin(counterpart, json!({}).into()).expect("options").await.expect("it starts");
        let ready = server.readiness();
        let base = ready["base_url"].as_str().expect("a URL").to_owned();
        let url = ready["operator_url"].as_str().expect("a URL").to_owned();
        let told = tokio::task::spawn_blocking(move || {
            let authority =
                base.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("loopback").to_owned();
            let mut stream = TcpStream::connect(&authority).expect("it listens");
            let request = format!("GET /nowhere HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).expect("it reads");
            stream.read_to_string(&mut String::new()).expect("it answers");
            // The first sample of the data comes with the start.
            let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
            loop {
                let told = scrape(&url);
                let counted = told.contains("bankchannel_requests_total{");
                if counted && told.lines().any(|line| line.starts_with("bankchannel_sample_timestamp_seconds ")) {
                    return told;
                }
                assert!(std::time::Instant::now() < until, "{told}");
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        });
        let told = told.await.expect("it is told");
        promtool(&["check", "metrics"], &told).unwrap_or_else(|said| panic!("{kind}: {said}"));
        assert!(names(&told).is_subset(&declared()), "{told}");
        assert!(told.contains("bankchannel_ready 1"), "{told}");
        server.stop().await;
    }
}
