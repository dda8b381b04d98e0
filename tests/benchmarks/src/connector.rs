//! A connector to Salt Edge under load, in a separate process as at a bank.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bankchannel::salt_edge_connector::envelope::UnsignedEnvelope;
use bankchannel_crypto::signature::SigningKey;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    bare::Bare,
    load,
    served::{POSTGRES, program},
    table::{Bound, Table, ms},
};

const ROUNDS: usize = 5;
const READERS: usize = 64;
const READING: Duration = Duration::from_secs(3);
const CREATORS: usize = 32;
/// Sessions of one round; each is a new one.
const SESSIONS: usize = 4_000;
/// How often a single write is synced.
const SYNCS: usize = 301;
/// A page of the database.
const PAGE: usize = 4096;

pub(crate) fn measure(table: &mut Table) {
    let runtime = Runtime::new().expect("a runtime");
    accounts(table, &runtime);
    tokens_create(table, &runtime);
}

/// `accounts` of the example bank's connector, compared with a handler that verifies one signature and returns the same
/// bytes.
fn accounts(table: &mut Table, runtime: &Runtime) {
    let world = World::start(true);
    let request = world.fetch_accounts();
    let body = runtime.block_on(load::body(&world.address, &request));
    let bare = Bare::verifying(&body);
    let mut ratios: Vec<(f64, f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let per_second =
                |address: &str| runtime.block_on(load::requests_per_second(address, &request, READERS, READING));
            let (ours, theirs) = (per_second(&world.address), per_second(&bare.address));
            (ours / theirs, ours, theirs)
        })
        .collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, ours, theirs) = ratios[ROUNDS / 2];
    table.ratio(
        "connector, accounts, 64 connections, requests per second",
        &format!("{ours:.0}/s"),
        &format!("bare axum handler that verifies a signature {theirs:.0}/s"),
        ratio,
        // The bound applies to SQLite.
        if std::env::var(POSTGRES).is_ok() { Bound::None } else { Bound::AtLeast(0.6) },
    );
}

/// `tokens/create`, durable: the number per second, and the number in the time that one write takes to reach the disk.
fn tokens_create(table: &mut Table, runtime: &Runtime) {
    let world = World::start(false);
    let synced = sync_alone(world.folder.path());
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let requests = world.token_requests(round);
            runtime.block_on(load::answered_per_second(&world.address, &requests, CREATORS))
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[ROUNDS / 2];
    let store = if std::env::var(POSTGRES).is_ok() { "PostgreSQL" } else { "SQLite" };
    table.ratio(
        &format!("connector, tokens/create on disk, 32 connections, {store}"),
        &format!("{rate:.0}/s"),
        &format!("one write synced alone {}", ms(synced)),
        rate * synced.as_secs_f64(),
        Bound::None,
    );
}

/// The time until one written page is on disk.
fn sync_alone(folder: &Path) -> Duration {
    let mut file = File::create(folder.join("synced")).expect("a file");
    let mut times: Vec<Duration> = (0..SYNCS)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[0; PAGE]).and_then(|()| file.sync_data()).expect("syncs");
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[SYNCS / 2]
}

/// A hub and a connector, each in a separate process.
struct World {
    _hub: Process,
    _connector: Process,
    folder: tempfile::TempDir,
    control: String,
    address: String,
    hub_key: SigningKey,
}

