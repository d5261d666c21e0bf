//! Commits: every statement of a unit of work, each with the number of rows it must touch.

use std::sync::OnceLock;

use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::Deltas;
use quittance_accounting::snapshot::NetChange;
use rusqlite::Connection;

use super::rows::{Binding, Held, failed, run, statements};
use crate::beside::{EVENT, HEAD, balance_cells, head_cells, line_cells, tally_row};
use crate::engine::texts::{LIST_BOOK, OPEN_BOOK, PUT_LINE, REMOVE_LINE};
use crate::engine::{Arrival, BookCommit, Carried, Line, LineChange};
use crate::error::StoreError;
use crate::field::{Cell, Field, Row};
use crate::tables::table_of;

pub(super) const BEGIN: &str = "begin immediate";
const COMMIT: &str = "commit";
const ADD_TO_BALANCE: &str = "insert into balance (book, account, currency, grain, start, debits, credits) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (book, account, currency, grain, start) \
    do update set debits = balance.debits + excluded.debits, credits = balance.credits + excluded.credits";
const ADD_TO_TALLY: &str = "insert into tally (book, kind, key, count, open, booked) \
    values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (book, kind, key) \
    do update set count = tally.count + excluded.count, open = tally.open + excluded.open, \
    booked = tally.booked + excluded.booked";

/// Carries everything out and commits. Hands out what was carried out if it is to be recorded, else nothing.
pub(super) fn commit(
    connection: &Connection,
    commits: &[BookCommit],
    recording: bool,
) -> Result<Vec<Carried>, StoreError> {
    let mut carrier = Carrier {
        connection,
        held: None,
        recording,
        carried: Vec::new(),
    };
    carrier.mark(BEGIN);
    for commit in commits {
        carrier.book(commit)?;
    }
    run(connection, COMMIT).map_err(failed("committing"))?;
    carrier.mark(COMMIT);
    Ok(carrier.carried)
}

/// Carries a step of moving a book here out and commits.
pub(super) fn arrive(connection: &Connection, arrival: &Arrival) -> Result<(), StoreError> {
    let mut carrier = Carrier {
        connection,
        held: None,
        recording: false,
        carried: Vec::new(),
    };
    let book = arrival.book;
    for change in &arrival.lines {
        let (sql, line) = match change {
            LineChange::Put(line) => (PUT_LINE, *line),
            LineChange::Remove(line) => (REMOVE_LINE, *line),
            LineChange::List(entry) => (LIST_BOOK, Line::Arriving(*entry)),
        };
        let [of, id, first] = line_cells(&line);
        let Cell::Int(of) = of else { continue };
        carrier.one("directory", sql, BookKey(of), [id, first].as_slice())?;
    }
    for event in &arrival.events {
        carrier.one("event", event_insert(), book, event)?;
    }
    carrier.net(book, &arrival.net)?;
    carrier.deltas(book, &arrival.deltas)?;
    if let Some(head) = &arrival.head {
        carrier.one("head", &head_statements().insert, book, head_cells(head).as_slice())?;
    }
    run(connection, COMMIT).map_err(failed("committing"))
}

struct Carrier<'a> {
    connection: &'a Connection,
    /// Rows of one table come one after the other, so the statement is mostly the one before.
    held: Option<Held<'a>>,
    recording: bool,
    carried: Vec<Carried>,
}

/// The statements of the head, generated from its columns.
struct HeadStatements {
    insert: String,
    update: String,
}

fn head_statements() -> &'static HeadStatements {
    static STATEMENTS: OnceLock<HeadStatements> = OnceLock::new();
    STATEMENTS.get_or_init(|| {
        let columns = HEAD.columns;
        let places: Vec<String> = (1..=columns.len() + 1).map(|place| format!("?{place}")).collect();
        let sets = columns
            .iter()
            .enumerate()
            .map(|(i, column)| format!("{column} = ?{}", i + 2));
        let last = columns.len() + 2;
        HeadStatements {
            insert: format!(
                "insert into head (book, {}) values ({}) on conflict (book) do nothing",
                columns.join(", "),
                places.join(", ")
            ),
            update: format!(
                "update head set {} where book = ?1 and seq = ?{last}",
                sets.collect::<Vec<_>>().join(", ")
            ),
        }
    })
}

