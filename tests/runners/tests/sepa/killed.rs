//! kill -9 at each place of an enrolment and a renewal (§6.4), and the state on disk before anything leaves.
//!
//! The process that is killed is this test itself, started again, with [`killed.c`] loaded before libc.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use bankchannel::{SystemClock, sepa_web_services::*};
use serde_json::{Value, json};

use crate::{
    identities::{enrol, folder_settings, keys, list, renew, status, upload},
    random_kills::RandomKills,
    rollover::new_code,
    world::{FAMILIES, World},
};

/// The job of the process that is killed, as JSON.
const JOB: &str = "BANKCHANNEL_KILLED_JOB";

/// Where the process ends.
#[derive(Debug, Clone, Copy)]
struct KillPlace {
    name: &'static str,
    /// The lines that count; all if empty.
    on: &'static str,
    /// Which of them.
    at: usize,
    is_before: bool,
}

const fn place(name: &'static str, on: &'static str, at: usize, is_before: bool) -> KillPlace {
    KillPlace { name, on, at, is_before }
}

/// The places of an enrolment or a renewal. The state is written when the attempt begins, before it is sent, when the
/// certificate is there, and when it has worked.
const PLACES: [KillPlace; 8] = [
    place("before the key is stored", "sync pair-*.key.new", 1, true),
    place("stored, nothing sent", "send", 1, true),
    place("sent", "send", 1, false),
    place("the bank has issued, its answer is lost", "receive", 1, true),
    place("the answer is read, nothing is stored", "sync pair-*.pem.new", 1, true),
    place("the new pair is stored", "rename pair-*.pem", 1, false),
    place("before the old one goes", "rename state.json", 4, true),
    place("after the old one has gone", "rename state.json", 4, false),
];

/// A customer of one family with a folder.
struct KilledCustomer<'w> {
    world: &'w World,
    family: &'static str,
    folder: PathBuf,
    clock: Arc<SystemClock>,
    client: SepaWebServices,
    /// The certificates that the bank had issued before.
    issued_before: usize,
}

impl<'w> KilledCustomer<'w> {
    async fn new(world: &'w World, family: &'static str, folder: &Path) -> Self {
        let clock = Arc::new(SystemClock::default());
        let client = world
            .client_with(family, folder_settings(world, family, folder, json!({})))
            .with_clock(Arc::clone(&clock) as _);
        let issued_before = issued(world).await.len();
        let folder = fs::canonicalize(folder).unwrap();
        Self { world, family, folder, clock, client: client.unwrap(), issued_before }
    }

    /// Runs a job in a process that ends at this place. Returns the lines that it has noted.
    fn run(&self, shim: &Path, job: &Value, place: Option<KillPlace>) -> Vec<String> {
        let (lines, code, said) = self.started(shim, job, place, false);
        if place.is_none_or(|place| !place.on.is_empty()) {
            // A process that was to be killed at a named place was; the other one has said how it ended.
            assert_eq!(code.is_some(), place.is_none(), "{place:?}: {said}");
        }
        lines
    }

    /// Runs a job in a process: its notes, its exit code if it was not killed, its output. With `is_full` the
    /// disk is full from this place on.
    fn started(
        &self,
        shim: &Path,
        job: &Value,
        place: Option<KillPlace>,
        is_full: bool,
    ) -> (Vec<String>, Option<i32>, String) {
        let events = self.folder.with_file_name("events");
        let _ = fs::remove_file(&events);
        let mut job = job.clone();
        job["settings"] =
            self.world.settings(self.family, folder_settings(self.world, self.family, &self.folder, json!({})));
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "--nocapture", "killed::process_that_is_killed"])
            .env(JOB, job.to_string())
            .env("LD_PRELOAD", shim)
            .env("FOLDER", &self.folder)
            .env("EVENTS", &events);
        if let Some(place) = place {
            command.env("KILL_AT", place.at.to_string());
            if !place.on.is_empty() {
                command.env("KILL_ON", place.on);
            }
            if place.is_before {
                command.env("KILL_BEFORE", "1");
            }
            if is_full {
                command.env("DISK_FULL", "1");
            }
        }
        let done = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        let lines = fs::read_to_string(&events).unwrap_or_default().lines().map(str::to_owned).collect();
        (lines, done.status.code(), said)
    }

    /// Goes on after a kill, as a job does that runs again and a person who reads its output.
    async fn go_on(&self, code: &bankchannel::Secret) -> bankchannel::Result<()> {
        for _ in 0..3 {
            let now = status(&self.client).await;
            if now.state == BankCertificateState::None || now.attempt_sent.is_some() && now.serial.is_none() {
                if enrol(&self.client, code.clone()).await.is_ok() {
                    break;
                }
                // The bank takes its code once: the state says what to order.
                let person = renew(&self.client, |_| ()).await.unwrap_err();
                assert_eq!(person.code(), "sepa_web_services.person_needed", "{person:?}");
                enrol(&self.client, new_code(self.world, self.family).await).await?;
            } else {
                renew(&self.client, |request| request.resume = Some(true)).await?;
                break;
            }
        }
        Ok(())
    }

    /// What holds after every kill, once the job has run again.
    async fn check(&self, what: &str) {
        self.client.list_files(list(self.family)).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let sent = self.client.upload_file(upload(self.family, "KILLED")).await;
        sent.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        assert_eq!(status(&self.client).await.state, BankCertificateState::Active, "{what}");
        let keys = keys(&self.folder);
        let mut seen = BTreeSet::new();
        for one in &issued(self.world).await[self.issued_before..] {
            let key = one["key_sha256"].as_str().unwrap().to_owned();
            assert!(keys.contains(&key), "{what}: the key of a certificate is lost");
            assert!(seen.insert(key), "{what}: two certificates for one request");
        }
    }
}

