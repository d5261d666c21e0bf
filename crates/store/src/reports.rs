//! What reports are made of: sums and pages of the ledger, each read at a cost that is stated.
//!
//! A statement here is one text for every engine: `?n` places, sums cast back to 64 bits, absent values first. The in-memory model
//! answers the same questions by plain folds (`model.rs`), which is also how a book is read as it was known earlier: its log is
//! replayed into the model. Deliberately absent: buckets, signs and grouping, which `accounting::report` decides.

mod model;
pub mod registers;
mod sql;

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::account::Side;
use quittance_accounting::exchange::{KeptRate, Valued};
use quittance_accounting::identity::{AccountKey, BookKey, CustomerKey, DocumentRef, EntryKey};
use quittance_accounting::journal::{Entry, EntryKind};
use quittance_accounting::kept::{Tally, TallyKey, Turnover};
use quittance_accounting::money::{Amount, Currency, Money};
use quittance_accounting::record::Tables;
use quittance_accounting::report::{Balances, OpenItem};

use crate::beside::read_tally;
use crate::engine::Reader;
use crate::error::StoreError;
use crate::field::{Cell, Field, tally_cells};
use crate::tables::{Cells, Stored as _, Table, take_together};

/// A statement of a report and the columns of what it finds.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The name under which a bad row is reported, and the columns.
    pub columns: Table,
    /// The text; the book is the first argument.
    pub sql: &'static str,
}

/// A posting as a ledger or a statement shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The day it counts for.
    pub date: Date,
    /// The entry it is part of.
    pub entry: EntryKey,
    /// Its place in the entry.
    pub place: i64,
    /// What the entry records.
    pub kind: EntryKind,
    /// The document that the entry belongs to.
    pub document: DocumentRef,
    /// The number of the invoice whose receivable the entry moves.
    pub number: Option<String>,
    /// Debit or credit.
    pub side: Side,
    /// How much, in the book's currency.
    pub amount: Amount,
    /// How much, in the document's currency, when that is another.
    pub foreign: Option<Money>,
}

impl LedgerLine {
    /// Where a page that ends with it goes on.
    pub fn cursor(&self) -> LedgerCursor {
        LedgerCursor {
            date: self.date,
            entry: self.entry,
            place: self.place,
        }
    }

    /// Debits are positive.
    pub fn signed(&self) -> i64 {
        signed(self.side, self.amount)
    }
}

/// A place in the ledger of an account, which is in order of day, entry and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerCursor {
    /// The day.
    pub date: Date,
    /// The entry.
    pub entry: EntryKey,
    /// The place in the entry.
    pub place: i64,
}

/// Which days of the ledger of an account, and from where on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerPage {
    /// The account.
    pub account: AccountKey,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What to go on after.
    pub after: Option<LedgerCursor>,
    /// The most postings to hand out.
    pub limit: i64,
}

/// An entry as a journal shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// Its head.
    pub entry: Entry,
    /// The number of the invoice whose receivable it moves.
    pub number: Option<String>,
    /// The due day of that invoice.
    pub due_on: Option<Date>,
    /// The customer of that invoice; of the payment where the entry moves no invoice.
    pub customer: Option<CustomerKey>,
    /// Its postings, in order of place.
    pub postings: Vec<JournalPosting>,
}

/// A posting as a journal shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalPosting {
    /// The account.
    pub account: AccountKey,
    /// In the document's currency and in the book's; debits are positive.
    pub sum: Valued,
    /// The document's currency, when it is not the book's.
    pub currency: Option<Currency>,
}

impl JournalPosting {
    /// That of an account: a side, the amount in the book's currency, and the document's where that is another.
    pub fn of(account: AccountKey, side: Side, amount: Amount, foreign: Option<Money>) -> JournalPosting {
        let sum = Valued {
            amount: foreign.map_or(amount, |money| money.amount),
            booked: amount,
        };
        JournalPosting {
            account,
            sum: match side {
                Side::Debit => sum,
                Side::Credit => sum.negated(),
            },
            currency: foreign.map(|money| money.currency),
        }
    }
}

/// Debits are positive.
fn signed(side: Side, amount: Amount) -> i64 {
    match side {
        Side::Debit => amount.minor(),
        Side::Credit => -amount.minor(),
    }
}

/// Reads the cells of a row.
fn row<'a>(asked: &'static Asked, cells: &'a [Cell]) -> Cells<'a> {
    Cells {
        table: &asked.columns,
        cells,
        next: 0,
    }
}

