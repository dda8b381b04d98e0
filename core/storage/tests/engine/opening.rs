//! Opening a database: new, older, newer, of another schema, of another user, read-only.

use crate::Place;
use crate::common::{cases, race};
use crate::counters::{Count, Counters, count, counters, units};
use bankchannel_storage::engine::{
    PendingMigration, Result, SchemaMigration, SchemaUse, SchemaVersions, StorageSchema, StoreError, args,
};
use sqlx::Connection as _;
use std::time::Duration;

cases! {
    an_older_database_is_migrated_once,
    a_newer_database_is_left_alone,
    the_database_of_another_schema_is_refused,
    those_that_start_together_migrate_once,
    a_look_changes_nothing,
    a_change_leaves_older_tables_alone,
    a_migration_needs_tables,
    newer_tables_are_used_as_long_as_they_work,
    a_migration_gives_way_to_those_who_wait_behind_it,
    a_migration_that_stops_says_which_steps_count,
}

async fn an_older_database_is_migrated_once(place: Place) {
    let old = place.open::<Counters<1>>().await.unwrap();
    count(&old, Count::of("a")).await.unwrap();
    old.close().await;
    drop(old);
    for value in 2..=3 {
        let new = place.open::<Counters<2>>().await.unwrap();
        assert_eq!(count(&new, Count::of("a")).await, Ok(value));
        assert_eq!(units(&new).await, (vec![Some("pieces".to_owned())], 2));
        new.close().await;
    }
}

async fn a_newer_database_is_left_alone(place: Place) {
    place.open::<Counters<2>>().await.unwrap().close().await;
    assert_eq!(
        place.open::<Counters<1>>().await.err(),
        Some(StoreError::SchemaNewer { found: 2, needed: 2, known: 1 })
    );
    let new = place.open::<Counters<2>>().await.unwrap();
    assert_eq!(units(&new).await, (vec![], 2));
    new.close().await;
}

const OLDER: StoreError = StoreError::SchemaOlder { found: 1, known: 2 };

/// As a check, a listing or a backup opens it: an older database is read as far as its tables go.
async fn a_look_changes_nothing(place: Place) {
    let absent = place.open_to::<Counters<2>>(SchemaUse::Read).await.err();
    assert!(matches!(absent, Some(StoreError::Absent { .. })), "{absent:?}");
    if let Place::Folder(folder) = &place {
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing was made");
    }
    let old = place.open::<Counters<1>>().await.unwrap();
    count(&old, Count::of("a")).await.unwrap();
    old.close().await;
    for _ in 0..2 {
        let looked = place.open_to::<Counters<2>>(SchemaUse::Read).await.unwrap();
        assert_eq!(looked.outdated(), Some(OLDER));
        assert_eq!(counters(&looked).await, [("a".to_owned(), 1)]);
        let unit = looked.read((), |tx, ()| Box::pin(async move { tx.query("SELECT unit FROM counter", &[]).await }));
        assert_eq!(unit.await.err(), Some(OLDER), "a column that it does not have yet");
        let written = count(&looked, Count::of("a")).await;
        assert!(matches!(written, Err(StoreError::ReadOnly { .. })), "{written:?}");
        looked.close().await;
    }
    let old = place.open::<Counters<1>>().await.unwrap();
    assert_eq!(count(&old, Count::of("a")).await, Ok(2), "the former version goes on");
    old.close().await;
    let new = place.open::<Counters<2>>().await.unwrap();
    new.close().await;
    let looked = place.open_to::<Counters<2>>(SchemaUse::Read).await.unwrap();
    assert_eq!(looked.outdated(), None);
    assert!(matches!(count(&looked, Count::of("a")).await, Err(StoreError::ReadOnly { .. })));
    looked.close().await;
    let newer = place.open_to::<Counters<1>>(SchemaUse::Read).await.err();
    assert_eq!(newer, Some(StoreError::SchemaNewer { found: 2, needed: 2, known: 1 }));
}

async fn a_change_leaves_older_tables_alone(place: Place) {
    place.open_to::<Counters<1>>(SchemaUse::Create).await.unwrap().close().await;
    assert_eq!(place.open_to::<Counters<2>>(SchemaUse::Create).await.err(), Some(OLDER));
    let old = place.open_to::<Counters<1>>(SchemaUse::Create).await.unwrap();
    assert_eq!(count(&old, Count::of("a")).await, Ok(1));
    old.close().await;
}

