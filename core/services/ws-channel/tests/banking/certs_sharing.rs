//! Sharing certificates (§11.6 C12–C16, C20–C22).

use bankchannel_ws_channel_service::Channels;
use reqwest::Method;
use serde_json::json;

use crate::served::{Person, Served, Signer, identity, import_of, payment};

const ANY: &str = "sharing = \"any\"";
const NO_LINK: &str = "No available valid bank certificates, no linked account";

async fn share(served: &Served, from: &Person, to: &str) -> crate::served::Answer {
    served.admin(from, Method::PUT, &format!("/certs/shared/{to}"), None).await
}

async fn unshare(served: &Served, from: &Person, to: &str) -> crate::served::Answer {
    served.admin(from, Method::DELETE, &format!("/certs/shared/{to}"), None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn c12_c13_c16_a_shared_certificate_is_used_and_not_seen() {
    let served = Served::start().await;
    let owner = served.owner("owner@example.test").await;
    let borrower = served.person("borrower@example.test", Some(&owner.key)).await;
    let foreign = served.owner("foreign@example.test").await;
    served.enrol(&owner).await.ok(201);
    share(&served, &owner, "foreign%40example.test").await.refused(400, "User does not exist!");
    share(&served, &owner, "nobody%40example.test").await.refused(400, "User does not exist!");
    share(&served, &owner, "owner%40example.test").await.refused(400, "Invalid parameter(s): ExtEmail");
    let shared = share(&served, &owner, "BORROWER%40example.test").await.ok(201);
    assert_eq!((&shared["SharedFrom"], &shared["SharedTo"]), (&json!([]), &json!(["borrower@example.test"])));
    share(&served, &owner, "borrower%40example.test").await.ok(201);
    let listed = served.get(&borrower, "/certs").await.ok(200);
    assert_eq!(listed["Certs"], json!([]));
    assert_eq!(
        (&listed["Connections"][0]["Bank"], &listed["Connections"][0]["Access"]),
        (&json!("simulator"), &json!("shared"))
    );
    assert_eq!(listed["Connections"][0]["Lender"], "owner@example.test");
    assert!(!listed.to_string().contains("BEGIN"), "{listed}");
    // The borrower sees the connection's files, and signs uploads with its own authorize keys.
    assert_eq!(served.references(&borrower, "camt.053.001.02", "NEW").await.len(), 1);
    let (own, owners) = (Signer::new("borrower@example.test"), Signer::new("owner@example.test"));
    served.register_key(&owner, &owners, "authorize").await.ok(201);
    let unsigned = served.upload(&borrower, owners.signed(payment())).await;
    unsigned.refused(400, "No PGP keys. PGP keys are required to sign files for upload.");
    served.register_key(&borrower, &own, "authorize").await.ok(201);
    served.upload(&borrower, own.signed(payment())).await.ok(201);
    served.new_file(&owner, "pain.002.001.10").await;
    let gone = unshare(&served, &owner, "borrower%40example.test").await.ok(200);
    assert_eq!(gone["SharedTo"], json!([]));
    served.get(&borrower, "/files/simulator").await.refused(400, NO_LINK);
    unshare(&served, &owner, "borrower%40example.test").await.refused(400, "User does not exist!");
    served.get(&foreign, "/files/simulator").await.refused(400, NO_LINK);
}

#[tokio::test(flavor = "multi_thread")]
async fn c14_c15_own_certificates_win_and_shared_ones_are_not_exported() {
    let served = Served::start().await;
    let owner = served.owner("owner@example.test").await;
    let borrower = served.person("borrower@example.test", Some(&owner.key)).await;
    served.enrol(&owner).await.ok(201);
    share(&served, &owner, "borrower%40example.test").await.ok(201);
    let key = Signer::new("borrower@example.test");
    served.register_key(&borrower, &key, "export").await.ok(201);
    let export =
        served.admin(&borrower, Method::GET, &format!("/certs/simulator?PgpKeyId={}", key.short_id), None).await;
    export.refused(400, "No certificate(s) for this bank,");
    let lent = served.references(&borrower, "camt.053.001.02", "ALL").await;
    served.enrol(&borrower).await.ok(201);
    let own = served.references(&borrower, "camt.053.001.02", "ALL").await;
    assert!(own.len() == 1 && own != lent);
    let listed = served.get(&borrower, "/certs").await.ok(200);
    assert_eq!(listed["Connections"].as_array().unwrap().len(), 1);
    assert_eq!(listed["Connections"][0]["Access"], "direct");
}

#[tokio::test(flavor = "multi_thread")]
async fn c20_c21_c22_what_a_file_operation_without_certificate_is_told() {
    let served = Served::with(ANY, Channels::default()).await;
    let a = served.owner("a@example.test").await;
    let b = served.person("b@example.test", Some(&a.key)).await;
    let c = served.person("c@example.test", Some(&a.key)).await;
    served.get(&b, "/files/simulator").await.refused(400, "No available valid bank certificates, no linked account");
    // Shared before there is a certificate: takes effect with the enrolment.
    share(&served, &a, "b%40example.test").await.ok(201);
    served.get(&b, "/files/simulator").await.refused(400, "No available bank certificates, no linked data");
    served.import(&a, "nordea", import_of(&identity(100))).await.ok(201);
    let other_bank = "No available bank certificates, linked account does not contain data for bank either";
    served.get(&b, "/files/simulator").await.refused(400, other_bank);
    served.enrol(&a).await.ok(201);
    served.get(&b, "/files/simulator").await.ok(200);
    // A shared certificate cannot be shared further.
    share(&served, &b, "c%40example.test").await.ok(201);
    served.get(&c, "/files/simulator").await.refused(400, "No available bank certificates, no linked data");
    assert_eq!(served.get(&c, "/certs").await.ok(200)["Connections"], json!([]));
    // A target has only one owner.
    share(&served, &a, "c%40example.test").await.refused(400, "Invalid parameter(s): ExtEmail");
    let links = share(&served, &b, "c%40example.test").await.ok(201);
    assert_eq!((&links["SharedFrom"], &links["SharedTo"]), (&json!(["a@example.test"]), &json!(["c@example.test"])));
    // Retiring the certificate ends the borrower's access immediately, including cached answers.
    served.get(&b, "/files/simulator").await.ok(200);
    served.admin(&a, Method::DELETE, "/certs/simulator", None).await.ok(200);
    served.get(&b, "/files/simulator").await.refused(400, other_bank);
}

/// Anyone who knows the API key may register under it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_lends_nothing_to_whoever_did_not_ask() {
    let served = Served::start().await;
    let owner = served.owner("owner@example.test").await;
    let victim = served.person("victim@example.test", Some(&owner.key)).await;
    let stranger = served.person("stranger@example.test", Some(&owner.key)).await;
    served.enrol(&stranger).await.ok(201);
    let refused = share(&served, &stranger, "victim%40example.test").await;
    refused.refused(403, "Only the API key owner may call this operation");
    served.get(&victim, "/files/simulator").await.refused(400, NO_LINK);
}

/// A link can be ended by the borrower, by the lender, and by the owner of the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_ended_from_both_ends_and_by_the_owner_of_the_key() {
    let served = Served::with(ANY, Channels::default()).await;
    let owner = served.owner("owner@example.test").await;
    let victim = served.person("victim@example.test", Some(&owner.key)).await;
    let stranger = served.person("stranger@example.test", Some(&owner.key)).await;
    served.enrol(&stranger).await.ok(201);
    let lend = async || share(&served, &stranger, "victim%40example.test").await.ok(201);
    let gone = async || served.get(&victim, "/files/simulator").await.refused(400, NO_LINK);
    lend().await;
    served.get(&victim, "/files/simulator").await.ok(200);
    let listed = served.get(&victim, "/certs").await.ok(200);
    assert_eq!(listed["Connections"][0]["Lender"], "stranger@example.test");
    let links = unshare(&served, &victim, "stranger%40example.test").await.ok(200);
    assert_eq!(links["SharedFrom"], json!([]));
    gone().await;
    lend().await;
    unshare(&served, &stranger, "victim%40example.test").await.ok(200);
    gone().await;
    lend().await;
    let other = served.owner("other@example.test").await;
    unshare(&served, &other, "victim%40example.test").await.refused(400, "User does not exist!");
    unshare(&served, &owner, "victim%40example.test").await.ok(200);
    gone().await;
    unshare(&served, &owner, "victim%40example.test").await.refused(400, "User does not exist!");
}

