//! The checker, started through the hub's control interface: the customer is behind a URL.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bankchannel_counterparts::EmbeddedServer;
use serde_json::{Value, json};

use crate::{
    check::browse,
    proxy::{Answered, Upstream, serve},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_hub_checks_with_a_customer_behind_a_url() {
    let folder = tempfile::tempdir().unwrap();
    let hub = EmbeddedServer::start("salt-edge-hub", json!({"control": true})).await.unwrap();
    let told = hub.readiness();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    let options = json!({
        "data": folder.path(), "hub_url": text("base_url"), "hub_public_key": [text("hub_public_key_file")],
        "app_id": text("app_id"), "app_secret_file": text("app_secret_file"), "private_key": text("private_key_file"),
    });
    let connector = EmbeddedServer::start("salt-edge-connector", options).await.unwrap();
    let control = Upstream::new(&text("control_url"));
    control.order("connector", &json!({ "url": connector.readiness()["base_url"] })).await;
    let (approved, denied) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let counts = [Arc::clone(&approved), Arc::clone(&denied)];
    let psu_url = serve(move |asked| {
        let (approves, body) = (asked.path() == "/customer/approve", asked.body.clone());
        *counts[usize::from(!approves)].lock().unwrap() += 1;
        Box::pin(async move {
            let told: Value = serde_json::from_slice(&body).unwrap();
            browse(told["url"].as_str().unwrap(), approves).await.unwrap();
            Answered::json(204, &Value::Null)
        })
    })
    .await;
    let settings = |psu_url: Option<&str>| {
        json!({
            "patience_s": 5, "quiet_s": 0, "psu_url": psu_url,
            "authorization_types": [{"code": "oauth", "mode": "redirect"}],
        })
    };
    let report = control.order("check", &settings(Some(&format!("{psu_url}/customer")))).await;
    let result = |id: &str| {
        let check = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap();
        (check["result"].as_str().unwrap().to_owned(), check["why"].as_str().unwrap().to_owned())
    };
    assert_eq!(report["ok"], true, "{report}");
    for id in ["SE-F01", "SE-F07"] {
        assert_eq!(result(id).0, "passed", "{id}: {}", result(id).1);
    }
    assert!(*approved.lock().unwrap() > 0 && *denied.lock().unwrap() > 0, "both answers are asked for");
    // A configured customer program that does not answer is a failure.
    let nobody = control.order("check", &settings(Some("http://127.0.0.1:9"))).await;
    let results = nobody["checks"].as_array().unwrap();
    let redirect = results.iter().find(|check| check["id"] == "SE-F01").unwrap();
    assert_eq!((&nobody["ok"], &redirect["result"]), (&false.into(), &"failed".into()), "{redirect}");
    // A token that the connector revokes on the hub's order is also revoked at the hub.
    let credentials = json!({"authorization_type": "login_password", "login": "anna", "password": "anna-password"});
    control.order("enrolments", &json!({"session_secret": "s-1", "credentials": credentials})).await;
    let until = Instant::now() + Duration::from_secs(20);
    while control.order("sessions/s-1", &json!({})).await["has_token"] != true {
        assert!(Instant::now() < until, "no token has come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let last = async || control.order("tokens", &json!({})).await["tokens"].as_array().unwrap().last().unwrap().clone();
    assert!(last().await["revoked_at"].is_null());
    control.order("enrolments", &json!({"operation": "revoke_token", "access_token_of": "s-1"})).await;
    assert!(!last().await["revoked_at"].is_null());
    connector.stop().await;
    hub.stop().await;
}
