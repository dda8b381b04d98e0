//! The operator's orders about accounts.

use crate::cases;
use crate::samples::*;
use bankchannel_storage::ws_channel::*;

cases!(
    a_disabled_account_does_nothing_until_it_is_enabled,
    a_disabled_account_is_to_strangers_as_one_that_is_not_there,
    a_disabled_lender_lends_nothing,
    an_unverified_account_that_is_disabled_keeps_its_address,
    locks_of_both_modes_end_also_without_an_account,
    sessions_end_and_the_authenticator_goes,
    accounts_are_listed_in_pages,
    an_owner_is_not_deleted_by_an_order,
    a_disabled_account_is_deleted_by_an_order_only,
    of_two_orders_at_once_one_is_done,
    what_is_disabled_and_what_acts_come_one_after_the_other,
);

const LOCKOUT: LockPolicy = LockPolicy { limit: 2, window: HOUR, duration: HOUR };

fn locks(email: &str) -> Vec<LockPeriod> {
    let of = |scope: &str, mode: StoredMode| LockPeriod {
        key: LockKey::new(scope, format!("{email} {}", mode.as_str())),
        mode,
        window: HOUR,
    };
    let both = |scope| [of(scope, StoredMode::Admin), of(scope, StoredMode::Data)];
    [both("password"), both("mfa")].concat()
}

fn described(standing: &AccountStanding) -> String {
    let state = match &standing.account {
        None => "absent",
        Some(account) if account.disabled_at.is_some() => "disabled",
        Some(_) => "in use",
    };
    let sessions: i64 = standing.users.iter().map(|user| user.sessions).sum();
    format!("{state}, {sessions} sessions, {} counters", standing.tries.len())
}

async fn ordered(store: &WsChannelStore, email: &str, kind: AccountOrderKind) -> AccountOrderOutcome {
    let order = AccountOrder { email: email.into(), kind, locks: locks(email), describe: described, now: NOW };
    let entry = AuditEntry { at: NOW, operation: "order".into(), detail: "by hand".into(), ..AuditEntry::default() };
    store.with_audit(entry).order_account(order).await.unwrap()
}

fn done(outcome: AccountOrderOutcome) -> (String, String) {
    match outcome {
        AccountOrderOutcome::Done { before, after, .. } => (before, after),
        other => panic!("{other:?}"),
    }
}

async fn disable(store: &WsChannelStore, email: &str) {
    done(ordered(store, email, AccountOrderKind::Disable("a lost laptop".into())).await);
}

async fn enable(store: &WsChannelStore, email: &str) {
    done(ordered(store, email, AccountOrderKind::Enable).await);
}

async fn standing(store: &WsChannelStore, email: &str) -> AccountStanding {
    store.account_standing(email, locks(email), NOW).await.unwrap()
}

pub(crate) async fn furnish(store: &WsChannelStore) {
    tenant_with_customer(store).await;
    active_user(store, CUSTOMER, StoredMode::Data, existing(KEY)).await;
    store.create_session(session(digest("data"), CUSTOMER, StoredMode::Data, NOW), vec![]).await.unwrap();
    store.create_session(session(digest("admin"), CUSTOMER, StoredMode::Admin, NOW), vec![]).await.unwrap();
}

fn judged(store: &WsChannelStore, token: &str) -> WsChannelStore {
    store.with_rights(SessionRights { token: digest(token), now: NOW, grounds: vec![] })
}