fn ledger_line(asked: &'static Asked, cells: &[Cell]) -> Result<LedgerLine, StoreError> {
    let mut row = row(asked, cells);
    Ok(LedgerLine {
        date: row.take()?,
        entry: row.take()?,
        place: row.take()?,
        kind: row.take()?,
        document: DocumentRef {
            kind: row.take()?,
            number: row.take()?,
        },
        number: row.take()?,
        side: row.take()?,
        amount: row.take()?,
        foreign: take_together(&mut row)?,
    })
}

fn turnover(asked: &'static Asked, cells: &[Cell]) -> Result<(AccountKey, Turnover), StoreError> {
    let mut row = row(asked, cells);
    Ok((
        row.take()?,
        Turnover {
            debits: row.take()?,
            credits: row.take()?,
        },
    ))
}

fn open_item(asked: &'static Asked, cells: &[Cell]) -> Result<OpenItem, StoreError> {
    let mut row = row(asked, cells);
    Ok(OpenItem {
        customer: row.take()?,
        due_on: row.take()?,
        currency: row.take()?,
        open: row.take()?,
        booked: row.take()?,
        count: row.take()?,
    })
}

/// What is open, added up by currency, customer and due day.
#[derive(Default)]
struct OpenItems(BTreeMap<OpenBy, [i64; 3]>);

type OpenBy = (Option<Currency>, Option<CustomerKey>, Option<Date>);

impl OpenItems {
    fn add(&mut self, item: OpenItem) {
        let by = (item.currency, item.customer, item.due_on);
        let sums = self.0.entry(by).or_default();
        for (sum, more) in sums.iter_mut().zip([item.open, item.booked, item.count]) {
            *sum += more;
        }
    }

    fn finish(self) -> Vec<OpenItem> {
        let left = self.0.into_iter().filter(|(_, sums)| *sums != [0; 3]);
        let item = |((currency, customer, due_on), [open, booked, count]): (OpenBy, [i64; 3])| OpenItem {
            customer,
            due_on,
            currency,
            open,
            booked,
            count,
        };
        left.map(item).collect()
    }
}

