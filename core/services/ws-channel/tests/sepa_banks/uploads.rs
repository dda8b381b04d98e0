//! The end of an upload to a bank over SEPA Web Services: what its operator and its customer see, and what survives a database
//! that is away, on SQLite and on PostgreSQL.

use std::time::{Duration, Instant};

use bankchannel_ws_channel_service::{Channels, operator::UploadInfo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    postgres::{Shared, server},
    relay::Relay,
    sandbox::Sandbox,
    served::{Answer, Person, Served, Signer, payment},
    world::World,
};

const UNSETTLED: &str = "The same file was uploaded before, and it is not known whether the bank has it.";

async fn send_through(served: &Served, who: &Person, signer: &Signer, content: &[u8]) -> Answer {
    let mut body = signer.signed(content);
    body["FileType"] = "pain.001.001.09".into();
    served.data(who, Method::PUT, "/files/osuuspankki", Some(body)).await
}

/// Waits for a message of this purpose about an upload.
async fn message(served: &Served, purpose: &str, id: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let all = served.outbox().await;
        if let Some(found) = all.iter().find(|one| one["purpose"] == purpose && one["upload_id"] == id) {
            return found.clone();
        }
        assert!(Instant::now() < until, "not told: {all:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn until_in_state(world: &World, state: &str) -> UploadInfo {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let mut all = world.operator().uploads(state).await.unwrap();
        if let Some(one) = all.pop() {
            return one;
        }
        assert!(Instant::now() < until, "none is {state}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The answer is lost; the bank is asked by the list's ids; its report settles it; the customer knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_for_by_its_request_and_settled_by_its_report() {
    let world = World::new().await;
    let (who, signer) = world.customer("asked@example.test").await;
    world.order("sandbox/faults", json!({"fault": "lost-after-commit", "operation": "upload_file"})).await;
    let sent = send_through(&world.served, &who, &signer, payment()).await;
    assert_eq!(sent.status, 502, "{sent:?}");
    let unknown = until_in_state(&world, "unknown").await;
    let customer = &world.customers("op")[0]["customer_id"];
    assert_eq!(unknown.customer_id.as_deref(), customer.as_str());
    assert_eq!(unknown.message_id.as_deref(), Some("BANKCHANNEL-EXAMPLE-0001"));
    // The bank knows the request by this id.
    let seen = world.transcript().await;
    let request_id = unknown.request_id.clone().unwrap();
    assert!(seen.iter().any(|line| line["request_id"] == request_id), "{request_id} in {seen:?}");
    assert!(unknown.request_timestamp.is_some());
    send_through(&world.served, &who, &signer, payment()).await.refused(400, UNSETTLED);
    assert_eq!(world.uploads("op").await, 1);
    // Who is on call sees it, and is told once what to do.
    let open = r#"bankchannel_uploads_open{bank="osuuspankki",state="unknown"} 1"#;
    world.served.until_metric(open, true).await;
    world.served.until_metric(r#"bankchannel_uploads_total{bank="osuuspankki",state="unknown"} 1"#, true).await;
    let told = world.served.until_told("operator_upload_unknown").await;
    assert!(told.len() == 1 && told[0].contains("osuuspankki") && told[0].contains("upload-settle"), "{told:?}");
    world.order("clock", json!({"advance_s": 600})).await;
    let path = "/files/osuuspankki?FileType=pain.002.001.10";
    let listed = world.served.get(&who, path).await.ok(200);
    for file in listed["FileDescriptors"].as_array().unwrap() {
        let reference = file["FileReference"].as_str().unwrap();
        world.served.get(&who, &format!("/files/osuuspankki/pain.002.001.10/{reference}")).await.ok(200);
    }
    let told = message(&world.served, "upload_settled", &unknown.id).await;
    assert_eq!((&told["state"], &told["to"]), (&json!("accepted"), &json!(who.email)));
    let own = world.served.get(&who, "/uploads/osuuspankki").await.ok(200)["Uploads"][0].clone();
    assert_eq!((&own["Status"], &own["UploadId"]), (&json!("accepted"), &json!(unknown.id)));
    assert!(own["StatusReason"].as_str().unwrap().contains("status report"), "{own}");
    world.served.until_metric(open, false).await;
    assert_eq!(world.served.until_told("operator_upload_unknown").await.len(), 1);
}

/// A bank's own time limit ends what waits for it, of that bank alone; its answer settles the upload when it comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_has_a_time_limit_of_its_own() {
    let sandbox = Sandbox::new().await;
    let config = sandbox.config().replacen("[banks.osuuspankki]\n", "[banks.osuuspankki]\ntimeout_s = 5\n", 1);
    assert!(config.contains("timeout_s"), "{config}");
    let world = World { served: Served::with(&config, Channels::default()).await, sandbox };
    let (who, signer) = world.customer("limit@example.test").await;
    for operation in ["upload_file", "list_files"] {
        world.order("sandbox/faults", json!({"fault": "hold", "family": "op", "operation": operation})).await;
    }
    let list = || async { world.served.get(&who, "/files/osuuspankki?FileType=pain.002.001.10").await };
    let (sent, listed) = tokio::join!(send_through(&world.served, &who, &signer, payment()), list());
    for answer in [&sent, &listed] {
        answer.refused(504, "Technical error. No proper response body from bank.");
    }
    let unknown = until_in_state(&world, "unknown").await;
    assert!(unknown.detail.contains("within 5 s") && unknown.detail.contains("300 s"), "{unknown:?}");
    let limits = world.operator().banks().await.unwrap();
    let of = |bank: &str| limits.iter().find(|one| one.bank == bank).unwrap().timeout_s;
    assert_eq!((of("osuuspankki"), of("nordea")), (Some(5), Some(60)));
    // It is seen as what it is, by the first call and by the third.
    let silent = r#"bankchannel_bank_calls_total{bank="osuuspankki",operation="list_files",outcome="timed_out"}"#;
    world.served.until_metric(&format!("{silent} 1"), true).await;
    for _ in 0..2 {
        world.order("sandbox/faults", json!({"fault": "hold", "family": "op", "operation": "list_files"})).await;
        list().await.refused(504, "Technical error. No proper response body from bank.");
    }
    world.served.until_metric(&format!("{silent} 3"), true).await;
    let told = world.served.until_told("operator_bank_away").await;
    assert!(told.len() == 1 && told[0].contains("osuuspankki") && told[0].contains("bank-pause"), "{told:?}");
    // The order that helps: nothing more goes to it.
    world.operator().pause_bank("osuuspankki", "it does not answer", None).await.unwrap();
    let other = String::from_utf8(payment().to_vec()).unwrap().replace("EXAMPLE-0001", "EXAMPLE-0002");
    let paused = send_through(&world.served, &who, &signer, other.as_bytes()).await;
    paused.refused(400, "Uploads to this bank are paused, nothing was sent.");
    world.order("sandbox/release", json!({})).await;
    assert_eq!(until_in_state(&world, "accepted").await.id, unknown.id);
}

/// A bare status of the bank is said as it is, to the operator and to the customer.
#[tokio::test(flavor = "multi_thread")]
async fn a_bare_status_of_the_bank_is_named() {
    let log = crate::log::Log::begin();
    let world = World::new().await;
    let (who, signer) = world.customer("status@example.test").await;
    world.order("sandbox/faults", json!({"fault": "http=500", "operation": "upload_file"})).await;
    let sent = send_through(&world.served, &who, &signer, payment()).await;
    assert_eq!(sent.status, 502, "{sent:?}");
    let unknown = until_in_state(&world, "unknown").await;
    assert!(unknown.detail.contains("HTTP 500"), "{unknown:?}");
    let own = world.served.get(&who, "/uploads/osuuspankki").await.ok(200)["Uploads"][0].clone();
    assert!(own["StatusReason"].as_str().unwrap().contains("HTTP 500"), "{own}");
    let recorded = world.recorded("ws_channel.upload_file", "unknown").await;
    assert!(recorded[0].detail.contains("HTTP 500"), "{recorded:?}");
    let said: Vec<String> = log.lines("WARN").into_iter().filter(|line| line.contains(&unknown.id)).collect();
    assert!(said.iter().any(|line| line.contains("HTTP 500")), "{said:?}");
    let request_id = unknown.request_id.unwrap();
    let about: Vec<String> = log.lines("WARN").into_iter().filter(|line| line.contains(&request_id)).collect();
    // Ids may have any digits.
    let is_of =
        |line: &str, status: &str| line.contains(&format!("HTTP {status}")) || line.contains(&format!("={status}"));
    assert!(about.len() == 2 && about.iter().all(|line| is_of(line, "500") && !is_of(line, "503")), "{about:?}");
    // One finds the other: the request, the call of the bank, the upload.
    let id_of = |line: &str| {
        let (_, rest) = line.split_once(" request_id=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let call = about.iter().find(|line| line.contains("bankchannel::bank")).unwrap();
    assert!(call.contains(&format!("upload=\"{}\"", unknown.id)), "{call}");
    let request = log.lines("INFO bankchannel::request").into_iter().find(|line| line.contains(&id_of(call)));
    let request = request.unwrap();
    assert!(request.contains("ws_channel.upload_file") && request.contains("status=502"), "{request}");
    // A code that is not right: the operator is told.
    let customer = world.new_customer("nordea").await;
    let other = world.served.owner("mistyped@example.test").await;
    let mut body = world.enrolment("nordea", &customer).await;
    body["Code"] = "0000000000".into();
    for _ in 0..2 {
        world.served.admin(&other, Method::POST, "/certs/nordea", Some(body.clone())).await;
    }
    let told = || log.lines("WARN").into_iter().any(|line| line.contains("codes for a user id are refused"));
    assert!(told(), "{}", log.text());
    // Nobody's address is in the log, whatever the other tests of this program do meanwhile: accounts have pseudonyms.
    let ours = |line: &&str| line.split(' ').nth(1).is_some_and(|target| target.starts_with("bankchannel"));
    let text = log.text();
    let named: Vec<&str> = text.lines().filter(ours).filter(|line| line.contains("@example.")).collect();
    assert!(named.is_empty(), "{named:#?}");
    assert!(call.contains(" account=\"a-"), "{call}");
}

/// The database goes while the bank is asked, and returns. Of two instances, the other one may meanwhile take the upload for
/// one whose service has ended: the first one's answer settles it.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_waits_for_a_database_that_is_away() {
    let Some(url) = server() else { return };
    for other_looks in [false, true] {
        let relay = Relay::start(&url, Duration::ZERO).await;
        let shared = Shared::make(&url, &relay.url);
        let sandbox = Sandbox::new().await;
        let timeout = "postgres = { operation_timeout_s = 2 }";
        let config = format!("{}{timeout}\n{}", shared.config, sandbox.config());
        let world = World { served: Served::with(&config, Channels::default()).await, sandbox };
        let (who, signer) = world.customer("away@example.test").await;
        // Another instance, whose way to the database stays.
        let direct = shared.config.replace(&relay.url, &url).replacen("?options", "&options", 1);
        assert!(direct.contains(&url), "{direct}");
        let other = Served::with(&format!("{direct}{}", world.config()), Channels::default()).await;
        world.order("sandbox/faults", json!({"fault": "hold", "operation": "upload_file"})).await;
        let (sent, ()) = tokio::join!(send_through(&world.served, &who, &signer, payment()), async {
            world.order("sandbox/held", json!({})).await;
            relay.refuse();
            world.order("sandbox/release", json!({})).await;
        });
        sent.refused(500, "Internal server processing side error");
        let through_other = async || {
            let listed = other.get(&who, "/uploads/osuuspankki").await.ok(200);
            listed["Uploads"][0]["Status"].as_str().unwrap().to_owned()
        };
        assert_eq!(through_other().await, "received");
        if other_looks {
            // Whatever limit the first one has: it may have been lowered by a reload since.
            other.control("clock", json!({"advance_s": 300})).await;
            tokio::time::sleep(Duration::from_millis(2500)).await;
            assert_eq!(through_other().await, "received", "a bank may be asked for ten minutes");
            other.control("clock", json!({"advance_s": 500})).await;
            let until = Instant::now() + Duration::from_secs(60);
            while through_other().await != "unknown" {
                assert!(Instant::now() < until, "the other instance does not look");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        // At no instance are the same bytes taken.
        send_through(&other, &who, &signer, payment()).await.refused(400, UNSETTLED);
        relay.accept().await;
        let until = Instant::now() + Duration::from_secs(60);
        while through_other().await != "accepted" {
            assert!(Instant::now() < until, "it is {}", through_other().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(world.uploads("op").await, 1);
        // One of the two tells it.
        let until = Instant::now() + Duration::from_secs(60);
        let told = async || {
            let all = [world.served.outbox().await, other.outbox().await].concat();
            all.iter().filter(|one| one["purpose"] == "upload_settled" && one["state"] == "accepted").count()
        };
        while told().await == 0 {
            assert!(Instant::now() < until, "nobody tells it");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        other.running.stop().await;
        world.served.running.stop().await;
    }
}
