//! Lists of the journal: entries in order of number, and an account's postings in order of date.

use jiff::civil::Date;
use quittance_accounting::identity::BookKey;
use quittance_accounting::journal::{Entry, Posting};
use quittance_accounting::kept::Grain;
use quittance_accounting::record::Record;
use rusqlite::Connection;

use super::SqliteReader;
use super::rows::{record, rows};
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::listing::{AccountQuery, AccountRow, EntryQuery, EntryRows};
use crate::tables::{Stored as _, Table};

/// Conditions of a list, each value bound.
struct Conditions {
    text: String,
    arguments: Vec<Cell>,
}

impl Conditions {
    fn new(book: BookKey, of: &str) -> Conditions {
        Conditions {
            text: format!("{of}.book = ?1"),
            arguments: vec![Cell::Int(book.0)],
        }
    }

    fn bind(&mut self, value: Cell) -> String {
        self.arguments.push(value);
        format!("?{}", self.arguments.len())
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" and ");
        self.text.push_str(condition);
    }

    fn dated(&mut self, column: &str, (from, to): (Option<Date>, Option<Date>)) {
        for (date, sign) in [(from, ">="), (to, "<=")] {
            if let Some(date) = date {
                let place = self.bind(date.cell());
                self.and(&format!("{column} {sign} {place}"));
            }
        }
    }

    /// The page of what is selected under these conditions, in this order.
    fn page(mut self, select: &str, order: &[&str], descending: bool, offset: i64, limit: i64) -> (String, Vec<Cell>) {
        let direction = if descending { " desc" } else { "" };
        let order: Vec<String> = order.iter().map(|column| format!("{column}{direction}")).collect();
        let (limit, offset) = (self.bind(Cell::Int(limit.max(0))), self.bind(Cell::Int(offset.max(0))));
        let sql = format!(
            "{select} where {} order by {} limit {limit} offset {offset}",
            self.text,
            order.join(", ")
        );
        (sql, self.arguments)
    }
}

fn found(
    connection: &Connection,
    table: &'static Table,
    sql: &str,
    arguments: &[Cell],
) -> Result<Vec<Record>, StoreError> {
    let found = rows(connection, table, sql, arguments)?;
    found.into_iter().map(|cells| record(table, &cells?)).collect()
}

fn postings(records: Vec<Record>) -> impl Iterator<Item = Posting> {
    records.into_iter().filter_map(|record| match record {
        Record::Posting(posting) => Some(posting),
        _ => None,
    })
}

fn entries(records: Vec<Record>) -> impl Iterator<Item = Entry> {
    records.into_iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(entry),
        _ => None,
    })
}

impl SqliteReader<'_> {
    pub(in crate::engine) fn entries(&self, book: BookKey, query: &EntryQuery) -> Result<Vec<EntryRows>, StoreError> {
        let mut conditions = Conditions::new(book, "entry");
        if let Some(kinds) = &query.kinds {
            let places: Vec<String> = kinds.iter().map(|kind| conditions.bind(kind.cell())).collect();
            conditions.and(&format!("kind in ({})", places.join(", ")));
        }
        conditions.dated("date", query.date);
        let select = format!("select {} from entry", Entry::TABLE.columns.join(", "));
        let (sql, arguments) = conditions.page(&select, &["key"], query.descending, query.offset, query.limit);
        let columns = Posting::TABLE.columns.join(", ");
        let by_entry = format!("select {columns} from posting where book = ?1 and entry = ?2 order by place");
        self.on(|connection| {
            let heads = entries(found(connection, &Entry::TABLE, &sql, &arguments)?);
            heads
                .map(|entry| {
                    let arguments = [Cell::Int(book.0), entry.key.cell()];
                    let own = postings(found(connection, &Posting::TABLE, &by_entry, &arguments)?);
                    Ok((entry, own.collect()))
                })
                .collect()
        })
    }

    pub(in crate::engine) fn postings_of(
        &self,
        book: BookKey,
        query: &AccountQuery,
    ) -> Result<Vec<AccountRow>, StoreError> {
        // The days on which something stands on the account are kept; only the entries of those are looked at, in this order.
        let mut conditions = Conditions::new(book, "b");
        let account = conditions.bind(query.account.cell());
        let grain = conditions.bind(Grain::Day.cell());
        conditions.and(&format!("b.account = {account} and b.grain = {grain}"));
        conditions.dated("b.start", query.date);
        conditions.and("e.book = b.book and e.date = b.start");
        conditions.and("p.book = e.book and p.entry = e.key and p.account = b.account");
        let columns: Vec<String> = Posting::TABLE
            .columns
            .iter()
            .map(|column| format!("p.{column}"))
            .collect();
        let from = format!(
            "select {} from balance b cross join entry e cross join posting p",
            columns.join(", ")
        );
        let order = ["b.start", "e.key", "p.place"];
        let (sql, arguments) = conditions.page(&from, &order, query.descending, query.offset, query.limit);
        let by_key = format!(
            "select {} from entry where book = ?1 and key = ?2",
            Entry::TABLE.columns.join(", ")
        );
        self.on(|connection| {
            let mut page = Vec::new();
            for posting in postings(found(connection, &Posting::TABLE, &sql, &arguments)?) {
                let arguments = [Cell::Int(book.0), posting.entry.cell()];
                let head = entries(found(connection, &Entry::TABLE, &by_key, &arguments)?).next();
                page.extend(head.map(|entry| (posting, entry)));
            }
            Ok(page)
        })
    }
}
