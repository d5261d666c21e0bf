//! Lists of the journal: entries with their postings, postings with their entries. What belongs to a page is asked for all at once.

use std::collections::BTreeMap;

use quittance_accounting::identity::{BookKey, EntryKey};
use quittance_accounting::journal::{Entry, Posting};
use quittance_accounting::record::Record;

use super::PostgresReader;
use super::cells::{Argument, Call};
use super::query::whole;
use crate::engine::journal;
use crate::engine::said::Spelling;
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::gathering::Seek;
use crate::listing::{AccountQuery, AccountRow, EntryQuery, EntryRows};
use crate::tables::{Stored as _, Table};

impl PostgresReader<'_> {
    async fn records(&self, table: &'static Table, sql: &str, arguments: &[Cell]) -> Result<Vec<Record>, StoreError> {
        self.read(sql, arguments, |cells| whole(table, cells)).await
    }

    /// The records that stand under any of these entries.
    async fn of_entries(&self, book: BookKey, seek: Seek, entries: Vec<EntryKey>) -> Result<Vec<Record>, StoreError> {
        let keys = entries.iter().map(Field::cell).collect();
        let call = Call {
            sql: self.store.texts.seek(seek)?,
            arguments: vec![Argument::One(Cell::Int(book.0)), Argument::Many(keys)],
        };
        let said = self.flight(&[call]).await?;
        let mut records = Vec::new();
        for said in &said {
            for cells in said.cells()? {
                records.push(whole(seek.table(), &cells)?);
            }
        }
        Ok(records)
    }

    pub(in crate::engine) async fn entries(
        &self,
        book: BookKey,
        query: &EntryQuery,
    ) -> Result<Vec<EntryRows>, StoreError> {
        let (sql, arguments) = journal::entries(book, query, Spelling::Postgres);
        let heads: Vec<Entry> = journal::only_entries(self.records(&Entry::TABLE, &sql, &arguments).await?).collect();
        let keys = heads.iter().map(|entry| entry.key).collect();
        let mut own: BTreeMap<EntryKey, BTreeMap<i64, Posting>> = BTreeMap::new();
        for posting in journal::only_postings(self.of_entries(book, Seek::PostingsOfEntry, keys).await?) {
            own.entry(posting.entry).or_default().insert(posting.place, posting);
        }
        let with_postings = |entry: Entry| {
            let postings = own.remove(&entry.key).unwrap_or_default();
            (entry, postings.into_values().collect())
        };
        Ok(heads.into_iter().map(with_postings).collect())
    }

    pub(in crate::engine) async fn postings_of(
        &self,
        book: BookKey,
        query: &AccountQuery,
    ) -> Result<Vec<AccountRow>, StoreError> {
        let (sql, arguments) = journal::postings_of(book, query);
        let postings: Vec<Posting> =
            journal::only_postings(self.records(&Posting::TABLE, &sql, &arguments).await?).collect();
        let keys = postings.iter().map(|posting| posting.entry).collect();
        let heads = journal::only_entries(self.of_entries(book, Seek::Entry, keys).await?);
        let heads: BTreeMap<EntryKey, Entry> = heads.map(|entry| (entry.key, entry)).collect();
        let with_head = |posting: Posting| Some((posting, *heads.get(&posting.entry)?));
        Ok(postings.into_iter().filter_map(with_head).collect())
    }
}
