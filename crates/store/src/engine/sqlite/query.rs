//! What readers ask: the directory, heads, tokens, lists, kept figures, the log, and scans.

use std::sync::OnceLock;

use jiff::civil::Date;
use quittance_accounting::book::{Grant, Token};
use quittance_accounting::content::{Digest, Fate};
use quittance_accounting::identity::{BookKey, DocumentKind, DocumentRef, InvoiceKey, PaymentKey};
use quittance_accounting::kept::{BalanceKey, Tally, TallyKey, Turnover};
use quittance_accounting::record::Record;
use quittance_accounting::snapshot::{Snapshot, Want};
use rusqlite::Connection;

use super::SqliteReader;
use super::gather::{balances, gather};
use super::rows::{numbers, record, rows, statements};
use crate::beside::{BALANCE, BURIED, DIRECTORY, EVENT, HEAD, LINES, TALLY};
use crate::beside::{read_balance, read_buried, read_directory, read_event, read_head, read_line, read_tally};
use crate::engine::list::List;
use crate::engine::payments::PaymentList;
use crate::engine::said::Spelling;
use crate::engine::texts::{LAST_BOOK, documents, newest_events, resources, select, texts_to_go};
use crate::engine::{BookEntry, Line};
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::listing::{InvoicePage, InvoiceQuery, PaymentPage, PaymentQuery, ResourceQuery};
use crate::log::{Event, Head};
use crate::tables::{Stored, TABLES, Table, cells_of, spelled};

/// The rows that a statement finds, each read; the first that cannot be read fails.
fn read<'a, T>(
    connection: &Connection,
    table: &'static Table,
    sql: &str,
    arguments: impl IntoIterator<Item = &'a Cell>,
    read: impl Fn(&[Cell]) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows(connection, table, sql, arguments)?
        .into_iter()
        .map(|cells| read(&cells?))
        .collect()
}

pub(super) fn next_book(connection: &Connection) -> Result<BookKey, StoreError> {
    let last = numbers(connection, LAST_BOOK, [])?;
    Ok(BookKey(last.first().map_or(1, |last| last + 1)))
}

pub(super) fn head(connection: &Connection, book: BookKey) -> Result<Option<Head>, StoreError> {
    let sql = select!(HEAD, "where book = ?1");
    Ok(read(connection, &HEAD, sql, [&Cell::Int(book.0)], read_head)?.pop())
}

pub(super) fn token(connection: &Connection, book: BookKey, digest: Digest) -> Result<Option<Token>, StoreError> {
    let sql = select!(
        Token::TABLE,
        "where book = ?1 and digest = ?2 and exists (select 1 from head where book = ?1)"
    );
    let arguments = [&Cell::Int(book.0), &digest.cell()];
    Ok(read(connection, &Token::TABLE, sql, arguments, Token::from_cells)?.pop())
}

pub(super) fn event_hash(connection: &Connection, book: BookKey, seq: i64) -> Result<Option<Digest>, StoreError> {
    let sql = select!(EVENT, "where book = ?1 and seq = ?2");
    let arguments = [&Cell::Int(book.0), &Cell::Int(seq)];
    let found = read(connection, &EVENT, sql, arguments, |cells| read_event(book, cells))?.pop();
    Ok(found.map(|event| event.hash))
}

/// How many invoices a list has in all; `None` when there is no such book.
fn total(connection: &Connection, book: BookKey, list: &List) -> Result<Option<i64>, StoreError> {
    let (sql, arguments) = list.total();
    let total = numbers(connection, &sql, &arguments)?
        .first()
        .copied()
        .unwrap_or_default();
    Ok(if total == 0 && head(connection, book)?.is_none() {
        None
    } else {
        Some(total)
    })
}

