//! Moving a book from one store to another, where it is the same book: log byte for byte, live records, texts, kept figures.
//!
//! The source is only read. The target is written in steps of bounded size. As long as the book is on its way it has a line in the
//! directory that says so and no head, so no server serves it and nobody else takes its slot. A step brings what is missing by
//! comparing both sides, so a move that was interrupted anywhere goes on when it is started again, and nothing is ever there twice.
//! Before the book is there it is verified where it arrived. Deliberately absent: merging books, and giving a book another slot,
//! which is part of the ids and tokens that clients hold.

use std::collections::{BTreeMap, VecDeque};

use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_accounting::kept::Deltas;
use quittance_accounting::record::{Record, RecordKey};
use quittance_accounting::snapshot::NetChange;
use quittance_store::tables::TABLES;
use quittance_store::{Arrival, BookEntry, Event, Head, Line, LineChange, Reader, Store, StoreError};

use crate::books::Books;
use crate::failure::Failure;
use crate::verify::Verdict;
use crate::write::arrive;

/// The most rows of one step: a step is a transaction, and neither engine should hold a long one.
const MOST_ROWS: usize = 1000;

/// What came of moving a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is there now, and verified.
    Arrived(Verdict),
    /// It was there already, with the same log.
    WasThere(Head),
}

/// Why a book was not moved. The source is as it was, and nobody is served from what the target may hold of it.
#[derive(Clone, Debug, PartialEq)]
pub enum MoveFailure {
    /// The source has no such book.
    NoBook,
    /// Another book has the slot there, or is on its way to it.
    SlotTaken {
        /// Whose slot it is.
        by: DocumentId,
    },
    /// The book has another slot there.
    Elsewhere {
        /// Which.
        slot: BookKey,
    },
    /// The slot was given out there, and nothing tells to whom.
    SlotLost,
    /// What the target has of the log is not the beginning of the source's.
    Diverged {
        /// The first event that differs.
        seq: i64,
    },
    /// The book is served from the target already and has another head there.
    MovedOn {
        /// The source's.
        source: Head,
        /// The target's.
        target: Head,
    },
    /// The source was written to meanwhile.
    SourceWritten {
        /// Where its log ended when the move began.
        began: i64,
        /// Where it ends now.
        now: i64,
    },
    /// What arrived is not sound.
    Unsound(Verdict),
    /// A store failed.
    Failed(Failure),
}

impl From<StoreError> for MoveFailure {
    fn from(error: StoreError) -> MoveFailure {
        MoveFailure::Failed(error.into())
    }
}

impl From<Failure> for MoveFailure {
    fn from(failure: Failure) -> MoveFailure {
        MoveFailure::Failed(failure)
    }
}

impl std::fmt::Display for MoveFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MoveFailure::NoBook => f.write_str("there is no such book to move"),
            MoveFailure::SlotTaken { by } => write!(
                f,
                "its slot is taken by book {}; a slot is part of the ids and tokens that clients hold and is never changed, \
                 so this book needs another database",
                by.uuid()
            ),
            MoveFailure::Elsewhere { slot } => write!(f, "the same book is there under slot {}", slot.0),
            MoveFailure::SlotLost => f.write_str("its slot was given out there, but is not in the directory"),
            MoveFailure::Diverged { seq } => write!(
                f,
                "what is there of its log differs from event {seq} on: it is not a part of this book as it is now"
            ),
            MoveFailure::MovedOn { source, target } => write!(
                f,
                "it is served from there already: its head there is {}:{}, here {}:{}",
                target.seq,
                target.hash.hex(),
                source.seq,
                source.hash.hex()
            ),
            MoveFailure::SourceWritten { began, now } => write!(
                f,
                "it was written to meanwhile, from event {began} to {now}: stop its server and start the move again, which goes on"
            ),
            MoveFailure::Unsound(verdict) => {
                write!(f, "what arrived does not verify and is not served")?;
                verdict.flaws.iter().try_for_each(|flaw| write!(f, "\n  {flaw}"))
            }
            MoveFailure::Failed(failure) => write!(f, "{failure}"),
        }
    }
}

impl std::error::Error for MoveFailure {}

/// How far a move is, for whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Events are there, of how many.
    Events(i64, i64),
    /// The rows of a table are there.
    Table(&'static str),
    /// Events are replayed, of how many.
    Verified(i64, i64),
}

