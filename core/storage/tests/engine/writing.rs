//! Execution of verbs: in groups, in conflict, after a crash.

use crate::Place;
use crate::common::{cases, race};
use crate::counters::{Count, Counters, count, counters, fail};
use crate::handing_over::hand_over;
use bankchannel_storage::engine::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

cases! {
    what_was_acknowledged_is_there_after_a_crash,
    verbs_that_meet_lose_nothing,
    a_verb_that_fails_leaves_nothing,
}

async fn what_was_acknowledged_is_there_after_a_crash(place: Place) {
    let database = Arc::new(place.open::<Counters<2>>().await.unwrap());
    let values = race(16, |index| {
        let database = database.clone();
        async move { count(&database, Count::of(&format!("c{index:02}"))).await }
    });
    assert_eq!(values.await, vec![Ok(1); 16]);
    // The state that a crash would leave now: the folder as it is, while it is still open.
    let left = tempfile::tempdir().unwrap();
    let after = match &place {
        Place::Folder(folder) => {
            for file in ["counters.sqlite", "counters.sqlite-wal"] {
                std::fs::copy(folder.join(file), left.path().join(file)).unwrap();
            }
            Place::Folder(left.path().to_owned())
        }
        Place::Url(_) => place,
    };
    let after = after.open::<Counters<2>>().await.unwrap();
    let expected: Vec<_> = (0..16).map(|index| (format!("c{index:02}"), 1)).collect();
    assert_eq!(counters(&after).await, expected);
    after.close().await;
    database.close().await;
}

/// Two verbs that have both read a value before either writes. SQLite prevents this; PostgreSQL repeats one of them.
async fn verbs_that_meet_lose_nothing(place: Place) {
    let database = Arc::new(place.open::<Counters<2>>().await.unwrap());
    let meeting = Count { gate: Arc::new(Semaphore::new(0)), ..Count::of("a") };
    let (gate, runs) = (meeting.gate.clone(), meeting.runs.clone());
    let both = match place {
        Place::Folder(_) => 1,
        Place::Url(_) => 2,
    };
    let mut counting = Vec::new();
    for begun in [1, both] {
        let (database, meeting) = (database.clone(), meeting.clone());
        counting.push(tokio::spawn(async move { count(&database, meeting).await }));
        // The second is submitted when the first is running: on SQLite two waiting verbs would share one COMMIT.
        while runs.load(Ordering::Acquire) < begun {
            tokio::task::yield_now().await;
        }
    }
    // On PostgreSQL both are in their transactions now, one of which will be repeated.
    gate.add_permits(3);
    let mut values = Vec::new();
    for counted in counting {
        values.push(counted.await.unwrap());
    }
    values.sort_by_key(|value| value.clone().ok());
    assert_eq!(values, [Ok(1), Ok(2)]);
    assert_eq!(runs.load(Ordering::Acquire), both + 1);
    assert_eq!(counters(&database).await, [("a".to_owned(), 2)]);
    assert_eq!(database.schema().commits(), 2);
    database.close().await;
}

async fn a_verb_that_fails_leaves_nothing(place: Place) {
    let database = place.open::<Counters<2>>().await.unwrap();
    assert!(matches!(fail(&database, "a".to_owned()).await, Err(StoreError::Misuse { .. })));
    assert_eq!((counters(&database).await, database.schema().commits()), (vec![], 0));
    assert_eq!(count(&database, Count::of("a")).await, Ok(1));
    assert_eq!(database.schema().commits(), 1);
    database.close().await;
}

/// Verbs that wait while the writer works share one COMMIT; if one of them fails, each gets its own.
#[tokio::test]
async fn verbs_that_waited_are_committed_together() {
    let folder = tempfile::tempdir().unwrap();
    let database = Place::Folder(folder.path().to_owned()).open::<Counters<2>>().await.unwrap();
    for (with_failing, commits) in [(false, 1 + 1), (true, 1 + 10)] {
        let before = database.schema().commits();
        let held = Count { gate: Arc::new(Semaphore::new(0)), ..Count::of("held") };
        let (gate, runs): (_, Arc<AtomicU64>) = (held.gate.clone(), held.runs.clone());
        let mut first = count(&database, held);
        hand_over(&mut first).await;
        while runs.load(Ordering::Acquire) == 0 {
            tokio::task::yield_now().await;
        }
        let mut waiting: Vec<_> = (0..10).map(|_| count(&database, Count::of("a"))).collect();
        for verb in &mut waiting {
            hand_over(verb).await;
        }
        let mut failing = with_failing.then(|| fail(&database, "never".to_owned()));
        if let Some(verb) = &mut failing {
            hand_over(verb).await;
        }
        gate.add_permits(1);
        first.await.unwrap();
        for verb in waiting {
            verb.await.unwrap();
        }
        if let Some(verb) = failing {
            assert!(matches!(verb.await, Err(StoreError::Misuse { .. })));
        }
        assert_eq!(database.schema().commits() - before, commits);
    }
    assert_eq!(counters(&database).await, [("a".to_owned(), 20), ("held".to_owned(), 2)]);
    database.close().await;
}
