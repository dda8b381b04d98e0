//! Operating problems: folders that are not mounted, removed or replaced; probes; shutdown; a restore that does not
//! match.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../../../tests/support/log.rs"]
mod log;
#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;
#[path = "auth/support.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::{Duration, Instant},
};

use bankchannel_ws_channel_service::{Channels, RunningService, ServiceOptions, operator};
use log::Log;
use served::{Served, payment};
use support::World;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PATIENCE: Duration = Duration::from_secs(20);

fn logged() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(Log::begin)
}

fn address(base: &str) -> String {
    base.trim_start_matches("http://").split('/').next().unwrap().to_owned()
}

/// The whole answer to these bytes; `None` if nothing is listening.
async fn raw(base: &str, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address(base)).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.ok()?.ok()?;
    Some(answer)
}

async fn probe(base: &str, path: &str) -> Option<u16> {
    let answer = raw(base, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await?;
    answer.split(' ').nth(1)?.parse().ok()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A start is refused with these words, a check reports the same, and neither creates anything.
async fn refused(options: &ServiceOptions, words: &[&str]) {
    let error = RunningService::start(options.clone()).await.err().expect("refused");
    for word in words {
        assert!(error.message().contains(word), "{word} is missing: {error}");
    }
    let findings = operator::check(options).await;
    let wrong: Vec<&str> = findings.iter().filter(|one| !one.ok).map(|one| &*one.text).collect();
    assert!(wrong.contains(&error.message()), "a check says {wrong:?}, a start {error}");
}

fn configure(options: &mut ServiceOptions, room: &Path, config: &str) {
    let path = room.join("other.toml");
    fs::write(&path, config).unwrap();
    options.config = Some(path.to_str().unwrap().into());
}

#[tokio::test]
async fn a_folder_that_is_not_mounted_is_no_first_start() {
    let mut world = World::start().await;
    world.account("mounted@example.test").await;
    world.stop().await;
    let (options, data) = (world.options(), world.data());
    let id =
        |name: &str| fs::read_to_string(data.join("keys").join(name)).unwrap().split(' ').next().unwrap().to_owned();
    let (vault, challenge) = (id("vault.keys"), id("challenge.key"));
    let (keys, aside) = (data.join("keys"), data.join("aside"));
    fs::rename(&keys, &aside).unwrap();
    refused(&options, &["vault.keys", &vault]).await;
    assert!(!keys.exists());
    fs::create_dir(&keys).unwrap();
    refused(&options, &["vault.keys", &vault]).await;
    for name in ["vault.keys", "login-rsa.pem"] {
        fs::copy(aside.join(name), keys.join(name)).unwrap();
    }
    refused(&options, &["challenge.key", &challenge]).await;
    fs::remove_dir_all(&keys).unwrap();
    fs::rename(&aside, &keys).unwrap();

    // The database is missing, its keys are there.
    let database = ["service.sqlite", "service.sqlite-wal", "service.sqlite-shm"];
    fs::create_dir(&aside).unwrap();
    let moved =
        |from: &Path, to: &Path| database.iter().for_each(|name| drop(fs::rename(from.join(name), to.join(name))));
    moved(&data, &aside);
    refused(&options, &["database is not here"]).await;
    assert!(!data.join("service.sqlite").exists(), "none was made");
    moved(&aside, &data);

    // Data is expected, but the folder is empty.
    let room = tempfile::tempdir().unwrap();
    let mut strict =
        ServiceOptions { data: Some(room.path().join("data").to_str().unwrap().into()), ..options.clone() };
    configure(&mut strict, room.path(), "expect_data = true");
    refused(&strict, &["expect_data"]).await;
    fs::create_dir(room.path().join("data")).unwrap();
    refused(&strict, &["expect_data"]).await;

    let world = world.restart_stopped().await;
    world.login("mounted@example.test", "data", support::PASSWORD).await.is(200, "Login OK");
}

/// A stopped service with a content file; returns its options.
async fn with_content(config: &str) -> (tempfile::TempDir, ServiceOptions, PathBuf) {
    let served = Served::with(config, Channels::default()).await;
    let (person, signer) = served.customer("content@example.test").await;
    let large = [payment(), &vec![b'\n'; 200_000][..]].concat();
    served.upload(&person, signer.signed(&large)).await.ok(201);
    served.running.stop().await;
    let data = served.folder.path().join("data");
    let options = ServiceOptions {
        data: Some(data.to_str().unwrap().into()),
        config: Some(served.folder.path().join("config.toml").to_str().unwrap().into()),
        ..ServiceOptions::default()
    };
    (served.folder, options, data)
}

#[tokio::test]
async fn content_files_that_are_not_mounted_are_noticed() {
    let (_folder, options, data) = with_content("banks = { simulator = { payments = \"store\" } }").await;
    let (files, aside) = (data.join("files"), data.join("aside"));
    fs::rename(&files, &aside).unwrap();
    refused(&options, &["content files", files.to_str().unwrap()]).await;
    fs::create_dir(&files).unwrap();
    refused(&options, &["content files"]).await;
    // The marker of another installation.
    fs::write(files.join(".installation"), "another\n").unwrap();
    refused(&options, &["belongs to"]).await;
    // The remedy that the message names.
    fs::copy(aside.join(".installation"), files.join(".installation")).unwrap();
    RunningService::start(options).await.unwrap().stop().await;
}

#[tokio::test]
async fn folders_that_others_can_write_and_links_are_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mut world = World::start().await;
    world.stop().await;
    let (options, data) = (world.options(), world.data());
    for folder in [data.clone(), data.join("keys"), data.join("files"), data.join("spool")] {
        let mode = fs::metadata(&folder).unwrap().permissions();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let error = RunningService::start(options.clone()).await.err().expect("refused");
        assert!(error.message().contains("chmod 700") && error.message().contains(folder.to_str().unwrap()), "{error}");
        fs::set_permissions(&folder, mode).unwrap();
    }
    for name in ["outbox.jsonl", "service.sqlite", "lock"] {
        let (path, aside) = (data.join(name), data.join("aside"));
        fs::rename(&path, &aside).unwrap();
        symlink(&aside, &path).unwrap();
        let error = RunningService::start(options.clone()).await.err().expect("refused");
        assert!(error.message().contains(name), "{error}");
        fs::remove_file(&path).unwrap();
        fs::rename(&aside, &path).unwrap();
    }
    let world = world.restart_stopped().await;
    // A TLS key that is readable by others.
    let (cert, key) = (data.join("cert.pem"), data.join("key.pem"));
    fs::write(&cert, "").unwrap();
    fs::write(&key, "").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let tls = ServiceOptions {
        tls_cert: Some(cert.to_str().unwrap().into()),
        tls_key: Some(key.to_str().unwrap().into()),
        ..ServiceOptions::default()
    };
    assert!(RunningService::start(tls).await.is_err());
    drop(world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_folder_that_goes_away_ends_acknowledgements() {
    let log = logged();
    let world = World::start().await;
    let email = "away@example.test";
    world.account(email).await;
    assert_eq!(probe(&world.base, "/readyz").await, Some(200));
    let (data, aside) = (world.data(), world.data().with_extension("aside"));
    fs::rename(&data, &aside).unwrap();
    until("the removal is noticed", async || probe(&world.base, "/readyz").await == Some(503)).await;
    assert_eq!(world.get(&format!("/session/{email}/data")).await.status, 503);
    assert_eq!(probe(&world.base, "/healthz").await, Some(200));
    let told = log.lines("ERROR");
    assert!(told.iter().any(|line| line.contains(data.to_str().unwrap())), "{told:?}");
    // A new folder with the same path is not the original one.
    fs::create_dir(&data).unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(probe(&world.base, "/readyz").await, Some(503));
    fs::remove_dir(&data).unwrap();
    fs::rename(&aside, &data).unwrap();
    until("it is back", async || probe(&world.base, "/readyz").await == Some(200)).await;
    world.login(email, "data", support::PASSWORD).await.is(200, "Login OK");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_announced_before_it_begins() {
    let mut world = World::configured("drain_s = 2").await;
    let base = world.base.clone();
    assert_eq!((probe(&base, "/healthz").await, probe(&base, "/readyz").await), (Some(200), Some(200)));
    assert_eq!(probe(&base, "/v2/readyz").await, Some(404), "outside the base path");
    let stopping = tokio::spawn(async move { world.stop().await });
    until("it says that it drains", async || probe(&base, "/readyz").await == Some(503)).await;
    // Requests on new connections are still answered.
    assert_eq!(probe(&base, "/v2/session/drain@example.test/data").await, Some(200));
    assert_eq!(probe(&base, "/healthz").await, Some(200));
    stopping.await.unwrap();
    assert_eq!(probe(&base, "/healthz").await, None, "closed");
}

#[tokio::test]
async fn heads_that_others_read_differently_are_refused() {
    let world = World::start().await;
    let path = "/v2/session/head@example.test/data";
    let close = "connection: close\r\n";
    for (request, status) in [
        (format!("GET {path} HTTP/1.1\r\nhost: x\r\n{close}\r\n"), 200),
        (format!("GET {path} HTTP/1.0\r\n{close}\r\n"), 200),
        (format!("GET {path} HTTP/1.1\nhost: x\n{close}\n"), 400),
        (format!("GET {path} HTTP/1.1\r\nhost: x\nx-more: y\r\n{close}\r\n"), 400),
        (format!("GET {path} HTTP/1.1\r\n{close}\r\n"), 400),
        (format!("GET {path} HTTP/1.1\r\nhost: x\r\nhost: y\r\n{close}\r\n"), 400),
        (format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 2\r\n{close}\r\n{{}}"), 400),
        (
            format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n{close}\r\n2\r\n{{}}\r\n0\r\n\r\n"
            ),
            400,
        ),
    ] {
        let answer = raw(&world.base, &request).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.{} {status} ", u8::from(!request.contains("HTTP/1.0")))),
            "{request}\n{answer}"
        );
    }
}

#[tokio::test]
async fn a_restore_wants_what_fits_together_and_names_final_places() {
    let (_folder, options, data) = with_content("banks = { simulator = { payments = \"store\" } }").await;
    let room = tempfile::tempdir().unwrap();
    let backup = room.path().join("backup");
    let opened = operator::ServiceOperator::from_options(&options).unwrap();
    let copied = opened.backup(&backup).await.unwrap();
    assert_eq!((copied.files, copied.missing_files), (1, 0));
    let content = fs::read_dir(backup.join("files")).unwrap().flatten().map(|entry| entry.path());
    let content = content.into_iter().find(|path| !path.ends_with(".installation")).unwrap();
    let other = tempfile::tempdir().unwrap();
    let mut stranger = World::start().await;
    stranger.stop().await;

    let whole = fs::read(&content).unwrap();
    let mut changed = whole.clone();
    changed[0] ^= 1;
    let good = |name: &str| fs::read(backup.join("keys").join(name)).unwrap();
    let (vault, login) = (good("vault.keys"), good("login-rsa.pem"));
    let strange = fs::read(stranger.data().join("keys/vault.keys")).unwrap();
    let target = other.path().join("restored");
    let places = [
        (content.clone(), Some(changed), whole.clone(), "SHA-256"),
        (content.clone(), Some(whole[1..].to_vec()), whole.clone(), "bytes"),
        (content.clone(), None, whole, "names it"),
        (backup.join("keys/vault.keys"), Some(strange), vault.clone(), "belongs to other data"),
        (backup.join("keys/vault.keys"), None, vault, "vault.keys"),
        (backup.join("keys/login-rsa.pem"), None, login, "login-rsa.pem"),
    ];
    for (path, instead, good, word) in places {
        match instead {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let error = operator::restore(&backup, &target).await.expect_err(word);
        assert!(error.message().contains(word) && error.message().contains(target.to_str().unwrap()), "{error}");
        assert!(!error.to_json().to_string().contains(".unfinished"), "{error}");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0, "nothing is left");
        fs::write(&path, good).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&path, mode).unwrap();
    }
    operator::restore(&backup, &target).await.unwrap();

    // A file that was lost before the backup does not make the backup useless.
    fs::remove_file(data.join("files").join(content.file_name().unwrap())).unwrap();
    let opened = operator::ServiceOperator::from_options(&options).unwrap();
    let lacking = room.path().join("lacking");
    assert_eq!(opened.backup(&lacking).await.unwrap().missing_files, 1);
    assert_eq!(operator::restore(&lacking, &room.path().join("again")).await.unwrap().missing_files, 1);
}

#[tokio::test]
async fn content_files_may_be_in_a_folder_that_the_settings_name() {
    let room = tempfile::tempdir().unwrap();
    let files = room.path().join("files");
    let (_folder, options, data) =
        with_content(&format!("banks = {{ simulator = {{ payments = \"store\" }} }}\nfiles_folder = {files:?}")).await;
    assert!(!data.join("files").exists());
    let opened = operator::ServiceOperator::from_options(&options).unwrap();
    let backup = room.path().join("backup");
    assert_eq!(opened.backup(&backup).await.unwrap().files, 1);
    let restored = room.path().join("restored");
    operator::restore(&backup, &restored).await.unwrap();
    let options = ServiceOptions { data: Some(restored.to_str().unwrap().into()), ..ServiceOptions::default() };
    RunningService::start(options).await.unwrap().stop().await;
}