/// With `sharing = "accepted"`, a lender who does not own the key makes an offer, and the borrower accepts it with a
/// separate call.
#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_nothing_until_the_borrower_accepts_it() {
    let served = Served::with("sharing = \"accepted\"", Channels::default()).await;
    let owner = served.owner("owner@example.test").await;
    let borrower = served.person("borrower@example.test", Some(&owner.key)).await;
    let lender = served.person("lender@example.test", Some(&owner.key)).await;
    served.enrol(&lender).await.ok(201);
    let offered = share(&served, &lender, "borrower%40example.test").await.ok(201);
    assert_eq!(offered["SharedTo"], json!([]));
    assert_eq!(offered["OfferedTo"], json!(["borrower@example.test"]));
    served.get(&borrower, "/files/simulator").await.refused(400, NO_LINK);
    assert_eq!(served.get(&borrower, "/certs").await.ok(200)["OfferedFrom"], json!(["lender@example.test"]));
    unshare(&served, &borrower, "lender%40example.test").await.ok(200);
    share(&served, &borrower, "owner%40example.test").await.ok(201);
    served.get(&borrower, "/files/simulator").await.refused(400, NO_LINK);
    share(&served, &lender, "borrower%40example.test").await.ok(201);
    // An offer in the opposite direction is not an acceptance: acceptance must be explicit.
    share(&served, &borrower, "lender%40example.test").await.ok(201);
    served.get(&borrower, "/files/simulator").await.refused(400, NO_LINK);
    let path = "/certs/shared/lender%40example.test";
    let accept = Some(json!({"Accept": true}));
    let accepted = served.admin(&borrower, Method::PUT, path, accept.clone()).await.ok(201);
    assert_eq!(accepted["SharedFrom"], json!(["lender@example.test"]));
    served.get(&borrower, "/files/simulator").await.ok(200);
    // With other settings there is nothing to accept.
    let served = Served::with(ANY, Channels::default()).await;
    let owner = served.owner("owner@example.test").await;
    served.admin(&owner, Method::PUT, path, accept).await.refused(400, "Invalid parameter(s): Accept");
}
