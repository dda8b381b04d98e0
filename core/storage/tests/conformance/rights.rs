//! Verbs of a session: rights are checked in their own transaction.

use crate::cases;
use crate::samples::*;
use bankchannel_storage::ws_channel::*;
use std::time::Duration;

cases!(
    every_kind_of_right_is_judged_in_the_verb,
    a_session_counts_up_to_its_end,
    a_refused_verb_writes_nothing_not_even_its_audit_entry,
    a_renewed_certificate_is_as_good_and_a_retired_one_is_not,
    what_ends_a_right_and_what_uses_it_come_one_after_the_other,
);

const FINGERPRINT: &str = "AA3A3A59B2";

fn rights(grounds: Vec<RequiredRight>) -> SessionRights {
    SessionRights { token: digest("token"), now: NOW, grounds }
}

fn connection() -> RequiredRight {
    RequiredRight::Connection { owner: CUSTOMER.into(), bank: "simulator".into(), serial: "01".into() }
}

fn all_grounds() -> Vec<RequiredRight> {
    let fingerprints = vec![FINGERPRINT.to_owned()];
    vec![
        RequiredRight::Transfer,
        RequiredRight::Export,
        RequiredRight::Entitlement { product: "bank-simulator".into() },
        connection(),
        RequiredRight::Certificate { bank: "simulator".into(), serial: "01".into() },
        RequiredRight::PgpKeys { purpose: PgpPurpose::Authorize, fingerprints, least: 1 },
    ]
}

/// A customer with a session and everything that the grounds name.
async fn furnish(store: &WsChannelStore) {
    tenant_with_customer(store).await;
    active_user(store, CUSTOMER, StoredMode::Data, existing(KEY)).await;
    store.create_session(session(digest("token"), CUSTOMER, StoredMode::Data, NOW), vec![]).await.unwrap();
    store.set_entitlement(KEY, "bank-simulator", EntitlementState::Active, NOW).await.unwrap();
    store.import_certs(&scope(CUSTOMER, "simulator"), cert_set("01", NOW + DAY), NOW).await.unwrap();
    let key = StoredPgpKey {
        fingerprint: FINGERPRINT.to_owned(),
        short_id: "3A3A59B2".to_owned(),
        purpose: PgpPurpose::Authorize,
        armored: "armor".to_owned(),
        added: NOW,
    };
    store.add_pgp_key(NewPgpKey { email: CUSTOMER.to_owned(), key }).await.unwrap();
}

fn lost<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> LostRight {
    match answer.as_ref().err().and_then(StoreError::refusal) {
        Some(lost) => LostRight::clone(lost),
        None => panic!("still done: {answer:?}"),
    }
}

async fn every_kind_of_right_is_judged_in_the_verb(store: WsChannelStore) {
    furnish(&store).await;
    let judged = store.with_rights(rights(all_grounds()));
    assert_eq!(judged.record_upload(upload("u1", CUSTOMER)).await.unwrap(), UploadOutcome::Recorded);
    let again = async || lost(judged.record_upload(upload("u2", CUSTOMER)).await);

    store.change_tenant(KEY, TenantChange::TransferEnabled(false)).await.unwrap();
    assert_eq!(again().await, LostRight::Transfer);
    store.change_tenant(KEY, TenantChange::TransferEnabled(true)).await.unwrap();
    store.change_tenant(KEY, TenantChange::Enabled(false)).await.unwrap();
    assert_eq!(again().await, LostRight::Key);
    store.change_tenant(KEY, TenantChange::Enabled(true)).await.unwrap();
    store.set_entitlement(KEY, "bank-simulator", EntitlementState::Suspended, NOW).await.unwrap();
    assert_eq!(again().await, LostRight::Entitlement);
    store.set_entitlement(KEY, "bank-simulator", EntitlementState::Active, NOW).await.unwrap();
    let owns = store.with_rights(rights(vec![RequiredRight::Owner]));
    assert_eq!(lost(owns.disable_export(CUSTOMER).await), LostRight::Owner);
    store.change_tenant(KEY, TenantChange::Owner(Some(CUSTOMER.to_owned()))).await.unwrap();
    owns.judge().await.unwrap();
    store.change_tenant(KEY, TenantChange::Owner(Some(OWNER.to_owned()))).await.unwrap();
    assert_eq!(lost(owns.judge().await), LostRight::Owner);

    let connected = store.with_rights(rights(vec![connection()]));
    store.retire_certs(&scope(CUSTOMER, "simulator"), "1a2b3c4d", NOW).await.unwrap();
    assert_eq!(again().await, LostRight::Connection(Box::new(EffectiveCerts::NotLinked)));
    assert_eq!(lost(connected.judge().await), LostRight::Connection(Box::new(EffectiveCerts::NotLinked)));
    // The same certificate imported again counts as the same.
    store.import_certs(&scope(CUSTOMER, "simulator"), cert_set("01", NOW + DAY), NOW).await.unwrap();
    connected.judge().await.unwrap();
    store.delete_pgp_key(CUSTOMER, "3A3A59B2").await.unwrap();
    assert_eq!(again().await, LostRight::PgpKeys { purpose: PgpPurpose::Authorize, has_others: false });
    store.disable_export(CUSTOMER).await.unwrap();
    assert_eq!(again().await, LostRight::Export);
    store.revoke_all(CUSTOMER, StoredMode::Data, i64::MAX).await.unwrap();
    assert_eq!(again().await, LostRight::Session);
    assert!(store.upload("u2").await.unwrap().is_none());
}

