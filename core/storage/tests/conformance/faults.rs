//! Environment faults of a SQLite data folder, and features that PostgreSQL lacks.

use crate::samples::*;
use bankchannel_storage::ws_channel::*;
use sqlx::{Connection as _, Row as _};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) async fn raw(folder: &Path, sql: &'static str) -> Vec<sqlx::sqlite::SqliteRow> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("service.sqlite"));
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    rows
}

async fn fault(folder: &Path) -> StoreError {
    let error = WsChannelStore::open_sqlite(folder).await.unwrap_err();
    assert!(error.to_string().len() > 40, "a fault says what to do: {error}");
    error
}

#[tokio::test]
async fn an_empty_folder_becomes_a_private_durable_database_and_opens_again() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("new/data");
    for _ in 0..2 {
        let store = WsChannelStore::open_sqlite(&folder).await.unwrap();
        store.close().await;
    }
    let versions = raw(&folder, "SELECT version FROM schema_version").await;
    let applied: std::collections::BTreeSet<i64> = versions.iter().map(|row| row.get(0)).collect();
    assert_eq!(versions.len(), applied.len(), "a migration is applied once");
    assert_eq!(raw(&folder, "PRAGMA journal_mode").await[0].get::<String, _>(0), "wal");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("service.sqlite")), 0o600);
        let store = WsChannelStore::open_sqlite(&folder).await.unwrap();
        store.consume_challenge("a", NOW).await.unwrap();
        assert_eq!(mode(&folder.join("service.sqlite-wal")), 0o600);
        store.close().await;
    }
}

#[tokio::test]
async fn a_second_server_is_refused_and_a_closed_store_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    assert!(matches!(fault(folder.path()).await, StoreError::Locked { .. }));
    assert!(store.consume_challenge("a", NOW).await.unwrap());
    store.close().await;
    assert_eq!(store.consume_challenge("b", NOW).await, Err(StoreError::Closed));
    assert_eq!(store.account(OWNER).await, Err(StoreError::Closed));
    drop(store);
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    assert!(!store.consume_challenge("a", NOW).await.unwrap());
}

/// A store dropped without being closed still writes the accepted changes; only then is the folder unlocked.
#[tokio::test]
async fn the_folder_is_held_until_the_last_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    // Accepted, but not waited for.
    for index in 0..100 {
        let store = store.clone();
        let mut verb = Box::pin(async move { store.consume_challenge(&format!("c{index}"), NOW).await });
        crate::handing_over::hand_over(&mut verb).await;
    }
    drop(store);
    let store = loop {
        match WsChannelStore::open_sqlite(folder.path()).await {
            Ok(store) => break store,
            Err(StoreError::Locked { .. }) => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
            Err(other) => panic!("{other}"),
        }
    };
    for index in 0..100 {
        assert!(!store.consume_challenge(&format!("c{index}"), NOW).await.unwrap(), "{index} was accepted");
    }
}

#[tokio::test]
async fn damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("service.sqlite");
    fs::write(&file, "this is not a database, but it is long enough to hold a header: ".repeat(4)).unwrap();
    assert!(matches!(fault(folder.path()).await, StoreError::Damaged { .. }));
    fs::write(&file, b"SQLite format 3\0").unwrap();
    assert!(matches!(fault(folder.path()).await, StoreError::Damaged { .. }));

    fs::remove_file(&file).unwrap();
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    tenant_with_customer(&store).await;
    store.check_integrity().await.unwrap();
    store.close().await;
    drop(store);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(fault(folder.path()).await, StoreError::Damaged { .. }), "cut short");
    // Every page except the first is overwritten: opening may succeed, the check must not.
    let mut scratched = whole.clone();
    scratched[4096..].fill(0xA5);
    fs::write(&file, &scratched).unwrap();
    match WsChannelStore::open_sqlite(folder.path()).await {
        Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{error}"),
        Ok(store) => assert!(matches!(store.check_integrity().await, Err(StoreError::Damaged { .. }))),
    }
    fs::write(&file, &whole).unwrap();
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    assert!(store.account(OWNER).await.unwrap().is_some());
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    WsChannelStore::open_sqlite(folder.path()).await.unwrap().close().await;
    raw(folder.path(), "INSERT INTO schema_version (version, name) VALUES (999, 'future')").await;
    raw(folder.path(), "UPDATE schema_floor SET works_with = 998").await;
    assert!(matches!(fault(folder.path()).await, StoreError::SchemaNewer { found: 999, needed: 998, .. }));
}

