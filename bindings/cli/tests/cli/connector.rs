//! `serve salt-edge-connector`: the version of its store, in a folder and in PostgreSQL (`tests/postgres.sh`, `psql`).

use std::process::Command;

use serde_json::Value;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    postgres::{
        configure,
        server::{self, Shared},
    },
    support::{Home, started, stop},
};

/// The tables as version 3 had them: version 4 only adds the floor.
const FORMER: &str = "DROP TABLE schema_floor; DELETE FROM schema_version WHERE version = 4";
/// What a next version may add.
const NEXT: &str = "CREATE TABLE next_note (note TEXT); INSERT INTO schema_version (version, name) VALUES (5, 'next')";
const NEXT_ONLY: &str = "UPDATE schema_floor SET works_with = 5";
/// A key that no store of these tests is sealed with.
const OTHER_KEY: &str = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=";

fn in_folder(home: &Home, sql: &'static str) {
    let database = home.path("connector/store/connector.sqlite");
    bankchannel_bridge::runtime().unwrap().block_on(async {
        let mut connection: SqliteConnection = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn a_store_in_a_folder_is_migrated_by_order() {
    let home = Home::empty();
    let text = "migrate = \"manual\"\n";
    configure(&home.path("connector.toml"), text);
    let with_other_key = format!("{text}[connector]\nstore_key = {OTHER_KEY:?}\n");
    follow(&home, false, [text, &with_other_key], &|sql| in_folder(&home, sql));
}

#[test]
fn a_store_in_a_database_is_migrated_by_order() {
    let Some(url) = server::server() else { return };
    let (home, shared) = (Home::empty(), Shared::make(&url, &url));
    let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    let text = format!("migrate = \"manual\"\n[connector]\nstore = {:?}\nstore_key = {key:?}\n", shared.url);
    configure(&home.path("connector.toml"), &text);
    let check = ["serve", "salt-edge-connector", "--data", "connector", "--config", "connector.toml", "--check"];
    let looked = home.run(&check).expect(0).out;
    assert!(looked.contains("is not there yet and will be made"), "{looked}");
    follow(&home, true, [&text, &text.replace(key, OTHER_KEY)], &|sql| {
        let ran =
            Command::new("psql").args(["-q", "-v", "ON_ERROR_STOP=1", "-c", sql, &shared.for_psql()]).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    });
}

/// The versions of a store, which `change` changes. The second configuration has another key.
fn follow(home: &Home, is_server: bool, [text, with_other_key]: [&str; 2], change: &dyn Fn(&'static str)) {
    let with = |more: &[&'static str]| {
        [&["serve", "salt-edge-connector", "--data", "connector", "--config", "connector.toml"], more].concat()
    };
    let start = || started(home.command(&with(&[]))).0;
    let (check, migrate) = (with(&["--check", "--json"]), with(&["--migrate", "--json"]));
    // An empty place is made.
    stop(start(), "-TERM").expect(0);
    let found = home.run(&check).expect(0).out;
    assert!(found.contains("it opens; schema version 4\""), "{found}");

    change(FORMER);
    let found = home.run(&check).expect(1).out;
    assert!(found.contains("from schema version 3 to 4") && found.contains("salt-edge-connector --migrate"), "{found}");
    let refused = home.run(&with(&[])).expect(1).err;
    assert!(refused.contains("schema version 3") && refused.contains("salt-edge-connector --migrate"), "{refused}");
    // A migration is not undone: the key is compared before it, also at a start that migrates.
    let starting = with_other_key.replace("manual", "start");
    for other in [with_other_key, starting.as_str()] {
        configure(&home.path("connector.toml"), other);
        for refused in [home.run(&migrate).expect(1), home.run(&with(&[])).expect(1)] {
            let said = refused.out + &refused.err;
            let is_older = said.contains("schema version 3") && other == with_other_key;
            assert!(said.contains("is not the key of this store") || is_older, "{said}");
        }
        configure(&home.path("connector.toml"), text);
        assert!(home.run(&check).expect(1).out.contains("from schema version 3 to 4"), "nothing was migrated");
    }
    let done = home.run(&migrate).expect(0);
    let migration = done.json()["migration"].take();
    assert_eq!((&migration["from"], &migration["to"]), (&3.into(), &4.into()), "{migration}");
    assert_eq!(migration["steps"][0]["name"], "schema floor");
    assert!(migration["steps"][0]["took_ms"].is_i64(), "{migration}");
    assert!(done.err.contains("bankchannel::life") && done.err.contains("version=4"), "{}", done.err);
    assert_eq!(home.run(&migrate).expect(0).json()["migration"]["steps"], Value::Array(vec![]));

    change(NEXT);
    let found = home.run(&check).expect(0).out;
    assert!(found.contains("schema version 5, newer than this program's 4"), "{found}");
    let running = start();
    let beside = home.run(&migrate);
    match is_server {
        true => assert_eq!(beside.expect(0).json()["migration"]["steps"], Value::Array(vec![])),
        false => assert!(beside.expect(1).err.contains("stop it"), "a connector has the folder"),
    }
    stop(running, "-TERM").expect(0);
    change(NEXT_ONLY);
    for ran in [home.run(&with(&[])).expect(1).err, home.run(&check).expect(1).out] {
        assert!(ran.contains("needs a program that knows version 5 or later"), "{ran}");
    }
}
