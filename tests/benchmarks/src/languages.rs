//! The overhead of each language: at the boundary, at loading, under load and for a large upload. Each language's own
//! script under `bindings/*/benchmarks/` measures one thing and prints one JSON line.

use std::{path::Path, process::Command, time::Instant};

use bankchannel::{CallOptions, Content, ws_channel::WsChannel};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    served::{Served, client},
    table::{Bound, Table},
};

/// Concurrent calls, and their total number.
const CONCURRENT: usize = 64;
const CALLS: usize = 12_800;
/// The number of uploads of the file, and its size.
const ROUNDS: usize = 15;
const FILE_BYTES: usize = 7 * 1024 * 1024;

/// A language: the interpreter of its scripts, their folder, and their file ending.
pub(crate) struct Language {
    pub(crate) name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    ending: &'static str,
    /// The kinds of clients it has, and the usual alternatives with the factor by which ours must be cheaper.
    clients: &'static [&'static str],
    others: &'static [(&'static str, f64)],
    /// The maximum cost of loading, relative to the comparison.
    load_bound: f64,
    /// The usual alternative for signing a request.
    signer: Option<&'static str>,
}

pub(crate) const LANGUAGES: &[Language] = &[
    Language {
        name: "python",
        program: "target/venv/bin/python",
        arguments: &[],
        ending: "py",
        clients: &["threads", "asyncio"],
        others: &[("requests", 5.0), ("httpx", 3.0)],
        load_bound: 0.25,
        signer: Some("cryptography"),
    },
    Language {
        name: "node",
        program: "node",
        arguments: &["--expose-gc"],
        ending: "mjs",
        clients: &["bankchannel"],
        others: &[("axios", 3.0)],
        load_bound: 0.5,
        signer: Some("node:crypto"),
    },
    Language {
        name: "php",
        program: "php",
        arguments: &[],
        ending: "php",
        clients: &[],
        others: &[],
        load_bound: 1.5,
        signer: None,
    },
];

impl Language {
    /// The output of one of its scripts.
    pub(crate) fn run(&self, script: &str, arguments: &[&str], environment: &[(&str, String)]) -> Value {
        let path = format!("bindings/{}/benchmarks/{script}.{}", self.name, self.ending);
        let output = Command::new(self.program)
            .args(self.arguments)
            .arg(&path)
            .args(arguments)
            .env("PYTHONPATH", "bindings/python")
            .env("NODE_PATH", "target/npm/node_modules")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap_or_else(|why| panic!("{}: {why}", self.program));
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{path} {arguments:?}: {printed}{}", String::from_utf8_lossy(&output.stderr));
        let line = printed.lines().rfind(|line| line.starts_with('{')).unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|why| panic!("{path} prints JSON ({why}): {printed}"))
    }
}

/// Measures every language. Runs in the repository's root, after `tests/run tools testing languages`.
pub(crate) fn measure(table: &mut Table, wanted: impl Fn(&str) -> bool) {
    for language in LANGUAGES.iter().filter(|language| wanted(language.name)) {
        boundary(table, language);
        load(table, language);
        signing(table, language);
    }
    let served =
        Served::start("max_body_bytes = 20000000\nbanks = { simulator = { payments = \"store\" } }\n", ten_files());
    let folder = served.folder.path();
    let file = folder.join("payment.xml");
    std::fs::write(&file, vec![b'x'; FILE_BYTES]).expect("a file");
    let key = folder.join("key.asc");
    std::fs::write(&key, served.private.to_armored().expect("armor").as_bytes()).expect("a file");
    let environment = [
        ("ISECURE_BASE_URL", served.base_url.clone()),
        ("ISECURE_PUBLIC_KEY_PEM_FILE", served.public_key_file.clone()),
        ("ISECURE_API_KEY", served.api_key.clone()),
        ("BENCH_ID_TOKEN", served.token.clone()),
        ("BENCH_CALLS", CALLS.to_string()),
        ("BENCH_FILE", file.display().to_string()),
        ("BENCH_KEY_FILE", key.display().to_string()),
        ("BENCH_ROUNDS", ROUNDS.to_string()),
    ];
    let rust: f64 =
        crate::memory::in_child(&["calls", &served.base_url, &served.api_key, &served.token]) as f64 / 1000.0;
    for language in LANGUAGES.iter().filter(|language| wanted(language.name)) {
        under_load(table, language, &environment, rust);
        upload(table, language, &environment, &served, &file, &key);
    }
}

