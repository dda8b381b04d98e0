//! Challenges, codes, pending steps, sessions, lockouts.

use crate::samples::*;
use crate::{cases, race};
use bankchannel_storage::ws_channel::*;

cases!(
    a_challenge_is_consumed_once_by_one_of_many,
    a_code_dies_of_success_time_and_tries,
    one_of_many_right_codes_wins,
    codes_have_gaps_and_quotas,
    email_verification_needs_its_token,
    a_reset_replaces_revokes_and_unlocks,
    a_reset_leaves_nothing_of_the_old_password,
    a_login_and_a_reset_exclude_each_other,
    mfa_by_sms_counts_kills_and_locks,
    one_of_many_mfa_answers_and_selections_wins,
    totp_is_enrolled_and_each_step_counts_once,
    sessions_show_the_state_of_everything_and_are_revoked,
    failures_lock_for_a_while,
    quotas_slide,
    purge_removes_what_is_over,
);

async fn a_challenge_is_consumed_once_by_one_of_many(store: WsChannelStore) {
    let won = race(64, |_| {
        let store = store.clone();
        async move { store.consume_challenge("2646b71b-9b51-4d11-bf5e-cca5617bcfde", NOW + HOUR).await.unwrap() }
    })
    .await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    assert!(!store.consume_challenge("2646b71b-9b51-4d11-bf5e-cca5617bcfde", NOW + HOUR).await.unwrap());
    assert!(store.consume_challenge("4017bda8-0a15-4154-a8b7-88069b05cb4e", NOW + HOUR).await.unwrap());
}

fn phone_request(hash: &str, now: i64) -> PhoneConfirmation {
    PhoneConfirmation {
        email: OWNER.to_owned(),
        mode: StoredMode::Admin,
        phone: PHONE.to_owned(),
        hash: digest(hash),
        max_tries: 3,
        now,
    }
}

async fn a_code_dies_of_success_time_and_tries(store: WsChannelStore) {
    store.register(registration(OWNER, StoredMode::Admin, mint(KEY), NOW)).await.unwrap();
    let foreign_phone = PhoneConfirmation { phone: "+358409999999".to_owned(), ..phone_request("123456", NOW) };
    assert_eq!(store.verify_phone(foreign_phone).await.unwrap(), CodeCheck::Wrong);
    assert_eq!(store.verify_phone(phone_request("123456", NOW + DAY)).await.unwrap(), CodeCheck::Expired);
    assert_eq!(store.verify_phone(phone_request("000000", NOW)).await.unwrap(), CodeCheck::Wrong);
    assert_eq!(store.verify_phone(phone_request("123456", NOW)).await.unwrap(), CodeCheck::Right);
    assert_eq!(store.verify_phone(phone_request("123456", NOW)).await.unwrap(), CodeCheck::Wrong, "used up");
    let credential = store.credential(OWNER, StoredMode::Admin).await.unwrap().unwrap();
    assert_eq!((credential.phone_verified, credential.email_verified), (true, false));

    store.put_code(code(OWNER, StoredMode::Admin, CodePurpose::VerifyPhone, NOW)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(store.verify_phone(phone_request("999999", NOW)).await.unwrap(), CodeCheck::Wrong);
    }
    assert_eq!(
        store.verify_phone(phone_request("123456", NOW)).await.unwrap(),
        CodeCheck::TooMany,
        "dead, though right"
    );
    store.put_code(code(OWNER, StoredMode::Admin, CodePurpose::VerifyPhone, NOW)).await.unwrap();
    assert_eq!(
        store.verify_phone(phone_request("123456", NOW)).await.unwrap(),
        CodeCheck::Right,
        "a new code has new tries"
    );
    store.put_code(code(OWNER, StoredMode::Admin, CodePurpose::VerifyPhone, NOW)).await.unwrap();
    assert!(store.drop_code(OWNER, StoredMode::Admin, CodePurpose::VerifyPhone).await.unwrap());
    assert_eq!(store.verify_phone(phone_request("123456", NOW)).await.unwrap(), CodeCheck::Wrong);
}

