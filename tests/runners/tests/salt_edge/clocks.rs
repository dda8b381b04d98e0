//! Two processes with clocks two minutes apart and one database: the other one leaves alone the reports that the first one is sending.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bankchannel::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, WorkRequest},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    bank::Bank,
    proxy::{Upstream, serve},
    world::{World, settings},
};

/// The settings of the process with the other clock, as JSON.
const JOB: &str = "BANKCHANNEL_OTHER_CLOCK";
/// More than the time for which a process holds a report.
const AHEAD_S: u32 = 121;

/// Shifts the time of day of a process.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*own)(clockid_t, struct timespec *);
    if (!own) own = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = own(clock, at);
    if (done == 0 && clock == CLOCK_REALTIME) at->tv_sec += AHEAD_S;
    return done;
}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_with_another_clock_sends_nothing_twice() {
    if std::env::var_os(JOB).is_some() {
        return;
    }
    let world = World::new(Bank::usual()).await;
    if world.place.server().is_none() {
        println!("not run: processes that share a folder share a clock");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(shim) = shim(folder.path()) else {
        println!("not run: no C compiler, or no LD_PRELOAD");
        return;
    };
    let hub = Upstream::new(world.hub.readiness()["base_url"].as_str().unwrap());
    let (reports, begun, goes_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (counted, told, gate) = (Arc::clone(&reports), Arc::clone(&begun), Arc::clone(&goes_on));
    let slow = serve(move |asked| {
        let (hub, counted, told, gate) = (hub.clone(), Arc::clone(&counted), Arc::clone(&told), Arc::clone(&gate));
        Box::pin(async move {
            counted.fetch_add(1, Ordering::SeqCst);
            told.notify_one();
            gate.notified().await;
            hub.ask(asked).await
        })
    })
    .await;
    let connector = world.with(json!({"base_url": slow}));
    let create =
        json!({"operation": "create_token", "session_secret": "s-1", "credentials": {"authorization_type": "oauth"}});
    let made = world.made(create).await;
    connector.handle_request_with(made, &world.options()).await.unwrap();
    let (worker, options) = (connector.clone(), world.options());
    let working = tokio::spawn(async move { worker.work_with(WorkRequest::builder(), &options).await });
    begun.notified().await;

    let other = tokio::task::spawn_blocking({
        let settings = settings(&world.hub, &world.place, json!({"base_url": slow}));
        move || worked_with(&shim, &settings)
    });
    let (other, clock) = other.await.unwrap();
    let here = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(clock.abs_diff(here) > 100, "its clock is another one: {clock} {here}");
    assert_eq!((other["delivered"].as_u64(), other["again"].as_u64()), (Some(0), Some(0)), "{other}");
    goes_on.notify_one();
    let worked = working.await.unwrap().unwrap();
    assert_eq!((worked.delivered, reports.load(Ordering::SeqCst)), (1, 1), "sent once: {worked:?}");
}

/// The work of the other process.
#[tokio::test]
async fn process_with_another_clock() {
    let Ok(settings) = std::env::var(JOB) else { return };
    let connector = SaltEdgeConnector::from_json(serde_json::from_str(&settings).unwrap()).unwrap();
    let options = CallOptions::default().with_bank(Bank::usual());
    let worked = connector.work_with(WorkRequest::builder(), &options).await.unwrap();
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    println!("worked {}", json!({"delivered": worked.delivered, "again": worked.again, "clock": clock}));
}

fn worked_with(shim: &Path, settings: &Value) -> (Value, u64) {
    let done = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "clocks::process_with_another_clock"])
        .env(JOB, settings.to_string())
        .env("LD_PRELOAD", shim)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let worked = said.lines().find_map(|line| line.split_once("worked ").map(|(_, rest)| rest.to_owned()));
    let worked: Value = worked
        .and_then(|line| serde_json::from_str(&line).ok())
        .unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&done.stderr)));
    let clock = worked["clock"].as_u64().unwrap();
    (worked, clock)
}

/// Compiles the shim.
fn shim(folder: &Path) -> Option<std::path::PathBuf> {
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, SHIM).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", &format!("-DAHEAD_S={AHEAD_S}"), "-o"]).arg(&library).arg(&source).arg("-ldl");
    (cfg!(target_os = "linux") && compiler.status().is_ok_and(|status| status.success())).then_some(library)
}
