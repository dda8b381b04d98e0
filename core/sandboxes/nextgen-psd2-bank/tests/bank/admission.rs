//! Admission of requests: the order of the checks, both error bodies, replay, explanations.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::support::{SIGNING_STRING_A, VECTOR_A, VERIFY, World, parsed, unsigned, uuid};

const ACCOUNTS: &str = "/bg/v1/accounts";

/// §1.5, R1, R2, R6: the body of a refusal in the dialect `era`.
#[tokio::test]
async fn an_era_refusal() {
    let world = World::start().await;
    let mut request = parsed(VECTOR_A);
    request.headers.remove("signature");
    let answer = world.send(&request).await;
    answer.is_refused(401, "SIGNATURE_MISSING", "V07");
    let members: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["id", "system", "status", "code", "message", "explain"]);
    assert_eq!((&answer.body["system"], &answer.body["status"]), (&json!("ERA-PSD2"), &json!(401)));
    let id = answer.body["id"].as_str().unwrap();
    assert!(id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    assert_eq!(answer.header("x-request-id"), Some("4eba4445-1a4b-47b8-bdd5-4e56ef026b19"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_ne!(world.send(&request).await.body["id"], answer.body["id"]);
}

/// §5: the same in the dialect `bg`.
#[tokio::test]
async fn a_bg_refusal() {
    let world = World::start().await;
    let mut request = world.sign(&world.tpp(1), "GET", ACCOUNTS, &[("PSU-ID", "psu-7f3a91")], "");
    request.headers.remove("digest");
    let answer = world.send(&request).await;
    answer.is_refused(400, "FORMAT_ERROR", "V10");
    let members: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["tppMessages", "explain"]);
    let message = &answer.body["tppMessages"][0];
    assert_eq!((&message["category"], message["text"].as_str()), (&json!("ERROR"), Some(answer.message())));
}

/// R6: the quirk of the documented examples.
#[tokio::test]
async fn the_status_inside_may_lie() {
    let world = World::with(|options| {
        options.plain = Some(true);
        options.era_status_quirk = Some(true);
    })
    .await;
    let answer = world.send(&unsigned("POST", VERIFY, &[("X-Request-ID", &uuid())], "")).await;
    assert_eq!((answer.status, &answer.body["status"]), (401, &json!(400)));
}

/// V04 comes between V03 and V05.
#[tokio::test]
async fn routes() {
    let world = World::start().await;
    let answer = world.send(&unsigned("POST", "/api/v1/nothing", &[], "")).await;
    answer.is_refused(404, "RESOURCE_UNKNOWN", "V04");
    let answer = world.send(&unsigned("PUT", "/api/v1/consents", &[], "")).await;
    answer.is_refused(405, "SERVICE_INVALID", "V04");
    assert_eq!(answer.header("allow"), Some("POST"));
    let answer = world.send(&unsigned("GET", "/bg/v1/user/verification", &[], "")).await;
    answer.is_refused(404, "RESOURCE_UNKNOWN", "V04");
    let twice = [("X-Request-ID", &*uuid()), ("X-Request-ID", &*uuid())];
    let answer = world.send(&unsigned("POST", "/api/v1/nothing", &twice, "")).await;
    answer.is_refused(400, "FORMAT_ERROR", "V03");
    assert_eq!(answer.header("x-request-id"), None);
    world.send(&unsigned("POST", VERIFY, &[], "")).await.is_refused(400, "FORMAT_ERROR", "V05");
}

/// T-102, T-103, S-09: an id is consumed by the request with a valid signature.
#[tokio::test]
async fn replay() {
    let mut world = World::start().await;
    let tpp = world.tpp(1);
    let body = world.question().to_string();
    let id = uuid();
    let request = world.sign(&tpp, "POST", VERIFY, &[("X-Request-ID", &id)], &body);
    let mut broken = request.clone();
    let signature = broken.headers.text("signature").unwrap().replace("signature=\"", "signature=\"AAAA");
    let signature = signature.replacen("AAAA", "", 0);
    broken.headers.set("signature", signature);
    world.send(&broken).await.is_refused(401, "SIGNATURE_INVALID", "V29");
    let mut altered = request.clone();
    altered.headers.set("date", "Tue, 03 Mar 2026 10:15:31 GMT");
    world.send(&altered).await.is_refused(401, "SIGNATURE_INVALID", "V30");
    assert_eq!(world.send(&request).await.status, 200);
    let again = world.send(&request).await;
    again.is_refused(400, "FORMAT_ERROR", "V32");
    assert!(again.message().contains("replay"), "{}", again.message());
    // Global, not per route (S-10), and before the role check (V33).
    let elsewhere = world.sign(&tpp, "GET", "/api/v1/accounts", &[("X-Request-ID", &id)], "");
    world.send(&elsewhere).await.is_refused(400, "FORMAT_ERROR", "V32");
    let by_another = world.sign(&world.tpp(2), "POST", VERIFY, &[("X-Request-ID", &id)], &body);
    assert_eq!(world.send(&by_another).await.status, 200);
    // Signed again within the window, then after it.
    world.advance(86_399).await;
    let request = world.sign(&tpp, "POST", VERIFY, &[("X-Request-ID", &id)], &body);
    world.send(&request).await.is_refused(400, "FORMAT_ERROR", "V32");
    world.advance(1).await;
    let request = world.sign(&tpp, "POST", VERIFY, &[("X-Request-ID", &id)], &body);
    assert_eq!(world.send(&request).await.status, 200);
}

/// T-100, T-103: a date that is not current does not consume the id.
#[tokio::test]
async fn a_date_that_is_not_now() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let (id, body) = (uuid(), world.question().to_string());
    for (date, status) in [
        ("Tue, 03 Mar 2026 10:20:31 GMT", 400),
        ("Tue, 03 Mar 2026 10:10:29 GMT", 400),
        ("Tue, 03 Mar 2026 10:10:30 GMT", 200),
    ] {
        let request = world.sign(&tpp, "POST", VERIFY, &[("X-Request-ID", &id), ("Date", date)], &body);
        let answer = world.send(&request).await;
        assert_eq!(answer.status, status, "{date}: {}", answer.text);
        if status == 400 {
            answer.is_refused(400, "TIMESTAMP_INVALID", "V31");
        }
    }
}