/// Moves a book. `progress` is told after every step, and may end the move by answering `false`: it goes on when started again.
pub async fn move_book(
    source: &Books,
    target: &Books,
    book: BookKey,
    mut progress: impl FnMut(Progress) -> bool,
) -> Result<Moved, MoveFailure> {
    let reader = source.store.reader().await?;
    let head = reader.head(book).await?.ok_or(MoveFailure::NoBook)?;
    let listed = reader.directory().await?.into_iter().find(|entry| entry.book == book);
    let entry = listed.ok_or(MoveFailure::NoBook)?;
    let mut copy = Copying {
        from: &reader,
        to: &target.store,
        entry,
        head,
        progress: &mut progress,
    };
    if let Some(there) = copy.reserve().await? {
        return if there == head {
            Ok(Moved::WasThere(there))
        } else {
            Err(MoveFailure::MovedOn {
                source: head,
                target: there,
            })
        };
    }
    copy.events().await?;
    copy.records().await?;
    copy.kept().await?;
    let verdict = target
        .verify_arriving(book, head, |done, of| {
            progress(Progress::Verified(done, of));
        })
        .await?;
    if !verdict.is_clean() {
        return Err(MoveFailure::Unsound(verdict));
    }
    drop(reader);
    let now = source.store.reader().await?.head(book).await?;
    if now != Some(head) {
        return Err(MoveFailure::SourceWritten {
            began: head.seq,
            now: now.map_or(0, |now| now.seq),
        });
    }
    let last = Arrival {
        lines: vec![LineChange::List(entry)],
        head: Some(head),
        ..empty(book)
    };
    arrive(&target.store, &last).await?;
    Ok(Moved::Arrived(verdict))
}

fn empty(book: BookKey) -> Arrival {
    Arrival {
        book,
        lines: Vec::new(),
        events: Vec::new(),
        net: Vec::new(),
        deltas: Deltas::default(),
        head: None,
    }
}

/// Ends a move that whoever waits for it has given up.
fn given_up() -> MoveFailure {
    MoveFailure::Failed(Failure::Unavailable)
}

struct Copying<'a, P> {
    from: &'a Reader<'a>,
    to: &'a Store,
    entry: BookEntry,
    head: Head,
    progress: &'a mut P,
}

impl<P: FnMut(Progress) -> bool> Copying<'_, P> {
    /// Takes the slot on the target, unless it is taken for this book already. The head there, if the book is served from there.
    async fn reserve(&mut self) -> Result<Option<Head>, MoveFailure> {
        let reader = self.to.reader().await?;
        let lines = reader.lines().await?;
        let BookEntry { book, id } = self.entry;
        for line in &lines {
            match line {
                Line::Listed(entry) | Line::Arriving(entry) if entry.book == book && entry.id != id => {
                    return Err(MoveFailure::SlotTaken { by: entry.id });
                }
                Line::Listed(entry) | Line::Arriving(entry) if entry.id == id && entry.book != book => {
                    return Err(MoveFailure::Elsewhere { slot: entry.book });
                }
                Line::Listed(entry) if entry.book == book => {
                    return Ok(Some(reader.head(book).await?.unwrap_or(Head::empty())));
                }
                Line::Arriving(entry) if entry.book == book => return Ok(None),
                Line::Listed(_) | Line::Arriving(_) | Line::Vacant { .. } => {}
            }
        }
        drop(reader);
        let lines = places(&lines, self.entry).ok_or(MoveFailure::SlotLost)?;
        arrive(self.to, &Arrival { lines, ..empty(book) }).await?;
        Ok(None)
    }

    /// Brings the events that are not there yet.
    async fn events(&mut self) -> Result<(), MoveFailure> {
        let book = self.entry.book;
        let there = self.to.reader().await?.newest_events(book, None, 1).await?.pop();
        let mut after = 0;
        if let Some(there) = there {
            let here = self.from.events(book, there.seq - 1, 1).await?.pop();
            if here.as_ref() != Some(&there) {
                return Err(MoveFailure::Diverged { seq: there.seq });
            }
            after = there.seq;
        }
        while after < self.head.seq {
            let page: Vec<Event> = self.from.events(book, after, MOST_ROWS as i64).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            let step = Arrival {
                events: page,
                ..empty(book)
            };
            arrive(self.to, &step).await?;
            self.tell(Progress::Events(after, self.head.seq))?;
        }
        Ok(())
    }

    /// Makes every live table the same as the source's.
    async fn records(&mut self) -> Result<(), MoveFailure> {
        let book = self.entry.book;
        for table in TABLES {
            let mut here = read(self.from, book, table.name).await?;
            let mut there = {
                let reader = self.to.reader().await?;
                read(&reader, book, table.name).await?
            };
            here.retain(|key, record| match there.get(key) {
                Some(same) if same == record => there.remove(key).is_none(),
                Some(_) | None => true,
            });
            // What is not as it must be goes first: a row that comes may bear an id or a number of one that goes.
            let gone = there.into_values().map(|before| NetChange {
                before: Some(before),
                after: None,
            });
            let come = here.into_values().map(|after| NetChange {
                before: None,
                after: Some(after),
            });
            let mut changes: VecDeque<NetChange> = gone.chain(come).collect();
            while !changes.is_empty() {
                let net = changes.drain(..changes.len().min(MOST_ROWS)).collect();
                arrive(self.to, &Arrival { net, ..empty(book) }).await?;
                self.tell(Progress::Table(table.name))?;
            }
        }
        Ok(())
    }

    /// Adds to the kept figures what they lack.
    async fn kept(&mut self) -> Result<(), MoveFailure> {
        let book = self.entry.book;
        let reader = self.to.reader().await?;
        let (balances, tallies) = (reader.balances(book).await?, reader.tallies(book).await?);
        drop(reader);
        let balances = lacking(self.from.balances(book).await?, balances, |here, there| {
            here.minus(there)
        });
        let tallies = lacking(self.from.tallies(book).await?, tallies, |here, there| here.minus(there));
        for chunk in balances.chunks(MOST_ROWS) {
            let mut step = empty(book);
            step.deltas.balances = chunk.iter().copied().collect();
            arrive(self.to, &step).await?;
            self.tell(Progress::Table("balance"))?;
        }
        for chunk in tallies.chunks(MOST_ROWS) {
            let mut step = empty(book);
            step.deltas.tallies = chunk.iter().copied().collect();
            arrive(self.to, &step).await?;
            self.tell(Progress::Table("tally"))?;
        }
        Ok(())
    }

    fn tell(&mut self, progress: Progress) -> Result<(), MoveFailure> {
        if (self.progress)(progress) {
            Ok(())
        } else {
            Err(given_up())
        }
    }
}

