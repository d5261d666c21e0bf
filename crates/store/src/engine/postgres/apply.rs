//! Commits: one statement per table and manner, each with the number of rows it must touch.
//!
//! The first write moves the head on, and only from where the unit of work took it to be. That takes hold of the book too, so that a
//! unit that knows what it builds on need not have locked it before. Mostly all of it is one statement (`whole.rs`). Else the writes
//! go in one flight and the commit on another of its own: when it is sent, the session is known to hold the book, so that whoever
//! asks later what became of it, holding the book, is told something final.

use deadpool_postgres::Client;
use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::Deltas;
use quittance_accounting::snapshot::NetChange;

use super::cells::{Argument, Call, commit_failed, fly, one_flight};
use super::texts::{Form, Text, Texts};
use super::whole;
use crate::beside::{BALANCE, EVENT, TALLY, balance_cells, event_cells, head_cells, line_cells, tally_row};
use crate::engine::{Arrival, BookCommit, Line, LineChange};
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::tables::{TABLES, cells_of, key_cells, table_of};

const DOING: &str = "writing rows";

/// A timeout of a statement must not end the wait of a commit: PostgreSQL would answer that it is durable before a standby that
/// it waits for has it.
const TAKE_TIME: &str = "set local statement_timeout = 0";

const COMMIT: &str = "commit";

/// Commits what was written, durably.
pub(super) async fn commit(client: &Client) -> Result<(), StoreError> {
    client.batch_execute(COMMIT).await.map_err(commit_failed)
}

/// What became of a commit that was carried out as one statement.
pub(super) enum Outcome {
    /// It is durable.
    Committed,
    /// The head was not where it was taken to be: nothing is written.
    Moved,
    /// Nothing is written: it must be carried out part by part. Either the engine does not know how to carry such a statement out, or
    /// a part touched fewer rows than it must, and only by itself it tells which.
    Apart,
}

/// What a commit says, as writes.
pub(super) fn of_commit<'a>(texts: &'a Texts, commit: &BookCommit) -> Result<Writing<'a>, StoreError> {
    let mut writing = Writing::of(commit.book);
    writing.book(texts, commit)?;
    Ok(writing)
}

/// Writes everything that a step of moving a book here says.
pub(super) async fn arrive(client: &Client, texts: &Texts, arrival: &Arrival) -> Result<(), StoreError> {
    let mut writing = Writing::of(arrival.book);
    for change in &arrival.lines {
        let (sql, line) = match change {
            LineChange::Put(line) => (&texts.put_line, *line),
            LineChange::Remove(line) => (&texts.remove_line, *line),
            LineChange::List(entry) => (&texts.list_book, Line::Arriving(*entry)),
        };
        writing.cells("directory", Sql::Text(sql), line_cells(&line).to_vec());
    }
    writing.many(
        "event",
        &texts.events,
        EVENT.columns.len(),
        arrival.events.iter().map(event_cells),
    );
    writing.net(texts, &arrival.net)?;
    writing.deltas(texts, &arrival.deltas);
    if let Some(head) = &arrival.head {
        writing.one("head", Sql::Text(&texts.head), head_cells(head));
    }
    writing.carry_out(client, None).await
}

/// The statement of a write.
#[derive(Clone, Copy, Debug)]
enum Sql<'a> {
    /// That is always by itself.
    Text(&'a str),
    Form(&'a Form),
}

/// A write.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) table: &'static str,
    sql: Sql<'a>,
    /// The book first.
    pub(super) arguments: Vec<Argument>,
    /// How many rows it must touch, and how many come before the last of them.
    pub(super) rows: usize,
    pub(super) before_last: Argument,
}

impl<'a> Part<'a> {
    /// Its form, if it can be a part of a larger statement.
    pub(super) fn form(&self) -> Option<&'a Form> {
        match self.sql {
            Sql::Form(form) => Some(form),
            Sql::Text(_) => None,
        }
    }

    fn alone(&self) -> &'a str {
        match self.sql {
            Sql::Form(form) => &form.alone,
            Sql::Text(sql) => sql,
        }
    }
}

/// Writes on one book, in order.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    book: Argument,
    parts: Vec<Part<'a>>,
    /// How many of them take hold of the book, for which nobody waits for ever; the others may take their time.
    holding: usize,
}

