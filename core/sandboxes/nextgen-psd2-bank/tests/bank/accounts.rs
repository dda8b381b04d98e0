//! Accounts: with and without a consent.

use bankchannel_foundation::{model::read_boundary, operation::Exchange as _};
use bankchannel_nextgen_psd2::{
    BankConventions,
    operations::accounts::get_accounts::{GetAccounts, GetAccountsRequest},
};
use serde_json::{Value, json};

use super::{
    offers::{added, link, offer},
    support::{Answer, PSU, REDIRECT, Tpp, World},
};

const ACCOUNTS: &str = "/api/v1/accounts";
const PRESENT: (&str, &str) = ("PSU-IP-Address", "192.0.2.1");

async fn approve(world: &World, url: &str, to: &str) -> (String, String) {
    let answer = world.page(&format!("{url}&auto=approve")).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let parameters = added(answer.header("location").unwrap(), to);
    (parameters[0].1.clone(), parameters[1].1.clone())
}

async fn read(world: &World, tpp: &Tpp, target: &str, headers: &[(&str, &str)]) -> Answer {
    world.call(tpp, "GET", target, headers, Value::Null).await
}

/// T-146, §4.5 step 2: without a consent the refusal has the link to one.
#[tokio::test]
async fn the_link_comes_with_the_refusal() {
    let world = World::start().await;
    let tpp = world.tpp(3);
    let answer = read(&world, &tpp, ACCOUNTS, &[]).await;
    answer.is_refused(401, "CONSENT_INVALID", "V38");
    let members: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["id", "system", "status", "code", "message", "_links", "explain"]);
    assert_eq!(answer.body["_links"]["scaRedirect"]["verbs"], json!(["GET"]));
    // No redirect URI was given: the bank has its own page.
    let own = format!("{}/tap/return", world.origin());
    let (psu, session) = approve(&world, link(&answer), &own).await;
    assert_eq!(world.page("/tap/return").await.status, 200);
    let answer = read(&world, &tpp, ACCOUNTS, &[("PSU-ID", &psu), ("TPP-Session-ID", &session)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["accounts"].as_array().unwrap().len(), 2);

    // A signed redirect URI is used.
    let answer = read(&world, &tpp, ACCOUNTS, &[("TPP-Redirect-URI", REDIRECT)]).await;
    answer.is_refused(401, "CONSENT_INVALID", "V38");
    approve(&world, link(&answer), REDIRECT).await;
}

