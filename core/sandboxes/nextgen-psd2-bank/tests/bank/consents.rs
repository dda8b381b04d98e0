//! Consents in the dialect `bg`: T-130 to T-139.

use bankchannel_nextgen_psd2::operations::verification::verify_request::Strictness;
use serde_json::{Value, json};

use super::support::{Answer, PSU, REDIRECT, Tpp, World};

const CONSENTS: &str = "/bg/v1/consents";
const ACCOUNTS: &str = "/bg/v1/accounts";
const IBAN: &str = "NO8299990100000";

fn asked(access: Value) -> Value {
    json!({ "access": access, "recurringIndicator": true, "validUntil": "2026-06-30", "frequencyPerDay": 4,
        "combinedServiceIndicator": false })
}

fn one_account() -> Value {
    json!({ "accounts": [{ "iban": IBAN }], "balances": [{ "iban": IBAN }] })
}

async fn create(world: &World, tpp: &Tpp, body: Value) -> Answer {
    let headers = [("TPP-Redirect-URI", REDIRECT), ("PSU-IP-Address", "192.0.2.1")];
    world.call(tpp, "POST", CONSENTS, &headers, body).await
}

async fn get(world: &World, tpp: &Tpp, path: &str) -> Answer {
    world.call(tpp, "GET", &format!("/bg{path}"), &[], Value::Null).await
}

fn id(answer: &Answer) -> String {
    answer.body["consentId"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned()
}

fn href<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.body["_links"][name]["href"].as_str().unwrap_or_else(|| panic!("no {name}: {}", answer.text))
}

async fn decide(world: &World, answer: &Answer, how: &str) -> Answer {
    let decided = world.page(&format!("{}&auto={how}", href(answer, "scaRedirect"))).await;
    assert_eq!(decided.status, 303, "{}", decided.text);
    decided
}

async fn status(world: &World, tpp: &Tpp, id: &str) -> String {
    get(world, tpp, &format!("/v1/consents/{id}/status")).await.body["consentStatus"].as_str().unwrap().to_owned()
}

/// T-130.
#[tokio::test]
async fn created() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let answer = create(&world, &tpp, asked(one_account())).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = id(&answer);
    assert_eq!((&answer.body["consentStatus"], &answer.body["scaStatus"]), (&json!("received"), &json!("received")));
    assert_eq!(answer.header("aspsp-sca-approach"), Some("REDIRECT"));
    assert_eq!(answer.header("location"), Some(&*format!("{}/bg/v1/consents/{id}", world.origin())));
    assert!(answer.header("x-request-id").is_some());
    assert!(href(&answer, "scaRedirect").starts_with(&format!("{}/tap?flow=psd2&state=", world.origin())));
    assert_eq!(
        (href(&answer, "self"), href(&answer, "status")),
        (&*format!("/v1/consents/{id}"), &*format!("/v1/consents/{id}/status"))
    );
    let prefix = format!("/v1/consents/{id}/authorisations/");
    let own = href(&answer, "scaStatus").strip_prefix(&prefix).unwrap().to_owned();
    assert!(answer.body["_links"]["self"].get("verbs").is_none(), "a link of the Berlin Group has only href");

    let list = get(&world, &tpp, &format!("/v1/consents/{id}/authorisations")).await;
    assert_eq!((list.status, &list.body), (200, &json!({ "authorisationIds": [own] })));
    assert_eq!(get(&world, &tpp, href(&answer, "scaStatus")).await.body, json!({ "scaStatus": "received" }));
    assert_eq!(world.page(href(&answer, "scaRedirect")).await.status, 200);
    assert_eq!(get(&world, &tpp, href(&answer, "scaStatus")).await.body, json!({ "scaStatus": "started" }));
    get(&world, &tpp, &format!("{prefix}unknown")).await.is_refused(403, "RESOURCE_UNKNOWN", "V38");
}

