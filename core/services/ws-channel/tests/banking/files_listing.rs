//! Listings (§11.7 F12–F14, §5.1): a cached listing is never outdated.

use serde_json::json;

use crate::served::{PASSWORD, Served, payment};

#[tokio::test(flavor = "multi_thread")]
async fn f12_f13_f14_filters() {
    let served = Served::start().await;
    let (who, signer) = served.customer("f12@example.test").await;
    served.upload(&who, signer.signed(payment())).await.ok(201);
    served.new_file(&who, "pain.002.001.10").await;
    let list = |query: &str| {
        let (served, who, path) = (&served, &who, format!("/files/simulator{query}"));
        async move { served.get(who, &path).await }
    };
    list("?FileType=ALL").await.refused(400, "Invalid parameter(s): FileType");
    for status in ["new", "DEL", "XYZ"] {
        list(&format!("?Status={status}")).await.refused(400, "Invalid parameter(s): Status");
    }
    list("?Status=NEW&Status=DLD").await.refused(400, "Invalid parameter(s): Status");
    list(&format!("?{}", "a=1&".repeat(200))).await.refused(400, "Invalid parameter(s)");
    let count = |body: serde_json::Value| body["FileDescriptors"].as_array().unwrap().len();
    for (query, expected) in [
        ("", 4),
        ("?Status=ALL", 4),
        ("?FileType=&Status=", 4),
        ("?Status=NEW", 3),
        ("?Status=DLD", 1),
        ("?Status=DLD&FileType=pain.002.001.10", 1),
        ("?FileType=camt.053.001.02&Unknown=1", 2),
        ("?FileType=KTL", 0),
        ("/", 4),
    ] {
        assert_eq!(count(list(query).await.ok(200)), expected, "{query}");
        assert_eq!(count(list(query).await.ok(200)), expected, "{query} again");
    }
    let body = list("").await.ok(200);
    let items = body["FileDescriptors"].as_array().unwrap();
    let order: Vec<(&str, &str)> =
        items.iter().map(|i| (i["FileTimestamp"].as_str().unwrap(), i["FileReference"].as_str().unwrap())).collect();
    assert!(order.is_sorted(), "{order:?}");
    for item in items {
        let reference = item["FileReference"].as_str().unwrap();
        assert!(reference.len() == 26 && reference.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        let time = item["FileTimestamp"].as_str().unwrap();
        assert!(time.len() == 29 && (time.ends_with("+02:00") || time.ends_with("+03:00")), "{time}");
        assert_eq!((&item["TargetId"], &item["ServiceId"]), (&json!("SIM"), &json!("FI2112345600000785")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w01_a_kept_listing_notices_every_change() {
    let served = Served::start().await;
    let (who, _) = served.customer("kept@example.test").await;
    let other = served.person("kept2@example.test", Some(&who.key)).await;
    let new = || served.references(&who, "camt.053.001.02", "NEW");
    let (first, second) = (new().await, new().await);
    assert_eq!(first, second);
    served.download(&who, "camt.053.001.02", &first[0]).await;
    assert!(new().await.is_empty());
    // Another account's listing is not returned for the same query.
    let path = "/files/simulator?FileType=camt.053.001.02&Status=ALL";
    served.get(&who, path).await.ok(200);
    served.get(&other, path).await.refused(400, "No available valid bank certificates, no linked account");
    // Nor without a session, or with a wrong key.
    assert_eq!(served.call(reqwest::Method::GET, path, "nonsense", &who.key, None).await.status, 401);
    served.call(reqwest::Method::GET, path, &who.data, "nonsense", None).await.refused(403, "Invalid API key");
    let reference = served.references(&who, "camt.053.001.02", "ALL").await.remove(0);
    let item = format!("/files/simulator/camt.053.001.02/{reference}");
    served.data(&who, reqwest::Method::DELETE, &item, None).await.ok(200);
    assert_eq!(served.get(&who, path).await.ok(200)["FileDescriptors"], json!([]));
    assert_eq!(PASSWORD.len(), 26);
}