async fn a_migration_needs_tables(place: Place) {
    let absent = place.open_to::<Counters<2>>(SchemaUse::Migrate).await.err();
    assert!(matches!(absent, Some(StoreError::Absent { .. })), "{absent:?}");
    place.open::<Counters<1>>().await.unwrap().close().await;
    let looked = place.open_to::<Counters<2>>(SchemaUse::Read).await.unwrap();
    assert_eq!(looked.pending(), [PendingMigration { version: 2, name: "units" }]);
    assert_eq!(looked.versions(), SchemaVersions { found: 1, known: 2, works_with: None });
    looked.close().await;
    for steps in [vec![2], vec![]] {
        let migrated = place.open_to::<Counters<2>>(SchemaUse::Migrate).await.unwrap();
        assert_eq!(migrated.applied().iter().map(|step| step.version).collect::<Vec<_>>(), steps);
        assert_eq!(migrated.outdated(), None);
        assert_eq!(count(&migrated, Count::of("a")).await, Ok(2 - i64::try_from(steps.len()).unwrap()));
        migrated.close().await;
    }
}

/// A schema with a step that adds (3) and one that takes away what version 3 has stopped using (4).
#[derive(Default)]
struct Notes<const VERSION: usize>;

impl<const VERSION: usize> Notes<VERSION> {
    const ALL: &'static [SchemaMigration<Self>] = &[
        SchemaMigration::new(1, "notes", "CREATE TABLE note (text {text} PRIMARY KEY, size {int}){strict}"),
        SchemaMigration::new(2, "floor", "").works_with(2),
        SchemaMigration::new(3, "marks", "ALTER TABLE note ADD COLUMN mark {int} NOT NULL DEFAULT 7"),
        SchemaMigration::new(4, "no sizes", "ALTER TABLE note DROP COLUMN size").works_with(3),
    ];
}

impl<const VERSION: usize> StorageSchema for Notes<VERSION> {
    const DATABASE_FILE: &'static str = "notes.sqlite";
    const MIGRATIONS: &'static [SchemaMigration<Self>] = Self::ALL.split_at(VERSION).0;
    type State = ();
}

async fn newer_tables_are_used_as_long_as_they_work(place: Place) {
    // Before the rule, every newer version is refused.
    place.open::<Notes<1>>().await.unwrap().close().await;
    place.open::<Notes<3>>().await.unwrap().close().await;
    for tables in [SchemaUse::Upgrade, SchemaUse::Create, SchemaUse::Migrate, SchemaUse::Read] {
        let refused = place.open_to::<Notes<1>>(tables).await.err().unwrap();
        assert_eq!(refused, StoreError::SchemaNewer { found: 3, needed: 2, known: 1 });
        let former = place.open_to::<Notes<2>>(tables).await.unwrap();
        assert_eq!((former.outdated(), former.pending()), (None, vec![]), "{tables:?}");
        assert_eq!(former.versions(), SchemaVersions { found: 3, known: 2, works_with: Some(2) });
        let texts = former.read((), |tx, ()| {
            Box::pin(async move { tx.all::<(String, i64)>("SELECT text, size FROM note ORDER BY text", &[]).await })
        });
        assert!(texts.await.is_ok());
        if tables != SchemaUse::Read {
            let write = former.write(
                format!("{tables:?}"),
                |tx, text| {
                    let sql = "INSERT INTO note (text, size) VALUES ($1, 1)";
                    Box::pin(async move { tx.execute(sql, args![text.clone()]).await })
                },
                None,
            );
            assert_eq!(write.await, Ok(1), "{tables:?}");
        }
        former.close().await;
    }
    let newer = place.open::<Notes<3>>().await.unwrap();
    let marks = newer
        .read((), |tx, ()| Box::pin(async move { tx.number("SELECT CAST(sum(mark) AS BIGINT) FROM note", &[]).await }));
    assert_eq!(marks.await, Ok(21), "what the former version wrote has the default");
    assert_eq!(newer.is_outgrown().await, Ok(false));
    // As the migration of a program that runs beside this one leaves it.
    let sql = "UPDATE schema_floor SET works_with = 4";
    let raised = newer.write(sql, |tx, sql| Box::pin(async move { tx.execute(sql, &[]).await }), None);
    assert_eq!(raised.await, Ok(1));
    assert_eq!(newer.is_outgrown().await, Ok(true));
    newer.close().await;

    place.open::<Notes<4>>().await.unwrap().close().await;
    let refused = place.open::<Notes<2>>().await.err().unwrap();
    assert_eq!(refused, StoreError::SchemaNewer { found: 4, needed: 3, known: 2 });
    assert!(refused.to_string().contains("needs a program that knows version 3 or later"), "{refused}");
    place.open::<Notes<3>>().await.unwrap().close().await;
}

