//! The tour: for each dialect, an invoice made and deleted, and one whose deletion is refused, all over HTTP; and after each delete
//! what the ledger says of it.

mod print;
mod scripts;

use quittance_books::queries::DeletionEntry;
use serde_json::Value;

use super::Stage;
use super::access::Neighbours;
use super::client::{Answer, send};
use crate::cli::CommandError;

/// A request of the tour, and the status that it must have.
#[derive(Clone, Debug)]
struct Call {
    method: &'static str,
    target: String,
    body: Option<Value>,
    status: u16,
}

impl Call {
    fn new(method: &'static str, target: String, body: Option<Value>, status: u16) -> Call {
        Call {
            method,
            target,
            body,
            status,
        }
    }
}

/// One dialect's part of the tour.
struct Walk<'a> {
    stage: &'a Stage,
    headers: Vec<(&'static str, String)>,
}

impl Walk<'_> {
    /// Carries a call out and fails when it answers anything but what it must.
    async fn call(&self, call: &Call) -> Result<Answer, CommandError> {
        let Call {
            method,
            target,
            body,
            status,
        } = call;
        let answer = send(&self.stage.base_url, method, target, &self.headers, body.as_ref()).await?;
        if answer.status == *status {
            return Ok(answer);
        }
        let (got, text) = (answer.status, &answer.body);
        Err(CommandError::Tour(format!(
            "{method} {target} answered {got} instead of {status}: {text}"
        )))
    }

    /// A call on the way to a delete: one line.
    async fn step(&self, call: Call) -> Result<Answer, CommandError> {
        let answer = self.call(&call).await?;
        print::step(&call, &answer);
        Ok(answer)
    }

    /// The delete itself: request line, answer, what the ledger says, receipt.
    async fn delete(&self, call: Call) -> Result<(), CommandError> {
        let book = self.stage.context.actor.book;
        let before = self.stage.app.books.trial_balance(book).await?;
        let answer = self.call(&call).await?;
        let after = self.stage.app.books.trial_balance(book).await?;
        print::answer(&call, &answer);
        let missing = || CommandError::Tour(format!("{} {} carries no receipt", call.method, call.target));
        let receipt = answer.receipt.clone().ok_or_else(missing)?;
        let seq = receipt
            .split(':')
            .next()
            .and_then(|seq| seq.parse().ok())
            .ok_or_else(missing)?;
        let entry: DeletionEntry = self.stage.app.books.deletion(book, seq).await?.ok_or_else(missing)?;
        let view = self.stage.app.books.book(book).await?.ok_or_else(missing)?;
        print::effect(&entry, &view);
        print::balances(&before, &after);
        print::receipt(&entry);
        Ok(())
    }

    /// A delete that must be refused.
    async fn refused(&self, call: Call) -> Result<(), CommandError> {
        let answer = self.call(&call).await?;
        print::answer(&call, &answer);
        Ok(())
    }
}

/// Runs the tour.
pub(super) async fn run(stage: &Stage, neighbours: &Neighbours) -> Result<(), CommandError> {
    println!("Quittance: one invoice deleted through each dialect, and one refusal each.");
    scripts::campfire(stage, neighbours).await?;
    scripts::bookeeping(stage, neighbours).await?;
    scripts::layer(stage, neighbours).await?;
    scripts::moov(stage, neighbours).await?;
    scripts::highlevel(stage, neighbours).await?;
    print::trial_balance(&stage.app.books.trial_balance(stage.context.actor.book).await?);
    Ok(())
}
