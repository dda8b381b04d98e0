//! Checks the steps of a schema: versions, placeholders, and that a step leaves the tables usable for the former version.

use super::migrations::in_dialect;
use super::{SchemaMigration, SqlDialect, StorageSchema};

/// Checks the steps of a schema whose rule begins with this version: every later step is additive, or says which version
/// its tables need.
pub(crate) fn expect_additive_since<S: StorageSchema>(begin: i64) {
    let mut former: Option<&SchemaMigration<S>> = None;
    let mut floor = 0;
    for step in S::MIGRATIONS {
        assert!(former.is_none_or(|former| former.version < step.version), "{}: versions ascend", step.name);
        former = Some(step);
        for dialect in [SqlDialect::Sqlite, SqlDialect::Postgres] {
            assert!(!in_dialect(step.script, dialect).contains('{'), "{}", step.name);
        }
        match step.works_with {
            Some(needed) => {
                assert!(
                    floor < needed && needed <= step.version,
                    "{}: works_with is a version up to its own",
                    step.name
                );
                floor = needed;
            }
            None if step.version > begin => {
                assert!(step.then.is_none(), "{}: code of a step cannot be checked: it needs works_with", step.name);
                assert_eq!(not_additive(step.script), None, "{}", step.name);
            }
            None => {}
        }
    }
    assert!(S::MIGRATIONS.iter().any(|step| step.version == begin && step.works_with == Some(begin)));
}

/// The first statement of a script that takes something away from programs which do not know it.
fn not_additive(script: &str) -> Option<String> {
    let lines = script.lines().map(|line| line.split("--").next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join(" ").to_ascii_uppercase();
    let statements: Vec<String> = text
        .split(';')
        .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|statement| !statement.is_empty())
        .collect();
    let made: Vec<&str> = statements.iter().filter_map(|statement| made_table(statement)).collect();
    statements.iter().find(|statement| !is_additive(statement, &made)).cloned()
}

/// The name of the table that a statement makes.
fn made_table(statement: &str) -> Option<&str> {
    statement.strip_prefix("CREATE TABLE ")?.split([' ', '(']).next()
}

fn is_additive(statement: &str, made: &[&str]) -> bool {
    // What a former program deletes may be named by a row that it does not know.
    let references = statement.split("REFERENCES").skip(1);
    let mut holding = references.filter(|rest| {
        let own = rest.split(',').next().unwrap_or_default();
        !own.contains("ON DELETE CASCADE") && !own.contains("ON DELETE SET NULL")
    });
    if holding.next().is_some() {
        return false;
    }
    if made_table(statement).is_some() || statement.starts_with("CREATE INDEX ") {
        return true;
    }
    // Of an older table it would refuse what a former program writes.
    if let Some(index) = statement.strip_prefix("CREATE UNIQUE INDEX ") {
        let table = index.split(" ON ").nth(1).and_then(|rest| rest.split([' ', '(']).next());
        return table.is_some_and(|table| made.contains(&table));
    }
    let added = statement.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD COLUMN "));
    added.is_some_and(|(table, column)| {
        let refuses = ["UNIQUE", "PRIMARY KEY", "CHECK"].iter().any(|word| column.contains(word));
        let is_filled = !column.contains("NOT NULL") || column.contains("DEFAULT");
        !table.contains(' ') && !column.contains(" ADD COLUMN ") && is_filled && !refuses
    })
}

#[test]
fn what_takes_something_away_is_found() {
    for good in [
        "",
        "-- DROP nothing;\nCREATE TABLE a (id {int} PRIMARY KEY, b {text} NOT NULL){strict}; CREATE UNIQUE INDEX a_b ON a (b);",
        "CREATE TABLE a (b {text} NOT NULL REFERENCES account (email) ON DELETE CASCADE){strict}",
        "create index a_c on old (c) where c is not null; ALTER TABLE old ADD COLUMN c {int}",
        "ALTER TABLE old ADD COLUMN c {int} NOT NULL DEFAULT 0;",
    ] {
        assert_eq!(not_additive(good), None, "{good}");
    }
    for bad in [
        "DROP TABLE old",
        "ALTER TABLE old ADD COLUMN c {int}; ALTER TABLE old DROP COLUMN d",
        "ALTER TABLE old RENAME TO older",
        "ALTER TABLE old ADD COLUMN c {int} NOT NULL",
        "ALTER TABLE old ADD COLUMN c {int} UNIQUE",
        "ALTER TABLE old ADD COLUMN c {int} CHECK (c > 0)",
        "CREATE UNIQUE INDEX old_c ON old (c)",
        "CREATE TABLE a (b {text} NOT NULL REFERENCES account (email)){strict}",
        "CREATE TABLE a (b {text} REFERENCES account (email), c {int} REFERENCES x (y) ON DELETE CASCADE){strict}",
        "UPDATE old SET c = 1",
        "CREATE TRIGGER t AFTER INSERT ON old BEGIN SELECT 1; END",
    ] {
        assert!(not_additive(bad).is_some(), "{bad}");
    }
}
