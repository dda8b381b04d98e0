//! Faults of the other sides: every answer that the hub may give to a report; a hub that stalls, disconnects or is a
//! different one; and a bank at a URL that does the same. Each fault is served by the test's own listener.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bankchannel::{
    CallAsker, CallOptions, ConnectionSettings, Secret,
    salt_edge_connector::{
        BankAtUrl, CallbackListed, CallbackStatus, CallbackType, SaltEdgeConnector, WorkRequest, WorkResponse,
        class::of_hub,
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    bank::Bank,
    proxy::{Answered, serve},
    world::World,
};

/// The reaction of a listener after it has received a request.
#[derive(Clone)]
enum Fault {
    /// Sends exactly this, and closes.
    Says(Vec<u8>),
    /// Sends this, and then nothing more.
    Stalls(&'static str),
}

/// Starts a listener with one fault; returns its URL and its request counter.
async fn listening(fault: Fault) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (fault, count) = (fault.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                count.fetch_add(1, Ordering::SeqCst);
                match fault {
                    Fault::Says(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        let _ = stream.shutdown().await;
                    }
                    Fault::Stalls(beginning) => {
                        let _ = stream.write_all(beginning.as_bytes()).await;
                        std::future::pending::<()>().await;
                    }
                }
            });
        }
    });
    (url, asked)
}

/// A URL where nothing is listening.
async fn refusing() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap())
}

fn http(status: &str, media_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into()
}

/// Approves a session, and returns a connector with another hub URL that has yet to report it.
async fn waiting(world: &World, secret: &str, hub: &str) -> SaltEdgeConnector {
    let credentials = json!({"authorization_type": "login_password", "login": "minna", "password": "right"});
    let order = json!({"operation": "create_token", "session_secret": secret, "credentials": credentials});
    assert_eq!(world.answer(order).await.0, 200);
    world.with(json!({"base_url": hub, "exchange_timeout_s": 1.0}))
}

async fn work(world: &World, connector: &SaltEdgeConnector) -> WorkResponse {
    let options = CallOptions { timeout: Some(Duration::from_secs(5)), ..world.options() };
    connector.work_with(WorkRequest::builder(), &options).await.unwrap()
}