/// The same with the client's own functions: its customer returns from the refusal's link, and the accounts can then be
/// read.
#[tokio::test]
async fn the_refusals_link_leads_back_to_the_third_party() {
    let world = World::start().await;
    let tpp = world.tpp(3);
    let request: GetAccountsRequest = read_boundary(json!({"redirect_uri": REDIRECT})).unwrap();
    let message = GetAccounts::encode_request(request, &BankConventions::default()).unwrap();
    let headers: Vec<(&str, &str)> =
        message.headers.iter().map(|header| (&*header.name, message.headers.text(&header.name).unwrap())).collect();
    assert!(headers.contains(&("TPP-Redirect-URI", REDIRECT)), "{headers:?}");
    let answer = read(&world, &tpp, &format!("/api{}", message.target), &headers).await;
    answer.is_refused(401, "CONSENT_INVALID", "V38");
    let (psu, session) = approve(&world, link(&answer), REDIRECT).await;
    let answer = read(&world, &tpp, ACCOUNTS, &[("PSU-ID", &psu), ("TPP-Session-ID", &session)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// §4.5: the format of the answer; balances on request; stable ids.
#[tokio::test]
async fn what_is_read() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let url = link(&offer(&world, &tpp, &[("PSU-ID", PSU)]).await).to_owned();
    let (psu, session) = approve(&world, &url, REDIRECT).await;
    let headers = [("PSU-ID", &*psu), ("TPP-Session-ID", &*session), PRESENT];
    let answer = read(&world, &tpp, ACCOUNTS, &headers).await;
    let first = &answer.body["accounts"][0];
    let id = first["resourceId"].as_str().unwrap();
    assert!(id.starts_with("enc!!"), "{id}");
    let link = |tail: &str| json!({ "href": format!("/v1/accounts/{id}{tail}"), "verbs": ["GET"] });
    assert_eq!(
        first,
        &json!({"resourceId": id, "iban": "NO8299990100000", "bban": "99990100000", "currency": "NOK", "name": "Brukskonto",
            "product": "Brukskonto", "cashAccountType": "Current", "bic": "BKCHNOK0XXX",
            "_links": {"self": link(""), "balances": link("/balances"), "transactions": link("/transactions?bookingStatus=both")}})
    );
    let with = read(&world, &tpp, "/api/v1/accounts?withBalance=true", &headers).await;
    assert_eq!(with.body["accounts"][0]["resourceId"], id);
    let balance = &with.body["accounts"][0]["balances"][0];
    assert_eq!(balance["balanceAmount"], json!({ "currency": "NOK", "amount": "48215.50" }));
    let wrong = [("PSU-ID", &*psu), ("TPP-Session-ID", "another"), PRESENT];
    read(&world, &tpp, ACCOUNTS, &wrong).await.is_refused(401, "CONSENT_INVALID", "V38");
    read(&world, &world.tpp(3), ACCOUNTS, &headers).await.is_refused(401, "CONSENT_INVALID", "V38");
}

/// T-137: four times a day without the customer.
#[tokio::test]
async fn without_the_customer() {
    let mut world = World::start().await;
    let tpp = world.tpp(1);
    let url = link(&offer(&world, &tpp, &[("PSU-ID", PSU)]).await).to_owned();
    approve(&world, &url, REDIRECT).await;
    for _ in 0..4 {
        assert_eq!(read(&world, &tpp, ACCOUNTS, &[("PSU-ID", PSU)]).await.status, 200);
        assert_eq!(read(&world, &tpp, ACCOUNTS, &[("PSU-ID", PSU), PRESENT]).await.status, 200);
    }
    let answer = read(&world, &tpp, ACCOUNTS, &[("PSU-ID", PSU)]).await;
    answer.is_refused(429, "ACCESS_EXCEEDED", "V38");
    assert_eq!(answer.header("retry-after"), Some("86400"));
    world.advance(86_400).await;
    assert_eq!(read(&world, &tpp, ACCOUNTS, &[("PSU-ID", PSU)]).await.status, 200);
}

/// §4.5 step 6, T-138: a withdrawn and an expired consent.
#[tokio::test]
async fn consents_end() {
    let mut world = World::start().await;
    let tpp = world.tpp(1);
    let headers = [("PSU-ID", PSU), PRESENT];
    let url = link(&offer(&world, &tpp, &[("PSU-ID", PSU)]).await).to_owned();
    approve(&world, &url, REDIRECT).await;
    let shown = world.page("/requests.json").await;
    let id = shown.body["consents"][0]["consent_id"].as_str().unwrap().to_owned();
    assert_eq!(shown.body["consents"][0]["status"], "valid");
    assert_eq!(world.control(&format!("sandbox/consents/{id}/revoke"), Value::Null).await.status, 200);
    let answer = read(&world, &tpp, ACCOUNTS, &headers).await;
    answer.is_refused(403, "CONSENT_UNKNOWN", "V38");
    assert!(answer.body.get("_links").is_none());
    assert_eq!(world.control("sandbox/consents/unknown/revoke", Value::Null).await.status, 400);

    let url = link(&offer(&world, &tpp, &[("PSU-ID", PSU)]).await).to_owned();
    approve(&world, &url, REDIRECT).await;
    assert_eq!(read(&world, &tpp, ACCOUNTS, &headers).await.status, 200);
    world.advance(181 * 86_400).await;
    let answer = read(&world, &tpp, ACCOUNTS, &headers).await;
    answer.is_refused(401, "CONSENT_EXPIRED", "V38");
    assert!(!link(&answer).is_empty());
}
