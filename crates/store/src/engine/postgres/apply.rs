//! Commits: one statement per table and manner, all in one flight, each with the number of rows it must touch; then the commit.
//!
//! The first write moves the head on, and only from where the unit of work took it to be. That takes hold of the book too, so that a
//! unit that knows what it builds on need not have locked it before. The commit goes on a flight of its own: when it is sent, the
//! session is known to hold the book, so that whoever asks later what became of it, holding the book, is told something final.

use deadpool_postgres::Client;
use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::Deltas;
use quittance_accounting::snapshot::NetChange;

use super::cells::{Argument, Call, commit_failed, fly};
use super::texts::{Text, Texts};
use crate::beside::{BALANCE, EVENT, TALLY, balance_cells, event_cells, head_cells, line_cells, tally_row};
use crate::engine::{Arrival, BookCommit, Line, LineChange};
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::tables::{TABLES, cells_of, key_cells, table_of};

/// A timeout of a statement must not end the wait of a commit: PostgreSQL would answer that it is durable before a standby that
/// it waits for has it.
const TAKE_TIME: &str = "set local statement_timeout = 0";

/// Commits what was written, durably.
pub(super) async fn commit(client: &Client) -> Result<(), StoreError> {
    client.batch_execute("commit").await.map_err(commit_failed)
}

/// Writes everything that a commit says. `begin` is given when the unit of work begins with it.
pub(super) async fn write(
    client: &Client,
    begin: Option<&'static str>,
    texts: &Texts,
    commit: &BookCommit,
) -> Result<(), StoreError> {
    let mut writing = Writing::of(commit.book);
    writing.book(texts, commit)?;
    writing.carry_out(client, begin).await
}

/// Writes everything that a step of moving a book here says.
pub(super) async fn arrive(client: &Client, texts: &Texts, arrival: &Arrival) -> Result<(), StoreError> {
    let mut writing = Writing::of(arrival.book);
    writing.take_time();
    for change in &arrival.lines {
        let (sql, line) = match change {
            LineChange::Put(line) => (&texts.put_line, *line),
            LineChange::Remove(line) => (&texts.remove_line, *line),
            LineChange::List(entry) => (&texts.list_book, Line::Arriving(*entry)),
        };
        writing.cells("directory", sql, line_cells(&line).to_vec());
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
        writing.one("head", &texts.head, head_cells(head));
    }
    writing.carry_out(client, None).await
}

struct Writing<'a> {
    book: Argument,
    calls: Vec<Call<'a>>,
    /// Of each call: the table, and how many rows it must touch.
    expected: Vec<(&'static str, usize)>,
}

impl<'a> Writing<'a> {
    fn of(book: BookKey) -> Writing<'a> {
        Writing {
            book: Argument::One(Cell::Int(book.0)),
            calls: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// From here on it may take its time. What takes hold of the book comes before: nobody waits for another one for ever.
    fn take_time(&mut self) {
        self.calls.push(Call {
            sql: TAKE_TIME,
            arguments: Vec::new(),
        });
        self.expected.push(("", 0));
    }

    /// Sends everything in one flight and checks what it touched.
    async fn carry_out(&self, client: &Client, begin: Option<&'static str>) -> Result<(), StoreError> {
        let (said, failed) = fly(client, begin, &self.calls, "writing rows").await;
        for (said, (table, expected)) in said.iter().zip(&self.expected) {
            let found = usize::try_from(said.count).unwrap_or(usize::MAX);
            if found != *expected {
                return Err(StoreError::RowCount {
                    table,
                    expected: *expected,
                    found,
                });
            }
        }
        // A write that touched too few rows may be why a later one failed.
        failed.map_or(Ok(()), Err)
    }

    fn one(&mut self, table: &'static str, sql: &'a str, mut cells: Vec<Cell>) {
        if let Argument::One(book) = &self.book {
            cells.insert(0, book.clone());
        }
        self.cells(table, sql, cells);
    }

    /// A statement on one row, the book among its cells.
    fn cells(&mut self, table: &'static str, sql: &'a str, cells: Vec<Cell>) {
        let arguments = cells.into_iter().map(Argument::One).collect();
        self.calls.push(Call { sql, arguments });
        self.expected.push((table, 1));
    }

    /// Rows of as many cells each: one as it is, several turned into arrays.
    fn many(&mut self, table: &'static str, text: &'a Text, width: usize, mut rows: impl Iterator<Item = Vec<Cell>>) {
        let Some(first) = rows.next() else { return };
        let mut arguments = vec![self.book.clone()];
        let Some(second) = rows.next() else {
            arguments.extend(first.into_iter().map(Argument::One));
            self.calls.push(Call {
                sql: &text.one,
                arguments,
            });
            self.expected.push((table, 1));
            return;
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
        self.calls.push(Call {
            sql: &text.many,
            arguments,
        });
        self.expected.push((table, count));
    }

    fn book(&mut self, texts: &'a Texts, commit: &BookCommit) -> Result<(), StoreError> {
        let mut head = head_cells(&commit.head_after);
        if let Some(entry) = commit.opened {
            self.one("head", &texts.head, head);
            self.one("directory", &texts.directory, vec![entry.id.cell()]);
        } else {
            head.extend([commit.head_before.seq.cell(), commit.head_before.hash.cell()]);
            self.one("head", &texts.head_on, head);
        }
        self.take_time();
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
