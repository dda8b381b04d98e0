//! Reads all tables of the database.

use std::{collections::BTreeSet, path::Path};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

use crate::{postgres::Shared, served::Served};

/// A connection separate from the service's own.
pub(crate) enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    pub(crate) async fn of(served: &Served, shared: Option<&Shared>) -> Self {
        match shared {
            Some(shared) => Self::Postgres(PgConnection::connect(&shared.url).await.unwrap()),
            None => {
                let file = served.folder.path().join("data").join("service.sqlite");
                assert!(Path::new(&file).is_file());
                Self::Sqlite(SqliteConnectOptions::new().filename(file).connect().await.unwrap())
            }
        }
    }

    pub(crate) async fn run(&mut self, sql: String) {
        match self {
            Self::Sqlite(c) => drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(c).await.unwrap()),
            Self::Postgres(c) => drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(c).await.unwrap()),
        }
    }

    async fn texts(&mut self, sql: String) -> Vec<String> {
        match self {
            Self::Sqlite(c) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(c).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }
            Self::Postgres(c) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(c).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }
        }
    }

    /// All tables, from the database's catalogue: new ones are included.
    pub(crate) async fn tables(&mut self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            Self::Postgres(_) => {
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()"
            }
        };
        let tables = self.texts(sql.to_owned()).await;
        assert!(tables.len() > 15, "{tables:?}");
        tables
    }

    /// All rows that contain this text, as `table: row`. Without the audit trail: it keeps records of deleted accounts.
    pub(crate) async fn rows_with(&mut self, text: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for table in self.tables().await.into_iter().filter(|table| !table.starts_with("audit")) {
            let sql = match self {
                Self::Sqlite(_) => {
                    let columns =
                        self.texts(format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')")).await;
                    format!("SELECT {} FROM {table}", columns.join(" || '|' || "))
                }
                Self::Postgres(_) => format!("SELECT row_to_json(t)::text FROM {table} t"),
            };
            let rows = self.texts(sql).await;
            found.extend(rows.into_iter().filter(|row| row.contains(text)).map(|row| format!("{table}: {row}")));
        }
        found
    }
}
