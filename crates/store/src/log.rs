//! The log: one insert-only chain of events per book.
//!
//! An event is at once journal of record, audit trail, change feed and outbox. Its hash covers everything it says and the hash
//! before it, so that changing, dropping or inserting one is found.

use jiff::Timestamp;
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{BookKey, DocumentRef};
use quittance_accounting::plan::EventKind;
use quittance_accounting::snapshot::Counters;
use sha2::{Digest as _, Sha256};

use crate::field::{Cell, Field};

/// An event of a book's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its book.
    pub book: BookKey,
    /// Its place: 1, 2, 3, without gaps.
    pub seq: i64,
    /// When it was recorded; never before the event before it.
    pub recorded_at: Timestamp,
    /// Who caused it.
    pub actor: String,
    /// Through which dialect.
    pub source: String,
    /// In which request.
    pub request_id: String,
    /// What kind it is.
    pub kind: EventKind,
    /// The document it is about.
    pub subject: DocumentRef,
    /// What it says, as [`crate::codec`] spells it.
    pub body: String,
    /// The hash of the event before it; all zeros for the first.
    pub prev_hash: Digest,
    /// Its own.
    pub hash: Digest,
}

/// What is known of an event before it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// Who caused it.
    pub actor: String,
    /// Through which dialect.
    pub source: String,
    /// In which request.
    pub request_id: String,
    /// What kind it is.
    pub kind: EventKind,
    /// The document it is about.
    pub subject: DocumentRef,
    /// What it says.
    pub body: String,
}

/// The end of a book's log, and the numbers given out so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Seq of the last event; 0 before the first.
    pub seq: i64,
    /// Hash of the last event; zeros before the first.
    pub hash: Digest,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The highest numbers given out.
    pub counters: Counters,
}

impl Head {
    /// The head of a book without events.
    pub fn empty() -> Head {
        Head {
            seq: 0,
            hash: Digest::default(),
            recorded_at: Timestamp::UNIX_EPOCH,
            counters: Counters::default(),
        }
    }

    /// The instant that an event entering at `now` is recorded at: time in a log never runs backwards.
    pub fn recorded_at(&self, now: Timestamp) -> Timestamp {
        now.max(self.recorded_at)
    }

    /// Seals an event onto the chain and moves the head to it.
    pub fn append(&mut self, book: BookKey, recorded_at: Timestamp, unsealed: Unsealed) -> Event {
        let Unsealed {
            actor,
            source,
            request_id,
            kind,
            subject,
            body,
        } = unsealed;
        let mut event = Event {
            book,
            seq: self.seq + 1,
            recorded_at,
            actor,
            source,
            request_id,
            kind,
            subject,
            body,
            prev_hash: self.hash,
            hash: Digest::default(),
        };
        event.hash = event.computed_hash();
        self.seq = event.seq;
        self.hash = event.hash;
        self.recorded_at = recorded_at;
        event
    }
}

impl Event {
    /// The hash that its fields have: SHA-256 over each of them, length first, in the order of the columns.
    pub fn computed_hash(&self) -> Digest {
        let mut hasher = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        add(&self.book.0.to_be_bytes());
        add(&self.seq.to_be_bytes());
        for cell in self.cells() {
            match cell {
                Cell::Text(text) => add(text.as_bytes()),
                Cell::Int(number) => add(&number.to_be_bytes()),
                Cell::Null => add(&[]),
            }
        }
        add(&self.prev_hash.0);
        Digest(hasher.finalize().into())
    }

    /// The cells between seq and the hashes, in the order of the columns.
    pub(crate) fn cells(&self) -> [Cell; 8] {
        [
            self.recorded_at.cell(),
            self.actor.cell(),
            self.source.cell(),
            self.request_id.cell(),
            self.kind.cell(),
            self.subject.kind.cell(),
            self.subject.number.cell(),
            self.body.cell(),
        ]
    }
}