/// The day after, or the last there is.
fn next_day(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

impl Reader<'_> {
    /// All turnover dated on or before a day, by account. What is kept for all time less what is kept of later months and days: at
    /// the end of a book that is one row per account however long the history, on earlier days one more per month since.
    pub async fn turnovers(&self, book: BookKey, through: Date) -> Result<Balances, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::turnovers(tables, through)));
        }
        let next_month = next_day(through.last_of_month());
        let arguments = [book.0.cell(), through.cell(), next_month.cell()];
        let rows = self.report_rows(&sql::TURNOVERS, &arguments).await?;
        let sums = rows.iter().map(|cells| turnover(&sql::TURNOVERS, cells));
        let mut sums: Balances = sums.collect::<Result<_, _>>()?;
        sums.retain(|_, sum| !sum.is_zero());
        Ok(sums)
    }

    /// Rates that the book keeps, by currency and day, after so many.
    pub async fn rates(&self, book: BookKey, offset: i64, limit: i64) -> Result<Vec<KeptRate>, StoreError> {
        let (offset, limit) = (offset.max(0), limit.max(0));
        if let Reader::Memory(reader) = self {
            let page = |tables: &Tables| {
                let skipped = tables
                    .rates
                    .values()
                    .skip(usize::try_from(offset).unwrap_or(usize::MAX));
                skipped.take(usize::try_from(limit).unwrap_or(0)).copied().collect()
            };
            return Ok(reader.tables(book, page));
        }
        let arguments = [book.0.cell(), limit.cell(), offset.cell()];
        let rows = self.report_rows(&sql::RATES, &arguments).await?;
        rows.iter().map(|cells| KeptRate::from_cells(cells)).collect()
    }

    /// Every currency that documents are in, besides the book's, in order.
    pub async fn currencies(&self, book: BookKey) -> Result<Vec<Currency>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, model::currencies));
        }
        let rows = self.report_rows(&sql::CURRENCIES, &[book.0.cell()]).await?;
        rows.iter().map(|cells| row(&sql::CURRENCIES, cells).take()).collect()
    }

    /// What payments have settled of invoices, all together: as it is kept.
    pub async fn paid_in_all(&self, book: BookKey) -> Result<i64, StoreError> {
        let kept = self.tallies_like(book, TallyKey::Settled).await?;
        Ok(kept.iter().map(|(_, tally)| tally.booked).sum())
    }

    /// The kept tallies of open invoices by due day.
    pub async fn tallies_by_due(&self, book: BookKey) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        self.tallies_like(book, TallyKey::Due(None, None)).await
    }

    /// The kept tallies of the kind of one.
    async fn tallies_like(&self, book: BookKey, one: TallyKey) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        if let Reader::Memory(_) = self {
            let mut all = self.tallies(book).await?;
            all.retain(|(key, _)| std::mem::discriminant(key) == std::mem::discriminant(&one));
            return Ok(all);
        }
        let [kind, _] = tally_cells(&one);
        let rows = self.report_rows(&sql::TALLIES, &[book.0.cell(), kind]).await?;
        let mut found = rows
            .iter()
            .map(|cells| read_tally(cells))
            .collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(|(key, _)| *key);
        Ok(found)
    }

    /// Turnover dated from a day to a day, by account.
    pub async fn turnovers_between(&self, book: BookKey, from: Date, to: Date) -> Result<Balances, StoreError> {
        let mut sums = self.turnovers(book, to).await?;
        let Ok(day_before) = from.yesterday() else {
            return Ok(sums);
        };
        for (account, before) in self.turnovers(book, day_before).await? {
            let sum = sums.entry(account).or_default();
            *sum = sum.plus(Turnover {
                debits: -before.debits,
                credits: -before.credits,
            });
        }
        sums.retain(|_, sum| !sum.is_zero());
        Ok(sums)
    }

    /// What invoices were open for at the end of a day, by customer and due day: what is open now, less what entries dated later did
    /// to it. The cost is that of the invoices open now and of the entries dated after the day; closed invoices cost nothing.
    pub async fn open_items(
        &self,
        book: BookKey,
        receivable: AccountKey,
        as_of: Date,
    ) -> Result<Vec<OpenItem>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::open_items(tables, receivable, as_of)));
        }
        let now = self.report_rows(&sql::OPEN_NOW, &[book.0.cell()]).await?;
        let abroad = self.report_rows(&sql::OPEN_ABROAD, &[book.0.cell()]).await?;
        let arguments = [book.0.cell(), as_of.cell(), receivable.cell()];
        let since = self.report_rows(&sql::OPENED_SINCE, &arguments).await?;
        let mut items = OpenItems::default();
        let all = [
            (&sql::OPEN_NOW, now),
            (&sql::OPEN_ABROAD, abroad),
            (&sql::OPENED_SINCE, since),
        ];
        for (asked, rows) in all {
            for cells in &rows {
                items.add(open_item(asked, cells)?);
            }
        }
        Ok(items.finish())
    }

    /// A page of the ledger of an account. Only days on which the account moved are looked at.
    pub async fn ledger(&self, book: BookKey, page: &LedgerPage) -> Result<Vec<LedgerLine>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::ledger(tables, page)));
        }
        let within = page.after.filter(|after| after.date >= page.from);
        let (mut day, mut entry, mut place) = match within {
            Some(after) => (after.date, after.entry, after.place),
            None => (page.from, EntryKey(0), 0),
        };
        let mut lines: Vec<LedgerLine> = Vec::new();
        while (lines.len() as i64) < page.limit {
            let arguments = [book.0.cell(), page.account.cell(), day.cell(), page.to.cell()];
            let next = self.report_rows(&sql::NEXT_MOVED, &arguments).await?;
            let Some(cells) = next.first() else { break };
            let next: Date = row(&sql::NEXT_MOVED, cells).take()?;
            if next != day {
                (day, entry, place) = (next, EntryKey(0), 0);
            }
            let arguments = [
                book.0.cell(),
                page.account.cell(),
                day.cell(),
                entry.cell(),
                place.cell(),
                (page.limit - lines.len() as i64).cell(),
            ];
            for cells in &self.report_rows(&sql::LEDGER, &arguments).await? {
                lines.push(ledger_line(&sql::LEDGER, cells)?);
            }
            let Ok(tomorrow) = day.tomorrow() else { break };
            (day, entry, place) = (tomorrow, EntryKey(0), 0);
        }
        Ok(lines)
    }

    /// The turnover of an account on the day of a cursor, up to and with it.
    pub async fn turnover_up_to(
        &self,
        book: BookKey,
        account: AccountKey,
        cursor: LedgerCursor,
    ) -> Result<Turnover, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::turnover_up_to(tables, account, cursor)));
        }
        let arguments = [
            book.0.cell(),
            account.cell(),
            cursor.date.cell(),
            cursor.entry.cell(),
            cursor.place.cell(),
        ];
        let rows = self.report_rows(&sql::TURNOVER_UP_TO, &arguments).await?;
        match rows.first() {
            Some(cells) => turnover(&sql::TURNOVER_UP_TO, cells).map(|(_, sum)| sum),
            None => Ok(Turnover::default()),
        }
    }

    /// Entries in the order they were recorded, after one of them, with their postings.
    pub async fn journal(&self, book: BookKey, after: EntryKey, limit: i64) -> Result<Vec<JournalLine>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::journal(tables, after, limit)));
        }
        let arguments = [book.0.cell(), after.cell(), limit.max(0).cell()];
        let rows = self.report_rows(&sql::JOURNAL, &arguments).await?;
        let mut lines: Vec<JournalLine> = Vec::new();
        for cells in &rows {
            let mut row = row(&sql::JOURNAL, cells);
            let entry = Entry {
                key: row.take()?,
                date: row.take()?,
                kind: row.take()?,
                document: DocumentRef {
                    kind: row.take()?,
                    number: row.take()?,
                },
                invoice: row.take()?,
                postings: row.take()?,
            };
            let (number, due_on, customer) = (row.take()?, row.take()?, row.take()?);
            let posting = JournalPosting::of(row.take()?, row.take()?, row.take()?, take_together(&mut row)?);
            match lines.last_mut().filter(|last| last.entry.key == entry.key) {
                Some(last) => last.postings.push(posting),
                None => lines.push(JournalLine {
                    entry,
                    number,
                    due_on,
                    customer,
                    postings: vec![posting],
                }),
            }
        }
        Ok(lines)
    }

    /// Every posting to the receivable on invoices of a customer, dated on or before a day, in order of day and entry. The cost is that
    /// of the customer's own documents.
    pub async fn customer_ledger(
        &self,
        book: BookKey,
        receivable: AccountKey,
        customer: CustomerKey,
        to: Date,
    ) -> Result<Vec<LedgerLine>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::customer_ledger(tables, receivable, customer, to)));
        }
        let arguments = [book.0.cell(), customer.cell(), receivable.cell(), to.cell()];
        let rows = self.report_rows(&sql::CUSTOMER_LEDGER, &arguments).await?;
        rows.iter()
            .map(|cells| ledger_line(&sql::CUSTOMER_LEDGER, cells))
            .collect()
    }
}