impl World {
    /// With `reports` the connector knows the hub; without, its reports wait.
    fn start(reports: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let (hub, ready) = Process::serve(&["salt-edge-hub", "--control", "--data", &at("hub")]);
        let text = |name: &str| ready[name].as_str().unwrap_or_else(|| panic!("{name} in {ready}"));
        let mut config = String::new();
        if let Ok(url) = std::env::var(POSTGRES) {
            config = format!("[connector]\nstore = {url:?}\nstore_key = \"{}\"\n", "A".repeat(43) + "=");
        }
        // It may contain the store's key.
        std::fs::write(at("connector.toml"), "").expect("a file");
        std::fs::set_permissions(at("connector.toml"), std::fs::Permissions::from_mode(0o600)).expect("its mode");
        std::fs::write(at("connector.toml"), config).expect("a file");
        let mut options = vec!["salt-edge-connector".to_owned(), "--data".into(), at("connector")];
        options.extend(["--config".into(), at("connector.toml")]);
        options.extend(["--hub-public-key".into(), text("hub_public_key_file").into()]);
        options.extend(["--private-key".into(), text("private_key_file").into()]);
        if reports {
            options.extend(["--hub-url".into(), text("base_url").into(), "--app-id".into(), text("app_id").into()]);
            options.extend(["--app-secret-file".into(), text("app_secret_file").into()]);
        }
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (connector, connector_ready) = Process::serve(&options);
        let base_url = connector_ready["base_url"].as_str().expect("a base URL");
        let control = text("control_url").to_owned();
        load::post(&format!("{control}/sandbox/connector"), &json!({"url": base_url}).to_string());
        let pem = std::fs::read_to_string(at("hub/hub.key.pem")).expect("the hub's key");
        Self {
            _hub: hub,
            _connector: connector,
            control,
            address: base_url.trim_start_matches("http://").to_owned(),
            hub_key: SigningKey::from_pem(&pem, None).expect("a key"),
            folder,
        }
    }

    fn order(&self, path: &str, order: &Value) -> Value {
        load::post(&format!("{}/sandbox/{path}", self.control), &order.to_string())
    }

    /// A request for the accounts of an enrolled customer; it is valid for an hour.
    fn fetch_accounts(&self) -> Vec<u8> {
        let credentials = json!({"authorization_type": "login_password", "login": "anna", "password": "anna-password"});
        self.order("enrolments", &json!({"session_secret": "reader", "credentials": credentials}));
        let begun = Instant::now();
        while self.order("sessions/reader", &json!({}))["status"] != "success" {
            assert!(begun.elapsed() < Duration::from_secs(20), "the enrolment has not ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        let order = json!({"operation": "fetch_accounts", "access_token_of": "reader", "expires_in_s": 3600});
        let made = self.order("requests", &order);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut request = format!("{} {} HTTP/1.1\r\nhost: x\r\n", text(&made["method"]), text(&made["target"]));
        for header in made["headers"].as_array().expect("headers") {
            request += &format!("{}: {}\r\n", text(&header["name"]), text(&header["value"]));
        }
        (request + "\r\n").into_bytes()
    }

    /// Requests of new sessions, freshly signed on as many threads as there are processors.
    fn token_requests(&self, round: usize) -> Vec<Vec<u8>> {
        let exp = now_s() + 600;
        let one = |number: usize| {
            let data = token_request(&format!("round-{round}-session-{number}"));
            let jwt = UnsignedEnvelope::new(&data, exp).signed(&self.hub_key).expect("signs");
            format!(
                "POST /api/priora/v1/tokens/create HTTP/1.1\r\nhost: x\r\nclient-id: 771\r\nauthorization: Bearer {jwt}\r\ncontent-length: 0\r\n\r\n"
            )
            .into_bytes()
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let one = &one;
            let each = |thread: usize| scope.spawn(move || (thread..SESSIONS).step_by(threads).map(one).collect());
            let all: Vec<_> = (0..threads).map(each).collect();
            all.into_iter().flat_map(|thread| -> Vec<Vec<u8>> { thread.join().expect("signs") }).collect()
        })
    }
}

pub(crate) fn now_s() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    i64::try_from(now.as_secs()).expect("a time")
}

/// A third party's request, as forwarded by Salt Edge.
pub(crate) fn token_request(session_secret: &str) -> String {
    let payload = json!({
        "data": {
            "credentials": {"authorization_type": "oauth"}, "provider_code": "demobank", "scopes": ["accounts", "transactions"],
            "redirect_url": "https://third-party.example/back", "consent_period_days": 90,
        },
        "exp": now_s() + 600,
    });
    let original = json!({"client_jwt": "Bearer none", "client_payload": payload});
    json!({"session_secret": session_secret, "provider_code": "demobank", "app_name": "Example", "original_request": original})
        .to_string()
}

struct Process(Child);

impl Process {
    /// Starts `bankchannel serve` and waits for its readiness line.
    fn serve(options: &[&str]) -> (Self, Value) {
        let mut child = Command::new(program())
            .arg("serve")
            .args(options)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        (Self(child), serde_json::from_str(&line).expect("a readiness line"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