/// T-074: a payment initiator may not read accounts. The id is consumed: the signature was valid.
#[tokio::test]
async fn roles() {
    let world = World::start().await;
    let tpp = world.tpp(2);
    let headers = [("TPP-Redirect-URI", "https://tpp.example/cb")];
    for target in ["/api/v1/consents", "/api/v1/consents/", "/api/v1/bank-offered-consents"] {
        let answer = world.call(&tpp, "POST", target, &headers, Value::Null).await;
        answer.is_refused(401, "ROLE_INVALID", "V33");
    }
    for target in ["/api/v1/accounts", ACCOUNTS] {
        world.call(&tpp, "GET", target, &[], Value::Null).await.is_refused(401, "ROLE_INVALID", "V33");
    }
    let id = uuid();
    let request = world.sign(&tpp, "GET", ACCOUNTS, &[("X-Request-ID", &id)], "");
    world.send(&request).await.is_refused(401, "ROLE_INVALID", "V33");
    world.send(&request).await.is_refused(400, "FORMAT_ERROR", "V32");
}

/// V34 to V36, in their places.
#[tokio::test]
async fn the_rest_of_the_request() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let question = world.question();
    let answer = world.call(&tpp, "POST", VERIFY, &[("Accept", "text/html")], question.clone()).await;
    answer.is_refused(406, "REQUESTED_FORMATS_INVALID", "V34");
    let mut request = world.sign(&tpp, "POST", VERIFY, &[], &question.to_string());
    request.headers.set("content-type", "text/plain");
    world.send(&request).await.is_refused(415, "UNSUPPORTED_MEDIA_TYPE", "V35");
    let answer = world.call(&tpp, "GET", "/api/v1/accounts", &[("PSU-IP-Address", "here")], Value::Null).await;
    answer.is_refused(400, "FORMAT_ERROR", "V36");
    let answer = world.call(&tpp, "GET", "/api/v1/accounts", &[("PSU-IP-Port", "70000")], Value::Null).await;
    answer.is_refused(400, "FORMAT_ERROR", "V36");
}

