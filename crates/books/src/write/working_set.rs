//! What the writer knows of the books it works on, from one batch to the next.
//!
//! A book's head names its state exactly: every change is an event, every event moves the head, and its hash covers all events
//! before it. So what a batch knew of a book when it was done is still so for as long as the head, read under the lock of the next
//! unit of work, is the head that this batch left. If it is another (a second program wrote to the book) everything known of it is
//! forgotten. While a commit is on its way the store may be at any of the heads from the one before it on; what is known is of the
//! last of them. Deliberately absent: keeping anything of a batch that failed, and anything that grows with the book.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use quittance_accounting::identity::BookKey;
use quittance_accounting::record::{Change, RecordKey};
use quittance_accounting::snapshot::{Counters, Snapshot, Want};
use quittance_store::log::Event;
use quittance_store::{BookCommit, BookEntry, Head};

use super::sight::Sight;
use crate::failure::Failure;
use crate::source::zone;
use crate::view::BookView;

/// The most that is known of all books together, in records (see [`Snapshot::weight`]): a few thousand invoices with all that
/// hangs on them, in about 50 MiB. Beyond it all is forgotten at once, which costs the next batch what a first batch costs.
const MOST_KNOWN: usize = 128 * 1024;

/// After how many batches without another writer it is assumed that there is none. Where there is one, a batch that wrongly assumes
/// is decided for nothing, and two servers that are both busy with a book soon find each other.
const QUIET_ENOUGH: u32 = 4;

/// Where a group of commands that stand or fall together began, and how to get back there.
struct Mark {
    head: Head,
    events: usize,
    counters: Counters,
    /// What undoes each change, in the order in which the changes were made.
    inverse: Vec<Change>,
}

/// What a batch knows of one book.
pub(super) struct OpenBook {
    pub(super) opened: Option<BookEntry>,
    /// Where the store is known to be.
    stored: Head,
    /// Where commits on their way will take it, in order.
    on_the_way: VecDeque<Head>,
    pub(super) head: Head,
    pub(super) snapshot: Snapshot,
    pub(super) zone: TimeZone,
    pub(super) events: Vec<Event>,
    /// How many numbers the commands of the batch may take that were not looked at yet.
    pub(super) numbers: usize,
    mark: Option<Mark>,
    /// In how many batches in a row nobody else was found to have written to it.
    quiet: u32,
    /// The settings and the chart as answers show them: put together once, and anew after either may have changed.
    pub(super) view: Option<Arc<BookView>>,
}

impl OpenBook {
    /// A book at its head, with what was gathered of it.
    pub(super) fn at(head: Head, snapshot: Snapshot) -> OpenBook {
        OpenBook {
            opened: None,
            stored: head,
            on_the_way: VecDeque::new(),
            head,
            zone: zone_of(&snapshot),
            snapshot,
            events: Vec::new(),
            numbers: 0,
            mark: None,
            quiet: 0,
            view: None,
        }
    }

    /// Nobody else had written to it since the batch before.
    pub(super) fn is_quiet(&mut self) {
        self.quiet = self.quiet.saturating_add(1);
    }

    /// Whether it can be taken to be at its head without a look: the database has the last word, and a batch that was wrong is run
    /// again.
    pub(super) fn can_be_assumed(&self) -> bool {
        self.quiet >= QUIET_ENOUGH
    }

    /// Gathers what is wanted.
    pub(super) async fn gather(
        &mut self,
        sight: &mut Sight<'_, '_>,
        key: BookKey,
        wants: &[Want],
    ) -> Result<(), Failure> {
        sight.gather(key, wants, self).await?;
        self.gathered(wants);
        Ok(())
    }

    /// Takes in that this was gathered.
    pub(super) fn gathered(&mut self, wants: &[Want]) {
        if wants.contains(&Want::Chart) {
            self.view = None;
        }
    }

    pub(super) fn view(&mut self, key: BookKey) -> Option<Arc<BookView>> {
        if self.view.is_none() {
            self.view = crate::extract::book(key, &self.snapshot).map(Arc::new);
        }
        self.view.clone()
    }

    /// From here on changes can be rolled back.
    pub(super) fn mark(&mut self) {
        self.mark = Some(Mark {
            head: self.head,
            events: self.events.len(),
            counters: self.snapshot.counters(),
            inverse: Vec::new(),
        });
    }

    /// What was done since the mark stays.
    pub(super) fn forget_mark(&mut self) {
        self.mark = None;
    }

    /// Puts everything back to where the mark was set, if one is.
    pub(super) fn roll_back(&mut self) {
        let Some(mark) = self.mark.take() else { return };
        let inverse: Vec<Change> = mark.inverse.into_iter().rev().collect();
        self.apply(&inverse);
        self.snapshot.set_counters(mark.counters);
        self.head = mark.head;
        self.events.truncate(mark.events);
    }

    pub(super) fn apply(&mut self, changes: &[Change]) {
        if let Some(mark) = &mut self.mark {
            // One after the other: a later change of the same record is undone first.
            for change in changes {
                let key = change.key();
                mark.inverse.push(match self.snapshot.tables().get(&key) {
                    Some(record) => Change::Put(record),
                    None => Change::Remove(key),
                });
                self.snapshot.apply(std::slice::from_ref(change));
            }
        } else {
            self.snapshot.apply(changes);
        }
        let is_settings = |change: &Change| matches!(change.key(), RecordKey::Settings(()));
        let is_shown = |change: &Change| is_settings(change) || matches!(change.key(), RecordKey::Account(_));
        if changes.iter().any(is_shown) {
            self.view = None;
            self.zone = zone_of(&self.snapshot);
        }
    }

