//! The audit trail.

use crate::samples::*;
use crate::{cases, race};
use bankchannel_storage::*;

cases!(an_entry_goes_with_its_verb_or_not_at_all, concurrent_entries_form_one_chain);

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

async fn an_entry_goes_with_its_verb_or_not_at_all(store: Store) {
    let head = match store.verify_audit().await.unwrap() {
        AuditVerdict::Intact { records: 0, head } => head,
        other => panic!("{other:?}"),
    };
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
    match store.verify_audit().await.unwrap() {
        AuditVerdict::Intact { records: 3, head: now } => assert!(now != head && now == records[2].hash),
        other => panic!("{other:?}"),
    }
}

async fn concurrent_entries_form_one_chain(store: Store) {
    race(60, |index| {
        let store = store.with_audit(entry("consume"));
        async move { store.consume_challenge(&format!("c{index}"), NOW).await.unwrap() }
    })
    .await;
    assert!(matches!(store.verify_audit().await.unwrap(), AuditVerdict::Intact { records: 60, .. }));
}
