//! Statements that both engines are told in the same words, put together from the columns of the tables.
//!
//! Arguments are numbered `?1`, `?2`, as SQLite has them, and the book is the first of each; PostgreSQL's `$1`, `$2` follow from
//! that by [`dollars`]. No text of a value ever stands in a statement, so that a question mark is always an argument.

use quittance_accounting::identity::{BookKey, DocumentKind};

use crate::beside::EVENT;
use crate::field::{Cell, Field};
use crate::listing::ResourceQuery;
use crate::tables::Table;

/// `select <the table's columns> from <its name>`, then the rest, put together once per call site.
macro_rules! select {
    ($table:expr, $rest:literal) => {{
        static SQL: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        SQL.get_or_init(|| format!("select {} from {} {}", $table.columns.join(", "), $table.name, $rest))
            .as_str()
    }};
}
pub(super) use select;

/// The slot of the newest book.
pub(super) const LAST_BOOK: &str = "select book from directory order by book desc limit 1";

/// Changes of the directory; each touches one line.
pub(super) const OPEN_BOOK: &str = "insert into directory (book, id) values (?1, ?2) on conflict (book) do nothing";
pub(super) const PUT_LINE: &str =
    "insert into directory (book, id, first) values (?1, ?2, ?3) on conflict (book) do nothing";
pub(super) const REMOVE_LINE: &str =
    "delete from directory where book = ?1 and id is not distinct from ?2 and first is not distinct from ?3";
pub(super) const LIST_BOOK: &str = "update directory set first = null where book = ?1 and id = ?2 and first = ?3";

/// A statement in PostgreSQL's spelling.
pub(super) fn dollars(sql: &str) -> String {
    sql.replace('?', "$")
}

/// Reads every row of a live table in order of key.
pub(super) fn scan(table: &Table) -> String {
    scan_for(&table.columns.join(", "), table)
}

/// Reads the same in other words for the columns.
pub(super) fn scan_for(columns: &str, table: &Table) -> String {
    let order = match table.key() {
        [] => "book".to_owned(),
        // As the keys compare in memory: a kind compares by its place in the list of kinds, not by its word.
        ["kind", "number"] => format!("{}, number", place_of("kind")),
        key => key.join(", "),
    };
    format!("select {columns} from {} where book = ?1 order by {order}", table.name)
}

/// The place of a kind in the list of kinds, as an expression over what the statement calls the kind.
pub(super) fn place_of(kind: &str) -> String {
    let places = DocumentKind::ALL
        .iter()
        .enumerate()
        .map(|(place, (_, word))| format!("when '{word}' then {place}"));
    format!("case {kind} {} end", places.collect::<Vec<_>>().join(" "))
}

/// Reads which texts are due to go. Fates compare as texts: erased, kept, leaving, retained until a day, retained until a later
/// day.
pub(super) fn texts_to_go() -> String {
    format!(
        "select kind, number from tombstone where book = ?1 and fate >= 'leaving' and fate < ?2 order by {}, number limit ?3",
        place_of("kind")
    )
}

/// Reads a page of the numbers of documents in order of creation; none where they have no table.
pub(super) fn documents(kind: DocumentKind) -> Option<&'static str> {
    Some(match kind {
        DocumentKind::Book | DocumentKind::Line | DocumentKind::Request => return None,
        DocumentKind::CreditNote => "select key from credit_note where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::Account => "select key from account where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::Customer => "select key from customer where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::Product => "select key from product where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::Invoice => "select key from invoice where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::Payment => {
            "select key from payment where book = ?1 and witness <> 'credit' order by key limit ?2 offset ?3"
        }
        DocumentKind::Refund => "select key from refund where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::WriteOff => "select key from write_off where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::Resource => "select key from resource where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::ManualEntry => "select key from manual_entry where book = ?1 order by key limit ?2 offset ?3",
        DocumentKind::Token => "select key from token where book = ?1 order by key limit ?2 offset ?3",
    })
}

/// Reads a page of the numbers of resources.
pub(super) fn resources(book: BookKey, query: &ResourceQuery) -> (&'static str, Vec<Cell>) {
    let mut arguments = vec![
        Cell::Int(book.0),
        query.kind.cell(),
        Cell::Int(query.after.unwrap_or(if query.descending { i64::MAX } else { 0 })),
        Cell::Int(query.limit.max(0)),
    ];
    arguments.extend(query.belongs_to.as_ref().map(Field::cell));
    let sql = match (query.belongs_to.is_some(), query.descending) {
        (false, false) => "select key from resource where book = ?1 and kind = ?2 and key > ?3 order by key limit ?4",
        (false, true) => {
            "select key from resource where book = ?1 and kind = ?2 and key < ?3 order by key desc limit ?4"
        }
        (true, false) => {
            "select key from resource where book = ?1 and kind = ?2 and belongs_to = ?5 and key > ?3 \
                 order by key limit ?4"
        }
        (true, true) => {
            "select key from resource where book = ?1 and kind = ?2 and belongs_to = ?5 and key < ?3 \
                 order by key desc limit ?4"
        }
    };
    (sql, arguments)
}

/// Reads the newest events of a kind, newest first.
pub(super) fn newest_events(book: BookKey, kind: Option<&str>, limit: i64) -> (&'static str, Vec<Cell>) {
    let mut arguments = vec![Cell::Int(book.0), Cell::Int(limit.max(0))];
    let sql = match kind {
        None => select!(EVENT, "where book = ?1 order by seq desc limit ?2"),
        // Named in the statement itself, as the index of the deletions is.
        Some("invoice.deleted") => select!(
            EVENT,
            "where book = ?1 and kind = 'invoice.deleted' order by seq desc limit ?2"
        ),
        Some(kind) => {
            arguments.push(Cell::Text(kind.to_owned()));
            select!(EVENT, "where book = ?1 and kind = ?3 order by seq desc limit ?2")
        }
    };
    (sql, arguments)
}
