//! Kill −9 in the middle of work: everything acknowledged still exists afterwards, and nothing twice.
//!
//! `BANKCHANNEL_KILL_ROUNDS` is the number of kills of each kind of server (`tests/long/kill` uses 500). In a round, the
//! server starts on the data left by the last kill, and clients work with it until it is killed at a random time.

// The tests print the interrupted steps.
#![allow(clippy::print_stdout)]

mod sepa_bank;
mod ws_channel;

use std::{
    ffi::OsStr,
    path::Path,
    process::Stdio,
    time::{Duration, SystemTime},
};

use bankchannel_tests::faces::built;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// The number of kills, unless the environment says otherwise.
fn rounds(usual: usize) -> usize {
    std::env::var("BANKCHANNEL_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Around the duration of a few uploads, and always different.
fn moment() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("now");
    Duration::from_millis(60 + u64::from(now.subsec_micros() % 240))
}

/// Starts a server in another process; with what its readiness line says.
async fn started<'o>(kind: &str, data: &Path, options: impl Iterator<Item = &'o OsStr>) -> (Child, Value) {
    let program = built().join("bankchannel");
    let mut child = Command::new(&program)
        .args(["serve", kind, "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(options)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|why| panic!("{} does not start ({why}): build the workspace first", program.display()));
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let line = lines.next_line().await.expect("readable").expect("a readiness line");
    (child, serde_json::from_str(&line).expect("JSON"))
}