fn event_insert() -> &'static str {
    static STATEMENT: OnceLock<String> = OnceLock::new();
    STATEMENT.get_or_init(|| {
        let places: Vec<String> = (1..=EVENT.columns.len() + 1).map(|place| format!("?{place}")).collect();
        format!(
            "insert into event (book, {}) values ({})",
            EVENT.columns.join(", "),
            places.join(", ")
        )
    })
}

impl Carrier<'_> {
    fn mark(&mut self, sql: &str) {
        if self.recording {
            self.carried.push(Carried {
                sql: sql.to_owned(),
                arguments: Vec::new(),
            });
        }
    }

    /// Carries one statement out; it must touch exactly one row of the table.
    fn one(
        &mut self,
        table: &'static str,
        sql: &'static str,
        book: BookKey,
        row: &(impl Row + ?Sized),
    ) -> Result<(), StoreError> {
        let doing = "writing a row";
        let statement = Held::with(&mut self.held, self.connection, sql).map_err(failed(doing))?;
        let mut binding = Binding::of(statement);
        book.0.write(&mut binding);
        row.write(&mut binding);
        let found = binding.execute().map_err(failed(doing))?;
        if self.recording {
            let mut arguments = vec![book.0.cell()];
            row.write(&mut arguments);
            self.carried.push(Carried {
                sql: sql.to_owned(),
                arguments,
            });
        }
        if found == 1 {
            Ok(())
        } else {
            Err(StoreError::RowCount {
                table,
                expected: 1,
                found,
            })
        }
    }

    fn book(&mut self, commit: &BookCommit) -> Result<(), StoreError> {
        let book = commit.book;
        self.head(commit)?;
        for event in &commit.events {
            self.one("event", event_insert(), book, event)?;
        }
        self.net(book, &commit.net)?;
        self.deltas(book, &commit.deltas)
    }

    fn head(&mut self, commit: &BookCommit) -> Result<(), StoreError> {
        let mut cells = head_cells(&commit.head_after);
        if let Some(entry) = commit.opened {
            self.one("head", &head_statements().insert, commit.book, cells.as_slice())?;
            self.one("directory", OPEN_BOOK, commit.book, [entry.id.cell()].as_slice())
        } else {
            cells.push(commit.head_before.seq.cell());
            self.one("head", &head_statements().update, commit.book, cells.as_slice())
        }
    }

    /// Removals go first and new rows last: what a removed row was named by may name a new one.
    fn net(&mut self, book: BookKey, net: &[NetChange]) -> Result<(), StoreError> {
        for change in net {
            if let NetChange {
                before: Some(before),
                after: None,
            } = change
            {
                let table = table_of(before);
                self.one(table.name, &statements(table)?.delete, book, &before.key())?;
            }
        }
        for change in net {
            if let NetChange {
                before: Some(_),
                after: Some(after),
            } = change
            {
                let table = table_of(after);
                self.one(table.name, &statements(table)?.update, book, after)?;
            }
        }
        for change in net {
            if let NetChange {
                before: None,
                after: Some(after),
            } = change
            {
                let table = table_of(after);
                self.one(table.name, &statements(table)?.insert, book, after)?;
            }
        }
        Ok(())
    }

    fn deltas(&mut self, book: BookKey, deltas: &Deltas) -> Result<(), StoreError> {
        for (key, delta) in &deltas.balances {
            self.one("balance", ADD_TO_BALANCE, book, balance_cells(key, *delta).as_slice())?;
        }
        for (key, delta) in &deltas.tallies {
            self.one("tally", ADD_TO_TALLY, book, tally_row(key, *delta).as_slice())?;
        }
        Ok(())
    }
}
