//! Permissions of roles (§11.5).

use bankchannel_ws_channel_service::Channels;
use reqwest::Method;
use serde_json::json;

use crate::served::{Served, Signer, enrolment, identity, import_of, payment};

const ADMIN_REQUIRED: &str = "Admin mode session required";

#[tokio::test(flavor = "multi_thread")]
async fn b01_b02_a_data_session_manages_nothing() {
    let served = Served::start().await;
    let who = served.owner("b01@example.test").await;
    let enroll = served.data(&who, Method::POST, "/certs/simulator", Some(enrolment())).await;
    enroll.refused(403, "Cert enrollment allowed for admin user only");
    let import = served.data(&who, Method::PUT, "/certs/nordea", Some(import_of(&identity(100)))).await;
    import.refused(403, "Cert import allowed for admin user only");
    let export = served.get(&who, "/certs/nordea?PgpKeyId=AABBCCDD").await;
    export.refused(403, "Cert export allowed for admin user only");
    let key = json!({"PgpKey": Signer::new("b02@example.test").public, "PgpKeyPurpose": "authorize"});
    for (method, path, body) in [
        (Method::PUT, "/pgp", key),
        (Method::DELETE, "/pgp", json!({"PgpKeyId": "AABBCCDD"})),
        (Method::PUT, "/certs/shared/other%40example.test", json!({})),
        (Method::DELETE, "/certs/shared/other%40example.test", json!({})),
        (Method::POST, "/certs", json!({"Export": "disabled"})),
        (Method::DELETE, "/certs/simulator", json!({})),
    ] {
        served.data(&who, method.clone(), path, Some(body)).await.refused(403, ADMIN_REQUIRED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b03_b04_an_admin_session_lists_files_and_moves_none() {
    let served = Served::start().await;
    let (who, signer) = served.customer("b03@example.test").await;
    let upload = served.admin(&who, Method::PUT, "/files/simulator", Some(signer.signed(payment()))).await;
    upload.refused(403, "File uploads not allowed on admin mode, use data account mode");
    let download = served.admin(&who, Method::GET, "/files/simulator/camt.053.001.02/abc", None).await;
    download.refused(403, "File downloads not allowed on admin mode, use data account mode");
    served
        .admin(&who, Method::DELETE, "/files/simulator/camt.053.001.02/abc", None)
        .await
        .refused(403, "Data mode session required");
    let listed = served.admin(&who, Method::GET, "/files/simulator", None).await.ok(200);
    assert_eq!(listed["FileDescriptors"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn b05_b06_only_the_owner_lists_accounts_and_only_its_own() {
    let served = Served::start().await;
    let owner = served.owner("zoe@example.test").await;
    let customer = served.person("adam@example.test", Some(&owner.key)).await;
    served.owner("stranger@example.test").await;
    served.enrol(&customer).await.ok(201);
    served.admin(&owner, Method::PUT, "/certs/shared/adam%40example.test", None).await.ok(201);
    let refused = served.admin(&customer, Method::GET, "/integrator/accounts", None).await;
    refused.refused(403, "Only the API key owner may call this operation");
    served.get(&owner, "/integrator/accounts").await.refused(403, ADMIN_REQUIRED);
    let listed = served.admin(&owner, Method::GET, "/integrator/accounts", None).await.ok(200);
    let accounts = listed["Accounts"].as_array().unwrap();
    let column = |name: &str| accounts.iter().map(|a| a[name].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(column("Email"), ["adam@example.test", "zoe@example.test"]);
    assert_eq!(column("AccountType"), ["customer", "integrator"]);
    assert_eq!(column("LinkedTo"), ["zoe@example.test", ""]);
    assert_eq!(column("Export"), ["allowed", "allowed"]);
    assert_eq!(column("AdminMode"), ["registered", "registered"]);
    assert_eq!(accounts[0]["Certs"][0]["CertName"], "simulator_customer_signing_cert");
    assert_eq!(accounts[1]["Certs"].as_array().unwrap().len(), 0);
    assert!(accounts[0].get("Retired").is_none(), "left out while there are none");
}

#[tokio::test(flavor = "multi_thread")]
async fn b07_another_tenants_file_is_as_if_it_were_not_there() {
    let served = Served::start().await;
    let (a, _) = served.customer("b07a@example.test").await;
    let (b, _) = served.customer("b07b@example.test").await;
    let reference = served.references(&a, "camt.053.001.02", "ALL").await.remove(0);
    let foreign = served.get(&b, &format!("/files/simulator/camt.053.001.02/{reference}")).await;
    let unknown = served.get(&b, "/files/simulator/camt.053.001.02/nosuchfile").await;
    for answer in [&foreign, &unknown] {
        answer.refused(400, "Invalid parameter(s): FileReference");
    }
    assert_eq!(served.references(&a, "camt.053.001.02", "NEW").await, [reference], "still new for its own tenant");
}

#[tokio::test(flavor = "multi_thread")]
async fn b08_b09_b10_deleting_accounts() {
    let served = Served::with("sharing = \"any\"", Channels::default()).await;
    let owner = served.owner("owner@example.test").await;
    let customer = served.person("gone@example.test", Some(&owner.key)).await;
    let sharer = served.person("sharer@example.test", Some(&owner.key)).await;
    let stranger = served.owner("stranger@example.test").await;
    served.enrol(&customer).await.ok(201);
    served.admin(&sharer, Method::PUT, "/certs/shared/gone%40example.test", None).await.ok(201);
    let delete = |email: &str, confirm: &str| {
        let (path, body) = (format!("/account/{email}"), json!({"Confirm": confirm}));
        let (served, owner) = (&served, &owner);
        async move { served.admin(owner, Method::DELETE, &path, Some(body)).await }
    };
    let invalid = "Invalid parameter(s): Email";
    delete("owner@example.test", "owner@example.test").await.refused(400, invalid);
    delete("stranger@example.test", "stranger@example.test").await.refused(400, "User does not exist!");
    delete("gone@example.test", "Gone@example.test").await.refused(400, "Invalid parameter(s): Confirm");
    let by_customer = served
        .admin(
            &customer,
            Method::DELETE,
            "/account/sharer%40example.test",
            Some(json!({"Confirm": "sharer@example.test"})),
        )
        .await;
    by_customer.refused(403, "Only the API key owner may call this operation");
    served.control("clock", json!({"advance_s": 660})).await;
    delete("gone@example.test", "gone@example.test").await.refused(400, "Re-authenticate to delete accounts");
    served.control("clock", json!({"advance_s": -660})).await;
    let listed = served.admin(&owner, Method::GET, "/integrator/accounts", None).await.ok(200);
    assert_eq!(listed["Accounts"].as_array().unwrap().len(), 3, "nothing has changed so far");
    let deleted = delete("gone@example.test", "gone@example.test").await.ok(200);
    assert_eq!(deleted["Deleted"], json!({"AdminUser": true, "DataUser": true, "Account": true}));
    assert_eq!(deleted["Email"], "gone@example.test");
    delete("gone@example.test", "gone@example.test").await.refused(400, "User does not exist!");
    // Deleting a lender's account also deletes its links.
    served.admin(&sharer, Method::PUT, "/certs/shared/owner%40example.test", None).await.ok(201);
    delete("sharer@example.test", "sharer@example.test").await.ok(200);
    assert_eq!(
        served.admin(&owner, Method::GET, "/integrator/accounts", None).await.ok(200)["Accounts"][0]["LinkedTo"],
        ""
    );
    // The deleted account's token is no longer valid; the stranger's is.
    assert_eq!(served.get(&customer, "/certs").await.status, 401);
    served.get(&stranger, "/certs").await.ok(200);
}
