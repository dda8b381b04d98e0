//! Two requests at once, each through a connector with its own connection to the store. Whichever comes first, a
//! session ends once, and the hub, the store and the bank agree on the result.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel::{
    CallOptions,
    salt_edge_connector::{
        SaltEdgeConnector, {AccessState, CallbackType, WorkRequest},
    },
};
use serde_json::{Value, json};

use crate::{
    bank::{Bank, usual},
    world::World,
};

const ROUNDS: u64 = 24;

/// A world and two connectors.
struct Race {
    world: World,
    connectors: [SaltEdgeConnector; 2],
}

impl Race {
    async fn new(bank: Arc<Bank>) -> Arc<Self> {
        let world = World::new(bank).await;
        let connectors = [1, 2].map(|number| world.another(number));
        Arc::new(Self { world, connectors })
    }

    /// The status of one connector's answer to a request.
    async fn answer(&self, connector: usize, order: Value) -> u32 {
        let request = self.world.made(order).await;
        self.connectors[connector].handle_request_with(request, &self.world.options()).await.unwrap().answer.status
    }

    async fn work(&self, connector: usize) -> u32 {
        let worked = self.connectors[connector].work_with(WorkRequest::builder(), &self.world.options()).await;
        worked.unwrap().asked
    }

    /// Starts a session and waits until it needs the customer's code or the page.
    async fn begun(&self, secret: &str, authorization_type: &str) {
        let credentials = json!({"authorization_type": authorization_type, "login": "minna", "password": "right"});
        let order = json!({"operation": "create_token", "session_secret": secret, "credentials": credentials});
        assert_eq!(self.answer(0, order).await, 200);
        self.world.work().await;
    }

    /// Checks that each session has one end, or none if cancelled, and that a token is valid exactly if the hub has it;
    /// returns the number of successes.
    async fn agrees(&self, secrets: &[String]) -> usize {
        let mut succeeded = 0;
        for secret in secrets {
            let known = self.world.session(secret).await;
            if known["status"] == "success" {
                succeeded += 1;
                let fetch = json!({"operation": "fetch_accounts", "access_token_of": secret});
                assert_eq!(self.answer(0, fetch).await, 200, "{secret}: {known}");
            }
        }
        let options = CallOptions::default();
        let all = || self.world.connector.request(json!({"limit": 1000})).unwrap();
        let tokens = self.world.connector.list_tokens_with(all(), &options).await.unwrap().tokens;
        let good = tokens.iter().filter(|token| token.state == AccessState::Confirmed).count();
        assert_eq!(good, succeeded, "tokens that are good here are those that the hub has");
        let all = self.world.connector.request(json!({"limit": 1000})).unwrap();
        let callbacks = self.world.connector.list_callbacks_with(all, &options).await.unwrap().callbacks;
        let mut ends = BTreeMap::<_, u32>::new();
        for callback in callbacks.iter().filter(|one| matches!(one.kind, CallbackType::Success | CallbackType::Fail)) {
            *ends.entry(callback.session_id.clone()).or_default() += 1;
        }
        assert!(ends.values().all(|ends| *ends == 1), "{ends:?}");
        succeeded
    }
}

/// A delay that differs from round to round.
fn later(round: u64) -> Duration {
    Duration::from_micros(round * round * 311 % 4000)
}

