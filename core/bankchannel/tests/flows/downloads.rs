//! Downloads of all new files into a folder (docs/protocols/ws-channel.md §8.4, §11.8 K15, K16).

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel::{
    CallOptions, ConnectionSettings, ProgressWatcher,
    ws_channel::{Mode, WsChannel, WsChannelSettings},
};
use bankchannel_foundation::model::Seconds;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    bank::Bank,
    support::{Act, Server, client, ok, refused, session, settings},
};

pub(crate) async fn run(server: &Server, request: Value) -> bankchannel::Result<Value> {
    client(server)
        .call_json("ws_channel.download_new_files", request, CallOptions::default())
        .await
        .map(|done| done.response)
}

pub(crate) fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with(".bankchannel-file-"));
    names.sort();
    names
}

#[tokio::test]
async fn k15_a_second_run_skips_what_is_there() {
    let bank = Bank::holding(&[("VA", "227166", b"one"), ("camt.053.001.02", "b-2", b"two")]);
    let server = Server::start(move |seen, _| bank.act(seen)).await;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("statements");
    let request = json!({"bank": "nordea", "directory": folder, "status": "ALL"});
    let first = run(&server, request.clone()).await.unwrap();
    assert_eq!((&first["downloaded"], &first["existing"], &first["failed"]), (&json!(2), &json!(0), &json!(0)));
    assert_eq!(names(&folder), ["20261120__VA_227166.dat", "20261120__camt.053.001.02_b-2.dat"]);
    assert_eq!(fs::read(folder.join("20261120__VA_227166.dat")).unwrap(), b"one");
    assert_eq!(first["files"][0]["bytes"], 3);
    let before = server.seen().len();
    let second = run(&server, request).await.unwrap();
    assert_eq!((&second["downloaded"], &second["existing"]), (&json!(0), &json!(2)));
    assert_eq!(second["files"][1]["status"], "exists");
    assert_eq!(server.seen().len(), before + 1, "only the listing");
    // By default only new files are listed, and these were downloaded.
    let third = run(&server, json!({"bank": "nordea", "directory": folder})).await.unwrap();
    assert_eq!(third["files"], json!([]));
    assert!(server.seen().last().unwrap().path.ends_with("?Status=NEW"));
}

#[tokio::test]
async fn k16_nothing_lands_outside_the_folder() {
    let bank = Bank::holding(&[
        ("VA", "../../x", b"evil"),
        ("VA", "/etc/x", b"evil"),
        ("VA", "a b", b"odd"),
        ("VA", "good", b"good"),
    ]);
    let server = Server::start(move |seen, _| bank.act(seen)).await;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a").join("b");
    fs::create_dir_all(&folder).unwrap();
    let answer = run(&server, json!({"bank": "nordea", "directory": folder})).await.unwrap();
    assert_eq!((&answer["downloaded"], &answer["failed"]), (&json!(2), &json!(2)));
    assert_eq!(answer["files"][0]["error"], "ws_channel.reference_unsafe");
    let found = names(&folder);
    assert_eq!((found.len(), found[1].as_str()), (2, "20261120__VA_good.dat"));
    assert!(found[0].starts_with("20261120__VA_a_b-"));
    assert_eq!((names(parent.path()).len(), names(&parent.path().join("a")).len()), (1, 1));
}

#[tokio::test]
async fn a_link_in_the_way_is_neither_followed_nor_replaced() {
    let bank = Bank::holding(&[("VA", "1", b"content")]);
    let server = Server::start(move |seen, _| bank.act(seen)).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    let link = folder.path().join("20261120__VA_1.dat");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let answer = run(&server, json!({"bank": "nordea", "directory": folder.path()})).await.unwrap();
    assert_eq!(answer["files"][0]["status"], "exists");
    assert!(!target.exists() && link.symlink_metadata().unwrap().is_symlink());
}

