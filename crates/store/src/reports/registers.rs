//! What registers are made of: taxed lines, payments by day, numbers, deletions. All in pages.

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::book::NumberState;
use quittance_accounting::exchange::PaymentExchange;
use quittance_accounting::identity::{AccountKey, BookKey, CustomerKey, EntryKey, PaymentKey};
use quittance_accounting::invoice::TaxShare;
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::plan::EventKind;
use quittance_accounting::settlement::{Method, Witness};

use super::{model, row, sql};
use crate::engine::Reader;
use crate::error::StoreError;
use crate::field::Field;
use crate::tables::take_together;

/// A line of an invoice or a credit note that was issued or voided on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxedLine {
    /// The day of the entry.
    pub date: Date,
    /// The entry.
    pub entry: EntryKey,
    /// Issue or void, of either.
    pub kind: EntryKind,
    /// The place of the line; 0 for what belongs to the document as a whole.
    pub place: i64,
    /// Before discount.
    pub subtotal: Amount,
    /// Discount.
    pub discount: Amount,
    /// Its taxes.
    pub taxes: Vec<TaxShare>,
    /// The total of the invoice, and what that is in the book's currency, when the invoice is in another.
    pub booked: Option<(Amount, Amount)>,
}

/// A payment as the register shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLine {
    /// Its number.
    pub key: PaymentKey,
    /// The day it was posted on.
    pub posted_on: Date,
    /// The day it counts for.
    pub paid_on: Date,
    /// Its customer.
    pub customer: Option<CustomerKey>,
    /// How it came.
    pub method: Method,
    /// Who says so.
    pub witness: Witness,
    /// All of it.
    pub amount: Amount,
    /// Its currency.
    pub currency: Currency,
    /// What it is in the book's currency, when it is in another.
    pub exchange: Option<PaymentExchange>,
    /// Whether it was void at the end of the span.
    pub void: bool,
    /// What settled nothing at the end of the span, in minor units of the book's currency.
    pub unapplied: i64,
    /// The same in its own.
    pub own_unapplied: i64,
    /// The invoices that it settled at the end of the span, by number, and with how much.
    pub settled: Vec<(Option<String>, Amount)>,
}

/// A number of the register, with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberLine {
    /// The number.
    pub number: String,
    /// Whether a series counted it.
    pub counted: bool,
    /// What became of it.
    pub state: NumberState,
    /// The event that deleted its document, if one did and nothing restored it.
    pub seq: Option<i64>,
    /// When its document was voided.
    pub voided_at: Option<Timestamp>,
}

