//! A bank that its operator pauses: no upload goes to it from then on, and nothing else ends.

use bankchannel_storage::ws_channel::AuditFilter;
use reqwest::Method;
use serde_json::json;

use crate::{
    cases::{Act, Case, CaseBank, Stock},
    ends::World,
    on_both,
    postgres::Shared,
    sandbox::Sandbox,
    served::{Answer, identity},
};

on_both!(a_paused_bank_takes_no_upload_at_whatever_moment, an_upload_that_waits_for_its_bank_goes_on);

const PAUSED: &str = "Uploads to this bank are paused, nothing was sent.";
const REASON: &str = "maintenance until 6 p.m.";

async fn world(shared: Option<Shared>) -> (World, Stock) {
    let sandbox = Sandbox::new().await;
    let config = "[banks.simulator]\npayments = \"store\"\n".to_owned() + &sandbox.config_of(&["osuuspankki"]);
    (World::start(shared, &config).await, Stock { identity: identity(100), sandbox: Some(sandbox) })
}

fn refused(answer: &Answer) {
    answer.refused(400, PAUSED);
    let detail = answer.body["ResponseDetail"].as_str().unwrap();
    assert!(detail.starts_with(REASON), "{detail}");
}

async fn a_paused_bank_takes_no_upload_at_whatever_moment(shared: Option<Shared>) {
    let (world, stock) = world(shared).await;
    let sent = async || stock.sandbox.as_ref().unwrap().uploads("op").await;
    for bank in [CaseBank::Simulator, CaseBank::Osuuspankki] {
        let (name, tag) = (bank.name(), format!("paused-{}", bank as u8));
        let case = Case::prepare(&world, &stock, bank, vec![(Act::UploadFile, tag)]).await.remove(0);
        let before = sent().await;
        let rows = async || world.database.lock().await.rows_with(&case.tag_text()).await;
        let found = rows().await;
        let base = world.base();
        // While the body arrives.
        let mut arriving = case.request(&stock).head(&base).await;
        arriving.begin(1).await;
        // Between all checks and the commit.
        let order = json!({ "operation": "upload_file" });
        world.served.control("sandbox/hold", order.clone()).await;
        let held = case.request(&stock);
        let held = tokio::spawn(async move { held.head(&base).await.finish().await });
        assert!(world.has_arrived(order.clone()).await);
        let paused = world.operator.pause_bank(name, REASON, Some("ann")).await.unwrap();
        assert_eq!((paused.reason.as_deref(), paused.by.as_deref()), (Some(REASON), Some("ann")));
        world.served.control("sandbox/release", order).await;
        refused(&held.await.unwrap());
        refused(&arriving.finish().await);
        // One that comes now is refused before its signature is looked at.
        let mut unsigned = case.request(&stock);
        unsigned.body =
            json!({ "FileContents": "aGVsbG8=", "FileName": "x", "FileType": "x", "Signature": "x" }).to_string();
        refused(&unsigned.head(&world.base()).await.finish().await);
        assert_eq!((sent().await, rows().await), (before, found), "of none anything was kept or sent");
        let filter = AuditFilter { email: Some(case.customer.email.clone()), ..AuditFilter::default() };
        let records = world.operator.audit(filter).await.unwrap();
        let of_uploads: Vec<_> = records.iter().filter(|record| record.operation == "ws_channel.upload_file").collect();
        assert_eq!(of_uploads.len(), 3, "{of_uploads:?}");
        assert!(of_uploads.iter().all(|record| record.object == name), "{of_uploads:?}");
        assert!(of_uploads.iter().all(|record| record.outcome == "refused 400" || record.outcome == "paused"));
        // Reading goes on.
        world.served.get(&case.customer, &format!("/files/{name}")).await.ok(200);
        world.served.admin(&case.customer, Method::GET, "/certs", None).await.ok(200);
        let listed = world.operator.banks().await.unwrap();
        let states: Vec<_> = listed.iter().map(|one| (&*one.bank, one.paused, one.timeout_s)).collect();
        let is = |bank: &str| bank == name;
        assert_eq!(states, [("osuuspankki", is("osuuspankki"), Some(60)), ("simulator", is("simulator"), None)]);
        let again = world.operator.pause_bank(name, "another", None).await.unwrap_err();
        assert!(again.message().contains(REASON), "{again}");
        assert!(!world.operator.resume_bank(name).await.unwrap().paused);
        case.request(&stock).head(&world.base()).await.finish().await.ok(201);
        let orders = AuditFilter { operation: Some("operator.pause_bank".into()), ..AuditFilter::default() };
        let orders = world.operator.audit(orders).await.unwrap();
        let done = orders.iter().find(|record| record.object == name && record.outcome == "done").unwrap();
        assert!(done.detail.contains("before: not paused; after: paused since"), "{}", done.detail);
        assert!(done.detail.contains("by ann") && done.detail.contains(REASON), "{}", done.detail);
    }
}

async fn an_upload_that_waits_for_its_bank_goes_on(shared: Option<Shared>) {
    let (world, stock) = world(shared).await;
    let sandbox = stock.sandbox.as_ref().unwrap();
    let case = Case::prepare(&world, &stock, CaseBank::Osuuspankki, vec![(Act::UploadFile, "waits".into())]);
    let case = case.await.remove(0);
    sandbox.order("sandbox/faults", json!({"fault": "hold", "family": "op", "operation": "upload_file"})).await;
    let (request, base) = (case.request(&stock), world.base());
    let waiting = tokio::spawn(async move { request.head(&base).await.finish().await });
    sandbox.order("sandbox/held", json!({})).await;
    world.operator.pause_bank("op", REASON, None).await.unwrap();
    // A disabled account's, too: the bank has it.
    world.operator.disable_account(&case.customer.email, "a test").await.unwrap();
    sandbox.order("sandbox/release", json!({})).await;
    waiting.await.unwrap().ok(201);
    assert_eq!(world.operator.uploads("accepted").await.unwrap().len(), 1);
}
