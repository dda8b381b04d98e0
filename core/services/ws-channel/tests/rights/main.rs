//! A session's rights are checked up to the commit: every writing operation × every event that ends a right, while the
//! body arrives and between body and commit; the time limit of a body; races with deletions. On SQLite, and on
//! PostgreSQL if `BANKCHANNEL_TEST_POSTGRES` names a server.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // tests report the cases that they skip

mod bodies;
mod cases;
mod deletion;
mod ends;
mod matrix;
mod paused;
#[allow(dead_code)]
#[path = "../../../../../tests/support/postgres.rs"]
mod postgres;
mod raw;
mod rows;
#[allow(dead_code)]
#[path = "../sepa_banks/sandbox.rs"]
mod sandbox;
#[allow(dead_code)]
#[path = "../banking/served.rs"]
mod served;

/// Turns each `async fn case(shared: Option<Shared>)` into one test per database.
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
