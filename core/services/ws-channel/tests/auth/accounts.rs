//! The operator's orders about accounts: effective from the next call on, with and without a running service.

use bankchannel_storage::ws_channel::AuditFilter;
use bankchannel_ws_channel_service::operator::{AccountQuery, NewApiKey, ServiceOperator};
use serde_json::{Value, json};

use crate::support::{AUTH_FAILED, Answer, CODE_EXPIRED, CODE_WRONG, LIMIT, OTHER_PASSWORD, PASSWORD, PHONE, World};

const DISABLED: &str = "Account is disabled by the service's operator.";
const WHO: &str = "one@example.test";
const NOBODY: &str = "nobody@example.test";

fn operator(world: &World) -> ServiceOperator {
    ServiceOperator::from_options(&world.options()).unwrap()
}

/// An answer without what differs from call to call.
fn comparable(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    body.as_object_mut().unwrap().remove("RequestId");
    (answer.status, body)
}

#[tokio::test]
async fn a_disabled_account_is_refused_everything_and_is_let_in_again() {
    let world = World::start().await;
    world.account(WHO).await;
    let (data, admin) = (world.data_session(WHO).await, world.admin_session(WHO).await);
    let step = world.login(WHO, "admin", PASSWORD).await.is(200, "Give SMS code").field("Session");
    let code = world.code(WHO, "admin", "mfa").await;
    world.get(&format!("/account/{WHO}/data/password")).await.is(200, "SMS sent");
    let reset = world.code(WHO, "data", "password_reset").await;
    assert!(world.alive(&data).await && world.alive(&admin).await, "both are remembered");
    let operator = operator(&world);
    let disabled = operator.disable_account("One@Example.Test", "a lost laptop").await.unwrap();
    assert!(disabled.disabled.is_some() && disabled.users.iter().all(|user| user.sessions == 1 && user.steps == 0));
    // Who has a session is told.
    for (session, method, path) in
        [(&data, "GET", "/files/simulator"), (&admin, "GET", "/pgp"), (&admin, "GET", "/certs")]
    {
        world.protected(method, path, session, Value::Null).await.is(403, DISABLED);
    }
    world.protected("PUT", "/files/simulator", &data, json!({})).await.is(403, DISABLED);
    let logout = format!("/session/{WHO}/data");
    world.protected("DELETE", &logout, &data, Value::Null).await.is(403, DISABLED);
    // A login that had begun, and a code that was sent, are of no use.
    world.mfa(WHO, &step, &code, json!({})).await.is(400, CODE_EXPIRED);
    assert_eq!(reset_with(&world, WHO, &reset).await.text(), CODE_WRONG);
    let messages = world.outbox().await.len();
    world.get(&format!("/account/{WHO}/data/password")).await.is(200, "SMS sent");
    assert_eq!(world.outbox().await.len(), messages, "nothing is sent");
    world.register(WHO, "data", &data.api_key).await.is(400, "User already exists");
    let listed = operator.accounts(AccountQuery { disabled: Some(true), ..AccountQuery::default() }).await.unwrap();
    assert_eq!(listed.iter().map(|one| &*one.email).collect::<Vec<_>>(), [WHO]);
    let enabled = operator.enable_account(WHO).await.unwrap();
    assert_eq!((enabled.disabled, enabled.disabled_reason), (None, None));
    assert!(world.alive(&data).await && world.alive(&admin).await, "sessions go on");
    world.login(WHO, "data", PASSWORD).await.is(200, "Login OK");
    let orders = AuditFilter { operation: Some("operator.disable_account".into()), ..AuditFilter::default() };
    let record = operator.audit(orders).await.unwrap().pop().unwrap();
    assert_eq!((&*record.email, &*record.mode), (WHO, "operator"));
    // A key has a name there.
    assert!(record.api_key.starts_with(&format!("{}.", &data.api_key[..4])), "{}", record.api_key);
    let both = ["before: in use; admin: ", "; after: disabled since ", "(a lost laptop)"];
    assert!(both.iter().all(|part| record.detail.contains(part)), "{}", record.detail);
}

async fn reset_with(world: &World, email: &str, code: &str) -> Answer {
    let challenge = world.challenge(email, "data").await;
    let body = json!({ "ChResp": challenge, "Code": code, "Encrypted": world.encrypt(OTHER_PASSWORD, &challenge) });
    world.call("POST", &format!("/account/{email}/data/password"), body).await
}