impl<'a> Writing<'a> {
    fn of(book: BookKey) -> Writing<'a> {
        Writing {
            book: Argument::One(Cell::Int(book.0)),
            parts: Vec::new(),
            holding: 0,
        }
    }

    pub(super) fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// Sends everything in one flight and checks what it touched. `begin` is given when the unit of work begins with it.
    pub(super) async fn carry_out(self, client: &Client, begin: Option<&'static str>) -> Result<(), StoreError> {
        let expected: Vec<(&'static str, usize)> = self.parts.iter().map(|part| (part.table, part.rows)).collect();
        let call = |part: Part<'a>| Call {
            sql: part.alone(),
            arguments: part.arguments,
        };
        let mut calls: Vec<Call<'_>> = self.parts.into_iter().map(call).collect();
        let take_time = Call {
            sql: TAKE_TIME,
            arguments: Vec::new(),
        };
        calls.insert(self.holding, take_time);
        let (mut said, failed) = fly(client, begin, &calls, DOING).await;
        if said.len() > self.holding {
            said.remove(self.holding);
        }
        for (said, (table, expected)) in said.iter().zip(expected) {
            let found = usize::try_from(said.count).unwrap_or(usize::MAX);
            if found != expected {
                return Err(StoreError::RowCount { table, expected, found });
            }
        }
        // A write that touched too few rows may be why a later one failed.
        failed.map_or(Ok(()), Err)
    }

    /// Carries everything out as one statement and commits it: by itself, or, in a unit that has begun and holds the book, in one
    /// flight with the commit. Either way what PostgreSQL says last is said after it is durable.
    pub(super) async fn carry_out_whole(&self, client: &Client, sql: &str, begun: bool) -> Result<Outcome, StoreError> {
        let arguments = whole::arguments(&self.book, &self.parts);
        let around: &[&'static str] = if begun { &[TAKE_TIME, COMMIT] } else { &[] };
        match one_flight(client, sql, &arguments, around, DOING).await {
            Ok(None) => Ok(Outcome::Apart),
            Ok(Some(0)) => Ok(Outcome::Moved),
            Ok(Some(_)) => Ok(Outcome::Committed),
            Err(error) if whole::misses(&error) => Ok(Outcome::Apart),
            Err(error) => Err(error),
        }
    }

    fn one(&mut self, table: &'static str, sql: Sql<'a>, mut cells: Vec<Cell>) {
        if let Argument::One(book) = &self.book {
            cells.insert(0, book.clone());
        }
        self.cells(table, sql, cells);
    }

    /// A statement on one row, the book among its cells.
    fn cells(&mut self, table: &'static str, sql: Sql<'a>, cells: Vec<Cell>) {
        let arguments = cells.into_iter().map(Argument::One).collect();
        self.part(table, sql, arguments, 1);
    }

    fn part(&mut self, table: &'static str, sql: Sql<'a>, arguments: Vec<Argument>, rows: usize) {
        self.parts.push(Part {
            table,
            sql,
            arguments,
            rows,
            before_last: Argument::One(Cell::Int(rows as i64 - 1)),
        });
    }

    /// Rows of as many cells each: one as it is, several turned into arrays.
    fn many(&mut self, table: &'static str, text: &'a Text, width: usize, mut rows: impl Iterator<Item = Vec<Cell>>) {
        let Some(first) = rows.next() else { return };
        let mut arguments = vec![self.book.clone()];
        let Some(second) = rows.next() else {
            arguments.extend(first.into_iter().map(Argument::One));
            return self.part(table, Sql::Form(&text.one), arguments, 1);
        };
        let mut columns = vec![Vec::new(); width];
        let mut count = 0;
        for row in [first, second].into_iter().chain(rows) {
            count += 1;
            for (column, cell) in columns.iter_mut().zip(row) {
                column.push(cell);
            }
        }
        arguments.extend(columns.into_iter().map(Argument::Many));
        self.part(table, Sql::Form(&text.many), arguments, count);
    }

    fn book(&mut self, texts: &'a Texts, commit: &BookCommit) -> Result<(), StoreError> {
        let mut head = head_cells(&commit.head_after);
        if let Some(entry) = commit.opened {
            self.one("head", Sql::Text(&texts.head), head);
            self.one("directory", Sql::Text(&texts.directory), vec![entry.id.cell()]);
        } else {
            head.extend([commit.head_before.seq.cell(), commit.head_before.hash.cell()]);
            self.one("head", Sql::Form(&texts.head_on), head);
        }
        self.holding = self.parts.len();
        self.many(
            "event",
            &texts.events,
            EVENT.columns.len(),
            commit.events.iter().map(event_cells),
        );
        self.net(texts, &commit.net)?;
        self.deltas(texts, &commit.deltas);
        Ok(())
    }

    fn deltas(&mut self, texts: &'a Texts, deltas: &Deltas) {
        let balances = deltas
            .balances
            .iter()
            .map(|(key, sum)| balance_cells(key, *sum).to_vec());
        self.many("balance", &texts.balances, BALANCE.columns.len(), balances);
        let tallies = deltas
            .tallies
            .iter()
            .map(|(key, tally)| tally_row(key, *tally).to_vec());
        self.many("tally", &texts.tallies, TALLY.columns.len(), tallies);
    }

    /// Removals go first and new rows last: what a removed row was named by may name a new one.
    fn net(&mut self, texts: &'a Texts, net: &[NetChange]) -> Result<(), StoreError> {
        for table in TABLES {
            let gone = net.iter().filter_map(|change| match change {
                NetChange {
                    before: Some(before),
                    after: None,
                } if table_of(before).name == table.name => Some(key_cells(&before.key())),
                _ => None,
            });
            self.many(table.name, &texts.writes(table)?.delete, table.keys, gone);
        }
        for table in TABLES {
            let changed = net.iter().filter_map(|change| match change {
                NetChange {
                    before: Some(_),
                    after: Some(after),
                } if table_of(after).name == table.name => Some(cells_of(after)),
                _ => None,
            });
            self.many(table.name, &texts.writes(table)?.update, table.columns.len(), changed);
        }
        for table in TABLES {
            let new = net.iter().filter_map(|change| match change {
                NetChange {
                    before: None,
                    after: Some(after),
                } if table_of(after).name == table.name => Some(cells_of(after)),
                _ => None,
            });
            self.many(table.name, &texts.writes(table)?.insert, table.columns.len(), new);
        }
        Ok(())
    }
}
