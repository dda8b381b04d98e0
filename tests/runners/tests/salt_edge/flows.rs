//! The flows of a connector, each from the hub's first request to the hub's final state.

use bankchannel::{CallOptions, salt_edge_connector::SessionViewState};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

use crate::{
    bank::{Bank, usual},
    world::World,
};

#[tokio::test]
async fn redirect_enrolment() {
    let world = World::new(Bank::usual()).await;
    let order = json!({"operation": "create_token", "session_secret": "s-1", "redirect_url": "https://app.example/back",
                       "credentials": {"authorization_type": "oauth"}});
    let handled = world.request(order.clone()).await;
    assert_eq!((handled.answer.status, handled.answer.body.as_str(), handled.has_work), (200, "{}", true));
    assert_eq!(world.bank.asked("authenticate").len(), 0, "the answer does not wait for the bank");
    let worked = world.work().await;
    assert_eq!((worked.asked, worked.delivered), (1, 1));
    let known = world.session("s-1").await;
    assert_eq!(known["updates"][0]["status"], "redirect", "{known}");
    let id = world.last_session_id();
    let request = world.connector.request(json!({"session_id": id})).unwrap();
    let shown = world.connector.get_session_with(request, &CallOptions::default()).await.unwrap().session.unwrap();
    assert_eq!(
        (shown.state, shown.is_open, shown.app_name.as_str()),
        (SessionViewState::AwaitingRedirect, true, "Example App")
    );
    let end = world.approve(&id).await.unwrap();
    assert_eq!((end.state, end.is_decided, end.is_told), (SessionViewState::Succeeded, true, true));
    assert_eq!(end.redirect_url.as_deref(), Some("https://app.example/back"));
    let known = world.session("s-1").await;
    assert_eq!(
        (&known["status"], &known["has_token"], &known["user_id"]),
        (&json!("success"), &json!(true), &json!("u-7"))
    );
    // A second click, and a repeated request, change nothing.
    let end = world.approve(&id).await.unwrap();
    assert_eq!((end.state, end.is_decided), (SessionViewState::Succeeded, false));
    assert_eq!(world.answer(order).await, (200, json!({})));
    let worked = world.work().await;
    assert_eq!((worked.asked, worked.delivered), (0, 0));
    let (status, body) = world.answer(json!({"operation": "fetch_accounts", "access_token_of": "s-1"})).await;
    assert_eq!((status, body["data"].as_array().unwrap().len()), (200, 2));
}

#[tokio::test]
async fn a_customer_refuses_on_the_page() {
    let world = World::new(Bank::usual()).await;
    let order =
        json!({"operation": "create_token", "session_secret": "s-1", "credentials": {"authorization_type": "oauth"}});
    world.request(order).await;
    world.work().await;
    let request = world.connector.request(json!({"session_id": world.last_session_id()})).unwrap();
    let end = world.connector.refuse_session_with(request, &CallOptions::default()).await.unwrap();
    assert_eq!((end.state, end.is_told), (SessionViewState::Failed, true));
    let known = world.session("s-1").await;
    assert_eq!((&known["status"], &known["error_class"]), (&json!("fail"), &json!("AccessDenied")));
    let end = world.approve(&world.last_session_id()).await.unwrap();
    assert_eq!((end.state, end.is_decided), (SessionViewState::Failed, false), "a refusal stays one");
}

