//! Whose session, token and answer it is: a step that names another customer or more rights than asked for is refused,
//! the same answer again is an answer, one report or notice that hangs holds up no other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel::{
    CallOptions,
    salt_edge_connector::{CallbackStatus, WorkRequest},
};
use serde_json::{Value, json};

use crate::{
    bank::{Bank, usual},
    proxy::{Upstream, serve},
    world::World,
};

fn session_of(asked: Option<Value>) -> String {
    asked.unwrap()["session_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_is_approved_for_the_customer_of_its_token_alone() {
    let world = World::new(Bank::new(|question, asked| {
        Some(match question {
            "refresh" => json!({"outcome": "redirect", "redirect_url": "https://bank.example/r"}),
            _ => usual(question, asked),
        })
    }))
    .await;
    world.enrolled("s-1").await;
    let refresh = json!({"operation": "refresh_accounts", "session_secret": "r-1", "access_token_of": "s-1"});
    assert_eq!(world.answer(refresh).await.0, 200);
    world.work().await;
    let session_id = session_of(world.bank.asked("refresh").pop());
    let request = world.connector.request(json!({"session_id": session_id, "user_id": "u-8"})).unwrap();
    let refused = world.connector.approve_session_with(request, &CallOptions::default()).await.unwrap_err();
    assert_eq!((refused.code(), refused.detail("field")), ("input.invalid_field", Some("user_id")), "{refused}");
    assert_eq!(world.session("r-1").await["status"], "open", "nothing was changed");
    assert!(world.approve(&session_id).await.unwrap().is_decided);
    assert_eq!(world.session("r-1").await["user_id"], "u-7");
}

#[tokio::test]
async fn a_bank_that_changes_the_customer_in_the_middle_fails_the_session() {
    let world = World::new(Bank::new(|question, asked| {
        Some(match question {
            "confirm" => json!({"outcome": "approved", "user_id": "u-8"}),
            _ => usual(question, asked),
        })
    }))
    .await;
    let credentials = json!({"authorization_type": "login_password_sms", "login": "minna"});
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": credentials})).await;
    world.work().await;
    let code = json!({"operation": "confirm_token", "session_secret": "s-1", "credentials": {"sms": "123456"}});
    world.request(code).await;
    world.work().await;
    assert_eq!(world.session("s-1").await["error_class"], "InternalProviderError");
}

#[tokio::test]
async fn an_approval_grants_nothing_that_was_not_asked_for() {
    let world = World::new(Bank::usual()).await;
    let create = json!({"operation": "create_token", "session_secret": "s-1", "scopes": ["accounts"],
                        "credentials": {"authorization_type": "oauth"}});
    world.request(create).await;
    world.work().await;
    let session_id = world.last_session_id();
    for scopes in [json!(["accounts", "kyc"]), json!([])] {
        let more = json!({"session_id": session_id, "user_id": "u-7", "scopes": scopes});
        let request = world.connector.request(more).unwrap();
        let refused = world.connector.approve_session_with(request, &CallOptions::default()).await.unwrap_err();
        assert_eq!(refused.detail("field"), Some("scopes"), "{refused}");
    }
    assert!(world.approve(&session_id).await.unwrap().is_decided);
    assert_eq!(world.answer(json!({"operation": "fetch_accounts", "access_token_of": "s-1"})).await.0, 200);
    let (status, said) = world.answer(json!({"operation": "fetch_customer", "access_token_of": "s-1"})).await;
    assert_eq!((status, said["error_class"].as_str()), (401, Some("AccessDenied")), "{said}");
}

#[tokio::test]
async fn the_same_code_again_is_an_answer_and_a_repetition_is_none() {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let world = World::new(Bank::new(move |question, asked| {
        Some(match question {
            "confirm" if counted.fetch_add(1, Ordering::SeqCst) == 0 => {
                json!({"outcome": "code_needed", "field": "sms", "instruction": "not yet"})
            }
            _ => usual(question, asked),
        })
    }))
    .await;
    let credentials = json!({"authorization_type": "login_password_sms", "login": "minna"});
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": credentials})).await;
    world.work().await;
    let code = json!({"operation": "confirm_token", "session_secret": "s-1", "credentials": {"sms": "123456"}});
    let first = world.made(code.clone()).await;
    world.connector.handle_request_with(first.clone(), &world.options()).await.unwrap();
    world.work().await;
    // Salt Edge repeats its request: the customer has not answered again.
    let repeated = world.connector.handle_request_with(first, &world.options()).await.unwrap();
    assert_eq!((repeated.answer.status, repeated.has_work), (200, false));
    // The third party's request is signed again, at a later second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(world.request(code).await.has_work);
    world.work().await;
    assert_eq!((world.session("s-1").await["status"].as_str(), tries.load(Ordering::SeqCst)), (Some("success"), 2));
}

#[tokio::test]
async fn a_report_that_hangs_holds_up_no_other() {
    let world = World::new(Bank::usual()).await;
    let hub = Upstream::new(world.hub.readiness()["base_url"].as_str().unwrap());
    let (hangs, comes) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (hung, came) = (Arc::clone(&hangs), Arc::clone(&comes));
    let slow = serve(move |asked| {
        let (hub, hung, came) = (hub.clone(), Arc::clone(&hung), Arc::clone(&came));
        Box::pin(async move {
            if asked.data()["session_secret"] == "s-1" {
                hung.notify_one();
                std::future::pending::<()>().await;
            }
            let answered = hub.ask(asked).await;
            came.notify_one();
            answered
        })
    })
    .await;
    let connector = world.with(json!({"base_url": slow}));
    let create = |secret: &str| json!({"operation": "create_token", "session_secret": secret, "credentials": {"authorization_type": "oauth"}});
    let ask = async |secret: &str| {
        let made = world.made(create(secret)).await;
        assert!(connector.handle_request_with(made, &world.options()).await.unwrap().has_work);
    };
    ask("s-1").await;
    let (worker, options) = (connector.clone(), world.options());
    let working = tokio::spawn(async move { worker.work_with(WorkRequest::builder(), &options).await });
    hangs.notified().await;
    // Later than any batch that was taken with the first.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let begun = Instant::now();
    ask("s-2").await;
    comes.notified().await;
    // A report that hangs is given up after 30 seconds.
    assert!(begun.elapsed() < Duration::from_secs(15) && !working.is_finished(), "{:?}", begun.elapsed());
    assert_eq!(world.session("s-2").await["updates"].as_array().unwrap().len(), 1);
    working.abort();
}

#[tokio::test]
async fn a_notice_that_hangs_holds_up_no_customer() {
    let world = World::new(Bank::usual()).await;
    for _ in 0..3 {
        assert_eq!(
            world.request(json!({"operation": "notify_error", "access_token": "unknown"})).await.answer.status,
            200
        );
    }
    let options = CallOptions { asker: Some(Arc::new(HangingNotices)), ..world.options() };
    let worker = world.connector.clone();
    let working = tokio::spawn(async move { worker.work_with(WorkRequest::builder(), &options).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let create =
        json!({"operation": "create_token", "session_secret": "s-1", "credentials": {"authorization_type": "x"}});
    world.request(create).await;
    let until = Instant::now() + Duration::from_secs(20);
    while world.session("s-1").await["status"] == "open" {
        assert!(Instant::now() < until, "the session's question waits for a notice");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!working.is_finished());
    working.abort();
}

/// A bank that never takes note of anything, and refuses everyone.
struct HangingNotices;

impl bankchannel::CallAsker for HangingNotices {
    fn ask(
        &self,
        question: bankchannel::Question,
    ) -> std::pin::Pin<Box<dyn Future<Output = bankchannel::Result<bankchannel::CallAnswer>> + Send + '_>> {
        Box::pin(async move {
            if question.kind == "bank.notice" {
                std::future::pending::<()>().await;
            }
            let refused = json!({"outcome": "refused", "error_class": "InvalidAuthorizationType"});
            Ok(bankchannel::Secret::new(refused.to_string()))
        })
    }
}

#[tokio::test]
async fn a_page_of_a_proxy_stops_no_report_and_the_hubs_refusal_does() {
    let world = World::new(Bank::usual()).await;
    let create = |secret: &str| {
        let credentials = json!({"authorization_type": "login_password", "password": "right"});
        json!({"operation": "create_token", "session_secret": secret, "credentials": credentials})
    };
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let sent = Arc::clone(&seen);
    let proxy = serve(move |asked| {
        *sent.lock().unwrap() = asked.header("x-request-id").unwrap_or_default().to_owned();
        Box::pin(async {
            let headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
            crate::proxy::Answered { status: 403, headers, body: "<html>Forbidden</html>".into() }
        })
    })
    .await;
    world.request(create("s-1")).await;
    let behind = world.with(json!({"base_url": proxy}));
    let worked = behind.work_with(WorkRequest::builder(), &world.options()).await.unwrap();
    assert_eq!((worked.again, worked.stopped), (1, 0), "{worked:?}");
    let log = format!("{:?}", world.log.drain());
    let request = world.connector.request(json!({})).unwrap();
    let listed = world.connector.list_callbacks_with(request, &CallOptions::default()).await.unwrap().callbacks;
    assert_eq!(listed[0].state, CallbackStatus::Waiting);
    assert!(log.contains(&listed[0].callback_id), "the log names the callback: {log}");
    assert!(log.contains(listed[0].session_id.as_deref().unwrap()), "and its session: {log}");
    assert_eq!(*seen.lock().unwrap(), listed[0].callback_id, "as does the report");
    world.request(create("s-2")).await;
    let refusal = json!({"operation": "succeed_session", "status": 400, "error_class": "ConfigurationError"});
    world.control("sessions/s-2", json!({"answer": refusal})).await;
    let worked = world.work().await;
    assert_eq!(worked.stopped, 1, "{worked:?}");
}

#[tokio::test]
async fn a_list_of_revoked_tokens_with_a_wrong_position_does_not_end_the_reading() {
    let world = World::new(Bank::usual()).await;
    for secret in ["s-1", "s-2"] {
        world.enrolled(secret).await;
    }
    let hub = Upstream::new(world.hub.readiness()["base_url"].as_str().unwrap());
    // The first page says a position far behind the list's end, and its first entry names no token.
    let odd = serve(move |asked| {
        let hub = hub.clone();
        Box::pin(async move {
            let is_list = asked.path().ends_with("/tokens/index") && asked.data()["from_id"].is_null();
            let mut answered = hub.ask(asked).await;
            if is_list {
                let mut body: Value = serde_json::from_slice(&answered.body).unwrap();
                body["meta"]["next_id"] = json!(9_000_000_000_000_u64);
                body["data"]["tokens"][0].as_object_mut().unwrap().remove("token");
                answered.body = body.to_string().into();
            }
            answered
        })
    })
    .await;
    // Revoked while the connector hears nothing of it.
    let deaf = serve(|_| Box::pin(async { crate::proxy::Answered::json(200, &json!({})) })).await;
    world.control("connector", json!({"url": deaf})).await;
    for secret in ["s-1", "s-2"] {
        world.control("enrolments", json!({"operation": "revoke_token", "access_token_of": secret})).await;
    }
    let request = || world.connector.request(json!({})).unwrap();
    let behind = world.with(json!({"base_url": odd}));
    let done = behind.reconcile_tokens_with(request(), &CallOptions::default()).await.unwrap();
    assert_eq!((done.listed, done.unassigned, done.revoked), (2, 1, 1), "{done:?}");
    let done = world.connector.reconcile_tokens_with(request(), &CallOptions::default()).await.unwrap();
    assert_eq!((done.listed, done.unassigned, done.revoked), (2, 0, 1), "{done:?}");
}

#[tokio::test]
async fn a_token_that_is_being_renewed_is_not_revoked() {
    let world = World::new(Bank::new(|question, asked| {
        Some(match question {
            "reconnect" => json!({"outcome": "redirect", "redirect_url": "https://bank.example/r"}),
            _ => usual(question, asked),
        })
    }))
    .await;
    world.enrolled("s-1").await;
    let reconnect = json!({"operation": "reconnect_token", "session_secret": "n-1", "access_token_of": "s-1"});
    assert_eq!(world.answer(reconnect).await.0, 200);
    world.work().await;
    let fetch = json!({"operation": "fetch_accounts", "access_token_of": "s-1"});
    let (status, said) = world.answer(fetch.clone()).await;
    assert_eq!((status, said["error_class"].as_str()), (401, Some("AccessDenied")), "{said}");
    let session_id = session_of(world.bank.asked("reconnect").pop());
    let request = world.connector.request(json!({"session_id": session_id})).unwrap();
    world.connector.refuse_session_with(request, &CallOptions::default()).await.unwrap();
    assert_eq!(world.answer(fetch).await.0, 200, "the old token is as it was");
}

#[tokio::test]
async fn a_failure_with_a_class_that_ends_a_session_ends_none() {
    let world = World::new(Bank::usual()).await;
    let credentials = json!({"authorization_type": "login_password", "password": "right"});
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": credentials})).await;
    let failure = json!({"operation": "succeed_session", "status": 503, "error_class": "SessionClosed"});
    world.control("fail_next", failure).await;
    let worked = world.work().await;
    assert_eq!((worked.again, worked.given_up), (1, 0), "{worked:?}");
    let request = world.connector.request(json!({})).unwrap();
    let listed = world.connector.list_callbacks_with(request, &CallOptions::default()).await.unwrap().callbacks;
    assert_eq!(listed[0].state, CallbackStatus::Waiting);
    tokio::time::sleep(Duration::from_millis(1400)).await;
    assert_eq!(world.work().await.delivered, 1);
}
