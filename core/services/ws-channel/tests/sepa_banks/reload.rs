//! A reload while the service runs: what it applies, what it leaves, and what goes on meanwhile.

use std::time::{Duration, Instant};

use bankchannel_ws_channel_service::{Channels, RunningService, ServiceOptions};
use serde_json::json;

use crate::{
    sandbox::{BANKS, Sandbox},
    served::{Person, Served},
    world::World,
};

const NONE: &str = "No channel configured for this bank";
/// What a file beyond `max_file_bytes` is answered.
const TOO_LARGE: &str = "Invalid parameter(s): FileContents";

/// Writes the configuration file of a service, and reloads; what was applied, and what needs a restart.
async fn reload(served: &Served, config: &str) -> (Vec<String>, Vec<String>) {
    std::fs::write(served.folder.path().join("config.toml"), config).unwrap();
    let report = served.running.reload().await.unwrap();
    (report.applied, report.needs_restart)
}

fn places(places: &[&str]) -> Vec<String> {
    places.iter().map(|&place| place.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn banks_come_and_go_and_calls_under_way_go_on() {
    let world = World::new().await;
    let (who, _) = world.customer("reload@example.test").await;
    let served = &world.served;
    let others = world.sandbox.config_of(&["nordea", "danskebank", "sp"]);
    let all = world.sandbox.config();
    served.get(&who, "/files/osuuspankki").await.ok(200);
    // It goes while it is asked.
    let hold = json!({"fault": "hold", "operation": "list_files", "family": "op"});
    world.order("sandbox/faults", hold).await;
    let meanwhile = async {
        world.order("sandbox/held", json!({})).await;
        assert_eq!(reload(served, &others).await, (places(&["banks.osuuspankki"]), vec![]));
        served.get(&who, "/files/osuuspankki").await.refused(400, NONE);
        served.get(&who, "/files/sp").await.ok(200);
        world.order("sandbox/release", json!({})).await;
    };
    let (under_way, ()) = tokio::join!(served.get(&who, "/files/osuuspankki"), meanwhile);
    under_way.ok(200);
    // The operator's commands are carried out by the service, which knows that it has gone.
    let of_op = async || world.certificates().await.into_iter().find(|one| one.bank == "osuuspankki").unwrap();
    assert!(of_op().await.person.is_some_and(|why| why.contains("no channel")));
    assert_eq!(reload(served, &all).await, (places(&["banks.osuuspankki"]), vec![]));
    served.get(&who, "/files/osuuspankki").await.ok(200);
    assert!(of_op().await.person.is_none());
    // Its calls are counted in the series that it had.
    let metrics = served.metrics(None).await.text().await.unwrap();
    let listed = "bankchannel_bank_calls_total{bank=\"osuuspankki\",operation=\"list_files\",outcome=\"ok\"} 3";
    assert!(metrics.contains(listed), "{metrics}");
    let clock = "bankchannel_bank_clock_offset_seconds{bank=\"osuuspankki\"} 0\n";
    assert!(metrics.contains(clock), "{metrics}");
    assert_eq!(reload(served, &all).await, (vec![], vec![]), "nothing has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn anchors_are_read_again_and_settings_of_a_bank_count() {
    let sandbox = Sandbox::new().await;
    let folder = tempfile::tempdir().unwrap();
    let anchors = folder.path().join("anchors.pem");
    let of = sandbox.family("samlink");
    let root = std::path::Path::new(of["anchors_file"].as_str().unwrap()).with_file_name("root.pem");
    std::fs::copy(&root, &anchors).unwrap();
    let table = format!(
        "[banks.sp]\nenvironment = \"production\"\nfile_url = {}\ncertificate_url = {}\nanchors_file = {}\n",
        of["file_url"],
        of["certificate_url"],
        json!(anchors)
    );
    let served = Served::with(&table, Channels::default()).await;
    let world = World { sandbox, served };
    let served = &world.served;
    let who = served.owner("anchors@example.test").await;
    world.enrol(&who, "sp", "samlink", &world.new_customer("samlink").await).await.ok(201);
    served.get(&who, "/files/sp").await.ok(200);
    // No authority of the bank's: its signatures are not believed any more.
    let other = crate::served::identity(100).certificate;
    std::fs::write(&anchors, other).unwrap();
    assert_eq!(reload(served, &table).await, (places(&["banks.sp.anchors_file"]), vec![]));
    let refused = served.get(&who, "/files/sp").await;
    assert_ne!(refused.status, 200, "{refused:?}");
    // A file that cannot be used changes nothing, not even what stands beside it.
    std::fs::write(&anchors, "no authority").unwrap();
    let with_more = format!("max_file_bytes = 10\n{table}renew_before_days = 90\n");
    std::fs::write(served.folder.path().join("config.toml"), &with_more).unwrap();
    let why = served.running.reload().await.unwrap_err();
    assert_eq!((why.code(), why.detail("field")), ("configuration.invalid", Some("banks.sp.anchors_file")), "{why}");
    std::fs::copy(&root, &anchors).unwrap();
    assert_eq!(
        reload(served, &with_more).await,
        (places(&["max_file_bytes", "banks.sp.renew_before_days", "banks.sp.anchors_file"]), vec![])
    );
    served.get(&who, "/files/sp").await.ok(200);
}

/// The settings of each group count at once, and what needs a restart is named and left.
#[tokio::test(flavor = "multi_thread")]
async fn limits_sessions_and_access_count_at_once() {
    let served = Served::with("", Channels::default()).await;
    let (who, signer) = served.customer("at-once@example.test").await;
    let upload = signer.signed(crate::served::payment());
    assert_eq!(served.metrics(None).await.status(), 200);
    served.get(&who, "/certs").await.ok(200);
    let token = "a-token-of-a-test-with-enough-characters";
    let config = format!(
        "base_path = \"/v9\"\ndelivery = \"memory\"\nmax_file_bytes = 10\ncors_origins = [\"https://page.example\"]\n\
         operator_token = \"{token}\"\n"
    );
    let file = served.folder.path().join("config.toml");
    std::fs::write(&file, &config).unwrap();
    let open = served.running.reload().await.unwrap_err();
    assert!(open.message().contains("chmod 600"), "a file with a secret: {open}");
    std::fs::remove_file(&file).unwrap();
    bankchannel_server::private::write_whole(&file, config.as_bytes()).unwrap();
    let report = served.running.reload().await.unwrap();
    assert_eq!(report.applied, ["max_file_bytes", "cors_origins", "operator_token"]);
    assert_eq!(report.needs_restart, ["base_path", "delivery"]);
    assert!(!format!("{report:?}").contains(token));
    served.upload(&who, upload.clone()).await.refused(400, TOO_LARGE);
    assert_eq!(served.metrics(None).await.status(), 401);
    assert_eq!(served.metrics(Some(token)).await.status(), 200);
    // Each mistake leaves all that was there, and is named with its line.
    for (wrong, said) in [
        ("max_file_bytes = 20\nmax_fil_bytes = 1\n", "line 2"),
        ("max_file_bytes = 20\ntoken_ttl_s = 0\n", "token_ttl_s"),
        ("max_file_bytes = 20\nlog_level = \"a=loud\"\n", "line 2"),
        ("max_file_bytes = 20\n[banks.nordea]\nanchors_file = \"not-there\"\n", "banks.nordea.anchors_file"),
        ("max_file_bytes = \n", "line 1"),
        ("max_file_bytes = 20\noperator_tls_cert = \"chain.pem\"\n", "operator_tls_key"),
    ] {
        std::fs::write(&file, wrong).unwrap();
        let why = served.running.reload().await.unwrap_err();
        assert!(why.message().contains(said), "{wrong}: {why}");
        served.upload(&who, upload.clone()).await.refused(400, TOO_LARGE);
        assert_eq!(served.metrics(None).await.status(), 401, "{wrong}");
    }
    // A session that the cache knows has an end by idleness from now on.
    assert_eq!(reload(&served, &format!("{config}idle_ttl_s = 30\n")).await.0, ["idle_ttl_s"]);
    served.get(&who, "/certs").await.ok(200);
    served.control("clock", json!({"advance_s": 31})).await;
    served.get(&who, "/certs").await.refused(401, "Unauthorized");
    // Without the file's settings: the defaults.
    let (applied, needs_restart) = reload(&served, "").await;
    assert_eq!(applied, ["idle_ttl_s", "max_file_bytes", "cors_origins", "operator_token"]);
    assert_eq!(needs_restart, Vec::<String>::new());
    assert_eq!(served.metrics(None).await.status(), 200);
}

/// Other rates count at once, and give nobody new calls.
#[tokio::test(flavor = "multi_thread")]
async fn a_rate_that_was_used_up_is_not_refilled() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let config = |per_min: u32| {
        let text = format!("[rate_limit]\nper_address_per_min = {per_min}\nper_address_burst = 3\n");
        std::fs::write(&file, text).unwrap();
    };
    config(1);
    let options = ServiceOptions {
        data: Some(folder.path().join("data").display().to_string()),
        config: Some(file.display().to_string()),
        ..ServiceOptions::default()
    };
    let running = RunningService::start(options).await.unwrap();
    let url = format!("{}/certs", running.readiness()["base_url"].as_str().unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async || client.get(&url).send().await.unwrap().status().as_u16();
    for expected in [401, 401, 401, 429] {
        assert_eq!(status().await, expected);
    }
    std::fs::write(&file, "[rate_limit]\nper_address_per_min = 1\nper_address_burst = 1000\n").unwrap();
    assert_eq!(running.reload().await.unwrap().applied, ["rate_limit.per_address_burst"]);
    assert_eq!(status().await, 429, "its calls were counted before");
    config(6000);
    running.reload().await.unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while status().await != 401 {
        assert!(Instant::now() < until, "the new rate counts");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.stop().await;
}

/// A call under way keeps the limit that it began with, and a stop waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lower_limit_of_a_bank_shortens_no_call_under_way() {
    use bankchannel_server::counterpart::ServerKind as _;
    let world = World::new().await;
    let (served, all) = (&world.served, world.sandbox.config());
    let before = served.running.longest_stop();
    assert_eq!(reload(served, &format!("{all}timeout_s = 200\n")).await.0, ["banks.sp.timeout_s"]);
    let longer = served.running.longest_stop();
    assert!(longer > before, "{longer:?}");
    assert_eq!(reload(served, &all).await.0, ["banks.sp.timeout_s"]);
    assert_eq!(served.running.longest_stop(), longer);
}

/// Reloads one over the other, in the midst of calls: none is lost, and the last file counts.
#[tokio::test(flavor = "multi_thread")]
async fn reloads_at_once_and_calls_beside_them() {
    let world = World::new().await;
    let (who, _) = world.customer("at-once@example.test").await;
    let served = &world.served;
    let all = world.sandbox.config();
    let ask = async |who: &Person| {
        for _ in 0..5 {
            for (bank, _, _, reports) in BANKS {
                served.get(who, &format!("/files/{bank}?FileType={reports}")).await.ok(200);
            }
        }
    };
    let reloads = async {
        for number in 0..6 {
            let config = format!("max_file_bytes = {}\n{all}certificates_at_once = {}\n", 1000 + number, 1 + number);
            std::fs::write(served.folder.path().join("config.toml"), config).unwrap();
            let (one, other) = tokio::join!(served.running.reload(), served.running.reload());
            assert_eq!((one.unwrap().applied.len(), other.unwrap().applied.len()), (2, 0));
        }
        // One that is given up once it has begun changes nothing or all: read again, either counts now or has
        // counted already.
        let config = format!("max_file_bytes = 2000\n{all}certificates_at_once = 3\n");
        std::fs::write(served.folder.path().join("config.toml"), &config).unwrap();
        let _ = tokio::time::timeout(Duration::from_millis(1), served.running.reload()).await;
        let (applied, _) = reload(served, &config).await;
        let both = ["max_file_bytes", "banks.sp.certificates_at_once"];
        assert!(applied.is_empty() || applied == both, "{applied:?}");
    };
    tokio::join!(ask(&who), ask(&who), reloads);
    assert_eq!(reload(served, &all).await.0, ["max_file_bytes", "banks.sp.certificates_at_once"]);
}
