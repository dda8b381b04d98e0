//! Raw HTTP against the service: `tests/scenarios/wire`.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use bankchannel_tests::{
    report,
    scenario::{self, Suite},
    wire,
};
use tokio::{sync::Semaphore, task::JoinSet};

/// The number of cases that run at once; each has its own service.
const AT_A_TIME: usize = 4;

#[test]
fn wire_scenarios() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    let suite = Arc::new(Suite::read("wire"));
    let cases = scenario::picked(&suite.cases);
    assert!(!cases.is_empty(), "BANKCHANNEL_CASES picks no case");
    let started = Instant::now();
    let count = cases.len();
    let failed: BTreeMap<String, String> = runtime.block_on(async {
        let places = Arc::new(Semaphore::new(AT_A_TIME));
        let mut running = JoinSet::new();
        for case in cases.clone() {
            let (suite, places) = (Arc::clone(&suite), Arc::clone(&places));
            running.spawn(async move {
                let _place = places.acquire_owned().await;
                let result = tokio::spawn({
                    let case = case.clone();
                    async move { wire::run(&suite, &case).await }
                });
                let why = match result.await {
                    Ok(Ok(())) => return None,
                    Ok(Err(why)) => why,
                    Err(why) => format!("the case broke: {why}"),
                };
                Some((case.id.clone(), format!("{}: {why}", case.title)))
            });
        }
        let mut failed = BTreeMap::new();
        while let Some(ended) = running.join_next().await {
            failed.extend(ended.expect("a case's result is awaited inside its task"));
        }
        failed
    });
    let ids: Vec<String> = cases.iter().map(|case| case.id.clone()).filter(|id| !failed.contains_key(id)).collect();
    if count == suite.cases.len() {
        report::write("wire", &ids, &[]);
    }
    let told: Vec<String> = failed.iter().map(|(id, why)| format!("{id} {why}")).collect();
    assert!(
        told.is_empty(),
        "{} of {count} cases failed in {:.1?}:\n\n{}",
        told.len(),
        started.elapsed(),
        told.join("\n\n")
    );
}