/// Whatever a stranger tries, right or wrong: a disabled account answers as an address that nobody has registered.
#[tokio::test]
async fn strangers_cannot_tell_a_disabled_account_from_none() {
    let world = World::start().await;
    world.account(WHO).await;
    operator(&world).disable_account(WHO, "a test").await.unwrap();
    let mut told = Vec::new();
    for email in [WHO, NOBODY] {
        let mut answers = Vec::new();
        for mode in ["admin", "data"] {
            for password in [PASSWORD, OTHER_PASSWORD] {
                answers.push(world.login(email, mode, password).await);
            }
        }
        answers.push(world.get(&format!("/account/{email}/data/password")).await);
        answers.push(reset_with(&world, email, "123456").await);
        answers.push(world.verify_phone(email, "admin", "123456").await);
        answers.push(world.verify_email(email, "admin", &"a".repeat(43), "123456").await);
        // Wrong passwords lock both alike; the right one does not help.
        for _ in 0..10 {
            answers.push(world.login(email, "data", PASSWORD).await);
        }
        assert_eq!(answers.last().unwrap().text(), LIMIT);
        answers[0].is(400, AUTH_FAILED);
        told.push(answers.iter().map(comparable).collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn locks_end_by_an_order_also_of_addresses_that_nobody_has() {
    let mut world = World::start().await;
    world.account(WHO).await;
    for email in [WHO, NOBODY] {
        for _ in 0..11 {
            world.login(email, "data", OTHER_PASSWORD).await;
        }
        world.login(email, "data", PASSWORD).await.is(400, LIMIT);
    }
    let told = operator(&world).account(NOBODY).await.unwrap();
    assert!(!told.registered && told.tries[0].locked_until.is_some(), "{told:?}");
    let listed = operator(&world).accounts(AccountQuery::default()).await.unwrap();
    assert!(listed[0].locked, "{listed:?}");
    // Through the running service, and without one.
    let unlocked = operator(&world).unlock_account(WHO).await.unwrap();
    assert!(unlocked.tries.is_empty(), "{unlocked:?}");
    world.login(WHO, "data", PASSWORD).await.is(200, "Login OK");
    world.stop().await;
    operator(&world).unlock_account(NOBODY).await.unwrap();
    let again = operator(&world).unlock_account(NOBODY).await.unwrap_err();
    assert_eq!(again.detail("field"), Some("email"), "{again}");
    let world = world.restart_stopped().await;
    world.login(NOBODY, "data", PASSWORD).await.is(400, AUTH_FAILED);
}

#[tokio::test]
async fn sessions_end_and_the_second_factor_is_the_phone_again() {
    let world = World::start().await;
    world.account(WHO).await;
    let data = world.data_session(WHO).await;
    let step = world.login(WHO, "admin", PASSWORD).await.is(200, "Give SMS code").field("Session");
    let code = world.code(WHO, "admin", "mfa").await;
    let answer = world.mfa(WHO, &step, &code, json!({ "SetupTOTP": true })).await;
    let secret = bankchannel_crypto::totp::TotpKey::from_base32(&answer.field("SecretCode")).unwrap();
    let (_, clock) = world.post_control("clock", json!({ "advance_s": 0 })).await;
    let now = bankchannel_foundation::model::Timestamp::new(clock["now"].as_str().unwrap()).unwrap().as_ms();
    let code = bankchannel_crypto::totp::code_at_counter(&secret, (now / 30_000) as u64);
    let body = json!({ "AccessToken": answer.field("AccessToken"), "Code": code });
    world.call("PUT", &format!("/session/{WHO}/admin/verifytotp"), body).await.is(200, "TOTP enabled");
    world.login(WHO, "admin", PASSWORD).await.is(200, "Give authenticator code");
    let factor = |account: &bankchannel_ws_channel_service::operator::AccountDetails| {
        account.users.iter().map(|user| user.second_factor.clone()).collect::<Vec<_>>()
    };
    assert_eq!(factor(&operator(&world).account(WHO).await.unwrap()), ["authenticator", "none"]);
    let ended = operator(&world).end_account_sessions(WHO).await.unwrap();
    assert!(ended.users.iter().all(|user| user.sessions + user.steps == 0), "{ended:?}");
    assert!(!world.alive(&data).await);
    assert_eq!(factor(&ended), ["authenticator", "none"]);
    let data = world.data_session(WHO).await;
    let reset = operator(&world).reset_account_mfa(WHO).await.unwrap();
    assert_eq!(factor(&reset), ["SMS", "none"]);
    assert!(!world.alive(&data).await, "whoever had the authenticator may have more");
    world.admin_session(WHO).await;
}

#[tokio::test]
async fn an_account_is_erased_and_an_owner_is_not() {
    let mut world = World::start().await;
    let key = world.account(WHO).await;
    let refused = operator(&world).delete_account(WHO).await.unwrap_err();
    assert!(refused.message().contains("account-disable") && refused.message().contains("key-set"), "{refused}");
    let seed =
        json!({ "accounts": [{ "email": "two@example.test", "password": PASSWORD, "phone": PHONE, "api_key": key }] });
    assert_eq!(world.post_control("seed", seed).await.0, 200);
    let session = world.data_session("two@example.test").await;
    let gone = operator(&world).delete_account("two@example.test").await.unwrap();
    assert!(!gone.registered && gone.users.is_empty(), "{gone:?}");
    assert!(!world.alive(&session).await);
    assert_eq!(operator(&world).delete_account("two@example.test").await.unwrap_err().detail("field"), Some("email"));
    // The audit trail stays, and says what was there.
    let of = AuditFilter { email: Some("two@example.test".into()), ..AuditFilter::default() };
    let records = operator(&world).audit(of).await.unwrap();
    let order = records.iter().find(|record| record.operation == "operator.delete_account").unwrap();
    assert!(
        order.detail.contains("before: in use") && order.detail.contains("after: not registered"),
        "{}",
        order.detail
    );
    assert!(records.len() > 1, "earlier records too");
    world.stop().await;
    operator(&world).create_key(NewApiKey::default()).await.unwrap();
    assert!(operator(&world).verify_audit().await.unwrap().intact);
}
