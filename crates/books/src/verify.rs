//! Checking a book against its own log.
//!
//! The log is the truth: [`Books::verify`] walks the chain from the first event, replays it into a complete snapshot, and
//! compares every row of the store with that. Everything is read from one consistent state, so a server may go on writing
//! meanwhile. What a log cannot say of itself, that it was rewritten or its end cut off, is found with a seq and hash that was
//! noted elsewhere. Deliberately absent: mending anything.

mod flaw;
mod rows;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;
use quittance_accounting::book::{Period, SealedReport};
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{BookKey, DocumentKind, DocumentRef};
use quittance_accounting::plan::{CreditEffect, EventKind, InvoiceEffect, Plan, Receipt};
use quittance_accounting::record::{Change, Record, RecordKey};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Snapshot;
use quittance_store::beside::{HEAD, head_cells};
use quittance_store::{Event, Head, Line, Reader, Replay, StoreError, codec};

use crate::books::Books;
use crate::failure::Failure;
use crate::reports::sealing;
use rows::Comparison;

pub use flaw::{ColumnDiffers, LogFlaw, ReceiptPart, RowFlaw, VerifyFlaw};

/// How many events are read at once: a body is a few kilobytes, so a page is about a megabyte, and the cost of asking for one is
/// small beside that of replaying it.
const PAGE: i64 = 512;

/// The most flaws that a verdict lists. Where a log was tampered with, one flaw can be found again in every row behind it.
pub const MOST_FLAWS: usize = 1000;

/// What a check of a book came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The book.
    pub book: BookKey,
    /// How many events were read.
    pub events: i64,
    /// Seq of the last event; 0 when there is none.
    pub seq: i64,
    /// Its hash: what to note elsewhere for a later check.
    pub hash: Digest,
    /// How many rows were compared with the log. Zero when the log cannot be replayed: then there is nothing to compare them with.
    pub rows: i64,
    /// What is wrong, the first bad record first: the log in order of seq, then head and directory, then table by table in order
    /// of key, then what is kept and what must add up. At most [`MOST_FLAWS`].
    pub flaws: Vec<VerifyFlaw>,
    /// How many flaws are not listed.
    pub more: usize,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.flaws.is_empty()
    }
}

/// Flaws found so far.
#[derive(Debug, Default)]
struct Found {
    flaws: Vec<VerifyFlaw>,
    more: usize,
}

impl Found {
    fn add(&mut self, flaw: impl Into<VerifyFlaw>) {
        if self.flaws.len() < MOST_FLAWS {
            self.flaws.push(flaw.into());
        } else {
            self.more += 1;
        }
    }
}

/// The flaw that a row that cannot be read is; every other failure of the store ends the check.
fn corrupt(error: StoreError) -> Result<RowFlaw, Failure> {
    match error {
        StoreError::CorruptRow {
            table,
            column,
            row,
            found,
        } => Ok(RowFlaw::RowCorrupt {
            table,
            column,
            key: row,
            found,
        }),
        other => Err(other.into()),
    }
}

/// The seq of an event that cannot be read, out of the text of its key.
fn seq_of(row: &str) -> Option<i64> {
    row.parse().ok()
}

/// The log, walked up to some event.
struct Walk {
    book: BookKey,
    expect: Option<(i64, Digest)>,
    events: i64,
    seq: i64,
    hash: Digest,
    recorded_at: Timestamp,
    /// Whether `hash` is that of the event before the next one: not after an event that is missing or unreadable.
    linked: bool,
    /// Whether every event so far could be replayed.
    replayed: bool,
    snapshot: Snapshot,
    /// Digests of the texts of deleted invoices, as they were recorded.
    buried: BTreeMap<DocumentRef, Digest>,
    found: Found,
}

impl Walk {
    fn new(book: BookKey, expect: Option<(i64, Digest)>) -> Walk {
        let head = Head::empty();
        Walk {
            book,
            expect,
            events: 0,
            seq: head.seq,
            hash: head.hash,
            recorded_at: head.recorded_at,
            linked: true,
            replayed: true,
            snapshot: Snapshot::complete(),
            buried: BTreeMap::new(),
            found: Found::default(),
        }
    }

