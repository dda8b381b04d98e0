//! Tokens: owner, lifetime, revocation by either side, listing.

use crate::common::cases;
use crate::samples::{CLIENT, MINUTE, NOW, about_token, deliver_all, digest, enrolled, enrolment, id, presented, task};
use bankchannel_storage::salt_edge_connector::{
    CallbackKind, ConnectorSessionState, ConnectorStore, PresentedToken, RevokedToken, SessionKind, TaskKind,
    TokenFilter, TokenRefusal, TokenState,
};

cases!(
    a_token_is_one_third_partys_and_for_a_time,
    the_hub_revokes,
    the_bank_revokes,
    the_hub_lists_what_it_has_revoked,
    tokens_are_listed,
    one_key_seals_a_store,
);

async fn a_token_is_one_third_partys_and_for_a_time(store: ConnectorStore) {
    store.open_session(enrolment(1)).await.unwrap();
    assert_eq!(store.token(presented(1, NOW)).await.unwrap(), Err(TokenRefusal::NotFound), "nobody has it yet");
    enrolled(&store, 2).await;
    assert!(store.token(presented(2, NOW)).await.unwrap().is_ok());
    let foreign = PresentedToken { client_id: 8, ..presented(2, NOW) };
    assert_eq!(store.token(foreign).await.unwrap(), Err(TokenRefusal::NotFound));
    let end = NOW + 90 * 24 * 60 * MINUTE;
    assert!(store.token(presented(2, end - 1)).await.unwrap().is_ok());
    assert_eq!(store.token(presented(2, end)).await.unwrap(), Err(TokenRefusal::Expired));
}

async fn the_hub_revokes(store: ConnectorStore) {
    enrolled(&store, 1).await;
    store.open_session(about_token(2, SessionKind::Refresh, 1)).await.unwrap();
    let revoke = |presented, number| store.revoke_presented(presented, task(number, TaskKind::Notice));
    let foreign = PresentedToken { client_id: 8, ..presented(1, NOW) };
    assert_eq!(revoke(foreign, 60).await.unwrap(), RevokedToken::Refused(TokenRefusal::NotFound));
    assert_eq!(revoke(presented(1, NOW), 61).await.unwrap(), RevokedToken::Done);
    assert_eq!(revoke(presented(1, NOW), 62).await.unwrap(), RevokedToken::Unchanged);
    assert_eq!(store.token(presented(1, NOW)).await.unwrap(), Err(TokenRefusal::Revoked));
    assert_eq!(store.session(id(2)).await.unwrap().unwrap().state, ConnectorSessionState::Failed);
    assert_eq!(deliver_all(&store).await, [(Some(id(2)), CallbackKind::Fail)], "the hub knows of the token itself");
}

async fn the_bank_revokes(store: ConnectorStore) {
    enrolled(&store, 1).await;
    assert_eq!(store.revoke_token(id(77), NOW).await.unwrap(), RevokedToken::Refused(TokenRefusal::NotFound));
    assert_eq!(store.revoke_token(id(1), NOW).await.unwrap(), RevokedToken::Done);
    assert_eq!(store.revoke_token(id(1), NOW).await.unwrap(), RevokedToken::Unchanged);
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), CallbackKind::Revoke)]);
    // A token that was never issued: the session fails, and the hub gets only that report.
    store.open_session(enrolment(2)).await.unwrap();
    assert_eq!(store.revoke_token(id(2), NOW).await.unwrap(), RevokedToken::Done);
    assert_eq!(deliver_all(&store).await, [(Some(id(2)), CallbackKind::Fail)]);
}

async fn the_hub_lists_what_it_has_revoked(store: ConnectorStore) {
    enrolled(&store, 1).await;
    assert_eq!(store.read_so_far().await.unwrap(), None);
    assert_eq!(store.revoke_listed(digest(9), NOW).await.unwrap(), RevokedToken::Refused(TokenRefusal::NotFound));
    assert_eq!(store.revoke_listed(digest(1), NOW).await.unwrap(), RevokedToken::Done);
    assert_eq!(store.revoke_listed(digest(1), NOW).await.unwrap(), RevokedToken::Unchanged);
    assert_eq!(deliver_all(&store).await, []);
    store.have_read(303).await.unwrap();
    assert_eq!(store.read_so_far().await.unwrap(), Some(303));
    // A list that is read again from its start.
    store.have_read(302).await.unwrap();
    assert_eq!(store.read_so_far().await.unwrap(), Some(302));
}

async fn tokens_are_listed(store: ConnectorStore) {
    for number in 1..=3 {
        enrolled(&store, number).await;
    }
    store.revoke_token(id(2), NOW).await.unwrap();
    let ids = |filter| {
        let store = store.clone();
        async move { store.tokens(filter).await.unwrap().iter().map(|token| token.id[0]).collect::<Vec<_>>() }
    };
    let all = TokenFilter { limit: 9, ..TokenFilter::default() };
    assert_eq!(ids(all.clone()).await, [1, 2, 3]);
    assert_eq!(ids(TokenFilter { limit: 1, after: Some((NOW, id(1))), ..all.clone() }).await, [2]);
    assert_eq!(ids(TokenFilter { state: Some(TokenState::Confirmed), ..all.clone() }).await, [1, 3]);
    assert_eq!(ids(TokenFilter { holder: Some(digest(200)), ..all.clone() }).await, [1, 2, 3]);
    assert_eq!(ids(TokenFilter { holder: Some(digest(201)), ..all }).await, [0; 0]);
    assert_eq!(store.tokens(TokenFilter { limit: 1, ..TokenFilter::default() }).await.unwrap()[0].client_id, CLIENT);
}

async fn one_key_seals_a_store(store: ConnectorStore) {
    store.sealed_by([1; 8]).await.unwrap();
    store.sealed_by([1; 8]).await.unwrap();
    let refused = store.sealed_by([2; 8]).await.unwrap_err();
    assert!(refused.to_string().contains("another key"), "{refused}");
}
