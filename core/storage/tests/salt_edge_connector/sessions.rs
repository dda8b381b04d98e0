//! Sessions: opened, repeated, answered, settled, cancelled, expired.

use crate::common::cases;
use crate::samples::{
    CLIENT, MINUTE, NOW, about_token, approval, by_bank, by_task, callback, deliver_all, digest, enrolled, enrolment,
    id, presented, renewal, task, waiting,
};
use bankchannel_storage::salt_edge_connector::{
    AnsweredSession, CallbackKind, CancelledSession, ConnectorSessionState, ConnectorStore, NewConnectorSession,
    OpenedSession, SessionChange, SessionKind, SessionSettlement, SettledSession, StepAnswer, TaskKind, TaskLane,
    TokenRefusal, UsedJwt,
};

cases!(
    a_session_begins_once,
    a_repeat_has_the_hub_told_again,
    the_bank_is_asked_and_its_answer_ends_the_session,
    an_answer_is_taken_only_where_one_is_awaited,
    answers_are_counted,
    what_was_given_up_stays_so,
    time_ends_a_session,
    a_renewal_that_fails_leaves_the_token_as_it_was,
    a_task_is_settled_once,
    a_session_has_one_customer,
    what_customers_wait_for_goes_first,
    a_third_partys_jwt_counts_for_one_session,
    old_rows_go_when_nothing_waits,
);

async fn state(store: &ConnectorStore, number: u8) -> ConnectorSessionState {
    store.session(id(number)).await.unwrap().unwrap().state
}

fn answer(number: u8, of_task: u8) -> StepAnswer {
    StepAnswer {
        client_jwt: None,
        secret: digest(number),
        client_id: CLIENT,
        presented: None,
        answer: digest(of_task),
        max_tries: 2,
        now: NOW + 2,
        task: task(of_task, TaskKind::Confirm),
    }
}

async fn a_session_begins_once(store: ConnectorStore) {
    assert_eq!(store.open_session(enrolment(1)).await.unwrap(), OpenedSession::New);
    let again = || bankchannel_storage::salt_edge_connector::NewConnectorSession { secret: digest(1), ..enrolment(2) };
    assert_eq!(store.open_session(again()).await.unwrap(), OpenedSession::Repeated);
    let mut foreign = again();
    foreign.client_id = 8;
    assert_eq!(store.open_session(foreign).await.unwrap(), OpenedSession::OtherClient);
    enrolled(&store, 9).await;
    let mut other = about_token(3, SessionKind::Refresh, 9);
    other.secret = digest(1);
    assert_eq!(store.open_session(other).await.unwrap(), OpenedSession::OtherKind);
    assert_eq!(store.session(id(2)).await.unwrap(), None, "nothing of a repeat is stored");
    let without = about_token(4, SessionKind::Refresh, 77);
    assert_eq!(store.open_session(without).await.unwrap(), OpenedSession::Token(TokenRefusal::NotFound));
}

async fn a_repeat_has_the_hub_told_again(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    assert_eq!(store.open_session(enrolment(1)).await.unwrap(), OpenedSession::Repeated);
    assert_eq!(deliver_all(&store).await, [], "there was nothing to tell");
    store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingRedirect))).await.unwrap();
    assert_eq!(store.open_session(enrolment(1)).await.unwrap(), OpenedSession::Repeated);
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), CallbackKind::Update)], "what waits is not told twice");
    assert_eq!(store.open_session(enrolment(1)).await.unwrap(), OpenedSession::Repeated);
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), CallbackKind::Update)]);
    store.settle(by_bank(1, approval(1))).await.unwrap();
    assert_eq!(store.open_session(enrolment(1)).await.unwrap(), OpenedSession::Repeated);
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), CallbackKind::Success)]);
}