async fn one_of_many_right_codes_wins(store: WsChannelStore) {
    store.register(registration(OWNER, StoredMode::Admin, mint(KEY), NOW)).await.unwrap();
    let checks = race(24, |_| {
        let store = store.clone();
        async move { store.verify_phone(phone_request("123456", NOW)).await.unwrap() }
    })
    .await;
    assert_eq!(checks.iter().filter(|check| **check == CodeCheck::Right).count(), 1, "{checks:?}");
}

async fn codes_have_gaps_and_quotas(store: WsChannelStore) {
    let quota = EventQuota {
        key: LockKey::new("code.phone", PHONE),
        policy: LockPolicy { limit: 2, window: DAY, duration: 0 },
    };
    let at = |now: i64| NewCode {
        min_gap: MINUTE,
        quotas: vec![quota.clone()],
        sending: Vec::new(),
        ..code(OWNER, StoredMode::Admin, CodePurpose::PasswordReset, now)
    };
    assert_eq!(store.put_code(at(NOW)).await.unwrap(), CodeSend::Send);
    assert_eq!(store.put_code(at(NOW + MINUTE - 1)).await.unwrap(), CodeSend::TooSoon { retry_at: NOW + MINUTE });
    assert_eq!(store.put_code(at(NOW + MINUTE)).await.unwrap(), CodeSend::Send);
    assert_eq!(store.put_code(at(NOW + 2 * MINUTE)).await.unwrap(), CodeSend::TooMany { retry_at: NOW + DAY });
    assert_eq!(store.put_code(at(NOW + DAY)).await.unwrap(), CodeSend::Send);
}

async fn email_verification_needs_its_token(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let token = digest("access token");
    let sent = store
        .open_pending(
            pending(token, PendingKind::VerifyEmail, OWNER, StoredMode::Admin, NOW),
            Some(code(OWNER, StoredMode::Admin, CodePurpose::VerifyEmail, NOW)),
        )
        .await
        .unwrap();
    assert_eq!(sent, CodeSend::Send);
    let good = EmailConfirmation {
        email: OWNER.to_owned(),
        mode: StoredMode::Admin,
        token,
        hash: digest("123456"),
        max_tries: 5,
        now: NOW,
    };
    let check = |request| store.verify_email(request);
    assert_eq!(
        check(EmailConfirmation { email: CUSTOMER.to_owned(), ..good.clone() }).await.unwrap(),
        CodeCheck::NoToken
    );
    assert_eq!(check(EmailConfirmation { mode: StoredMode::Data, ..good.clone() }).await.unwrap(), CodeCheck::NoToken);
    assert_eq!(check(EmailConfirmation { token: digest("other"), ..good.clone() }).await.unwrap(), CodeCheck::NoToken);
    assert_eq!(check(EmailConfirmation { now: NOW + 180 * SECOND, ..good.clone() }).await.unwrap(), CodeCheck::NoToken);
    assert_eq!(check(EmailConfirmation { hash: digest("1"), ..good.clone() }).await.unwrap(), CodeCheck::Wrong);
    assert_eq!(check(good.clone()).await.unwrap(), CodeCheck::Right);
    assert_eq!(check(good).await.unwrap(), CodeCheck::NoToken, "the token dies with success");
}

