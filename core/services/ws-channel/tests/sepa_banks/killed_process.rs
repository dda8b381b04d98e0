//! The service in a process of its own, which `killed.c` ends at a place, or whose disk it fills: this test itself, started
//! again, with `killed.c` loaded before libc.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bankchannel_ws_channel_service::{RunningService, ServiceOptions};
use serde_json::{Value, json};

use crate::log::Log;

/// The arguments of the process that is killed: data folder, configuration file, the file for its readiness, as JSON.
pub(crate) const JOB: &str = "BANKCHANNEL_KILLED_SERVICE";
/// A process that comes past its place is ended once its work is done, after this time at the latest.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// Where the process ends: at the line with this number of those that match.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KillPlace {
    pub(crate) on: &'static str,
    pub(crate) at: usize,
    pub(crate) is_before: bool,
    /// It goes on, and its disk is full from there.
    pub(crate) is_full: bool,
}

/// The process that is killed.
#[tokio::test(flavor = "multi_thread")]
async fn service_that_is_killed() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job: Value = serde_json::from_str(&job).unwrap();
    let text = |name: &str| Some(job[name].as_str().unwrap().to_owned());
    let options = ServiceOptions {
        data: text("data"),
        config: text("config"),
        no_limits: Some(true),
        control: Some(true),
        ..ServiceOptions::default()
    };
    let log = Log::begin();
    let running = RunningService::start(options).await.unwrap();
    fs::write(text("ready").unwrap(), running.readiness().to_string()).unwrap();
    let until = Instant::now() + 4 * LONGEST;
    // Its parent is gone by then.
    while Instant::now() < until {
        fs::write(text("log").unwrap(), log.text()).unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await;
}

/// Compiles the library that is loaded before libc.
pub(crate) fn shim(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("killed.c"), folder.join("killed.so"));
    fs::write(&source, include_str!("../../../../../tests/support/killed.c")).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&library).arg(&source).arg("-ldl");
    let made = compiler.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    library
}

/// A service in a process of its own.
pub(crate) struct KilledService {
    child: Child,
    pub(crate) ready: PathBuf,
    pub(crate) log: PathBuf,
}

impl KilledService {
    pub(crate) fn start(folder: &Path, shim: &Path, place: KillPlace) -> Self {
        let (data, ready, log) = (folder.join("data"), folder.join("ready.json"), folder.join("log"));
        let _ = fs::remove_file(&ready);
        let job = json!({"data": data, "config": folder.join("config.toml"), "ready": ready, "log": log});
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "--nocapture", "killed_process::service_that_is_killed"])
            .env(JOB, job.to_string())
            .env("LD_PRELOAD", shim)
            .env("FOLDER", fs::canonicalize(&data).unwrap())
            .env("EVENTS", folder.join("events"))
            .env("KILL_AT", place.at.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if !place.on.is_empty() {
            command.env("KILL_ON", place.on);
        }
        if place.is_before {
            command.env("KILL_BEFORE", "1");
        }
        if place.is_full {
            command.env("DISK_FULL", "1");
        }
        Self { child: command.spawn().unwrap(), ready, log }
    }

    /// Its readiness; `None` if it was killed before.
    pub(crate) async fn ready(&mut self) -> Option<Value> {
        while self.child.try_wait().unwrap().is_none() {
            if let Ok(text) = fs::read_to_string(&self.ready)
                && let Ok(ready) = serde_json::from_str(&text)
            {
                return Some(ready);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        None
    }

    /// Whether its log names a full disk.
    pub(crate) fn names_full_disk(&self) -> bool {
        let log = fs::read_to_string(&self.log).unwrap_or_default().to_lowercase();
        log.lines().any(|line| {
            !line.starts_with("debug") && ["no space left", "is full"].iter().any(|said| line.contains(said))
        })
    }

    /// Waits until it is killed, or its work is done: a kill at no place of its own.
    pub(crate) async fn ended(mut self, is_done: impl AsyncFn() -> bool) {
        let until = Instant::now() + LONGEST;
        while self.child.try_wait().unwrap().is_none() {
            // Before it is ready, an operator's look at the folder would be in its way.
            if Instant::now() > until || self.ready.exists() && is_done().await {
                let _ = self.child.kill();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for KilledService {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
