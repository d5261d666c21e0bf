//! Writing to a file behind the store's back: what somebody with the file and an SQL prompt can do. Compiled for tests only,
//! under the feature `tamper`, and never reachable from a server.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::rows::failed;
use crate::error::StoreError;

/// What tampering found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tampered {
    /// The rows that the last statement yields, each cell as text and nothing as `None`.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many rows all statements together changed.
    pub changed: u64,
}

/// Drops every trigger and every index that the tables do not come with, so that nothing stands in the way, then carries the
/// statements out one after the other.
pub fn tamper(path: &Path, statements: &[&str]) -> Result<Tampered, StoreError> {
    let doing = "tampering";
    let connection = Connection::open(path).map_err(failed(doing))?;
    let named = "select 'drop ' || type || ' ' || name from sqlite_schema where type in ('trigger', 'index') and sql is not null";
    for drop in rows(&connection, named)?.into_iter().filter_map(|mut row| row.pop()?) {
        connection.execute_batch(&drop).map_err(failed(doing))?;
    }
    let before = connection.total_changes();
    let mut last = Vec::new();
    for sql in statements {
        last = rows(&connection, sql)?;
    }
    Ok(Tampered {
        rows: last,
        changed: connection.total_changes() - before,
    })
}

fn rows(connection: &Connection, sql: &str) -> Result<Vec<Vec<Option<String>>>, StoreError> {
    let doing = "tampering";
    let mut statement = connection.prepare(sql).map_err(failed(doing))?;
    let columns = statement.column_count();
    let mut found = statement.query([]).map_err(failed(doing))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed(doing))? {
        let cell = |place| {
            Ok(match row.get_ref(place).map_err(failed(doing))? {
                ValueRef::Null => None,
                ValueRef::Integer(number) => Some(number.to_string()),
                ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                other => Some(format!("{other:?}")),
            })
        };
        rows.push((0..columns).map(cell).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(rows)
}
