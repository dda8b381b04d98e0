//! §11.4: login, session, logout.

use serde_json::{Value, json};

use crate::support::{AUTH_FAILED, LIMIT, OTHER_PASSWORD, PASSWORD, Session, World};

#[tokio::test]
async fn l01_a_data_user_gets_a_token() {
    let world = World::start().await;
    let key = world.account("l01@example.test").await;
    let answer = world.login("l01@example.test", "data", PASSWORD).await;
    answer.is(200, "Login OK").has_only(&["IdToken", "ApiKey", "ExpiresIn"]);
    assert_eq!((answer.field("ApiKey"), answer.body["ExpiresIn"].clone()), (key, json!("3600")));
    assert_eq!(answer.field("IdToken").len(), 43);
    assert_eq!(answer.body["Account"], json!({ "Type": "integrator", "Features": [], "Entitlements": [] }));
}

#[tokio::test]
async fn l17_l18_s6_s10_unknown_users_and_wrong_passwords_are_the_same_locked_ones_too() {
    let world = World::start().await;
    world.account("l18@example.test").await;
    for _ in 0..10 {
        let mut wrong = world.login("l18@example.test", "data", OTHER_PASSWORD).await;
        let mut unknown = world.login("nobody@example.test", "data", OTHER_PASSWORD).await;
        wrong.is(400, AUTH_FAILED);
        for answer in [&mut wrong, &mut unknown] {
            answer.body.as_object_mut().unwrap().remove("RequestId").unwrap();
        }
        assert_eq!((wrong.status, wrong.body), (unknown.status, unknown.body));
    }
    // No difference tells who has an account.
    for email in ["l18@example.test", "nobody@example.test"] {
        let locked = world.login(email, "data", PASSWORD).await;
        locked.is(400, LIMIT);
        locked.is_of_quota(false);
        assert!(!locked.headers.contains_key("retry-after"), "{email}");
    }
    // S7: the other user is not locked.
    world.login("l18@example.test", "admin", PASSWORD).await.is(200, "Give SMS code");
    world.advance(15.0 * 60.0 + 1.0).await;
    world.login("l18@example.test", "data", PASSWORD).await.is(200, "Login OK");
}

#[tokio::test]
async fn s39_guesses_at_the_same_moment_are_all_counted() {
    let world = World::start().await;
    world.account("guess@example.test").await;
    let tries = (0..24).map(|_| world.login("guess@example.test", "data", OTHER_PASSWORD));
    let answers = futures_util::future::join_all(tries).await;
    let checked = answers.iter().filter(|answer| answer.text() == AUTH_FAILED).count();
    assert_eq!(checked, 10, "ten passwords were tried and no more");
    assert!(answers.iter().filter(|answer| answer.text() != AUTH_FAILED).all(|answer| answer.text() == LIMIT));
}

#[tokio::test]
async fn many_right_logins_at_the_same_moment_all_pass() {
    let world = World::start().await;
    world.account("many@example.test").await;
    let logins = (0..24).map(|_| world.login("many@example.test", "data", PASSWORD));
    for answer in futures_util::future::join_all(logins).await {
        answer.is(200, "Login OK");
    }
}

#[tokio::test]
async fn l19_l20_l21_what_a_session_needs() {
    let world = World::start().await;
    world.account("l19@example.test").await;
    let other_key = world.account("l20@example.test").await;
    let session = world.data_session("l19@example.test").await;
    assert!(world.alive(&session).await);
    for token in ["", "garbage", &format!("Bearer {}", session.token)] {
        let wrong = Session { token: token.to_owned(), ..session.clone() };
        world.protected("GET", "/pgp", &wrong, Value::Null).await.is(401, "Unauthorized");
    }
    world.send("GET", "/pgp", &[("x-api-key", &session.api_key)], Vec::new()).await.is(401, "Unauthorized");
    let twice = [("authorization", &*session.token), ("authorization", "x"), ("x-api-key", &*session.api_key)];
    world.send("GET", "/pgp", &twice, Vec::new()).await.is(401, "Unauthorized");
    for key in ["", "unknown-key-unknown-key-unknown", &other_key] {
        let wrong = Session { api_key: key.to_owned(), ..session.clone() };
        world.protected("GET", "/pgp", &wrong, Value::Null).await.is(403, "Invalid API key");
    }
    world.send("GET", "/pgp", &[("authorization", &session.token)], Vec::new()).await.is(403, "Invalid API key");
    world.advance(3599.0).await;
    assert!(world.alive(&session).await);
    world.advance(1.0).await;
    assert!(!world.alive(&session).await);
}

#[tokio::test]
async fn l22_l23_l24_s14_logout_ends_what_was_issued_before() {
    let world = World::start().await;
    world.account("l22@example.test").await;
    let (first, second) = (world.data_session("l22@example.test").await, world.data_session("l22@example.test").await);
    let admin = world.admin_session("l22@example.test").await;
    for path in ["/session/other@example.test/data", "/session/l22@example.test/admin"] {
        assert_eq!(world.protected("DELETE", path, &first, Value::Null).await.status, 403);
    }
    assert!(world.alive(&first).await);
    world
        .protected("DELETE", "/session/L22%40example.test/data", &first, json!({ "AccessToken": "x" }))
        .await
        .is(200, "Logged out");
    for gone in [&first, &second] {
        assert!(!world.alive(gone).await);
    }
    world.protected("DELETE", "/session/l22@example.test/data", &first, Value::Null).await.is(401, "Unauthorized");
    assert!(world.alive(&admin).await);
    // Within the same second.
    assert!(world.alive(&world.data_session("l22@example.test").await).await);
}

#[tokio::test]
async fn logout_ends_sessions_of_a_later_clock_too() {
    let world = World::start().await;
    world.account("clock@example.test").await;
    world.advance(600.0).await;
    let later = world.data_session("clock@example.test").await;
    world.advance(-600.0).await;
    let now = world.data_session("clock@example.test").await;
    world
        .protected("DELETE", "/session/clock@example.test/data?AccessToken=x", &now, Value::Null)
        .await
        .is(200, "Logged out");
    assert!(!world.alive(&later).await && !world.alive(&now).await);
}

#[tokio::test]
async fn an_idle_session_ends_where_that_is_configured() {
    let world = World::configured("idle_ttl_s = 60").await;
    world.account("idle@example.test").await;
    let session = world.data_session("idle@example.test").await;
    for _ in 0..3 {
        world.advance(50.0).await;
        assert!(world.alive(&session).await);
    }
    world.advance(61.0).await;
    for _ in 0..2 {
        assert!(!world.alive(&session).await, "a refused call is no use of a session");
    }
}

#[tokio::test]
async fn steps_of_a_login_say_no_with_200_where_that_is_configured() {
    let world = World::configured("logical_failure_status = 200").await;
    world.account("status@example.test").await;
    let refused = world.login("status@example.test", "data", OTHER_PASSWORD).await;
    assert_eq!((refused.status, refused.text(), &refused.body["ResponseCode"]), (200, AUTH_FAILED, &json!("01")));
    let exists = world.register("status@example.test", "admin", "0").await;
    assert_eq!((exists.status, exists.text()), (400, "User already exists"));
}