async fn a_disabled_account_does_nothing_until_it_is_enabled(store: WsChannelStore) {
    furnish(&store).await;
    judged(&store, "data").judge().await.unwrap();
    let generation = store.auth_generation();
    let (before, after) = done(ordered(&store, CUSTOMER, AccountOrderKind::Disable("a lost laptop".into())).await);
    assert_eq!((&*before, &*after), ("in use, 2 sessions, 0 counters", "disabled, 2 sessions, 0 counters"));
    assert!(store.auth_generation() > generation, "sessions that are remembered are looked up again");
    let lost = judged(&store, "data").judge().await.unwrap_err();
    assert_eq!(lost.refusal::<LostRight>(), Some(&LostRight::Disabled));
    let upload_refused = judged(&store, "data").record_upload(upload("u1", CUSTOMER)).await.unwrap_err();
    assert_eq!(upload_refused.refusal::<LostRight>(), Some(&LostRight::Disabled));
    let found = store.session(&digest("data"), NOW).await.unwrap().unwrap();
    assert_eq!(found.account.unwrap().disabled_at, Some(NOW), "the caller is told");
    let now = standing(&store, CUSTOMER).await;
    assert_eq!(now.disabled_reason.as_deref(), Some("a lost laptop"));
    // The record says what was before and after, beside the order's own detail.
    let filter = AuditFilter { operation: Some("order".into()), ..AuditFilter::default() };
    let records = store.read_audit(filter).await.unwrap();
    assert_eq!(records.last().unwrap().entry.detail, format!("by hand: before: {before}; after: {after}"));
    assert!(matches!(
        ordered(&store, CUSTOMER, AccountOrderKind::Disable("again".into())).await,
        AccountOrderOutcome::Unchanged { .. }
    ));
    assert_eq!(standing(&store, CUSTOMER).await.disabled_reason.as_deref(), Some("a lost laptop"));
    enable(&store, CUSTOMER).await;
    judged(&store, "data").judge().await.unwrap();
    assert_eq!(standing(&store, CUSTOMER).await.disabled_reason, None);
    assert!(matches!(ordered(&store, CUSTOMER, AccountOrderKind::Enable).await, AccountOrderOutcome::Unchanged { .. }));
    for kind in [AccountOrderKind::Enable, AccountOrderKind::Disable("x".into()), AccountOrderKind::EndSessions] {
        assert_eq!(ordered(&store, "nobody@example.test", kind).await, AccountOrderOutcome::Absent);
    }
}

async fn a_disabled_account_is_to_strangers_as_one_that_is_not_there(store: WsChannelStore) {
    furnish(&store).await;
    let (step, other) = (digest("step"), digest("other step"));
    let mfa = |token| pending(token, PendingKind::Mfa, CUSTOMER, StoredMode::Admin, NOW);
    let code_of = |purpose| code(CUSTOMER, StoredMode::Admin, purpose, NOW);
    assert_eq!(store.open_pending(mfa(step), Some(code_of(CodePurpose::Mfa))).await.unwrap(), CodeSend::Send);
    store.put_code(code_of(CodePurpose::PasswordReset)).await.unwrap();
    disable(&store, CUSTOMER).await;
    assert!(store.credential(CUSTOMER, StoredMode::Admin).await.unwrap().is_none());
    assert!(store.pending(&step, NOW).await.unwrap().is_none(), "a login that has begun does not go on");
    assert_eq!(store.open_pending(mfa(other), None).await.unwrap(), CodeSend::Stale);
    assert!(!store.create_session(session(digest("new"), CUSTOMER, StoredMode::Data, NOW), vec![]).await.unwrap());
    // A code is not sent, and cannot be guessed; an unknown address has the same answers.
    for email in [CUSTOMER, "nobody@example.test"] {
        let sent = store.put_code(code(email, StoredMode::Admin, CodePurpose::PasswordReset, NOW)).await.unwrap();
        assert_eq!(sent, if email == CUSTOMER { CodeSend::Kept } else { CodeSend::Send }, "a decoy there");
        let reset = |hash| PasswordReplacement {
            email: email.into(),
            mode: StoredMode::Admin,
            hash,
            password_hash: "new".into(),
            max_tries: 5,
            clear: vec![],
            now: NOW,
        };
        assert_eq!(store.reset_password(reset(digest("000000"))).await.unwrap(), CodeCheck::Wrong);
        if email == CUSTOMER {
            assert_eq!(store.reset_password(reset(digest("123456"))).await.unwrap(), CodeCheck::Wrong);
        }
    }
    assert_eq!(store.put_code(code_of(CodePurpose::VerifyPhone)).await.unwrap(), CodeSend::Stale);
    // Nothing of it is overwritten by another registration.
    let again = registration(CUSTOMER, StoredMode::Data, existing(KEY), NOW + 2 * DAY);
    assert_eq!(store.register(again).await.unwrap(), RegisterOutcome::Exists);
    enable(&store, CUSTOMER).await;
    let credential = store.credential(CUSTOMER, StoredMode::Admin).await.unwrap().unwrap();
    assert_ne!(credential.password_hash, "new");
    assert!(store.create_session(session(digest("new"), CUSTOMER, StoredMode::Data, NOW), vec![]).await.unwrap());
}

