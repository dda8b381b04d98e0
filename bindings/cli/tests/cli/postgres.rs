//! A service on PostgreSQL and its operator's commands. Needs `BANKCHANNEL_TEST_POSTGRES` (`tests/postgres.sh`) and `psql`.

#[path = "../../../../tests/support/postgres.rs"]
pub(crate) mod server;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use server::Shared;

use crate::{
    examples::path,
    support::{Home, port_of_its_own, ran, started, stop},
};

/// A home with `service.toml` of a database of its own, below it only that file.
fn home() -> Option<(Home, Shared)> {
    let url = server::server()?;
    let shared = Shared::make(&url, &url);
    let home = Home::empty();
    configure(&home.path("service.toml"), &format!("postgres_url = {:?}\n", shared.url));
    Some((home, shared))
}

/// Writes a configuration file, which may hold a secret.
pub(crate) fn configure(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

fn psql(shared: &Shared, sql: &str) -> Command {
    let mut psql = Command::new("psql");
    psql.args(["-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", sql]).arg(shared.for_psql());
    psql.stdout(Stdio::piped()).stderr(Stdio::piped());
    psql
}

fn serve(home: &Home, more: &[&str]) -> Child {
    started(home.command(&[&["serve", "ws-channel", "--data", "data"], more].concat())).0
}

#[test]
fn a_data_folder_alone_names_the_database_of_its_service() {
    let Some((home, shared)) = home() else { return };
    let admin = |arguments: &[&str]| home.run(&[&["admin"], arguments, &["--json"]].concat());
    let data = ["--data", "data"];
    stop(serve(&home, &["--config", "service.toml"]), "-TERM").expect(0);
    let note = home.path("data/serving.json");
    let said: Value = serde_json::from_str(&fs::read_to_string(&note).unwrap()).unwrap();
    let file = fs::canonicalize(home.path("service.toml")).unwrap();
    let named = fs::canonicalize(said["config"].as_str().unwrap()).unwrap();
    assert_eq!((named, &said["database"]), (file, &Value::from("postgres")));
    assert_eq!(said.as_object().unwrap().len(), 2, "{said}");
    assert_eq!(fs::metadata(&note).unwrap().permissions().mode() & 0o7777, 0o600);

    let key = admin(&[&["key-create"], &data[..]].concat()).expect(0).json()["key"]["api_key"].clone();
    // Without a data folder too, where the configuration names the database.
    for place in [&data[..], &["--config", "service.toml"], &["--config", "service.toml", "--data", "data"]] {
        let listed = admin(&[&["key-list"], place].concat()).expect(0).json();
        // Named by its beginning and a part of its digest: it is shown once.
        let name = listed["keys"][0]["api_key"].as_str().unwrap();
        assert!(key.as_str().unwrap().starts_with(&name[..4]) && name.len() == 13, "{place:?}: {name}");
        assert!(admin(&[&["audit-verify"], place].concat()).code == i32::from(!place.contains(&"data")), "{place:?}");
    }
    let stored = String::from_utf8(psql(&shared, "SELECT count(*) FROM tenant").output().unwrap().stdout).unwrap();
    assert_eq!(stored.trim(), "1", "the service knows it");
    assert!(!home.path("data/service.sqlite").exists());

    // A configuration that names no database, or is gone, makes none in the folder.
    configure(&home.path("service.toml"), "");
    let refused = admin(&["key-create", "--data", "data"]).expect(1).err;
    assert!(refused.contains("PostgreSQL") && refused.contains("--config"), "{refused}");
    fs::remove_file(home.path("service.toml")).unwrap();
    let refused = admin(&["key-create", "--data", "data"]).expect(1).err;
    assert!(refused.contains("service.toml") && refused.contains("--config"), "{refused}");
    // Neither does a folder of a former version, which has no note.
    fs::remove_file(&note).unwrap();
    let refused = admin(&["key-create", "--data", "data"]).expect(1).err;
    assert!(refused.contains("keys"), "{refused}");
    assert!(!home.path("data/service.sqlite").exists());
    admin(&["key-list"]).expect(1);
}

#[test]
fn a_service_set_by_a_variable_says_so() {
    let Some((mut home, shared)) = home() else { return };
    fs::remove_file(home.path("service.toml")).unwrap();
    let alone = |home: &Home| home.run(&["admin", "key-create", "--data", "data", "--json"]);
    home.variable("BANKCHANNEL_WS_CHANNEL_POSTGRES_URL", &shared.url);
    stop(serve(&home, &[]), "-TERM").expect(0);
    alone(&home).expect(0);
    home.variable("BANKCHANNEL_WS_CHANNEL_POSTGRES_URL", "");
    let refused = alone(&home).expect(1).err;
    assert!(refused.contains("BANKCHANNEL_WS_CHANNEL_POSTGRES_URL"), "{refused}");
    assert!(!home.path("data/service.sqlite").exists());
}

/// The tables as version 11 had them: version 12 only adds the floor.
const FORMER: &str = "DROP TABLE schema_floor; DELETE FROM schema_version WHERE version = 12";

#[test]
fn a_migration_runs_beside_instances_and_is_told() {
    let Some((home, shared)) = home() else { return };
    let url = format!("postgres_url = {:?}\n", shared.url);
    configure(&home.path("service.toml"), &(url.clone() + "migrate = \"manual\"\n"));
    // An empty database is made; data of this version is served.
    let running = serve(&home, &["--config", "service.toml"]);
    assert!(psql(&shared, FORMER).status().unwrap().success());
    let admin = |arguments: &[&str]| home.run(&[&["admin"], arguments, &["--config", "service.toml"]].concat());
    let version = || {
        String::from_utf8(psql(&shared, "SELECT max(version) FROM schema_version").output().unwrap().stdout).unwrap()
    };

    let check = ["serve", "ws-channel", "--data", "other", "--config", "service.toml", "--check", "--json"];
    let found = home.run(&check).expect(1).json().to_string();
    for part in ["schema version 11", "from schema version 11 to 12", "bankchannel admin migrate --data other --config"]
    {
        assert!(found.contains(part), "{part}: {found}");
    }
    let refused = home.run(&["serve", "ws-channel", "--data", "other", "--config", "service.toml"]).expect(1).err;
    assert!(refused.contains("schema version 11") && refused.contains("bankchannel admin migrate"), "{refused}");
    let listed = admin(&["migrate", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(listed["migration"]["steps"][0]["name"], "schema floor");
    assert!(listed["migration"]["steps"][0]["took_ms"].is_null(), "{listed}");
    assert_eq!(version().trim(), "11");

    // Another start or migration has the lock for a while.
    let mut other = psql(&shared, "SELECT pg_advisory_lock(7165002611), pg_sleep(5)").spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    let done = admin(&["migrate", "--json"]).expect(0);
    assert!(other.wait().unwrap().success());
    let answer = done.json();
    assert_eq!((&answer["migration"]["from"], &answer["migration"]["to"]), (&11.into(), &12.into()));
    assert!(answer["migration"]["steps"][0]["took_ms"].is_i64(), "{answer}");
    for part in
        ["bankchannel::life", "waiting for another start or migration", "the data has a new version", "version=12"]
    {
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
    assert!(!done.err.contains("postgres://"), "{}", done.err);
    let records = admin(&["audit", "--operation", "operator.migrate", "--json"]).expect(0).json();
    assert_eq!(records["records"][0]["detail"], "from schema version 11 to 12");
    // The instance that ran meanwhile goes on, and there is nothing left to do.
    stop(running, "-TERM").expect(0);
    assert_eq!(admin(&["migrate", "--json"]).expect(0).json()["migration"]["steps"], Value::Array(vec![]));
    stop(serve(&home, &["--config", "service.toml"]), "-TERM").expect(0);
}

/// The page about a service's first bank, followed to the letter, with PostgreSQL as the database.
#[test]
fn the_page_of_a_first_bank_is_followed_with_a_database() {
    const PAGE: &str = include_str!("../../../../docs/ws-channel-first-bank.md");
    const FILE: &str = "cat > service.toml <<'END'\n";
    let Some((home, shared)) = home() else { return };
    fs::remove_file(home.path("service.toml")).unwrap();
    let (bank, service) = (port_of_its_own(), port_of_its_own());
    let blocks = PAGE.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let followed: String = blocks.map(|block| block.replace("8444", &bank).replace("8443", &service)).collect();
    assert!(followed.contains(FILE) && followed.contains("admin upload-list --data service"), "{followed}");
    let followed = followed.replace(FILE, &format!("{FILE}postgres_url = {:?}\n", shared.url));
    let script = format!("set -e\numask 077\ntrap 'kill %2; kill %1' EXIT\n{followed}\n");
    let mut shell = Command::new("/bin/bash");
    shell.args(["--norc", "--noprofile", "-c", &script]).current_dir(home.path("")).env_clear();
    shell.env("HOME", home.path("")).env("PATH", path());
    let done = ran(shell.output().unwrap()).expect(0);
    assert!(done.out.contains("Sandbox OP WS CA"), "{}\n{}", done.out, done.err);
    assert!(!home.path("service/service.sqlite").exists());
}
