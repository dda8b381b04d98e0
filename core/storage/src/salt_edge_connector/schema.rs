//! The schema: its migrations. No state is kept between transactions, because other processes write too.

use crate::engine::{self, SchemaMigration};

pub(super) type Tx = engine::Tx<SaltEdgeConnector>;
pub(super) type Verb<A, T> = engine::StorageVerb<SaltEdgeConnector, A, T>;

/// The data of a connector.
#[derive(Default)]
pub(super) struct SaltEdgeConnector;

impl engine::StorageSchema for SaltEdgeConnector {
    const DATABASE_FILE: &'static str = "connector.sqlite";

    const MIGRATIONS: &'static [SchemaMigration<Self>] = &[
        SchemaMigration::new(1, "salt edge connector", include_str!("migrations/0001_initial.sql")),
        SchemaMigration::new(2, "ended sessions", include_str!("migrations/0002_ended_sessions.sql")),
        SchemaMigration::new(
            3,
            "ranks, and used JWTs of third parties",
            include_str!("migrations/0003_ranks_and_client_jwts.sql"),
        ),
    ];

    type State = ();
}
