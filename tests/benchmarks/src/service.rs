//! The service under load, against a bare handler and against the work that cannot be avoided.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bankchannel::{
    CallOptions, Content, Destination,
    ws_channel::{WsChannel, WsChannelSettings},
};
use bankchannel_openpgp as openpgp;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    load,
    memory::status,
    prepare::key,
    startup::bankchannel as program,
    table::{Bound, Table},
};

const TIME: Duration = Duration::from_secs(6);
const ROUNDS: usize = 3;
/// Set to the URL of an empty PostgreSQL database, the service keeps its data there; its figures have no bound.
const POSTGRES: &str = "BANKCHANNEL_SERVICE_POSTGRES";
const EMAIL: &str = "bench@example.test";

pub(crate) fn measure(table: &mut Table, wanted: impl Fn(&str) -> bool) {
    let runtime = Runtime::new().expect("a runtime");
    if wanted("list-files") {
        list_files(table, &runtime);
    }
    if wanted("uploads") {
        uploads(table, &runtime);
    }
    if wanted("ten-among-many") {
        ten_among_many(table, &runtime);
    }
}

/// A service in a process of its own, as somebody would run it, with an account that is ready.
struct Served {
    child: Child,
    folder: tempfile::TempDir,
    base_url: String,
    api_key: String,
    token: String,
    signer: openpgp::UnlockedSigner,
    public: openpgp::PublicKey,
}

impl Served {
    fn start(config: &str, files: Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config.to_owned();
        if let Ok(url) = std::env::var(POSTGRES) {
            config = format!("postgres_url = \"{url}\"\n{config}");
        }
        std::fs::write(folder.path().join("service.toml"), config).expect("a file");
        let (child, ready) = spawn(folder.path());
        let private = key(openpgp::Algorithm::Ed25519);
        let seed = json!({"accounts": [{
            "email": EMAIL, "password": "Benchmark_1234567890", "company": "Bench", "name": "Bench", "sessions": true,
            "certificates": ["simulator"], "files": files,
            "pgp_keys": [{"key": private.public().to_armored().expect("armor"), "purpose": "authorize"}],
        }]});
        let control = ready["control_url"].as_str().expect("a control URL");
        let seeded = load::post(&format!("{control}/seed"), &seed.to_string());
        let account = &seeded["accounts"][0];
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("a text in {seeded}")).to_owned();
        Self {
            child,
            folder,
            base_url: text(&ready["base_url"]),
            api_key: text(&account["api_key"]),
            token: text(&account["id_tokens"]["data"]),
            signer: private.signer(SystemTime::now()).expect("an unlocked key"),
            public: private.public(),
        }
    }

    fn address(&self) -> String {
        self.base_url.trim_start_matches("http://").trim_end_matches("/v2").to_owned()
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        format!(
            "{method} /v2{path} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nx-api-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token, self.api_key, body.len(),
        )
        .into_bytes()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn list_files(table: &mut Table, runtime: &Runtime) {
    let files: Vec<Value> = (0..10)
        .map(|n| json!({"file_type": "camt.053.001.02", "content": "aGVsbG8=", "reference": format!("ref{n}")}))
        .collect();
    let served = Served::start("", json!(files));
    let ours = served.request("GET", "/files/simulator?FileType=camt.053.001.02&Status=NEW", "");
    let body = runtime.block_on(load::body(&served.address(), &ours));
    let bare = runtime.block_on(bare_handler(body));
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let mine = runtime.block_on(load::requests_per_second(&served.address(), &ours, 64, TIME));
        let theirs = runtime.block_on(load::requests_per_second(&bare, request, 64, TIME));
        ratios.push((mine / theirs, mine, theirs));
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, mine, theirs) = ratios[ROUNDS / 2];
    table.ratio(
        "list_files, 64 connections, requests per second",
        &format!("{mine:.0}/s"),
        &format!("bare axum handler, same bytes {theirs:.0}/s"),
        ratio,
        Bound::AtLeast(0.5),
    );
}

