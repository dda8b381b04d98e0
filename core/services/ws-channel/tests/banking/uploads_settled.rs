//! Uploads whose outcome is unknown for a while: the views of the customer and of the operator, and the end. The bank
//! answers when the test says so.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_storage::ws_channel::AuditFilter;
use bankchannel_ws_channel::model::Bank;
use bankchannel_ws_channel_service::{
    BankError, Channels, ServiceOptions,
    operator::{ServiceOperator, UploadInfo},
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    held_bank::HeldBank,
    served::{Answer, Person, Served, Signer, enrolment, payment},
};

const UNSETTLED: &str = "The same file was uploaded before, and it is not known whether the bank has it.";
const NO_BODY: &str = "Technical error. No proper response body from bank.";
const INTERNAL: &str = "Internal server processing side error";

/// A service with a bank that holds its answers, and a customer of both.
struct World {
    served: Served,
    bank: Arc<HeldBank>,
    who: Person,
    signer: Signer,
}

impl World {
    /// Callers wait so long for the bank's answers.
    async fn new(email: &str, caller: Duration) -> Self {
        let bank = Arc::new(HeldBank::new(caller));
        let served = Served::with("", Channels::default().with(Bank::Nordea, bank.clone())).await;
        let who = served.owner(email).await;
        let signer = Signer::new(email);
        served.register_key(&who, &signer, "authorize").await.ok(201);
        served.admin(&who, Method::POST, "/certs/nordea", Some(enrolment())).await.ok(201);
        Self { served, bank, who, signer }
    }

    fn body(&self, content: &[u8]) -> Value {
        self.signer.signed(content)
    }

    async fn send(&self, body: Value) -> Answer {
        self.served.data(&self.who, Method::PUT, "/files/nordea", Some(body)).await
    }

    fn operator(&self) -> ServiceOperator {
        let data = self.served.folder.path().join("data");
        let options = ServiceOptions { data: Some(data.display().to_string()), ..ServiceOptions::default() };
        ServiceOperator::from_options(&options).unwrap()
    }

    async fn in_state(&self, state: &str) -> Vec<UploadInfo> {
        self.operator().uploads(state).await.unwrap()
    }

