//! What a connector answers at once: data as far as token, scope and consent go, and refusals with their classes.

use bankchannel::CallOptions;
use serde_json::{Value, json};

use crate::{
    bank::{Bank, OWN_TEXT, account, usual},
    world::World,
};

fn class(answer: &(u32, Value)) -> (u32, &str) {
    (answer.0, answer.1["error_class"].as_str().unwrap_or_default())
}

/// An enrolment of the usual bank's whose customer has chosen this.
async fn consented(world: &World, secret: &str, consent: Value, scopes: Value) {
    let oauth = json!({"authorization_type": "oauth"});
    world
        .request(json!({"operation": "create_token", "session_secret": secret, "credentials": oauth, "scopes": scopes}))
        .await;
    world.work().await;
    let asked = json!({"session_id": world.last_session_id(), "user_id": "u-7", "consent": consent});
    let end = world.connector.approve_session(world.connector.request(asked).unwrap(), &CallOptions::default()).await;
    assert!(end.unwrap().is_told);
}

#[tokio::test]
async fn a_consent_covers_what_it_says() {
    let world = World::new(Bank::usual()).await;
    let consent = json!([{"account_id": "a-1", "scopes": ["balance"]}]);
    consented(&world, "s-1", consent, json!(["accounts", "transactions"])).await;
    let (_, accounts) = world.answer(json!({"operation": "fetch_accounts", "access_token_of": "s-1"})).await;
    assert_eq!(accounts["data"].as_array().unwrap().len(), 1);
    assert_eq!((&accounts["data"][0]["id"], &accounts["data"][0]["balance"]), (&json!("a-1"), &json!("12.34")));
    let fetch = |account: &str| {
        json!({"operation": "fetch_transactions", "access_token_of": "s-1", "account_id": account,
               "from_date": "2026-08-01", "to_date": "2026-11-01"})
    };
    assert_eq!(
        class(&world.answer(fetch("a-1")).await),
        (401, "AccessDenied"),
        "its balance, and not its transactions"
    );
    assert_eq!(class(&world.answer(fetch("a-2")).await), (404, "AccountNotFound"));
    assert_eq!(world.bank.asked("list_transactions").len(), 0, "the bank is not asked");
    let customer = world.answer(json!({"operation": "fetch_customer", "access_token_of": "s-1"})).await;
    assert_eq!(class(&customer), (401, "AccessDenied"), "the scope was not asked for");
    // All accounts may be seen, and no more; one of them shows what happens on it.
    let consent = json!([{"account_id": "all", "scopes": []}, {"account_id": "a-2", "scopes": ["transactions"]}]);
    consented(&world, "s-2", consent, json!(["accounts", "transactions", "kyc"])).await;
    let (_, accounts) = world.answer(json!({"operation": "fetch_accounts", "access_token_of": "s-2"})).await;
    assert_eq!(accounts["data"].as_array().unwrap().len(), 2);
    assert!(accounts["data"][0].get("balance").is_none() && accounts["data"][0].get("available_amount").is_none());
    let order = json!({"operation": "fetch_transactions", "access_token_of": "s-2", "account_id": "a-2",
                       "from_date": "2026-08-01", "to_date": "2026-11-01"});
    let (status, transactions) = world.answer(order).await;
    assert_eq!((status, &transactions["data"][0]["amount"]), (200, &json!("-3.20")));
    let (_, customer) = world.answer(json!({"operation": "fetch_customer", "access_token_of": "s-2"})).await;
    assert_eq!(customer["data"]["name"], "Minna Meikäläinen");
}