async fn a_disabled_lender_lends_nothing(store: WsChannelStore) {
    furnish(&store).await;
    store.import_certs(&scope(OWNER, "simulator"), cert_set("01", NOW + DAY), NOW).await.unwrap();
    store.share_certs(KEY, OWNER, CUSTOMER, LendingConsent::NotAsked).await.unwrap();
    let ground = RequiredRight::Connection { owner: OWNER.into(), bank: "simulator".into(), serial: "01".into() };
    let judged = store.with_rights(SessionRights { token: digest("data"), now: NOW, grounds: vec![ground] });
    judged.judge().await.unwrap();
    disable(&store, OWNER).await;
    let lost = judged.judge().await.unwrap_err();
    let none = LostRight::Connection(Box::new(EffectiveCerts::LinkedWithoutData));
    assert_eq!(lost.refusal::<LostRight>(), Some(&none));
    enable(&store, OWNER).await;
    judged.judge().await.unwrap();
}

async fn an_unverified_account_that_is_disabled_keeps_its_address(store: WsChannelStore) {
    let new = |now| registration(CUSTOMER, StoredMode::Admin, mint("another-key-of-twenty-letters"), now);
    store.register(new(NOW)).await.unwrap();
    disable(&store, CUSTOMER).await;
    let later = NOW + 3 * DAY;
    assert_eq!(store.register(new(later)).await.unwrap(), RegisterOutcome::Exists);
    let policy = PurgePolicy { now: later, unverified_after: DAY, ..purge_policy() };
    assert_eq!(store.purge(policy).await.unwrap().registrations, 0);
    enable(&store, CUSTOMER).await;
    assert_eq!(store.purge(policy).await.unwrap().registrations, 1);
}

fn purge_policy() -> PurgePolicy {
    PurgePolicy { now: NOW, grace: DAY, attempts_after: DAY, unverified_after: DAY }
}

async fn locks_of_both_modes_end_also_without_an_account(store: WsChannelStore) {
    furnish(&store).await;
    for email in [CUSTOMER, "nobody@example.test"] {
        for period in locks(email) {
            for _ in 0..2 {
                store.record_failure(&period.key, LOCKOUT, NOW).await.unwrap();
            }
        }
        let wrong = |mode| PasswordReplacement {
            email: email.into(),
            mode,
            hash: digest("000000"),
            password_hash: "new".into(),
            max_tries: 5,
            clear: vec![],
            now: NOW,
        };
        store.put_code(code(email, StoredMode::Data, CodePurpose::PasswordReset, NOW)).await.unwrap();
        for mode in [StoredMode::Admin, StoredMode::Data] {
            assert_eq!(store.reset_password(wrong(mode)).await.unwrap(), CodeCheck::Wrong);
        }
        let phone = PhoneConfirmation {
            email: email.into(),
            mode: StoredMode::Admin,
            phone: "+358409999999".into(),
            hash: digest("000000"),
            max_tries: 5,
            now: NOW,
        };
        assert_eq!(store.verify_phone(phone).await.unwrap(), CodeCheck::Wrong);
        let found: Vec<_> = standing(&store, email).await.tries;
        let words: Vec<_> =
            found.iter().map(|one| (&*one.what, one.mode.as_str(), one.locked_until.is_some())).collect();
        assert_eq!(
            words,
            [
                ("password", "admin", true),
                ("password", "data", true),
                ("mfa", "admin", true),
                ("mfa", "data", true),
                ("code verify_phone", "admin", false),
                ("code password_reset", "admin", false),
                ("code password_reset", "data", false),
            ]
        );
        let (before, after) = done(ordered(&store, email, AccountOrderKind::Unlock).await);
        assert!(before.ends_with("7 counters") && after.ends_with("0 counters"), "{before}; {after}");
        for period in locks(email) {
            assert_eq!(store.locked_until(&period.key, NOW).await.unwrap(), None);
        }
        // The code that was sent is still good.
        let right = PasswordReplacement { hash: digest("123456"), ..wrong(StoredMode::Data) };
        assert_eq!(store.reset_password(right).await.unwrap(), CodeCheck::Right);
    }
    let nothing = ordered(&store, CUSTOMER, AccountOrderKind::Unlock).await;
    assert!(matches!(nothing, AccountOrderOutcome::Unchanged { .. }), "{nothing:?}");
    assert_eq!(ordered(&store, "nobody@example.test", AccountOrderKind::Unlock).await, AccountOrderOutcome::Absent);
}

