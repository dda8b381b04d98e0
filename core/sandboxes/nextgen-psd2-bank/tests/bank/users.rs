//! Operation A: verify user.

use serde_json::json;

use super::support::{HASH, PSU, VECTOR_A, VERIFY, World, parsed};

/// T-005, R2: vector A at the test clock.
#[tokio::test]
async fn vector_a() {
    let world = World::start().await;
    let answer = world.send(&parsed(VECTOR_A)).await;
    assert_eq!((answer.status, &*answer.text), (200, r#"{"exists":true}"#));
    assert_eq!(answer.header("x-request-id"), Some("4eba4445-1a4b-47b8-bdd5-4e56ef026b19"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// T-120, A-19.
#[tokio::test]
async fn exists_or_not() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let other = "ZiAmpSXHlbj1rHHTxUBAQ7NCGxwsQJUhHRIqIoXwO4w=";
    for (psu, hash, exists) in
        [(PSU, HASH, true), (PSU, other, false), ("psu-b20c44", HASH, false), ("nobody", HASH, false)]
    {
        let body = json!({ "PSU-ID": psu, "PSUPersonalIdentifier": hash });
        let answer = world.call(&tpp, "POST", VERIFY, &[], body).await;
        assert_eq!((answer.status, answer.body), (200, json!({ "exists": exists })), "{psu}");
    }
    // The PSU-ID belongs to one third party only.
    let answer = world.call(&world.tpp(2), "POST", VERIFY, &[], world.question()).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "exists": false })));
}

/// T-121, S-16: invalid bodies; unknown members are ignored.
#[tokio::test]
async fn bodies() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let short = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
    for (body, path) in [
        (json!({ "PSUPersonalIdentifier": HASH }), "PSU-ID"),
        (json!({ "PSU-ID": PSU }), "PSUPersonalIdentifier"),
        (json!({ "PSU-ID": 7, "PSUPersonalIdentifier": HASH }), "PSU-ID"),
        (json!({ "PSU-ID": "", "PSUPersonalIdentifier": HASH }), "PSU-ID"),
        (json!({ "PSU-ID": "a\u{7}", "PSUPersonalIdentifier": HASH }), "PSU-ID"),
        (json!({ "PSU-ID": PSU, "PSUPersonalIdentifier": short }), "PSUPersonalIdentifier"),
        (json!({ "PSU-ID": PSU, "PSUPersonalIdentifier": [HASH] }), "PSUPersonalIdentifier"),
    ] {
        let answer = world.call(&tpp, "POST", VERIFY, &[], body).await;
        answer.is_refused(400, "FORMAT_ERROR", "V37");
        assert!(answer.message().contains(path), "{}", answer.message());
        assert!(!answer.text.contains(HASH), "S-12");
    }
    let more = json!({ "PSU-ID": PSU, "PSUPersonalIdentifier": HASH, "more": { "a": [1] } });
    assert_eq!(world.call(&tpp, "POST", VERIFY, &[], more).await.body, json!({ "exists": true }));
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let twice = format!(r#"{{"PSU-ID":"{PSU}","PSU-ID":"{PSU}","PSUPersonalIdentifier":"{HASH}"}}"#);
    for body in
        ["{", "[]", "null", &format!(r#"{{"PSU-ID":"{PSU}","PSUPersonalIdentifier":"{HASH}","x":{deep}}}"#), &twice]
    {
        let request = world.sign(&tpp, "POST", VERIFY, &[], body);
        world.send(&request).await.is_refused(400, "FORMAT_ERROR", "V37");
    }
}

/// T-075, A-18: a payment initiator is allowed.
#[tokio::test]
async fn a_payment_initiator_may_ask() {
    let world = World::start().await;
    let answer = world.call(&world.tpp(2), "POST", VERIFY, &[], world.question()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// S-14: the requests of each third party are limited.
#[tokio::test]
async fn asking_has_a_limit() {
    let world = World::start().await;
    let (one, two) = (world.tpp(1), world.tpp(2));
    assert_eq!(world.control("limits", json!({ "verify_user_per_minute": 1 })).await.status, 200);
    assert_eq!(world.call(&one, "POST", VERIFY, &[], world.question()).await.status, 200);
    let answer = world.call(&one, "POST", VERIFY, &[], world.question()).await;
    assert_eq!((answer.status, answer.code()), (429, "ACCESS_EXCEEDED"));
    let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&after));
    assert_eq!(world.call(&two, "POST", VERIFY, &[], world.question()).await.status, 200);
}