/// T-131.
#[tokio::test]
async fn read_and_deleted() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let id = id(&create(&world, &tpp, asked(one_account())).await);
    let path = format!("/v1/consents/{id}");
    let answer = get(&world, &tpp, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["access"], one_account());
    assert_eq!((&answer.body["validUntil"], &answer.body["frequencyPerDay"]), (&json!("2026-06-30"), &json!(4)));
    assert_eq!(
        (&answer.body["lastActionDate"], &answer.body["recurringIndicator"]),
        (&json!("2026-03-03"), &json!(true))
    );
    let answer = get(&world, &tpp, &format!("{path}/status")).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({ "consentStatus": "received" })));
    for _ in 0..2 {
        let deleted = world.call(&tpp, "DELETE", &format!("/bg{path}"), &[], Value::Null).await;
        assert_eq!((deleted.status, &*deleted.text), (204, ""));
        assert!(deleted.header("content-type").is_none() && deleted.header("x-request-id").is_some());
        assert_eq!(status(&world, &tpp, &id).await, "terminatedByTpp");
    }
}

/// T-132: the same answer for another third party's consent as for an unknown one.
#[tokio::test]
async fn of_another() {
    let world = World::start().await;
    let own = id(&create(&world, &world.tpp(1), asked(one_account())).await);
    let other = world.tpp(3);
    for id in [&*own, "unknown"] {
        for (method, tail) in
            [("GET", ""), ("GET", "/status"), ("DELETE", ""), ("POST", "/authorisations"), ("GET", "/authorisations")]
        {
            let answer = world.call(&other, method, &format!("{CONSENTS}/{id}{tail}"), &[], Value::Null).await;
            answer.is_refused(403, "CONSENT_UNKNOWN", "V38");
            assert_eq!(answer.message(), "V38: this third party has no such consent");
        }
        let answer = world.call(&other, "GET", ACCOUNTS, &[("Consent-ID", id)], Value::Null).await;
        answer.is_refused(400, "CONSENT_UNKNOWN", "V38");
    }
    assert_eq!(status(&world, &world.tpp(1), &own).await, "received");
}

/// T-133, T-139.
#[tokio::test]
async fn decided() {
    let mut world = World::start().await;
    let tpp = world.tpp(1);
    let approved = create(&world, &tpp, asked(one_account())).await;
    let sent = decide(&world, &approved, "approve").await;
    assert!(sent.header("location").unwrap().starts_with(REDIRECT));
    assert_eq!(status(&world, &tpp, &id(&approved)).await, "valid");
    assert_eq!(get(&world, &tpp, href(&approved, "scaStatus")).await.body["scaStatus"], "finalised");

    let nok = "https://tpp.example/nok?a=1";
    let headers = [("TPP-Redirect-URI", REDIRECT), ("TPP-Nok-Redirect-URI", nok)];
    let refused = world.call(&tpp, "POST", CONSENTS, &headers, asked(one_account())).await;
    let sent = decide(&world, &refused, "refuse").await;
    assert!(sent.header("location").unwrap().starts_with(nok), "{:?}", sent.header("location"));
    assert_eq!(status(&world, &tpp, &id(&refused)).await, "rejected");
    assert_eq!(get(&world, &tpp, href(&refused, "scaStatus")).await.body["scaStatus"], "failed");

    let waiting = create(&world, &tpp, asked(one_account())).await;
    world.advance(86_400).await;
    assert_eq!(status(&world, &tpp, &id(&waiting)).await, "rejected");
}

/// T-134.
#[tokio::test]
async fn a_second_recurring_consent() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let created = create(&world, &tpp, asked(one_account())).await;
        decide(&world, &created, "approve").await;
        ids.push(id(&created));
    }
    assert_eq!(status(&world, &tpp, &ids[0]).await, "expired");
    assert_eq!(status(&world, &tpp, &ids[1]).await, "valid");
}

