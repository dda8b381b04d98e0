//! Banks that the operator pauses.

use crate::account_orders::{furnish, journalled};
use crate::cases;
use crate::samples::*;
use bankchannel_storage::ws_channel::*;

cases!(
    a_paused_bank_takes_no_upload,
    a_pause_is_not_acknowledged_before_the_uploads_that_did_not_see_it,
    of_two_pauses_at_once_one_is_done,
);

fn pausing(reason: &str) -> BankPauseOrder {
    let pause = BankPause { bank: "simulator".into(), since: NOW, reason: reason.into(), by_whom: "me".into() };
    BankPauseOrder { bank: pause.bank.clone(), pause: Some(pause), describe: |pause| pause.reason.clone() }
}

fn resuming() -> BankPauseOrder {
    BankPauseOrder { pause: None, ..pausing("") }
}

async fn a_paused_bank_takes_no_upload(store: WsChannelStore) {
    furnish(&store).await;
    assert_eq!(store.order_bank(resuming()).await.unwrap(), BankPauseOutcome::NotPaused);
    assert_eq!(store.record_upload(upload("u1", CUSTOMER)).await.unwrap(), UploadOutcome::Recorded);
    let done = store.order_bank(pausing("a new agreement")).await.unwrap();
    let (before, after) = ("not paused".to_owned(), "a new agreement".to_owned());
    assert_eq!(done, BankPauseOutcome::Done { before, after });
    let pause = store.bank_pause("simulator").await.unwrap().unwrap();
    assert_eq!((&*pause.reason, pause.since, &*pause.by_whom), ("a new agreement", NOW, "me"));
    assert_eq!(store.record_upload(upload("u2", CUSTOMER)).await.unwrap(), UploadOutcome::Paused(pause.clone()));
    let anyway = NewUpload { send_anyway: true, content: None, ..upload("u3", CUSTOMER) };
    assert_eq!(store.record_upload(anyway).await.unwrap(), UploadOutcome::Paused(pause.clone()));
    assert_eq!(store.order_bank(pausing("another")).await.unwrap(), BankPauseOutcome::Paused(pause.clone()));
    assert_eq!(store.bank_pauses().await.unwrap(), [pause]);
    // One that waits goes on, and other banks take theirs.
    let end = UploadEnd::answered(UploadState::Accepted, "", "");
    assert!(store.finish_upload("u1", end, NOW).await.unwrap().is_some());
    let elsewhere = NewUpload { scope: scope(CUSTOMER, "nordea"), ..upload("u4", CUSTOMER) };
    assert_eq!(store.record_upload(elsewhere).await.unwrap(), UploadOutcome::Recorded);
    assert!(matches!(store.order_bank(resuming()).await.unwrap(), BankPauseOutcome::Done { .. }));
    assert_eq!(store.record_upload(upload("u2", CUSTOMER)).await.unwrap(), UploadOutcome::Recorded);
    assert!(store.bank_pauses().await.unwrap().is_empty());
}

async fn a_pause_is_not_acknowledged_before_the_uploads_that_did_not_see_it(store: WsChannelStore) {
    furnish(&store).await;
    for round in 0..5 {
        let uploads: Vec<_> = (0..20)
            .map(|index| {
                let store = store.clone();
                let id = format!("u{round}-{index}");
                tokio::spawn(async move { store.record_upload(upload(&id, CUSTOMER)).await.unwrap() })
            })
            .collect();
        tokio::task::yield_now().await;
        store.order_bank(pausing("now")).await.unwrap();
        let acknowledged = journalled(&store).await;
        for upload in uploads {
            upload.await.unwrap();
        }
        assert_eq!(journalled(&store).await, acknowledged, "journalled after the pause was acknowledged");
        store.order_bank(resuming()).await.unwrap();
    }
}

async fn of_two_pauses_at_once_one_is_done(store: WsChannelStore) {
    let outcomes = crate::race(8, |index| {
        let store = store.clone();
        async move { store.order_bank(pausing(&format!("reason {index}"))).await.unwrap() }
    });
    let outcomes = outcomes.await;
    let won = outcomes.iter().filter(|one| matches!(one, BankPauseOutcome::Done { .. })).count();
    assert_eq!(won, 1, "{outcomes:?}");
}
