//! The schema: its migrations. No state is kept between transactions, because other processes write too.

use crate::engine::{self, Migration};

pub(super) type Tx = engine::Tx<SaltEdgeConnector>;
pub(super) type Verb<A, T> = engine::Verb<SaltEdgeConnector, A, T>;

/// The data of a connector.
#[derive(Default)]
pub(super) struct SaltEdgeConnector;

impl engine::Schema for SaltEdgeConnector {
    const DATABASE_FILE: &'static str = "connector.sqlite";

    const MIGRATIONS: &'static [Migration<Self>] = &[
        Migration::new(1, "salt edge connector", include_str!("migrations/0001_initial.sql")),
        Migration::new(2, "ended sessions", include_str!("migrations/0002_ended_sessions.sql")),
        Migration::new(
            3,
            "ranks, and used JWTs of third parties",
            include_str!("migrations/0003_ranks_and_client_jwts.sql"),
        ),
    ];

    type State = ();
}