    /// Walks to the end of the log, page by page.
    async fn walk(&mut self, reader: &Reader<'_>, progress: &mut impl FnMut(i64)) -> Result<(), Failure> {
        let (mut after, mut limit) = (i64::MIN, PAGE);
        loop {
            match reader.events(self.book, after, limit).await {
                Ok(page) => {
                    let Some(last) = page.last() else { break };
                    after = last.seq;
                    for event in &page {
                        self.event(reader, event).await?;
                    }
                    progress(self.events);
                }
                // Somewhere in this page is one that cannot be read: one by one up to it, and on behind it.
                Err(StoreError::CorruptRow { .. }) if limit > 1 => limit = 1,
                Err(error) => {
                    let Some(seq) = self.unreadable(error, after)? else {
                        break;
                    };
                    (after, limit) = (seq, PAGE);
                }
            }
        }
        if let Some((seq, _)) = self.expect.filter(|(seq, _)| *seq > 0) {
            let last = self.seq;
            self.found.add(LogFlaw::ExpectedMissing { seq, last });
        }
        Ok(())
    }

    /// Notes an event that cannot be read. Its seq, if it can be told and the log goes on behind it.
    fn unreadable(&mut self, error: StoreError, after: i64) -> Result<Option<i64>, Failure> {
        let RowFlaw::RowCorrupt { column, key, found, .. } = corrupt(error)? else {
            return Ok(None);
        };
        let seq = seq_of(&key).filter(|seq| *seq > after);
        self.found.add(LogFlaw::EventUnreadable { seq, column, found });
        self.replayed = false;
        self.linked = false;
        if let Some(seq) = seq {
            self.events += 1;
            self.seq = seq;
            if self.expect.is_some_and(|(expected, _)| expected == seq) {
                self.expect = None;
            }
        }
        Ok(seq)
    }

    async fn event(&mut self, reader: &Reader<'_>, event: &Event) -> Result<(), Failure> {
        let seq = event.seq;
        let next = self.seq.saturating_add(1);
        if seq != next {
            self.found.add(LogFlaw::EventMissing { seq: next, found: seq });
            self.replayed = false;
            self.linked = false;
        }
        if self.linked && event.prev_hash != self.hash {
            self.found.add(LogFlaw::ChainBroken {
                seq,
                expected: self.hash,
                found: event.prev_hash,
            });
        }
        let computed = event.computed_hash();
        if computed != event.hash {
            self.found.add(LogFlaw::HashWrong {
                seq,
                expected: computed,
                found: event.hash,
            });
        }
        if event.recorded_at < self.recorded_at {
            self.found.add(LogFlaw::TimeBackwards {
                seq,
                before: self.recorded_at,
                found: event.recorded_at,
            });
        }
        if let Some((expected, hash)) = self.expect.filter(|(expected, _)| *expected == seq) {
            self.expect = None;
            if hash != event.hash {
                self.found.add(LogFlaw::ExpectedDiffers {
                    seq: expected,
                    expected: hash,
                    found: event.hash,
                });
            }
        }
        self.events += 1;
        self.seq = seq;
        self.hash = event.hash;
        self.recorded_at = event.recorded_at;
        self.linked = true;
        self.replay(reader, event).await
    }

    async fn replay(&mut self, reader: &Reader<'_>, event: &Event) -> Result<(), Failure> {
        let seq = event.seq;
        let body = match codec::read_body(&event.body) {
            Ok(body) => body,
            Err(message) => {
                self.found.add(LogFlaw::BodyUnreadable { seq, message });
                self.replayed = false;
                return Ok(());
            }
        };
        if !self.replayed {
            return Ok(());
        }
        for period in newly_sealed(&body.changes, &self.snapshot) {
            self.sealed(reader, period).await?;
        }
        let part = match &body.receipt {
            Some(receipt) => self.receipt_before(event, receipt),
            None => {
                let with_receipt = [EventKind::InvoiceDeleted, EventKind::CreditNoteDeleted];
                with_receipt.contains(&event.kind).then_some(ReceiptPart::All)
            }
        };
        self.bury(&body.changes);
        self.snapshot.apply(&body.changes);
        self.snapshot.settle();
        let part = part.or_else(|| body.receipt.as_ref().and_then(|receipt| self.receipt_after(receipt)));
        if let Some(part) = part {
            self.found.add(LogFlaw::ReceiptDiffers { seq, part });
        }
        Ok(())
    }

