//! One suite for both databases. SQLite runs in a folder of its own per case; PostgreSQL in a schema of its own,
//! when `BANKCHANNEL_TEST_POSTGRES` holds a URL (see `tests/postgres.sh`). All values are invented here.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // tests report what they could not run

mod accounts;
mod audit;
mod audit_tampering;
mod certificates;
mod durability;
mod faults;
mod files;
mod login;
mod rights;
mod samples;
mod tenants;

use bankchannel_storage::Store;
use sqlx::Connection as _;
use std::sync::atomic::{AtomicU32, Ordering};

const POSTGRES_VARIABLE: &str = "BANKCHANNEL_TEST_POSTGRES";

/// Makes of each `async fn case(store: Store)` one test per database.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::on_sqlite(super::$case).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::on_postgres(super::$case).await;
            })+
        }
    };
}
pub(crate) use cases;

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_sqlite(folder.path()).await.unwrap();
    case(store.clone()).await;
    store.close().await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(Store) -> F) {
    on_prepared_postgres("", case).await;
}

/// In a schema in which `prepare` was run before the store sees it.
pub(crate) async fn on_prepared_postgres<F: Future<Output = ()>>(prepare: &str, case: impl FnOnce(Store) -> F) {
    static SCHEMAS: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var(POSTGRES_VARIABLE) else {
        assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "{POSTGRES_VARIABLE} is not set");
        println!("not run: {POSTGRES_VARIABLE} is not set");
        return;
    };
    let schema = format!("test_{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
    let mut admin = sqlx::PgConnection::connect(&url).await.unwrap();
    run(&mut admin, format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {prepare}")).await;
    let separator = if url.contains('?') { '&' } else { '?' };
    let store = Store::connect_postgres(&format!("{url}{separator}options[search_path]={schema}")).await.unwrap();
    case(store.clone()).await;
    store.close().await;
    run(&mut admin, format!("DROP SCHEMA {schema} CASCADE")).await;
}

async fn run(connection: &mut sqlx::PgConnection, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// Starts `count` tasks at once and answers what each said.
pub(crate) async fn race<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|index| tokio::spawn(task(index))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}
