//! Several workers, and one that disappears in the middle of its work.

use std::{
    pin::Pin,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bankchannel::{CallAnswer, CallAsker, CallOptions, Question, Result, Timestamp, salt_edge_connector::WorkRequest};
use serde_json::json;

use crate::{bank::Bank, world::World};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_share_a_store() {
    let world = World::new(Bank::usual()).await;
    let credentials = json!({"authorization_type": "login_password", "password": "right"});
    for number in 0..20 {
        let secret = format!("s-{number}");
        world.request(json!({"operation": "create_token", "session_secret": secret, "credentials": credentials})).await;
    }
    let workers: Vec<_> = (1..5).map(|number| world.another(number)).collect();
    let works = workers.iter().map(|worker| {
        let options = world.options();
        async move { worker.work_with(WorkRequest::builder(), &options).await.unwrap() }
    });
    let done = futures_util::future::join_all(works).await;
    assert_eq!(done.iter().map(|worked| worked.asked).sum::<u32>(), 20);
    assert_eq!(done.iter().map(|worked| worked.delivered).sum::<u32>(), 20);
    assert_eq!(world.bank.asked("authenticate").len(), 20, "nobody is asked twice");
    for number in 0..20 {
        assert_eq!(world.session(&format!("s-{number}")).await["status"], "success");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_gone_in_the_middle_of_a_question_fails_the_session() {
    let world = World::new(Bank::usual()).await;
    world.request(json!({"operation": "create_token", "session_secret": "s-1"})).await;
    // A worker that takes the question and never reports back.
    let silent = Arc::new(Silent::default());
    let options = CallOptions { asker: Some(silent.clone()), ..CallOptions::default() };
    let worker = world.with(json!({}));
    tokio::select! {
        worked = worker.work_with(WorkRequest::builder(), &options) => panic!("{worked:?}"),
        () = silent.asked.notified() => {}
    }
    assert_eq!(world.work().await.asked, 0, "it may still answer");
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let later = Timestamp::from_ms(now + 6 * 60_000);
    let worked = world.connector.work_with(WorkRequest::builder().at(later), &world.options()).await.unwrap();
    assert_eq!(worked.delivered, 0, "its answer may have been kept while the store was away");
    let later = Timestamp::from_ms(now + 7 * 60_000);
    let worked = world.connector.work_with(WorkRequest::builder().at(later), &world.options()).await.unwrap();
    assert_eq!(worked.delivered, 1);
    assert_eq!(world.bank.asked("authenticate").len(), 0, "what the bank may have done is not done twice");
    assert_eq!(world.session("s-1").await["error_class"], "InternalProviderError");
}

/// A bank that never answers, and signals when it was asked.
#[derive(Default)]
struct Silent {
    asked: tokio::sync::Notify,
}

impl CallAsker for Silent {
    fn ask(&self, _: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        self.asked.notify_one();
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_question_that_nobody_is_there_for_waits() {
    let world = World::new(Bank::usual()).await;
    world.request(json!({"operation": "create_token", "session_secret": "s-1"})).await;
    let nobody = CallOptions { asker: Some(Arc::new(Nobody)), ..CallOptions::default() };
    for _ in 0..2 {
        let fault = world.connector.work_with(WorkRequest::builder(), &nobody).await.unwrap_err();
        assert_eq!(fault.code(), "input.missing_field");
    }
    assert_eq!(world.work().await.asked, 1, "it is asked when somebody is there");
    assert_eq!(world.session("s-1").await["error_class"], "InvalidCredentials");
}

/// A program without a bank callback.
struct Nobody;

impl CallAsker for Nobody {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        Box::pin(std::future::ready(Err(question.unanswered())))
    }
}

#[tokio::test]
async fn a_refresh_that_fails_is_tried_again() {
    let world = World::new(Bank::new(|question, asked| match question {
        "refresh" => None,
        _ => Some(crate::bank::usual(question, asked)),
    }))
    .await;
    world.enrolled("s-1").await;
    world.request(json!({"operation": "refresh_accounts", "session_secret": "s-2", "access_token_of": "s-1"})).await;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    for later in 0..3 {
        assert_eq!(world.session("s-2").await["status"], "open");
        let at = Some(Timestamp::from_ms(now + 1000 + later * 31_000));
        world.connector.work_with(WorkRequest::builder().at(at), &world.options()).await.unwrap();
    }
    assert_eq!(world.bank.asked("refresh").len(), 3);
    assert_eq!(world.session("s-2").await["error_class"], "InternalProviderError");
}
