//! Callbacks: in order, sent again, stopped, abandoned.

use crate::common::cases;
use crate::samples::{
    MINUTE, NOW, about_token, approval, by_bank, callback, deliver_all, enrolled, enrolment, id, presented, renewal,
    waiting,
};
use bankchannel_storage::salt_edge_connector::{
    AttemptEnd, CallbackEnd, CallbackFilter, CallbackKind, CallbackState, ConnectorSessionState, ConnectorStore,
    DueCallback, RevokedToken, SessionChange, SessionKind, SettledSession, TokenRefusal,
};

cases!(
    callbacks_of_a_session_keep_their_order,
    what_is_sent_is_marked_before,
    a_late_report_of_a_delivery_counts,
    a_stopped_callback_waits_for_somebody,
    a_session_that_the_hub_has_closed_is_over_here,
    what_may_have_arrived_is_taken_back,
    delivered_callbacks_hold_nothing,
    one_that_is_given_back_keeps_the_last_refusal,
    a_stopped_update_does_not_keep_the_end_back_for_ever,
    a_refusal_is_no_arrival,
    a_revocation_follows_the_success_that_it_is_about,
    a_renewal_that_does_not_arrive_leaves_the_former_token,
    a_renewal_that_may_have_arrived_ends_both_tokens,
);

pub(crate) const DELIVERED: CallbackEnd = CallbackEnd::Delivered;

pub(crate) fn ended(due: &DueCallback, now: i64, end: CallbackEnd) -> AttemptEnd {
    AttemptEnd { id: due.id, lease: due.lease, now, status: Some(200), class: None, end }
}

async fn take(store: &ConnectorStore, now: i64) -> Option<DueCallback> {
    let mut due = store.take_callbacks(now, now + MINUTE, 9).await.unwrap();
    assert!(due.len() <= 1);
    due.pop()
}

/// An open enrolment with two queued callbacks: an update and its end.
async fn two_waiting(store: &ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, waiting(ConnectorSessionState::AwaitingRedirect))).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
}

async fn callbacks_of_a_session_keep_their_order(store: ConnectorStore) {
    two_waiting(&store).await;
    let update = take(&store, NOW + 1).await.unwrap();
    assert_eq!((update.kind, update.sent, update.subject.is_empty()), (CallbackKind::Update, 0, false));
    assert!(take(&store, NOW + 2).await.is_none(), "the end waits for the update");
    let again = CallbackEnd::Again { due_at: NOW + 500, may_have_arrived: true };
    assert!(store.end_attempt(ended(&update, NOW, again)).await.unwrap());
    assert!(take(&store, NOW + 499).await.is_none());
    let update = take(&store, NOW + 500).await.unwrap();
    assert_eq!((update.kind, update.sent), (CallbackKind::Update, 1));
    assert!(store.end_attempt(ended(&update, NOW + 600, DELIVERED)).await.unwrap());
    let success = take(&store, NOW + 600).await.unwrap();
    assert_eq!((success.kind, success.session), (CallbackKind::Success, Some(id(1))));
}

async fn what_is_sent_is_marked_before(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    // A worker takes it and disappears; the next one knows that it may have arrived.
    assert_eq!(take(&store, NOW + 1).await.unwrap().sent, 0);
    let second = take(&store, NOW + 2 * MINUTE).await.unwrap();
    assert_eq!(second.sent, 1);
    // A send that certainly did not arrive does not count.
    let again = CallbackEnd::Again { due_at: NOW + 3 * MINUTE, may_have_arrived: false };
    assert!(store.end_attempt(ended(&second, NOW, again)).await.unwrap());
    assert_eq!(take(&store, NOW + 3 * MINUTE).await.unwrap().sent, 1);
}

async fn one_that_is_given_back_keeps_the_last_refusal(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    let again = CallbackEnd::Again { due_at: NOW + 2, may_have_arrived: false };
    let first = take(&store, NOW + 1).await.unwrap();
    let refused = AttemptEnd { status: Some(503), class: Some("Busy".into()), ..ended(&first, NOW + 1, again) };
    assert!(store.end_attempt(refused).await.unwrap());
    let second = take(&store, NOW + 3).await.unwrap();
    assert!(store.end_attempt(AttemptEnd { status: None, ..ended(&second, NOW + 3, again) }).await.unwrap());
    let listed = store.callbacks(CallbackFilter { limit: 9, ..CallbackFilter::default() }).await.unwrap();
    assert_eq!((listed[0].status, listed[0].class.as_deref()), (Some(503), Some("Busy")));
    assert_eq!(take(&store, NOW + 3).await.unwrap().id, first.id);
}