/// The rows of a live table.
async fn read(
    reader: &Reader<'_>,
    book: BookKey,
    table: &'static str,
) -> Result<BTreeMap<RecordKey, Record>, StoreError> {
    let rows = reader.scan(book, table).await?;
    rows.into_iter()
        .map(|row| row.map(|record| (record.key(), record)))
        .collect()
}

/// Every key with what must be added on the target to make it what it is on the source.
fn lacking<K: Ord + Copy, V: PartialEq + Default + Copy>(
    here: Vec<(K, V)>,
    there: Vec<(K, V)>,
    minus: impl Fn(V, V) -> V,
) -> Vec<(K, V)> {
    let mut there: BTreeMap<K, V> = there.into_iter().collect();
    let mut lacking = Vec::new();
    for (key, value) in here {
        match there.remove(&key) {
            Some(same) if same == value => {}
            // A zero that is kept on the source is kept on the target as well.
            found => lacking.push((key, minus(value, found.unwrap_or_default()))),
        }
    }
    let more = there.into_iter().filter(|(_, value)| *value != V::default());
    lacking.extend(more.map(|(key, value)| (key, minus(V::default(), value))));
    lacking
}

/// What becomes of the directory when a book takes its slot; `None` when the slot was given out before and nothing is known of it.
fn places(lines: &[Line], entry: BookEntry) -> Option<Vec<LineChange>> {
    let slot = entry.book.0;
    let vacant = |first: i64, last: i64| {
        (first <= last).then_some(LineChange::Put(Line::Vacant {
            first: BookKey(first),
            last: BookKey(last),
        }))
    };
    let hole = lines.iter().find_map(|line| match line {
        Line::Vacant { first, last } if first.0 <= slot && slot <= last.0 => Some((*line, first.0, last.0)),
        Line::Vacant { .. } | Line::Listed(_) | Line::Arriving(_) => None,
    });
    let last = lines.iter().map(|line| match line {
        Line::Listed(entry) | Line::Arriving(entry) => entry.book.0,
        Line::Vacant { last, .. } => last.0,
    });
    let last = last.max().unwrap_or(0);
    let mut changes = Vec::new();
    match hole {
        Some((line, first, last)) => {
            changes.push(LineChange::Remove(line));
            changes.extend(vacant(first, slot - 1));
            changes.extend(vacant(slot + 1, last));
        }
        None if slot > last => changes.extend(vacant(last + 1, slot - 1)),
        None => return None,
    }
    changes.push(LineChange::Put(Line::Arriving(entry)));
    Some(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(slot: i64) -> BookEntry {
        BookEntry {
            book: BookKey(slot),
            id: DocumentId::new(7, slot as u64),
        }
    }

    fn vacant(first: i64, last: i64) -> Line {
        Line::Vacant {
            first: BookKey(first),
            last: BookKey(last),
        }
    }

    #[test]
    fn slots_that_are_passed_over_are_noted_and_can_be_taken_later() {
        let put = LineChange::Put;
        let arriving = put(Line::Arriving(entry(5)));
        assert_eq!(places(&[], entry(1)), Some(vec![put(Line::Arriving(entry(1)))]));
        assert_eq!(places(&[], entry(5)), Some(vec![put(vacant(1, 4)), arriving]));
        assert_eq!(places(&[Line::Listed(entry(4))], entry(5)), Some(vec![arriving]));
        let hole = [vacant(3, 8), Line::Listed(entry(9))];
        let split = vec![
            LineChange::Remove(hole[0]),
            put(vacant(3, 4)),
            put(vacant(6, 8)),
            arriving,
        ];
        assert_eq!(places(&hole, entry(5)), Some(split));
        let hole = [vacant(5, 5), Line::Listed(entry(9))];
        assert_eq!(
            places(&hole, entry(5)),
            Some(vec![LineChange::Remove(hole[0]), arriving])
        );
        assert_eq!(places(&[Line::Listed(entry(9))], entry(5)), None);
    }
}