#[tokio::test]
async fn a_place_that_cannot_hold_a_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = fault(&file.join("data")).await;
    assert!(matches!(&error, StoreError::Io { place, .. } if place.ends_with("data")), "{error:?}");
}

/// A limit on the database size gives the same SQLite error as a full disk.
#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SqliteSettings { max_database_bytes: Some(600 * 1024), ..SqliteSettings::default() };
    let store = WsChannelStore::open_sqlite_with(folder.path(), &settings).await.unwrap();
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "nordea");
    let mut kept = Vec::new();
    let mut refused = 0;
    for round in 0..6 {
        let answers = crate::race(8, |index| {
            let (store, scope) = (store.clone(), scope.clone());
            let reference = format!("F{round}-{index}");
            let mut file = bank_file(&reference, "VA", NOW);
            file.content = FileContent::Inline(vec![1; 32 * 1024]);
            async move { (reference, store.put_files(&scope, vec![file]).await) }
        })
        .await;
        for (reference, answer) in answers {
            match answer {
                Ok(()) => kept.push(reference),
                Err(StoreError::Full { .. }) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    assert!(refused > 0 && !kept.is_empty());
    let listed: Vec<_> =
        store.list_files(&scope, &FileFilter::default()).await.unwrap().into_iter().map(|f| f.reference).collect();
    kept.sort();
    assert_eq!(listed, kept, "what was acknowledged is there, what was refused is not");
    assert!(store.delete_file(&scope, "VA", &kept[0]).await.unwrap().is_some(), "the writer lives on");
    store.close().await;
    drop(store);
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    assert_eq!(store.list_files(&scope, &FileFilter::default()).await.unwrap().len(), kept.len() - 1);
    store.check_integrity().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_is_named() {
    crate::common::with_read_only_folder("faults::a_read_only_folder_is_named", async |data| {
        assert!(matches!(fault(data).await, StoreError::ReadOnly { .. }));
        assert!(matches!(fault(&data.join("below")).await, StoreError::ReadOnly { .. }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_writing_is_a_working_data_folder() {
    let parent = tempfile::tempdir().unwrap();
    let (data, copy) = (parent.path().join("data"), parent.path().join("copy"));
    let store = WsChannelStore::open_sqlite(&data).await.unwrap();
    tenant_with_customer(&store).await;
    fs::create_dir_all(data.join("files/ab")).unwrap();
    fs::write(data.join("files/ab/large"), vec![9; 100_000]).unwrap();
    let mut large = bank_file("LARGE", "VA", NOW);
    large.content = FileContent::External { path: "ab/large".to_owned(), size: 100_000 };
    store.put_files(&scope(OWNER, "nordea"), vec![large]).await.unwrap();
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for index in 0..200 {
                store.consume_challenge(&format!("c{index}"), NOW).await.unwrap();
            }
        }
    });
    fs::create_dir(&copy).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let report = store.backup(&data.join("files"), &copy).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&copy), mode(&copy.join("service.sqlite"))), (0o700, 0o600));
    }
    writing.await.unwrap();
    assert_eq!((report.files, report.file_bytes), (1, 100_000));
    assert!(
        matches!(store.backup(&data.join("files"), &copy).await, Err(StoreError::Misuse { .. })),
        "a backup overwrites nothing"
    );
    let restored = WsChannelStore::open_sqlite(&copy).await.unwrap();
    restored.check_integrity().await.unwrap();
    assert!(restored.account(CUSTOMER).await.unwrap().is_some());
    assert_eq!(fs::read(copy.join("files/ab/large")).unwrap(), vec![9; 100_000]);

    let paths = store.delete_file(&scope(OWNER, "nordea"), "VA", "LARGE").await.unwrap().unwrap();
    store.discard_content(&data.join("files"), &paths).await.unwrap();
    store.discard_content(&data.join("files"), &paths).await.unwrap();
    assert!(!data.join("files/ab/large").exists());
}

/// Files deleted during a backup are gone at once for the caller, and are still in the backup. `BANKCHANNEL_LONG_FILES`
/// sets the number of files (`tests/long/backup`: 30,000).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_backup() {
    let files = std::env::var("BANKCHANNEL_LONG_FILES").map_or(600, |count| count.parse().unwrap());
    let parent = tempfile::tempdir().unwrap();
    let (data, copy) = (parent.path().join("data"), parent.path().join("copy"));
    let store = WsChannelStore::open_sqlite(&data).await.unwrap();
    tenant_with_customer(&store).await;
    fs::create_dir_all(data.join("files")).unwrap();
    let name = |n: usize| format!("c{n:026}");
    let file = |n: usize| {
        let mut file = bank_file(&format!("REFERENCE{n}"), "VA", NOW);
        file.content = FileContent::External { path: name(n), size: 70_000 };
        file
    };
    for n in 0..files {
        fs::write(data.join("files").join(name(n)), vec![9; 70_000]).unwrap();
    }
    // Left by a crash: no row names it.
    fs::write(data.join("files/unnamed"), "x").unwrap();
    store.put_files(&scope(OWNER, "nordea"), (0..files).map(file).collect()).await.unwrap();
    let backing_up = tokio::spawn({
        let (store, files, copy) = (store.clone(), data.join("files"), copy.clone());
        async move { store.backup(&files, &copy).await }
    });
    while !copy.join("files").exists() {
        tokio::task::yield_now().await;
    }
    // The database has been copied, the files are being copied.
    let (mut deleted, mut longest, begun) = (0, Duration::ZERO, Instant::now());
    for n in (0..files).rev().take(files / 12) {
        let asked = Instant::now();
        let paths = store.delete_file(&scope(OWNER, "nordea"), "VA", &format!("REFERENCE{n}")).await.unwrap().unwrap();
        longest = longest.max(asked.elapsed());
        store.discard_content(&data.join("files"), &paths).await.unwrap();
        if backing_up.is_finished() {
            break;
        }
        deleted += 1;
        assert!(data.join("files").join(name(n)).exists(), "it is still to be copied");
    }
    assert!(deleted > 0, "the backup was done before anything was deleted");
    let report = backing_up.await.unwrap().unwrap();
    println!("{files} files in {:?}; a deletion meanwhile took {longest:?} at most", begun.elapsed());
    assert_eq!((report.files, report.missing.len()), (files as u64, 0));
    assert!((0..files).all(|n| copy.join("files").join(name(n)).exists()));
    assert!(!copy.join("files/unnamed").exists(), "only what rows name");
    for n in (0..files).rev().take(deleted) {
        assert!(!data.join("files").join(name(n)).exists(), "removed at the backup's end");
    }
    // A file that was lost before is reported, and the rest is copied.
    fs::remove_file(data.join("files").join(name(0))).unwrap();
    let again = parent.path().join("again");
    assert_eq!(store.backup(&data.join("files"), &again).await.unwrap().missing, [name(0)]);
}