#[tokio::test]
async fn a_token_expires() {
    let world = World::new(Bank::usual()).await;
    world.enrolled("s-1").await;
    let mut later =
        world.made(json!({"operation": "fetch_accounts", "access_token_of": "s-1", "expires_in_s": 9_000_000})).await;
    // The longest that a token lives is 90 days.
    later.at = Some(bankchannel::Timestamp::from_ms(now_ms() + 91 * 86_400_000));
    let handled = world.connector.handle_request(later, &world.options()).await.unwrap();
    assert_eq!(
        (handled.answer.status, handled.error_class.as_deref(), handled.step),
        (401, Some("TokenExpired"), Some(13))
    );
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

#[tokio::test]
async fn a_token_is_one_third_partys() {
    let world = World::new(Bank::usual()).await;
    world.enrolled("s-1").await;
    let foreign = json!({"operation": "fetch_accounts", "access_token_of": "s-1", "client_id": 8});
    assert_eq!(class(&world.answer(foreign).await), (404, "TokenNotFound"));
    let unknown = json!({"operation": "fetch_accounts", "access_token": "unknown' OR 1=1 --"});
    assert_eq!(class(&world.answer(unknown).await), (404, "TokenNotFound"));
    let foreign = json!({"operation": "create_token", "session_secret": "s-1", "client_id": 8});
    assert_eq!(class(&world.answer(foreign).await), (400, "WrongRequestFormat"));
    let expired = json!({"operation": "fetch_accounts", "access_token_of": "s-1", "expires_in_s": -3600});
    assert_eq!(class(&world.answer(expired).await), (400, "JWTExpiredSignature"));
    let bad = json!({"operation": "fetch_transactions", "access_token": "unknown", "account_id": "a-1",
                     "from_date": "2026-11-01", "to_date": "2026-08-01"});
    assert_eq!(class(&world.answer(bad).await), (404, "TokenNotFound"), "before what else is wrong");
    let bad = json!({"operation": "fetch_transactions", "access_token_of": "s-1", "account_id": "a-1",
                     "from_date": "2026-11-01", "to_date": "2026-08-01"});
    assert_eq!(class(&world.answer(bad).await), (400, "WrongRequestFormat"));
}

#[tokio::test]
async fn a_bank_that_fails_or_talks_nonsense_is_a_failure_of_the_bank() {
    let answers = [
        None,
        Some(json!({})),
        Some(json!({"accounts": [account("a-1"), account("a-1")]})),
        Some(json!({"accounts": [], "refused": {"error_class": "AccessDenied"}})),
    ];
    for answer in answers {
        let world = World::new(Bank::new(move |question, asked| match question {
            "list_accounts" => answer.clone(),
            _ => Some(usual(question, asked)),
        }))
        .await;
        world.enrolled("s-1").await;
        let said = world.answer(json!({"operation": "fetch_accounts", "access_token_of": "s-1"})).await;
        assert_eq!(class(&said), (500, "InternalProviderError"), "{said:?}");
        assert!(!said.1.to_string().contains(OWN_TEXT));
        let logged: Vec<String> = world.log.drain().into_iter().map(|record| record.text).collect();
        assert!(logged.iter().any(|line| line.contains("bank.list_accounts")), "{logged:?}");
    }
    let world = World::new(Bank::new(|question, asked| match question {
        "list_transactions" => Some(json!({"refused": {"error_class": "AccountNotFound"}})),
        _ => Some(usual(question, asked)),
    }))
    .await;
    world.enrolled("s-1").await;
    let order = json!({"operation": "fetch_transactions", "access_token_of": "s-1", "account_id": "a-9",
                       "from_date": "2026-08-01", "to_date": "2026-11-01"});
    assert_eq!(class(&world.answer(order).await), (404, "AccountNotFound"));
}

#[tokio::test]
async fn a_session_of_a_failing_bank_fails() {
    for answer in [None, Some(json!({"outcome": "redirect", "redirect_url": "javascript:alert(1)"}))] {
        let world =
            World::new(Bank::new(move |question, _| if question == "authenticate" { answer.clone() } else { None }))
                .await;
        world.request(json!({"operation": "create_token", "session_secret": "s-1"})).await;
        let worked = world.work().await;
        assert_eq!((worked.asked, worked.delivered), (1, 1));
        let known = world.session("s-1").await;
        assert_eq!((&known["status"], &known["error_class"]), (&json!("fail"), &json!("InternalProviderError")));
        assert!(!known.to_string().contains(OWN_TEXT));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_revoked_while_the_bank_is_asked_gives_nothing() {
    use std::sync::{Arc, Mutex, mpsc};
    let (asked, was_asked) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let (asked, may_go) = (Mutex::new(asked), Mutex::new(may_go));
    let world = Arc::new(
        World::new(Bank::new(move |question, request| {
            if question == "list_accounts" {
                asked.lock().unwrap().send(()).unwrap();
                tokio::task::block_in_place(|| may_go.lock().unwrap().recv().unwrap());
            }
            Some(usual(question, request))
        }))
        .await,
    );
    world.enrolled("s-1").await;
    let fetching = Arc::clone(&world);
    let fetched =
        tokio::spawn(
            async move { fetching.answer(json!({"operation": "fetch_accounts", "access_token_of": "s-1"})).await },
        );
    tokio::task::block_in_place(|| was_asked.recv().unwrap());
    assert_eq!(world.answer(json!({"operation": "revoke_token", "access_token_of": "s-1"})).await.0, 200);
    go.send(()).unwrap();
    assert_eq!(class(&fetched.await.unwrap()), (401, "TokenRevoked"));
}

#[tokio::test]
async fn what_is_missing_on_this_side_is_said_here() {
    let world = World::new(Bank::usual()).await;
    let request = world.made(json!({"operation": "cancel_token", "session_secret": "s-1"})).await;
    let fault = world.connector.handle_request(request.clone(), &CallOptions::default()).await.unwrap_err();
    assert_eq!((fault.code(), fault.detail("field")), ("input.missing_field", Some("bank")));
    let without = world.with(json!({"store": ""}));
    let fault = without.handle_request(request.clone(), &world.options()).await.unwrap_err();
    assert!(fault.to_string().contains("store"), "{fault}");
    let without = world.with(json!({"hub_public_key_file": null}));
    let fault = without.handle_request(request, &world.options()).await.unwrap_err();
    assert!(fault.to_string().contains("hub_public_key"), "{fault}");
}