async fn sessions_end_and_the_authenticator_goes(store: WsChannelStore) {
    furnish(&store).await;
    let enrolment = NewPending {
        secret: Some(b"sealed".to_vec()),
        ..pending(digest("totp"), PendingKind::TotpEnrol, CUSTOMER, StoredMode::Admin, NOW)
    };
    store.open_pending(enrolment.clone(), None).await.unwrap();
    let confirm = ConfirmTotp { token: digest("totp"), email: CUSTOMER.into(), step: Some(1), max_tries: 5, now: NOW };
    assert_eq!(store.confirm_totp(confirm.clone()).await.unwrap(), TotpOutcome::Enabled);
    let (before, after) = done(ordered(&store, CUSTOMER, AccountOrderKind::EndSessions).await);
    assert_eq!((&*before, &*after), ("in use, 2 sessions, 0 counters", "in use, 0 sessions, 0 counters"));
    assert!(standing(&store, CUSTOMER).await.users.iter().any(|user| user.has_authenticator));
    // An enrolment that waits would bring one back.
    store.open_pending(NewPending { token: digest("waits"), ..enrolment }, None).await.unwrap();
    store.create_session(session(digest("admin"), CUSTOMER, StoredMode::Admin, NOW), vec![]).await.unwrap();
    done(ordered(&store, CUSTOMER, AccountOrderKind::ResetMfa).await);
    let late = ConfirmTotp { token: digest("waits"), ..confirm };
    assert_eq!(store.confirm_totp(late).await.unwrap(), TotpOutcome::NoToken);
    let now = standing(&store, CUSTOMER).await;
    assert!(now.users.iter().all(|user| !user.has_authenticator && user.sessions + user.steps == 0), "{now:?}");
    let credential = store.credential(CUSTOMER, StoredMode::Admin).await.unwrap().unwrap();
    assert_eq!((credential.totp_secret, credential.preferred_factor, credential.totp_last_step), (None, None, -1));
    assert_eq!(standing(&store, OWNER).await.users.len(), 2, "another account");
}

async fn accounts_are_listed_in_pages(store: WsChannelStore) {
    furnish(&store).await;
    active_user(&store, "other@example.test", StoredMode::Admin, mint("another-key-of-twenty-letters")).await;
    store.register(registration("new@example.test", StoredMode::Admin, existing(KEY), NOW)).await.unwrap();
    disable(&store, CUSTOMER).await;
    for _ in 0..2 {
        store.record_failure(&locks(OWNER)[2].key, LOCKOUT, NOW).await.unwrap();
    }
    let page = |after: &str, limit| AccountPage {
        after: after.into(),
        limit,
        scopes: ["password", "mfa"],
        now: NOW,
        ..AccountPage::default()
    };
    let names = async |page: AccountPage| -> Vec<String> {
        store.accounts(page).await.unwrap().into_iter().map(|one| one.account.email).collect()
    };
    let all = names(page("", 10)).await;
    assert_eq!(all, [CUSTOMER, "new@example.test", "other@example.test", OWNER]);
    assert_eq!(names(page("", 3)).await, all[..3]);
    assert_eq!(names(page(&all[2], 3)).await, all[3..]);
    assert_eq!(names(AccountPage { disabled: Some(true), ..page("", 9) }).await, [CUSTOMER]);
    assert_eq!(names(AccountPage { disabled: Some(false), ..page("", 9) }).await, all[1..]);
    assert_eq!(names(AccountPage { api_key: Some(KEY.into()), ..page("", 9) }).await.len(), 3);
    let states = store.accounts(page("", 9)).await.unwrap();
    let registered = |active| ModeState { registered: true, active };
    assert_eq!((states[0].admin, states[0].data, states[0].is_locked), (registered(true), registered(true), false));
    assert_eq!((states[1].admin, states[1].data), (registered(false), ModeState::default()));
    assert!(states[3].is_locked && states[3].account.is_owner);
}

