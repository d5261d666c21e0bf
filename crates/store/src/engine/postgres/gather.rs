//! Gathering: each round of lookups in one flight.

use deadpool_postgres::Client;
use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::Snapshot;

use super::cells::{Argument, Call, Said, flight};
use super::texts::Texts;
use crate::error::StoreError;
use crate::field::Cell;
use crate::gathering::{Gathering, Lookups, Seek};

/// The calls of a round.
pub(super) fn calls<'a>(texts: &'a Texts, book: BookKey, round: &[Lookups]) -> Result<Vec<Call<'a>>, StoreError> {
    round.iter().map(|lookups| call(texts, book, lookups)).collect()
}

fn call<'a>(texts: &'a Texts, book: BookKey, Lookups { seek, values }: &Lookups) -> Result<Call<'a>, StoreError> {
    let mut columns = vec![Vec::new(); seek.columns().len()];
    for row in values.chunks(columns.len().max(1)) {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value.clone());
        }
    }
    let mut arguments = vec![Argument::One(Cell::Int(book.0))];
    arguments.extend(columns.into_iter().map(Argument::Many));
    Ok(Call {
        sql: texts.seek(*seek)?,
        arguments,
    })
}

/// Hands over what a round found.
pub(super) fn take_in(
    gathering: &mut Gathering,
    round: &[Lookups],
    said: &[Said],
    into: &mut Snapshot,
) -> Result<(), StoreError> {
    for (Lookups { seek, .. }, said) in round.iter().zip(said) {
        hand_over(gathering, *seek, said, into)?;
    }
    gathering.end_round(into);
    Ok(())
}

fn hand_over(gathering: &mut Gathering, seek: Seek, said: &Said, into: &mut Snapshot) -> Result<(), StoreError> {
    said.cells()?
        .iter()
        .try_for_each(|cells| gathering.found(seek, cells, into))
}

/// Carries every round out that is left.
pub(super) async fn carry_out(
    client: &Client,
    texts: &Texts,
    book: BookKey,
    gathering: &mut Gathering,
    into: &mut Snapshot,
) -> Result<(), StoreError> {
    loop {
        let round = gathering.round();
        if round.is_empty() {
            return Ok(());
        }
        let said = flight(client, None, &calls(texts, book, &round)?, "looking rows up").await?;
        take_in(gathering, &round, &said, into)?;
    }
}
