//! Documents of a kind in order of creation, page by page from where the last page ended.
//!
//! A page costs what it shows, wherever in the list it lies, and what is deleted before it moves nothing. Deliberately absent:
//! conditions; a list that knows some has a query of its own. A page of invoices, which has, is put together of its two sides here.

use jiff::Timestamp;
use quittance_accounting::identity::{BookKey, DocumentKind, DocumentRef, InvoiceKey};
use quittance_accounting::record::Tables;

use crate::engine::Reader;
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::listing::{InvoicePage, InvoiceQuery};
use crate::tables::{Cells, Table};

/// A list of documents of one kind, one page of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentQuery {
    /// Of this kind. The credit of a credit note is no payment, and of entries by hand those are left out that reverse another.
    pub kind: DocumentKind,
    /// From the last to the first.
    pub descending: bool,
    /// Those after this number in that order; `None` from the beginning.
    pub after: Option<i64>,
    /// How many to hand out.
    pub limit: i64,
}

static KEY: Table = Table {
    name: "document",
    columns: &["key"],
    keys: 1,
    derived: 0,
};

static CREATED: Table = Table {
    name: "invoice",
    columns: &["key", "created_at"],
    keys: 1,
    derived: 0,
};

/// The first invoice from a number on.
pub(crate) const FIRST_FROM: &str =
    "select key, created_at from invoice where book = ?1 and key >= ?2 order by key limit 1";

/// How many invoices up to a number were deleted: along the key alone, which stands apart from the rows and all that was removed.
pub(crate) const BURIED: &str = "select count(*) from tombstone where book = ?1 and kind = 'invoice' and number <= ?2";

/// Where the documents of a kind stand, and what else is asked of them; `None` where they have no table.
fn source(kind: DocumentKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        DocumentKind::Book | DocumentKind::Line | DocumentKind::Request => return None,
        DocumentKind::CreditNote => ("credit_note", ""),
        DocumentKind::Account => ("account", ""),
        DocumentKind::Customer => ("customer", ""),
        DocumentKind::Product => ("product", ""),
        DocumentKind::Invoice => ("invoice", ""),
        DocumentKind::Payment => ("payment", " and witness <> 'credit'"),
        DocumentKind::Refund => ("refund", ""),
        DocumentKind::WriteOff => ("write_off", ""),
        DocumentKind::Resource => ("resource", ""),
        DocumentKind::ManualEntry => ("manual_entry", " and reverses is null"),
        DocumentKind::Token => ("token", ""),
    })
}

/// The same on records, in order.
fn model(tables: &Tables, kind: DocumentKind) -> Vec<i64> {
    match kind {
        DocumentKind::Book | DocumentKind::Line | DocumentKind::Request => Vec::new(),
        DocumentKind::CreditNote => tables.credit_notes.keys().map(|key| key.0).collect(),
        DocumentKind::Account => tables.accounts.keys().map(|key| key.0).collect(),
        DocumentKind::Customer => tables.customers.keys().map(|key| key.0).collect(),
        DocumentKind::Product => tables.products.keys().map(|key| key.0).collect(),
        DocumentKind::Invoice => tables.invoices.keys().map(|key| key.0).collect(),
        DocumentKind::Payment => {
            let payments = tables.payments.values().filter(|payment| payment.witness.is_money());
            payments.map(|payment| payment.key.0).collect()
        }
        DocumentKind::Refund => tables.refunds.keys().map(|key| key.0).collect(),
        DocumentKind::WriteOff => tables.write_offs.keys().map(|key| key.0).collect(),
        DocumentKind::Resource => tables.resources.keys().map(|key| key.0).collect(),
        DocumentKind::ManualEntry => {
            let entries = tables.manual_entries.values().filter(|entry| entry.reverses.is_none());
            entries.map(|entry| entry.key.0).collect()
        }
        DocumentKind::Token => tables.tokens.keys().map(|key| key.0).collect(),
    }
}

impl DocumentQuery {
    fn lies_beyond(&self, key: i64) -> bool {
        self.after.is_none_or(|after| match self.descending {
            true => key < after,
            false => key > after,
        })
    }
}

