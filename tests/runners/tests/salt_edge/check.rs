//! The checker passes the built-in connector and finds each planted defect. Defects that are not visible from outside
//! are omitted: secrets in logs (10.A, Java, the last).

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use bankchannel_counterparts::EmbeddedServer;
use bankchannel_crypto::signature::SigningKey;
use bankchannel_salt_edge_hub::check::{ActingCustomer, CheckReport, CheckRun, ConnectorCheckResult, write_settings};
use serde_json::{Value, json};

use crate::{
    defects::{DEFECTS, Wrong},
    proxy::{Upstream, serve},
};

/// A checker, and a connector that reports to it.
struct Bench {
    checking: CheckRun,
    connector: EmbeddedServer,
    keys: [SigningKey; 2],
    _folder: tempfile::TempDir,
}

impl Bench {
    /// `reports_to` returns the URL that the connector reports to, given the hub's URL.
    async fn new(reports_to: impl AsyncFnOnce(&str, &Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (file, data) = (folder.path().join("check.json"), folder.path().join("connector"));
        let (of_connector, is_new) = write_settings(&file, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        assert!(is_new);
        // A second call keeps the file and returns the same.
        assert_eq!(write_settings(&file, "127.0.0.1:0".parse().unwrap()).await.unwrap(), (of_connector.clone(), false));
        let mut settings: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let with_code = settings["authorization_types"][2].as_object_mut().unwrap();
        with_code.remove("right_code");
        with_code.insert("codes_file".into(), "connector/outbox.jsonl".into());
        settings["patience_s"] = 5.into();
        std::fs::write(&file, settings.to_string()).unwrap();
        let checking = CheckRun::open(&file, Some("127.0.0.1:0".parse().unwrap())).await.unwrap();
        let hub_url = reports_to(&checking.hub_url(), folder.path()).await;
        let text = |name: &str| of_connector[name].as_str().unwrap().to_owned();
        let options = json!({
            "data": data, "hub_url": hub_url, "hub_public_key": [text("hub_public_key_file")], "app_id": text("app_id"),
            "app_secret_file": text("app_secret_file"), "private_key": text("private_key_file"),
        });
        let connector = EmbeddedServer::start("salt-edge-connector", options).await.unwrap();
        let keys = ["hub.key.pem", "connector.key.pem"].map(|name| {
            let pem = std::fs::read_to_string(folder.path().join("check.hub").join(name)).unwrap();
            SigningKey::from_pem(&pem, None).unwrap()
        });
        Self { checking, connector, keys, _folder: folder }
    }

    fn url(&self) -> String {
        self.connector.readiness()["base_url"].as_str().unwrap().to_owned()
    }

    async fn run(&self, url: &str, only: &[&str]) -> CheckReport {
        let only: Vec<String> = only.iter().map(|id| (*id).to_owned()).collect();
        self.checking.run(url, Some(&*customer()), &only, &|_| {}).await.unwrap()
    }

    async fn close(self) {
        self.connector.stop().await;
        self.checking.close().await;
    }
}

/// A customer of the example bank.
fn customer() -> Box<ActingCustomer> {
    Box::new(|url, approves| Box::pin(async move { browse(&url, approves).await }))
}

/// Signs in on the example bank's page and approves, or refuses.
pub(crate) async fn browse(url: &str, approves: bool) -> Result<(), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let send = async |form: Vec<(&str, String)>| {
        let body: String = form.iter().map(|(name, value)| format!("{name}={value}&")).collect();
        http.post(url).body(body).send().await.unwrap().text().await.unwrap()
    };
    if !approves {
        send(vec![("action", "refuse".into())]).await;
        return Ok(());
    }
    let sign_in = vec![("action", "sign_in".into()), ("login", "anna".into()), ("password", "anna-password".into())];
    let page = send(sign_in).await;
    let hidden = |name: &str| {
        let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
        from.split('"').next().unwrap_or_default().to_owned()
    };
    send(vec![
        ("action", "approve".into()),
        ("user_id", hidden("user_id")),
        ("ticket", hidden("ticket")),
        ("account", "501".into()),
    ])
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connector_that_serves_passes() {
    let bench = Bench::new(async |hub: &str, _: &Path| hub.to_owned()).await;
    let report = bench.run(&bench.url(), &[]).await;
    assert!(report.is_ok(), "{}", report.to_text());
    assert_eq!(report.count(ConnectorCheckResult::Warning), 0, "{}", report.to_text());
    let not_run: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.result == ConnectorCheckResult::NotRun)
        .map(|check| check.id)
        .collect();
    // Each has its reason: time, logs, the published keys, and operations that nothing has requested.
    assert_eq!(not_run, ["SE-C13", "SE-F03", "SE-F06", "SE-R01", "SE-D11", "SE-A01", "SE-A02", "SE-A07", "SE-A09"]);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_planted_defect_is_found() {
    for defect in DEFECTS {
        let outwards = Arc::new(Mutex::new(None::<Arc<Wrong>>));
        let (to_hub, answer) = (Arc::clone(&outwards), defect.outwards);
        let bench = Bench::new(async move |hub: &str, _: &Path| {
            let hub = Upstream::new(hub);
            serve(move |asked| match to_hub.lock().unwrap().clone() {
                Some(wrong) => answer(wrong, asked),
                None => {
                    let hub = hub.clone();
                    Box::pin(async move { hub.ask(asked).await })
                }
            })
            .await
        })
        .await;
        let [hub_key, connector_key] = bench.keys.clone();
        let wrong = Arc::new(Wrong {
            connector: Upstream::new(&bench.url()),
            hub: Upstream::new(&bench.checking.hub_url()),
            hub_key,
            connector_key,
            updated: Mutex::default(),
            reconnects: Mutex::default(),
            headers: Mutex::default(),
        });
        *outwards.lock().unwrap() = Some(Arc::clone(&wrong));
        let inwards = defect.inwards;
        let url = serve(move |asked| inwards(Arc::clone(&wrong), asked)).await;
        // Some checks evaluate the traffic of others.
        let only: &[&str] = match defect.found_by {
            "SE-D01" => &["SE-F02", "SE-D01"],
            "SE-D02" => &["SE-F02", "SE-D02"],
            "SE-D07" => &["SE-F07", "SE-D07"],
            "SE-D16" => &["SE-C01", "SE-C10", "SE-D16"],
            other => &[other],
        };
        let report = bench.run(&url, only).await;
        let check = report.checks.iter().find(|check| check.id == defect.found_by).unwrap();
        assert_eq!(
            check.result,
            ConnectorCheckResult::Failed,
            "{}: {}\n{}",
            defect.found_by,
            defect.what,
            report.to_text()
        );
        assert!(!check.why.is_empty());
        bench.close().await;
    }
}
