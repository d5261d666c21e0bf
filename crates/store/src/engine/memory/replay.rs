//! A book as its log says it was: events replayed in order into the in-memory model.
//!
//! Memory grows with the live records, time with the events. Texts of people are not in the log, so they are not in the model.

use std::collections::BTreeMap;
use std::sync::Arc;

use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_accounting::kept::Deltas;
use quittance_accounting::record::{Change, Tables};
use quittance_accounting::snapshot::Snapshot;

use super::{MemoryBook, MemoryReader, MemoryStore};
use crate::codec;
use crate::engine::{BookEntry, Reader, Store};
use crate::error::StoreError;
use crate::log::{Event, Head};

/// A replay under way.
#[derive(Debug)]
pub struct Replay {
    key: BookKey,
    book: MemoryBook,
}

impl Replay {
    /// A book without events yet.
    pub fn new(entry: BookEntry) -> Replay {
        Replay {
            key: entry.book,
            book: MemoryBook {
                id: entry.id,
                head: Head::empty(),
                snapshot: Snapshot::complete(),
                kept: Deltas::default(),
                events: Vec::new(),
            },
        }
    }

    /// A book that was replayed elsewhere: its records, and nothing of its log.
    pub fn over(key: BookKey, snapshot: Snapshot) -> Replay {
        let mut replay = Replay::new(BookEntry {
            book: key,
            id: DocumentId::new(0, 0),
        });
        replay.book.snapshot = snapshot;
        replay
    }

    /// The records that a reader read, once nobody reads them any more.
    pub fn out_of(reader: Reader<'_>, key: BookKey) -> Option<Snapshot> {
        let Reader::Memory(mut reader) = reader else {
            return None;
        };
        let book = reader.books.remove(&key)?;
        Some(Arc::into_inner(book)?.snapshot)
    }

    /// Carries the next event out.
    pub fn apply(&mut self, event: &Event) -> Result<(), StoreError> {
        let seq = event.seq;
        let corrupt = |message: String| StoreError::CorruptEvent { seq, message };
        if seq != self.book.head.seq + 1 {
            return Err(corrupt(format!("it follows event {}", self.book.head.seq)));
        }
        let body = codec::read_body(&event.body).map_err(corrupt)?;
        for change in &body.changes {
            let before = self.book.snapshot.tables().get(&change.key());
            let after = match change {
                Change::Put(record) => Some(record),
                Change::Remove(_) => None,
            };
            self.book.kept.replace(before.as_ref(), after);
            self.book.snapshot.apply(std::slice::from_ref(change));
        }
        self.book.snapshot.settle();
        self.book.head = Head {
            seq,
            hash: event.hash,
            recorded_at: event.recorded_at,
            counters: self.book.snapshot.counters(),
        };
        Ok(())
    }

    /// The records that are live after the last event.
    pub fn tables(&self) -> &Tables {
        self.book.snapshot.tables()
    }

    /// A reader of what was replayed. Its log is empty.
    pub fn into_reader(self) -> Reader<'static> {
        let books = BTreeMap::from([(self.key, Arc::new(self.book))]);
        Reader::Memory(MemoryReader { books })
    }

    /// A store that goes on from what was replayed. Its log starts behind it.
    pub fn into_store(self) -> Store {
        let store = MemoryStore::default();
        store.books().insert(self.key, Arc::new(self.book));
        Store::Memory(store)
    }
}
