//! Two instances of the service with a shared PostgreSQL database, key folder and content folder. Needs
//! `BANKCHANNEL_TEST_POSTGRES` (`tests/postgres.sh`) and `psql`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // tests report the cases that they skip

#[path = "../../../../tests/support/postgres.rs"]
mod postgres;
#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;
#[path = "auth/support.rs"]
mod support;

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use bankchannel_iso20022::{
    cash::{Statement, StatementBalance},
    read_statement,
};
use bankchannel_storage::ws_channel::{FileContent, FileScope, NewBankFile, WsChannelStore};
use bankchannel_ws_channel_service::{Channels, ServiceOptions, operator::ServiceOperator};
use futures_util::future::join_all;
use postgres::{Shared, server};
use reqwest::Method;
use serde_json::json;
use served::{Served, Signer, payment};
use support::{AUTH_FAILED, PASSWORD, Session, World};

async fn two_with(shared: &Shared, more: &str) -> (Served, Served) {
    let config = format!("{}{more}", shared.config);
    // Started at the same time: keys and schema are created only once.
    tokio::join!(Served::with(&config, Channels::default()), Served::with(&config, Channels::default()))
}

fn large_payment() -> Vec<u8> {
    [payment(), &vec![b'\n'; 200_000][..]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_take_uploads_and_each_is_booked_once() {
    const EACH: usize = 6;
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let (one, other) = two_with(&shared, "").await;
    let (who, signer) = one.customer("both@example.test").await;
    // Contents in the database and in the shared folder.
    let bodies = [signer.signed(payment()), signer.signed(&large_payment())];
    let uploads = (0..2 * EACH).map(|n| {
        let at = if n % 2 == 0 { &one } else { &other };
        at.upload(&who, bodies[n / 2 % 2].clone())
    });
    for answer in join_all(uploads).await {
        answer.ok(201);
    }
    let until = Instant::now() + Duration::from_secs(60);
    while other.references(&who, "pain.002.001.10", "ALL").await.len() < 2 * EACH {
        assert!(Instant::now() < until, "not all are booked");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Each statement continues from the previous one, whichever instance booked it and whichever serves it.
    let references = one.references(&who, "camt.053.001.02", "ALL").await;
    assert_eq!(references, other.references(&who, "camt.053.001.02", "ALL").await);
    let mut closings = Vec::new();
    for (n, reference) in references.iter().enumerate() {
        let at = if n % 2 == 0 { &one } else { &other };
        let bytes = at.download(&who, "camt.053.001.02", reference).await;
        let account = read_statement(bytes.as_slice()).unwrap().statements.remove(0);
        let sequence: i64 = account.sequence.as_deref().unwrap().parse().unwrap();
        closings.push((sequence, cents(&account, "CLBD")));
    }
    closings.sort_unstable();
    let count = i64::try_from(2 * EACH).unwrap();
    let expected: Vec<(i64, i64)> = (0..=count).map(|n| (n + 1, 1_000_000_000 - 145_005 * n)).collect();
    assert_eq!(closings, expected);
    assert_eq!(one.references(&who, "pain.002.001.10", "ALL").await.len(), 2 * EACH);
    let until = Instant::now() + Duration::from_secs(10);
    while !served::content_files(&shared.files()).is_empty() {
        assert!(Instant::now() < until, "content of booked payments is left");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_in_through_one_is_given_out_by_the_other() {
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let (one, other) = two_with(&shared, "").await;
    let (who, _) = one.customer("down@example.test").await;
    // In the order of a bank's channel: first the file, then the row that names it.
    let content = large_payment();
    std::fs::write(shared.files().join("large.bin"), &content).unwrap();
    let store = WsChannelStore::connect_postgres(&shared.url).await.unwrap();
    let scope = FileScope { api_key: who.key.clone(), email: who.email.clone(), bank: "simulator".into() };
    let file = NewBankFile {
        reference: "large".into(),
        file_type: "VA".into(),
        status: "NEW".into(),
        created: 1_767_225_600_000,
        service_id: None,
        target_id: None,
        content: FileContent::External { path: "large.bin".into(), size: i64::try_from(content.len()).unwrap() },
    };
    store.put_files(&scope, vec![file]).await.unwrap();
    store.close().await;
    assert!(other.download(&who, "VA", "large").await == content);
    assert_eq!(one.references(&who, "VA", "DLD").await, ["large"], "both know that it was taken");
    assert!(one.download(&who, "VA", "large").await == content);
    // A key registered at one instance is valid at the other from the next call on; a session that ends at one ends at
    // both.
    let signer = Signer::new("down@example.test");
    other.register_key(&who, &signer, "authorize").await.ok(201);
    one.upload(&who, signer.signed(&content)).await.ok(201);
    other.data(&who, Method::DELETE, "/files/simulator/VA/large", None).await.ok(200);
    assert!(!shared.files().join("large.bin").exists(), "gone from the shared folder");
    one.get(&who, "/files/simulator/VA/large").await.refused(400, "Invalid parameter(s): FileReference");
    other.data(&who, Method::DELETE, "/session/down@example.test/data", None).await.ok(200);
    assert_eq!(one.get(&who, "/files/simulator").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_of_one_is_good_at_the_other_once() {
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let (one, other) = tokio::join!(World::configured(&shared.config), World::configured(&shared.config));
    let email = "once@example.test";
    one.account(email).await;
    assert_eq!(one.key.to_spki_pem(), other.key.to_spki_pem());
    for round in 0..6 {
        let (maker, first) = if round % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let challenge = maker.challenge(email, "data").await;
        let body = json!({ "ChResp": challenge, "Encrypted": first.encrypt(PASSWORD, &challenge) });
        let tries = [first, maker, first, maker];
        let path = format!("/session/{email}/data");
        let answers = join_all(tries.map(|at| at.call("POST", &path, body.clone()))).await;
        let (good, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(good.len(), 1, "{good:?} {refused:?}");
        for answer in refused {
            answer.is(400, AUTH_FAILED);
        }
        let session = Session { token: good[0].field("IdToken"), api_key: good[0].field("ApiKey") };
        assert!(one.alive(&session).await && other.alive(&session).await);
    }
}

/// After a commit with unknown outcome, content stays in the shared folder until no transaction can name it any more.
#[tokio::test(flavor = "multi_thread")]
async fn old_content_that_no_row_names_is_collected_and_nothing_else() {
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let only_keep = "[banks.simulator]\npayments = \"store\"\n";
    let (one, other) = two_with(&shared, only_keep).await;
    let (who, signer) = one.customer("collect@example.test").await;
    one.upload(&who, signer.signed(&large_payment())).await.ok(201);
    let files = shared.files();
    let named = served::content_files(&files).remove(0);
    one.running.stop().await;
    other.running.stop().await;
    let unnamed = |letter: &str| files.join(format!("c{}", letter.repeat(26)));
    let (old, yesterday, foreign) = (unnamed("a"), unnamed("b"), files.join("of-somebody-else"));
    for path in [&old, &yesterday, &foreign] {
        std::fs::write(path, "x").unwrap();
    }
    let hours = |count: u64| Duration::from_secs(count * 3600);
    for (path, age) in [(&old, hours(72)), (&named, hours(72)), (&foreign, hours(72)), (&yesterday, hours(24))] {
        set_age(path, age);
    }
    let (one, _other) = two_with(&shared, only_keep).await;
    let until = Instant::now() + Duration::from_secs(20);
    while old.exists() {
        assert!(Instant::now() < until, "not collected");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(named.exists(), "an acknowledged upload's");
    assert!(yesterday.exists(), "too young");
    assert!(foreign.exists(), "no name of ours");
    one.running.stop().await;
}

/// Orders are carried out on the database: no instance is asked, and each judges them from its next transaction on.
#[tokio::test(flavor = "multi_thread")]
async fn orders_about_accounts_and_banks_count_at_both() {
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let (one, other) = two_with(&shared, "").await;
    let (who, signer) = one.customer("order@example.test").await;
    let file = |name: &str| Some(one.folder.path().join(name).display().to_string());
    let options = ServiceOptions { data: file("data"), config: file("config.toml"), ..ServiceOptions::default() };
    let operator = ServiceOperator::from_options(&options).unwrap();
    for at in [&one, &other] {
        at.upload(&who, signer.signed(payment())).await.ok(201);
    }
    operator.pause_bank("simulator", "maintenance", None).await.unwrap();
    for at in [&one, &other] {
        let refused = at.upload(&who, signer.signed(payment())).await;
        refused.refused(400, "Uploads to this bank are paused, nothing was sent.");
        at.get(&who, "/files/simulator").await.ok(200);
    }
    operator.resume_bank("simulator").await.unwrap();
    operator.disable_account(&who.email, "a test").await.unwrap();
    for at in [&one, &other] {
        at.get(&who, "/files/simulator").await.refused(403, "Account is disabled by the service's operator.");
        let refused = at.upload(&who, signer.signed(payment())).await;
        refused.refused(403, "Account is disabled by the service's operator.");
    }
    operator.enable_account(&who.email).await.unwrap();
    for at in [&one, &other] {
        at.upload(&who, signer.signed(payment())).await.ok(201);
    }
    operator.end_account_sessions(&who.email).await.unwrap();
    for at in [&one, &other] {
        at.get(&who, "/files/simulator").await.refused(401, "Unauthorized");
    }
}

/// A folder in use by the instances of another database.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_another_database_is_left_alone() {
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let only_keep = format!("{}[banks.simulator]\npayments = \"store\"\n", shared.config);
    let theirs: Vec<_> = ["a", "b"].map(|letter| shared.files().join(format!("c{}", letter.repeat(26)))).into();
    let put = || {
        for path in &theirs {
            std::fs::write(path, "x").unwrap();
            set_age(path, Duration::from_secs(72 * 3600));
        }
    };
    std::fs::create_dir(shared.files()).unwrap();
    put();
    let one = Served::with(&only_keep, Channels::default()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(theirs.iter().all(|path| path.exists()), "a database that names nothing");
    // The database names a file that is not in the folder.
    let (who, signer) = one.customer("theirs@example.test").await;
    one.upload(&who, signer.signed(&large_payment())).await.ok(201);
    one.running.stop().await;
    // The operator confirms that the folder is right: without its marker the start would refuse it.
    let marker = std::fs::read(shared.files().join(".installation")).unwrap();
    std::fs::remove_dir_all(shared.files()).unwrap();
    std::fs::create_dir(shared.files()).unwrap();
    std::fs::write(shared.files().join(".installation"), marker).unwrap();
    put();
    let one = Served::with(&only_keep, Channels::default()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(theirs.iter().all(|path| path.exists()), "a database whose files are elsewhere");
    one.running.stop().await;
}

fn set_age(path: &Path, age: Duration) {
    let at = SystemTime::now() - age;
    std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_says_which_tool_to_use() {
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let served = Served::with(&shared.config, Channels::default()).await;
    let options = ServiceOptions {
        data: Some(served.folder.path().join("data").display().to_string()),
        config: Some(served.folder.path().join("config.toml").display().to_string()),
        ..ServiceOptions::default()
    };
    let operator = ServiceOperator::from_options(&options).unwrap();
    let target = served.folder.path().join("backup");
    let refused = operator.backup(&target).await.expect_err("not here");
    assert_eq!(refused.code(), "not_supported");
    for part in ["pg_dump", "files_folder", "keys_folder"] {
        assert!(refused.message().contains(part), "{part} in {refused}");
    }
    assert!(std::fs::read_dir(&target).map_or(0, Iterator::count) == 0, "nothing looks like a backup");
}

/// A balance of a statement, in hundredths.
fn cents(statement: &Statement, code: &str) -> i64 {
    let is = |balance: &&StatementBalance| balance.kind.as_ref().is_some_and(|kind| kind.code == code);
    statement.balances.iter().find(is).unwrap().money.as_ref().unwrap().amount.to_cents().unwrap()
}