impl Reader<'_> {
    /// Every posting of payments and credit notes of a customer to the accounts of what settles nothing, dated on or before a day, in
    /// order of day and entry. The cost is that of the customer's own payments and credit notes.
    pub async fn customer_credit(
        &self,
        book: BookKey,
        accounts: [AccountKey; 2],
        customer: CustomerKey,
        to: Date,
    ) -> Result<Vec<LedgerLine>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model::customer_credit(tables, accounts, customer, to)));
        }
        let [one, other] = accounts;
        let arguments = [book.0.cell(), customer.cell(), one.cell(), other.cell(), to.cell()];
        let rows = self.report_rows(&sql::CUSTOMER_CREDIT, &arguments).await?;
        rows.iter()
            .map(|cells| ledger_line(&sql::CUSTOMER_CREDIT, cells))
            .collect()
    }
}

/// Statements with what their plans must use.
#[cfg(test)]
pub(crate) fn plans() -> [(&'static Asked, &'static [&'static str]); 11] {
    [
        (
            &sql::TURNOVERS,
            &["(book=? AND account=? AND currency=? AND grain=? AND start>? AND start<?)"],
        ),
        (&sql::OPEN_NOW, &["COVERING INDEX invoice_open_by_customer"]),
        (&sql::OPEN_ABROAD, &["COVERING INDEX invoice_open_abroad"]),
        (
            &sql::OPENED_SINCE,
            &["COVERING INDEX entry_by_date (book=? AND date>?)"],
        ),
        (&sql::LEDGER, &["COVERING INDEX entry_by_date (book=? AND date=?)"]),
        (
            &sql::CUSTOMER_LEDGER,
            &["COVERING INDEX entry_that_settles (book=? AND invoice=?)"],
        ),
        (&sql::CUSTOMER_CREDIT, &["payment_by_customer", "refund_by_payment"]),
        (&sql::TAXED, &["entry_by_date (book=? AND date>? AND date<?)"]),
        (&sql::PAID_ON, &["COVERING INDEX entry_by_date (book=? AND date=?)"]),
        (&sql::DELETIONS, &["event_deletions"]),
        (&sql::TALLIES, &["(book=? AND kind=?)"]),
    ]
}
