//! Statements on one connection: values in, rows out.

use crate::engine::{ColumnValue, ResultRow};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgDatabaseError, PgRow, PgSeverity, PgTypeInfo};
use sqlx::{Arguments as _, PgConnection, Postgres, Row as _, TypeInfo as _, ValueRef as _};

pub(in crate::engine) async fn execute(
    connection: &mut PgConnection,
    sql: &'static str,
    args: &[ColumnValue],
) -> sqlx::Result<u64> {
    let done = sqlx::query_with(sql, bind(args)?).execute(connection).await?;
    Ok(done.rows_affected())
}

pub(in crate::engine) async fn query(
    connection: &mut PgConnection,
    sql: &'static str,
    args: &[ColumnValue],
) -> sqlx::Result<Vec<ResultRow>> {
    let rows = sqlx::query_with(sql, bind(args)?).fetch_all(connection).await?;
    rows.iter().map(read_row).collect()
}

/// Whether the server ends the connection: it shuts down, or an idle limit was exceeded.
pub(in crate::engine) fn ends_connection(fault: &dyn sqlx::error::DatabaseError) -> bool {
    let fault = fault.try_downcast_ref::<PgDatabaseError>();
    fault.is_some_and(|fault| matches!(fault.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

fn bind(args: &[ColumnValue]) -> sqlx::Result<PgArguments> {
    let mut bound = PgArguments::default();
    for value in args {
        match value {
            ColumnValue::Null => bound.add(UntypedNull),
            ColumnValue::Int(value) => bound.add(*value),
            ColumnValue::Text(value) => bound.add(value.as_str()),
            ColumnValue::Blob(value) => bound.add(value.as_slice()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

fn read_row(row: &PgRow) -> sqlx::Result<ResultRow> {
    let mut columns = Vec::with_capacity(row.len());
    for index in 0..row.len() {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            columns.push(ColumnValue::Null);
            continue;
        }
        let name = raw.type_info().name().to_owned();
        columns.push(match name.as_str() {
            "INT8" => ColumnValue::Int(row.try_get(index)?),
            "INT4" => ColumnValue::Int(i64::from(row.try_get::<i32, _>(index)?)),
            "BOOL" => ColumnValue::from(row.try_get::<bool, _>(index)?),
            "BYTEA" => ColumnValue::Blob(row.try_get(index)?),
            _ => ColumnValue::Text(row.try_get(index)?),
        });
    }
    Ok(ResultRow::new(columns))
}

/// A null whose type the server infers from its context: type OID 0 in the Parse message.
struct UntypedNull;

impl sqlx::Type<Postgres> for UntypedNull {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for UntypedNull {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> std::result::Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}
