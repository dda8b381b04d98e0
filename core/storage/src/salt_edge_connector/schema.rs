//! The schema: its migrations. No state is kept between transactions, because other processes write too.

use crate::engine::{self, SchemaMigration};

pub(super) type ConnectorTx = engine::StorageTx<ConnectorSchema>;
pub(super) type ConnectorVerb<A, T> = engine::StorageVerb<ConnectorSchema, A, T>;

/// The data of a connector.
#[derive(Default)]
pub(super) struct ConnectorSchema;

impl engine::StorageSchema for ConnectorSchema {
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
