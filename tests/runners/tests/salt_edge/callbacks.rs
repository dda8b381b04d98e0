//! Callbacks: repeated until the hub has them, in order, one end per session.

use bankchannel::{CallOptions, salt_edge_connector::CallbackStatus};
use serde_json::{Value, json};

use crate::{bank::Bank, world::World};

async fn listed(world: &World) -> Vec<(String, CallbackStatus, u32)> {
    let request = world.connector.request(json!({})).unwrap();
    let found = world.connector.list_callbacks_with(request, &CallOptions::default()).await.unwrap().callbacks;
    found.into_iter().map(|one| (format!("{:?}", one.kind), one.state, one.attempts)).collect()
}

fn password() -> Value {
    json!({"authorization_type": "login_password", "password": "right"})
}

#[tokio::test]
async fn a_callback_waits_for_a_hub_that_fails() {
    let world = World::new(Bank::usual()).await;
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": password()})).await;
    world.control("fail_next", json!({"operation": "succeed_session", "status": 503, "count": 1})).await;
    let worked = world.work().await;
    assert_eq!((worked.delivered, worked.again), (0, 1));
    assert!(worked.next_due_at.is_some());
    assert_eq!(listed(&world).await, [("Success".to_owned(), CallbackStatus::Waiting, 1)]);
    assert_eq!(world.work().await.delivered, 0, "it is not due yet");
    tokio::time::sleep(std::time::Duration::from_millis(1400)).await;
    assert_eq!(world.work().await.delivered, 1);
    assert_eq!(world.session("s-1").await["status"], "success");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_no_second_end() {
    let world = World::new(Bank::usual()).await;
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": password()})).await;
    // The hub processes the report, but its answer is lost.
    world.control("fail_next", json!({"operation": "succeed_session", "status": 503, "count": 1, "done": true})).await;
    let worked = world.work().await;
    assert_eq!((worked.delivered, worked.again), (0, 1), "{worked:?}");
    assert_eq!(world.session("s-1").await["status"], "success");
    tokio::time::sleep(std::time::Duration::from_millis(1400)).await;
    let worked = world.work().await;
    assert_eq!((worked.delivered, worked.given_up), (1, 0), "the session is closed, by ours");
    assert_eq!(world.answer(json!({"operation": "fetch_accounts", "access_token_of": "s-1"})).await.0, 200);
}

#[tokio::test]
async fn a_session_that_the_hub_does_not_know_gives_no_token() {
    let world = World::new(Bank::usual()).await;
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": password()})).await;
    world.control("reset", json!({})).await;
    let worked = world.work().await;
    assert_eq!((worked.delivered, worked.given_up), (0, 1));
    let request = world.connector.request(json!({"state": "revoked"})).unwrap();
    assert_eq!(world.connector.list_tokens_with(request, &CallOptions::default()).await.unwrap().tokens.len(), 1);
    let worked = world.work().await;
    assert_eq!((worked.delivered, worked.next_due_at), (0, None), "nothing has left: nothing is to be taken back");
}

#[tokio::test]
async fn what_the_dashboard_is_wrong_about_waits_for_somebody() {
    let world = World::new(Bank::usual()).await;
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": password()})).await;
    let wrong = world.with(json!({"app_id": "another"}));
    let worked = wrong.work_with(wrong.request(json!({})).unwrap(), &world.options()).await.unwrap();
    assert_eq!((worked.delivered, worked.stopped), (0, 1));
    assert_eq!(world.work().await.delivered, 0);
    let request = world.connector.request(json!({"state": "stopped"})).unwrap();
    let stopped = world.connector.list_callbacks_with(request, &CallOptions::default()).await.unwrap().callbacks;
    assert_eq!((stopped.len(), stopped[0].error_class.as_deref()), (1, Some("ProviderNotFound")));
    let retry = world.connector.request(json!({"callback_id": stopped[0].callback_id})).unwrap();
    assert!(world.connector.retry_callback_with(retry, &CallOptions::default()).await.unwrap().is_changed);
    assert_eq!(world.work().await.delivered, 1);
    assert_eq!(world.session("s-1").await["status"], "success");
}

#[tokio::test]
async fn without_a_hub_callbacks_wait() {
    let world = World::new(Bank::usual()).await;
    let alone = world.with(json!({"base_url": null}));
    let request =
        world.made(json!({"operation": "create_token", "session_secret": "s-1", "credentials": password()})).await;
    assert_eq!(alone.handle_request_with(request, &world.options()).await.unwrap().answer.status, 200);
    let worked = alone.work_with(alone.request(json!({})).unwrap(), &world.options()).await.unwrap();
    assert_eq!((worked.asked, worked.delivered, worked.next_due_at.is_none()), (1, 0, true));
    assert_eq!(world.work().await.delivered, 1);
}

#[tokio::test]
async fn time_ends_a_session_and_the_hub_is_told() {
    let world = World::new(Bank::usual()).await;
    let oauth = json!({"authorization_type": "oauth"});
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": oauth})).await;
    world.work().await;
    let later = bankchannel::Timestamp::from_ms(
        i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
            + 16 * 60_000,
    );
    let work = world.connector.request(json!({"at": later.as_str()})).unwrap();
    let worked = world.connector.work_with(work, &world.options()).await.unwrap();
    assert_eq!((worked.expired, worked.delivered), (1, 1));
    let known = world.session("s-1").await;
    assert_eq!((&known["status"], &known["error_class"]), (&json!("fail"), &json!("AccessDenied")));
    assert!(!world.approve(&world.last_session_id()).await.unwrap().is_decided);
}

/// A part of such an order would be passed over, and a test pass for nothing.
#[tokio::test]
async fn orders_of_a_hub_that_can_do_nothing_are_refused() {
    let world = World::new(Bank::usual()).await;
    world.hub.control("sessions", json!({"session_secret": "s1"})).await.unwrap();
    for (order, request, named) in [
        ("sessions/s1", json!({"answer": {"status": 503}, "cancel": true}), "exclude each other"),
        ("sessions/s1", json!({"credentials": {"a": "b"}, "cancel": true}), "exclude each other"),
        ("sessions/s1", json!({"answer": {"status": 503, "count": 0}}), "count"),
        ("session/s1", json!({}), "`session/s1` is not known"),
        ("enrolment", json!({}), "sandbox/enrolments"),
    ] {
        let error = world.hub.control(order, request).await.unwrap_err();
        assert!(error.message().contains(named), "{order}: {error}");
    }
    // Over HTTP too.
    let url = format!("{}/sandbox/enrolment", world.hub.readiness()["control_url"].as_str().unwrap());
    let answer = world.http.post(url).json(&json!({})).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let said = answer.text().await.unwrap();
    assert!(said.contains("`enrolment` is not known") && said.contains("sandbox/enrolments"), "{said}");
}
