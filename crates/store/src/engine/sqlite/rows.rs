//! Rows: how cells go into statements and come out of them, and the statements of every live table, generated once.

use std::sync::OnceLock;

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::record::Record;
use rusqlite::types::{Null, ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, Row, ToSql, params_from_iter};

use crate::engine::texts::{place_of, scan_for};
use crate::error::StoreError;
use crate::field::{Cell, Sink, key_text};
use crate::tables::{TABLES, Table, record_of};

/// Turns an engine's error into the store's.
pub(super) fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| StoreError::Engine {
        doing,
        message: error.to_string(),
    }
}

/// Carries out a statement without arguments or answer.
pub(super) fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Int(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

/// A statement that is held on to while it is carried out again and again.
pub(super) struct Held<'a> {
    sql: &'a str,
    statement: CachedStatement<'a>,
}

impl<'a> Held<'a> {
    /// The one held, if it has this text, else the one that has.
    pub(super) fn with<'h>(
        held: &'h mut Option<Held<'a>>,
        connection: &'a Connection,
        sql: &'a str,
    ) -> rusqlite::Result<&'h mut CachedStatement<'a>> {
        let known = held.take().filter(|held| held.sql == sql);
        let known = match known {
            Some(known) => known,
            None => Held {
                sql,
                statement: connection.prepare_cached(sql)?,
            },
        };
        Ok(&mut held.insert(known).statement)
    }
}

/// Takes cells as the arguments of a statement.
pub(super) struct Binding<'s, 'a> {
    statement: &'s mut CachedStatement<'a>,
    bound: usize,
    outcome: rusqlite::Result<()>,
}

impl<'s, 'a> Binding<'s, 'a> {
    pub(super) fn of(statement: &'s mut CachedStatement<'a>) -> Binding<'s, 'a> {
        Binding {
            statement,
            bound: 0,
            outcome: Ok(()),
        }
    }

    fn bind(&mut self, argument: impl ToSql) {
        self.bound += 1;
        if self.outcome.is_ok() {
            self.outcome = self.statement.raw_bind_parameter(self.bound, argument);
        }
    }

    /// Carries the statement out; how many rows it touched.
    pub(super) fn execute(self) -> rusqlite::Result<usize> {
        self.outcome?;
        let wanted = self.statement.parameter_count();
        if self.bound != wanted {
            return Err(rusqlite::Error::InvalidParameterCount(self.bound, wanted));
        }
        self.statement.raw_execute()
    }
}

impl Sink for Binding<'_, '_> {
    fn null(&mut self) {
        self.bind(Null);
    }
    fn int(&mut self, number: i64) {
        self.bind(number);
    }
    fn text(&mut self, text: &str) {
        self.bind(text);
    }
}

/// The cells of a row. A value of a kind that no cell has makes the row a corrupt one.
pub(super) fn cells(table: &'static Table, row: &Row<'_>) -> Result<Vec<Cell>, StoreError> {
    let mut cells = Vec::with_capacity(table.columns.len());
    for (place, column) in table.columns.iter().enumerate() {
        let wrong = |found: String, cells: &[Cell]| StoreError::CorruptRow {
            table: table.name,
            column,
            row: key_text(&cells[..table.keys.min(cells.len())]),
            found,
        };
        let value = row.get_ref(place).map_err(failed("reading a row"))?;
        cells.push(match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Cell::Text(text.to_owned()),
                Err(_) => return Err(wrong(format!("{bytes:?}"), &cells)),
            },
            ValueRef::Real(_) | ValueRef::Blob(_) => return Err(wrong(format!("{value:?}"), &cells)),
        });
    }
    Ok(cells)
}

/// The rows that a statement finds; its columns are those of the table, in order.
pub(super) fn rows<'a>(
    connection: &Connection,
    table: &'static Table,
    sql: &str,
    arguments: impl IntoIterator<Item = &'a Cell>,
) -> Result<Vec<Result<Vec<Cell>, StoreError>>, StoreError> {
    let doing = "reading rows";
    let mut statement = connection.prepare_cached(sql).map_err(failed(doing))?;
    let mut found = statement.query(params_from_iter(arguments)).map_err(failed(doing))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed(doing))? {
        rows.push(cells(table, row));
    }
    Ok(rows)
}

