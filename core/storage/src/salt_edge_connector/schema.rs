//! The schema: its migrations. No state is kept between transactions, because other processes write too.

use crate::engine::{self, SchemaMigration};

pub(super) type ConnectorTx = engine::StorageTx<ConnectorSchema>;
pub(super) type ConnectorVerb<A, T> = engine::StorageVerb<ConnectorSchema, A, T>;

/// The version that records which programs may use the tables.
const FLOOR_BEGINS: i64 = 4;

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
        // From here on, a step leaves the tables usable for the former version, unless it says what they need now.
        SchemaMigration::new(FLOOR_BEGINS, "schema floor", "").works_with(FLOOR_BEGINS),
    ];

    type State = ();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::additive::expect_additive_since;

    #[test]
    fn a_later_step_leaves_the_tables_usable_for_the_former_version() {
        expect_additive_since::<ConnectorSchema>(FLOOR_BEGINS);
    }
}