async fn issued(world: &World) -> Vec<Value> {
    world.order("sandbox/certificates", json!({})).await["certificates"].as_array().unwrap().clone()
}

/// Compiles the library that is loaded before libc.
fn shim(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("killed.c"), folder.join("killed.so"));
    fs::write(&source, include_str!("../../../support/killed.c")).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&library).arg(&source).arg("-ldl");
    let made = compiler.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    library
}

/// The process that is killed.
#[tokio::test]
async fn process_that_is_killed() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job: Value = serde_json::from_str(&job).unwrap();
    let clock = SystemClock::default();
    clock.advance_ms(job["days"].as_i64().unwrap_or_default() * 86_400_000);
    let client = SepaWebServices::from_json(job["settings"].clone()).unwrap().with_clock(Arc::new(clock)).unwrap();
    let done = match job["code"].as_str() {
        Some(code) => match enrol(&client, bankchannel::Secret::new(code.to_owned())).await {
            Ok(_) => renew(&client, |_| ()).await,
            Err(error) => Err(error),
        },
        None if job["is_forced"] == true => renew(&client, |request| request.now = Some(true)).await,
        None => renew(&client, |_| ()).await,
    };
    if let Err(error) = done {
        let (code, outcome) = crate::world::code_and_message(&error);
        panic!("ended with {code} {outcome}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_is_named() {
    if std::env::var_os(JOB).is_some() {
        return;
    }
    let world = World::new().await;
    let tools = tempfile::tempdir().unwrap();
    let shim = shim(tools.path());
    for (place, outcome) in [
        (place("the key", "sync pair-*.key.new", 1, true), "not_sent"),
        (place("the state, begun", "rename state.json", 1, true), "not_sent"),
        (place("the state, before it is sent", "rename state.json", 2, true), "not_sent"),
        (place("the certificate", "sync pair-*.pem.new", 1, true), "unknown"),
        (place("the state, issued", "rename state.json", 3, true), "unknown"),
    ] {
        for is_first in [true, false] {
            let place_of_files = tempfile::tempdir().unwrap();
            let folder = private(place_of_files.path());
            let customer = KilledCustomer::new(&world, "op", &folder).await;
            let code = new_code(&world, "op").await;
            let job = if is_first {
                json!({ "code": code.expose() })
            } else {
                enrol(&customer.client, code.clone()).await.unwrap();
                customer.client.list_files(list("op")).await.unwrap();
                json!({ "is_forced": true })
            };
            let (_, ended, said) = tokio::task::block_in_place(|| customer.started(&shim, &job, Some(place), true));
            assert_eq!(ended, Some(101), "{place:?}: {said}");
            let expected = format!("ended with resource.storage {outcome}:");
            assert!(said.contains(&expected) && said.contains("No space left"), "{place:?} {is_first}: {said}");
            let what = format!("{place:?} {is_first}");
            customer.go_on(&code).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            customer.check(&what).await;
        }
    }
}

/// A new private folder in this one.
fn private(place: &Path) -> PathBuf {
    let folder = place.join("identity");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    folder
}

/// One kill, and what follows. Returns how many lines the process has noted.
async fn killed_once(world: &World, shim: &Path, family: &'static str, is_first: bool, place: KillPlace) -> usize {
    let place_of_files = tempfile::tempdir().unwrap();
    let folder = private(place_of_files.path());
    let customer = KilledCustomer::new(world, family, &folder).await;
    let code = new_code(world, family).await;
    let what = format!("{family}, {}, {}: {place:?}", if is_first { "enrol" } else { "renew" }, place.name);
    let job = if is_first {
        json!({ "code": code.expose() })
    } else {
        enrol(&customer.client, code.clone()).await.unwrap();
        customer.client.list_files(list(family)).await.unwrap();
        json!({ "is_forced": true })
    };
    let lines = tokio::task::block_in_place(|| customer.run(shim, &job, Some(place))).len();
    customer.go_on(&code).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    customer.check(&what).await;
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn r22_a_kill_at_each_place_loses_nothing() {
    if std::env::var_os(JOB).is_some() {
        return;
    }
    let world = World::new().await;
    let tools = tempfile::tempdir().unwrap();
    let shim = shim(tools.path());
    if let Some(mut random) = RandomKills::from_environment() {
        let work = |drawn: u64| (FAMILIES[(drawn >> 33) as usize % 3].0, (drawn >> 40).is_multiple_of(2));
        while let Some(((family, is_first), at, is_before)) = random.draw(work) {
            let lines = killed_once(&world, &shim, family, is_first, place("random", "", at, is_before)).await;
            random.learn((family, is_first), at, lines);
        }
        return random.end();
    }
    for (number, place) in PLACES.into_iter().enumerate() {
        // Nordea's old certificate goes when the new one is there.
        let (family, _) = FAMILIES[number % 3];
        let at = if family == "nordea" && place.on == "rename state.json" { 3 } else { place.at };
        for is_first in [true, false] {
            killed_once(&world, &shim, family, is_first, KillPlace { at, ..place }).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t63_on_disk_then_on_the_wire() {
    if std::env::var_os(JOB).is_some() {
        return;
    }
    let tools = tempfile::tempdir().unwrap();
    let shim = shim(tools.path());
    for (family, _) in FAMILIES {
        let world = World::new().await;
        let place_of_files = tempfile::tempdir().unwrap();
        let folder = private(place_of_files.path());
        let customer = KilledCustomer::new(&world, family, &folder).await;
        let code = new_code(&world, family).await;
        let lines = tokio::task::block_in_place(|| customer.run(&shim, &json!({ "code": code.expose() }), None));
        let first = |what: &str, name: &str| {
            let found = lines.iter().position(|line| line.starts_with(what) && line.ends_with(name));
            found.unwrap_or_else(|| panic!("{family}: {what} {name} is not in {lines:#?}"))
        };
        // The content of key and request, then their names, then the folder, then the state that it is sent; then it is.
        let sent = first("send", "send");
        let is_on_disk = |name: &str| {
            let renamed = first("rename pair-", name);
            let written = first("sync pair-", &format!("{name}.new"));
            let folder = lines.iter().skip(renamed).position(|line| line == "sync .").unwrap() + renamed;
            assert!(written < renamed && renamed < folder && folder < sent, "{family} {name}: {lines:#?}");
        };
        is_on_disk(".key");
        is_on_disk(".csr");
        let states: Vec<usize> =
            (0..lines.len()).filter(|at| lines[*at] == "rename state.json" && *at < sent).collect();
        assert_eq!(states.len(), 2, "{family}: begun, about to be sent: {lines:#?}");
        // The certificate, then the state that says so; all of it before the next request.
        let (stored, received) = (first("rename pair-", ".pem"), first("receive", "receive"));
        let issued = lines.iter().skip(stored).position(|line| line == "rename state.json").unwrap() + stored;
        let next = lines.iter().skip(received).position(|line| line == "send").unwrap() + received;
        assert!(received < stored && stored < issued && issued < next, "{family}: {lines:#?}");
        customer.check(family).await;
        // Replaced pairs are kept for a while; a kill while they go leaves the rest for the next time.
        renew(&customer.client, |request| request.now = Some(true)).await.unwrap();
        assert_eq!(status(&customer.client).await.retired, 1, "{family}");
        // A key that decrypts is kept for thirteen months.
        let days = if family == "danske" { 396 } else { 91 };
        world.order("sandbox/time", json!({ "advance_s": days * 86_400 })).await;
        customer.clock.advance_ms(days * 86_400_000);
        for is_before in [true, false] {
            let place = place("an old key goes", "remove pair-*.key", 1, is_before);
            tokio::task::block_in_place(|| customer.run(&shim, &json!({ "days": days }), Some(place)));
        }
        renew(&customer.client, |_| ()).await.unwrap();
        assert_eq!(pairs(&customer.folder), 1, "{family}: nothing of the old pair is left");
        customer.client.list_files(list(family)).await.unwrap();
    }
}

/// The number of pairs of which anything is there.
fn pairs(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    let stems: BTreeSet<String> =
        names.filter(|name| name.starts_with("pair-")).map(|name| name.split('.').next().unwrap().to_owned()).collect();
    stems.len()
}
