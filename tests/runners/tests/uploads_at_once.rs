//! Many uploads at once whose answers differ: each gets its own, in every language, in one process and in several.
//!
//! 32 payments that differ in nothing but their message id; the control sum of every third one is wrong, so that the
//! bank rejects it. With `BANKCHANNEL_SERVICE_POSTGRES` the service's data is there.

// The test prints its runs; a failure of its own helpers is a failure of the test.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use bankchannel::{CallOptions, Content, ws_channel::WsChannel};
use bankchannel_iso20022::EXAMPLE_PAIN001;
use bankchannel_tests::{
    faces::{FACES, built, root},
    peers::PEERS,
    world::{World, pgp_key},
};
use serde_json::{Value, json};
use tokio::process::Command;

const UPLOADS: usize = 32;
const EMAIL: &str = "at-once@example.test";
const PASSWORD: &str = "At_once_and_each_own_12345";
const WAIT_FOR: [&str; 2] = ["pain.002.001.10", "camt.053.001.02"];
/// The variable with the job of a process of this test itself, which is the face `rust`.
const JOB: &str = "BANKCHANNEL_UPLOADS_JOB";

#[tokio::test(flavor = "multi_thread")]
async fn each_upload_gets_its_own_answer() {
    let only = std::env::var("BANKCHANNEL_FACES").ok();
    for face in FACES.iter().filter(|face| only.as_ref().is_none_or(|only| only.split(',').any(|name| name == **face)))
    {
        // The command line and PHP have one upload at a time in a process.
        let shapes: &[usize] = if matches!(*face, "cli" | "php") { &[UPLOADS] } else { &[1, 4] };
        for processes in shapes {
            let service = PEERS.iter().find(|peer| peer.word() == "service").expect("it is listed");
            let options = json!({"no_limits": true});
            let mut world = World::start(*service, &json!({}), &options).await.expect("the service starts");
            let begun = Instant::now();
            at_once(face, &world, *processes).await;
            world.stop().await;
            println!("{face}: {UPLOADS} uploads in {processes} processes, {:.1} s", begun.elapsed().as_secs_f32());
        }
    }
}

/// A process of the face `rust`.
#[tokio::test(flavor = "multi_thread")]
async fn process_of_rust() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job: Value = serde_json::from_str(&std::fs::read_to_string(job).unwrap()).unwrap();
    let client = WsChannel::from_json(job["settings"].clone()).unwrap();
    let mut tasks = Vec::new();
    for upload in job["uploads"].as_array().unwrap() {
        let (client, upload) = (client.clone(), upload.clone());
        let request = request(&job);
        tasks.push(tokio::spawn(async move {
            let content = Some(Content::from(Path::new(upload["path"].as_str().unwrap())));
            let options = CallOptions { content, ..CallOptions::default() };
            let done = client.call_json("ws_channel.upload_and_wait", request, options).await.unwrap();
            format!("{}\t{}", upload["id"].as_str().unwrap(), done.response)
        }));
    }
    for task in tasks {
        println!("{}", task.await.unwrap());
    }
}

fn request(job: &Value) -> Value {
    json!({
        "file_type": "pain.001.001.09", "private_key": {"file": job["private_key_file"]}, "wait_for": job["wait_for"],
        "wait_timeout_s": 120, "poll_interval_s": 0.2,
    })
}