async fn a_reset_replaces_revokes_and_unlocks(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    store.create_session(session(digest("admin"), OWNER, StoredMode::Admin, NOW), vec![]).await.unwrap();
    store.create_session(session(digest("data"), OWNER, StoredMode::Data, NOW), vec![]).await.unwrap();
    store.open_pending(pending(digest("mfa"), PendingKind::Mfa, OWNER, StoredMode::Admin, NOW), None).await.unwrap();
    let key = LockKey::new("password", "owner admin");
    let policy = LockPolicy { limit: 1, window: HOUR, duration: HOUR };
    store.record_failure(&key, policy, NOW).await.unwrap();
    store.put_code(code(OWNER, StoredMode::Admin, CodePurpose::PasswordReset, NOW)).await.unwrap();
    let reset = PasswordReplacement {
        email: OWNER.to_owned(),
        mode: StoredMode::Admin,
        hash: digest("wrong"),
        password_hash: "$new".to_owned(),
        max_tries: 5,
        clear: vec![key.clone()],
        now: NOW + 1,
    };
    assert_eq!(store.reset_password(reset.clone()).await.unwrap(), CodeCheck::Wrong);
    assert!(store.session(&digest("admin"), NOW).await.unwrap().is_some());
    let generation = store.auth_generation();
    let right = PasswordReplacement { hash: digest("123456"), ..reset };
    assert_eq!(store.reset_password(right.clone()).await.unwrap(), CodeCheck::Right);
    assert!(!store.is_only_writer() || store.auth_generation() > generation, "caches must learn of it");
    assert_eq!(store.credential(OWNER, StoredMode::Admin).await.unwrap().unwrap().password_hash, "$new");
    assert!(store.session(&digest("admin"), NOW).await.unwrap().is_none());
    assert!(store.pending(&digest("mfa"), NOW).await.unwrap().is_none());
    assert!(store.session(&digest("data"), NOW).await.unwrap().is_some(), "the other mode is untouched");
    assert_eq!(store.locked_until(&key, NOW).await.unwrap(), None);
    assert_eq!(store.reset_password(right).await.unwrap(), CodeCheck::Wrong, "used up");
}

/// A session or step based on the old password is refused, whether it is stored before or after the reset.
async fn a_reset_leaves_nothing_of_the_old_password(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let old = store.credential(OWNER, StoredMode::Admin).await.unwrap().unwrap().password_hash;
    let begin = |name: &str, hash: &str, now| NewAccountSession {
        verified_hash: Some(hash.to_owned()),
        ..session(digest(name), OWNER, StoredMode::Admin, now)
    };
    let step = |name: &str, hash: &str| NewPending {
        verified_hash: Some(hash.to_owned()),
        ..pending(digest(name), PendingKind::Mfa, OWNER, StoredMode::Admin, NOW + MINUTE)
    };
    // The request arrives at NOW + 1; a login with the old password arrives later and is stored first.
    assert!(store.create_session(begin("later", &old, NOW + MINUTE), vec![]).await.unwrap());
    assert_eq!(store.open_pending(step("later step", &old), None).await.unwrap(), CodeSend::Send);
    store.put_code(code(OWNER, StoredMode::Admin, CodePurpose::PasswordReset, NOW)).await.unwrap();
    let reset = PasswordReplacement {
        email: OWNER.to_owned(),
        mode: StoredMode::Admin,
        hash: digest("123456"),
        password_hash: "$new".to_owned(),
        max_tries: 5,
        clear: vec![],
        now: NOW + 1,
    };
    assert_eq!(store.reset_password(reset).await.unwrap(), CodeCheck::Right);
    assert!(store.session(&digest("later"), NOW + MINUTE).await.unwrap().is_none());
    assert!(store.pending(&digest("later step"), NOW + MINUTE).await.unwrap().is_none());
    // Verified before the reset and stored after it.
    let key = LockKey::new("password", "owner admin");
    store.record_failure(&key, LockPolicy { limit: 1, window: HOUR, duration: HOUR }, NOW).await.unwrap();
    assert!(!store.create_session(begin("late", &old, NOW + MINUTE), vec![key.clone()]).await.unwrap());
    assert!(store.locked_until(&key, NOW).await.unwrap().is_some(), "nothing changed");
    assert!(store.session(&digest("late"), NOW + MINUTE).await.unwrap().is_none());
    let sms = code(OWNER, StoredMode::Admin, CodePurpose::Mfa, NOW);
    assert_eq!(store.open_pending(step("late step", &old), Some(sms)).await.unwrap(), CodeSend::Stale);
    assert!(store.pending(&digest("late step"), NOW + MINUTE).await.unwrap().is_none());
    assert!(store.create_session(begin("new", "$new", NOW + MINUTE), vec![]).await.unwrap());
    // A user who no longer exists gets none either.
    let nobody = session(digest("nobody"), "nobody@example.test", StoredMode::Data, NOW);
    assert!(!store.create_session(nobody, vec![]).await.unwrap());
}