/// An axum handler that returns these bytes.
async fn bare_handler(body: Vec<u8>) -> String {
    let body = bytes::Bytes::from(body);
    let app = axum::Router::new().fallback(move || {
        let body = body.clone();
        async move { ([("content-type", "application/json")], body) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn uploads(table: &mut Table, runtime: &Runtime) {
    let served = Served::start("banks = { simulator = \"store\" }\n", json!([]));
    let file: Vec<u8> = (0..1024 * 1024).map(|at: u32| (at * 31 % 251) as u8).collect();
    let signature =
        openpgp::sign_detached(&[&served.signer], &file[..], openpgp::HashAlgorithm::Sha256, SystemTime::now())
            .expect("signs");
    let body = json!({
        "FileContents": STANDARD.encode(&file), "FileName": "payments.xml", "FileType": "pain.001.001.09", "Signature": signature,
    })
    .to_string();
    let request = served.request("PUT", "/files/simulator", &body);
    let public = Arc::new(served.public.clone());
    let (file, signature) = (Arc::new(file), Arc::new(signature));
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let mine = runtime.block_on(load::requests_per_second(&served.address(), &request, 8, TIME));
        let theirs = verify_and_sync(served.folder.path(), &public, &file, &signature);
        ratios.push((mine / theirs, mine, theirs));
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, mine, theirs) = ratios[ROUNDS / 2];
    table.ratio(
        "uploads of 1 MiB, 8 connections, per second",
        &format!("{mine:.0}/s"),
        &format!("eight tasks that verify and fsync {theirs:.0}/s"),
        ratio,
        Bound::AtLeast(0.6),
    );
}

/// Eight tasks that verify the same signature over the same bytes and write them to disk, for some time.
fn verify_and_sync(
    folder: &Path,
    public: &Arc<openpgp::PublicKey>,
    file: &Arc<Vec<u8>>,
    signature: &Arc<String>,
) -> f64 {
    let begun = Instant::now();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let (public, file, signature) = (Arc::clone(public), Arc::clone(file), Arc::clone(signature));
            let folder = folder.to_owned();
            std::thread::spawn(move || {
                let mut done = 0u64;
                while begun.elapsed() < TIME {
                    let policy = openpgp::VerifyPolicy::default();
                    let verdict = openpgp::verify_detached(
                        signature.as_bytes(),
                        &[&public],
                        &file[..],
                        SystemTime::now(),
                        &policy,
                    );
                    assert!(verdict.expect("parses").is_good());
                    let path = folder.join(format!("{task}-{done}"));
                    let mut out = File::create(&path).expect("a file");
                    out.write_all(&file).expect("writes");
                    out.sync_all().expect("syncs");
                    done += 1;
                }
                for n in 0..done {
                    let _ = std::fs::remove_file(folder.join(format!("{task}-{n}")));
                }
                done
            })
        })
        .collect();
    let done: u64 = tasks.into_iter().map(|task| task.join().expect("a task")).sum();
    done as f64 / begun.elapsed().as_secs_f64()
}

/// Ten matching files among 100,000 against ten among ten: at the store, where there is no cache.
fn ten_among_many(table: &mut Table, runtime: &Runtime) {
    use bankchannel_storage::{FileContent, FileFilter, FileScope, NewBankFile, Store};
    let scope = || FileScope { api_key: "k".into(), email: EMAIL.into(), bank: "simulator".into() };
    let file = |n: usize, file_type: &str, status: &str| NewBankFile {
        reference: format!("r{n}"),
        file_type: file_type.into(),
        status: status.into(),
        created: n as i64,
        service_id: None,
        target_id: None,
        content: FileContent::Inline(vec![1]),
    };
    let filter = || FileFilter { file_type: Some("camt.053.001.02".into()), status: Some("NEW".into()) };
    let mut medians = Vec::new();
    let mut stores = Vec::new();
    for others in [0, 99_990] {
        let folder = tempfile::tempdir().expect("a folder");
        let store = runtime.block_on(async {
            let store = Store::open_sqlite(folder.path()).await.expect("a store");
            store
                .put_files(&scope(), (0..10).map(|n| file(n, "camt.053.001.02", "NEW")).collect())
                .await
                .expect("puts");
            for batch in 0..others / 10_000 + 1 {
                let files: Vec<_> = (batch * 10_000..others.min((batch + 1) * 10_000))
                    .map(|n| file(n + 10, if n % 2 == 0 { "camt.054.001.02" } else { "camt.053.001.02" }, "DLD"))
                    .collect();
                store.put_files(&scope(), files).await.expect("puts");
            }
            store
        });
        stores.push((store, folder));
    }
    for round in 0..9 {
        let times: Vec<f64> = stores
            .iter()
            .map(|(store, _)| {
                runtime.block_on(async {
                    let begun = Instant::now();
                    for _ in 0..200 {
                        let found = store.list_files(&scope(), &filter()).await.expect("lists");
                        assert_eq!(found.len(), 10);
                    }
                    begun.elapsed().as_secs_f64() / 200.0
                })
            })
            .collect();
        if round > 0 {
            medians.push((times[1] / times[0], times[1], times[0]));
        }
    }
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, many, few) = medians[medians.len() / 2];
    table.ratio(
        "ten matching files among 100,000",
        &format!("{:.0} µs", many * 1e6),
        &format!("ten among ten {:.0} µs", few * 1e6),
        ratio,
        Bound::AtMost(1.2),
    );
}

