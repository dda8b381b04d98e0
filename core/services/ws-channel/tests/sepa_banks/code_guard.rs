//! No customer can have a bank lock another company's user id: wrong codes are counted by bank and user id over all
//! accounts.

use bankchannel_ws_channel_service::{Channels, operator::GuardedUserIdInfo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    postgres::{Shared, server},
    sandbox::Sandbox,
    served::{Answer, Person, Served},
    world::World,
};

const SPENT: &str = "Too many enrollment codes were sent for this user id, nothing was sent now.";
const OF_ANOTHER: &str = "This user id is of another account, nothing was sent.";
/// Another code than the bank's.
const WRONG: &str = "0000000001";

/// A user id at Nordea with the bank's code for it.
struct Target {
    body: Value,
}

impl Target {
    async fn new(world: &World) -> Self {
        let customer = world.new_customer("nordea").await;
        Self { body: world.enrolment("nordea", &customer).await }
    }

    fn user_id(&self) -> &str {
        self.body["WsUserId"].as_str().unwrap()
    }

    async fn right(&self, world: &World, who: &Person) -> Answer {
        world.served.admin(who, Method::POST, "/certs/nordea", Some(self.body.clone())).await
    }

    async fn wrong(&self, world: &World, who: &Person) -> Answer {
        let mut body = self.body.clone();
        body["Code"] = WRONG.into();
        world.served.admin(who, Method::POST, "/certs/nordea", Some(body)).await
    }
}

#[track_caller]
fn refused_by_bank(answer: &Answer) {
    assert_eq!((answer.status, answer.body["ResponseCode"].as_str()), (400, Some("34")), "{:?}", answer.body);
}

/// The messages for the operator.
fn code_guard_notices(world: &World) -> Vec<Value> {
    let outbox = std::fs::read_to_string(world.served.folder.path().join("data/outbox.jsonl")).unwrap_or_default();
    let all = outbox.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|message| message["purpose"] == "code_alert").collect()
}

async fn counted(world: &World) -> Vec<GuardedUserIdInfo> {
    world.operator().codes().await.unwrap()
}

