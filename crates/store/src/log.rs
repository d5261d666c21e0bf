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

use crate::field::{Field, Row, Sink};

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
        let mut hashing = Hashing(Sha256::new());
        hashing.int(self.book.0);
        self.write_without_hashes(&mut hashing);
        hashing.add(&self.prev_hash.0);
        Digest(hashing.0.finalize().into())
    }

    fn write_without_hashes(&self, to: &mut impl Sink) {
        self.seq.write(to);
        self.recorded_at.write(to);
        self.actor.write(to);
        self.source.write(to);
        self.request_id.write(to);
        self.kind.write(to);
        self.subject.kind.write(to);
        self.subject.number.write(to);
        self.body.write(to);
    }
}

impl Row for Event {
    fn write(&self, to: &mut impl Sink) {
        self.write_without_hashes(to);
        self.prev_hash.write(to);
        self.hash.write(to);
    }
}

/// Takes cells into a hash, each with its length first.
struct Hashing(Sha256);

impl Hashing {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

impl Sink for Hashing {
    fn null(&mut self) {
        self.add(&[]);
    }
    fn int(&mut self, number: i64) {
        self.add(&number.to_be_bytes());
    }
    fn text(&mut self, text: &str) {
        self.add(text.as_bytes());
    }
}
