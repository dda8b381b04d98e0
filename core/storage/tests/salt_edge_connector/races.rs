//! Concurrent requests: whichever is first, the resulting data is consistent.

use crate::common::{cases, race};
use crate::samples::{
    CLIENT, MINUTE, NOW, about_token, approval, by_bank, callback, deliver_all, digest, enrolled, enrolment, id,
    presented, renewal, task, waiting,
};
use bankchannel_storage::salt_edge_connector::{
    AnsweredSession, CallbackKind, CancelledSession, ConnectorSessionState, ConnectorStore, NewConnectorSession,
    OpenedSession, RevokedToken, SessionChange, SessionKind, SessionSettlement, SettledSession, StepAnswer, TaskKind,
    TaskLane,
};

cases!(
    many_requests_begin_one_session,
    one_of_many_ends_counts,
    confirm_and_cancel,
    approve_and_expire,
    revoke_and_renew,
    many_answers_are_one_try,
    workers_share_questions,
    workers_share_callbacks,
);

const MANY: usize = 12;

async fn many_requests_begin_one_session(store: ConnectorStore) {
    let opened = race(MANY, |number| {
        let store = store.clone();
        let number = u8::try_from(number).unwrap() + 10;
        async move { store.open_session(NewConnectorSession { secret: digest(1), ..enrolment(number) }).await.unwrap() }
    })
    .await;
    assert_eq!(opened.iter().filter(|opened| **opened == OpenedSession::New).count(), 1);
    assert!(opened.iter().all(|opened| matches!(opened, OpenedSession::New | OpenedSession::Repeated)));
    assert!(store.take_task(TaskLane::Sessions, NOW, i64::MAX).await.unwrap().is_some());
    assert!(store.take_task(TaskLane::Sessions, NOW, i64::MAX).await.unwrap().is_none(), "the bank is asked once");
}

async fn one_of_many_ends_counts(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    let settled = race(MANY, |number| {
        let store = store.clone();
        let change =
            if number % 2 == 0 { approval(1) } else { SessionChange::Fail { callback: callback(CallbackKind::Fail) } };
        async move { store.settle(by_bank(1, change)).await.unwrap() }
    })
    .await;
    assert_eq!(settled.iter().filter(|settled| **settled == SettledSession::Done).count(), 1);
    let state = store.session(id(1)).await.unwrap().unwrap().state;
    let kind = if state == ConnectorSessionState::Succeeded { CallbackKind::Success } else { CallbackKind::Fail };
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), kind)]);
    assert_eq!(store.token(presented(1, NOW)).await.unwrap().is_ok(), state == ConnectorSessionState::Succeeded);
}