async fn at_once(face: &str, world: &World, processes: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut uploads = Vec::new();
    for at in 0..UPLOADS {
        let (id, path) = (format!("{}-{processes}-{at}", face.to_uppercase()), folder.path().join(format!("{at}.xml")));
        std::fs::write(&path, payment(&id, is_rejected(at))).unwrap();
        uploads.push(json!({"id": id, "path": path}));
    }
    let key_file = folder.path().join("key.asc");
    std::fs::write(&key_file, pgp_key("at-once").to_armored().unwrap()).unwrap();
    let settings = settings(world).await;
    let mut running = Vec::new();
    for (number, part) in uploads.chunks(UPLOADS.div_ceil(processes)).enumerate() {
        let job = json!({"settings": settings, "private_key_file": key_file, "wait_for": WAIT_FOR, "uploads": part});
        let file = folder.path().join(format!("job-{number}.json"));
        std::fs::write(&file, job.to_string()).unwrap();
        let mut command = command(face, &file, &job, folder.path()).await;
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        running.push(tokio::spawn(async move { command.output().await }));
    }
    let mut told = Vec::new();
    for process in running {
        let output = tokio::time::timeout(Duration::from_secs(170), process).await.expect("it ends").unwrap().unwrap();
        let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(matches!(output.status.code(), Some(0 | 5)), "{face}: {:?}: {said}{errors}", output.status);
        told.extend(said.lines().filter_map(answer));
    }
    assert_eq!(told.len(), UPLOADS, "{face}");
    for (at, upload) in uploads.iter().enumerate() {
        let id = upload["id"].as_str().unwrap();
        let own = told.iter().find(|told| told.id == id).unwrap_or_else(|| panic!("{face}: nothing of {id}"));
        let (verdict, count) = if is_rejected(at) { ("rejected", 1) } else { ("accepted", 2) };
        assert_eq!((own.verdict.as_str(), own.named.len()), (verdict, count), "{face} {id}: {:?}", own.named);
        assert!(own.named.iter().all(|named| named == id), "{face} {id}: {:?}", own.named);
    }
}

fn is_rejected(at: usize) -> bool {
    at.is_multiple_of(3)
}

fn payment(id: &str, is_rejected: bool) -> String {
    let own = EXAMPLE_PAIN001.split("<MsgId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    let payment = EXAMPLE_PAIN001.replace(own, id);
    // More than the account has: only the bank can know that.
    if is_rejected { payment.replace("250.05", "20000000.00").replace("1450.05", "20001200.00") } else { payment }
}

async fn settings(world: &World) -> Value {
    let account = json!({
        "email": EMAIL, "password": PASSWORD, "company": "At Once", "name": "At Once", "sessions": true,
        "certificates": ["simulator"],
        "pgp_keys": [{"key": pgp_key("at-once").public().to_armored().unwrap(), "purpose": "authorize"}],
    });
    let seeded = world.control("POST", "seed", &json!({"accounts": [account]})).await.expect("it is seeded");
    let seeded = &seeded["accounts"][0];
    json!({
        "base_url": world.base_url(), "public_key_file": world.text("public_key_file"), "email": EMAIL, "mode": "data",
        "api_key": seeded["api_key"], "id_token": seeded["id_tokens"]["data"], "bank": "simulator",
    })
}

async fn command(face: &str, job_file: &Path, job: &Value, folder: &Path) -> Command {
    let at = |path: &str| root().join("tests/runners/drivers/uploads_at_once").join(path);
    let uploads = || job["uploads"].as_array().unwrap().iter();
    match face {
        "rust" => {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "process_of_rust", "--nocapture"]).env(JOB, job_file);
            command
        }
        "c" => {
            let program = compiled(&at("uploads.c")).await;
            let (settings, asked) = (job_file.with_extension("settings"), job_file.with_extension("request"));
            std::fs::write(&settings, job["settings"].to_string()).unwrap();
            std::fs::write(&asked, request(job).to_string()).unwrap();
            let mut command = Command::new(program);
            command.arg(settings).arg(asked).env("LD_LIBRARY_PATH", built());
            for upload in uploads() {
                command.args([upload["id"].as_str().unwrap(), upload["path"].as_str().unwrap()]);
            }
            command
        }
        "php" => {
            let mut command = Command::new("php");
            command.args(["-d", "ffi.enable=1"]).arg(at("uploads.php")).arg(job_file);
            command.env("BANKCHANNEL_LIBRARY", built().join("libbankchannel_c.so"));
            command
        }
        "python" | "python-async" => {
            let mut command = Command::new("python3");
            command.arg(at("uploads.py")).arg(job_file).env("PYTHONPATH", root().join("bindings/python"));
            if face == "python-async" {
                command.arg("--async");
            }
            command
        }
        "node" => {
            let mut command = Command::new("node");
            command.arg(at("uploads.mjs")).arg(job_file);
            command
        }
        "cli" => {
            let upload = uploads().next().unwrap();
            let home = folder.join(format!("home-{}", upload["id"].as_str().unwrap()));
            cli_settings(&home, &job["settings"]);
            let mut command = Command::new("sh");
            // The id, a tab, and the response of --json.
            let line = "printf '%s\\t' \"$1\"; shift; exec \"$@\"";
            command.args(["-c", line, "sh", upload["id"].as_str().unwrap()]);
            command.arg(built().join("bankchannel")).args(["files", "upload-file", "--json", "--noninteractive"]);
            command.args(["--file-type=pain.001.001.09", "--wait-timeout-s=120", "--poll-interval-s=0.2"]);
            command.args(WAIT_FOR.map(|file_type| format!("--wait-for={file_type}")));
            command.arg(format!("--private-key={}", job["private_key_file"].as_str().unwrap()));
            command.arg(upload["path"].as_str().unwrap()).env_clear().env("HOME", home);
            command
        }
        other => panic!("there is no face {other}"),
    }
}