#[tokio::test]
async fn embedded_enrolment_with_a_code() {
    let world = World::new(Bank::usual()).await;
    let credentials = json!({"authorization_type": "login_password_sms", "login": "minna", "password": "right"});
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": credentials})).await;
    world.work().await;
    let known = world.session("s-1").await;
    assert_eq!(known["updates"][0]["status"], "waiting_confirmation_code", "{known}");
    assert_eq!(known["updates"][0]["interactive_field"], "sms");
    let confirm =
        |code: &str| json!({"operation": "confirm_token", "session_secret": "s-1", "credentials": {"sms": code}});
    // The bank allows one more try.
    assert_eq!(world.answer(confirm("000000")).await, (200, json!({})));
    world.work().await;
    assert_eq!(world.session("s-1").await["status"], "open");
    assert_eq!(world.answer(confirm("123456")).await, (200, json!({})));
    world.work().await;
    assert_eq!(world.session("s-1").await["status"], "success");
    assert_eq!(world.answer(confirm("123456")).await, (200, json!({})), "a repeat");
    assert_eq!(world.work().await.asked, 0);
    let asked = world.bank.asked("confirm");
    assert_eq!((asked.len(), &asked[1]["attempt"], &asked[1]["user_id"]), (2, &json!(2), &json!("u-7")));
}

#[tokio::test]
async fn a_wrong_password_fails_and_a_code_is_not_confirmed_on_a_page() {
    let world = World::new(Bank::usual()).await;
    let credentials = json!({"authorization_type": "login_password", "password": "wrong"});
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": credentials})).await;
    world.work().await;
    assert_eq!(world.session("s-1").await["error_class"], "InvalidCredentials");
    let oauth = json!({"authorization_type": "oauth"});
    world.request(json!({"operation": "create_token", "session_secret": "s-2", "credentials": oauth})).await;
    world.work().await;
    let confirm = json!({"operation": "confirm_token", "session_secret": "s-2", "credentials": {"sms": ""}});
    let (status, body) = world.answer(confirm).await;
    assert_eq!((status, &body["error_class"]), (400, &json!("WrongRequestFormat")));
    assert_eq!(world.session("s-2").await["status"], "open");
}

#[tokio::test]
async fn a_bank_that_goes_on_by_itself() {
    let world = World::new(Bank::new(|question, asked| match question {
        "authenticate" => Some(json!({"outcome": "done"})),
        _ => Some(usual(question, asked)),
    }))
    .await;
    world.request(json!({"operation": "create_token", "session_secret": "s-1"})).await;
    world.work().await;
    assert_eq!(world.session("s-1").await["status"], "open");
    assert!(world.approve(&world.last_session_id()).await.unwrap().is_told);
    assert_eq!(world.session("s-1").await["status"], "success");
}

#[tokio::test]
async fn refresh_reconnect_and_revocation() {
    let world = World::new(Bank::usual()).await;
    world.enrolled("s-1").await;
    let refresh = json!({"operation": "refresh_accounts", "session_secret": "s-2", "access_token_of": "s-1",
                         "from_date": "2026-08-18", "to_date": "2026-11-18"});
    assert_eq!(world.answer(refresh).await, (200, json!({})));
    world.work().await;
    assert_eq!(world.session("s-2").await["status"], "success");
    assert_eq!(world.bank.asked("refresh")[0]["from_date"], "2026-08-18");
    let reconnect = json!({"operation": "reconnect_token", "session_secret": "s-3", "access_token_of": "s-1"});
    assert_eq!(world.answer(reconnect.clone()).await, (200, json!({})));
    world.work().await;
    assert_eq!(world.session("s-3").await["status"], "success");
    assert_eq!(world.answer(reconnect).await, (200, json!({})), "a repeat, though the old token is gone");
    let fetch = |of: &str| json!({"operation": "fetch_accounts", "access_token_of": of});
    assert_eq!(world.answer(fetch("s-1")).await.1["error_class"], "TokenNotFound");
    assert_eq!(world.answer(fetch("s-3")).await.0, 200);
    let revoke = json!({"operation": "revoke_token", "access_token_of": "s-3"});
    assert_eq!(world.answer(revoke.clone()).await, (200, json!({})));
    assert_eq!(world.answer(revoke).await, (200, json!({})), "revoked all the same");
    assert_eq!(
        world.answer(fetch("s-3")).await,
        (401, json!({"error_class": "TokenRevoked", "error_message": "The token was revoked."}))
    );
    let worked = world.work().await;
    assert_eq!((worked.asked, worked.delivered), (1, 0), "the bank is told, and the hub is not");
    assert_eq!(world.bank.asked("notice")[0]["kind"], "revoked");
}