    /// Makes the reports of a period that is being sealed again, from the records as they were, and compares; so with the hash of the
    /// last event that they know of.
    async fn sealed(&mut self, log: &Reader<'_>, period: &Period) -> Result<(), Failure> {
        if let Some(seal) = &period.seal {
            let known = log.events(self.book, seal.known_seq - 1, 1).await?;
            let known = known.iter().find(|event| event.seq == seal.known_seq);
            let expected = known.map(|event| event.hash);
            if expected != Some(seal.known_hash) {
                self.found.add(LogFlaw::SealDiffers {
                    seq: period.closing,
                    report: "end of the log".to_owned(),
                    expected,
                    found: Some(seal.known_hash),
                });
            }
        }
        let chart = sealing::chart(self.snapshot.tables());
        let replay = Replay::over(self.book, std::mem::take(&mut self.snapshot));
        let reader = replay.into_reader();
        let made = sealing::reports(&reader, self.book, chart, period).await;
        // The reader is this one's own: its records come back.
        self.snapshot = Replay::out_of(reader, self.book).ok_or(Failure::Unavailable)?;
        let made = match made {
            // Without a chart there are no reports: then none is what was sealed.
            Err(Failure::Flawed(_)) => Vec::new(),
            made => made?,
        };
        for (report, expected, found) in differing(period, &made) {
            let seq = period.closing;
            self.found.add(LogFlaw::SealDiffers {
                seq,
                report,
                expected,
                found,
            });
        }
        Ok(())
    }

    /// Remembers the digests of the texts of invoices and credit notes that go: their tombstones may keep them.
    fn bury(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Remove(RecordKey::Invoice(key)) => {
                    if let Some(invoice) = self.snapshot.tables().invoices.get(key) {
                        self.buried.insert((*key).into(), invoice.content);
                    }
                }
                Change::Remove(RecordKey::CreditNote(key)) => {
                    if let Some(note) = self.snapshot.tables().credit_notes.get(key) {
                        self.buried.insert((*key).into(), note.content);
                    }
                }
                Change::Remove(RecordKey::Tombstone(document)) => {
                    self.buried.remove(document);
                }
                Change::Put(_) | Change::Remove(_) => {}
            }
        }
    }

    /// Compares a receipt with what stood before the delete: the entries that it withdrew, and the balances it moved.
    fn receipt_before(&self, event: &Event, receipt: &Receipt) -> Option<ReceiptPart> {
        for entry in &receipt.withdrawn {
            let key = entry.entry().key;
            if self.snapshot.journal_entry(key).as_ref() != Ok(entry) {
                return Some(ReceiptPart::Entry(key));
            }
        }
        let mut again = Plan {
            kind: event.kind,
            subject: event.subject,
            changes: Vec::new(),
            receipt: Some(receipt.clone()),
        };
        again.fill_balances(&self.snapshot);
        let expected = again.receipt.map(|again| again.balances).unwrap_or_default();
        let longest = expected.len().max(receipt.balances.len());
        (0..longest)
            .map(|at| (expected.get(at).copied(), receipt.balances.get(at).copied()))
            .find(|(expected, found)| expected != found)
            .map(|(expected, found)| ReceiptPart::Balance { expected, found })
    }

    /// Compares a receipt with what the delete left of payments, credit notes and invoices.
    fn receipt_after(&self, receipt: &Receipt) -> Option<ReceiptPart> {
        let differs =
            receipt
                .payments
                .iter()
                .find(|effect| match self.snapshot.tables().payments.get(&effect.payment) {
                    Some(payment) => {
                        (payment.amount, payment.unallocated) != (effect.amount_after, effect.unallocated_after)
                    }
                    None => !effect.amount_after.is_zero() || !effect.unallocated_after.is_zero(),
                });
        let left = |effect: &&CreditEffect| {
            let credit = self.snapshot.tables().payments.get(&effect.credit_note.credit());
            credit.map(|credit| credit.unallocated) != Some(effect.left_after)
        };
        let open = |effect: &&InvoiceEffect| {
            let invoice = self.snapshot.tables().invoices.get(&effect.invoice);
            invoice.map(|invoice| invoice.open()) != Some(effect.open_after)
        };
        let payment = differs.map(|effect| ReceiptPart::Payment(effect.payment));
        let credit = receipt.credits.iter().find(left);
        let invoice = receipt.invoices.iter().find(open);
        payment
            .or(credit.map(|effect| ReceiptPart::CreditNote(effect.credit_note)))
            .or(invoice.map(|effect| ReceiptPart::Invoice(effect.invoice)))
    }

    /// Compares the head with where the log ends.
    fn head(&mut self, head: Option<Head>) {
        let Some(head) = head else {
            return self.found.add(RowFlaw::HeadMissing);
        };
        let expected = Head {
            seq: self.seq,
            hash: self.hash,
            recorded_at: self.recorded_at,
            counters: if self.replayed {
                self.snapshot.counters()
            } else {
                head.counters
            },
        };
        let cells = head_cells(&expected).into_iter().zip(head_cells(&head));
        for (column, (expected, found)) in HEAD.columns.iter().zip(cells) {
            if expected != found {
                self.found.add(RowFlaw::HeadDiffers {
                    column,
                    expected: expected.to_string(),
                    found: found.to_string(),
                });
            }
        }
    }
}