/// After a simultaneous login and reset, in either order, no session of the old password is left.
async fn a_login_and_a_reset_exclude_each_other(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let old = store.credential(OWNER, StoredMode::Data).await.unwrap().unwrap().password_hash;
    store.put_code(code(OWNER, StoredMode::Data, CodePurpose::PasswordReset, NOW)).await.unwrap();
    race(8, |index| {
        let (store, old) = (store.clone(), old.clone());
        async move {
            if index == 4 {
                let reset = PasswordReplacement {
                    email: OWNER.to_owned(),
                    mode: StoredMode::Data,
                    hash: digest("123456"),
                    password_hash: "$new".to_owned(),
                    max_tries: 5,
                    clear: vec![],
                    now: NOW,
                };
                assert_eq!(store.reset_password(reset).await.unwrap(), CodeCheck::Right);
            } else {
                let token = digest(&format!("racing {index}"));
                let begun = NewAccountSession {
                    verified_hash: Some(old),
                    ..session(token, OWNER, StoredMode::Data, NOW + SECOND)
                };
                store.create_session(begun, vec![]).await.unwrap();
            }
        }
    })
    .await;
    for index in 0..8 {
        assert!(store.session(&digest(&format!("racing {index}")), NOW + SECOND).await.unwrap().is_none());
    }
}

fn answer(token: Digest, proof: MfaProof, now: i64) -> MfaAnswer {
    MfaAnswer {
        token,
        email: OWNER.to_owned(),
        mode: StoredMode::Admin,
        proof,
        max_tries: 5,
        lock: (LockKey::new("mfa", OWNER), LockPolicy { limit: 10, window: HOUR, duration: HOUR }),
        grant: MfaGrant { session: Some(session(digest("granted"), OWNER, StoredMode::Admin, now)), pending: None },
        now,
    }
}

async fn open_sms(store: &WsChannelStore, token: Digest, now: i64) {
    let sent = store
        .open_pending(
            pending(token, PendingKind::Mfa, OWNER, StoredMode::Admin, now),
            Some(code(OWNER, StoredMode::Admin, CodePurpose::Mfa, now)),
        )
        .await
        .unwrap();
    assert_eq!(sent, CodeSend::Send);
}