async fn the_bank_is_asked_and_its_answer_ends_the_session(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    assert_eq!(state(&store, 1).await, ConnectorSessionState::Received);
    let due = store.take_task(TaskLane::Sessions, NOW, NOW + MINUTE).await.unwrap().unwrap();
    assert_eq!((due.kind, due.lease, &due.sealed), (TaskKind::Authenticate, 1, &vec![1]));
    assert!(store.take_task(TaskLane::Sessions, NOW, NOW + MINUTE).await.unwrap().is_none(), "it is taken");
    assert_eq!(store.settle(by_task(&due, approval(1))).await.unwrap(), SettledSession::Done);
    assert_eq!(state(&store, 1).await, ConnectorSessionState::Succeeded);
    assert!(store.token(presented(1, NOW)).await.unwrap().is_ok());
    let late = store.settle(by_bank(1, SessionChange::Fail { callback: callback(CallbackKind::Fail) })).await.unwrap();
    assert_eq!(late, SettledSession::Ended(ConnectorSessionState::Succeeded));
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), CallbackKind::Success)], "one end, and no other");
    assert!(store.take_task(TaskLane::Sessions, i64::MAX, i64::MAX).await.unwrap().is_none());
}

async fn an_answer_is_taken_only_where_one_is_awaited(store: ConnectorStore) {
    assert_eq!(store.answer_step(answer(1, 10)).await.unwrap(), AnsweredSession::NotFound);
    store.open_session(enrolment(1)).await.unwrap();
    assert_eq!(store.answer_step(answer(1, 10)).await.unwrap(), AnsweredSession::NotAwaited);
    store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingRedirect))).await.unwrap();
    assert_eq!(
        store.answer_step(answer(1, 10)).await.unwrap(),
        AnsweredSession::NotAwaited,
        "a page approves, not a code"
    );
    store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingCode))).await.unwrap();
    let foreign = StepAnswer { client_id: 8, ..answer(1, 10) };
    assert_eq!(store.answer_step(foreign).await.unwrap(), AnsweredSession::OtherClient);
    assert_eq!(store.answer_step(answer(1, 10)).await.unwrap(), AnsweredSession::Taken);
    assert_eq!(store.answer_step(answer(1, 11)).await.unwrap(), AnsweredSession::Unchanged, "the bank is being asked");
    let due = store.take_task(TaskLane::Sessions, NOW + 3, NOW + MINUTE).await.unwrap().unwrap();
    assert_eq!((due.kind, due.session.as_ref().unwrap().tries), (TaskKind::Confirm, 1));
    assert_eq!(store.settle(by_task(&due, approval(1))).await.unwrap(), SettledSession::Done);
    assert_eq!(store.answer_step(answer(1, 12)).await.unwrap(), AnsweredSession::Unchanged, "it has ended");
}

async fn answers_are_counted(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    for try_ in 1..=2 {
        store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingCode))).await.unwrap();
        assert_eq!(store.answer_step(answer(1, 10 + try_)).await.unwrap(), AnsweredSession::Taken);
    }
    store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingCode))).await.unwrap();
    deliver_all(&store).await;
    assert_eq!(store.answer_step(answer(1, 20)).await.unwrap(), AnsweredSession::TooMany);
    assert_eq!(state(&store, 1).await, ConnectorSessionState::Failed);
    let due = store.take_callbacks(NOW + 9, i64::MAX, 9).await.unwrap();
    assert_eq!((due[0].kind, due[0].reason.as_deref()), (CallbackKind::Fail, Some("InvalidConfirmationCode")));
}

async fn what_was_given_up_stays_so(store: ConnectorStore) {
    let cancel = |client| store.cancel_session(digest(1), client, task(50, TaskKind::Notice), NOW);
    assert_eq!(cancel(CLIENT).await.unwrap(), CancelledSession::NotFound);
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingRedirect))).await.unwrap();
    assert_eq!(cancel(8).await.unwrap(), CancelledSession::OtherClient);
    assert_eq!(cancel(CLIENT).await.unwrap(), CancelledSession::Done);
    let settled = store.settle(by_bank(1, approval(1))).await.unwrap();
    assert_eq!(settled, SettledSession::Ended(ConnectorSessionState::Cancelled));
    assert_eq!(store.token(presented(1, NOW)).await.unwrap(), Err(TokenRefusal::NotFound));
    assert_eq!(deliver_all(&store).await, [], "nobody is told");
    let notice = store.take_task(TaskLane::Notices, NOW, i64::MAX).await.unwrap().unwrap();
    assert_eq!((notice.kind, notice.session.is_none()), (TaskKind::Notice, true));
    assert!(store.drop_task(notice.id, notice.lease).await.unwrap());
    // A confirmed token stays.
    enrolled(&store, 2).await;
    let late = store.cancel_session(digest(2), CLIENT, task(51, TaskKind::Notice), NOW).await.unwrap();
    assert_eq!(late, CancelledSession::Unchanged);
    assert!(store.token(presented(2, NOW)).await.unwrap().is_ok());
}