impl Books {
    /// Checks a book: its log, and every row of the store against a replay of it. `expect` is the seq and the hash of an event as
    /// they were noted elsewhere, from a receipt or an earlier verdict. `progress` is told how many events are done, of how many.
    pub async fn verify(
        &self,
        book: BookKey,
        expect: Option<(i64, Digest)>,
        progress: impl FnMut(i64, i64),
    ) -> Result<Verdict, Failure> {
        let reader = self.store.reader().await?;
        let head = reader.head(book).await;
        self.check(&reader, Walk::new(book, expect), head, true, progress).await
    }

    /// Checks a book that is on its way to this store, as if its head were there already.
    pub(crate) async fn verify_arriving(
        &self,
        book: BookKey,
        head: Head,
        progress: impl FnMut(i64, i64),
    ) -> Result<Verdict, Failure> {
        let reader = self.store.reader().await?;
        let walk = Walk::new(book, Some((head.seq, head.hash)));
        self.check(&reader, walk, Ok(Some(head)), false, progress).await
    }

    async fn check(
        &self,
        reader: &Reader<'_>,
        mut walk: Walk,
        head: Result<Option<Head>, StoreError>,
        listed: bool,
        mut progress: impl FnMut(i64, i64),
    ) -> Result<Verdict, Failure> {
        let book = walk.book;
        let of = head.as_ref().ok().and_then(Option::as_ref).map_or(0, |head| head.seq);
        walk.walk(reader, &mut |done| progress(done, of.max(done))).await?;
        match head {
            Ok(None) if walk.events == 0 => {
                let kind = DocumentKind::Book;
                return Err(Refusal::NotFound { kind }.into());
            }
            Ok(head) => walk.head(head),
            Err(error) => walk.found.add(corrupt(error)?),
        }
        if listed {
            self.verify_directory(reader, &mut walk).await?;
        }
        let mut rows = 0;
        if walk.replayed {
            let comparison = Comparison {
                reader,
                book,
                tables: walk.snapshot.tables(),
                buried: &walk.buried,
            };
            rows = comparison.run(&mut walk.found).await?;
            // Where a row is wrong already, what is made of it is wrong too and says nothing new.
            if walk.found.flaws.is_empty() {
                verify_seals(reader, &mut walk).await?;
            }
        }
        Ok(Verdict {
            book,
            events: walk.events,
            seq: walk.seq,
            hash: walk.hash,
            rows,
            flaws: walk.found.flaws,
            more: walk.found.more,
        })
    }

    /// Compares the book's line in the directory with its settings.
    async fn verify_directory(&self, reader: &Reader<'_>, walk: &mut Walk) -> Result<(), Failure> {
        let directory = match reader.directory().await {
            Ok(directory) => directory,
            Err(error) => {
                walk.found.add(corrupt(error)?);
                return Ok(());
            }
        };
        match directory.iter().find(|entry| entry.book == walk.book) {
            None => walk.found.add(RowFlaw::DirectoryMissing),
            Some(entry) => {
                if let Some(settings) = walk.snapshot.tables().settings.get(&())
                    && settings.id != entry.id
                {
                    walk.found.add(RowFlaw::DirectoryDiffers {
                        expected: settings.id,
                        found: entry.id,
                    });
                }
            }
        }
        Ok(())
    }

