//! Changes made anew: what is made of something that was read is refused when somebody else was faster, and then made once more.
//!
//! The first try is free, so changes of different things go along in one commit. Whoever was overtaken waits in the line of the book and
//! tries again when it is their turn; of a crowd that changes one thing each then tries twice or a little more often, and not as often as
//! there are others. The line is of one server: what another one writes to the same book overtakes once in a while, and is what the
//! further tries are for. Deliberately absent: what a change is, and what tells that it was overtaken.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use quittance_accounting::identity::BookKey;
use tokio::sync::{Mutex as Line, OwnedMutexGuard};
use tokio::time::timeout;

use crate::books::Books;

/// How often a change is made anew at most. Only writers beside the line overtake whoever is at its head, and none of them always.
const MOST_TRIES: usize = 100;

/// How long anybody waits for their turn: whoever is at the head may be waiting for a database that is not there.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The lines of the books in which somebody waits.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<BTreeMap<BookKey, Weak<Line<()>>>>);

impl Lines {
    fn of(&self, book: BookKey) -> Arc<Line<()>> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&book).and_then(Weak::upgrade) {
            return line;
        }
        lines.retain(|_, line| line.strong_count() > 0);
        let line = Arc::new(Line::new(()));
        lines.insert(book, Arc::downgrade(&line));
        line
    }
}

/// The tries of one change. One at a time: whoever holds a place in a line must not wait for another in the same.
#[derive(Debug)]
pub struct Tries<'b> {
    lines: &'b Lines,
    book: BookKey,
    made: usize,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Tries<'_> {
    /// Whether there is another try, once it is its turn.
    pub async fn another(&mut self) -> bool {
        self.made += 1;
        if self.made > 1 && self.turn.is_none() {
            self.turn = timeout(LONGEST_WAIT, self.lines.of(self.book).lock_owned()).await.ok();
        }
        self.made <= MOST_TRIES
    }

    /// Whether somebody was faster: what was read for the first try is to be read anew.
    pub fn is_anew(&self) -> bool {
        self.made > 1
    }
}

impl Books {
    /// The tries of a change of something in a book.
    pub fn tries(&self, book: BookKey) -> Tries<'_> {
        Tries {
            lines: &self.lines,
            book,
            made: 0,
            turn: None,
        }
    }
}
