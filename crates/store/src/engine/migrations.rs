//! The versions of the tables, one list for both engines.
//!
//! A version is a text that both engines are told, and what only one of them is told beside it. The common text is written in
//! SQLite's words; PostgreSQL's follow from it line by line: `integer` is `bigint`, texts are compared byte by byte as SQLite
//! does, and no table says how its rows lie, so that `without rowid` is left out, and so is a rowid of the table's own: what such a
//! table says is `unique` is its primary key there, and no other table says so in a line of its own.

use crate::error::StoreError;

/// What leads from one version of the tables to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Migration {
    common: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// The n-th leads from version n to version n + 1.
pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    common: include_str!("../migrations/0001_book.sql"),
    sqlite: include_str!("../migrations/0001_book.sqlite.sql"),
    postgres: include_str!("../migrations/0001_book.postgres.sql"),
}];

/// How many versions were given up before the first release: tables that carry one of them are refused and left as they are.
pub(super) const GIVEN_UP: i64 = 6;

/// The version of this program's tables.
pub(super) const CURRENT: i64 = MIGRATIONS.len() as i64 + GIVEN_UP;

/// A version as a place in the list of migrations, if this program knows it; 0 is that of no tables.
pub(super) fn known(found: i64) -> Result<usize, StoreError> {
    let counted = match found {
        0 => Some(0),
        _ => found.checked_sub(GIVEN_UP).filter(|place| *place > 0),
    };
    let place = counted.and_then(|place| usize::try_from(place).ok());
    place
        .filter(|place| *place <= MIGRATIONS.len())
        .ok_or(StoreError::WrongVersion { found, known: CURRENT })
}

impl Migration {
    /// The statements for SQLite.
    pub(super) fn for_sqlite(&self) -> String {
        format!("{}\n{}", self.common, self.sqlite)
    }

    /// The statements for PostgreSQL.
    pub(super) fn for_postgres(&self) -> String {
        let lines = self.common.lines().filter(|line| *line != OWN_ROWID);
        let lines: Vec<String> = lines.map(translated).collect();
        format!("{}\n{}", lines.join("\n"), self.postgres)
    }
}

/// The line that gives a table a rowid of its own. SQLite keeps it when it packs a file, which it does not do with those it makes up.
const OWN_ROWID: &str = "    rowid integer primary key,";

/// A line of SQLite's as PostgreSQL's: a line of four spaces, a column and its type is a column, unless it is a key.
fn translated(line: &str) -> String {
    let Some((column, kind)) = line.strip_prefix("    ").and_then(|column| column.split_once(' ')) else {
        return line.replace(") without rowid;", ");");
    };
    let of = |kind: &str| format!("    {column} {kind}");
    if let Some(rest) = kind.strip_prefix("integer") {
        of("bigint") + rest
    } else if let Some(rest) = kind.strip_prefix("text") {
        of("text collate \"C\"") + rest
    } else if column == "unique" {
        format!("    primary key {kind}")
    } else {
        line.to_owned()
    }
}