#[tokio::test]
async fn what_the_data_belongs_to_is_recorded_once() {
    let parent = tempfile::tempdir().unwrap();
    let store = WsChannelStore::open_sqlite(parent.path()).await.unwrap();
    let known = store.installation().await.unwrap();
    assert!(known.id().is_none() && !known.has_accounts);
    let first = vec![
        (IdKind::Installation, "one".to_owned()),
        (IdKind::VaultKey, "a".to_owned()),
        (IdKind::VaultKey, "b".to_owned()),
    ];
    let adopted = store.adopt(first).await.unwrap();
    assert!(adopted.ids(IdKind::VaultKey).eq(["a", "b"]));
    let second = vec![(IdKind::Installation, "two".to_owned()), (IdKind::VaultKey, "c".to_owned())];
    let adopted = store.adopt(second).await.unwrap();
    assert!(adopted.id() == Some("one") && adopted.ids(IdKind::VaultKey).eq(["a", "b"]), "the first decides");
    store.replace_ids(IdKind::VaultKey, vec!["b".to_owned(), "c".to_owned()]).await.unwrap();
    tenant_with_customer(&store).await;
    let known = store.installation().await.unwrap();
    assert!(
        known.has_accounts
            && known.ids(IdKind::VaultKey).eq(["b", "c"])
            && known.ids(IdKind::LoginKey).next().is_none()
    );
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let error = WsChannelStore::connect_postgres("postgres://user:hunter2@127.0.0.1:1/db").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let error = WsChannelStore::connect_postgres("nonsense hunter2").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }) && !format!("{error:?}").contains("hunter2"));
}