    /// The head that the next commit starts from.
    pub(super) fn head_before(&self) -> Head {
        self.on_the_way.back().copied().unwrap_or(self.stored)
    }

    /// What there is to commit, if anything. From now on the book is as it will be after that commit, which is on its way.
    pub(super) fn take_commit(&mut self, key: BookKey) -> Option<BookCommit> {
        if self.events.is_empty() {
            return None;
        }
        self.head.counters = self.snapshot.counters();
        let head_before = self.head_before();
        self.on_the_way.push_back(self.head);
        let (net, deltas) = self.snapshot.take_net();
        Some(BookCommit {
            book: key,
            opened: self.opened.take(),
            head_before,
            head_after: self.head,
            net,
            deltas,
            events: std::mem::take(&mut self.events),
        })
    }

    /// Takes in that the store was seen at this head. False when the book was never there: somebody else wrote to it.
    pub(super) fn passed(&mut self, head: &Head) -> bool {
        if self.stored == *head {
            return true;
        }
        let Some(at) = self.on_the_way.iter().position(|after| after == head) else {
            return false;
        };
        self.on_the_way.drain(..=at).for_each(|_| self.snapshot.landed());
        self.stored = *head;
        true
    }

    /// The settings and the chart with the head that they are of, if answers may show them.
    pub(super) fn shown(&self) -> Option<(Head, Arc<BookView>)> {
        let view = self.view.as_ref().filter(|_| self.snapshot.has(&Want::Chart))?;
        Some((self.head, Arc::clone(view)))
    }
}

fn zone_of(snapshot: &Snapshot) -> TimeZone {
    snapshot
        .settings()
        .map(|settings| zone(&settings.zone))
        .unwrap_or(TimeZone::UTC)
}

/// The settings and charts of books as last seen, each with the head that names the state it is of: whoever reads that head
/// need not read the chart. The writer puts the newest here before it answers.
#[derive(Debug, Default)]
pub(crate) struct ShownBooks(Mutex<BTreeMap<BookKey, (Head, Arc<BookView>)>>);

/// The most books that are shown from memory; beyond it all are forgotten.
const MOST_SHOWN: usize = 1024;

impl ShownBooks {
    /// A book as of this head, if that is known.
    pub(crate) fn at(&self, key: BookKey, head: &Head) -> Option<Arc<BookView>> {
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, view) = shown.get(&key)?;
        (known == head).then(|| Arc::clone(view))
    }

    /// Takes in a book as of a head.
    pub(crate) fn put(&self, key: BookKey, head: Head, view: Arc<BookView>) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() >= MOST_SHOWN {
            shown.clear();
        }
        shown.insert(key, (head, view));
    }
}

/// What is known of the books between two batches. Whoever works on a book takes what is known of it out meanwhile.
pub(super) struct WorkingSets {
    books: Mutex<BTreeMap<BookKey, OpenBook>>,
    shown: Arc<ShownBooks>,
}

impl std::fmt::Debug for WorkingSets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkingSets").finish_non_exhaustive()
    }
}

impl WorkingSets {
    /// Nothing known yet.
    pub(super) fn new(shown: Arc<ShownBooks>) -> WorkingSets {
        WorkingSets {
            books: Mutex::default(),
            shown,
        }
    }

    /// Where books are shown from.
    pub(super) fn shown(&self) -> &Arc<ShownBooks> {
        &self.shown
    }

    fn books(&self) -> MutexGuard<'_, BTreeMap<BookKey, OpenBook>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out what is known of a book. It is so if the book is still at the head that it was left at.
    pub(super) fn take(&self, key: BookKey) -> Option<OpenBook> {
        self.books().remove(&key)
    }

    /// Whether a book is known and nobody else is believed to write to it.
    pub(super) fn is_quiet(&self, key: BookKey) -> bool {
        self.books().get(&key).is_some_and(OpenBook::can_be_assumed)
    }

    /// Keeps what a batch knew when all of it is committed.
    pub(super) fn keep(&self, mut books: BTreeMap<BookKey, OpenBook>) {
        for (key, book) in &mut books {
            let head = book.head;
            book.passed(&head);
            if let Some((head, view)) = book.shown() {
                self.shown.put(*key, head, view);
            }
        }
        self.keep_for_now(books);
        if self.are_full() {
            self.forget();
        }
    }

    /// Keeps what a batch knew while its commit is on its way.
    pub(super) fn keep_for_now(&self, books: BTreeMap<BookKey, OpenBook>) {
        self.books().extend(books);
    }

    /// Takes in that a commit took a book to this head.
    pub(super) fn landed(&self, key: BookKey, head: &Head) {
        if let Some(book) = self.books().get_mut(&key) {
            book.passed(head);
        }
    }

    /// Whether more is known than should be kept.
    pub(super) fn are_full(&self) -> bool {
        self.books().values().map(|book| book.snapshot.weight()).sum::<usize>() > MOST_KNOWN
    }

    /// Forgets everything: while a commit is on its way, only together with it.
    pub(super) fn forget(&self) {
        self.books().clear();
    }
}