fn ten_files() -> Value {
    let file =
        |n: usize| json!({"file_type": "camt.053.001.02", "content": "aGVsbG8=", "reference": format!("ref{n}")});
    (0..10).map(file).collect()
}

pub(crate) fn number(found: &Value, name: &str) -> f64 {
    found[name].as_f64().unwrap_or_else(|| panic!("a number {name} in {found}"))
}

/// A local operation that does nothing, compared with reading and writing the same JSON.
fn boundary(table: &mut Table, language: &Language) {
    let found = language.run("boundary", &[], &[]);
    let (native, generic) = (number(&found, "native_us"), number(&found, "generic_us"));
    let name = language.name;
    table.ratio(
        &format!("{name}: operation that does nothing, 200 bytes each way"),
        &format!("{generic:.2} µs"),
        &format!("its own JSON {native:.2} µs"),
        generic / native,
        Bound::AtMost(3.0),
    );
    let typed = number(&found, "typed_us");
    table.ratio(
        &format!("{name}: the same through the typed face"),
        &format!("{typed:.2} µs"),
        &format!("the generic call {generic:.2} µs"),
        typed / generic,
        Bound::AtMost(2.0),
    );
}

fn load(table: &mut Table, language: &Language) {
    let found = language.run("load", &[], &[]);
    let (ours, against) = (number(&found, "ours_ms"), number(&found, "against_ms"));
    table.ratio(
        &format!("{}: loading the package", language.name),
        &format!("{ours:.1} ms"),
        &format!("{} {against:.1} ms", found["against"].as_str().unwrap_or_default()),
        ours / against,
        Bound::AtMost(language.load_bound),
    );
}

/// A request of 1 kB signed, compared with the signature alone by the language's own library: with a kept key, and with
/// the key read for each request.
fn signing(table: &mut Table, language: &Language) {
    let Some(signer) = language.signer else { return };
    let found = language.run("sign", &[], &[]);
    let time = |name: &str| number(&found, name);
    for (name, ours, max) in [("not verified afterwards", "unverified", 1.05), ("verified afterwards", "ours", 1.15)] {
        table.ratio(
            &format!("{}: sign a request of 1 kB, {name}", language.name),
            &format!("{:.0} µs", time(&format!("{ours}_us"))),
            &format!("{signer}, key kept {:.0} µs", time("kept_us")),
            time(&format!("{ours}_to_kept")),
            Bound::AtMost(max),
        );
    }
    table.ratio(
        &format!("{}: sign a request of 1 kB", language.name),
        &format!("{:.0} µs", time("ours_us")),
        &format!("{signer}, key read each time {:.0} µs", time("read_us")),
        time("read_to_ours"),
        Bound::AtLeast(3.0),
    );
}

fn under_load(table: &mut Table, language: &Language, environment: &[(&str, String)], rust: f64) {
    let cpu = |client: &str| number(&language.run("list_files", &[client], environment), "cpu_us_per_call");
    let others: Vec<(&str, f64, f64)> =
        language.others.iter().map(|&(other, factor)| (other, factor, cpu(other))).collect();
    for way in language.clients {
        let ours = cpu(way);
        let what = format!("{}, {way}: processor time of a list_files, {CONCURRENT} at once", language.name);
        table.ratio(&what, &format!("{ours:.0} µs"), &format!("Rust {rust:.0} µs"), ours / rust, Bound::AtMost(2.5));
        for &(other, factor, theirs) in &others {
            table.ratio(
                &what,
                &format!("{ours:.0} µs"),
                &format!("{other} {theirs:.0} µs"),
                theirs / ours,
                Bound::AtLeast(factor),
            );
        }
    }
}

