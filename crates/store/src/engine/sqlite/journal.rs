//! Lists of the journal: entries with their postings, postings with their entries.

use quittance_accounting::identity::BookKey;
use quittance_accounting::journal::{Entry, Posting};
use quittance_accounting::record::Record;
use rusqlite::Connection;

use super::SqliteReader;
use super::rows::{record, rows};
use crate::engine::journal;
use crate::engine::said::Spelling;
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::listing::{AccountQuery, AccountRow, EntryQuery, EntryRows};
use crate::tables::{Stored as _, Table};

fn found(
    connection: &Connection,
    table: &'static Table,
    sql: &str,
    arguments: &[Cell],
) -> Result<Vec<Record>, StoreError> {
    let found = rows(connection, table, sql, arguments)?;
    found.into_iter().map(|cells| record(table, &cells?)).collect()
}

impl SqliteReader<'_> {
    pub(in crate::engine) fn entries(&self, book: BookKey, query: &EntryQuery) -> Result<Vec<EntryRows>, StoreError> {
        let (sql, arguments) = journal::entries(book, query, Spelling::Sqlite);
        let columns = Posting::TABLE.columns.join(", ");
        let by_entry = format!("select {columns} from posting where book = ?1 and entry = ?2 order by place");
        self.on(|connection| {
            let heads = journal::only_entries(found(connection, &Entry::TABLE, &sql, &arguments)?);
            heads
                .map(|entry| {
                    let arguments = [Cell::Int(book.0), entry.key.cell()];
                    let own = found(connection, &Posting::TABLE, &by_entry, &arguments)?;
                    Ok((entry, journal::only_postings(own).collect()))
                })
                .collect()
        })
    }

    pub(in crate::engine) fn postings_of(
        &self,
        book: BookKey,
        query: &AccountQuery,
    ) -> Result<Vec<AccountRow>, StoreError> {
        let (sql, arguments) = journal::postings_of(book, query);
        let by_key = format!(
            "select {} from entry where book = ?1 and key = ?2",
            Entry::TABLE.columns.join(", ")
        );
        self.on(|connection| {
            let mut page = Vec::new();
            for posting in journal::only_postings(found(connection, &Posting::TABLE, &sql, &arguments)?) {
                let arguments = [Cell::Int(book.0), posting.entry.cell()];
                let head = found(connection, &Entry::TABLE, &by_key, &arguments)?;
                page.extend(journal::only_entries(head).next().map(|entry| (posting, entry)));
            }
            Ok(page)
        })
    }
}