    /// Checks every book, one after the other. Slots are given without holes but for those that the directory says were passed
    /// over, so a book that is no longer in the directory is found as long as a later one is, or as long as it has a head or
    /// events. A book that is on its way here is not checked: nobody is served from it.
    pub async fn verify_all(&self, mut progress: impl FnMut(BookKey, i64, i64)) -> Result<Vec<Verdict>, Failure> {
        let listed = match self.directory().await {
            // Checking a book names the line that cannot be read.
            Err(Failure::Store(StoreError::CorruptRow { .. })) => Vec::new(),
            listed => listed?,
        };
        let lines = match self.store.reader().await?.lines().await {
            Err(StoreError::CorruptRow { .. }) => Vec::new(),
            lines => lines?,
        };
        let last = listed.iter().map(|entry| entry.book).max().unwrap_or(BookKey(0));
        let mut verdicts = Vec::new();
        let mut next = BookKey(1);
        loop {
            let book = next;
            next = BookKey(book.0 + 1);
            if let Some(last) = passed_over(&lines, book) {
                next = BookKey(last.0 + 1);
                continue;
            }
            match self.verify(book, None, |done, of| progress(book, done, of)).await {
                Ok(verdict) => verdicts.push(verdict),
                Err(Failure::Refused(_)) if book > last => break,
                Err(Failure::Refused(_)) => verdicts.push(absent(book, listed.iter().any(|entry| entry.book == book))),
                Err(failure) => return Err(failure),
            }
        }
        Ok(verdicts)
    }
}

/// The periods that an event seals.
fn newly_sealed<'a>(changes: &'a [Change], before: &Snapshot) -> Vec<&'a Period> {
    let sealed = |change: &'a Change| match change {
        Change::Put(Record::Period(period)) => {
            let known = before.tables().periods.get(&period.closing);
            (period.seal.is_some() && known.is_none_or(|known| known.seal.is_none())).then_some(period.as_ref())
        }
        Change::Put(_) | Change::Remove(_) => None,
    };
    changes.iter().filter_map(sealed).collect()
}

/// The reports whose digest in the seal is not that of the report made again; one that is in only one of both has no digest there.
fn differing(period: &Period, made: &[SealedReport]) -> Vec<(String, Option<Digest>, Option<Digest>)> {
    let sealed = period.seal.as_ref().map_or(&[][..], |seal| &seal.reports);
    let of = |reports: &[SealedReport], name: &str| reports.iter().find(|r| r.name == name).map(|r| r.digest);
    let mut names: Vec<&String> = sealed.iter().chain(made).map(|report| &report.name).collect();
    names.sort();
    names.dedup();
    let both = names
        .into_iter()
        .map(|name| (name.clone(), of(made, name), of(sealed, name)));
    both.filter(|(_, made, sealed)| made != sealed).collect()
}

/// Makes the reports of every seal that holds again, from the store as it is now, and compares.
async fn verify_seals(reader: &Reader<'_>, walk: &mut Walk) -> Result<(), Failure> {
    let chart = sealing::chart(walk.snapshot.tables());
    let periods = walk.snapshot.tables().periods.values();
    for period in periods.filter(|period| period.seal.is_some() && period.reopened.is_none()) {
        let made = sealing::reports(reader, walk.book, chart.clone(), period).await?;
        for (report, expected, found) in differing(period, &made) {
            walk.found.add(RowFlaw::SealedReportDiffers {
                closing: period.closing,
                report,
                expected,
                found,
            });
        }
    }
    Ok(())
}

/// The last of the slots from this one on of which the directory says that no book is there to check.
fn passed_over(lines: &[Line], book: BookKey) -> Option<BookKey> {
    lines.iter().find_map(|line| match line {
        Line::Arriving(entry) => (entry.book == book).then_some(book),
        Line::Vacant { first, last } => (*first <= book && book <= *last).then_some(*last),
        Line::Listed(_) => None,
    })
}

/// The verdict on a book that must be there and of which nothing is there but, at most, its line in the directory.
fn absent(book: BookKey, listed: bool) -> Verdict {
    let mut flaws: Vec<VerifyFlaw> = vec![RowFlaw::HeadMissing.into()];
    flaws.extend((!listed).then_some(RowFlaw::DirectoryMissing.into()));
    Verdict {
        book,
        events: 0,
        seq: 0,
        hash: Digest::default(),
        rows: 0,
        flaws,
        more: 0,
    }
}