impl SqliteReader<'_> {
    pub(in crate::engine) fn directory(&self) -> Result<Vec<BookEntry>, StoreError> {
        let sql = select!(DIRECTORY, "where first is null order by book");
        self.on(|connection| read(connection, &DIRECTORY, sql, [], read_directory))
    }

    pub(in crate::engine) fn lines(&self) -> Result<Vec<Line>, StoreError> {
        let sql = select!(LINES, "order by book");
        self.on(|connection| read(connection, &LINES, sql, [], read_line))
    }

    pub(in crate::engine) fn head(&self, book: BookKey) -> Result<Option<Head>, StoreError> {
        self.on(|connection| head(connection, book))
    }

    pub(in crate::engine) fn gather(
        &self,
        book: BookKey,
        wants: &[Want],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        self.on(|connection| gather(connection, book, wants, into))
    }

    pub(in crate::engine) fn load_balances(
        &self,
        book: BookKey,
        keys: &[BalanceKey],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        self.on(|connection| balances(connection, book, keys, into))
    }

    pub(in crate::engine) fn token(&self, book: BookKey, digest: Digest) -> Result<Option<Token>, StoreError> {
        self.on(|connection| token(connection, book, digest))
    }

    pub(in crate::engine) fn tokens(&self, book: BookKey) -> Result<Vec<Token>, StoreError> {
        let sql = &statements(&Token::TABLE)?.scan;
        self.on(|connection| read(connection, &Token::TABLE, sql, [&Cell::Int(book.0)], Token::from_cells))
    }

    pub(in crate::engine) fn grants(&self, book: BookKey) -> Result<Vec<Grant>, StoreError> {
        let sql = &statements(&Grant::TABLE)?.scan;
        self.on(|connection| read(connection, &Grant::TABLE, sql, [&Cell::Int(book.0)], Grant::from_cells))
    }

    pub(in crate::engine) fn invoices(&self, book: BookKey, query: &InvoiceQuery) -> Result<InvoicePage, StoreError> {
        let list = List::new(book, &query.filter, Spelling::Sqlite);
        self.on(|connection| {
            let ask = |(sql, arguments): (String, Vec<Cell>)| numbers(connection, &sql, &arguments);
            let bounded = query.is_sorted() || (query.count && list.is_looked_for());
            let is_more = bounded && !ask(list.is_more())?.is_empty();
            let total = match query.count && !(is_more && list.is_looked_for()) {
                true => total(connection, book, &list)?,
                false => None,
            };
            if is_more && query.is_sorted() {
                return Ok(InvoicePage::not_in_order(total));
            }
            let crowded = match list.is_crowded(query) {
                None => None,
                Some(asked) => Some(ask(asked)?.first() == Some(&1)),
            };
            let keys = ask(list.page(query, crowded))?;
            let mut page = InvoicePage {
                invoices: keys.into_iter().map(InvoiceKey).collect(),
                total,
                cut: None,
            };
            if list.is_looked_for() && page.is_short_of(query) {
                page.cut_where(&ask(list.looked_up_to(query, crowded))?);
            }
            Ok(page)
        })
    }

    pub(in crate::engine) fn documents(
        &self,
        book: BookKey,
        kind: DocumentKind,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let Some(sql) = documents(kind) else {
            return Ok(Vec::new());
        };
        let arguments = [Cell::Int(book.0), Cell::Int(limit.max(0)), Cell::Int(offset.max(0))];
        self.on(|connection| numbers(connection, sql, &arguments))
    }

    pub(in crate::engine) fn payments(&self, book: BookKey, query: &PaymentQuery) -> Result<PaymentPage, StoreError> {
        let list = PaymentList::new(book, query);
        self.on(|connection| {
            let total = match query.count {
                false => None,
                true => {
                    let (sql, arguments) = list.total();
                    let total = numbers(connection, &sql, &arguments)?
                        .first()
                        .copied()
                        .unwrap_or_default();
                    let there = total > 0 || head(connection, book)?.is_some();
                    there.then_some(total)
                }
            };
            let (sql, arguments) = list.page(query);
            let keys = numbers(connection, &sql, &arguments)?;
            let mut page = PaymentPage {
                payments: keys.into_iter().map(PaymentKey).collect(),
                total,
                looked_up_to: None,
            };
            if page.is_short_of(query)
                && let Some((sql, arguments)) = list.looked_up_to(query)
            {
                page.cut_where(&numbers(connection, &sql, &arguments)?);
            }
            Ok(page)
        })
    }

    pub(in crate::engine) fn resources(&self, book: BookKey, query: &ResourceQuery) -> Result<Vec<i64>, StoreError> {
        let (sql, arguments) = resources(book, query);
        self.on(|connection| numbers(connection, sql, &arguments))
    }

    pub(in crate::engine) fn balances(&self, book: BookKey) -> Result<Vec<(BalanceKey, Turnover)>, StoreError> {
        let sql = select!(BALANCE, "where book = ?1");
        let mut found = self.on(|connection| read(connection, &BALANCE, sql, [&Cell::Int(book.0)], read_balance))?;
        found.sort_by_key(|(key, _)| *key);
        Ok(found)
    }

    pub(in crate::engine) fn tallies(&self, book: BookKey) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        let sql = select!(TALLY, "where book = ?1");
        let mut found = self.on(|connection| read(connection, &TALLY, sql, [&Cell::Int(book.0)], read_tally))?;
        found.sort_by_key(|(key, _)| *key);
        Ok(found)
    }

    pub(in crate::engine) fn events(&self, book: BookKey, after: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
        let sql = select!(EVENT, "where book = ?1 and seq > ?2 order by seq limit ?3");
        let arguments = [Cell::Int(book.0), Cell::Int(after), Cell::Int(limit.max(0))];
        self.on(|connection| read(connection, &EVENT, sql, &arguments, |cells| read_event(book, cells)))
    }

    pub(in crate::engine) fn newest_events(
        &self,
        book: BookKey,
        kind: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let (sql, arguments) = newest_events(book, kind, limit);
        self.on(|connection| read(connection, &EVENT, sql, &arguments, |cells| read_event(book, cells)))
    }

    pub(in crate::engine) fn texts_to_go(
        &self,
        book: BookKey,
        today: Date,
        limit: i64,
    ) -> Result<Vec<DocumentRef>, StoreError> {
        static SQL: OnceLock<String> = OnceLock::new();
        let sql = SQL.get_or_init(texts_to_go);
        let arguments = [
            Cell::Int(book.0),
            Fate::RetainedUntil(today).cell(),
            Cell::Int(limit.max(0)),
        ];
        self.on(|connection| read(connection, &BURIED, sql, &arguments, read_buried))
    }

    pub(in crate::engine) fn asked_rows(
        &self,
        columns: &'static Table,
        sql: &str,
        arguments: &[Cell],
    ) -> Result<Vec<Vec<Cell>>, StoreError> {
        self.on(|connection| rows(connection, columns, sql, arguments)?.into_iter().collect())
    }

    pub(in crate::engine) fn scan(
        &self,
        book: BookKey,
        table: &'static str,
    ) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        let Some(table) = TABLES.iter().find(|known| known.name == table) else {
            return Ok(Vec::new());
        };
        let sql = &statements(table)?.scan;
        let found = self.on(|connection| rows(connection, table, sql, [&Cell::Int(book.0)]))?;
        let whole = |cells: Result<Vec<Cell>, StoreError>| {
            let cells = cells?;
            let record = record(table, &cells)?;
            spelled(table, &cells, &cells_of(&record))?;
            Ok(record)
        };
        Ok(found.into_iter().map(whole).collect())
    }
}
