//! User actions, through every face: `tests/scenarios/api`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use bankchannel_tests::{
    api::{self, Went},
    faces, report,
    scenario::{self, Case, Suite},
};
use tokio::task::JoinSet;

/// The number of faces that run at once; each runs its cases in sequence.
const AT_A_TIME: usize = 4;

/// The results of a face: passed ids, ids that do not concern it, and failures.
#[derive(Default)]
struct Score {
    well: Vec<String>,
    not_applicable: Vec<String>,
    failed: Vec<String>,
}

#[test]
fn api_scenarios() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    let suite = Arc::new(Suite::read("api"));
    let cases = scenario::picked(&suite.cases);
    assert!(!cases.is_empty(), "BANKCHANNEL_CASES picks no case");
    let started = Instant::now();
    let scores = runtime.block_on(all_faces(&suite, &cases));
    let mut told = Vec::new();
    for (face, score) in &scores {
        if cases.len() == suite.cases.len() {
            report::write(face, &score.well, &score.not_applicable);
        }
        told.extend(score.failed.iter().map(|why| format!("{face} {why}")));
    }
    if faces::FACES.iter().all(|face| scores.contains_key(*face)) {
        let unproved = cases.iter().filter(|case| !scores.values().any(|score| score.well.contains(&case.id)));
        told.extend(unproved.map(|case| format!("{} runs through no face at all", case.id)));
    }
    assert!(told.is_empty(), "{} failures in {:.1?}:\n\n{}", told.len(), started.elapsed(), told.join("\n\n"));
}

async fn all_faces(suite: &Arc<Suite>, cases: &[Case]) -> BTreeMap<String, Score> {
    let places = Arc::new(tokio::sync::Semaphore::new(AT_A_TIME));
    let mut running = JoinSet::new();
    for face in wanted_faces() {
        let (suite, cases, places) = (Arc::clone(suite), cases.to_vec(), Arc::clone(&places));
        running.spawn(async move {
            let _place = places.acquire_owned().await;
            let score = one_face(&face, &suite, &cases).await;
            (face, score)
        });
    }
    let mut scores = BTreeMap::new();
    while let Some(ended) = running.join_next().await {
        let (face, score) = ended.expect("a face's failures are told, not thrown");
        scores.insert(face, score);
    }
    scores
}

async fn one_face(name: &str, suite: &Suite, cases: &[Case]) -> Score {
    let mut score = Score::default();
    let mut face = match faces::start(name).await {
        Ok(face) => face,
        Err(why) => {
            score.failed.push(format!("does not start: {why}"));
            return score;
        }
    };
    for case in cases {
        match api::run(suite, case, face.as_mut()).await {
            Ok(Went::Well) => score.well.push(case.id.clone()),
            Ok(Went::NotApplicable(_)) => score.not_applicable.push(case.id.clone()),
            Err(why) => {
                score.failed.push(format!("{} {}: {why}", case.id, case.title));
                // A broken driver must not affect the following cases.
                match faces::start(name).await {
                    Ok(fresh) => face = fresh,
                    Err(_) => return score,
                }
            }
        }
    }
    score
}

/// The faces that `BANKCHANNEL_FACES` names; all of them when it is not set.
fn wanted_faces() -> Vec<String> {
    let named = std::env::var("BANKCHANNEL_FACES").unwrap_or_default();
    let named: Vec<String> = named.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    if named.is_empty() { faces::FACES.iter().map(|face| (*face).to_owned()).collect() } else { named }
}

#[test]
fn every_operation_is_called_by_a_case() {
    let suite = Suite::read("api");
    let mut called = BTreeSet::new();
    let mut steps: Vec<_> =
        suite.cases.iter().flat_map(|case| &case.steps).chain(suite.procedures.values().flatten()).collect();
    while let Some(step) = steps.pop() {
        called.extend(step["call"].as_str());
    }
    let missing: Vec<&str> =
        bankchannel::catalogue().map(|entry| entry.declaration.name).filter(|name| !called.contains(name)).collect();
    assert!(missing.is_empty(), "no case calls {missing:?}");
}