#[tokio::test]
async fn the_bank_revokes_and_the_hub_hears_of_it() {
    let world = World::new(Bank::usual()).await;
    world.enrolled("s-1").await;
    let options = CallOptions::default();
    let list = |state: &str| world.connector.request(json!({"user_id": "u-7", "state": state})).unwrap();
    let listed = world.connector.list_tokens_with(list("confirmed"), &options).await.unwrap().tokens;
    assert_eq!(
        (listed.len(), listed[0].app_name.as_str(), listed[0].user_id.as_deref()),
        (1, "Example App", Some("u-7"))
    );
    let revoke = || world.connector.request(json!({"token_id": listed[0].token_id})).unwrap();
    assert!(world.connector.revoke_token_with(revoke(), &options).await.unwrap().is_changed);
    assert!(!world.connector.revoke_token_with(revoke(), &options).await.unwrap().is_changed);
    let fetch = json!({"operation": "fetch_accounts", "access_token_of": "s-1"});
    assert_eq!(world.answer(fetch).await.0, 401, "at once, before the hub knows");
    assert_eq!(world.work().await.delivered, 1);
    let revoked = world.connector.list_tokens_with(list("revoked"), &options).await.unwrap().tokens;
    assert_eq!(revoked.len(), 1);
    // Each page has one; the fault of the request is the only item.
    let each =
        |limit: u32| world.connector.iter_tokens(world.connector.request(json!({"limit": limit})).unwrap(), &options);
    world.enrolled("s-2").await;
    let ids: Vec<_> = each(1).map_ok(|token| token.token_id).try_collect().await.unwrap();
    let all = world.connector.list_tokens(world.connector.request(json!({})).unwrap()).await.unwrap().tokens;
    assert_eq!((ids.len(), ids), (2, all.into_iter().map(|token| token.token_id).collect()));
    let refused: Vec<_> = each(0).collect().await;
    assert_eq!((refused.len(), refused[0].as_ref().unwrap_err().code()), (1, "input.invalid_field"));
    let reconciled =
        world.connector.reconcile_tokens_with(world.connector.request(json!({})).unwrap(), &options).await.unwrap();
    assert_eq!((reconciled.listed, reconciled.revoked), (1, 0));
}

#[tokio::test]
async fn cancel_ends_a_session_and_leaves_a_token_that_is_confirmed() {
    let world = World::new(Bank::usual()).await;
    let oauth = json!({"authorization_type": "oauth"});
    world.request(json!({"operation": "create_token", "session_secret": "s-1", "credentials": oauth})).await;
    world.work().await;
    let cancel = |secret: &str| json!({"operation": "cancel_token", "session_secret": secret});
    assert_eq!(world.answer(cancel("s-1")).await, (200, json!({})));
    let end = world.approve(&world.last_session_id()).await.unwrap();
    assert_eq!((end.state, end.is_decided), (SessionViewState::Cancelled, false));
    let worked = world.work().await;
    assert_eq!((worked.asked, worked.delivered), (1, 0));
    assert_eq!(world.bank.asked("notice")[0]["kind"], "cancelled");
    assert_eq!(world.answer(cancel("unknown")).await.1["error_class"], "TokenNotFound");
    world.enrolled("s-2").await;
    assert_eq!(world.answer(cancel("s-2")).await, (200, json!({})));
    assert_eq!(world.answer(json!({"operation": "fetch_accounts", "access_token_of": "s-2"})).await.0, 200);
}

#[tokio::test]
async fn an_error_of_the_hubs_is_noted_whatever_it_is_about() {
    let world = World::new(Bank::usual()).await;
    let notice = json!({"operation": "notify_error", "access_token": "unknown"});
    assert_eq!(world.answer(notice).await, (200, json!({})));
    world.work().await;
    let noted = &world.bank.asked("notice")[0];
    assert_eq!((&noted["kind"], &noted["error_class"]), (&json!("error_reported"), &json!("InternalProviderError")));
}
