//! A book handed out whole, page by page, from one consistent state.
//!
//! An [`Export`] holds a reader for as long as it lives, so that what it hands out fits together whatever is written meanwhile. Memory
//! holds one page. Deliberately absent: any format.

use std::collections::BTreeMap;
use std::sync::Arc;

use quittance_accounting::identity::{
    BookKey, CreditNoteKey, CustomerKey, DocumentId, DocumentKind, EntryKey, InvoiceKey, PaymentKey, ProductKey,
};
use quittance_accounting::money::Currency;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::{Named, Want};
use quittance_store::Reader;
use quittance_store::documents::DocumentQuery;

use crate::books::Books;
use crate::extract;
use crate::failure::Failure;
use crate::queries::gathered;
use crate::view::{BookView, CreditNoteView, CustomerView, InvoiceView, PaymentView, Seal};

pub use quittance_store::reports::{JournalLine, JournalPosting};

/// How many documents or entries a page holds: some hundred kilobytes.
pub const PAGE: i64 = 500;

/// A book being handed out.
#[derive(Debug)]
pub struct Export<'a> {
    reader: Reader<'a>,
    key: BookKey,
    now: jiff::Timestamp,
    /// The settings and the chart.
    pub book: Arc<BookView>,
    /// The end of the log that it shows.
    pub head: Seal,
    /// The currencies that documents are in, besides the book's.
    pub currencies: Vec<Currency>,
}

impl Books {
    /// Begins to hand a book out.
    pub async fn export(&self, book: BookKey) -> Result<Export<'_>, Failure> {
        let missing = || {
            Failure::from(Refusal::NotFound {
                kind: DocumentKind::Book,
            })
        };
        let reader = self.store.reader().await?;
        let head = reader.head(book).await?.ok_or_else(missing)?;
        let chart = gathered(&reader, book, &[Want::Chart]).await?;
        let view = extract::book(book, &chart).ok_or_else(missing)?;
        let currencies = reader.currencies(book).await?;
        Ok(Export {
            reader,
            currencies,
            key: book,
            now: self.clock.now(),
            book: Arc::new(view),
            head: Seal {
                seq: head.seq,
                hash: head.hash,
            },
        })
    }
}

impl Export<'_> {
    /// Entries after one, in the order they were recorded; none when there are no more.
    pub async fn entries(&self, after: EntryKey) -> Result<Vec<JournalLine>, Failure> {
        Ok(self.reader.journal(self.key, after, PAGE).await?)
    }

    /// Customers after the one with this number, in order of number.
    pub async fn customers(&self, after: i64) -> Result<Vec<CustomerView>, Failure> {
        let keys = self.numbers(DocumentKind::Customer, after).await?;
        let wants: Vec<Want> = keys.iter().map(|key| Want::Customer(Named::Key(*key))).collect();
        let snapshot = gathered(&self.reader, self.key, &wants).await?;
        let view = |key: &i64| extract::customer(&snapshot, &Named::Key(*key));
        Ok(keys.iter().filter_map(view).collect())
    }

    /// Payments after the one with this number, in order of number.
    pub async fn payments(&self, after: i64) -> Result<Vec<PaymentView>, Failure> {
        let keys = self.numbers(DocumentKind::Payment, after).await?;
        let wants: Vec<Want> = keys.iter().map(|key| Want::Payment(Named::Key(*key))).collect();
        let snapshot = gathered(&self.reader, self.key, &wants).await?;
        let view = |key: &i64| extract::payment(&snapshot, PaymentKey(*key));
        Ok(keys.iter().filter_map(view).collect())
    }

    /// Credit notes after the one with this number, in order of number.
    pub async fn credit_notes(&self, after: i64) -> Result<Vec<CreditNoteView>, Failure> {
        let keys = self.numbers(DocumentKind::CreditNote, after).await?;
        let wants: Vec<Want> = keys.iter().map(|key| Want::CreditNote(Named::Key(*key))).collect();
        let snapshot = gathered(&self.reader, self.key, &wants).await?;
        let view = |key: &i64| extract::credit_note(&snapshot, CreditNoteKey(*key));
        Ok(keys.iter().filter_map(view).collect())
    }

    /// The ids of customers and products, by their numbers.
    pub async fn party_ids(
        &self,
        customers: &[CustomerKey],
        products: &[ProductKey],
    ) -> Result<(BTreeMap<CustomerKey, DocumentId>, BTreeMap<ProductKey, DocumentId>), Failure> {
        let customers = customers.iter().map(|key| Want::Customer(Named::Key(key.0)));
        let products = products.iter().map(|key| Want::Product(Named::Key(key.0)));
        let mut wants: Vec<Want> = customers.chain(products).collect();
        wants.sort();
        wants.dedup();
        let snapshot = gathered(&self.reader, self.key, &wants).await?;
        let tables = snapshot.tables();
        let customers = tables.customers.values().map(|customer| (customer.key, customer.id));
        let products = tables.products.values().map(|product| (product.key, product.id));
        Ok((customers.collect(), products.collect()))
    }

    /// Invoices after the one with this number, drafts too, in order of number.
    pub async fn invoices(&self, after: i64) -> Result<Vec<InvoiceView>, Failure> {
        let page = self.numbers(DocumentKind::Invoice, after).await?;
        let page: Vec<InvoiceKey> = page.into_iter().map(InvoiceKey).collect();
        let wants: Vec<Want> = page
            .iter()
            .map(|key| Want::InvoiceView(Named::Key(key.0)))
            .chain([Want::Chart])
            .collect();
        let snapshot = gathered(&self.reader, self.key, &wants).await?;
        let view = |key| extract::invoice(&snapshot, key, Arc::clone(&self.book), self.now);
        Ok(page.into_iter().filter_map(view).collect())
    }

    /// The ids of live invoices, by their numbers.
    pub async fn invoice_ids(&self, keys: &[InvoiceKey]) -> Result<BTreeMap<InvoiceKey, DocumentId>, Failure> {
        let mut wants: Vec<Want> = keys.iter().map(|key| Want::InvoiceView(Named::Key(key.0))).collect();
        wants.sort();
        wants.dedup();
        let snapshot = gathered(&self.reader, self.key, &wants).await?;
        let invoices = snapshot.tables().invoices.values();
        Ok(invoices.map(|invoice| (invoice.key, invoice.id)).collect())
    }

    async fn numbers(&self, kind: DocumentKind, after: i64) -> Result<Vec<i64>, Failure> {
        let query = DocumentQuery {
            kind,
            descending: false,
            after: Some(after),
            limit: PAGE,
        };
        Ok(self.reader.documents_after(self.key, &query).await?)
    }
}