async fn a_late_report_of_a_delivery_counts(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    let first = take(&store, NOW + 1).await.unwrap();
    let second = take(&store, NOW + 2 * MINUTE).await.unwrap();
    let stopped = ended(&first, NOW, CallbackEnd::Stopped);
    assert!(!store.end_attempt(stopped).await.unwrap(), "another one has it now");
    assert!(store.end_attempt(ended(&first, NOW, DELIVERED)).await.unwrap(), "what the hub has, it has");
    assert!(!store.end_attempt(ended(&second, NOW, CallbackEnd::Stopped)).await.unwrap());
    assert!(take(&store, NOW + 9 * MINUTE).await.is_none());
}

async fn a_stopped_callback_waits_for_somebody(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    let due = take(&store, NOW + 1).await.unwrap();
    let refused = AttemptEnd {
        status: Some(400),
        class: Some("ConfigurationError".into()),
        ..ended(&due, NOW, CallbackEnd::Stopped)
    };
    assert!(store.end_attempt(refused).await.unwrap());
    assert!(take(&store, NOW + 9 * MINUTE).await.is_none());
    let listed = store
        .callbacks(CallbackFilter { state: Some(CallbackState::Stopped), limit: 9, ..CallbackFilter::default() })
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].status, listed[0].class.as_deref()), (Some(400), Some("ConfigurationError")));
    assert!(store.retry_callback(listed[0].id, NOW + 5).await.unwrap());
    assert!(!store.retry_callback(listed[0].id, NOW + 5).await.unwrap(), "it is not stopped any more");
    let due = take(&store, NOW + 5).await.unwrap();
    assert!(store.end_attempt(ended(&due, NOW, CallbackEnd::Stopped)).await.unwrap());
    let end = NOW + 15 * MINUTE;
    assert_eq!(store.due().await.unwrap().next(), Some(end));
    assert_eq!(store.expire_callbacks(end, 9).await.unwrap(), 1);
    assert_eq!(store.token(presented(1, NOW)).await.unwrap(), Err(TokenRefusal::Revoked));
}

async fn a_session_that_the_hub_has_closed_is_over_here(store: ConnectorStore) {
    two_waiting(&store).await;
    let update = take(&store, NOW + 1).await.unwrap();
    let gone = CallbackEnd::OverThere;
    assert!(store.end_attempt(ended(&update, NOW, gone)).await.unwrap());
    assert!(take(&store, NOW + 9 * MINUTE).await.is_none(), "nothing follows");
    assert_eq!(store.session(id(1)).await.unwrap().unwrap().state, ConnectorSessionState::Failed);
    assert_eq!(store.token(presented(1, NOW)).await.unwrap(), Err(TokenRefusal::Revoked), "its success has not left");
    store.open_session(enrolment(2)).await.unwrap();
    store.settle(by_bank(2, waiting(ConnectorSessionState::AwaitingRedirect))).await.unwrap();
    let update = take(&store, NOW + 1).await.unwrap();
    assert!(store.end_attempt(ended(&update, NOW, gone)).await.unwrap());
    assert_eq!(store.session(id(2)).await.unwrap().unwrap().state, ConnectorSessionState::Failed);
    assert_eq!(deliver_all(&store).await, []);
    // A success that was never sent: its token is revoked, and no report is needed.
    store.open_session(enrolment(3)).await.unwrap();
    store.settle(by_bank(3, approval(3))).await.unwrap();
    let success = take(&store, NOW + 1).await.unwrap();
    assert!(store.end_attempt(ended(&success, NOW, gone)).await.unwrap());
    assert_eq!(store.session(id(3)).await.unwrap().unwrap().state, ConnectorSessionState::Failed);
    assert_eq!(store.token(presented(3, NOW)).await.unwrap(), Err(TokenRefusal::Revoked));
    assert_eq!(deliver_all(&store).await, []);
}

async fn what_may_have_arrived_is_taken_back(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    take(&store, NOW + 1).await.unwrap();
    let second = take(&store, NOW + 2 * MINUTE).await.unwrap();
    let gone = CallbackEnd::OverThere;
    assert!(store.end_attempt(ended(&second, NOW, gone)).await.unwrap());
    assert_eq!(store.token(presented(1, NOW)).await.unwrap(), Err(TokenRefusal::Revoked));
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), CallbackKind::Revoke)]);
    // A refresh has no token to revoke.
    enrolled(&store, 4).await;
    store.open_session(about_token(5, SessionKind::Refresh, 4)).await.unwrap();
    let done = SessionChange::Succeed { sealed: vec![], granted: None, callback: callback(CallbackKind::Success) };
    store.settle(by_bank(5, done)).await.unwrap();
    let success = take(&store, NOW + 1).await.unwrap();
    let gone = CallbackEnd::OverThere;
    assert!(store.end_attempt(ended(&success, NOW, gone)).await.unwrap());
    assert!(store.token(presented(4, NOW)).await.unwrap().is_ok());
    assert_eq!(store.revoke_token(id(4), NOW).await.unwrap(), RevokedToken::Done);
}