async fn an_owner_is_not_deleted_by_an_order(store: WsChannelStore) {
    furnish(&store).await;
    assert_eq!(ordered(&store, OWNER, AccountOrderKind::Delete).await, AccountOrderOutcome::Owner);
    assert!(store.account(OWNER).await.unwrap().is_some());
    let outcome = ordered(&store, CUSTOMER, AccountOrderKind::Delete).await;
    assert_eq!(done(outcome).1, "absent, 0 sessions, 0 counters");
    assert!(store.account(CUSTOMER).await.unwrap().is_none());
    assert_eq!(ordered(&store, CUSTOMER, AccountOrderKind::Delete).await, AccountOrderOutcome::Absent);
}

async fn of_two_orders_at_once_one_is_done(store: WsChannelStore) {
    furnish(&store).await;
    for kind in [AccountOrderKind::Disable("why".into()), AccountOrderKind::Enable, AccountOrderKind::Delete] {
        let outcomes = crate::race(8, |_| {
            let (store, kind) = (store.clone(), kind.clone());
            async move { ordered(&store, CUSTOMER, kind).await }
        });
        let outcomes = outcomes.await;
        let count = outcomes.iter().filter(|one| matches!(one, AccountOrderOutcome::Done { .. })).count();
        assert_eq!(count, 1, "{kind:?}: {outcomes:?}");
    }
}

/// By its key's owner it would be registered again, and no longer disabled.
async fn a_disabled_account_is_deleted_by_an_order_only(store: WsChannelStore) {
    furnish(&store).await;
    disable(&store, CUSTOMER).await;
    disable(&store, OWNER).await;
    assert_eq!(store.delete_account(KEY, CUSTOMER).await.unwrap(), DeleteOutcome::Disabled);
    assert_eq!(standing(&store, CUSTOMER).await.disabled_reason.as_deref(), Some("a lost laptop"));
    assert_eq!(store.delete_account("foreign-key", CUSTOMER).await.unwrap(), DeleteOutcome::Absent);
    assert_eq!(store.delete_account(KEY, OWNER).await.unwrap(), DeleteOutcome::Owner);
    let (_, after) = done(ordered(&store, CUSTOMER, AccountOrderKind::Delete).await);
    assert!(after.starts_with("absent"), "{after}");
    enable(&store, OWNER).await;
    active_user(&store, CUSTOMER, StoredMode::Admin, existing(KEY)).await;
    disable(&store, CUSTOMER).await;
    enable(&store, CUSTOMER).await;
    assert!(matches!(store.delete_account(KEY, CUSTOMER).await.unwrap(), DeleteOutcome::Deleted { .. }));
}

async fn what_is_disabled_and_what_acts_come_one_after_the_other(store: WsChannelStore) {
    furnish(&store).await;
    let uploads: Vec<_> = (0..40)
        .map(|index| {
            let store = judged(&store, "data");
            tokio::spawn(async move { store.record_upload(upload(&format!("u{index}"), CUSTOMER)).await })
        })
        .collect();
    tokio::task::yield_now().await;
    disable(&store, CUSTOMER).await;
    let acknowledged = journalled(&store).await;
    for upload in uploads {
        if let Err(why) = upload.await.unwrap() {
            assert_eq!(why.refusal::<LostRight>(), Some(&LostRight::Disabled), "{why}");
        }
    }
    assert_eq!(journalled(&store).await, acknowledged, "journalled after the order was acknowledged");
}

pub(crate) async fn journalled(store: &WsChannelStore) -> usize {
    store.uploads_in_state(UploadState::Received, 1000).await.unwrap().len()
}
