//! Placeholder until the engine lands.
#![allow(missing_docs, dead_code, clippy::all, unused_variables)]
use super::*;
#[derive(Debug)]
pub struct SqliteStore(());
#[derive(Debug)]
pub struct SqliteUnit<'a>(&'a ());
#[derive(Debug)]
pub struct SqliteReader<'a>(&'a ());
fn no<T>() -> Result<T, StoreError> {
    Err(StoreError::UnknownEngine { address: String::new() })
}
impl SqliteStore {
    pub fn open(path: &Path) -> Result<SqliteStore, StoreError> {
        no()
    }
    pub(super) fn begin(&self) -> Result<SqliteUnit<'_>, StoreError> {
        no()
    }
    pub(super) fn reader(&self) -> Result<SqliteReader<'_>, StoreError> {
        no()
    }
    pub(super) fn scrub(&self) -> Result<bool, StoreError> {
        no()
    }
}
impl SqliteUnit<'_> {
    pub(super) fn next_book(&mut self) -> Result<BookKey, StoreError> {
        no()
    }
    pub(super) fn head(&mut self, book: BookKey) -> Result<Option<Head>, StoreError> {
        no()
    }
    pub(super) fn gather(&mut self, book: BookKey, wants: &[Want], into: &mut Snapshot) -> Result<(), StoreError> {
        no()
    }
    pub(super) fn load_balances(
        &mut self,
        book: BookKey,
        keys: &[BalanceKey],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        no()
    }
    pub(super) fn commit(self, commits: Vec<BookCommit>) -> Result<(), StoreError> {
        no()
    }
}
impl SqliteReader<'_> {
    pub(super) fn directory(&self) -> Result<Vec<BookEntry>, StoreError> {
        no()
    }
    pub(super) fn head(&self, book: BookKey) -> Result<Option<Head>, StoreError> {
        no()
    }
    pub(super) fn gather(&self, book: BookKey, wants: &[Want], into: &mut Snapshot) -> Result<(), StoreError> {
        no()
    }
    pub(super) fn token(&self, book: BookKey, digest: Digest) -> Result<Option<Token>, StoreError> {
        no()
    }
    pub(super) fn tokens(&self, book: BookKey) -> Result<Vec<Token>, StoreError> {
        no()
    }
    pub(super) fn invoices(&self, book: BookKey, query: &InvoiceQuery) -> Result<InvoicePage, StoreError> {
        no()
    }
    pub(super) fn documents(
        &self,
        book: BookKey,
        kind: DocumentKind,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        no()
    }
    pub(super) fn balances(&self, book: BookKey) -> Result<Vec<(BalanceKey, Turnover)>, StoreError> {
        no()
    }
    pub(super) fn tallies(&self, book: BookKey) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        no()
    }
    pub(super) fn events(&self, book: BookKey, after: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
        no()
    }
    pub(super) fn newest_events(
        &self,
        book: BookKey,
        kind: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Event>, StoreError> {
        no()
    }
    pub(super) fn texts_to_go(&self, book: BookKey, today: Date, limit: i64) -> Result<Vec<DocumentRef>, StoreError> {
        no()
    }
    pub(super) fn scan(
        &self,
        book: BookKey,
        table: &'static str,
    ) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        no()
    }
}