/// More wrong codes than the bank takes, from two accounts; then the victim mistypes once, and has the right one.
async fn the_bank_locks_nobody(world: World) {
    let served = &world.served;
    let victim = served.owner("victim@example.test").await;
    let first = Target::new(&world).await;
    let mallory = served.owner("mallory@example.test").await;
    for number in 0..6 {
        let answer = first.wrong(&world, &mallory).await;
        if number < 2 { refused_by_bank(&answer) } else { answer.refused(403, SPENT) }
    }
    refused_by_bank(&first.wrong(&world, &victim).await);
    let listed = counted(&world).await;
    assert_eq!(
        (&*listed[0].ws_user_id, listed[0].sent.len(), listed[0].wrong_codes_max),
        (first.user_id(), 3, Some(4))
    );
    first.right(&world, &victim).await.ok(201);
    assert_eq!(counted(&world).await, [], "a right code ends the counting");
    // Now it is known whose user id it is.
    first.wrong(&world, &mallory).await.refused(403, OF_ANOTHER);
    // Two that work together stop one that no account is known for, and the operator lets it go.
    let second = Target::new(&world).await;
    let other = served.person("other@example.test", Some(&mallory.key)).await;
    for who in [&mallory, &other] {
        for _ in 0..2 {
            refused_by_bank(&second.wrong(&world, who).await);
        }
        second.wrong(&world, who).await.refused(403, SPENT);
    }
    let owner = served.owner("owner@example.test").await;
    second.right(&world, &owner).await.refused(403, SPENT);
    let operator = world.operator();
    operator.allow_user_id("OWNER@example.test", "nordea", second.user_id()).await.unwrap();
    second.right(&world, &owner).await.refused(403, SPENT);
    let released = operator.release_codes("nordea", second.user_id()).await.unwrap();
    assert_eq!((released.sent.len(), &*released.allowed), (0, &["owner@example.test".to_owned()][..]));
    second.wrong(&world, &mallory).await.refused(403, OF_ANOTHER);
    second.right(&world, &owner).await.ok(201);
    // Who is not named, what is not counted.
    assert_eq!(operator.release_codes("nordea", "1").await.unwrap_err().detail("field"), Some("ws_user_id"));
    assert_eq!(
        operator.allow_user_id("nobody@example.test", "nordea", "1").await.unwrap_err().detail("field"),
        Some("email")
    );
    assert_eq!(operator.allow_user_id(&owner.email, "nobank", "1").await.unwrap_err().detail("field"), Some("bank"));
    operator.withdraw_user_id(&owner.email, "nordea", second.user_id()).await.unwrap();
    let twice = operator.withdraw_user_id(&owner.email, "nordea", second.user_id()).await.unwrap_err();
    assert_eq!(twice.detail("field"), Some("email"));
    // The operator was told: when two were wrong, and again after the release; no message has a code.
    let told = code_guard_notices(&world);
    assert_eq!(told.iter().filter(|one| one["ws_user_id"] == second.user_id()).count(), 2, "{told:#?}");
    assert!(told.iter().all(|one| one["channel"] == "operator" && !one.to_string().contains(WRONG)));
    let refused = r#"bankchannel_bank_calls_total{bank="nordea",operation="issue_certificate",outcome="refused"}"#;
    let metrics = world.served.metrics(None).await.text().await.unwrap();
    let counted = metrics.lines().find_map(|line| line.strip_prefix(refused)?.trim().parse::<u32>().ok());
    assert!(counted.is_some_and(|count| count >= 2), "{metrics}");
    let rows = world.recorded("ws_channel.code_alert", "told").await;
    assert_eq!(rows.len(), told.len());
    assert!(rows.iter().all(|row| row.detail.contains("user id") && row.detail.contains("code-release")));
    // Each refusal says why, and names bank and user id.
    for outcome in ["refused 400", "refused 403"] {
        let rows = world.recorded("ws_channel.enroll_cert", outcome).await;
        assert!(!rows.is_empty() && rows.iter().all(|row| row.object == "nordea"), "{rows:#?}");
        let names = |text: &str| {
            let (why, facts) = text.split_once("; ").unwrap();
            why.starts_with("ws_channel.")
                && [&first, &second].iter().any(|one| facts == format!("user id {}", one.user_id()))
        };
        assert!(rows.iter().all(|row| names(&row.detail)), "{rows:#?}");
    }
    for row in world.recorded("ws_channel.enroll_cert", "done").await {
        assert!(row.object == "nordea" && row.detail.contains("user id") && row.detail.contains("serial"), "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_locks_nobody_with_sqlite() {
    the_bank_locks_nobody(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_locks_nobody_with_postgres() {
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let sandbox = Sandbox::new().await;
    let config = format!("{}{}", shared.config, sandbox.config());
    let served = Served::with(&config, Channels::default()).await;
    the_bank_locks_nobody(World { sandbox, served }).await;
}

/// Codes that are on their way count: the bank has them before the service knows their worth.
#[tokio::test(flavor = "multi_thread")]
async fn codes_in_flight_count() {
    let world = World::new().await;
    let target = Target::new(&world).await;
    let mut all = Vec::new();
    for number in 0..6 {
        all.push(world.served.owner(&format!("flight{number}@example.test")).await);
    }
    let hold = json!({"fault": "hold", "operation": "request_certificate", "family": "nordea", "count": 4});
    world.order("sandbox/faults", hold).await;
    let release = async {
        world.order("sandbox/held", json!({ "count": 4 })).await;
        world.order("sandbox/release", json!({})).await;
    };
    let sent = futures_util::future::join_all(all.iter().map(|who| target.wrong(&world, who)));
    let (answers, ()) = tokio::join!(sent, release);
    let stopped = answers.iter().filter(|answer| answer.status == 403).count();
    assert_eq!(stopped, 2, "{answers:#?}");
    // The bank has not locked: with the operator's word the right one is taken.
    world.operator().release_codes("nordea", target.user_id()).await.unwrap();
    target.right(&world, &all[5]).await.ok(201);
}

/// A code of which the bank says nothing counts; one that did not leave, or was not looked at, does not. It outlives a restart.
#[tokio::test(flavor = "multi_thread")]
async fn what_counts_is_what_may_have_cost_an_attempt() {
    let world = World::new().await;
    let who = world.served.owner("lost@example.test").await;
    let target = Target::new(&world).await;
    let fault = |fault: &str, count: u32| json!({"fault": fault, "operation": "request_certificate", "family": "nordea", "count": count});
    // A name that is not the agreement's: the bank has found the code right.
    let mut body = target.body.clone();
    body["Company"] = "ANOTHER OY".into();
    for _ in 0..3 {
        let answer = world.served.admin(&who, Method::POST, "/certs/nordea", Some(body.clone())).await;
        assert_eq!(answer.body["ResponseCode"], "33", "{answer:?}");
    }
    assert_eq!(counted(&world).await, []);
    world.order("sandbox/faults", fault("lost-after-commit", 3)).await;
    for _ in 0..3 {
        target.wrong(&world, &who).await.refused(502, "Technical error. No proper response body from bank.");
    }
    target.wrong(&world, &who).await.refused(403, SPENT);
    let listed = counted(&world).await;
    assert!(listed[0].sent.len() == 3 && listed[0].sent.iter().all(|one| one.state == "sent"), "{listed:?}");
    let world = world.again("").await;
    assert_eq!(counted(&world).await[0].sent.len(), 3);
    // Another account has one left, and the bank still takes the right one.
    let owner = world.served.owner("owner@example.test").await;
    target.right(&world, &owner).await.ok(201);
}

/// The number is the bank's configuration.
#[tokio::test(flavor = "multi_thread")]
async fn the_limit_is_a_setting_of_each_bank() {
    let sandbox = Sandbox::new().await;
    let config = sandbox.config_of(&["nordea"]) + "wrong_codes_max = 1\n";
    let served = Served::with(&config, Channels::default()).await;
    let world = World { sandbox, served };
    let target = Target::new(&world).await;
    let who = world.served.owner("strict@example.test").await;
    refused_by_bank(&target.wrong(&world, &who).await);
    target.right(&world, &who).await.refused(403, SPENT);
    world.operator().release_codes("nordea", target.user_id()).await.unwrap();
    target.right(&world, &who).await.ok(201);
}