async fn mfa_by_sms_counts_kills_and_locks(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let (first, second, third) = (digest("first"), digest("second"), digest("third"));
    let (right, wrong) = (MfaProof::Sms(digest("123456")), MfaProof::Sms(digest("000000")));
    open_sms(&store, first, NOW).await;
    assert_eq!(
        store.answer_mfa(answer(first, MfaProof::Totp(Some(1)), NOW)).await.unwrap(),
        MfaOutcome::OtherChallenge
    );
    assert_eq!(store.answer_mfa(answer(first, right, NOW + 181 * SECOND)).await.unwrap(), MfaOutcome::Expired);
    for _ in 0..4 {
        assert_eq!(store.answer_mfa(answer(first, wrong, NOW)).await.unwrap(), MfaOutcome::Wrong);
    }
    let other_user = MfaAnswer { email: CUSTOMER.to_owned(), ..answer(first, right, NOW) };
    assert_eq!(store.answer_mfa(other_user).await.unwrap(), MfaOutcome::Wrong, "counts as the fifth");
    assert_eq!(
        store.answer_mfa(answer(first, right, NOW)).await.unwrap(),
        MfaOutcome::Expired,
        "five wrong ones kill the session"
    );
    assert!(store.session(&digest("granted"), NOW).await.unwrap().is_none());

    open_sms(&store, second, NOW).await;
    for _ in 0..4 {
        assert_eq!(store.answer_mfa(answer(second, wrong, NOW)).await.unwrap(), MfaOutcome::Wrong);
    }
    open_sms(&store, third, NOW).await;
    assert_eq!(
        store.answer_mfa(answer(second, wrong, NOW)).await.unwrap(),
        MfaOutcome::Wrong,
        "the tenth locks the account"
    );
    assert_eq!(store.answer_mfa(answer(third, right, NOW)).await.unwrap(), MfaOutcome::Locked { until: NOW + HOUR });
    let later = NOW + HOUR;
    open_sms(&store, digest("later"), later).await;
    assert_eq!(store.answer_mfa(answer(digest("later"), right, later)).await.unwrap(), MfaOutcome::Granted);
    let granted = store.session(&digest("granted"), later).await.unwrap().unwrap();
    assert!(granted.verified && granted.account.unwrap().is_owner);
    assert_eq!(store.answer_mfa(answer(digest("later"), right, later)).await.unwrap(), MfaOutcome::Expired);
}

