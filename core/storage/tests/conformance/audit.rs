//! The audit trail.

use crate::samples::*;
use crate::{cases, race};
use bankchannel_storage::ws_channel::*;

cases!(
    an_entry_goes_with_its_verb_or_not_at_all,
    concurrent_entries_form_one_chain,
    each_account_has_a_chain_and_checkpoints_cover_all,
    instances_write_one_checkpoint,
);

fn entry(operation: &str) -> AuditEntry {
    AuditEntry {
        at: NOW,
        request_id: "r".to_owned(),
        api_key: KEY.to_owned(),
        email: OWNER.to_owned(),
        mode: "data".to_owned(),
        operation: operation.to_owned(),
        object: "nordea".to_owned(),
        detail: "VA".to_owned(),
        ..AuditEntry::default()
    }
}

async fn an_entry_goes_with_its_verb_or_not_at_all(store: WsChannelStore) {
    assert_eq!(found(&store).await, (0, 0, 0));
    assert!(store.with_audit(entry("consume")).consume_challenge("a", NOW).await.unwrap());
    assert!(!store.with_audit(entry("consume")).consume_challenge("a", NOW).await.unwrap());
    store.with_audit(entry("read")).account(OWNER).await.unwrap();
    let files = vec![bank_file("F", "VA", NOW), bank_file("F", "VA", NOW)];
    assert!(store.with_audit(entry("put")).put_files(&scope(OWNER, "nordea"), files).await.is_err());
    store.append_audit(AuditEntry { outcome: "denied".to_owned(), at: NOW + 1, ..entry("enrol") }).await.unwrap();
    store.consume_challenge("b", NOW).await.unwrap();

    let records = store.read_audit(AuditFilter::default()).await.unwrap();
    let said: Vec<_> = records.iter().map(|r| (r.seq, r.entry.operation.as_str(), r.entry.outcome.as_str())).collect();
    assert_eq!(said, [(1, "consume", "done"), (2, "consume", "refused"), (3, "enrol", "denied")]);
    let read = |filter| store.read_audit(filter);
    assert_eq!(read(AuditFilter { operation: Some("enrol".to_owned()), ..Default::default() }).await.unwrap().len(), 1);
    assert_eq!(
        read(AuditFilter { outcome: Some("refused".to_owned()), ..Default::default() }).await.unwrap()[0].seq,
        2
    );
    assert_eq!(read(AuditFilter { until: Some(NOW + 1), ..Default::default() }).await.unwrap().len(), 2);
    assert_eq!(read(AuditFilter { from: Some(NOW + 1), ..Default::default() }).await.unwrap().len(), 1);
    assert_eq!(read(AuditFilter { email: Some(CUSTOMER.to_owned()), ..Default::default() }).await.unwrap().len(), 0);
    assert_eq!(
        read(AuditFilter { api_key: Some(KEY.to_owned()), limit: 2, ..Default::default() }).await.unwrap().len(),
        2
    );
    assert_eq!(read(AuditFilter { after_seq: 2, ..Default::default() }).await.unwrap()[0].seq, 3);
    assert_eq!(found(&store).await, (3, 1, 3));
}

/// Numbers of records, of chains, and of records that no checkpoint covers.
async fn found(store: &WsChannelStore) -> (i64, i64, i64) {
    match store.verify_audit().await.unwrap() {
        AuditVerdict::Intact { records, chains, after_checkpoint, .. } => (records, chains, after_checkpoint),
        broken => panic!("{broken:?}"),
    }
}

async fn each_account_has_a_chain_and_checkpoints_cover_all(store: WsChannelStore) {
    let of = |email: &str| AuditEntry { email: email.to_owned(), ..entry("x") };
    assert_eq!(store.checkpoint_audit(NOW, 0).await.unwrap(), None, "nothing to cover");
    for email in ["b@example.test", "", "a@example.test", "b@example.test"] {
        store.append_audit(of(email)).await.unwrap();
    }
    let first = store.checkpoint_audit(NOW, 60_000).await.unwrap().unwrap();
    assert_eq!((first.number, first.at), (1, NOW));
    assert_eq!(store.checkpoint_audit(NOW + 60_000, 60_000).await.unwrap(), None, "nothing new");
    store.append_audit(of("a@example.test")).await.unwrap();
    assert_eq!(store.checkpoint_audit(NOW + 59_999, 60_000).await.unwrap(), None, "too early");
    assert_eq!(found(&store).await, (5, 3, 1));
    let second = store.checkpoint_audit(NOW + 60_000, 60_000).await.unwrap().unwrap();
    assert!(second.number == 2 && second.hash != first.hash);
    match store.verify_audit().await.unwrap() {
        AuditVerdict::Intact { checkpoint, after_checkpoint: 0, .. } => assert_eq!(checkpoint, Some(second)),
        other => panic!("{other:?}"),
    }
    // Heads saved elsewhere are compared.
    let known = |number, hash| vec![KnownHead::Checkpoint { number, hash }];
    for (number, hash, is_good) in
        [(1, first.hash, true), (2, second.hash, true), (1, second.hash, false), (3, second.hash, false)]
    {
        let verdict = store.verify_audit_against(known(number, hash)).await.unwrap();
        assert_eq!(matches!(verdict, AuditVerdict::Intact { .. }), is_good, "{number}: {verdict:?}");
    }
    let records = store.read_audit(AuditFilter::default()).await.unwrap();
    assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

async fn instances_write_one_checkpoint(store: WsChannelStore) {
    store.append_audit(entry("x")).await.unwrap();
    for round in 1..4 {
        let answers = race(8, |_| {
            let store = store.clone();
            async move { store.checkpoint_audit(NOW + round * 60_000, 60_000).await.unwrap() }
        })
        .await;
        assert_eq!(answers.into_iter().flatten().map(|one| one.number).collect::<Vec<_>>(), [round]);
        race(8, |index| {
            let store = store.with_audit(AuditEntry { email: format!("{index}@example.test"), ..entry("consume") });
            async move { store.consume_challenge(&format!("{round}-{index}"), NOW).await.unwrap() }
        })
        .await;
    }
    assert_eq!(found(&store).await, (25, 9, 8));
}

async fn concurrent_entries_form_one_chain(store: WsChannelStore) {
    race(60, |index| {
        let store = store.with_audit(entry("consume"));
        async move { store.consume_challenge(&format!("c{index}"), NOW).await.unwrap() }
    })
    .await;
    assert_eq!(found(&store).await, (60, 1, 60));
}
