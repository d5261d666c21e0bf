//! What readers ask: the directory, heads, tokens, lists, kept figures, the log, and scans.

use jiff::civil::Date;
use quittance_accounting::book::{Grant, Token};
use quittance_accounting::content::{Digest, Fate};
use quittance_accounting::identity::{BookKey, DocumentKind, DocumentRef, InvoiceKey, PaymentKey};
use quittance_accounting::kept::{BalanceKey, Tally, TallyKey, Turnover};
use quittance_accounting::record::Record;
use quittance_accounting::snapshot::{Snapshot, Want};

use super::PostgresReader;
use super::cells::{Argument, Call};
use super::gather::{calls, take_in};
use crate::beside::{BALANCE, DIRECTORY, EVENT, HEAD, LINES, TALLY};
use crate::beside::{read_balance, read_buried, read_directory, read_event, read_head, read_line, read_tally};
use crate::engine::list::List;
use crate::engine::payments::PaymentList;
use crate::engine::said::Spelling;
use crate::engine::texts::{documents, dollars, newest_events, resources, scan, select, texts_to_go};
use crate::engine::{BookEntry, Line};
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::gathering::Gathering;
use crate::listing::{InvoicePage, InvoiceQuery, PaymentPage, PaymentQuery, ResourceQuery};
use crate::log::{Event, Head};
use crate::tables::{Stored, TABLES, Table, cells_of, record_of, spelled};

/// How a whole number is read from the only column of a row.
fn number(cells: &[Cell]) -> Result<i64, StoreError> {
    let found = cells.first();
    found.and_then(i64::read).ok_or_else(|| StoreError::Engine {
        doing: "reading numbers",
        message: format!("{found:?} is none"),
    })
}

/// The record that the cells of a row of a live table spell, as they would be written again.
pub(super) fn whole(table: &'static Table, cells: &[Cell]) -> Result<Record, StoreError> {
    let unknown = || StoreError::Engine {
        doing: "reading rows",
        message: format!("no table {}", table.name),
    };
    let record = record_of(table.name, cells)?.ok_or_else(unknown)?;
    spelled(table, cells, &cells_of(&record))?;
    Ok(record)
}

