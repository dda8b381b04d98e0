//! Detection of changes made to the audit trail in the database, and the migration of an older trail.

use crate::faults::raw;
use crate::samples::*;
use aws_lc_rs::digest::{SHA256, digest};
use bankchannel_storage::ws_channel::*;
use sqlx::{ConnectOptions as _, Connection as _};
use std::path::Path;

fn entry(email: &str, object: &str) -> AuditEntry {
    let (operation, object) = ("x".to_owned(), object.to_owned());
    let origin = (email == "even").then(|| "192.0.2.1".to_owned());
    AuditEntry { at: NOW, email: email.to_owned(), operation, object, origin, ..AuditEntry::default() }
}

/// Records 1 to 6 of two accounts, alternating; a checkpoint; records 7 and 8.
async fn trail(folder: &Path) {
    let store = WsChannelStore::open_sqlite(folder).await.unwrap();
    for index in 1..=8 {
        let email = if index % 2 == 1 { "odd" } else { "even" };
        store.append_audit(entry(email, &index.to_string())).await.unwrap();
        if index == 6 {
            assert!(store.checkpoint_audit(NOW, 0).await.unwrap().is_some());
        }
    }
    store.close().await;
}

/// Makes the end of a chain fit the remaining records.
const FIT_ODD: &str = "UPDATE audit_chain SET (length, hash) = \
    (SELECT link, hash FROM audit WHERE chain = 'odd' ORDER BY link DESC LIMIT 1) WHERE chain = 'odd'";

#[tokio::test]
async fn a_rewritten_trail_is_noticed() {
    let cases: &[&[&str]] = &[
        &["UPDATE audit SET object = 'other' WHERE seq = 2"],
        &["UPDATE audit SET outcome = 'other' WHERE seq = 8"],
        // Where a request came from: another place, none, and one where there was none.
        &["UPDATE audit SET origin = '192.0.2.2' WHERE seq = 2"],
        &["UPDATE audit SET origin = NULL WHERE seq = 2"],
        &["UPDATE audit SET origin = '192.0.2.1' WHERE seq = 1"],
        &["UPDATE audit SET email = 'even' WHERE seq = 3"],
        &["UPDATE audit SET seq = 20 WHERE seq = 8"],
        // A record in the middle, and the newest one.
        &["DELETE FROM audit WHERE seq = 3"],
        &["DELETE FROM audit WHERE seq = 8"],
        // The newest records and the end of their chain: a checkpoint covers them.
        &["DELETE FROM audit WHERE chain = 'odd' AND link > 2", FIT_ODD],
        // A chain, without and with its end.
        &["DELETE FROM audit WHERE chain = 'odd'"],
        &["DELETE FROM audit WHERE chain = 'odd'", "DELETE FROM audit_chain WHERE chain = 'odd'"],
        &["DELETE FROM audit_chain WHERE chain = 'odd'"],
        // With its marks too: then the checkpoint does not match.
        &[
            "DELETE FROM audit WHERE chain = 'odd'",
            "DELETE FROM audit_chain WHERE chain = 'odd'",
            "DELETE FROM audit_mark WHERE chain = 'odd'",
            "DELETE FROM audit_marked WHERE chain = 'odd'",
        ],
        &["UPDATE audit_checkpoint SET at = at + 1"],
        &["DELETE FROM audit_checkpoint"],
        // A record outside every chain.
        &[
            "INSERT INTO audit SELECT 9, at, request_id, api_key, email, mode, operation, outcome, object, detail, hash, NULL, NULL, NULL \
           FROM audit WHERE seq = 8",
        ],
    ];
    for case in cases {
        let folder = tempfile::tempdir().unwrap();
        trail(folder.path()).await;
        for statement in *case {
            raw(folder.path(), statement).await;
        }
        let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
        let verdict = store.verify_audit().await.unwrap();
        assert!(matches!(&verdict, AuditVerdict::Broken { reason, .. } if !reason.is_empty()), "{case:?}: {verdict:?}");
    }
}