async fn time_ends_a_session(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingRedirect))).await.unwrap();
    let end = NOW + 15 * MINUTE;
    assert_eq!(store.due().await.unwrap().end, Some(end));
    assert_eq!(store.expire_sessions(end - 1, 9).await.unwrap(), 0);
    let late = bankchannel_storage::salt_edge_connector::SessionSettlement { now: end, ..by_bank(1, approval(1)) };
    assert_eq!(
        store.settle(late).await.unwrap(),
        SettledSession::Ended(ConnectorSessionState::Expired),
        "too late, whoever comes first"
    );
    assert_eq!(store.expire_sessions(end, 9).await.unwrap(), 1);
    assert_eq!(store.expire_sessions(end, 9).await.unwrap(), 0);
    assert_eq!(state(&store, 1).await, ConnectorSessionState::Expired);
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), CallbackKind::Fail)], "the update is not sent any more");
}

async fn a_renewal_that_fails_leaves_the_token_as_it_was(store: ConnectorStore) {
    enrolled(&store, 1).await;
    assert_eq!(store.open_session(about_token(2, SessionKind::Reconnect, 1)).await.unwrap(), OpenedSession::New);
    store.settle(by_bank(2, waiting(ConnectorSessionState::AwaitingCode))).await.unwrap();
    assert_eq!(store.token(presented(1, NOW)).await.unwrap(), Err(TokenRefusal::Unconfirmed), "it waits meanwhile");
    let again = store.open_session(about_token(2, SessionKind::Reconnect, 1)).await.unwrap();
    assert_eq!(again, OpenedSession::Repeated);
    store.settle(by_bank(2, SessionChange::Fail { callback: callback(CallbackKind::Fail) })).await.unwrap();
    assert!(store.token(presented(1, NOW)).await.unwrap().is_ok());
    // A renewal that succeeds: the new token is valid, the old one is not.
    store.open_session(about_token(3, SessionKind::Reconnect, 1)).await.unwrap();
    assert_eq!(store.settle(by_bank(3, renewal(3))).await.unwrap(), SettledSession::Done);
    assert!(store.token(presented(1, NOW)).await.unwrap().is_ok(), "until the hub has heard of the other");
    deliver_all(&store).await;
    assert_eq!(store.token(presented(1, NOW)).await.unwrap(), Err(TokenRefusal::NotFound));
    assert!(store.token(presented(3, NOW)).await.unwrap().is_ok());
}

async fn a_task_is_settled_once(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    let first = store.take_task(TaskLane::Sessions, NOW, NOW + 1).await.unwrap().unwrap();
    let second = store.take_task(TaskLane::Sessions, NOW + 1, NOW + MINUTE).await.unwrap().unwrap();
    assert_eq!((first.lease, second.lease), (1, 2));
    assert!(!store.put_off_task(first.id, first.lease, NOW).await.unwrap());
    assert!(store.put_off_task(second.id, second.lease, NOW).await.unwrap());
    // The bank's answer was kept while the store was away; meanwhile another worker has taken the task.
    let third = store.take_task(TaskLane::Sessions, NOW + 1, NOW + MINUTE).await.unwrap().unwrap();
    let code = waiting(ConnectorSessionState::AwaitingCode);
    assert_eq!(store.settle(by_task(&first, code)).await.unwrap(), SettledSession::Done);
    assert_eq!(store.settle(by_task(&third, approval(1))).await.unwrap(), SettledSession::Lost);
}

