//! Periods: closing, sealing, reopening and listing them.
//!
//! A closing and its seal are two events: nothing that the reports of closed days say can change, so they are made after the commit,
//! while others write, and noted then. A seal that could not be made, because the program ended in between, is made by
//! [`Books::seal_due`], which is meant to be called at start and on a timer.

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::book::Period;
use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::{Snapshot, Want};
use quittance_store::{Event, Reader, codec};

use super::Books;
use crate::access::{Actor, Verb};
use crate::command::Command;
use crate::failure::Failure;
use crate::input::Context;
use crate::queries::gathered;
use crate::reports::sealing;
use crate::view::Seal;

/// A period that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodView {
    /// The record.
    pub period: Period,
    /// Who closed it.
    pub by: String,
    /// What opened days of it again.
    pub reopening: Option<Reopening>,
}

/// A reopening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopening {
    /// The seq of its event.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}

fn known(snapshot: &Snapshot) -> Vec<Period> {
    let periods = snapshot.tables().periods.values();
    periods.map(|period| Period::clone(period)).collect()
}

/// The event of a seq.
async fn event(reader: &Reader<'_>, book: BookKey, seq: i64) -> Result<Option<Event>, Failure> {
    let found = reader.events(book, seq - 1, 1).await?;
    Ok(found.into_iter().find(|event| event.seq == seq))
}

impl Books {
    /// Closes the book through a day that is over, and seals what its reports say.
    pub async fn close_period(&self, context: &Context, through: Date) -> Result<(), Failure> {
        self.act(context, Verb::Post, Command::ClosePeriod(through)).await?;
        // The book is closed, whatever comes of the seal: what cannot be made now is made when it is due next.
        let _sealed = self.seal_due_in(context).await;
        Ok(())
    }

    /// Reopens the book back to an earlier day, or all of it.
    pub async fn reopen_period(&self, context: &Context, through: Option<Date>, reason: &str) -> Result<(), Failure> {
        let reason = reason.to_owned();
        self.act(context, Verb::Post, Command::ReopenPeriod { through, reason })
            .await?;
        let _sealed = self.seal_due_in(context).await;
        Ok(())
    }

    /// Every period that was ever closed, in order of closing.
    pub async fn periods(&self, book: BookKey) -> Result<Vec<PeriodView>, Failure> {
        let reader = self.store.reader().await?;
        let mut views = Vec::new();
        for period in known(&gathered(&reader, book, &[Want::Periods]).await?) {
            let by = event(&reader, book, period.closing).await?;
            let reopening = match period.reopened {
                Some(seq) => event(&reader, book, seq).await?.map(|event| Reopening {
                    seq,
                    at: event.recorded_at,
                    by: event.actor,
                    reason: codec::read_body(&event.body).ok().and_then(|body| body.reason),
                }),
                None => None,
            };
            views.push(PeriodView {
                period,
                by: by.map_or_else(String::new, |event| event.actor),
                reopening,
            });
        }
        Ok(views)
    }

    /// Seals every closed period that is not sealed yet; how many. Safe to call at any time.
    pub async fn seal_due(&self) -> Result<usize, Failure> {
        let mut sealed = 0;
        for entry in self.directory().await? {
            let context = Context {
                actor: Actor::command_line(entry.book),
                source: "cli",
                request_id: self.new_request_id(),
            };
            sealed += self.seal_due_in(&context).await?;
        }
        Ok(sealed)
    }

    pub(crate) async fn seal_due_in(&self, context: &Context) -> Result<usize, Failure> {
        let book = context.actor.book;
        let mut sealed = 0;
        for command in self.seals_to_make(book).await? {
            match self.act(context, Verb::Post, command).await {
                Ok(_) => sealed += 1,
                // Somebody else was first, or the days are open again.
                Err(Failure::Refused(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(sealed)
    }

    /// What the reports of unsealed periods come to, all from one state of the book in which these are closed.
    async fn seals_to_make(&self, book: BookKey) -> Result<Vec<Command>, Failure> {
        let reader = self.store.reader().await?;
        let chart = gathered(&reader, book, &[Want::Periods, Want::Chart]).await?;
        let due = known(&chart).into_iter();
        let due: Vec<Period> = due
            .filter(|period| period.seal.is_none() && period.reopened.is_none())
            .collect();
        let Some(head) = reader.head(book).await?.filter(|_| !due.is_empty()) else {
            return Ok(Vec::new());
        };
        let known = Seal {
            seq: head.seq,
            hash: head.hash,
        };
        let mut commands = Vec::new();
        for period in due {
            commands.push(Command::SealPeriod {
                closing: period.closing,
                known,
                reports: sealing::reports(&reader, book, chart.clone(), &period).await?,
            });
        }
        Ok(commands)
    }
}