async fn a_stopped_update_does_not_keep_the_end_back_for_ever(store: ConnectorStore) {
    two_waiting(&store).await;
    let update = take(&store, NOW + 1).await.unwrap();
    assert!(store.end_attempt(ended(&update, NOW, CallbackEnd::Stopped)).await.unwrap());
    let end = NOW + 15 * MINUTE;
    assert_eq!(store.expire_callbacks(end, 9).await.unwrap(), 1);
    let success = take(&store, end).await.unwrap();
    assert_eq!(success.kind, CallbackKind::Success);
    assert!(store.token(presented(1, NOW)).await.unwrap().is_ok());
    // One that waits and has expired when it is to be sent.
    store.open_session(enrolment(2)).await.unwrap();
    store.settle(by_bank(2, waiting(ConnectorSessionState::AwaitingRedirect))).await.unwrap();
    let update = take(&store, NOW + 1).await.unwrap();
    assert!(store.end_attempt(ended(&update, NOW, CallbackEnd::TooLate)).await.unwrap());
    assert_eq!(
        store.session(id(2)).await.unwrap().unwrap().state,
        ConnectorSessionState::AwaitingRedirect,
        "its end is said in its time"
    );
}

async fn a_refusal_is_no_arrival(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    let success = take(&store, NOW + 1).await.unwrap();
    assert!(store.end_attempt(ended(&success, NOW, CallbackEnd::Stopped)).await.unwrap());
    assert!(store.retry_callback(success.id, NOW + 2).await.unwrap());
    assert_eq!(take(&store, NOW + 2).await.unwrap().sent, 0);
}

async fn a_revocation_follows_the_success_that_it_is_about(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    store.settle(by_bank(1, approval(1))).await.unwrap();
    assert_eq!(store.revoke_token(id(1), NOW).await.unwrap(), RevokedToken::Done);
    let told = deliver_all(&store).await;
    assert_eq!(told, [(Some(id(1)), CallbackKind::Success), (Some(id(1)), CallbackKind::Revoke)]);
}

async fn a_renewal_that_does_not_arrive_leaves_the_former_token(store: ConnectorStore) {
    enrolled(&store, 1).await;
    store.open_session(about_token(2, SessionKind::Reconnect, 1)).await.unwrap();
    assert_eq!(store.settle(by_bank(2, renewal(2))).await.unwrap(), SettledSession::Done);
    assert!(
        store.token(presented(1, NOW)).await.unwrap().is_ok() && store.token(presented(2, NOW)).await.unwrap().is_ok()
    );
    let success = take(&store, NOW + 1).await.unwrap();
    assert!(store.end_attempt(ended(&success, NOW, CallbackEnd::OverThere)).await.unwrap());
    assert!(store.token(presented(1, NOW)).await.unwrap().is_ok());
    assert_eq!(store.token(presented(2, NOW)).await.unwrap(), Err(TokenRefusal::NotFound));
    // A second renewal works like the first.
    store.open_session(about_token(3, SessionKind::Reconnect, 1)).await.unwrap();
    assert_eq!(store.settle(by_bank(3, renewal(3))).await.unwrap(), SettledSession::Done);
}

async fn a_renewal_that_may_have_arrived_ends_both_tokens(store: ConnectorStore) {
    enrolled(&store, 1).await;
    store.open_session(about_token(2, SessionKind::Reconnect, 1)).await.unwrap();
    store.settle(by_bank(2, renewal(2))).await.unwrap();
    take(&store, NOW + 1).await.unwrap();
    let second = take(&store, NOW + 2 * MINUTE).await.unwrap();
    assert!(store.end_attempt(ended(&second, NOW, CallbackEnd::OverThere)).await.unwrap());
    for number in [1, 2] {
        assert!(store.token(presented(number, NOW)).await.unwrap().is_err());
    }
    let told: Vec<_> = store.take_callbacks(NOW + 9 * MINUTE, i64::MAX, 9).await.unwrap();
    let mut generations: Vec<_> = told.iter().map(|one| (one.kind, one.generation)).collect();
    generations.sort_by_key(|(_, generation)| *generation);
    assert_eq!(generations, [(CallbackKind::Revoke, 0), (CallbackKind::Revoke, 1)]);
}

async fn delivered_callbacks_hold_nothing(store: ConnectorStore) {
    two_waiting(&store).await;
    let update = take(&store, NOW + 1).await.unwrap();
    assert_eq!(update.sealed.as_deref(), Some(&b"sealed"[..]));
    assert!(store.end_attempt(ended(&update, NOW, DELIVERED)).await.unwrap());
    deliver_all(&store).await;
    let listed = store.callbacks(CallbackFilter { limit: 9, ..CallbackFilter::default() }).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|row| row.state == CallbackState::Delivered && row.due_at.is_none()));
}
