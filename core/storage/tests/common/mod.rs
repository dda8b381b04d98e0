//! Shared by both suites: runs each case once per database. With PostgreSQL each case gets its own schema, when
//! `BANKCHANNEL_TEST_POSTGRES` contains a URL (see `tests/postgres.sh`).

use sqlx::Connection as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

const POSTGRES_VARIABLE: &str = "BANKCHANNEL_TEST_POSTGRES";

/// Makes one test per database from each case, with `on_sqlite` and `on_postgres` of the suite.
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

/// Runs `case` with the address of a schema in which `prepare` was run.
pub(crate) async fn with_postgres(prepare: &str, case: impl AsyncFnOnce(String)) {
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
    case(format!("{url}{separator}options[search_path]={schema}")).await;
    run(&mut admin, format!("DROP SCHEMA {schema} CASCADE")).await;
}

async fn run(connection: &mut sqlx::PgConnection, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// Runs `check` with a read-only folder. A user who may write everywhere (root) runs the test of this name again as
/// `nobody`.
#[cfg(unix)]
pub(crate) async fn with_read_only_folder(test: &str, check: impl AsyncFnOnce(&Path)) {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65534;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(data.join("probe"), "").is_err() {
        return check(&data).await;
    }
    let copy = folder.path().join("test");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    let done = std::process::Command::new(&copy).args(["--exact", test]).current_dir("/").uid(NOBODY).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

/// Starts `count` tasks at once and returns the result of each.
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