/// A dump has a table: the step that needs it waits a short time only, since all others wait behind that step.
async fn a_migration_gives_way_to_those_who_wait_behind_it(place: Place) {
    let Place::Url(url) = &place else { return };
    place.open::<Notes<3>>().await.unwrap().close().await;
    let mut dump = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE note IN ACCESS SHARE MODE").execute(&mut dump).await.unwrap();
    let migrating = tokio::spawn({
        let place = place.clone();
        async move { place.open::<Notes<4>>().await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut reader = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("SET statement_timeout = 8000").execute(&mut reader).await.unwrap();
    let read = sqlx::raw_sql("SELECT count(*) FROM note").execute(&mut reader).await;
    assert!(read.is_ok(), "{:?}", read.err());
    assert!(!migrating.is_finished(), "the dump still has the table");
    sqlx::raw_sql("COMMIT").execute(&mut dump).await.unwrap();
    let migrated = migrating.await.unwrap().unwrap();
    assert_eq!(migrated.applied().iter().map(|step| step.version).collect::<Vec<_>>(), [4]);
    migrated.close().await;
}

/// A schema whose third step fails.
#[derive(Default)]
struct Stopping<const VERSION: usize>;

impl<const VERSION: usize> Stopping<VERSION> {
    const ALL: &'static [SchemaMigration<Self>] = &[
        SchemaMigration::new(1, "stopping", "CREATE TABLE kept (name {text} PRIMARY KEY){strict}"),
        SchemaMigration::new(2, "further", "CREATE TABLE further (name {text} PRIMARY KEY){strict}"),
        SchemaMigration::new(3, "taken", "CREATE TABLE further (name {text} PRIMARY KEY){strict}"),
    ];
}

impl<const VERSION: usize> StorageSchema for Stopping<VERSION> {
    const DATABASE_FILE: &'static str = "stopping.sqlite";
    const MIGRATIONS: &'static [SchemaMigration<Self>] = Self::ALL.split_at(VERSION).0;
    type State = ();
}

/// In a folder each step counts by itself, at a server all or none.
async fn a_migration_that_stops_says_which_steps_count(place: Place) {
    place.open::<Stopping<1>>().await.unwrap().close().await;
    let stopped = place.open::<Stopping<3>>().await.err().unwrap();
    let found = match &place {
        Place::Folder(_) => {
            let text = stopped.to_string();
            assert!(text.contains("stopped at step 3 \"taken\"") && text.contains("count: 2 \"further\"."), "{text}");
            2
        }
        Place::Url(_) => {
            assert!(matches!(stopped, StoreError::Internal { .. }), "{stopped}");
            1
        }
    };
    let looked = place.open_to::<Stopping<3>>(SchemaUse::Read).await.unwrap();
    assert_eq!(looked.versions().found, found);
    looked.close().await;
}

#[derive(Default)]
struct Other;

impl StorageSchema for Other {
    const DATABASE_FILE: &'static str = "counters.sqlite";
    const MIGRATIONS: &'static [SchemaMigration<Self>] = &[
        SchemaMigration::new(1, "other", "CREATE TABLE other (name {text} PRIMARY KEY){strict}"),
        SchemaMigration::new(2, "further", "CREATE TABLE further (name {text} PRIMARY KEY){strict}"),
    ];
    type State = ();
}

async fn the_database_of_another_schema_is_refused(place: Place) {
    place.open::<Counters<2>>().await.unwrap().close().await;
    let error = place.open::<Other>().await.err().unwrap();
    assert!(matches!(&error, StoreError::Misuse { reason } if reason.contains("\"counters\"")), "{error:?}");
    place.open::<Counters<2>>().await.unwrap().close().await;
}

/// SQLite: only one gets the folder. PostgreSQL: all wait for the migrations of the first.
async fn those_that_start_together_migrate_once(place: Place) {
    let opened = race(4, |_| {
        let place = place.clone();
        async move { place.open::<Counters<2>>().await }
    });
    let (open, refused): (Vec<_>, Vec<_>) = opened.await.into_iter().partition(Result::is_ok);
    match place {
        Place::Folder(_) => assert_eq!((open.len(), refused.len()), (1, 3)),
        Place::Url(_) => assert_eq!((open.len(), refused.len()), (4, 0)),
    }
    assert!(refused.into_iter().all(|refused| matches!(refused, Err(StoreError::Locked { .. }))));
    for database in open.into_iter().flatten() {
        assert_eq!(units(&database).await.1, 2);
        database.close().await;
        assert_eq!(count(&database, Count::of("a")).await, Err(StoreError::Closed));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_is_named() {
    crate::common::with_read_only_folder("opening::a_read_only_folder_is_named", async |data| {
        let opened = Place::Folder(data.to_owned()).open::<Counters<2>>().await;
        assert!(matches!(opened.err(), Some(StoreError::ReadOnly { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_read_only_server_is_named() {
    crate::common::with_postgres("", async |url| {
        let opened = Place::Url(format!("{url}&options[default_transaction_read_only]=on")).open::<Counters<2>>().await;
        assert!(matches!(opened.err(), Some(StoreError::ReadOnly { .. })));
    })
    .await;
}
