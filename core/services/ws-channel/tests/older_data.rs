//! Data of the former version: a check, a listing and a backup leave it as it is, and only a start brings it up to date.
#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    time::{Duration, Instant},
};

use bankchannel_storage::ws_channel::AuditFilter;
use bankchannel_ws_channel_service::{
    Channels, RunningService, ServiceOptions,
    operator::{self, AccountQuery, CallableCommand, NewApiKey, ServiceOperator},
};
use serde_json::json;
use served::Served;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions,
};

async fn connect(data: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(data.join("service.sqlite")).connect().await.unwrap()
}

/// The tables and the migrations of a database.
async fn schema(data: &Path) -> Vec<String> {
    let mut connection = connect(data).await;
    let mut all = Vec::new();
    for sql in [
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql",
        "SELECT version || name FROM schema_version",
    ] {
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        all.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    connection.close().await.unwrap();
    all
}

/// A data folder as the former version has left it (tests/data/schema-5).
async fn older_folder() -> tempfile::TempDir {
    folder_of("schema-5").await
}

/// A data folder of tests/data.
async fn folder_of(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (data, from) = (folder.path().join("data"), Path::new("tests/data").join(name));
    for name in ["", "keys", "files"] {
        DirBuilder::new().mode(0o700).create(data.join(name)).unwrap();
    }
    let put = |name: &str, to: &Path| {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(to).unwrap();
        file.write_all(&fs::read(from.join("keys").join(name)).unwrap()).unwrap();
    };
    for name in ["challenge.key", "login-rsa.pem", "simulator-ca.pem", "vault.keys"] {
        put(name, &data.join("keys").join(name));
    }
    for place in ["keys", "files"] {
        put("installation", &data.join(place).join(".installation"));
    }
    let options = SqliteConnectOptions::new().filename(data.join("service.sqlite"));
    let options = options.create_if_missing(true).foreign_keys(false);
    let mut connection: SqliteConnection = options.connect().await.unwrap();
    let dump = fs::read_to_string(from.join("service.sql")).unwrap();
    sqlx::raw_sql(AssertSqlSafe(dump)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    fs::set_permissions(data.join("service.sqlite"), Permissions::from_mode(0o600)).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_of_the_former_version_stays_as_it_is_until_a_start() {
    let folder = older_folder().await;
    let data = folder.path().join("data");
    let older = schema(&data).await;
    let options = ServiceOptions { data: Some(data.to_str().unwrap().into()), ..ServiceOptions::default() };

    let found = operator::check(&options).await;
    assert!(found.iter().all(|finding| finding.ok), "{found:?}");
    assert!(found.iter().any(|finding| finding.text.contains("from schema version 5 to ")), "{found:?}");
    assert_eq!(schema(&data).await, older, "a check");
    let operator = ServiceOperator::from_options(&options).unwrap();
    assert_eq!(operator.keys().await.unwrap().len(), 1);
    assert!(!operator.audit(AuditFilter::default()).await.unwrap().is_empty());
    assert!(operator.verify_audit().await.unwrap().intact);
    let refused = operator.certificates().await.expect_err("they have no lives yet");
    assert!(refused.message().contains("schema version 5") && refused.message().contains("start the service"));
    assert!(refused.message().contains("admin migrate"), "{refused}");
    for refused in [operator.accounts(AccountQuery::default()).await.err(), operator.banks().await.err()] {
        let refused = refused.expect("it has no such state yet");
        assert!(refused.message().contains("schema version 5"), "{refused}");
    }
    let backup = folder.path().join("backup");
    operator.backup(&backup).await.unwrap();
    // What changes something would be seen by the instances of the former version.
    let refused = operator.create_key(NewApiKey::default()).await.expect_err("older");
    assert!(refused.message().contains("schema version 5") && refused.message().contains("start the service"));
    assert_eq!(schema(&data).await, older, "commands of the operator");
    assert_eq!(schema(&backup).await, older, "the backup is of the former version too");
    let restored = folder.path().join("restored");
    operator::restore(&backup, &restored).await.unwrap();

    let fresh = tempfile::tempdir().unwrap();
    let made = ServiceOptions { data: Some(fresh.path().to_str().unwrap().into()), ..ServiceOptions::default() };
    RunningService::start(made).await.unwrap().stop().await;
    for folder in [&data, &restored] {
        let options = ServiceOptions { data: Some(folder.to_str().unwrap().into()), ..ServiceOptions::default() };
        RunningService::start(options).await.unwrap().stop().await;
        assert_eq!(schema(folder).await, schema(fresh.path()).await);
    }
    operator.create_key(NewApiKey::default()).await.unwrap();
    // Accounts of the former version are in use, and take orders.
    let all = operator.accounts(AccountQuery::default()).await.unwrap();
    assert!(!all.is_empty() && all.iter().all(|account| account.disabled.is_none()), "{all:?}");
    let disabled = operator.disable_account(&all[0].email, "an order").await.unwrap();
    assert_eq!(disabled.disabled_reason.as_deref(), Some("an order"));
    assert!(operator.pause_bank("simulator", "an order", None).await.unwrap().paused);
}

/// Certificates are brought over with their keys: they sign, and are renewed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_the_former_version_renew_themselves() {
    let served = Served::on(older_folder().await, "", Channels::default()).await;
    let data = served.folder.path().join("data");
    let options = ServiceOptions { data: Some(data.to_str().unwrap().into()), ..ServiceOptions::default() };
    let operator = ServiceOperator::from_options(&options).unwrap();
    let told = async || {
        let all = operator.certificates().await.unwrap().certificates;
        all.into_iter().map(|one| (one.email, one.bank, one.state, one.serial.unwrap(), one.person)).collect::<Vec<_>>()
    };
    let before = told().await;
    let names: Vec<_> = before.iter().map(|one| (&*one.0, &*one.1, &*one.2, one.4.is_some())).collect();
    // The enrolment whose key was in a memory is gone; without a channel to Nordea, a person is needed.
    let (who, active) = ("older@example.test", "active");
    assert_eq!(names, [(who, "nordea", active, true), (who, "simulator", active, false)]);
    served.control("clock", json!({"advance_s": 705 * 86_400})).await;
    let until = Instant::now() + Duration::from_secs(60);
    while told().await[1].3 == before[1].3 {
        assert!(Instant::now() < until, "not renewed: {:?}", told().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(told().await[0], before[0]);
}

/// With `migrate = "manual"` data of a former version is changed by the command alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manual_migration_is_a_person_s_order() {
    let folder = older_folder().await;
    let (data, config) = (folder.path().join("data"), folder.path().join("service.toml"));
    fs::write(&config, "migrate = \"manual\"\n").unwrap();
    let text = |path: &Path| Some(path.to_str().unwrap().to_owned());
    let options = ServiceOptions { data: text(&data), config: text(&config), ..ServiceOptions::default() };
    let migrate = async |dry_run: bool| {
        let command = CallableCommand::named(operator::OPERATOR_COMMANDS, "migrate").unwrap();
        operator::carry_out(&options, command, json!({ "dry_run": dry_run })).await
    };
    let older = schema(&data).await;
    let found = operator::check(&options).await;
    let bad: Vec<_> = found.iter().filter(|finding| !finding.ok).map(|finding| finding.text.as_str()).collect();
    assert!(
        matches!(&bad[..], [text] if text.contains("schema version 5") && text.contains("admin migrate")),
        "{found:?}"
    );
    let refused = RunningService::start(options.clone()).await.err().expect("a start changes nothing");
    for part in ["schema version 5", "migrate is \"manual\"", "bankchannel admin migrate --data "] {
        assert!(refused.message().contains(part), "{part}: {refused}");
    }
    let listed = migrate(true).await.unwrap();
    let steps = listed["migration"]["steps"].as_array().unwrap();
    assert_eq!((&steps[0]["version"], &steps[0]["name"]), (&json!(6), &json!("certificate lives")));
    assert!(steps.iter().all(|step| step["took_ms"].is_null()), "{listed}");
    assert_eq!(schema(&data).await, older, "a refused start and a list");

    let done = migrate(false).await.unwrap();
    assert_eq!((&done["migration"]["from"], &done["migration"]["dry_run"]), (&json!(5), &json!(false)));
    assert_eq!(done["migration"]["to"], steps.last().unwrap()["version"]);
    assert_eq!(done["migration"]["steps"].as_array().unwrap().len(), steps.len());
    assert!(done["migration"]["steps"][0]["took_ms"].is_i64(), "{done}");
    let operator = ServiceOperator::from_options(&options).unwrap();
    let of_order = AuditFilter { operation: Some("operator.migrate".into()), ..AuditFilter::default() };
    assert_eq!(operator.audit(of_order.clone()).await.unwrap().len(), 1);
    assert!(operator.verify_audit().await.unwrap().intact);

    let running = RunningService::start(options.clone()).await.unwrap();
    for dry_run in [true, false] {
        let refused = migrate(dry_run).await.expect_err("a service has the folder");
        assert!(refused.message().contains("stop it"), "{refused}");
    }
    running.stop().await;
    assert_eq!(migrate(false).await.unwrap()["migration"]["steps"], json!([]));
    assert_eq!(operator.audit(of_order).await.unwrap().len(), 1, "nothing was done");
    // An empty folder is no data to migrate, and a start makes it.
    let empty = tempfile::tempdir().unwrap();
    let fresh = ServiceOptions { data: text(empty.path()), ..options.clone() };
    let command = CallableCommand::named(operator::OPERATOR_COMMANDS, "migrate").unwrap();
    for dry_run in [true, false] {
        let refused = operator::carry_out(&fresh, command, json!({ "dry_run": dry_run })).await.expect_err("nothing");
        assert!(refused.message().contains("holds no data"), "{refused}");
    }
    RunningService::start(fresh).await.unwrap().stop().await;
}

/// A migration is not undone: what would end the start after it is seen before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_would_fail_migrates_nothing() {
    let folder = older_folder().await;
    let data = folder.path().join("data");
    let older = schema(&data).await;
    let text = |path: &Path| Some(path.to_str().unwrap().to_owned());
    let options = ServiceOptions { data: text(&data), ..ServiceOptions::default() };
    let absent = folder.path().join("tls.pem");
    let with_tls = ServiceOptions { tls_cert: text(&absent), tls_key: text(&absent), ..options.clone() };
    let refused = RunningService::start(with_tls).await.err().expect("there is no such file");
    assert!(refused.message().contains("tls.pem"), "{refused}");
    assert_eq!(schema(&data).await, older, "without the TLS files");

    let other = tempfile::tempdir().unwrap();
    let made = ServiceOptions { data: text(other.path()), ..ServiceOptions::default() };
    RunningService::start(made).await.unwrap().stop().await;
    let (vault, aside) = (data.join("keys/vault.keys"), folder.path().join("vault.keys"));
    fs::rename(&vault, &aside).unwrap();
    fs::copy(other.path().join("keys/vault.keys"), &vault).unwrap();
    let command = CallableCommand::named(operator::OPERATOR_COMMANDS, "migrate").unwrap();
    let ordered = operator::carry_out(&options, command, json!({ "dry_run": false })).await;
    for refused in [RunningService::start(options.clone()).await.err(), ordered.err()] {
        let refused = refused.expect("the key of other data");
        assert!(refused.message().contains("vault.keys"), "{refused}");
    }
    assert_eq!(schema(&data).await, older, "with the key of other data");
    fs::rename(&aside, &vault).unwrap();
    RunningService::start(options).await.unwrap().stop().await;
    assert_ne!(schema(&data).await, older);
}

/// What a next version adds is no obstacle for this one; what it takes away is, once its floor says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_goes_on_with_the_tables_of_the_next_version() {
    let served = Served::start().await;
    let (who, signer) = served.customer("next@example.test").await;
    let data = served.folder.path().join("data");
    let run = async |sql: &'static str| {
        let mut connection = connect(&data).await;
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    };
    served.running.stop().await;
    run("CREATE TABLE next_note (email TEXT NOT NULL REFERENCES account (email) ON DELETE CASCADE, note TEXT) STRICT;
         ALTER TABLE account ADD COLUMN next_since INTEGER;
         ALTER TABLE cert_set ADD COLUMN next_rank INTEGER NOT NULL DEFAULT 0;
         INSERT INTO next_note (email, note) SELECT email, 'of the next version' FROM account;
         INSERT INTO schema_version (version, name) SELECT MAX(version) + 1, 'next' FROM schema_version")
    .await;
    let options = ServiceOptions { data: Some(data.to_str().unwrap().into()), ..ServiceOptions::default() };
    let found = operator::check(&options).await;
    assert!(found.iter().all(|finding| finding.ok), "{found:?}");
    assert!(found.iter().any(|finding| finding.text.contains("newer than this program's")), "{found:?}");
    let served = Served::on(served.folder, "", Channels::default()).await;
    served.upload(&who, signer.signed(served::payment())).await.ok(201);
    served.customer("further@example.test").await;
    let operator = ServiceOperator::from_options(&options).unwrap();
    operator.disable_account("further@example.test", "an order").await.unwrap();
    assert!(operator.verify_audit().await.unwrap().intact);
    served.running.stop().await;

    run("UPDATE schema_floor SET works_with = (SELECT MAX(version) FROM schema_version)").await;
    let refused = RunningService::start(options.clone()).await.err().expect("the floor is above this version");
    assert!(refused.message().contains("needs a program that knows version"), "{refused}");
    let found = operator::check(&options).await;
    assert!(found.iter().any(|finding| !finding.ok && finding.text.contains("needs a program")), "{found:?}");
}

/// From the version on whose tables later ones extend, without a start in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tables_of_version_12_are_served() {
    let served = Served::on(folder_of("schema-12").await, "", Channels::default()).await;
    let data = served.folder.path().join("data");
    let options = ServiceOptions { data: Some(data.to_str().unwrap().into()), ..ServiceOptions::default() };
    let operator = ServiceOperator::from_options(&options).unwrap();
    let accounts = operator.accounts(AccountQuery::default()).await.unwrap();
    let emails: Vec<_> = accounts.iter().map(|account| (&*account.email, account.disabled.is_some())).collect();
    assert_eq!(emails, [("disabled@example.test", true), ("older@example.test", false)]);
    assert!(operator.verify_audit().await.unwrap().intact);
    let banks = operator.banks().await.unwrap();
    assert!(banks.iter().any(|bank| bank.bank == "nordea" && bank.paused), "{banks:?}");
    // What was sealed opens with its keys: the certificate signs, and is renewed.
    let before = operator.certificates().await.unwrap().certificates.remove(0);
    assert_eq!((&*before.bank, &*before.state), ("simulator", "active"));
    operator.renew_certificate(&before.email, "simulator").await.unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while operator.certificates().await.unwrap().certificates[0].serial == before.serial {
        assert!(Instant::now() < until, "not renewed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_listing_makes_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let options = ServiceOptions { data: Some(folder.path().to_str().unwrap().into()), ..ServiceOptions::default() };
    let operator = ServiceOperator::from_options(&options).unwrap();
    let refused = operator.keys().await.expect_err("nothing is there");
    assert!(refused.message().contains("holds no data"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // A key may be made before the first start.
    operator.create_key(NewApiKey::default()).await.unwrap();
    assert_eq!(operator.keys().await.unwrap().len(), 1);
}
