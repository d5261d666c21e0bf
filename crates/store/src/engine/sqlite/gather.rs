//! Gathering: the lookups of each round, one prepared statement per way of looking and one step per value.

use std::sync::OnceLock;

use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::BalanceKey;
use quittance_accounting::snapshot::{Snapshot, Want};
use rusqlite::{Connection, params_from_iter};

use super::rows::{cells, failed, rowid};
use crate::error::StoreError;
use crate::field::Cell;
use crate::gathering::{Gathering, Lookups, Seek};

/// Loads what is wanted into the snapshot; the settings of the book come along always.
pub(super) fn gather(
    connection: &Connection,
    book: BookKey,
    wants: &[Want],
    into: &mut Snapshot,
) -> Result<(), StoreError> {
    carry_out(connection, book, Gathering::of(wants), into)?.finish(wants, into);
    Ok(())
}

/// Loads kept balances into the snapshot, zero where there are none.
pub(super) fn balances(
    connection: &Connection,
    book: BookKey,
    keys: &[BalanceKey],
    into: &mut Snapshot,
) -> Result<(), StoreError> {
    carry_out(connection, book, Gathering::of_balances(keys), into)?.finish(&[], into);
    Ok(())
}

fn carry_out(
    connection: &Connection,
    book: BookKey,
    mut gathering: Gathering,
    into: &mut Snapshot,
) -> Result<Gathering, StoreError> {
    let book = Cell::Int(book.0);
    loop {
        let round = gathering.round();
        if round.is_empty() {
            return Ok(gathering);
        }
        for lookups in &round {
            look_up(connection, &book, lookups, &mut gathering, into)?;
        }
        gathering.end_round(into);
    }
}

fn look_up(
    connection: &Connection,
    book: &Cell,
    Lookups { seek, values }: &Lookups,
    gathering: &mut Gathering,
    into: &mut Snapshot,
) -> Result<(), StoreError> {
    let doing = "looking rows up";
    let mut statement = connection.prepare_cached(text(*seek)).map_err(failed(doing))?;
    // All rows of the book are sought once and without a value.
    let width = seek.columns().len().max(1);
    for at in (0..values.len().max(1)).step_by(width) {
        let arguments = std::iter::once(book).chain(values.get(at..at + width).unwrap_or_default());
        let mut found = statement.query(params_from_iter(arguments)).map_err(failed(doing))?;
        while let Some(row) = found.next().map_err(failed(doing))? {
            gathering.found(*seek, &cells(seek.table(), row)?, into)?;
        }
    }
    Ok(())
}

/// The statement of a way to look rows up, put together once.
pub(super) fn text(seek: Seek) -> &'static str {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    let texts = TEXTS.get_or_init(|| Seek::ALL.iter().map(|seek| put_together(*seek)).collect());
    texts.get(seek.place()).map_or("", String::as_str)
}

fn put_together(seek: Seek) -> String {
    let table = seek.table();
    let last = seek.columns().len().checked_sub(1).filter(|_| seek.takes_last());
    let equal = |(place, column): (usize, &&str)| match last == Some(place) {
        true => format!(" and {column} <= ?{} order by {column} desc limit 1", place + 2),
        false => format!(" and {column} = ?{}", place + 2),
    };
    let mut conditions: String = seek.columns().iter().enumerate().map(equal).collect();
    if let Some(rowid) = rowid(table, "?1", &["?2", "?3"]).filter(|_| seek.columns() == table.key()) {
        conditions.push_str(&format!(" and rowid = {rowid}"));
    }
    format!(
        "select {} from {} where book = ?1{conditions}",
        table.columns.join(", "),
        table.name
    )
}