/// T-135.
#[tokio::test]
async fn days_and_frequency() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let with = |name: &str, value: Value| {
        let mut body = asked(one_account());
        body[name] = value;
        body
    };
    create(&world, &tpp, with("validUntil", json!("2026-03-02"))).await.is_refused(400, "FORMAT_ERROR", "V38");
    let zero = create(&world, &tpp, with("frequencyPerDay", json!(0))).await;
    assert_eq!((zero.status, zero.code()), (400, "FORMAT_ERROR"), "{}", zero.text);
    create(&world, &tpp, with("validUntil", json!("2026-3-2"))).await.is_refused(400, "FORMAT_ERROR", "V37");
    let longest = create(&world, &tpp, with("validUntil", json!("9999-12-31"))).await;
    let shown = get(&world, &tpp, &format!("/v1/consents/{}", id(&longest))).await;
    assert_eq!(shown.body["validUntil"], "2026-08-30", "180 days");
    let often = create(&world, &tpp, with("frequencyPerDay", json!(9))).await;
    let shown = get(&world, &tpp, &format!("/v1/consents/{}", id(&often))).await;
    assert_eq!(shown.body["frequencyPerDay"], 4);
    let combined = create(&world, &tpp, with("combinedServiceIndicator", json!(true))).await;
    combined.is_refused(400, "SESSIONS_NOT_SUPPORTED", "V38");
}

/// T-136.
#[tokio::test]
async fn access_that_does_not_go_together() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    for access in [
        json!({}),
        json!({ "accounts": [], "balances": [{ "iban": IBAN }] }),
        json!({ "allPsd2": "allAccounts", "accounts": [{ "iban": IBAN }] }),
        json!({ "accounts": [{ "iban": IBAN, "bban": "99990100000" }] }),
        json!({ "accounts": [{}] }),
        json!({ "allPsd2": "someAccounts" }),
    ] {
        let answer = create(&world, &tpp, asked(access.clone())).await;
        assert_eq!((answer.status, answer.code()), (400, "FORMAT_ERROR"), "{access}: {}", answer.text);
    }
    for access in [json!({ "accounts": [], "balances": [] }), json!({ "allPsd2": "allAccounts" })] {
        assert_eq!(create(&world, &tpp, asked(access)).await.status, 201);
    }
}

/// §4.1: an older spelling from the standard, in `lenient` only.
#[tokio::test]
async fn the_older_name_of_accounts_with_balances() {
    let older = || asked(json!({ "availableAccountsWithBalances": "allAccounts" }));
    for (mode, is_taken) in [(Strictness::Strict, false), (Strictness::Normal, false), (Strictness::Lenient, true)] {
        let world = World::with(|options| (options.plain, options.mode) = (Some(true), Some(mode))).await;
        let tpp = world.tpp(1);
        let answer = create(&world, &tpp, older()).await;
        if is_taken {
            assert_eq!(answer.status, 201, "{}", answer.text);
        } else {
            answer.is_refused(400, "FORMAT_ERROR", "V37");
            assert!(answer.message().contains("write availableAccountsWithBalance"), "{}", answer.message());
        }
        let right = asked(json!({ "availableAccountsWithBalance": "allAccounts" }));
        assert_eq!(create(&world, &tpp, right).await.status, 201);
    }
}

/// T-137, T-138, §4.4: use of a consent.
#[tokio::test]
async fn used() {
    let mut world = World::start().await;
    let tpp = world.tpp(1);
    let created = create(&world, &tpp, asked(one_account())).await;
    let consent = id(&created);
    let read = async |world: &World, present: bool| {
        let mut headers = vec![("Consent-ID", &*consent)];
        if present {
            headers.push(("PSU-IP-Address", "2001:db8::1"));
        }
        world.call(&tpp, "GET", "/bg/v1/accounts?withBalance=true", &headers, Value::Null).await
    };
    let answer = read(&world, true).await;
    answer.is_refused(401, "CONSENT_INVALID", "V38");
    assert!(answer.body.get("_links").is_none());
    decide(&world, &created, "approve").await;
    let answer = read(&world, true).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let accounts = answer.body["accounts"].as_array().unwrap();
    assert_eq!(
        (accounts.len(), &accounts[0]["iban"], &accounts[0]["cashAccountType"]),
        (1, &json!(IBAN), &json!("CACC"))
    );
    assert_eq!(accounts[0]["balances"][0]["balanceAmount"]["amount"], "48215.50");
    for _ in 0..4 {
        assert_eq!(read(&world, false).await.status, 200);
    }
    read(&world, false).await.is_refused(429, "ACCESS_EXCEEDED", "V38");
    world.call(&tpp, "GET", ACCOUNTS, &[], Value::Null).await.is_refused(400, "FORMAT_ERROR", "V36");
    // After its last day.
    world.advance(120 * 86_400).await;
    read(&world, true).await.is_refused(401, "CONSENT_EXPIRED", "V38");
    assert_eq!(status(&world, &tpp, &consent).await, "expired");
}

