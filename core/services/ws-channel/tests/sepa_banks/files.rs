//! Files at a bank over SEPA Web Services.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::{
    sandbox::BANKS,
    served::{Served, payment},
    world::World,
};

fn references(listed: &Value) -> Vec<String> {
    let all = listed["FileDescriptors"].as_array().unwrap();
    all.iter().map(|file| file["FileReference"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn t85_a_payment_goes_to_every_bank_and_its_report_is_fetched() {
    let world = World::new().await;
    let (who, signer) = world.customer("files@example.test").await;
    let served = &world.served;
    for (bank, _, payments, reports) in BANKS {
        let before = references(&served.get(&who, &format!("/files/{bank}?FileType={reports}")).await.ok(200));
        let mut body = signer.signed(payment());
        body["FileType"] = payments.into();
        served.data(&who, Method::PUT, &format!("/files/{bank}"), Some(body)).await.ok(201);
        world.order("clock", json!({"advance_s": 600})).await;
        let until = Instant::now() + Duration::from_secs(30);
        let report = loop {
            let listed = served.get(&who, &format!("/files/{bank}?FileType={reports}&Status=NEW")).await.ok(200);
            let found = references(&listed).into_iter().find(|reference| !before.contains(reference));
            if let Some(report) = found {
                break report;
            }
            assert!(Instant::now() < until, "{bank}: no report: {listed}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let content = served.get(&who, &format!("/files/{bank}/{reports}/{report}")).await.ok(200);
        let content = decoded(&content);
        assert!(content.contains("CstmrPmtStsRpt"), "{bank}: {content}");
        // Fetched files are listed as such.
        let listed = served.get(&who, &format!("/files/{bank}?FileType={reports}&Status=DLD")).await.ok(200);
        assert!(references(&listed).contains(&report), "{bank}: {listed}");
        // Without a type: all of them, also at a bank that lists one at a time.
        let all = references(&served.get(&who, &format!("/files/{bank}")).await.ok(200));
        assert!(all.contains(&report) && all.len() > 1, "{bank}: {all:?}");
        served
            .get(&who, &format!("/files/{bank}/{reports}/4711"))
            .await
            .refused(400, "Invalid parameter(s): FileReference");
    }
}

/// A payment file with a message id of its own.
fn payment_with(id: &str) -> Vec<u8> {
    let text = String::from_utf8(payment().to_vec()).unwrap();
    let (begin, rest) = text.split_once("<MsgId>").unwrap();
    let (_, end) = rest.split_once("</MsgId>").unwrap();
    format!("{begin}<MsgId>{id}</MsgId>{end}").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn t90_t91_an_upload_that_may_have_arrived_is_unknown_until_the_bank_or_a_person_settles_it() {
    let world = World::with("token_ttl_s = 86400").await;
    let (who, signer) = world.customer("unknown@example.test").await;
    let served = &world.served;
    let send = async |id: &str| {
        let mut body = signer.signed(&payment_with(id));
        body["FileType"] = "pain.001.001.09".into();
        served.data(&who, Method::PUT, "/files/osuuspankki", Some(body)).await
    };
    let operator = world.operator();
    let unknown = async || operator.uploads("unknown").await.unwrap();
    let faults =
        ["lost-after-commit", "sig.outer=bad", "close", "half", "fault", "code=26", "code=31", "html", "http=500"];
    for (number, fault) in faults.into_iter().enumerate() {
        world.order("sandbox/faults", json!({"fault": fault, "operation": "upload_file"})).await;
        let answer = send(&format!("T90-{number}")).await;
        assert!(answer.status >= 500, "{fault}: {} {}", answer.status, answer.text());
        assert_eq!(unknown().await.len(), number + 1, "{fault}");
    }
    assert_eq!(world.uploads("op").await, faults.len() as u64, "each was sent once");
    // An express refusal of the bank is a refusal.
    world.order("sandbox/faults", json!({"fault": "code=25", "operation": "upload_file"})).await;
    let refused = send("T90-REFUSED").await;
    assert_eq!((refused.status, refused.body["ResponseCode"].as_str()), (400, Some("25")));
    // Neither a restart nor time settles it.
    let world = world.again("token_ttl_s = 86400").await;
    world.pass(80_000).await;
    let (served, operator) = (&world.served, world.operator());
    let unknown = async || operator.uploads("unknown").await.unwrap();
    assert_eq!(unknown().await.len(), faults.len());
    assert_eq!(world.uploads("op").await, faults.len() as u64 + 1);
    // The reports of those that did arrive, once they are fetched; a list settles nothing.
    world.order("clock", json!({"advance_s": 600})).await;
    let path = "/files/osuuspankki?FileType=pain.002.001.10";
    let reports = references(&served.get(&who, path).await.ok(200));
    assert_eq!(unknown().await.len(), faults.len());
    for report in &reports {
        served.get(&who, &format!("/files/osuuspankki/pain.002.001.10/{report}")).await.ok(200);
    }
    let left = unknown().await;
    let arrived = faults.len() - left.len();
    assert!((2..=faults.len()).contains(&arrived) && !left.is_empty(), "{arrived} {left:#?}");
    let settled = world.recorded("ws_channel.upload_file", "accepted").await;
    assert_eq!(settled.iter().filter(|line| line.detail.contains("a status report names it")).count(), arrived);
    // Fetched again: nothing more happens.
    served.get(&who, &format!("/files/osuuspankki/pain.002.001.10/{}", reports[0])).await.ok(200);
    assert_eq!(unknown().await.len(), left.len());
    // A person, either way, with a reason.
    let id = &left[0].id;
    let refused = operator.settle_upload(id, "accepted", " ").await.unwrap_err();
    assert_eq!(refused.detail("field"), Some("reason"));
    let done = operator.settle_upload(id, "failed", "the bank has no such file: asked on Monday").await.unwrap();
    assert_eq!((&*done.state, &*done.detail), ("failed", "the bank has no such file: asked on Monday"));
    let refused = operator.settle_upload(id, "accepted", "no").await.unwrap_err();
    assert!(refused.message().contains("is failed"), "{refused}");
    let line = &world.recorded("operator.settle_upload", "done").await[0];
    assert!(line.detail.contains(id.as_str()) && line.detail.contains("Monday") && line.email == who.email, "{line:?}");
}

/// Waits until the target id of an account at Nordea is stored.
async fn wait_for_target(world: &World, email: &str) {
    let database = world.served.folder.path().join("data/service.sqlite");
    let mut connection = SqliteConnectOptions::new().filename(database).read_only(true).connect().await.unwrap();
    let sql = "SELECT count(*) FROM cert_set WHERE email = ? AND bank = 'nordea' AND target_id IS NOT NULL";
    let until = Instant::now() + Duration::from_secs(60);
    while sqlx::query_scalar::<_, i64>(sql).bind(email).fetch_one(&mut connection).await.unwrap() == 0 {
        assert!(Instant::now() < until, "the bank's target id is not stored");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    connection.close().await.unwrap();
}

/// A type of files that the bank has not agreed to take is refused before anything of the file is sent; and a user who takes the
/// place of another is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_may_send_is_asked_for_and_belongs_to_the_user() {
    let world = World::new().await;
    let (who, signer) = world.customer("types@example.test").await;
    let send = async |served: &Served, file_type: &str| {
        let mut body = signer.signed(payment());
        body["FileType"] = file_type.into();
        served.data(&who, Method::PUT, "/files/nordea", Some(body)).await
    };
    send(&world.served, "NDCAPXMLI").await.refused(400, "Invalid parameter(s): FileType");
    assert_eq!(world.uploads("nordea").await, 0);
    send(&world.served, "NDCORPAYS").await.ok(201);
    assert_eq!(world.uploads("nordea").await, 1);
    // Another user of the bank, with a target id of its own, in the same account.
    world.served.admin(&who, Method::DELETE, "/certs/nordea", None).await.ok(200);
    let second = json!({"customer_id": "7700112244", "company": "TOINEN ESIMERKKI OY"});
    world.enrol(&who, "nordea", "nordea", &second).await.ok(201);
    let path = "/files/nordea?FileType=NDCORPAYL";
    let until = Instant::now() + Duration::from_secs(20);
    while world.served.get(&who, path).await.status != 200 {
        assert!(Instant::now() < until, "{:?}", world.served.get(&who, path).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    send(&world.served, "NDCORPAYS").await.ok(201);
    // The bank does not tell its user's rights: it judges the file itself.
    wait_for_target(&world, &who.email).await;
    let world = world.again("").await;
    let served = &world.served;
    let order = json!({"fault": "close", "family": "nordea", "operation": "get_user_info", "count": 1000});
    world.order("sandbox/faults", order).await;
    let answer = send(served, "NDCAPXMLI").await;
    assert_ne!(answer.text(), "Invalid parameter(s): FileType", "{answer:?}");
    assert_eq!((answer.status, world.uploads("nordea").await), (400, 3), "{answer:?}");
}

/// A message id that the connection has used before settles nothing: it does not say which of the two arrived.
#[tokio::test(flavor = "multi_thread")]
async fn t91_a_message_id_that_was_used_before_settles_nothing() {
    let world = World::new().await;
    let (who, signer) = world.customer("twice@example.test").await;
    let send = async || {
        let mut body = signer.signed(&payment_with("T91-TWICE"));
        body["FileType"] = "pain.001.001.09".into();
        world.served.data(&who, Method::PUT, "/files/osuuspankki", Some(body)).await
    };
    send().await.ok(201);
    world.order("sandbox/faults", json!({"fault": "lost-after-commit", "operation": "upload_file"})).await;
    assert!(send().await.status >= 500);
    world.order("clock", json!({"advance_s": 600})).await;
    let path = "/files/osuuspankki?FileType=pain.002.001.10";
    for report in references(&world.served.get(&who, path).await.ok(200)) {
        world.served.get(&who, &format!("/files/osuuspankki/pain.002.001.10/{report}")).await.ok(200);
    }
    assert_eq!(world.operator().uploads("unknown").await.unwrap().len(), 1);
}

/// OP hangs with 64 callers; Nordea and Säästöpankki answer theirs meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_hangs_costs_the_others_nothing() {
    let world = World::new().await;
    let (who, _) = world.customer("hangs@example.test").await;
    let served = &world.served;
    world
        .order("sandbox/faults", json!({"fault": "hold", "operation": "list_files", "family": "op", "count": 64}))
        .await;
    let hanging = futures_util::future::join_all((0..64).map(|_| served.get(&who, "/files/osuuspankki")));
    let others = async {
        for _ in 0..4 {
            let nordea = (0..32).map(|_| served.get(&who, "/files/nordea?FileType=NDCORPAYL"));
            let sp = (0..32).map(|_| served.get(&who, "/files/sp"));
            for answer in futures_util::future::join_all(nordea).await {
                answer.ok(200);
            }
            for answer in futures_util::future::join_all(sp).await {
                answer.ok(200);
            }
        }
    };
    tokio::select! {
        _ = hanging => panic!("the others wait for a bank that hangs"),
        () = others => {}
    }
}

fn decoded(answer: &Value) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(answer["Content"].as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}