/// The settings file of the command line, with the session.
fn cli_settings(home: &Path, settings: &Value) {
    use std::{
        io::Write as _,
        os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    };
    let folder = home.join(".wscli");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).unwrap();
    let text = format!(
        "settings:\n  baseurl: {}\n  publickeyfile: {}\n  email: {}\n  mode: data\n  apikey: {}\n  idtoken: {}\n  idtokenmode: data\n  bank: simulator\n",
        settings["base_url"], settings["public_key_file"], settings["email"], settings["api_key"], settings["id_token"],
    );
    let file = folder.join("settings.yaml");
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

async fn compiled(source: &Path) -> PathBuf {
    let folder = built();
    let program = folder.join("bankchannel-uploads-at-once");
    let _ = std::os::unix::fs::symlink("libbankchannel_c.so", folder.join("libbankchannel.so.1"));
    let own = folder.join(format!("bankchannel-uploads-at-once-{}", std::process::id()));
    let output = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I"])
        .arg(root().join("include"))
        .arg(source)
        .arg("-L")
        .arg(&folder)
        .args(["-lbankchannel_c", "-lpthread", "-o"])
        .arg(&own)
        .output()
        .await
        .expect("cc starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Another process of this run may be using it.
    std::fs::rename(own, &program).unwrap();
    program
}

/// An upload's answers, as its process tells them.
struct Told {
    id: String,
    verdict: String,
    named: Vec<String>,
}

/// Reads a line: a JSON object with `id`, `verdict` and `named`, or an id, a tab and the operation's response.
fn answer(line: &str) -> Option<Told> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some((id, response)) = line.split_once('\t') {
        let response: Value = serde_json::from_str(response).expect("a response");
        let answers = response["answers"].as_array().expect("answers").iter();
        let mut named = Vec::new();
        for answer in answers {
            let reports = answer["report"]["reports"].as_array().into_iter().flatten();
            named.extend(reports.map(|report| text(&report["original_message_id"])));
            let statements = answer["statement"]["statements"].as_array().into_iter().flatten();
            let entries = statements.flat_map(|statement| statement["entries"].as_array().into_iter().flatten());
            let batches = entries.flat_map(|entry| entry["batches"].as_array().into_iter().flatten());
            named.extend(batches.map(|batch| text(&batch["message_id"])));
        }
        // The test's own process writes its name before the first one.
        let id = id.rsplit(' ').next().unwrap_or_default();
        return Some(Told { id: id.to_owned(), verdict: text(&response["verdict"]), named });
    }
    let told: Value = serde_json::from_str(line).ok()?;
    let named = told["named"].as_array()?.iter().map(text).collect();
    Some(Told { id: text(&told["id"]), verdict: text(&told["verdict"]), named })
}