    /// Waits until so many uploads are in a state.
    async fn until_in_state(&self, state: &str, count: usize) -> Vec<UploadInfo> {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let all = self.in_state(state).await;
            if all.len() == count {
                return all;
            }
            assert!(Instant::now() < until, "{state}: {all:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The customer's own list.
    async fn listed(&self) -> Vec<Value> {
        let listed = self.served.get(&self.who, "/uploads/nordea").await.ok(200);
        listed["Uploads"].as_array().unwrap().clone()
    }

    /// Waits for a message of this purpose about an upload.
    async fn message(&self, purpose: &str, id: &str) -> Value {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let all = self.served.outbox().await;
            let found = all.iter().filter(|one| one["purpose"] == purpose && one["upload_id"] == id);
            let found: Vec<&Value> = found.collect();
            match found[..] {
                [one] => return one.clone(),
                [] => {}
                _ => panic!("told twice: {found:?}"),
            }
            assert!(Instant::now() < until, "not told: {all:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The outcomes that the audit trail has of an upload.
    async fn audited(&self, id: &str) -> Vec<String> {
        let operation = Some("ws_channel.upload_file".to_owned());
        let lines = self.operator().audit(AuditFilter { operation, ..AuditFilter::default() }).await.unwrap();
        lines.into_iter().filter(|line| line.detail.contains(id)).map(|line| line.outcome).collect()
    }

    /// Keeps every writer of the database waiting, until the connection is closed.
    async fn lock(&self) -> SqliteConnection {
        let file = self.served.folder.path().join("data/service.sqlite");
        let mut other = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        other
    }
}

/// The whole story: unknown, told, refused a second time, asked, settled, the customer knows.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_upload_is_settled_by_a_person_and_its_customer_learns_it() {
    let world = World::new("story@example.test", Duration::from_secs(60)).await;
    let (sent, ()) = tokio::join!(world.send(world.body(payment())), async {
        world.bank.arrived().await;
        // The ids by which the bank is asked are stored before it has answered.
        let [one] = &world.in_state("received").await[..] else { panic!("one is on its way") };
        assert!(one.request_id.is_some() && one.request_timestamp.is_some(), "{one:?}");
        // The same bytes again, while the first are on their way.
        let again = world.send(world.body(payment())).await;
        again.refused(400, UNSETTLED);
        world.bank.answer(Err(BankError::NoAnswer));
    });
    sent.refused(502, NO_BODY);
    let [unknown] = &world.in_state("unknown").await[..] else { panic!("one is unknown") };
    assert_eq!(unknown.customer_id.as_deref(), Some("SIM-0123456789ab"));
    assert_eq!(unknown.message_id.as_deref(), Some("BANKCHANNEL-EXAMPLE-0001"));
    assert_eq!((&*unknown.email, &*unknown.bank, unknown.lender.as_deref()), ("story@example.test", "nordea", None));
    let [own] = &world.listed().await[..] else { panic!("the customer has one") };
    assert_eq!((&own["UploadId"], &own["Status"]), (&json!(unknown.id), &json!("unknown")));
    assert_eq!(own["StatusReason"], "the connection broke before the bank's answer was there");
    // It says which one, and what to do.
    let again = world.send(world.body(payment())).await;
    again.refused(400, UNSETTLED);
    let detail = again.body["ResponseDetail"].as_str().unwrap();
    for part in [&*unknown.id, "BANKCHANNEL-EXAMPLE-0001", "unknown", "SendAnyway"] {
        assert!(detail.contains(part), "{part} in {detail}");
    }
    assert_eq!(world.bank.count(), 1, "nothing was sent again");
    // Others may be sent.
    let other = [payment(), b"\n"].concat();
    let (sent, ()) = tokio::join!(world.send(world.body(&other)), async {
        world.bank.arrived().await;
        world.bank.answer(Ok(()));
    });
    sent.ok(201);
    let reason = "the bank has no such file: asked on Monday";
    let settled = world.operator().settle_upload(&unknown.id, "failed", reason).await.unwrap();
    assert_eq!((&*settled.state, &*settled.detail), ("failed", reason));
    let message = world.message("upload_settled", &unknown.id).await;
    assert_eq!((&message["to"], &message["state"]), (&json!("story@example.test"), &json!("failed")));
    let text = message["text"].as_str().unwrap();
    assert!(text.contains(reason) && text.contains("synthetic.xml") && text.contains("was not taken"), "{text}");
    let own = &world.listed().await[0];
    assert_eq!((&own["Status"], &own["StatusReason"]), (&json!("failed"), &json!(reason)));
    assert!(own["StatusSince"].is_string());
    // It may be sent again now.
    let (sent, ()) = tokio::join!(world.send(world.body(payment())), async {
        world.bank.arrived().await;
        world.bank.answer(Ok(()));
    });
    sent.ok(201);
    assert_eq!(world.audited(&unknown.id).await, ["unknown"]);
}

/// The customer's own word, for bytes that are to be paid twice.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_sent_again_with_the_customers_word() {
    let world = World::new("anyway@example.test", Duration::from_secs(60)).await;
    let answered = async |body: Value, verdict| {
        let (sent, ()) = tokio::join!(world.send(body), async {
            world.bank.arrived().await;
            world.bank.answer(verdict);
        });
        sent
    };
    answered(world.body(payment()), Err(BankError::Unparsable))
        .await
        .refused(502, "Technical error. Failed to parse bank response.");
    let mut body = world.body(payment());
    body["SendAnyway"] = json!(false);
    world.send(body.clone()).await.refused(400, UNSETTLED);
    body["SendAnyway"] = json!(true);
    answered(body, Ok(())).await.ok(201);
    // The word was for that one.
    world.send(world.body(payment())).await.refused(400, UNSETTLED);
    assert_eq!((world.in_state("unknown").await.len(), world.in_state("accepted").await.len()), (1, 1));
    // The operator's word, for a client that has no such field.
    let id = world.in_state("unknown").await.remove(0).id;
    let allowed = world.operator().settle_upload(&id, "send_anyway", "the customer asks for it").await.unwrap();
    assert!(allowed.state == "unknown" && allowed.may_repeat, "{allowed:?}");
    answered(world.body(payment()), Ok(())).await.ok(201);
    world.send(world.body(payment())).await.refused(400, UNSETTLED);
    assert_eq!((world.in_state("unknown").await.len(), world.in_state("accepted").await.len()), (1, 2));
    let why = world.operator().settle_upload(&id, "perhaps", "no").await.unwrap_err();
    assert_eq!(why.detail("field"), Some("state"));
}

/// Of many callers at once with the same bytes, one sends them.
#[tokio::test(flavor = "multi_thread")]
async fn callers_at_once_send_the_same_bytes_once() {
    let world = World::new("crowd@example.test", Duration::from_secs(60)).await;
    let calls = futures_util::future::join_all((0..8).map(|_| world.send(world.body(payment()))));
    let (answers, ()) = tokio::join!(calls, async {
        world.bank.arrived().await;
        // The others are refused before it is answered.
        let until = Instant::now() + Duration::from_secs(60);
        while world.audit_count("refused 400").await < 7 {
            assert!(Instant::now() < until, "they wait");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        world.bank.answer(Ok(()));
    });
    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((taken, world.bank.count()), (1, 1), "{answers:?}");
}

impl World {
    async fn audit_count(&self, outcome: &str) -> usize {
        let filter = AuditFilter { outcome: Some(outcome.to_owned()), ..AuditFilter::default() };
        self.operator().audit(filter).await.unwrap().len()
    }
}

/// An answer that comes after the caller was told that the outcome is unknown settles it; one that comes after a person has
/// settled it changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_of_the_bank_is_taken() {
    let world = World::new("late@example.test", Duration::ZERO).await;
    let send = async |number: usize| {
        let answer = world.send(world.body(&[payment(), &vec![b'\n'; number]].concat())).await;
        answer.refused(504, NO_BODY);
        world.bank.arrived().await;
        let unknown = world.in_state("unknown").await;
        assert!(unknown[0].detail.contains("its answer counts"), "{unknown:?}");
        unknown[0].id.clone()
    };
    let accepted = send(0).await;
    world.bank.answer(Ok(()));
    let [one] = &world.until_in_state("accepted", 1).await[..] else { unreachable!() };
    assert!(one.id == accepted && one.detail.contains("has answered late"), "{one:?}");
    assert_eq!(world.message("upload_settled", &accepted).await["state"], "accepted");
    assert_eq!(world.audited(&accepted).await, ["unknown", "accepted"]);
    let refused = send(1).await;
    world.bank.answer(Err(BankError::Refused { code: "25".into(), text: "no such account".into() }));
    let [one] = &world.until_in_state("failed", 1).await[..] else { unreachable!() };
    assert!(one.id == refused && one.detail.contains("25 no such account"), "{one:?}");
    let message = world.message("upload_settled", &refused).await;
    assert!(message["text"].as_str().unwrap().contains("no such account"), "{message}");
    // What does not say what became of it leaves it unknown.
    let doubtful = send(2).await;
    world.bank.answer(Err(BankError::Unparsable));
    let settled = world.operator().settle_upload(&doubtful, "accepted", "asked").await.unwrap();
    assert_eq!(settled.state, "accepted");
    let by_person = send(3).await;
    world.operator().settle_upload(&by_person, "failed", "asked on Monday").await.unwrap();
    world.bank.answer(Ok(()));
    // The bank's answer stands in the trail beside the person's word, which stays.
    let until = Instant::now() + Duration::from_secs(60);
    while world.audited(&by_person).await != ["unknown", "accepted"] {
        assert!(Instant::now() < until, "{:?}", world.audited(&by_person).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let failed = world.in_state("failed").await;
    assert!(failed.iter().any(|one| one.id == by_person && one.detail == "asked on Monday"), "{failed:?}");
}

/// The database takes nothing when the bank's answer comes: the answer is stored as soon as the database does.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_cannot_be_stored_is_stored_in_the_same_run() {
    let world = World::new("locked@example.test", Duration::from_secs(60)).await;
    let refusal = BankError::Refused { code: "25".into(), text: "no such account".into() };
    for (number, (verdict, state)) in
        [(Ok(()), "accepted"), (Err(refusal), "failed"), (Err(BankError::NoAnswer), "unknown")].into_iter().enumerate()
    {
        let body = world.body(&[payment(), &vec![b'\n'; number]].concat());
        let (sent, locked) = tokio::join!(world.send(body), async {
            world.bank.arrived().await;
            let locked = world.lock().await;
            world.bank.answer(verdict);
            locked
        });
        sent.refused(500, INTERNAL);
        assert_eq!(world.in_state("received").await.len(), 1, "{state}");
        locked.close().await.unwrap();
        let [one] = &world.until_in_state(state, 1).await[..] else { unreachable!() };
        assert_eq!(world.audited(&one.id).await, [state]);
        assert!(world.in_state("received").await.is_empty());
        let purpose = if state == "unknown" { "upload_unknown" } else { "upload_settled" };
        let message = world.message(purpose, &one.id).await;
        assert_eq!(message["state"], state, "{message}");
    }
    // An unknown upload is settled as any other.
    let unknown = world.in_state("unknown").await.remove(0);
    world.operator().settle_upload(&unknown.id, "accepted", "the bank has it").await.unwrap();
    assert_eq!(world.message("upload_settled", &unknown.id).await["state"], "accepted");
}

/// A bank's deletion is recorded as soon as the database takes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_cannot_be_recorded_is_recorded_in_the_same_run() {
    let world = World::new("deleted@example.test", Duration::from_secs(60)).await;
    let deleted = async || {
        let operation = Some("ws_channel.delete_file".to_owned());
        let filter = AuditFilter { operation, ..AuditFilter::default() };
        world.operator().audit(filter).await.unwrap().into_iter().map(|line| line.outcome).collect::<Vec<_>>()
    };
    let deletion = world.served.data(&world.who, Method::DELETE, "/files/nordea/KTL/1", None);
    let (answer, locked) = tokio::join!(deletion, async {
        world.bank.arrived().await;
        let locked = world.lock().await;
        world.bank.answer(Ok(()));
        locked
    });
    // Nothing invites the caller to repeat what cannot be undone.
    answer.refused(500, INTERNAL);
    locked.close().await.unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while deleted().await.is_empty() {
        assert!(Instant::now() < until, "not recorded");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(deleted().await, ["done"]);
}

/// The exchange itself breaks: the upload is unknown, listed and told, not lost.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_breaks_off_leaves_its_upload_unknown() {
    let world = World::new("broken@example.test", Duration::from_secs(60)).await;
    let (sent, ()) = tokio::join!(world.send(world.body(payment())), async {
        world.bank.arrived().await;
        world.bank.break_off();
    });
    sent.refused(500, INTERNAL);
    let [one] = &world.until_in_state("unknown", 1).await[..] else { unreachable!() };
    assert!(one.detail.contains("broke off"), "{one:?}");
    assert_eq!(world.message("upload_unknown", &one.id).await["state"], "unknown");
    assert_eq!(world.audited(&one.id).await, ["unknown"]);
}