/// The same upload from the language and from Rust, alternating, so that a drift of the disk affects both.
fn upload(
    table: &mut Table,
    language: &Language,
    environment: &[(&str, String)],
    served: &Served,
    file: &Path,
    key: &Path,
) {
    let rust = || {
        let arguments = ["upload-signed", &served.base_url, &served.api_key, &served.token];
        let paths = [&*file.to_string_lossy(), &*key.to_string_lossy()].map(str::to_owned);
        let all: Vec<&str> = arguments.into_iter().chain(paths.iter().map(String::as_str)).collect();
        crate::memory::in_child(&all) as f64 / 1e6
    };
    let theirs = || {
        let found = language.run("upload", &[], environment);
        let mut seconds: Vec<f64> =
            found["seconds"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        seconds.sort_by(f64::total_cmp);
        *seconds.get(seconds.len() / 2).unwrap_or_else(|| panic!("seconds in {found}"))
    };
    let mut rounds: Vec<(f64, f64, f64)> = (0..3)
        .map(|_| {
            let (ours, bare) = (theirs(), rust());
            (ours / bare, ours, bare)
        })
        .collect();
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, ours, bare) = rounds[1];
    table.ratio(
        &format!("{}: sign and upload 7 MiB", language.name),
        &format!("{:.1} ms", ours * 1000.0),
        &format!("Rust {:.1} ms", bare * 1000.0),
        ratio,
        Bound::AtMost(1.15),
    );
}

/// The work of a child process of this program: the same as the languages' scripts, from Rust. Returns nanoseconds of
/// CPU time per call, or the median microseconds of an upload.
pub(crate) fn child(arguments: &[&str]) -> u64 {
    let runtime = Runtime::new().expect("a runtime");
    let client = client(arguments[1], arguments[2], arguments[3]);
    match arguments[0] {
        "calls" => runtime.block_on(processor_time_per_call(&client)),
        _ => runtime.block_on(median_upload(&client, Path::new(arguments[4]), Path::new(arguments[5]))),
    }
}

async fn processor_time_per_call(client: &WsChannel) -> u64 {
    many_calls(client, CONCURRENT * 4).await;
    let before = processor_time();
    many_calls(client, CALLS).await;
    (processor_time() - before) / CALLS as u64
}

async fn many_calls(client: &WsChannel, calls: usize) {
    let tasks: Vec<_> = (0..CONCURRENT)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..calls / CONCURRENT {
                    let done =
                        client.call_json("ws_channel.list_files", json!({"status": "ALL"}), CallOptions::default());
                    done.await.unwrap_or_else(|error| panic!("{error}"));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task");
    }
}

/// This process's CPU time in nanoseconds, including that of ended threads.
fn processor_time() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("the kernel tells");
    let after_name = text.rsplit_once(") ").expect("a name").1;
    let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // The kernel's clock of this file has a hundred ticks a second, independent of its own rate.
    ticks * 10_000_000
}

async fn median_upload(client: &WsChannel, file: &Path, key: &Path) -> u64 {
    let key = std::fs::read_to_string(key).expect("the key");
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let request = json!({
            "bank": "simulator", "file_type": "pain.001.001.09", "file_name": format!("payment-{round}.xml"), "private_key": key,
            "check": false,
        });
        let options = CallOptions { content: Some(Content::from(file)), ..CallOptions::default() };
        let begun = Instant::now();
        let done = client.call_json("ws_channel.sign_and_upload", request, options).await;
        done.unwrap_or_else(|error| panic!("{error}"));
        times.push(begun.elapsed().as_micros() as u64);
    }
    times.sort_unstable();
    times[ROUNDS / 2]
}