impl PostgresReader<'_> {
    /// The cells of the rows that a statement of both engines finds.
    async fn cells(&self, sql: &str, arguments: &[Cell]) -> Result<Vec<Vec<Cell>>, StoreError> {
        let call = Call {
            sql: &dollars(sql),
            arguments: arguments.iter().cloned().map(Argument::One).collect(),
        };
        let said = self.flight(&[call]).await?;
        said.iter().try_fold(Vec::new(), |mut all, said| {
            all.extend(said.cells()?);
            Ok(all)
        })
    }

    pub(super) async fn read<T>(
        &self,
        sql: &str,
        arguments: &[Cell],
        read: impl Fn(&[Cell]) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.cells(sql, arguments)
            .await?
            .iter()
            .map(|cells| read(cells))
            .collect()
    }

    pub(in crate::engine) async fn directory(&self) -> Result<Vec<BookEntry>, StoreError> {
        self.read(
            select!(DIRECTORY, "where first is null order by book"),
            &[],
            read_directory,
        )
        .await
    }

    pub(in crate::engine) async fn lines(&self) -> Result<Vec<Line>, StoreError> {
        self.read(select!(LINES, "order by book"), &[], read_line).await
    }

    pub(in crate::engine) async fn head(&self, book: BookKey) -> Result<Option<Head>, StoreError> {
        let sql = select!(HEAD, "where book = ?1");
        Ok(self.read(sql, &[Cell::Int(book.0)], read_head).await?.pop())
    }

    pub(in crate::engine) async fn gather(
        &self,
        book: BookKey,
        wants: &[Want],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        let gathering = Gathering::of(wants);
        self.rounds(book, gathering, into).await?.finish(wants, into);
        Ok(())
    }

    pub(in crate::engine) async fn load_balances(
        &self,
        book: BookKey,
        keys: &[BalanceKey],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        let gathering = Gathering::of_balances(keys);
        self.rounds(book, gathering, into).await?.finish(&[], into);
        Ok(())
    }

    async fn rounds(
        &self,
        book: BookKey,
        mut gathering: Gathering,
        into: &mut Snapshot,
    ) -> Result<Gathering, StoreError> {
        loop {
            let round = gathering.round();
            if round.is_empty() {
                return Ok(gathering);
            }
            let said = self.flight(&calls(&self.store.texts, book, &round)?).await?;
            take_in(&mut gathering, &round, &said, into)?;
        }
    }

    pub(in crate::engine) async fn token(&self, book: BookKey, digest: Digest) -> Result<Option<Token>, StoreError> {
        let sql = select!(
            Token::TABLE,
            "where book = ?1 and digest = ?2 and exists (select 1 from head where book = ?1)"
        );
        let arguments = [Cell::Int(book.0), digest.cell()];
        Ok(self.read(sql, &arguments, Token::from_cells).await?.pop())
    }

    pub(in crate::engine) async fn tokens(&self, book: BookKey) -> Result<Vec<Token>, StoreError> {
        self.read(&scan(&Token::TABLE), &[Cell::Int(book.0)], Token::from_cells)
            .await
    }

    pub(in crate::engine) async fn grants(&self, book: BookKey) -> Result<Vec<Grant>, StoreError> {
        self.read(&scan(&Grant::TABLE), &[Cell::Int(book.0)], Grant::from_cells)
            .await
    }

    pub(in crate::engine) async fn invoices(
        &self,
        book: BookKey,
        query: &InvoiceQuery,
    ) -> Result<InvoicePage, StoreError> {
        let list = List::new(book, &query.filter, Spelling::Postgres);
        let bounded = query.is_sorted() || (query.count && list.is_looked_for());
        let is_more = bounded && !self.asked(list.is_more()).await?.is_empty();
        let total = match query.count && !(is_more && list.is_looked_for()) {
            true => self.total(book, &list).await?,
            false => None,
        };
        if is_more && query.is_sorted() {
            return Ok(InvoicePage::not_in_order(total));
        }
        let crowded = match list.is_crowded(query) {
            None => None,
            Some(asked) => Some(self.asked(asked).await?.first() == Some(&1)),
        };
        let keys = self.asked(list.page(query, crowded)).await?;
        let mut page = InvoicePage {
            invoices: keys.into_iter().map(InvoiceKey).collect(),
            total,
            cut: None,
        };
        if list.is_looked_for() && page.is_short_of(query) {
            page.cut_where(&self.asked(list.looked_up_to(query, crowded)).await?);
        }
        Ok(page)
    }

    async fn asked(&self, (sql, arguments): (String, Vec<Cell>)) -> Result<Vec<i64>, StoreError> {
        self.read(&sql, &arguments, number).await
    }

    /// How many invoices a list has in all; `None` when there is no such book.
    async fn total(&self, book: BookKey, list: &List) -> Result<Option<i64>, StoreError> {
        let (sql, arguments) = list.total();
        let total = self.read(&sql, &arguments, number).await?.pop().unwrap_or_default();
        Ok(if total == 0 && self.head(book).await?.is_none() {
            None
        } else {
            Some(total)
        })
    }

    pub(in crate::engine) async fn documents(
        &self,
        book: BookKey,
        kind: DocumentKind,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let Some(sql) = documents(kind) else {
            return Ok(Vec::new());
        };
        let arguments = [Cell::Int(book.0), Cell::Int(limit.max(0)), Cell::Int(offset.max(0))];
        self.read(sql, &arguments, number).await
    }

    pub(in crate::engine) async fn payments(
        &self,
        book: BookKey,
        query: &PaymentQuery,
    ) -> Result<PaymentPage, StoreError> {
        let list = PaymentList::new(book, query);
        let total = match query.count {
            false => None,
            true => {
                let (sql, arguments) = list.total();
                let total = self.read(&sql, &arguments, number).await?.pop().unwrap_or_default();
                let there = total > 0 || self.head(book).await?.is_some();
                there.then_some(total)
            }
        };
        let (sql, arguments) = list.page(query);
        let payments = self
            .read(&sql, &arguments, |cells| number(cells).map(PaymentKey))
            .await?;
        let mut page = PaymentPage {
            payments,
            total,
            looked_up_to: None,
        };
        if page.is_short_of(query)
            && let Some(asked) = list.looked_up_to(query)
        {
            page.cut_where(&self.asked(asked).await?);
        }
        Ok(page)
    }

    pub(in crate::engine) async fn resources(
        &self,
        book: BookKey,
        query: &ResourceQuery,
    ) -> Result<Vec<i64>, StoreError> {
        let (sql, arguments) = resources(book, query);
        self.read(sql, &arguments, number).await
    }

    pub(in crate::engine) async fn balances(&self, book: BookKey) -> Result<Vec<(BalanceKey, Turnover)>, StoreError> {
        let sql = select!(BALANCE, "where book = ?1");
        let mut found = self.read(sql, &[Cell::Int(book.0)], read_balance).await?;
        found.sort_by_key(|(key, _)| *key);
        Ok(found)
    }

    pub(in crate::engine) async fn tallies(&self, book: BookKey) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        let sql = select!(TALLY, "where book = ?1");
        let mut found = self.read(sql, &[Cell::Int(book.0)], read_tally).await?;
        found.sort_by_key(|(key, _)| *key);
        Ok(found)
    }

    pub(in crate::engine) async fn events(
        &self,
        book: BookKey,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let sql = select!(EVENT, "where book = ?1 and seq > ?2 order by seq limit ?3");
        let arguments = [Cell::Int(book.0), Cell::Int(after), Cell::Int(limit.max(0))];
        self.read(sql, &arguments, |cells| read_event(book, cells)).await
    }

    pub(in crate::engine) async fn newest_events(
        &self,
        book: BookKey,
        kind: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let (sql, arguments) = newest_events(book, kind, limit);
        self.read(sql, &arguments, |cells| read_event(book, cells)).await
    }

    pub(in crate::engine) async fn texts_to_go(
        &self,
        book: BookKey,
        today: Date,
        limit: i64,
    ) -> Result<Vec<DocumentRef>, StoreError> {
        let arguments = [
            Cell::Int(book.0),
            Fate::RetainedUntil(today).cell(),
            Cell::Int(limit.max(0)),
        ];
        self.read(&texts_to_go(), &arguments, read_buried).await
    }

    pub(in crate::engine) async fn asked_rows(
        &self,
        sql: &str,
        arguments: &[Cell],
    ) -> Result<Vec<Vec<Cell>>, StoreError> {
        self.cells(sql, arguments).await
    }

    pub(in crate::engine) async fn scan(
        &self,
        book: BookKey,
        table: &'static str,
    ) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        let Some(table) = TABLES.iter().find(|known| known.name == table) else {
            return Ok(Vec::new());
        };
        let found = self.cells(&scan(table), &[Cell::Int(book.0)]).await?;
        Ok(found.iter().map(|cells| whole(table, cells)).collect())
    }
}
