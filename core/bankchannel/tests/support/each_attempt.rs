//! Each fault of the scripted server at each of three attempts: the call's result, the requests that the server saw,
//! the rest at the destination, the log. The tables beside the tests were written from the client as it was when a
//! transport made all attempts of an exchange.

use std::{future::Future, path::Path, time::Duration};

use bankchannel::{CallLog, CallOptions, CancellationToken, ContentDestination, Result};
use futures_util::future::join_all;

use super::{Act, Answer, Server};

/// Long enough for the attempts before the one that hangs, on a busy machine.
const LIMIT: Duration = Duration::from_secs(6);

/// A peer's answers in one protocol.
pub struct PeerAnswers {
    /// A success that can be read, with content if the operation has some.
    pub good: Answer,
    /// A refusal with status 400.
    pub refused: Answer,
    /// 429.
    pub limited: Answer,
    /// 503.
    pub unavailable: Answer,
}

/// The caller's act while the call runs.
#[derive(Clone, Copy, PartialEq)]
enum Meanwhile {
    Waits,
    /// Cancels once the attempt with the fault has reached the server.
    Cancels,
    /// Cancels in the pause after that attempt.
    CancelsThePause,
    /// Gives a time limit.
    Hurries,
}

fn faults(peer: &PeerAnswers) -> Vec<(&'static str, Act, Meanwhile)> {
    use Meanwhile::{Cancels, CancelsThePause, Hurries, Waits};
    let whole = peer.good.bytes();
    let cut = whole[..whole.len() - 5].to_vec();
    let (good, html) = (peer.good.clone(), Answer::of(200, "text/html", "<html>"));
    let then = {
        let good = good.clone();
        Act::Then(std::sync::Arc::new(move |_| good.clone()))
    };
    let pause = peer.unavailable.clone().with("retry-after", "5");
    vec![
        ("answers", Act::Answer(good.clone()), Waits),
        ("answers when all is read", then, Waits),
        ("answers, then closes", Act::AnswerThenClose(good.clone()), Waits),
        ("answers byte by byte", Act::Drip(good.clone(), Duration::ZERO), Waits),
        ("swallows, then answers", Act::Swallow(good.clone()), Waits),
        ("answers what cannot be read", Act::Answer(html), Waits),
        ("refuses", Act::Answer(peer.refused.clone()), Waits),
        ("limits the rate", Act::Answer(peer.limited.clone()), Waits),
        ("limits the rate for long", Act::Answer(peer.limited.clone().with("retry-after", "60")), Waits),
        ("is unavailable", Act::Answer(peer.unavailable.clone()), Waits),
        ("resets after the head", Act::ResetAfterHead, Waits),
        ("resets after the request", Act::ResetAfterRequest, Waits),
        ("closes after the request", Act::CloseAfterRequest, Waits),
        ("cuts a success off", Act::Raw(cut), Waits),
        ("speaks no HTTP", Act::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec()), Waits),
        ("stalls, and the call is cancelled", Act::Stall, Cancels),
        ("stalls past the time limit", Act::Stall, Hurries),
        ("asks for a pause, in which the call is cancelled", Act::Answer(pause), CancelsThePause),
    ]
}

/// The table of an operation. `call` carries it out at this address; the attempts before and after that with the fault
/// are answered with 503.
pub async fn table<C: Future<Output = Result<()>>>(
    name: &str,
    peer: &PeerAnswers,
    call: impl Fn(String, CallOptions) -> C,
) -> String {
    let mut rows = Vec::new();
    for (fault, act, meanwhile) in faults(peer) {
        for attempt in 1..=3 {
            rows.push(row(name, fault, act.clone(), meanwhile, attempt, peer.unavailable.clone(), &call));
        }
    }
    join_all(rows).await.concat()
}

async fn row<C: Future<Output = Result<()>>>(
    name: &str,
    fault: &str,
    act: Act,
    meanwhile: Meanwhile,
    attempt: usize,
    unavailable: Answer,
    call: &impl Fn(String, CallOptions) -> C,
) -> String {
    let server = Server::start(
        move |_, number| {
            if number + 1 == attempt { act.clone() } else { Act::Answer(unavailable.clone()) }
        },
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (log, cancel) = (CallLog::new(), CancellationToken::new());
    let options = CallOptions {
        log: Some(log.clone()),
        cancel: cancel.clone(),
        timeout: Some(if meanwhile == Meanwhile::Hurries { LIMIT } else { Duration::from_secs(60) }),
        destination: ContentDestination::File(folder.path().join("content")),
        ..CallOptions::default()
    };
    let mut lines = Vec::new();
    let result = {
        let running = std::pin::pin!(call(server.base_url.clone(), options));
        let watching = std::pin::pin!(async {
            match meanwhile {
                Meanwhile::Cancels => server.wait_for(attempt).await,
                Meanwhile::CancelsThePause => {
                    let pause = format!("attempt {} of 3", attempt + 1);
                    while !lines.iter().any(|line: &String| line.contains(&pause)) {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        lines.extend(
                            log.drain().into_iter().map(|record| told(record.level.as_str(), &record.line.text)),
                        );
                    }
                }
                Meanwhile::Waits | Meanwhile::Hurries => std::future::pending().await,
            }
        });
        match futures_util::future::select(running, watching).await {
            futures_util::future::Either::Left((result, _)) => result,
            futures_util::future::Either::Right(((), running)) => {
                cancel.cancel();
                running.await
            }
        }
    };
    lines.extend(log.drain().into_iter().map(|record| told(record.level.as_str(), &record.line.text)));
    let end = match &result {
        Ok(()) => "done".to_owned(),
        Err(error) => {
            let outcome = error.outcome().map_or("none", bankchannel::CallOutcome::as_str);
            format!("{}, {outcome}, retry after {:?}", error.code(), error.retry_after_s())
        }
    };
    let left = left_in(folder.path());
    let log: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("{name}, {fault}, attempt {attempt}: {end}; {} requests; {left}\n{log}", server.seen().len())
}

fn left_in(folder: &Path) -> String {
    let mut left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|one| one.unwrap()).collect();
    match left.pop() {
        None => "no file".to_owned(),
        Some(file) if left.is_empty() && file.file_name() == "content" => {
            format!("a file of {} bytes", file.metadata().unwrap().len())
        }
        Some(file) => format!("something else: {:?}", file.file_name()),
    }
}

/// A line without what differs from run to run: times, ids, the port.
fn told(level: &str, line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let bare = word.trim_end_matches(',');
        let is_id = bare.len() >= 32 && bare.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if is_id { word.replace(bare, "ID") } else { word.to_owned() }
    });
    let mut words: Vec<String> = words.collect();
    for at in 1..words.len() {
        if ["ms", "µs"].iter().any(|unit| words[at].trim_end_matches(',') == *unit) {
            "N".clone_into(&mut words[at - 1]);
        }
    }
    format!("{level}: {}", words.join(" "))
}

/// Compares a table with the one that is committed.
pub fn assert_table(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    if std::env::var_os("WRITE_TABLES").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = wanted.lines().zip(found.lines()).find(|(wanted, found)| wanted != found);
    assert!(wanted == found, "{file}: {differing:?}\n{found}");
}