/// §4.4: a consent for one use.
#[tokio::test]
async fn used_once() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let mut body = asked(one_account());
    body["recurringIndicator"] = json!(false);
    body["frequencyPerDay"] = json!(1);
    let created = create(&world, &tpp, body).await;
    decide(&world, &created, "approve").await;
    let headers = [("Consent-ID", &*id(&created))];
    assert_eq!(world.call(&tpp, "GET", ACCOUNTS, &headers, Value::Null).await.status, 200);
    world.call(&tpp, "GET", ACCOUNTS, &headers, Value::Null).await.is_refused(401, "CONSENT_EXPIRED", "V38");
}

/// Another authorisation, for a consent that waits for one.
#[tokio::test]
async fn authorised_later() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let consent = id(&create(&world, &tpp, asked(one_account())).await);
    let target = format!("{CONSENTS}/{consent}/authorisations");
    let started = world.call(&tpp, "POST", &target, &[("PSU-ID", PSU)], Value::Null).await;
    assert_eq!((started.status, &started.body["scaStatus"]), (201, &json!("received")), "{}", started.text);
    assert_eq!(started.header("aspsp-sca-approach"), Some("REDIRECT"));
    let own = started.body["authorisationId"].as_str().unwrap();
    assert_eq!(href(&started, "scaStatus"), format!("/v1/consents/{consent}/authorisations/{own}"));
    decide(&world, &started, "approve").await;
    assert_eq!(status(&world, &tpp, &consent).await, "valid");
    world.call(&tpp, "POST", &target, &[], Value::Null).await.is_refused(409, "STATUS_INVALID", "V38");
    let unknown = world.call(
        &tpp,
        "POST",
        CONSENTS,
        &[("TPP-Redirect-URI", REDIRECT), ("PSU-ID", "nobody")],
        asked(one_account()),
    );
    unknown.await.is_refused(401, "PSU_CREDENTIALS_INVALID", "V38");
}

/// The consent's customer with the request's agreement, and vice versa.
#[tokio::test]
async fn authorised_later_with_an_agreement() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let (ola, agreement) = (("PSU-ID", "psu-b20c44"), ("PSU-Corporate-ID", "corp-42"));
    for (first, second) in [(ola, agreement), (agreement, ola)] {
        let headers = [("TPP-Redirect-URI", REDIRECT), first];
        let consent = id(&world.call(&tpp, "POST", CONSENTS, &headers, asked(one_account())).await);
        let target = format!("{CONSENTS}/{consent}/authorisations");
        let started = world.call(&tpp, "POST", &target, &[second], Value::Null).await;
        started.is_refused(401, "CORPORATE_ID_INVALID", "V38");
    }
}

/// The stored data of a consent is limited.
#[tokio::test]
async fn too_much_to_keep() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let many = json!({ "accounts": vec![json!({ "iban": IBAN }); 1_001] });
    let answer = create(&world, &tpp, asked(many)).await;
    answer.is_refused(400, "FORMAT_ERROR", "V38");
    assert!(answer.message().contains("access names"), "{}", answer.message());
    let long = format!("{REDIRECT}&x={}", "x".repeat(2_048));
    for headers in
        [vec![("TPP-Redirect-URI", &*long)], vec![("TPP-Redirect-URI", REDIRECT), ("TPP-Nok-Redirect-URI", &*long)]]
    {
        let answer = world.call(&tpp, "POST", CONSENTS, &headers, asked(one_account())).await;
        answer.is_refused(400, "FORMAT_ERROR", "V36");
        assert!(answer.message().contains("-Redirect-URI: is too long"), "{}", answer.message());
    }
}

/// The bank's data survives a restart.
#[tokio::test]
async fn kept_over_a_restart() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let created = create(&world, &tpp, asked(one_account())).await;
    decide(&world, &created, "approve").await;
    let world = world.restart().await;
    assert_eq!(status(&world, &tpp, &id(&created)).await, "valid");
}