async fn a_session_has_one_customer(store: ConnectorStore) {
    let named = |settlement, customer| SessionSettlement { holder: Some(digest(customer)), ..settlement };
    store.open_session(enrolment(1)).await.unwrap();
    let code = by_bank(1, waiting(ConnectorSessionState::AwaitingCode));
    assert_eq!(store.settle(named(code, 7)).await.unwrap(), SettledSession::Done);
    assert_eq!(store.settle(named(by_bank(1, approval(1)), 8)).await.unwrap(), SettledSession::OtherCustomer);
    assert_eq!(state(&store, 1).await, ConnectorSessionState::AwaitingCode, "nothing was changed");
    assert_eq!(store.settle(named(by_bank(1, approval(1)), 7)).await.unwrap(), SettledSession::Done);
    // The token's customer, whatever the session has named.
    deliver_all(&store).await;
    let SessionChange::Succeed { granted: Some(granted), .. } = approval(1) else { unreachable!("it is an approval") };
    store.open_session(about_token(2, SessionKind::Refresh, 1)).await.unwrap();
    let other =
        SessionSettlement { holder: Some(digest(99)), ..by_bank(2, waiting(ConnectorSessionState::AwaitingRedirect)) };
    assert_eq!(store.settle(other).await.unwrap(), SettledSession::OtherCustomer);
    let own = SessionSettlement {
        holder: Some(granted.holder),
        ..by_bank(2, waiting(ConnectorSessionState::AwaitingRedirect))
    };
    assert_eq!(store.settle(own).await.unwrap(), SettledSession::Done);
}

async fn what_customers_wait_for_goes_first(store: ConnectorStore) {
    for number in 0..3 {
        assert!(store.put_notice(task(50 + number, TaskKind::Notice), 3, NOW - 9).await.unwrap());
    }
    assert!(!store.put_notice(task(60, TaskKind::Notice), 3, NOW).await.unwrap(), "three wait");
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    store.open_session(about_token(2, SessionKind::Refresh, 1)).await.unwrap();
    store.open_session(NewConnectorSession { now: NOW + 1, ..enrolment(3) }).await.unwrap();
    let mut order = Vec::new();
    while let Some(due) = store.take_task(TaskLane::Sessions, NOW + 2, i64::MAX).await.unwrap() {
        order.push(due.kind);
    }
    assert_eq!(order, [TaskKind::Authenticate, TaskKind::Refresh]);
    assert!(store.take_task(TaskLane::Notices, NOW, i64::MAX).await.unwrap().is_some());
    // Reports: the end of a token goes after those that a customer waits for.
    store.revoke_token(id(1), NOW).await.unwrap();
    store.settle(by_bank(3, waiting(ConnectorSessionState::AwaitingRedirect))).await.unwrap();
    let due = store.take_callbacks(i64::MAX - 1, i64::MAX, 9).await.unwrap();
    let kinds: Vec<_> = due.iter().map(|due| due.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == CallbackKind::Revoke).count(), 0, "behind its session: {kinds:?}");
    // Of the refresh, whose token has ended; in each rank the order is the database's.
    assert_eq!((due.len(), kinds.last()), (3, Some(&CallbackKind::Fail)), "{kinds:?}");
}

async fn a_third_partys_jwt_counts_for_one_session(store: ConnectorStore) {
    let jwt = Some(UsedJwt { hash: digest(9), expires_at: NOW + MINUTE });
    let with = |number| NewConnectorSession { client_jwt: jwt, ..enrolment(number) };
    assert_eq!(store.open_session(with(1)).await.unwrap(), OpenedSession::New);
    assert_eq!(store.open_session(with(1)).await.unwrap(), OpenedSession::Repeated);
    assert_eq!(store.open_session(with(2)).await.unwrap(), OpenedSession::UsedJwt);
    assert_eq!(store.session(id(2)).await.unwrap(), None, "nothing was begun");
    store.open_session(enrolment(3)).await.unwrap();
    store.settle(by_bank(3, waiting(ConnectorSessionState::AwaitingCode))).await.unwrap();
    let used = StepAnswer { client_jwt: jwt, ..answer(3, 30) };
    assert_eq!(store.answer_step(used).await.unwrap(), AnsweredSession::UsedJwt);
    // It is forgotten when it would no longer be accepted.
    store.purge(NOW + MINUTE + 1, 0, 9).await.unwrap();
    assert_eq!(store.open_session(with(4)).await.unwrap(), OpenedSession::New);
}

async fn old_rows_go_when_nothing_waits(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    let later = NOW + 365 * 24 * 60 * MINUTE;
    let purged = store.purge(later, later, 9).await.unwrap();
    assert_eq!((purged.sessions, purged.tokens), (0, 0), "the hub was not told yet");
    deliver_all(&store).await;
    let purged = store.purge(later, later, 9).await.unwrap();
    assert_eq!((purged.sessions, purged.tokens), (1, 1));
    assert_eq!(store.session(id(1)).await.unwrap(), None);
}
