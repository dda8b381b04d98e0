//! The time limit for a whole body.

use std::time::{Duration, Instant};

use crate::{
    cases::{Act, Case, CaseBank, Stock},
    ends::World,
    served::identity,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_takes_too_long_is_refused_and_its_connection_closed() {
    let world = World::start(None, "body_timeout_s = 1\n[banks.simulator]\npayments = \"store\"\n").await;
    let stock = Stock { identity: identity(100), sandbox: None };
    let case =
        Case::prepare(&world, &stock, CaseBank::Simulator, vec![(Act::UploadFile, "slow".into())]).await.remove(0);
    let mut held = case.request(&stock).head(&world.base()).await;
    let begun = Instant::now();
    held.begin(100).await;
    // The connection closes: the rest was not sent.
    let (head, answer) = held.answer().await;
    answer.refused(408, "Request timeout");
    assert!(head.contains("connection: close"), "{head}");
    assert!(begun.elapsed() >= Duration::from_millis(900) && begun.elapsed() < Duration::from_secs(20));
    let spool = world.served.folder.path().join("data").join("spool");
    assert_eq!(std::fs::read_dir(spool).unwrap().count(), 0, "what was spooled of it is gone");
    // Another body, sent in time, is accepted.
    case.request(&stock).head(&world.base()).await.finish().await.ok(201);
}
