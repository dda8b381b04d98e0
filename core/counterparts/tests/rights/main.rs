//! The rights of a session hold up to the commit: every writing operation × every way in which a right can end, while the
//! body arrives and between the body and the commit; the time of a body; deletions that race. On SQLite, and on PostgreSQL
//! where `BANKCHANNEL_TEST_POSTGRES` names a server.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // tests report what they could not run

mod bodies;
mod cases;
mod deletion;
mod ends;
mod matrix;
#[allow(dead_code)]
#[path = "../support/postgres.rs"]
mod postgres;
mod raw;
mod rows;
#[allow(dead_code)]
#[path = "../banking/served.rs"]
mod served;

/// Makes of each `async fn case(shared: Option<Shared>)` one test per database.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(None).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let Some(url) = crate::postgres::server() else { return };
                super::$case(Some(crate::postgres::Shared::make(&url, &url))).await;
            })+
        }
    };
}
pub(crate) use on_both;