#[tokio::test]
async fn broken_answers_are_tried_three_times_and_one_failure_stops_nothing() {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two"), ("VA", "3", b"three")]);
    let (lists, ones, twos) = (AtomicUsize::new(0), AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&twos);
    let server = Server::start(move |seen, _| {
        let next = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::SeqCst);
        if seen.path.contains('?') && next(&lists) < 2 {
            return Act::Answer(ok(200, json!({"FileDescriptors": "broken"})));
        }
        if seen.path.ends_with("/1") && next(&ones) < 2 {
            return Act::Answer(ok(200, json!({"Content": "%%%"})));
        }
        if seen.path.ends_with("/2") {
            next(&counted);
            return Act::Answer(ok(200, json!({"Content": "%%%"})));
        }
        bank.act(seen)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let answer = run(&server, json!({"bank": "nordea", "directory": folder.path()})).await.unwrap();
    assert_eq!((&answer["downloaded"], &answer["failed"]), (&json!(2), &json!(1)));
    assert_eq!(
        (&answer["files"][1]["status"], &answer["files"][1]["error"]),
        (&json!("failed"), &json!("peer.protocol"))
    );
    assert_eq!(twos.load(Ordering::SeqCst), 3);
    assert_eq!(names(folder.path()), ["20261120__VA_1.dat", "20261120__VA_3.dat"], "no partial file is left");
}

#[tokio::test]
async fn what_was_sent_and_did_not_arrive_is_tried_again() {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two")]);
    let times = AtomicUsize::new(0);
    let server = Server::start(move |seen, _| {
        let sent = bank.act(seen);
        // The bank has sent the file and counts it as downloaded; the received content is unusable in all three
        // attempts.
        if seen.path.ends_with("/2") && times.fetch_add(1, Ordering::SeqCst) < 3 {
            return Act::Answer(ok(200, json!({"Content": "%%%"})));
        }
        sent
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let request = json!({"bank": "nordea", "directory": folder.path()});
    let first = run(&server, request.clone()).await.unwrap();
    assert_eq!((&first["downloaded"], &first["failed"]), (&json!(1), &json!(1)));
    let second = run(&server, request.clone()).await.unwrap();
    assert_eq!((&second["files"].as_array().unwrap().len(), &second["downloaded"]), (&1, &json!(1)));
    assert_eq!(fs::read(folder.path().join("20261120__VA_2.dat")).unwrap(), b"two");
    // No marker is left.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    let before = server.seen().len();
    run(&server, request).await.unwrap();
    assert_eq!(server.seen().len(), before + 1);
}

/// A server with these results for downloads of the second file, in turn; the bank counts it as sent each time.
async fn twos(acts: Vec<Act>) -> Server {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two")]);
    let times = AtomicUsize::new(0);
    Server::start(move |seen, _| {
        let sent = bank.act(seen);
        let is_two = seen.path.ends_with("/2");
        is_two.then(|| acts.get(times.fetch_add(1, Ordering::SeqCst)).cloned()).flatten().unwrap_or(sent)
    })
    .await
}

pub(crate) fn unreadable() -> Act {
    Act::Answer(ok(200, json!({"Content": "%%%"})))
}

fn limited() -> Act {
    Act::Answer(refused(429, "Too many requests"))
}

#[tokio::test]
async fn a_later_run_that_is_refused_forgets_nothing() {
    let acts = [vec![unreadable(); 3], vec![limited(); 3], vec![Act::Answer(refused(401, "Unauthorized"))]].concat();
    let server = twos(acts).await;
    let folder = tempfile::tempdir().unwrap();
    let request = json!({"bank": "nordea", "directory": folder.path()});
    let first = run(&server, request.clone()).await.unwrap();
    assert_eq!((&first["downloaded"], &first["failed"]), (&json!(1), &json!(1)));
    let second = run(&server, request.clone()).await.unwrap();
    assert_eq!((&second["failed"], &second["files"][0]["error"]), (&json!(1), &json!("peer.rate_limited")));
    assert_eq!(run(&server, request.clone()).await.unwrap_err().code(), "ws_channel.session_refused");
    let last = run(&server, request).await.unwrap();
    assert_eq!((&last["downloaded"], &last["failed"]), (&json!(1), &json!(0)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is remembered any more");
}

#[tokio::test]
async fn a_try_that_is_refused_after_one_that_broke_off_forgets_nothing() {
    let whole = ok(200, json!({"Content": "dHdv"})).bytes();
    let broken = Act::Raw(whole[..whole.len() - 5].to_vec());
    // Within one exchange, and between the attempts of the flow.
    for acts in [[vec![broken], vec![limited(); 2]].concat(), [vec![unreadable()], vec![limited(); 3]].concat()] {
        let server = twos(acts).await;
        let folder = tempfile::tempdir().unwrap();
        let request = json!({"bank": "nordea", "directory": folder.path()});
        let first = run(&server, request.clone()).await.unwrap();
        assert_eq!((&first["failed"], &first["files"][1]["error"]), (&json!(1), &json!("peer.rate_limited")));
        let second = run(&server, request).await.unwrap();
        assert_eq!(second["downloaded"], 1);
        assert_eq!(fs::read(folder.path().join("20261120__VA_2.dat")).unwrap(), b"two");
    }
}

#[tokio::test]
async fn a_run_that_is_refused_takes_back_nothing_of_another_one() {
    let go_on = Arc::new(Notify::new());
    let held = Act::Hold(Arc::clone(&go_on), refused(429, "Too many requests"));
    let server = twos([vec![held], vec![unreadable(); 3], vec![limited(); 2]].concat()).await;
    let folder = tempfile::tempdir().unwrap();
    let request = json!({"bank": "nordea", "directory": folder.path()});
    let first = {
        let (client, request) = (client(&server), request.clone());
        tokio::spawn(
            async move { client.call_json("ws_channel.download_new_files", request, CallOptions::default()).await },
        )
    };
    // The listing, the first file, the second one.
    server.wait_for(3).await;
    let second = run(&server, request.clone()).await.unwrap();
    assert_eq!((&second["downloaded"], &second["failed"]), (&json!(0), &json!(1)));
    go_on.notify_one();
    assert_eq!(first.await.unwrap().unwrap().response["files"][1]["error"], "peer.rate_limited");
    assert_eq!(run(&server, request).await.unwrap()["downloaded"], 1);
    assert_eq!(fs::read(folder.path().join("20261120__VA_2.dat")).unwrap(), b"two");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is remembered any more");
}

#[tokio::test]
async fn a_name_that_was_claimed_and_not_filled_counts_as_free() {
    let server = twos(vec![unreadable(); 3]).await;
    let folder = tempfile::tempdir().unwrap();
    let mut request = json!({"bank": "nordea", "directory": folder.path()});
    assert_eq!(run(&server, request.clone()).await.unwrap()["failed"], 1);
    // The state after a run was killed on a file system without links.
    let path = folder.path().join("20261120__VA_2.dat");
    fs::write(&path, b"").unwrap();
    assert_eq!(run(&server, request.clone()).await.unwrap()["downloaded"], 1);
    assert_eq!(fs::read(&path).unwrap(), b"two");
    // Without a begun download, an empty file counts as existing, like any other.
    fs::write(&path, b"").unwrap();
    request["status"] = json!("ALL");
    assert_eq!(run(&server, request).await.unwrap()["existing"], 2);
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[tokio::test]
async fn a_file_that_cannot_be_asked_for_is_not_remembered() {
    let bank = Bank::holding(&[("V A", "1", b"one")]);
    let server = Server::start(move |seen, _| bank.act(seen)).await;
    let folder = tempfile::tempdir().unwrap();
    let answer = run(&server, json!({"bank": "nordea", "directory": folder.path()})).await.unwrap();
    assert_eq!((&answer["failed"], &answer["files"][0]["error"]), (&json!(1), &json!("peer.protocol")));
    assert_eq!((fs::read_dir(folder.path()).unwrap().count(), server.seen().len()), (0, 1));
}

#[tokio::test]
async fn what_somebody_else_put_there_meanwhile_exists() {
    let bank = Bank::holding(&[("VA", "1", b"one")]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("20261120__VA_1.dat");
    let named = path.clone();
    // Another run downloads the file into the folder between the listing and the check of the folder.
    let server = Server::start(move |seen, number| {
        let answer = bank.act(seen);
        if number == 0 {
            fs::write(&named, b"one").unwrap();
            bank.set_status("1", "DLD");
        }
        answer
    })
    .await;
    let answer = run(&server, json!({"bank": "nordea", "directory": folder.path()})).await.unwrap();
    assert_eq!((&answer["existing"], &answer["failed"]), (&json!(1), &json!(0)));
}

#[test]
fn file_work_that_stalls_stops_no_other_call() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let bank = Bank::holding(&[("VA", "1", b"one")]);
        let server = Arc::new(Server::start(move |seen, _| bank.act(seen)).await);
        // The only thread for file work waits for a disk that does not respond.
        let (answer, disk) = std::sync::mpsc::channel::<()>();
        let stalled = tokio::task::spawn_blocking(move || disk.recv());
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("statements");
        let request = json!({"bank": "nordea", "directory": folder});
        let call = tokio::spawn({
            let server = Arc::clone(&server);
            async move { run(&server, request).await }
        });
        let (other, request) = (client(&server), json!({"bank": "nordea"}));
        other.call_json("ws_channel.list_files", request, CallOptions::default()).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(!folder.exists(), "nothing touches files on the threads that drive connections");
        answer.send(()).unwrap();
        assert_eq!(call.await.unwrap().unwrap()["downloaded"], 1);
        stalled.await.unwrap().unwrap();
    });
}

#[tokio::test]
async fn one_file_that_takes_too_long_does_not_stop_the_others() {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two")]);
    let server =
        Server::start(move |seen, _| if seen.path.ends_with("/1") { Act::Stall } else { bank.act(seen) }).await;
    let connection =
        ConnectionSettings { exchange_timeout_s: Some(Seconds(Duration::from_secs(1))), ..Default::default() };
    let settings = WsChannelSettings { connection, ..settings(&server) };
    let client = WsChannel::new(settings).unwrap();
    client.set_session(session("token-of-the-test", Mode::Data));
    let folder = tempfile::tempdir().unwrap();
    let request = json!({"bank": "nordea", "directory": folder.path()});
    let call = client.call_json("ws_channel.download_new_files", request, CallOptions::default());
    let answer = call.await.unwrap().response;
    assert_eq!((&answer["downloaded"], &answer["failed"]), (&json!(1), &json!(1)));
}

/// The limit of an exchange does not apply to the flow; the flow has a separate limit, which may be a fraction of a
/// second.
#[tokio::test]
async fn a_flow_has_a_limit_of_its_own() {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two"), ("VA", "3", b"three")]);
    let server =
        Server::start(
            move |seen, _| {
                if seen.path.ends_with("/1") || seen.path.ends_with("/2") { Act::Stall } else { bank.act(seen) }
            },
        )
        .await;
    let seconds = |s: f64| Some(Seconds(Duration::from_secs_f64(s)));
    let connection = ConnectionSettings { exchange_timeout_s: seconds(0.4), ..Default::default() };
    let settings = WsChannelSettings { connection, flow_timeout_s: seconds(0.6), ..settings(&server) };
    let client = WsChannel::new(settings).unwrap();
    client.set_session(session("token-of-the-test", Mode::Data));
    let folder = tempfile::tempdir().unwrap();
    let request = json!({"bank": "nordea", "directory": folder.path()});
    let begun = Instant::now();
    let call = client.call_json("ws_channel.download_new_files", request, CallOptions::default());
    let error = call.await.unwrap_err();
    assert_eq!(error.code(), "timeout.deadline");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_session_that_ends_ends_the_flow() {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two")]);
    let server = Server::start(move |seen, _| {
        if seen.path.ends_with("/2") { Act::Answer(refused(401, "Unauthorized")) } else { bank.act(seen) }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let error = run(&server, json!({"bank": "nordea", "directory": folder.path()})).await.unwrap_err();
    assert_eq!(
        (error.code(), error.detail("downloaded"), error.operation()),
        ("ws_channel.session_refused", Some("1"), Some("ws_channel.download_file"))
    );
}

#[tokio::test]
async fn one_reference_only_and_progress_on_the_way() {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two")]);
    let server = Server::start(move |seen, _| bank.act(seen)).await;
    let folder = tempfile::tempdir().unwrap();
    let said = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&said);
    let options = CallOptions {
        progress: Some(ProgressWatcher::new(move |step| told.lock().unwrap().push(step.text.clone()))),
        ..CallOptions::default()
    };
    let request = json!({"bank": "nordea", "directory": folder.path(), "file_reference": "2"});
    let answer = client(&server).call_json("ws_channel.download_new_files", request, options).await.unwrap().response;
    assert_eq!(
        (answer["files"].as_array().unwrap().len(), names(folder.path())),
        (1, vec!["20261120__VA_2.dat".to_owned()])
    );
    assert!(said.lock().unwrap().contains(&"downloading 20261120__VA_2.dat".to_owned()));
    let file = folder.path().join("20261120__VA_2.dat");
    let error = run(&server, json!({"bank": "nordea", "directory": file})).await.unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("directory")));
}
