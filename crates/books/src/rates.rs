//! The rates that a book keeps: for documents in another currency that bring none.
//!
//! A rate is kept for a currency and a day and holds until the next; it is replaced and never removed, and no document that took it
//! changes with it. Deliberately absent: asking anybody for rates.

use jiff::civil::Date;
use quittance_accounting::exchange::KeptRate;
use quittance_accounting::identity::BookKey;
use quittance_accounting::money::Currency;
use quittance_accounting::snapshot::Want;

use crate::access::Verb;
use crate::books::Books;
use crate::command::Command;
use crate::failure::Failure;
use crate::input::Context;
use crate::queries::gathered;

impl Books {
    /// Keeps a rate, in place of the one that was kept for the currency and the day.
    pub async fn keep_rate(&self, context: &Context, kept: KeptRate) -> Result<(), Failure> {
        self.act(context, Verb::Post, Command::KeepRate(kept)).await.map(|_| ())
    }

    /// A page of the rates, by currency and day.
    pub async fn rates(&self, book: BookKey, offset: i64, limit: i64) -> Result<Vec<KeptRate>, Failure> {
        Ok(self.store.reader().await?.rates(book, offset, limit).await?)
    }

    /// The rate that holds for a currency on a day.
    pub async fn rate_on(&self, book: BookKey, currency: Currency, day: Date) -> Result<Option<KeptRate>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Rate(currency, day)]).await?;
        let until = snapshot.tables().rates.range((currency, Date::MIN)..=(currency, day));
        Ok(until.map(|(_, kept)| *kept).next_back())
    }
}