async fn confirm_and_cancel(store: ConnectorStore) {
    for number in 1..=8 {
        store.open_session(enrolment(number)).await.unwrap();
        let settling = store.settle(by_bank(number, approval(number)));
        let notice = task(100 + number, TaskKind::Notice);
        let cancelling = store.cancel_session(digest(number), CLIENT, notice, NOW);
        let (settled, cancelled) = tokio::join!(settling, cancelling);
        let is_good = store.token(presented(number, NOW)).await.unwrap().is_ok();
        let told = deliver_all(&store).await;
        match (settled.unwrap(), cancelled.unwrap()) {
            (SettledSession::Done, CancelledSession::Unchanged) => {
                assert!(is_good);
                assert_eq!(told, [(Some(id(number)), CallbackKind::Success)]);
            }
            (SettledSession::Ended(ConnectorSessionState::Cancelled), CancelledSession::Done) => {
                assert!(!is_good);
                assert_eq!(told, []);
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn approve_and_expire(store: ConnectorStore) {
    for number in 1..=8 {
        store.open_session(enrolment(number)).await.unwrap();
        let end = NOW + 15 * MINUTE;
        // One clock is slightly behind the other.
        let settling = store.settle(SessionSettlement { now: end - 1, ..by_bank(number, approval(number)) });
        let (settled, expired) = tokio::join!(settling, store.expire_sessions(end, 9));
        let is_good = store.token(presented(number, NOW)).await.unwrap().is_ok();
        let told = deliver_all(&store).await;
        match (settled.unwrap(), expired.unwrap()) {
            (SettledSession::Done, 0) => {
                assert!(is_good);
                assert_eq!(told, [(Some(id(number)), CallbackKind::Success)]);
            }
            (SettledSession::Ended(ConnectorSessionState::Expired), 1) => {
                assert!(!is_good);
                assert_eq!(told, [(Some(id(number)), CallbackKind::Fail)]);
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn revoke_and_renew(store: ConnectorStore) {
    for number in 1..=8 {
        enrolled(&store, number).await;
        let renewed = number + 50;
        store.open_session(about_token(renewed, SessionKind::Reconnect, number)).await.unwrap();
        let settling = store.settle(by_bank(renewed, renewal(renewed)));
        let (settled, revoked) = tokio::join!(settling, store.revoke_token(id(number), NOW));
        assert_eq!(revoked.unwrap(), RevokedToken::Done);
        let settled = settled.unwrap();
        let ended =
            [SettledSession::Done, SettledSession::Ended(ConnectorSessionState::Failed), SettledSession::TokenRevoked];
        assert!(ended.contains(&settled), "{settled:?}");
        assert!(store.token(presented(number, NOW)).await.unwrap().is_err());
        assert!(store.token(presented(renewed, NOW)).await.unwrap().is_err(), "revoked is revoked");
        let told = deliver_all(&store).await;
        assert!(told.contains(&(Some(id(number)), CallbackKind::Revoke)), "{told:?}");
        let ends = told.iter().filter(|(of, kind)| *of == Some(id(renewed)) && kind.ends_session()).count();
        assert_eq!(ends, 1, "{told:?}");
        let place = |kind| told.iter().position(|one| *one == (Some(id(renewed)), kind));
        if let Some(success) = place(CallbackKind::Success) {
            assert!(place(CallbackKind::Revoke).is_some_and(|revoke| revoke > success), "{told:?}");
        }
    }
}

async fn many_answers_are_one_try(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingCode))).await.unwrap();
    let answered = race(MANY, |number| {
        let store = store.clone();
        let answer = StepAnswer {
            client_jwt: None,
            secret: digest(1),
            client_id: CLIENT,
            presented: None,
            answer: digest(u8::try_from(number).unwrap()),
            max_tries: 1,
            now: NOW + 2,
            task: task(u8::try_from(number).unwrap() + 10, TaskKind::Confirm),
        };
        async move { store.answer_step(answer).await.unwrap() }
    })
    .await;
    assert_eq!(answered.iter().filter(|answered| **answered == AnsweredSession::Taken).count(), 1);
    assert_eq!(store.session(id(1)).await.unwrap().unwrap().tries, 1);
}

async fn workers_share_questions(store: ConnectorStore) {
    for number in 1..=20 {
        store.open_session(enrolment(number)).await.unwrap();
    }
    let taken = race(4, |_| {
        let store = store.clone();
        async move {
            let mut taken = Vec::new();
            while let Some(task) = store.take_task(TaskLane::Sessions, NOW, NOW + MINUTE).await.unwrap() {
                taken.push(task.id[0]);
            }
            taken
        }
    })
    .await;
    let mut taken: Vec<u8> = taken.into_iter().flatten().collect();
    taken.sort_unstable();
    assert_eq!(taken, (1..=20).collect::<Vec<u8>>());
}

async fn workers_share_callbacks(store: ConnectorStore) {
    for number in 1..=20 {
        store.open_session(enrolment(number)).await.unwrap();
        store.settle(by_bank(number, approval(number))).await.unwrap();
    }
    let taken = race(4, |_| {
        let store = store.clone();
        async move {
            let mut taken = Vec::new();
            loop {
                let due = store.take_callbacks(NOW + 1, NOW + MINUTE, 3).await.unwrap();
                if due.is_empty() {
                    return taken;
                }
                taken.extend(due.iter().map(|due| due.session.unwrap()[0]));
            }
        }
    })
    .await;
    let mut taken: Vec<u8> = taken.into_iter().flatten().collect();
    taken.sort_unstable();
    assert_eq!(taken, (1..=20).collect::<Vec<u8>>());
}
