//! The service under load, compared with a bare handler and with the unavoidable work.

use std::{
    fs::File,
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bankchannel_openpgp as openpgp;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    bare::{self, Bare},
    load,
    served::{POSTGRES, Served},
    store::ten_among_many,
    table::{Bound, Table},
};

const TIME: Duration = Duration::from_secs(6);
const ROUNDS: usize = 3;

pub(crate) fn measure(table: &mut Table, wanted: impl Fn(&str) -> bool) {
    let runtime = Runtime::new().expect("a runtime");
    if wanted("list-files") {
        list_files(table, &runtime);
    }
    if wanted("observed") {
        observed(table, &runtime);
    }
    if wanted("uploads") {
        uploads(table, &runtime);
    }
    if wanted("ten-among-many") {
        ten_among_many(table, &runtime);
    }
}

fn list_files(table: &mut Table, runtime: &Runtime) {
    let files: Vec<Value> = (0..10)
        .map(|n| json!({"file_type": "camt.053.001.02", "content": "aGVsbG8=", "reference": format!("ref{n}")}))
        .collect();
    let served = Served::start("", json!(files));
    let ours = served.request("GET", "/files/simulator?FileType=camt.053.001.02&Status=NEW", "");
    let body = runtime.block_on(load::body(&served.address(), &ours));
    let bare = Bare::start(&body);
    let (ratio, mine, theirs) = compared(|| {
        let mine = runtime.block_on(load::requests_per_second(&served.address(), &ours, 64, TIME));
        (mine, runtime.block_on(load::requests_per_second(&bare.address, bare::REQUEST, 64, TIME)))
    });
    table.ratio(
        "list_files, 64 connections, requests per second",
        &format!("{mine:.0}/s"),
        &format!("bare axum handler, same bytes {theirs:.0}/s"),
        ratio,
        bound(0.5),
    );
}

/// The service that is watched, and one that tells nothing.
fn observed(table: &mut Table, runtime: &Runtime) {
    let file = json!([{"file_type": "camt.053.001.02", "content": "aGVsbG8=", "reference": "ref"}]);
    let watched = Served::start("log_format = \"json\"\n", file.clone());
    let silent = Served::start("operator_listen = \"off\"\nlog_level = \"off\"\n", file);
    let rate = |served: &Served| {
        let request = served.request("GET", "/files/simulator?FileType=camt.053.001.02&Status=NEW", "");
        runtime.block_on(load::requests_per_second(&served.address(), &request, 64, TIME))
    };
    let (ratio, mine, theirs) = compared(|| (rate(&watched), rate(&silent)));
    table.ratio(
        "list_files with metrics and a line of JSON for each, requests per second",
        &format!("{mine:.0}/s"),
        &format!("the same without {theirs:.0}/s"),
        ratio,
        bound(0.95),
    );
}

/// Ours, theirs, and their ratio: of several rounds, the one with the median ratio.
fn compared(mut round: impl FnMut() -> (f64, f64)) -> (f64, f64, f64) {
    let mut rounds: Vec<(f64, f64, f64)> = Vec::new();
    for _ in 0..ROUNDS {
        let (mine, theirs) = round();
        rounds.push((mine / theirs, mine, theirs));
    }
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    rounds[ROUNDS / 2]
}

/// PostgreSQL's figures have no bound.
fn bound(least: f64) -> Bound {
    if std::env::var_os(POSTGRES).is_some() { Bound::None } else { Bound::AtLeast(least) }
}

fn uploads(table: &mut Table, runtime: &Runtime) {
    let served = Served::start("banks = { simulator = { payments = \"store\" } }\n", json!([]));
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
    let mine = || runtime.block_on(load::requests_per_second(&served.address(), &request, 8, TIME));
    let folder = served.folder.path().join("bare");
    std::fs::create_dir(&folder).expect("a folder");
    let bare = Bare::uploading(&served.public.to_armored().expect("armor"), &folder);
    let theirs = || runtime.block_on(load::requests_per_second(&bare.address, &request, 8, TIME));
    let (ratio, uploads, bare_uploads) = compared(|| (mine(), theirs()));
    table.ratio(
        "uploads of 1 MiB, 8 connections, per second, and a handler of one's own",
        &format!("{uploads:.0}/s"),
        &format!("bare axum handler that verifies and syncs {bare_uploads:.0}/s"),
        ratio,
        bound(0.8),
    );
    let (ratio, mine, theirs) =
        compared(|| (mine(), verify_and_sync(served.folder.path(), &public, &file, &signature)));
    table.ratio(
        "uploads of 1 MiB, 8 connections, per second",
        &format!("{mine:.0}/s"),
        &format!("eight tasks that verify and fsync {theirs:.0}/s"),
        ratio,
        bound(0.6),
    );
}

/// Eight tasks that verify the same signature over the same bytes and write them to disk, for some time.
fn verify_and_sync(
    folder: &Path,
    public: &Arc<openpgp::OpenPgpPublicKey>,
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
