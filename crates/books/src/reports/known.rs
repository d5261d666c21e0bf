//! A book as it was known at an earlier seq, and what was restated since.
//!
//! The cost of looking back is that of replaying the log up to there, and memory for what was live then; of naming what was restated,
//! that of reading the events behind it. Both are read in pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::identity::{BookKey, DocumentKind, EntryKey};
use quittance_accounting::plan::EventKind;
use quittance_accounting::record::{Change, Record, RecordKey};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::report::Span;
use quittance_accounting::snapshot::Snapshot;
use quittance_store::{Reader, Replay, StoreError, codec};

use crate::books::Books;
use crate::failure::Failure;
use crate::view::Seal;

/// The most restatements that a report lists; the others are counted.
pub const MOST_RESTATED: usize = 1000;

/// How many events are read at once.
const PAGE: i64 = 512;

/// An entry dated in the days of a report that came or went after what the report knows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restated {
    /// The event.
    pub seq: i64,
    /// When it was recorded.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What kind it is.
    pub kind: EventKind,
    /// The entry.
    pub entry: EntryKey,
    /// The day it counts for.
    pub date: Date,
    /// Whether it was withdrawn; else it was recorded.
    pub withdrawn: bool,
}

/// A book replayed up to a seq.
pub(super) struct Known {
    replay: Replay,
    seal: Seal,
}

impl Known {
    pub(super) fn seal(&self) -> Seal {
        self.seal
    }

    /// The settings and the chart as they were.
    pub(super) fn chart(&self) -> Snapshot {
        super::sealing::chart(self.replay.tables())
    }

    pub(super) fn into_reader(self) -> Reader<'static> {
        self.replay.into_reader()
    }
}

/// Replays the log of a book up to a seq.
pub(super) async fn replay(live: &Reader<'_>, book: BookKey, known: i64) -> Result<Known, Failure> {
    let directory = live.directory().await?;
    let entry = directory.into_iter().find(|entry| entry.book == book);
    let mut replay = Replay::new(entry.ok_or(Refusal::NotFound {
        kind: DocumentKind::Book,
    })?);
    let mut seal = Seal {
        seq: 0,
        hash: quittance_accounting::content::Digest::default(),
    };
    while seal.seq < known {
        let page = live.events(book, seal.seq, PAGE.min(known - seal.seq)).await?;
        let Some(last) = page.last() else { break };
        for event in &page {
            replay.apply(event)?;
        }
        seal = Seal {
            seq: last.seq,
            hash: last.hash,
        };
    }
    Ok(Known { replay, seal })
}

impl Books {
    /// Books in memory that go on from the end of a book's log: whatever is carried out there, nothing of it stays. The decisions are
    /// those of the deed. Texts are not in the log, so there are none of what was there before.
    pub async fn rehearsal(&self, book: BookKey) -> Result<Books, Failure> {
        let live = self.store.reader().await?;
        let last = live.head(book).await?.map_or(0, |head| head.seq);
        let known = replay(&live, book, last).await?;
        Books::over(
            known.replay.into_store(),
            Arc::clone(&self.clock),
            Arc::clone(&self.chance),
        )
    }
}

/// What came and went behind a replay, dated in a span: the first of them, and how many more.
pub(super) async fn restated(
    live: &Reader<'_>,
    book: BookKey,
    known: &Known,
    span: Span,
) -> Result<(Vec<Restated>, i64), Failure> {
    let mut found: Vec<Restated> = Vec::new();
    let mut more = 0;
    let mut since: BTreeMap<EntryKey, Date> = BTreeMap::new();
    let mut after = known.seal.seq;
    loop {
        let page = live.events(book, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok((found, more));
        };
        after = last.seq;
        for event in &page {
            let body = codec::read_body(&event.body).map_err(|message| StoreError::CorruptEvent {
                seq: event.seq,
                message,
            })?;
            for change in &body.changes {
                let moved = match change {
                    Change::Put(Record::Entry(entry)) => {
                        since.insert(entry.key, entry.date);
                        Some((entry.key, entry.date, false))
                    }
                    Change::Remove(RecordKey::Entry(key)) => {
                        let then = known.replay.tables().entries.get(key).map(|entry| entry.date);
                        let date = since.get(key).copied().or(then);
                        date.map(|date| (*key, date, true))
                    }
                    Change::Put(_) | Change::Remove(_) => None,
                };
                match moved {
                    Some((entry, date, withdrawn)) if span.holds(date) && found.len() < MOST_RESTATED => {
                        found.push(Restated {
                            seq: event.seq,
                            at: event.recorded_at,
                            by: event.actor.clone(),
                            kind: event.kind,
                            entry,
                            date,
                            withdrawn,
                        });
                    }
                    Some((_, date, _)) if span.holds(date) => more += 1,
                    Some(_) | None => {}
                }
            }
        }
    }
}
