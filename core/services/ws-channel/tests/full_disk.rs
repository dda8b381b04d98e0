//! A disk that is really full: the service's data folder is on a small tmpfs in a separate mount namespace. Uploads
//! continue until there is no space. The log must name the cause, acknowledged uploads must be kept, and uploads must
//! work again when there is space.
//!
//! A test without the usual harness, so that it can report "not run" if the system does not allow namespaces.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // its output is the harness's

#[allow(dead_code)]
#[path = "banking/held_bank.rs"]
mod held_bank;
#[path = "../../../../tests/support/log.rs"]
mod log;
#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    process::{Command, ExitCode},
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_iso20022::read_status_report;
use bankchannel_storage::ws_channel::{AuditVerdict, UploadState, WsChannelStore};
use bankchannel_ws_channel::model::Bank;
use bankchannel_ws_channel_service::{BankError, Channels};
use held_bank::HeldBank;
use log::Log;
use reqwest::Method;
use serde_json::Value;
use served::{Person, Served, Signer, enrolment, payment};

const NAME: &str = "a_full_disk_loses_nothing_and_is_named";
/// Set in the process inside the namespace: the folder of the small disk.
const INSIDE: &str = "BANKCHANNEL_FULL_DISK";
const DISK_BYTES: u64 = 24 << 20;
/// More uploads than the disk can hold.
const MANY: usize = 5000;
const REPORT: &str = "pain.002.001.10";

fn main() -> ExitCode {
    if let Some(folder) = std::env::var_os(INSIDE) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let disk = PathBuf::from(folder);
            a_full_disk_loses_nothing_and_is_named(disk.clone()).await;
            an_end_waits_for_space(disk).await;
        });
        return ExitCode::SUCCESS;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        println!("{NAME}: test");
        return ExitCode::SUCCESS;
    }
    let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
    if filters.peek().is_some() && !filters.any(|filter| NAME.contains(filter.as_str())) {
        println!("\nrunning 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out\n");
        return ExitCode::SUCCESS;
    }
    println!("\nrunning 1 test");
    let (word, passed, failed, ignored) = match refused() {
        Some(why) => (format!("ignored, not run: {why}"), 0, 0, 1),
        None if run_inside() => ("ok".to_owned(), 1, 0, 0),
        None => ("FAILED".to_owned(), 0, 1, 0),
    };
    println!("test {NAME} ... {word}");
    let result = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {result}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out\n"
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A shell that is root in separate namespaces; the caller adds a command.
fn shell() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    command
}

/// Why a namespace with a separate disk is not possible here.
fn refused() -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let tried = shell().arg("mount -t tmpfs none \"$0\"").arg(folder.path()).output();
    match tried {
        Ok(done) if done.status.success() => None,
        Ok(done) => Some(format!("unshare is refused: {}", String::from_utf8_lossy(&done.stderr).trim())),
        Err(why) => Some(format!("unshare does not start: {why}")),
    }
}

/// Runs this program again, on a small disk.
fn run_inside() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("mount -t tmpfs -o size={DISK_BYTES} none \"$1\" && exec \"$0\"");
    let mut inside = shell();
    inside.arg(script).arg(std::env::current_exe().unwrap()).arg(folder.path()).env(INSIDE, folder.path());
    inside.status().is_ok_and(|status| status.success())
}

async fn a_full_disk_loses_nothing_and_is_named(disk: PathBuf) {
    assert_ne!(
        fs::metadata(&disk).unwrap().dev(),
        fs::metadata(disk.parent().unwrap()).unwrap().dev(),
        "a disk of its own"
    );
    let log = Log::begin();
    let folder = tempfile::tempdir_in(&disk).unwrap();
    let beside = tempfile::tempdir().unwrap();
    let told = beside.path().join("told");
    let served = Served::on(folder, &served::operators_command(&told), Channels::default()).await;
    let (who, signer) = served.customer("full@example.test").await;
    let mut story = Story { served: &served, who: &who, signer: &signer, next: 0, acknowledged: BTreeSet::new() };
    story.upload(200_000).await.expect("there is space yet");
    story.upload(0).await.expect("there is space yet");

    // A file takes most of the free space; uploads use up the rest, first large ones, which need separate files.
    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![1; 16 << 20]).unwrap();
    let large = story.until_refused(200_000).await;
    let small = story.until_refused(0).await;
    assert!(large < MANY && small < MANY, "the disk was never full: {large} {small}");
    let errors: Vec<String> = log.lines("ERROR");
    let named = |line: &String| line.to_lowercase().contains("no space left") || line.contains("disk is full");
    assert!(errors.iter().any(named), "no error names the cause:\n{}", errors.join("\n"));
    assert_eq!(readiness(&served, 503).await["reason"], "full");
    // Who is on call sees it, and is told while it lasts, past the disk.
    served.until_metric("bankchannel_ready 0", true).await;
    let metrics = served.metrics(None).await.text().await.unwrap();
    let refused =
        "bankchannel_requests_total{operation=\"ws_channel.upload_file\",reason=\"store_full\",status=\"507\"} ";
    assert!(
        metrics.contains(refused) && metrics.contains("bankchannel_folder_free_bytes{folder=\"data\"} "),
        "{metrics}"
    );
    Served::until_given(&told, "operator_storage").await;
    // The service still answers, and reading works.
    served.get(&who, "/files/simulator").await.ok(200);
    let left: Vec<_> = fs::read_dir(served.folder.path().join("data/spool")).unwrap().collect();
    assert!(left.is_empty(), "what was refused takes no space: {left:?}");

    fs::remove_file(&ballast).unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while story.upload(200_000).await.is_err() {
        assert!(Instant::now() < until, "there is space again, and no upload works");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    story.upload(0).await.expect("small ones too");
    readiness(&served, 200).await;
    served.until_metric("bankchannel_ready 1", true).await;
    let acknowledged = std::mem::take(&mut story.acknowledged);
    let tried = story.next;
    let booked = wait_until_booked(&served, &who, &acknowledged).await;
    let unique: BTreeSet<&String> = booked.iter().collect();
    assert_eq!(unique.len(), booked.len(), "nothing is booked twice");
    assert!(booked.iter().all(|id| id[5..].parse::<usize>().is_ok_and(|number| number < tried)), "nothing else is");

    let Served { running, folder, .. } = served;
    running.stop().await;
    let store = WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    store.check_integrity().await.unwrap();
    assert!(matches!(store.verify_audit().await.unwrap(), AuditVerdict::Intact { .. }));
    assert!(store.uploads_in_state(UploadState::Received, 1).await.unwrap().is_empty());
    assert!(store.uploads_in_state(UploadState::Failed, 1).await.unwrap().is_empty());
    store.close().await;
    let kept = served::content_files(&folder.path().join("data/files")).len();
    assert_eq!(kept, 0, "content of refused uploads would keep the disk full");
    println!(
        "a full disk: {large} large and {small} small uploads acknowledged before it was full, {} in all, {} booked",
        acknowledged.len(),
        booked.len(),
    );
}

