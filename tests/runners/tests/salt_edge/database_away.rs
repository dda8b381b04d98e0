//! A database that goes away while the bank is asked: its answer is kept, and written when the database is back.

#[path = "../../../support/relay.rs"]
mod relay;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bankchannel::salt_edge_connector::WorkRequest;
use relay::Relay;
use serde_json::json;

use crate::{
    bank::{Bank, usual},
    world::World,
};

/// Longer than a change is tried again while a store is busy.
const AWAY: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_the_bank_outlives_a_database_that_is_away() {
    let way: Arc<OnceLock<Relay>> = Arc::default();
    let cut = Arc::clone(&way);
    let bank = Bank::new(move |question, asked| {
        if question == "authenticate" {
            cut.get().unwrap().refuse();
        }
        Some(usual(question, asked))
    });
    let world = World::new(bank).await;
    let Some((server, schema)) = world.place.server() else {
        println!("not run: a folder is never away");
        return;
    };
    let relay = Relay::start(server, Duration::ZERO).await;
    let store = format!("{}?options[search_path]={schema}", relay.url);
    assert!(way.set(relay).is_ok());
    let connector = world.with(json!({"store": store}));
    let credentials = json!({"authorization_type": "login_password", "login": "minna", "password": "right"});
    let made =
        world.made(json!({"operation": "create_token", "session_secret": "s-1", "credentials": credentials})).await;
    assert!(connector.handle_request_with(made, &world.options()).await.unwrap().has_work);
    let options = world.options();
    let worker = connector.clone();
    let working = tokio::spawn(async move { worker.work_with(WorkRequest::builder(), &options).await });
    while world.bank.asked("authenticate").is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(AWAY).await;
    assert_eq!(world.session("s-1").await["status"], "open");
    way.get().unwrap().accept().await;
    // What else looked for work meanwhile has failed; a worker goes on with the next round.
    if let Err(error) = working.await.unwrap() {
        assert_eq!(error.code(), "resource.storage");
        let worked = connector.work_with(WorkRequest::builder(), &world.options()).await.unwrap();
        assert_eq!((worked.asked, worked.delivered), (0, 1), "{worked:?}");
    }
    assert_eq!(world.session("s-1").await["status"], "success");
    assert_eq!(world.bank.asked("authenticate").len(), 1, "the bank is asked once");
}
