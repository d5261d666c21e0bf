//! What a batch is decided on, beyond what is known: its own unit of work, or, when it is decided early, the store as one reader
//! sees it.
//!
//! A unit holds its books, so that what it shows is so until it ends. A reader shows a state that may be older than what was
//! decided: the batch before may still be on its way. What that batch changed is known and is not taken from the reader
//! ([`Snapshot::load`](quittance_accounting::snapshot::Snapshot::load)), and what it did not change is the same before and after; so
//! the reader serves as long as it stands at a head that was passed on the way ([`OpenBook::passed`]). At any other head, somebody
//! else wrote. Deliberately absent: opening a unit of work.

use std::collections::BTreeSet;

use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::BalanceKey;
use quittance_accounting::snapshot::{Snapshot, Want};
use quittance_store::{Head, Reader, Store, StoreError, Unit};

use super::working_set::OpenBook;

/// Where a batch looks for what is not known.
pub(super) enum Sight<'s, 'a> {
    /// In its unit of work.
    Unit(&'s mut Unit<'a>),
    /// In the store as it is found, before there is a unit.
    Early(&'s mut Early<'a>),
}

/// The store as it was when a batch that is decided early first looked.
pub(super) struct Early<'a> {
    store: &'a Store,
    reader: Option<Reader<'a>>,
    /// The books that are known to be at a head that serves.
    serves: BTreeSet<BookKey>,
}

/// Why a batch cannot be decided early: it can when it holds its books.
pub(super) fn moved(doing: &'static str) -> StoreError {
    StoreError::Interrupted {
        doing,
        message: "the book is not where it was left".to_owned(),
    }
}

impl<'a> Early<'a> {
    /// Nothing is read yet.
    pub(super) fn of(store: &'a Store) -> Early<'a> {
        Early {
            store,
            reader: None,
            serves: BTreeSet::new(),
        }
    }

    async fn reader(&mut self) -> Result<&Reader<'a>, StoreError> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.store.reader().await?,
        };
        Ok(self.reader.insert(reader))
    }

    /// The head of a book that nothing is known of, so that nothing of it is on its way.
    pub(super) async fn enter(
        &mut self,
        key: BookKey,
        wants: &[Want],
        into: &mut Snapshot,
    ) -> Result<Option<Head>, StoreError> {
        let reader = self.reader().await?;
        let head = reader.head(key).await?;
        if head.is_some() {
            reader.gather(key, wants, into).await?;
            self.serves.insert(key);
        }
        Ok(head)
    }

    /// The reader, if it shows a state that the book went through on its way to what is known of it.
    async fn serving(&mut self, key: BookKey, book: &mut OpenBook) -> Result<&Reader<'a>, StoreError> {
        if !self.serves.contains(&key) {
            let head = self.reader().await?.head(key).await?;
            if !head.is_some_and(|head| book.passed(&head)) {
                return Err(moved("deciding early"));
            }
            self.serves.insert(key);
        }
        self.reader().await
    }
}

impl Sight<'_, '_> {
    /// The slot that the next new book takes: only a unit of work can hold it.
    pub(super) async fn next_book(&mut self) -> Result<BookKey, StoreError> {
        match self {
            Sight::Unit(unit) => unit.next_book().await,
            Sight::Early(_) => Err(moved("opening a book")),
        }
    }

    /// Loads what is wanted of a book into what is known of it.
    pub(super) async fn gather(&mut self, key: BookKey, wants: &[Want], book: &mut OpenBook) -> Result<(), StoreError> {
        match self {
            Sight::Unit(unit) => unit.gather(key, wants, &mut book.snapshot).await,
            Sight::Early(early) => {
                let reader = early.serving(key, book).await?;
                reader.gather(key, wants, &mut book.snapshot).await
            }
        }
    }

    /// Loads kept balances of a book into what is known of it.
    pub(super) async fn load_balances(
        &mut self,
        key: BookKey,
        balances: &[BalanceKey],
        book: &mut OpenBook,
    ) -> Result<(), StoreError> {
        match self {
            Sight::Unit(unit) => unit.load_balances(key, balances, &mut book.snapshot).await,
            Sight::Early(early) => {
                let reader = early.serving(key, book).await?;
                reader.load_balances(key, balances, &mut book.snapshot).await
            }
        }
    }
}