impl Reader<'_> {
    /// The numbers of a page of documents, in order.
    pub async fn documents_after(&self, book: BookKey, query: &DocumentQuery) -> Result<Vec<i64>, StoreError> {
        let limit = query.limit.max(0);
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| {
                let mut keys = model(tables, query.kind);
                if query.descending {
                    keys.reverse();
                }
                let beyond = keys.into_iter().filter(|key| query.lies_beyond(*key));
                beyond.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
            }));
        }
        let Some((table, more)) = source(query.kind) else {
            return Ok(Vec::new());
        };
        let (later, direction, start) = match query.descending {
            true => ("<", " desc", i64::MAX),
            false => (">", "", i64::MIN),
        };
        let sql = format!(
            "select key from {table} where book = ?1 and key {later} ?2{more} order by key{direction} limit ?3"
        );
        let arguments: [Cell; 3] = [book.0.cell(), query.after.unwrap_or(start).cell(), limit.cell()];
        let rows = self.asked_rows(&KEY, &sql, &arguments).await?;
        rows.iter().map(|cells| key_in(cells)).collect()
    }

    /// The numbers of a page of resources of one kind, newest first, after passing over `offset` of them, and how many there are.
    pub async fn resources_at(
        &self,
        book: BookKey,
        kind: &str,
        offset: i64,
        limit: i64,
    ) -> Result<(Vec<i64>, i64), StoreError> {
        let (offset, limit) = (offset.max(0), limit.max(0));
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| {
                let own = tables.resources.values().filter(|resource| resource.kind == kind);
                let keys: Vec<i64> = own.map(|resource| resource.key.0).collect();
                let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
                let page = keys.iter().rev().skip(size(offset)).take(size(limit));
                (page.copied().collect(), keys.len() as i64)
            }));
        }
        let of = [book.0.cell(), kind.to_owned().cell()];
        let sql = "select key from resource where book = ?1 and kind = ?2 order by key desc limit ?3 offset ?4";
        let [book, kind] = of.clone();
        let rows = self
            .asked_rows(&KEY, sql, &[book, kind, limit.cell(), offset.cell()])
            .await?;
        let keys: Result<Vec<i64>, StoreError> = rows.iter().map(|cells| key_in(cells)).collect();
        let count = "select count(*) from resource where book = ?1 and kind = ?2";
        let rows = self.asked_rows(&KEY, count, &of).await?;
        let total = rows.first().map(|cells| key_in(cells)).transpose()?;
        Ok((keys?, total.unwrap_or_default()))
    }

    /// A page of invoices.
    pub async fn invoices(&self, book: BookKey, query: &InvoiceQuery) -> Result<InvoicePage, StoreError> {
        let mut page = self.invoices_on_a_side(book, query).await?;
        let left = query.limit - page.invoices.len() as i64;
        let goes_on = left > 0 && page.cut.is_none() && !matches!(self, Reader::Memory(_));
        // The model has both sides in one list.
        if let (true, Some(place)) = (goes_on, query.other_side()) {
            let rest = InvoiceQuery {
                after: Some(place),
                offset: 0,
                limit: left,
                count: false,
                ..query.clone()
            };
            let rest = self.invoices_on_a_side(book, &rest).await?;
            page.invoices.extend(rest.invoices);
            page.cut = rest.cut;
        }
        Ok(page)
    }

    /// The first live invoice from a number on, and when it was created.
    pub async fn invoice_created(
        &self,
        book: BookKey,
        from: InvoiceKey,
    ) -> Result<Option<(InvoiceKey, Timestamp)>, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| {
                let first = tables.invoices.range(from..).next();
                first.map(|(key, invoice)| (*key, invoice.created_at))
            }));
        }
        let rows = self
            .asked_rows(&CREATED, FIRST_FROM, &[book.0.cell(), from.cell()])
            .await?;
        let read = |cells: &Vec<Cell>| {
            let mut row = Cells {
                table: &CREATED,
                cells,
                next: 0,
            };
            Ok((row.take()?, row.take()?))
        };
        rows.first().map(read).transpose()
    }

    /// How many invoices with a number up to this one were deleted.
    pub async fn buried_invoices(&self, book: BookKey, up_to: InvoiceKey) -> Result<i64, StoreError> {
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| {
                let stones = tables.tombstones.values().map(|stone| stone.document);
                let wanted =
                    |document: &DocumentRef| document.kind == DocumentKind::Invoice && document.number <= up_to.0;
                stones.filter(wanted).count() as i64
            }));
        }
        let rows = self.asked_rows(&KEY, BURIED, &[book.0.cell(), up_to.cell()]).await?;
        Ok(rows.first().map(|cells| key_in(cells)).transpose()?.unwrap_or_default())
    }
}

fn key_in(cells: &[Cell]) -> Result<i64, StoreError> {
    let mut row = Cells {
        table: &KEY,
        cells,
        next: 0,
    };
    row.take()
}