/// The limits of detection: the database alone does not reveal the removal of records that no checkpoint covers,
/// together with the end of their chain. If the checkpoints are removed too, only heads saved elsewhere reveal it.
#[tokio::test]
async fn what_the_window_is() {
    let folder = tempfile::tempdir().unwrap();
    trail(folder.path()).await;
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    let known = match store.verify_audit().await.unwrap() {
        AuditVerdict::Intact { records: 8, chains: 2, checkpoint: Some(one), after_checkpoint: 2 } => {
            vec![KnownHead::Checkpoint { number: one.number, hash: one.hash }]
        }
        other => panic!("{other:?}"),
    };
    store.close().await;
    drop(store);
    raw(folder.path(), "DELETE FROM audit WHERE seq = 7").await;
    raw(folder.path(), FIT_ODD).await;
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    let verdict = store.verify_audit_against(known.clone()).await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Intact { records: 7, .. }), "{verdict:?}");
    store.close().await;
    drop(store);
    for statement in [
        "DELETE FROM audit",
        "DELETE FROM audit_chain",
        "DELETE FROM audit_mark",
        "DELETE FROM audit_marked",
        "DELETE FROM audit_checkpoint",
    ] {
        raw(folder.path(), statement).await;
    }
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    assert!(matches!(store.verify_audit().await.unwrap(), AuditVerdict::Intact { records: 0, .. }));
    let verdict = store.verify_audit_against(known).await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Broken { .. }), "{verdict:?}");
}

const SCHEMA_1: &str = include_str!("../../src/ws_channel/migrations/0001_initial.sql");

/// Statements that create a database of version 1 with three records in its single chain, and the hash of the last one.
fn version_1(words: [&str; 5], bytes: impl Fn(&[u8]) -> String) -> (Vec<String>, Digest) {
    let names = ["{int}", "{text}", "{blob}", "{strict}", "{keyed}"];
    let fill =
        |script: &str| names.iter().zip(words).fold(script.to_owned(), |all, (name, word)| all.replace(name, word));
    let mut statements = vec![
        fill(SCHEMA_1),
        fill("CREATE TABLE schema_version (version {int} PRIMARY KEY, name {text} NOT NULL){strict}"),
        "INSERT INTO schema_version VALUES (1, 'initial')".to_owned(),
    ];
    let mut head = [0; 32];
    for seq in 1..=3_i64 {
        // As version 1 did: the hash before, number, time, and each field with its length.
        let mut covered = [&head[..], &seq.to_be_bytes(), &NOW.to_be_bytes()].concat();
        for field in ["r", "k", "old@example.test", "data", "x", "done", "o", ""] {
            covered.extend((field.len() as u64).to_be_bytes());
            covered.extend(field.as_bytes());
        }
        head.copy_from_slice(digest(&SHA256, &covered).as_ref());
        let hash = bytes(&head);
        statements.push(format!(
            "INSERT INTO audit VALUES ({seq}, {NOW}, 'r', 'k', 'old@example.test', 'data', 'x', 'done', 'o', '', {hash})"
        ));
    }
    statements.push(format!("INSERT INTO audit_head VALUES (1, 3, {})", bytes(&head)));
    (statements, head)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An older trail stays as it was: one chain, checked as before, covered by the first checkpoint; new records follow.
async fn is_carried_on(store: &WsChannelStore, old_head: Digest) {
    let sealed = |records, hash| vec![KnownHead::Sealed { records, hash }];
    match store.verify_audit_against(sealed(3, old_head)).await.unwrap() {
        AuditVerdict::Intact { records: 3, chains: 0, checkpoint: None, after_checkpoint: 0 } => {}
        other => panic!("{other:?}"),
    }
    let verdict = store.verify_audit_against(sealed(2, old_head)).await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Broken { seq: 2, .. }), "{verdict:?}");
    let verdict = store.verify_audit_against(sealed(4, old_head)).await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Broken { .. }), "{verdict:?}");
    assert_eq!(store.checkpoint_audit(NOW, 0).await.unwrap().unwrap().number, 1, "covers the older trail");
    store.append_audit(entry("old@example.test", "new")).await.unwrap();
    let records = store.read_audit(AuditFilter::default()).await.unwrap();
    assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    match store.verify_audit().await.unwrap() {
        AuditVerdict::Intact { records: 4, chains: 1, after_checkpoint: 1, .. } => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_older_trail_is_carried_on_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["INTEGER", "TEXT", "BLOB", " STRICT", " STRICT, WITHOUT ROWID"];
    let (statements, head) = version_1(words, |bytes| format!("x'{}'", hex(bytes)));
    let file = folder.path().join("service.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    for statement in statements {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    is_carried_on(&store, head).await;
    store.close().await;
    drop(store);
    raw(folder.path(), "UPDATE audit SET object = 'other' WHERE seq = 2").await;
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    assert!(matches!(store.verify_audit().await.unwrap(), AuditVerdict::Broken { seq: 2, .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_trail_is_carried_on_in_postgres() {
    let words = ["BIGINT", "TEXT COLLATE \"C\"", "BYTEA", "", ""];
    let (statements, head) = version_1(words, |bytes| format!("'\\x{}'", hex(bytes)));
    let prepare = statements.join(";");
    crate::on_prepared_postgres(&prepare, |store: WsChannelStore| async move { is_carried_on(&store, head).await })
        .await;
}