impl Reader<'_> {
    /// The lines of invoices and credit notes issued and voided in a span, entry by entry, after one of them; at most those of `limit` entries.
    pub async fn taxed_lines(
        &self,
        book: BookKey,
        (from, to): (Date, Date),
        after: Option<(Date, EntryKey)>,
        limit: i64,
    ) -> Result<Vec<TaxedLine>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::taxed_lines(tables, (from, to), after, limit)));
        }
        let (from, entry) = after.unwrap_or((from, EntryKey(0)));
        let arguments = [book.0.cell(), from.cell(), to.cell(), entry.cell(), limit.max(0).cell()];
        let rows = self.report_rows(&sql::TAXED, &arguments).await?;
        let line = |cells: &Vec<_>| {
            let mut row = row(&sql::TAXED, cells);
            Ok(TaxedLine {
                date: row.take()?,
                entry: row.take()?,
                kind: row.take()?,
                place: row.take()?,
                subtotal: row.take()?,
                discount: row.take()?,
                taxes: row.take()?,
                booked: match (row.take()?, row.take::<Option<Amount>>()?) {
                    (total, Some(booked)) => Some((total, booked)),
                    (_, None) => None,
                },
            })
        };
        rows.iter().map(line).collect()
    }

    /// Payments posted in a span, in order of day and number, after one of them, as they stood at its end: what was allocated, freed,
    /// voided or given back since is left out. Found by the days on which something was posted.
    pub async fn paid(
        &self,
        book: BookKey,
        unapplied: AccountKey,
        (from, to): (Date, Date),
        after: Option<(Date, PaymentKey)>,
        limit: i64,
    ) -> Result<Vec<PaymentLine>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::paid(tables, unapplied, (from, to), after, limit)));
        }
        let (mut day, mut key) = after.unwrap_or((from, PaymentKey(0)));
        let mut lines: Vec<PaymentLine> = Vec::new();
        while (lines.len() as i64) < limit {
            let arguments = [book.0.cell(), day.cell(), to.cell()];
            let next = self.report_rows(&sql::NEXT_DAY, &arguments).await?;
            let Some(cells) = next.first() else { break };
            let next: Date = row(&sql::NEXT_DAY, cells).take()?;
            if next != day {
                (day, key) = (next, PaymentKey(0));
            }
            let arguments = [
                book.0.cell(),
                day.cell(),
                key.cell(),
                (limit - lines.len() as i64).cell(),
            ];
            for cells in &self.report_rows(&sql::PAID_ON, &arguments).await? {
                let mut row = row(&sql::PAID_ON, cells);
                let key: PaymentKey = row.take()?;
                let (unapplied_then, own_unapplied) = self.unapplied(book, unapplied, key, to).await?;
                lines.push(PaymentLine {
                    key,
                    posted_on: row.take()?,
                    paid_on: row.take()?,
                    customer: row.take()?,
                    method: row.take()?,
                    witness: row.take()?,
                    amount: row.take()?,
                    currency: row.take()?,
                    exchange: take_together(&mut row)?,
                    void: row.take::<Option<Date>>()?.is_some_and(|day| day <= to),
                    unapplied: unapplied_then,
                    own_unapplied,
                    settled: self.settled(book, key, to).await?,
                });
            }
            let Ok(tomorrow) = day.tomorrow() else { break };
            (day, key) = (tomorrow, PaymentKey(0));
        }
        Ok(lines)
    }

    /// What of a payment settled nothing at the end of a day.
    async fn unapplied(
        &self,
        book: BookKey,
        account: AccountKey,
        payment: PaymentKey,
        to: Date,
    ) -> Result<(i64, i64), StoreError> {
        let arguments = [book.0.cell(), payment.cell(), to.cell(), account.cell()];
        let rows = self.report_rows(&sql::UNAPPLIED, &arguments).await?;
        match rows.first() {
            Some(cells) => {
                let mut row = row(&sql::UNAPPLIED, cells);
                Ok((row.take()?, row.take()?))
            }
            None => Ok((0, 0)),
        }
    }

    async fn settled(
        &self,
        book: BookKey,
        payment: PaymentKey,
        to: Date,
    ) -> Result<Vec<(Option<String>, Amount)>, StoreError> {
        let arguments = [book.0.cell(), payment.cell(), to.cell()];
        let rows = self.report_rows(&sql::SETTLED, &arguments).await?;
        let part = |cells: &Vec<_>| {
            let mut row = row(&sql::SETTLED, cells);
            Ok((row.take()?, row.take()?))
        };
        rows.iter().map(part).collect()
    }

    /// Every length that a number of the register has, in order.
    pub async fn number_lengths(&self, book: BookKey) -> Result<Vec<i64>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, model::number_lengths));
        }
        let rows = self.report_rows(&sql::NUMBER_LENGTHS, &[book.0.cell()]).await?;
        rows.iter()
            .map(|cells| row(&sql::NUMBER_LENGTHS, cells).take())
            .collect()
    }

    /// Numbers of one length, in order, after one of them.
    pub async fn numbers(
        &self,
        book: BookKey,
        length: i64,
        after: &str,
        limit: i64,
    ) -> Result<Vec<NumberLine>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::numbers(tables, length, after, limit)));
        }
        let arguments = [
            book.0.cell(),
            length.cell(),
            after.to_owned().cell(),
            limit.max(0).cell(),
        ];
        let rows = self.report_rows(&sql::NUMBERS, &arguments).await?;
        let line = |cells: &Vec<_>| {
            let mut row = row(&sql::NUMBERS, cells);
            Ok(NumberLine {
                number: row.take()?,
                counted: row.take()?,
                state: row.take()?,
                seq: row.take()?,
                voided_at: row.take()?,
            })
        };
        rows.iter().map(line).collect()
    }

    /// The seqs of deletions after a seq, up to and with another, in order.
    pub async fn deletions(&self, book: BookKey, after: i64, last: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
        if let Reader::Memory(_) = self {
            let events = self.events(book, after, i64::MAX).await?;
            let kinds = [EventKind::InvoiceDeleted, EventKind::CreditNoteDeleted];
            let deletions = events
                .into_iter()
                .filter(|event| kinds.contains(&event.kind) && event.seq <= last);
            return Ok(deletions
                .map(|event| event.seq)
                .take(usize::try_from(limit).unwrap_or(0))
                .collect());
        }
        let arguments = [book.0.cell(), after.cell(), last.cell(), limit.max(0).cell()];
        let rows = self.report_rows(&sql::DELETIONS, &arguments).await?;
        rows.iter().map(|cells| row(&sql::DELETIONS, cells).take()).collect()
    }
}
