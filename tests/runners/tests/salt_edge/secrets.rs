//! Secrets that must not be readable in the store's files and in the log.

use serde_json::json;

use crate::{bank::Bank, world::World};

#[tokio::test]
async fn neither_the_store_nor_the_log_holds_what_customers_gave() {
    let world = World::new(Bank::usual()).await;
    let credentials =
        json!({"authorization_type": "login_password_sms", "login": "planted-login", "password": "planted-password"});
    let secret = "planted-session-secret";
    world
        .request(json!({"operation": "create_token", "session_secret": secret, "credentials": credentials,
                        "app_name": "planted-app-name", "redirect_url": "https://planted.example/back"}))
        .await;
    world.work().await;
    world
        .request(json!({"operation": "confirm_token", "session_secret": secret, "credentials": {"sms": "123456"}}))
        .await;
    world.work().await;
    assert_eq!(world.session(secret).await["status"], "success");
    let fetch = world.made(json!({"operation": "fetch_accounts", "access_token_of": secret})).await;
    let token = fetch.headers.iter().find(|header| header.name == "Access-Token").unwrap().value.clone();
    world.connector.handle_request_with(fetch, &world.options()).await.unwrap();
    let (status, customer) = world.answer(json!({"operation": "fetch_customer", "access_token_of": secret})).await;
    assert!(status == 200 && customer.to_string().contains("Minna"));
    let logged: Vec<String> = world.log.drain().into_iter().map(|record| record.line.text).collect();
    assert!(!logged.is_empty());
    let planted = [
        "planted-login",
        "planted-password",
        "planted-session-secret",
        "planted-app-name",
        "planted.example",
        "u-7",
        "123456",
        "Minna",
        "Current account",
        &token,
    ];
    for text in planted {
        assert_eq!(world.place.holding(text), Vec::<String>::new(), "{text}");
        assert!(logged.iter().all(|line| !line.contains(text)), "{text}: {logged:?}");
    }
    assert!(!world.place.holding("enrolment").is_empty(), "the search can find something");
}

#[tokio::test]
async fn another_key_does_not_open_a_store() {
    let world = World::new(Bank::usual()).await;
    world.enrolled("s-1").await;
    let other = world.with(json!({"store_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}));
    let fault = other
        .list_tokens_with(other.request(json!({})).unwrap(), &bankchannel::CallOptions::default())
        .await
        .unwrap_err();
    assert!(fault.to_string().contains("store_key"), "{fault}");
}