/// §3.3, S-15: the conditions for an explanation.
#[tokio::test]
async fn explanations_on_demand() {
    let world = World::start().await;
    let request = |value: Option<&'static str>| {
        let mut request = parsed(VECTOR_A);
        request.headers.remove("signature");
        if let Some(value) = value {
            request.headers.set("X-Sandbox-Explain", value);
        }
        request
    };
    for (value, explained) in [(None, true), (Some("1"), true), (Some("0"), false)] {
        let answer = world.send(&request(value)).await;
        assert_eq!(answer.body.get("explain").is_some(), explained, "{value:?}");
        assert_eq!(answer.status, 401);
    }
    let quiet = World::with(|options| {
        options.plain = Some(true);
        options.explain = Some(false);
    })
    .await;
    for (value, explained) in [(None, false), (Some("1"), true), (Some("0"), false)] {
        let answer = quiet.send(&request(value)).await;
        assert_eq!(answer.body.get("explain").is_some(), explained, "{value:?}");
    }
    assert_eq!(quiet.ready["requests_url"], Value::Null);
    assert_eq!(quiet.page("/requests").await.status, 404);
    assert_eq!(quiet.page("/requests.json").await.status, 404);
}

/// §3.3: the specification's sample, M10 of §2.10: the client's signing string has `sha-256=`, and that string was
/// signed.
#[tokio::test]
async fn the_first_byte_that_differs() {
    let world = World::start().await;
    let tpp = super::support::Tpp::of_the_sheet();
    let changed = String::from_utf8(SIGNING_STRING_A.to_vec()).unwrap().replace("SHA-256=", "sha-256=");
    let signature = tpp.key.sign_pkcs1(bankchannel_crypto::signature::Hash::Sha256, changed.as_bytes()).unwrap();
    let mut request = parsed(VECTOR_A);
    let header = request.headers.text("signature").unwrap();
    let start = header.find("signature=\"").unwrap();
    let header = format!("{}signature=\"{}\"", &header[..start], STANDARD.encode(signature));
    request.headers.set("signature", header);
    request.headers.set("X-Sandbox-Signing-String", STANDARD.encode(&changed));
    let answer = world.send(&request).await;
    answer.is_refused(401, "SIGNATURE_INVALID", "V30");
    assert_eq!(answer.message(), "V30: signature does not match the signing string");
    let explain = &answer.body["explain"];
    let diff = &explain["diff"];
    assert_eq!((&diff["offset"], &diff["line"], &diff["column"]), (&json!(44), &json!(2), &json!(9)));
    assert_eq!(diff["header"], "digest");
    assert_eq!(explain["recovered"]["value"], "dafd2ef08129f1947827507105ebcaae485ed7443d33fb3b79a7cd99e1de4ad2");
    assert_eq!((&explain["hypotheses"][0]["id"], &explain["hypotheses"][0]["matched"]), (&json!("H-08"), &json!(true)));
    // The bank's own checks are listed among the others, in order.
    let ids: Vec<&str> =
        explain["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted() && ids.contains(&"V04"), "{ids:?}");
}

/// R5: requests that fail authentication are limited; correctly signing third parties are not affected.
#[tokio::test]
async fn failing_has_a_limit() {
    let world = World::start().await;
    assert_eq!(world.control("limits", json!({ "unauthenticated_per_minute": 2 })).await.status, 200);
    let bad = unsigned("POST", VERIFY, &[("X-Request-ID", &uuid())], "");
    for _ in 0..2 {
        assert_eq!(world.send(&bad).await.status, 401);
    }
    let answer = world.send(&bad).await;
    assert_eq!((answer.status, answer.code()), (429, "ACCESS_EXCEEDED"));
    assert_eq!(answer.message(), "this address has failed too often");
    assert!(answer.header("retry-after").is_some() && answer.body.get("explain").is_none());
    assert_eq!(world.control("limits", json!({})).await.status, 200);
    assert_eq!(world.send(&bad).await.status, 401);
}