async fn callback(connector: &SaltEdgeConnector, kind: CallbackType) -> CallbackListed {
    let request = connector.request(json!({})).unwrap();
    let listed = connector.list_callbacks_with(request, &CallOptions::default()).await.unwrap().callbacks;
    listed.into_iter().rfind(|one| one.kind == kind).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_class_of_the_hubs_has_its_reaction() {
    for class in of_hub::ALL {
        let (status, name) = (class.http_status(), class.name);
        let hub = serve(move |_| {
            let body = json!({"error_class": name, "error_message": "planted text of the hub's"});
            Box::pin(async move { Answered::json(status, &body) })
        })
        .await;
        let world = World::new(Bank::usual()).await;
        let connector = waiting(&world, "s-1", &hub).await;
        let worked = work(&world, &connector).await;
        // A session that has ended at the hub has failed here; anything else needs someone to fix it.
        let is_over = ["SessionClosed", "SessionExpired", "SessionNotFound"].contains(&name);
        let expected = if is_over { CallbackStatus::Failed } else { CallbackStatus::Stopped };
        let listed = callback(&connector, CallbackType::Success).await;
        assert_eq!((listed.state, listed.attempts), (expected, 1), "{name}: {worked:?}");
        assert_eq!((listed.http_status, listed.error_class.as_deref()), (Some(status.into()), Some(name)));
        let log: String = world.log.drain().into_iter().map(|record| record.line.text).collect();
        assert!(!log.contains("planted"), "{log}");

        // A token that the bank revokes.
        let world = World::new(Bank::usual()).await;
        world.enrolled("s-1").await;
        let connector = world.with(json!({"base_url": hub}));
        let options = CallOptions::default();
        let all = connector.list_tokens_with(connector.request(json!({})).unwrap(), &options).await.unwrap();
        let revoke = connector.request(json!({"token_id": all.tokens[0].token_id})).unwrap();
        connector.revoke_token_with(revoke, &options).await.unwrap();
        work(&world, &connector).await;
        let is_over = ["TokenRevoked", "TokenExpired", "TokenNotFound"].contains(&name);
        let expected = if is_over { CallbackStatus::Delivered } else { CallbackStatus::Stopped };
        assert_eq!(callback(&connector, CallbackType::Revoke).await.state, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_fails_is_told_again() {
    let wrong_answers = [
        ("500", Fault::Says(http("500 Internal Server Error", "text/html", "<h1>planted</h1>"))),
        ("503", Fault::Says(http("503 Service Unavailable", "application/json", "{}"))),
        ("429", Fault::Says(http("429 Too Many Requests\r\nretry-after: 7", "application/json", "{}"))),
        ("a cut head", Fault::Says(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())),
        ("nothing", Fault::Says(Vec::new())),
        ("silence", Fault::Stalls("")),
        ("a stalled head", Fault::Stalls("HTTP/1.1 200 OK\r\n")),
    ];
    let of = async |what: &'static str, hub: String, asked: Option<Arc<AtomicUsize>>| {
        let world = World::new(Bank::usual()).await;
        let connector = waiting(&world, "s-1", &hub).await;
        let begun = now_ms();
        let worked = work(&world, &connector).await;
        let ended = now_ms();
        assert_eq!((worked.delivered, worked.again, worked.stopped), (0, 1, 0), "{what}: {worked:?}");
        let listed = callback(&connector, CallbackType::Success).await;
        assert_eq!((listed.state, listed.attempts), (CallbackStatus::Waiting, 1), "{what}");
        if let Some(asked) = asked {
            assert_eq!(asked.load(Ordering::SeqCst), 1, "{what}: one attempt is one request");
        }
        let due = listed.due_at.unwrap().as_ms();
        let expected = if what == "429" { begun + 7_000..=ended + 8_000 } else { begun + 1_000..=ended + 2_000 };
        assert!(expected.contains(&due), "{what}: {due} is not in {expected:?}");
        // The hub works again. The lost answer may have been a success: the same report is sent, and ends the session
        // once.
        tokio::time::sleep(Duration::from_millis(1_400)).await;
        if what != "429" {
            assert_eq!(world.work().await.delivered, 1, "{what}");
            assert_eq!(world.session("s-1").await["status"], "success", "{what}");
        }
    };
    let served = wrong_answers.map(|(what, fault)| async move {
        let (hub, asked) = listening(fault).await;
        of(what, hub, Some(asked)).await;
    });
    futures_util::future::join_all(served).await;
    of("refused", refusing().await, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_success_whose_body_is_cut_off_is_one() {
    for fault in [
        Fault::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{".to_vec()),
        Fault::Says(http("200 OK", "text/html", "<h1>thanks</h1>")),
        Fault::Stalls("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"),
    ] {
        let (hub, _) = listening(fault).await;
        let world = World::new(Bank::usual()).await;
        let connector = waiting(&world, "s-1", &hub).await;
        assert_eq!(work(&world, &connector).await.delivered, 1);
    }
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_with_a_foreign_certificate_is_told_nothing() {
    let other = bankchannel_counterparts::EmbeddedServer::start("nextgen-psd2-bank", json!({})).await.unwrap();
    let url = other.readiness()["base_url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://"), "{url}");
    let world = World::new(Bank::usual()).await;
    let connector = waiting(&world, "s-1", &url).await;
    let worked = work(&world, &connector).await;
    assert_eq!(worked.delivered, 0);
    let listed = callback(&connector, CallbackType::Success).await;
    assert!(matches!(listed.state, CallbackStatus::Waiting | CallbackStatus::Stopped), "{listed:?}");
    assert_eq!(listed.http_status, None);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_expires_while_the_hub_is_away() {
    let world = World::new(Bank::usual()).await;
    let connector = waiting(&world, "s-1", &refusing().await).await;
    assert_eq!(work(&world, &connector).await.again, 1);
    // 15 minutes for the bank's first answer, and 15 more for the report.
    let later = bankchannel::Timestamp::from_ms(now_ms() + 31 * 60_000);
    let worked = connector.work_with(WorkRequest::builder().at(later), &world.options()).await.unwrap();
    assert_eq!((worked.delivered, worked.again), (0, 0), "{worked:?}");
    assert_eq!(callback(&connector, CallbackType::Success).await.state, CallbackStatus::Failed);
    let request = connector.request(json!({"state": "confirmed"})).unwrap();
    let tokens = connector.list_tokens_with(request, &CallOptions::default()).await.unwrap().tokens;
    assert!(tokens.is_empty(), "a token that the hub never got is good for nothing");
}

/// Call options with a bank at a URL and a time limit of one second.
fn bank_at(world: &World, url: &str) -> CallOptions {
    let secret = Secret::new("0123456789abcdef0123456789abcdef");
    let bank = BankAtUrl::new(url, &secret, Duration::from_secs(1), &ConnectionSettings::default()).unwrap();
    let bank: Arc<dyn CallAsker> = Arc::new(bank);
    CallOptions { asker: Some(bank), log: Some(world.log.clone()), ..CallOptions::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_at_a_url_that_fails_is_a_failure_of_the_bank() {
    let (trap, trapped) =
        listening(Fault::Says(http("200 OK", "application/json", r#"{"outcome":"approved","user_id":"planted"}"#)))
            .await;
    let moved = http(&format!("302 Found\r\nlocation: {trap}/planted"), "text/plain", "planted");
    let approved = r#"{"outcome":"approved","user_id":"planted"}"#;
    let huge = format!("{approved}{}", " ".repeat(17 << 20));
    let deep = "[".repeat(100_000);
    let faults = [
        ("a redirect", Fault::Says(moved)),
        ("HTML", Fault::Says(http("200 OK", "text/html", "<!doctype html><h1>planted</h1>"))),
        ("a failure", Fault::Says(http("500 Internal Server Error", "text/html", "planted stack trace"))),
        ("no right", Fault::Says(http("401 Unauthorized", "application/json", r#"{"error":"planted"}"#))),
        ("nonsense", Fault::Says(http("200 OK", "application/json", r#"{"outcome":"planted"}"#))),
        ("a list", Fault::Says(http("200 OK", "application/json", r#"["planted"]"#))),
        ("nothing", Fault::Says(http("200 OK", "application/json", ""))),
        ("depth", Fault::Says(http("200 OK", "application/json", &deep))),
        ("too much", Fault::Says(http("200 OK", "application/json", &huge))),
        ("a cut body", Fault::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{".to_vec())),
        ("hanging up", Fault::Says(Vec::new())),
        ("silence", Fault::Stalls("")),
        ("a stalled body", Fault::Stalls("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{")),
    ];
    let tried = faults.map(|(what, fault)| async move {
        let (url, asked) = listening(fault).await;
        fails(what, &url).await;
        // Once for the session, which has effects; the read-only question may have been repeated.
        assert!(asked.load(Ordering::SeqCst) >= 2, "{what}");
    });
    futures_util::future::join_all(tried).await;
    fails("refused", &refusing().await).await;
    assert_eq!(trapped.load(Ordering::SeqCst), 0, "a redirect is not followed: questions hold credentials");
}

async fn fails(what: &str, url: &str) {
    let world = World::new(Bank::usual()).await;
    world.enrolled("s-0").await;
    let options = bank_at(&world, url);
    let order =
        json!({"operation": "create_token", "session_secret": "s-1", "credentials": {"authorization_type": "oauth"}});
    assert_eq!(world.answer(order).await.0, 200, "{what}");
    world.connector.work_with(WorkRequest::builder(), &options).await.unwrap();
    let known = world.session("s-1").await;
    assert_eq!((&known["status"], &known["error_class"]), (&json!("fail"), &json!("InternalProviderError")), "{what}");
    let fetch = world.made(json!({"operation": "fetch_accounts", "access_token_of": "s-0"})).await;
    let handled = world.connector.handle_request_with(fetch, &options).await.unwrap();
    let body: Value = serde_json::from_str(&handled.answer.body).unwrap();
    assert!(handled.answer.status >= 500, "{what}: {} {body}", handled.answer.status);
    let log: String = world.log.drain().into_iter().map(|record| record.line.text).collect();
    let said = format!("{known} {body} {log}");
    assert!(!said.contains("planted"), "{what}: what the bank says stays there: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_with_effects_is_asked_once_whatever_is_answered() {
    for fault in
        [Fault::Says(Vec::new()), Fault::Says(http("503 Service Unavailable", "text/plain", "")), Fault::Stalls("")]
    {
        let (url, asked) = listening(fault).await;
        let world = World::new(Bank::usual()).await;
        let order = json!({"operation": "create_token", "session_secret": "s-1", "credentials": {"authorization_type": "oauth"}});
        assert_eq!(world.answer(order).await.0, 200);
        world.connector.work_with(WorkRequest::builder(), &bank_at(&world, &url)).await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