fn secrets() -> Vec<String> {
    (0..ROUNDS).map(|round| format!("s-{round}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn confirm_and_cancel() {
    let race = Race::new(Bank::usual()).await;
    for (round, secret) in (0..).zip(secrets()) {
        race.begun(&secret, "login_password_sms").await;
        let (confirming, cancelling) = (Arc::clone(&race), Arc::clone(&race));
        let confirm = json!({"operation": "confirm_token", "session_secret": secret, "credentials": {"sms": "123456"}});
        let cancel = json!({"operation": "cancel_token", "session_secret": secret});
        let confirmed = tokio::spawn(async move {
            let status = confirming.answer(0, confirm).await;
            confirming.work(0).await;
            status
        });
        let cancelled = tokio::spawn(async move {
            tokio::time::sleep(later(round) * 3).await;
            cancelling.answer(1, cancel).await
        });
        assert_eq!(confirmed.await.unwrap(), 200);
        assert_eq!(cancelled.await.unwrap(), 200);
        race.work(1).await;
    }
    let succeeded = race.agrees(&secrets()).await;
    println!("confirm and cancel: {succeeded} of {ROUNDS} were confirmed first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn approve_and_expire() {
    const SHORT_S: u32 = 3;
    let begun = AtomicU32::new(0);
    let race = Race::new(Bank::new(move |question, asked| {
        let mut answer = usual(question, asked);
        if question == "authenticate" {
            let has_time = begun.fetch_add(1, Ordering::Relaxed).is_multiple_of(6);
            answer["expires_in_s"] = json!(if has_time { 600 } else { SHORT_S });
        }
        Some(answer)
    }))
    .await;
    let mut ends = Vec::new();
    for secret in secrets() {
        let oauth = json!({"authorization_type": "oauth"});
        let order = json!({"operation": "create_token", "session_secret": secret, "credentials": oauth});
        assert_eq!(race.answer(0, order).await, 200);
        race.world.work().await;
        ends.push(Instant::now() + Duration::from_secs(u64::from(SHORT_S)));
    }
    let ids = race.world.bank.asked("authenticate").into_iter();
    let ids: Vec<_> = ids.map(|asked| asked["session_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), ends.len());
    let expiring = Arc::clone(&race);
    let ending = tokio::spawn(async move {
        loop {
            expiring.work(1).await;
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
    });
    // The approvals are spread from 230 ms before the end of the session to 230 ms after. Some are in time on the
    // slowest machine, and some are late on the fastest.
    let approvals: Vec<_> = (0..)
        .zip(ids.into_iter().zip(ends))
        .map(|(round, (id, end))| {
            let race = Arc::clone(&race);
            tokio::spawn(async move {
                let from_first = Duration::from_millis(20) * round;
                tokio::time::sleep_until((end - Duration::from_millis(230) + from_first).into()).await;
                let request = race.connectors[0].request(json!({"session_id": id, "user_id": "u-7"})).unwrap();
                race.connectors[0].approve_session_with(request, &CallOptions::default()).await.unwrap().is_decided
            })
        })
        .collect();
    let mut decided = 0;
    for approval in approvals {
        decided += usize::from(approval.await.unwrap());
    }
    // Late sessions are ended here or at the hub; a worker learns of the latter.
    tokio::time::sleep(Duration::from_millis(100)).await;
    ending.abort();
    assert!(ending.await.unwrap_err().is_cancelled());
    race.work(1).await;
    race.work(0).await;
    // At the hub a session may expire between the approval and its report.
    let succeeded = race.agrees(&secrets()).await;
    assert!(0 < succeeded && succeeded <= decided && decided < secrets().len(), "{succeeded} {decided}");
    for secret in secrets() {
        let known = race.world.session(&secret).await;
        // The hub ends it at the same time, and may be first.
        let is_over = known["status"] == "success"
            || known["error_class"] == "AccessDenied"
            || known["messages"].to_string().contains("SessionExpired");
        assert!(is_over, "{secret}: {known}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_confirms() {
    let race = Race::new(Bank::usual()).await;
    for (round, secret) in (0..).zip(secrets()) {
        race.begun(&secret, "login_password_sms").await;
        let asked_before = race.world.bank.asked("confirm").len();
        // The same code twice is a repeated request; a different one arrives while the bank is being asked, and changes
        // nothing.
        let codes = if round % 2 == 0 { ["123456", "123456"] } else { ["123456", "654321"] };
        let confirming = [0, 1].map(|number| {
            let race = Arc::clone(&race);
            let credentials = json!({"sms": codes[number]});
            let confirm = json!({"operation": "confirm_token", "session_secret": secret, "credentials": credentials});
            tokio::spawn(async move { race.answer(number, confirm).await })
        });
        for confirmed in confirming {
            assert_eq!(confirmed.await.unwrap(), 200, "round {round}");
        }
        let works = [0, 1].map(|number| {
            let race = Arc::clone(&race);
            tokio::spawn(async move { race.work(number).await })
        });
        for work in works {
            work.await.unwrap();
        }
        assert_eq!(race.world.bank.asked("confirm").len() - asked_before, 1, "round {round}");
    }
    race.agrees(&secrets()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_repeated_while_it_is_being_answered() {
    let race = Race::new(Bank::usual()).await;
    for (round, secret) in (0..).zip(secrets()) {
        let credentials = json!({"authorization_type": "login_password", "login": "minna", "password": "right"});
        let order = json!({"operation": "create_token", "session_secret": secret, "credentials": credentials});
        let asking = [0, 1, 0].map(|number| {
            let (race, order) = (Arc::clone(&race), order.clone());
            tokio::spawn(async move {
                tokio::time::sleep(later(round) * u32::try_from(number).unwrap()).await;
                race.answer(number, order).await
            })
        });
        for asked in asking {
            assert_eq!(asked.await.unwrap(), 200);
        }
        // One row, several workers.
        let works = [0, 1, 0, 1].map(|number| {
            let race = Arc::clone(&race);
            tokio::spawn(async move { race.work(number).await })
        });
        let mut asked = 0;
        for work in works {
            asked += work.await.unwrap();
        }
        assert_eq!(asked, 1, "round {round}");
        assert_eq!(race.world.session(&secret).await["status"], "success");
    }
    assert_eq!(race.world.bank.asked("authenticate").len(), secrets().len());
    assert_eq!(race.agrees(&secrets()).await, secrets().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revoke_and_fetch() {
    let race = Race::new(Bank::usual()).await;
    for (round, secret) in (0..).zip(secrets()) {
        race.world.enrolled(&secret).await;
        let fetch = json!({"operation": "fetch_accounts", "access_token_of": secret});
        let revoke = json!({"operation": "revoke_token", "access_token_of": secret});
        let (fetching, revoking) = (Arc::clone(&race), Arc::clone(&race));
        let again = fetch.clone();
        let fetched = tokio::spawn(async move { fetching.answer(0, fetch).await });
        let revoked = tokio::spawn(async move {
            tokio::time::sleep(later(round)).await;
            revoking.answer(1, revoke).await
        });
        assert_eq!(revoked.await.unwrap(), 200);
        assert_eq!(race.answer(0, again).await, 401, "after the answer nothing is given any more");
        assert!([200, 401].contains(&fetched.await.unwrap()));
    }
}