/// The disk is full when a bank answers uploads: each ends as the bank has said, in the same run, once there is space.
async fn an_end_waits_for_space(disk: PathBuf) {
    let bank = Arc::new(HeldBank::new(Duration::from_secs(60)));
    let folder = tempfile::tempdir_in(&disk).unwrap();
    let served = Served::on(folder, "", Channels::default().with(Bank::Nordea, bank.clone())).await;
    let who = served.owner("space@example.test").await;
    let signer = Signer::new("space@example.test");
    served.register_key(&who, &signer, "authorize").await.ok(201);
    served.admin(&who, Method::POST, "/certs/nordea", Some(enrolment())).await.ok(201);
    let refusal = BankError::Refused { code: "25".into(), text: "no such account".into() };
    let verdicts = [(Ok(()), "accepted"), (Err(refusal), "failed"), (Err(BankError::NoAnswer), "unknown")];
    for (number, (verdict, state)) in verdicts.into_iter().enumerate() {
        let body = signer.signed(&[payment(), &vec![b'\n'; number]].concat());
        let ballast = disk.join("ballast");
        let (_, ()) = tokio::join!(served.data(&who, Method::PUT, "/files/nordea", Some(body)), async {
            bank.arrived().await;
            // The answer to the call depends on where the database finds space yet.
            let mut file = fs::File::create(&ballast).unwrap();
            while file.write_all(&[1; 4096]).is_ok() {}
            bank.answer(verdict);
        });
        fs::remove_file(&ballast).unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let listed = served.get(&who, "/uploads/nordea").await;
            let uploads = listed.body["Uploads"].as_array().cloned().unwrap_or_default();
            let states: Vec<_> = uploads.iter().filter_map(|one| one["Status"].as_str()).collect();
            if states.len() == number + 1 && states[number] == state {
                break;
            }
            assert!(Instant::now() < until, "{state}: {listed:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    served.running.stop().await;
}

/// The uploading customer, and the acknowledged uploads.
struct Story<'a> {
    served: &'a Served,
    who: &'a Person,
    signer: &'a Signer,
    next: usize,
    acknowledged: BTreeSet<String>,
}

impl Story<'_> {
    /// Uploads a payment with a unique message id and this many additional bytes.
    async fn upload(&mut self, more: usize) -> Result<(), u16> {
        let id = format!("FULL-{}", self.next);
        self.next += 1;
        let text = std::str::from_utf8(payment()).unwrap().replace("BANKCHANNEL-EXAMPLE-0001", &id);
        let content = [text.as_bytes(), &vec![b'\n'; more][..]].concat();
        let answer = self.served.upload(self.who, self.signer.signed(&content)).await;
        if answer.status == 201 {
            self.acknowledged.insert(id);
            return Ok(());
        }
        let refused = (507, "Insufficient storage, nothing was stored.");
        assert_eq!((answer.status, answer.text()), refused, "{:?}", answer.body);
        Err(answer.status)
    }

    /// Uploads until several uploads in a row are refused; returns the number of accepted ones.
    async fn until_refused(&mut self, more: usize) -> usize {
        let (mut taken, mut refused) = (0, 0);
        while refused < 3 && taken < MANY {
            match self.upload(more).await {
                Ok(()) => (taken, refused) = (taken + 1, 0),
                Err(_) => refused += 1,
            }
        }
        taken
    }
}

/// The answer of `/readyz`, once it has this status.
async fn readiness(served: &Served, status: u16) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = served.running.readiness()["base_url"].as_str().unwrap().replace("/v2", "/readyz");
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = client.get(&base).send().await.unwrap();
        if answer.status().as_u16() == status {
            return answer.json().await.unwrap();
        }
        assert!(Instant::now() < until, "it still says {}", answer.status());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until the bank has answered each of these; returns the message ids of everything it answered.
async fn wait_until_booked(served: &Served, who: &Person, wanted: &BTreeSet<String>) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let mut booked = Vec::new();
        for reference in served.references(who, REPORT, "ALL").await {
            let bytes = served.download(who, REPORT, &reference).await;
            let report = read_status_report(bytes.as_slice()).unwrap().reports.remove(0);
            assert_eq!(report.status.unwrap().code, "ACCP");
            booked.push(report.original_message_id.unwrap());
        }
        let missing: Vec<_> = wanted.iter().filter(|id| !booked.contains(id)).collect();
        if missing.is_empty() {
            return booked;
        }
        assert!(Instant::now() < until, "acknowledged and not booked: {missing:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