async fn one_of_many_mfa_answers_and_selections_wins(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    open_sms(&store, digest("raced"), NOW).await;
    let outcomes = race(24, |index| {
        let store = store.clone();
        let mut answer = answer(digest("raced"), MfaProof::Sms(digest("123456")), NOW);
        answer.grant.session = Some(session(digest(&format!("session {index}")), OWNER, StoredMode::Admin, NOW));
        async move { store.answer_mfa(answer).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|o| **o == MfaOutcome::Granted).count(), 1, "{outcomes:?}");

    let mut choice = pending(digest("choice"), PendingKind::Mfa, OWNER, StoredMode::Admin, NOW);
    choice.challenge = Some(MfaChallenge::Select);
    store.open_pending(choice, None).await.unwrap();
    let outcomes = race(24, |index| {
        let store = store.clone();
        let new = pending(digest(&format!("chosen {index}")), PendingKind::Mfa, OWNER, StoredMode::Admin, NOW);
        let code = Some(code(OWNER, StoredMode::Admin, CodePurpose::Mfa, NOW));
        async move { store.select_mfa(FactorSelection { old: digest("choice"), new, code }).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|o| **o == SelectOutcome::Selected).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|o| **o == SelectOutcome::Gone).count(), 23);
    let foreign = pending(digest("x"), PendingKind::Mfa, CUSTOMER, StoredMode::Admin, NOW);
    let winner = outcomes.iter().position(|o| *o == SelectOutcome::Selected).unwrap();
    let old = digest(&format!("chosen {winner}"));
    assert_eq!(store.select_mfa(FactorSelection { old, new: foreign, code: None }).await.unwrap(), SelectOutcome::Gone);
    assert!(store.pending(&old, NOW).await.unwrap().is_some());
}

async fn totp_is_enrolled_and_each_step_counts_once(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let token = digest("enrol");
    let mut enrol = pending(token, PendingKind::TotpEnrol, OWNER, StoredMode::Admin, NOW);
    enrol.secret = Some(b"sealed secret".to_vec());
    store.open_pending(enrol, None).await.unwrap();
    let confirm = |email: &str, step| ConfirmTotp { token, email: email.to_owned(), step, max_tries: 5, now: NOW };
    assert_eq!(store.confirm_totp(confirm(CUSTOMER, Some(100))).await.unwrap(), TotpOutcome::NoToken);
    assert_eq!(store.confirm_totp(confirm(OWNER, None)).await.unwrap(), TotpOutcome::Wrong);
    let before = store.credential(OWNER, StoredMode::Admin).await.unwrap().unwrap();
    assert_eq!((before.totp_secret, before.preferred_factor), (None, None), "a wrong code enrols nothing");
    assert_eq!(store.confirm_totp(confirm(OWNER, Some(100))).await.unwrap(), TotpOutcome::Enabled);
    assert_eq!(store.confirm_totp(confirm(OWNER, Some(100))).await.unwrap(), TotpOutcome::NoToken);
    let after = store.credential(OWNER, StoredMode::Admin).await.unwrap().unwrap();
    assert_eq!(after.totp_secret.as_deref(), Some(b"sealed secret".as_slice()));
    assert_eq!((after.totp_last_step, after.preferred_factor), (100, Some(AuthenticationFactor::Totp)));

    for index in 0..2 {
        let mut wait = pending(digest(&format!("totp {index}")), PendingKind::Mfa, OWNER, StoredMode::Admin, NOW);
        wait.challenge = Some(MfaChallenge::Totp);
        store.open_pending(wait, None).await.unwrap();
    }
    let reused = answer(digest("totp 0"), MfaProof::Totp(Some(100)), NOW);
    assert_eq!(store.answer_mfa(reused).await.unwrap(), MfaOutcome::Wrong, "the step of the enrolment is used up");
    let next = answer(digest("totp 0"), MfaProof::Totp(Some(101)), NOW);
    assert_eq!(store.answer_mfa(next).await.unwrap(), MfaOutcome::Granted);
    let again = answer(digest("totp 1"), MfaProof::Totp(Some(101)), NOW);
    assert_eq!(store.answer_mfa(again).await.unwrap(), MfaOutcome::Wrong);
}

async fn sessions_show_the_state_of_everything_and_are_revoked(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let token = digest("token");
    store.create_session(session(token, OWNER, StoredMode::Data, NOW), vec![]).await.unwrap();
    let found = store.session(&token, NOW).await.unwrap().unwrap();
    assert!(found.verified && found.tenant_enabled && found.transfer_enabled);
    assert_eq!(found.account.as_ref().map(|a| a.email.as_str()), Some(OWNER));
    assert!(store.session(&token, NOW + HOUR).await.unwrap().is_none(), "expired");
    assert!(store.session(&digest("other"), NOW).await.unwrap().is_none());
    assert!(store.touch_session(&token, NOW + MINUTE).await.unwrap());
    assert_eq!(store.session(&token, NOW).await.unwrap().unwrap().last_used, NOW + MINUTE);
    store.change_tenant(KEY, TenantChange::TransferEnabled(false)).await.unwrap();
    assert!(!store.session(&token, NOW).await.unwrap().unwrap().transfer_enabled);

    store.create_session(session(digest("later"), OWNER, StoredMode::Data, NOW + 1), vec![]).await.unwrap();
    store.create_session(session(digest("admin"), OWNER, StoredMode::Admin, NOW), vec![]).await.unwrap();
    let generation = store.auth_generation();
    assert_eq!(store.revoke_all(OWNER, StoredMode::Data, NOW).await.unwrap(), 1);
    assert!(!store.is_only_writer() || store.auth_generation() > generation);
    assert!(store.session(&token, NOW).await.unwrap().is_none());
    assert!(store.session(&digest("later"), NOW).await.unwrap().is_some(), "issued a millisecond later");
    assert!(store.session(&digest("admin"), NOW).await.unwrap().is_some());

    let orphan =
        NewAccountSession { api_key: "gone".to_owned(), ..session(digest("orphan"), OWNER, StoredMode::Data, NOW) };
    store.create_session(orphan, vec![]).await.unwrap();
    let orphan = store.session(&digest("orphan"), NOW).await.unwrap().unwrap();
    assert_eq!((orphan.account, orphan.tenant_enabled), (None, false));
}

async fn failures_lock_for_a_while(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let (key, other) = (LockKey::new("password", "a"), LockKey::new("password", "b"));
    let policy = LockPolicy { limit: 3, window: 15 * MINUTE, duration: 15 * MINUTE };
    assert_eq!(store.record_failure(&key, policy, NOW).await.unwrap(), LockState::Open { failures: 1 });
    assert_eq!(store.record_failure(&key, policy, NOW + 15 * MINUTE).await.unwrap(), LockState::Open { failures: 1 });
    store.record_failure(&key, policy, NOW + 16 * MINUTE).await.unwrap();
    let until = NOW + 32 * MINUTE;
    assert_eq!(store.record_failure(&key, policy, NOW + 17 * MINUTE).await.unwrap(), LockState::Locked { until });
    assert_eq!(store.record_failure(&key, policy, NOW + 18 * MINUTE).await.unwrap(), LockState::Locked { until });
    assert_eq!(store.locked_until(&key, until - 1).await.unwrap(), Some(until));
    assert_eq!(store.locked_until(&other, until - 1).await.unwrap(), None);
    assert_eq!(store.locked_until(&key, until).await.unwrap(), None);
    assert_eq!(
        store.record_failure(&key, policy, until).await.unwrap(),
        LockState::Open { failures: 1 },
        "counts anew"
    );
    store.create_session(session(digest("s"), OWNER, StoredMode::Data, until), vec![key.clone()]).await.unwrap();
    assert_eq!(
        store.record_failure(&key, policy, until).await.unwrap(),
        LockState::Open { failures: 1 },
        "cleared by login"
    );

    let states = race(16, |_| {
        let (store, other) = (store.clone(), other.clone());
        async move { store.record_failure(&other, policy, NOW).await.unwrap() }
    })
    .await;
    assert_eq!(states.iter().filter(|s| matches!(s, LockState::Open { .. })).count(), 2, "{states:?}");
    store.clear_failures(std::slice::from_ref(&other)).await.unwrap();
    assert_eq!(store.locked_until(&other, NOW).await.unwrap(), None);
}

async fn quotas_slide(store: WsChannelStore) {
    let key = LockKey::new("register.ip", "192.0.2.1");
    let policy = LockPolicy { limit: 2, window: HOUR, duration: 0 };
    assert_eq!(store.take_quota(&key, policy, NOW).await.unwrap(), QuotaState::Taken { left: 1 });
    assert_eq!(store.take_quota(&key, policy, NOW + MINUTE).await.unwrap(), QuotaState::Taken { left: 0 });
    let exhausted = QuotaState::Exhausted { retry_at: NOW + HOUR };
    assert_eq!(store.take_quota(&key, policy, NOW + 2 * MINUTE).await.unwrap(), exhausted);
    assert_eq!(store.take_quota(&key, policy, NOW + HOUR).await.unwrap(), QuotaState::Taken { left: 0 });
}

async fn purge_removes_what_is_over(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    store.consume_challenge("a", NOW + MINUTE).await.unwrap();
    store.consume_challenge("b", NOW + HOUR).await.unwrap();
    store.create_session(session(digest("s"), OWNER, StoredMode::Data, NOW - HOUR), vec![]).await.unwrap();
    store.create_session(session(digest("t"), OWNER, StoredMode::Data, NOW), vec![]).await.unwrap();
    open_sms(&store, digest("mfa"), NOW).await;
    store
        .take_quota(&LockKey::new("x", "y"), LockPolicy { limit: 9, window: 1, duration: 0 }, NOW - 2 * DAY)
        .await
        .unwrap();
    let policy = PurgePolicy { now: NOW + 10 * MINUTE, unverified_after: 7 * DAY, attempts_after: DAY, grace: 0 };
    let report = store.purge(policy).await.unwrap();
    let expected = PurgeReport { challenges: 1, sessions: 1, pending: 1, codes: 1, attempts: 1, registrations: 0 };
    assert_eq!(report, expected);
    assert!(store.session(&digest("t"), NOW).await.unwrap().is_some());
    assert!(!store.consume_challenge("b", NOW + HOUR).await.unwrap(), "a living challenge stays used");
    assert_eq!(store.purge(policy).await.unwrap(), PurgeReport::default());
}