/// The whole numbers in the only column of what a statement finds.
pub(super) fn numbers<'a>(
    connection: &Connection,
    sql: &str,
    arguments: impl IntoIterator<Item = &'a Cell>,
) -> Result<Vec<i64>, StoreError> {
    let doing = "reading numbers";
    let mut statement = connection.prepare_cached(sql).map_err(failed(doing))?;
    let found = statement
        .query_map(params_from_iter(arguments), |row| row.get(0))
        .map_err(failed(doing))?;
    found.collect::<Result<_, _>>().map_err(failed(doing))
}

/// The statements of one live table. The book is the first argument of each.
#[derive(Debug)]
pub(super) struct Statements {
    /// The table.
    pub(super) table: &'static Table,
    /// Reads every row in order of key.
    pub(super) scan: String,
    /// Writes a new row; its arguments are the cells.
    pub(super) insert: String,
    /// Writes the row of a key anew; its arguments are the cells.
    pub(super) update: String,
    /// Removes the row of a key.
    pub(super) delete: String,
}

/// The statements of a live table.
pub(super) fn statements(table: &'static Table) -> Result<&'static Statements, StoreError> {
    static ALL: OnceLock<Vec<Statements>> = OnceLock::new();
    let all = ALL.get_or_init(|| TABLES.iter().map(generate).collect());
    let missing = || StoreError::Engine {
        doing: "finding statements",
        message: format!("no table {}", table.name),
    };
    all.iter()
        .find(|statements| statements.table.name == table.name)
        .ok_or_else(missing)
}

/// Where a row lies, in the tables whose rows lie by a rowid of their own: its book and its key in one number, as an expression over
/// what the statement calls these. A row is found there without an index between, and those of one kind lie one after the other; so
/// a page of documents that were made far apart reads few pages of the file.
///
/// There is room for eight million books in a file, and in each for a million million invoices and 68 thousand million texts of each
/// of sixteen kinds, whose places in the list of kinds are part of the file's format. Beyond that a row would meet another one and be
/// refused: whoever looks for a row asks for its key as well.
pub(super) fn rowid(table: &Table, book: &str, key: &[&str]) -> Option<String> {
    match (table.name, key) {
        ("invoice", [key, ..]) => Some(format!("({book} << 40 | {key})")),
        ("content", [kind, number, ..]) => Some(format!("(({book} << 4 | {}) << 36 | {number})", place_of(kind))),
        _ => None,
    }
}

const _: () = assert!(
    DocumentKind::ALL.len() <= 16,
    "a place in the list of kinds has four bits"
);

fn generate(table: &'static Table) -> Statements {
    let Table {
        name, columns, keys, ..
    } = table;
    let (key, others) = columns.split_at(*keys);
    let equal = |columns: &[&str], first: usize| {
        let pairs = columns
            .iter()
            .enumerate()
            .map(|(i, column)| format!("{column} = ?{}", first + i));
        pairs.collect::<Vec<_>>()
    };
    let (mut listed, mut places): (Vec<&str>, Vec<String>) = (vec!["book"], vec!["?1".to_owned()]);
    let (mut scanned, mut of_key): (Vec<String>, Vec<String>) = (Vec::new(), vec!["book = ?1".to_owned()]);
    of_key.extend(equal(key, 2));
    listed.extend(*columns);
    places.extend((2..=columns.len() + 1).map(|place| format!("?{place}")));
    scanned.extend(columns.iter().map(|column| (*column).to_owned()));
    if let (Some(asked), Some(found)) = (rowid(table, "?1", &["?2", "?3"]), rowid(table, "book", key)) {
        // Nobody who has its key finds a row that lies elsewhere than the key says, so that is no key.
        if let (Some(number), Some(last)) = (scanned.get_mut(keys - 1), key.last()) {
            *number = format!("iif(rowid <> {found}, {last} || ' at ' || rowid, {last})");
        }
        of_key.push(format!("rowid = {asked}"));
        listed.push("rowid");
        places.push(asked);
    }
    let (listed, places, of_key) = (listed.join(", "), places.join(", "), of_key.join(" and "));
    Statements {
        table,
        scan: scan_for(&scanned.join(", "), table),
        insert: format!("insert into {name} ({listed}) values ({places})"),
        update: format!(
            "update {name} set {} where {of_key}",
            equal(others, keys + 2).join(", ")
        ),
        delete: format!("delete from {name} where {of_key}"),
    }
}

/// The record that the cells of a row spell.
pub(super) fn record(table: &'static Table, cells: &[Cell]) -> Result<Record, StoreError> {
    let unknown = || StoreError::Engine {
        doing: "reading rows",
        message: format!("no table {}", table.name),
    };
    record_of(table.name, cells)?.ok_or_else(unknown)
}