/// Memory that 100 MiB up and 100 MiB down add, in KiB: at a client, a process of its own, and at the service.
pub(crate) fn large_files() -> Vec<(String, u64)> {
    let config = "max_body_bytes = 300000000\nmax_file_bytes = 200000000\nbanks = { simulator = \"store\" }\n";
    let mut served = Served::start(config, json!([]));
    let path = served.folder.path().join("large");
    File::create(&path).and_then(|file| file.set_len(LARGE)).expect("a file");
    let opened = File::open(&path).expect("the file");
    let signature =
        openpgp::sign_detached(&[&served.signer], opened, openpgp::HashAlgorithm::Sha256, SystemTime::now());
    let signature_file = served.folder.path().join("large.asc");
    std::fs::write(&signature_file, signature.expect("signs")).expect("a file");
    let mut rows =
        measured(&served, "sending", &["upload", &path.to_string_lossy(), &signature_file.to_string_lossy()]);
    served.put_large_file();
    let target = served.folder.path().join("downloaded");
    rows.extend(measured(&served, "receiving", &["download", &target.to_string_lossy()]));
    assert_eq!(std::fs::metadata(&target).expect("the file").len(), LARGE);
    rows
}

const LARGE: u64 = 100 * 1024 * 1024;

fn measured(served: &Served, what: &str, arguments: &[&str]) -> Vec<(String, u64)> {
    let mut all = vec![arguments[0], &served.base_url, &served.api_key, &served.token];
    all.extend(&arguments[1..]);
    // Something small first: connections and caches are not the file's.
    crate::memory::in_child(&["list", &served.base_url, &served.api_key, &served.token]);
    let service = served.child.id().to_string();
    let before = status(&service, "VmHWM");
    let client = crate::memory::in_child(&all);
    let after = status(&service, "VmHWM");
    vec![
        (format!("memory added by {what} 100 MiB, client"), client),
        (format!("memory added by {what} 100 MiB, service"), after - before),
    ]
}

/// What a client process does between two looks at its peak.
pub(crate) fn client_call(arguments: &[&str]) {
    let runtime = Runtime::new().expect("a runtime");
    let client = client(arguments[1], arguments[2], arguments[3]);
    let mut options = CallOptions { timeout: Some(Duration::from_secs(300)), ..CallOptions::default() };
    let (name, request) = match arguments[0] {
        "list" => ("ws_channel.list_files", json!({})),
        "upload" => {
            options.content = Some(Content::from(Path::new(arguments[4])));
            let signature = std::fs::read_to_string(arguments[5]).expect("the signature");
            (
                "ws_channel.upload_file",
                json!({"file_name": "large.bin", "file_type": "pain.001.001.09", "signature": signature}),
            )
        }
        _ => {
            options.destination = Destination::File(arguments[4].into());
            ("ws_channel.download_file", json!({"file_type": "camt.053.001.02", "file_reference": "large"}))
        }
    };
    runtime.block_on(client.call_json(name, request, options)).unwrap_or_else(|error| panic!("{error}"));
}

fn client(base_url: &str, api_key: &str, token: &str) -> WsChannel {
    let settings: WsChannelSettings = bankchannel_foundation::model::read_boundary(json!({
        "base_url": base_url, "email": EMAIL, "mode": "data", "api_key": api_key, "id_token": token, "bank": "simulator",
    }))
    .expect("settings");
    WsChannel::new(settings).expect("a client")
}

impl Served {
    /// Stops the service, puts a file of 100 MiB at the bank, and starts it again.
    fn put_large_file(&mut self) {
        use bankchannel_storage::{FileContent, FileScope, NewBankFile, Store};
        self.child.kill().and_then(|()| self.child.wait()).expect("it ends");
        let data = self.folder.path().join("data");
        File::create(data.join("files/large")).and_then(|file| file.set_len(LARGE)).expect("a file");
        let scope = FileScope { api_key: self.api_key.clone(), email: EMAIL.into(), bank: "simulator".into() };
        let file = NewBankFile {
            reference: "large".into(),
            file_type: "camt.053.001.02".into(),
            status: "NEW".into(),
            created: 1_767_225_600_000,
            service_id: None,
            target_id: None,
            content: FileContent::External { path: "large".into(), size: LARGE as i64 },
        };
        Runtime::new().expect("a runtime").block_on(async {
            let store = Store::open_sqlite(&data).await.expect("the store");
            store.put_files(&scope, vec![file]).await.expect("puts");
            store.close().await;
        });
        let (child, ready) = spawn(self.folder.path());
        self.child = child;
        self.base_url = ready["base_url"].as_str().expect("a base URL").to_owned();
    }
}

fn spawn(folder: &Path) -> (Child, Value) {
    let mut child = Command::new(program())
        .args(["serve", "ws-channel", "--listen", "127.0.0.1:0", "--no-limits", "--control", "--config"])
        .arg(folder.join("service.toml"))
        .arg("--data")
        .arg(folder.join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the service starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    (child, serde_json::from_str(&line).expect("a readiness line"))
}
