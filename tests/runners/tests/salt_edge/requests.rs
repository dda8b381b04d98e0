//! Immediate answers of a connector: data within the limits of token, scope and consent, and refusals with their
//! classes.

use bankchannel::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, envelope::UnsignedEnvelope},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    bank::{Bank, OWN_TEXT, account, usual},
    world::World,
};

fn class(answer: &(u32, Value)) -> (u32, &str) {
    (answer.0, answer.1["error_class"].as_str().unwrap_or_default())
}

/// Enrols at the usual bank with this consent of the customer.
async fn consented(world: &World, secret: &str, consent: Value, scopes: Value) {
    let oauth = json!({"authorization_type": "oauth"});
    world
        .request(json!({"operation": "create_token", "session_secret": secret, "credentials": oauth, "scopes": scopes}))
        .await;
    world.work().await;
    let asked = json!({"session_id": world.last_session_id(), "user_id": "u-7", "consent": consent});
    let end =
        world.connector.approve_session_with(world.connector.request(asked).unwrap(), &CallOptions::default()).await;
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
    // All accounts are visible, without details; one of them also with transactions.
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
    // A token is valid for at most 90 days.
    later.at = Some(bankchannel::Timestamp::from_ms(now_ms() + 91 * 86_400_000));
    let handled = world.connector.handle_request_with(later, &world.options()).await.unwrap();
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
        let logged: Vec<String> = world.log.drain().into_iter().map(|record| record.line.text).collect();
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
    let fault = world.connector.handle_request_with(request.clone(), &CallOptions::default()).await.unwrap_err();
    assert_eq!((fault.code(), fault.detail("field")), ("input.missing_field", Some("bank")));
    let without = world.with(json!({"store": ""}));
    let fault = without.handle_request_with(request.clone(), &world.options()).await.unwrap_err();
    assert!(fault.to_string().contains("store"), "{fault}");
    let without = world.with(json!({"hub_public_key_file": null}));
    let fault = without.handle_request_with(request, &world.options()).await.unwrap_err();
    assert!(fault.to_string().contains("hub_public_key"), "{fault}");
}

/// A token request as from the hub, with this JWT instead of the third party's own.
async fn with_client_jwt(world: &World, secret: &str, client_jwt: &str, scopes: Value) -> (u32, Value, Vec<String>) {
    let public = world.hub.readiness()["hub_public_key_file"].as_str().unwrap().to_owned();
    let pem = std::fs::read_to_string(std::path::Path::new(&public).with_file_name("hub.key.pem")).unwrap();
    let key = bankchannel_crypto::signature::SigningKey::from_pem(&pem, None).unwrap();
    let payload = json!({"data": {"provider_code": "demobank", "scopes": scopes, "consent_period_days": 90,
                                  "credentials": {"authorization_type": "login_password", "login": "minna", "password": "right"}},
                         "exp": 2_000_000_000});
    let data = json!({"session_secret": secret, "provider_code": "demobank", "app_name": "Example App",
                      "original_request": {"client_jwt": client_jwt, "client_payload": payload}});
    let jwt = UnsignedEnvelope::new(&data.to_string(), 4_000_000_000).signed(&key).unwrap();
    let request = json!({
        "method": "POST", "target": "/api/priora/v1/tokens/create",
        "headers": [
            {"name": "Client-Id", "value": world.client_id().await}, {"name": "Authorization", "value": format!("Bearer {jwt}")},
            {"name": "Accept", "value": "application/json"}, {"name": "Content-Type", "value": "application/json"},
        ],
    });
    let handled = world.connector.handle_request_with(request, &world.options()).await.unwrap();
    (handled.answer.status, serde_json::from_str(&handled.answer.body).unwrap(), handled.warnings)
}

/// The JWT that the third party of the embedded hub has signed, taken from a request made by the hub.
async fn own_client_jwt(world: &World, scopes: Value) -> String {
    let credentials = json!({"authorization_type": "login_password", "login": "minna", "password": "right"});
    let made = world.made(json!({"operation": "create_token", "scopes": scopes, "credentials": credentials})).await;
    let bearer = made.headers.iter().find(|header| header.name == "Authorization").unwrap().value.clone();
    let payload = bearer.split('.').nth(1).unwrap();
    let said: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    said["data"]["original_request"]["client_jwt"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_third_party_has_signed_counts_where_the_settings_say_so() {
    let mut world = World::new(Bank::usual()).await;
    let usual = json!(["accounts"]);
    let own = own_client_jwt(&world, usual.clone()).await;
    let broken = format!("{}AAAA", &own[..own.len() - 4]);
    // Off: the JWT is not verified, and the hub is not asked.
    let (status, _, warnings) = with_client_jwt(&world, "t-1", "none", usual.clone()).await;
    assert_eq!((status, warnings.len()), (200, 0));

    world.connector = world.with(json!({"client_jwt": "warn"}));
    let (status, _, warnings) = with_client_jwt(&world, "t-2", &own, usual.clone()).await;
    assert_eq!((status, warnings), (200, Vec::new()));
    let (status, _, warnings) = with_client_jwt(&world, "t-3", &broken, usual.clone()).await;
    assert_eq!((status, warnings.len()), (200, 1), "{warnings:?}");

    world.connector = world.with(json!({"client_jwt": "enforce"}));
    assert_eq!(with_client_jwt(&world, "t-4", &own, usual.clone()).await.0, 200);
    assert_eq!(with_client_jwt(&world, "t-4", &own, usual.clone()).await.0, 200, "Salt Edge repeats its request");
    // The same request of the third party for another session.
    let (status, said, _) = with_client_jwt(&world, "t-7", &own, usual.clone()).await;
    assert_eq!((status, said["error_class"].as_str()), (400, Some("WrongRequestFormat")), "{said}");
    let (status, said, _) = with_client_jwt(&world, "t-5", &broken, usual.clone()).await;
    assert_eq!((status, said["error_class"].as_str()), (400, Some("JWTVerificationError")), "{said}");
    // The hub's request has more scopes than the third party has signed.
    let (status, said, _) = with_client_jwt(&world, "t-6", &own, json!(["accounts", "transactions"])).await;
    assert_eq!((status, said["error_class"].as_str()), (400, Some("WrongRequestFormat")), "{said}");
    world.work().await;
    for refused in ["t-5", "t-6", "t-7"] {
        assert!(world.bank.asked("authenticate").len() == 4, "{refused} has begun nothing");
    }
}

#[tokio::test]
async fn a_third_party_whose_key_cannot_be_had_is_put_off_or_warned_about() {
    let mut world = World::new(Bank::usual()).await;
    let own = own_client_jwt(&world, json!(["accounts"])).await;
    for (mode, expected) in [("enforce", 503), ("warn", 200)] {
        world.connector = world.with(json!({"client_jwt": mode}));
        world.control("fail_next", json!({"operation": "get_client_info", "status": 404, "count": 10})).await;
        let (status, said, warnings) = with_client_jwt(&world, mode, &own, json!(["accounts"])).await;
        assert_eq!((status, warnings.len()), (expected, usize::from(mode == "warn")), "{said} {warnings:?}");
    }
    let refused = SaltEdgeConnector::from_json(json!({"client_jwt": "warn"})).unwrap_err();
    assert_eq!((refused.code(), refused.detail("field")), ("configuration.invalid", Some("client_jwt")));
}