async fn a_session_counts_up_to_its_end(store: WsChannelStore) {
    furnish(&store).await;
    let at = |now| store.with_rights(SessionRights { token: digest("token"), now, grounds: vec![] });
    at(NOW + HOUR - 1).judge().await.unwrap();
    assert_eq!(lost(at(NOW + HOUR).judge().await), LostRight::Session);
    let other = store.with_rights(SessionRights { token: digest("another"), now: NOW, grounds: vec![] });
    assert_eq!(lost(other.judge().await), LostRight::Session);
    // An address registered again by another user is not the account of the session.
    assert!(matches!(store.delete_account(KEY, CUSTOMER).await.unwrap(), DeleteOutcome::Deleted { .. }));
    active_user(&store, CUSTOMER, StoredMode::Admin, existing(KEY)).await;
    active_user(&store, CUSTOMER, StoredMode::Data, existing(KEY)).await;
    assert_eq!(lost(at(NOW).judge().await), LostRight::Session);
}

async fn a_refused_verb_writes_nothing_not_even_its_audit_entry(store: WsChannelStore) {
    furnish(&store).await;
    store.revoke_all(CUSTOMER, StoredMode::Data, i64::MAX).await.unwrap();
    let entry =
        AuditEntry { at: NOW, email: CUSTOMER.to_owned(), operation: "try".to_owned(), ..AuditEntry::default() };
    let judged = store.with_rights(rights(vec![])).with_audit(entry);
    let refused = judged.record_upload(upload("u1", CUSTOMER)).await;
    assert!(refused.as_ref().unwrap_err().kept_nothing());
    assert_eq!(lost(refused), LostRight::Session);
    assert_eq!(lost(judged.append_audit(AuditEntry::default()).await), LostRight::Session);
    assert!(store.upload("u1").await.unwrap().is_none());
    let filter = AuditFilter { operation: Some("try".to_owned()), ..AuditFilter::default() };
    assert!(store.read_audit(filter).await.unwrap().is_empty());
}

async fn a_renewed_certificate_is_as_good_and_a_retired_one_is_not(store: WsChannelStore) {
    furnish(&store).await;
    let judged = store.with_rights(rights(vec![connection()]));
    assert!(store.hold_set(CUSTOMER, "simulator", "r1", false, NOW).await.unwrap().is_some());
    let key = NewKeyRequest {
        purpose: KeyPurpose::Signing,
        name: "new".to_owned(),
        label: "new".to_owned(),
        request: "request".to_owned(),
        sealed_key: b"sealed".to_vec(),
        key_id: "local-1".to_owned(),
    };
    store.add_key_requests(CUSTOMER, "simulator", "r1", vec![key]).await.unwrap();
    judged.judge().await.unwrap();
    let issued = IssuedForPair {
        purpose: KeyPurpose::Signing,
        name: "new".to_owned(),
        pem: "certificate".to_owned(),
        subject: "1000038023".to_owned(),
        issuer: "EXAMPLE CA".to_owned(),
        serial: "02".to_owned(),
        not_after: NOW + DAY,
    };
    let step =
        LifeStep { life: "{}".to_owned(), pair: Some("new".to_owned()), issued: vec![issued], ..LifeStep::default() };
    assert!(store.take_step(&scope(CUSTOMER, "simulator"), "r1", step, NOW).await.unwrap());
    judged.judge().await.unwrap();
    // Retired and enrolled again: the call depends on the retired certificate.
    let held = RequiredRight::Connection { owner: CUSTOMER.into(), bank: "simulator".into(), serial: "02".into() };
    let judged = store.with_rights(rights(vec![held]));
    store.retire_certs(&scope(CUSTOMER, "simulator"), "1a2b3c4d", NOW).await.unwrap();
    store.import_certs(&scope(CUSTOMER, "simulator"), cert_set("03", NOW + DAY), NOW).await.unwrap();
    assert!(matches!(lost(judged.judge().await), LostRight::Connection(_)));
}

/// Also between the check and the commit: on PostgreSQL two transactions run at the same time.
async fn what_ends_a_right_and_what_uses_it_come_one_after_the_other(store: WsChannelStore) {
    furnish(&store).await;
    let uploads: Vec<_> = (0..40)
        .map(|index| {
            let store = store.with_rights(rights(vec![RequiredRight::Transfer, connection()]));
            tokio::spawn(async move { store.record_upload(upload(&format!("u{index}"), CUSTOMER)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let deleted = store.delete_account(KEY, CUSTOMER).await.unwrap();
    assert!(matches!(deleted, DeleteOutcome::Deleted { .. }));
    for upload in uploads {
        if let Err(why) = upload.await.unwrap() {
            assert_eq!(lost::<()>(Err(why)), LostRight::Session);
        }
    }
    for index in 0..40 {
        assert!(store.upload(&format!("u{index}")).await.unwrap().is_none(), "written after the deletion");
    }
}
