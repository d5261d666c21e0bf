//! Questions about credit notes.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::book::Tombstone;
use quittance_accounting::identity::{
    BookKey, CreditNoteKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey, ProductKey,
};
use quittance_accounting::snapshot::{Named, Want};
use quittance_store::listing::{CreditQuery, PaymentFilter, PaymentQuery};

use super::{Parties, gathered};
use crate::books::Books;
use crate::counts::Counted;
use crate::extract;
use crate::failure::Failure;
use crate::view::{CreditNoteView, CustomerView, PaymentView, ProductView};

/// A row of a list of credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credit {
    /// A credit note.
    Note(Box<CreditNoteView>),
    /// A payment by hand that brought more than it settled when it was recorded.
    Money(Box<PaymentView>),
}

/// What is shown with credit notes and stands elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AroundCredit {
    /// Their customers.
    pub customers: BTreeMap<CustomerKey, CustomerView>,
    /// The products that their lines name.
    pub products: BTreeMap<ProductKey, ProductView>,
    /// The days that the entries of their parts are dated.
    pub days: BTreeMap<EntryKey, Date>,
}

impl Books {
    /// A live credit note with its lines and what it settles, or a deleted one whose texts were kept (`deleted` is set then).
    pub async fn credit_note(&self, book: BookKey, named: &Named) -> Result<Option<CreditNoteView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::CreditNote(named.clone())]).await?;
        let found = snapshot.whole_credit_note(named).ok().flatten();
        Ok(match found {
            Some((note, _)) => extract::credit_note(&snapshot, note.key),
            None => snapshot
                .buried_credit_note(named)
                .and_then(|stone| extract::deleted_credit_note(&snapshot, stone)),
        })
    }

    /// What remains of a deleted credit note; `None` for a live one and for one that never was.
    pub async fn credit_note_tombstone(&self, book: BookKey, named: &Named) -> Result<Option<Tombstone>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::CreditNote(named.clone())]).await?;
        let live = snapshot.whole_credit_note(named).ok().flatten().is_some();
        let stone = if live { None } else { snapshot.buried_credit_note(named) };
        Ok(stone.cloned())
    }

    /// Credit notes in order of creation.
    pub async fn credit_notes(&self, book: BookKey, offset: i64, limit: i64) -> Result<Vec<CreditNoteView>, Failure> {
        let reader = self.store.reader().await?;
        let keys = reader.documents(book, DocumentKind::CreditNote, offset, limit).await?;
        let wants: Vec<Want> = keys.iter().map(|key| Want::CreditNote(Named::Key(*key))).collect();
        let snapshot = gathered(&reader, book, &wants).await?;
        let shown = keys
            .iter()
            .filter_map(|key| extract::credit_note(&snapshot, CreditNoteKey(*key)));
        Ok(shown.collect())
    }

    /// The live credit notes of a customer, in order of creation.
    pub async fn credit_notes_of(
        &self,
        book: BookKey,
        customer: CustomerKey,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<CreditNoteView>, Failure> {
        let reader = self.store.reader().await?;
        let query = PaymentQuery {
            filter: PaymentFilter {
                credits: true,
                customer: Some(customer),
                ..PaymentFilter::default()
            },
            offset,
            limit,
            ..PaymentQuery::default()
        };
        let page = reader.payments(book, &query).await?;
        let keys = page.payments.iter().map(|key| CreditNoteKey(key.0));
        let wants: Vec<Want> = keys.clone().map(|key| Want::CreditNote(Named::Key(key.0))).collect();
        let snapshot = gathered(&reader, book, &wants).await?;
        Ok(keys.filter_map(|key| extract::credit_note(&snapshot, key)).collect())
    }

    /// A page of live credit notes, and how many match in all, if asked for.
    pub async fn list_credit_notes(
        &self,
        book: BookKey,
        query: &CreditQuery,
    ) -> Result<(Vec<CreditNoteView>, Option<i64>), Failure> {
        let only_notes = CreditQuery {
            money: None,
            ..query.clone()
        };
        let (found, total) = self.list_credit(book, &only_notes).await?;
        let note = |credit| match credit {
            Credit::Note(view) => Some(*view),
            Credit::Money(_) => None,
        };
        Ok((found.into_iter().filter_map(note).collect(), total))
    }

    /// A page of live credit notes, with the payments among them that the query asks for, and how many match in all, if asked for.
    pub async fn list_credit(&self, book: BookKey, query: &CreditQuery) -> Result<(Vec<Credit>, Option<i64>), Failure> {
        let reader = self.store.reader().await?;
        let counted = query.count.then(|| Counted::credit_notes(query));
        let (known, counted) = self.counted(&reader, book, counted).await?;
        let count = query.count && known.is_none();
        let mut page = reader
            .credit_notes(book, &CreditQuery { count, ..query.clone() })
            .await?;
        page.total = self.remember_count(book, known, counted, page.total);
        let note = |key: &CreditNoteKey| Want::CreditNote(Named::Key(key.0));
        let money = |key: &CreditNoteKey| query.money.map(|_| Want::Payment(Named::Key(key.0)));
        let wants = page
            .credit_notes
            .iter()
            .flat_map(|key| std::iter::once(note(key)).chain(money(key)));
        let snapshot = gathered(&reader, book, &wants.collect::<Vec<_>>()).await?;
        let shown = page.credit_notes.iter().filter_map(|key| {
            let note = extract::credit_note(&snapshot, *key).map(|view| Credit::Note(Box::new(view)));
            let money = || extract::payment(&snapshot, key.credit());
            note.or_else(|| money().map(|view| Credit::Money(Box::new(view))))
        });
        Ok((shown.collect(), page.total))
    }

    /// Who and what credit notes name, and the days of what they settle and did.
    pub async fn around_credit_notes(&self, book: BookKey, views: &[CreditNoteView]) -> Result<AroundCredit, Failure> {
        let customers = views.iter().filter_map(|view| view.credit.customer);
        let products = views
            .iter()
            .flat_map(|view| &view.lines)
            .filter_map(|line| line.product);
        let live = views.iter().flat_map(|view| &view.allocations).map(|part| part.entry);
        let former = views.iter().flat_map(|view| &view.former);
        let former = former.flat_map(|part| std::iter::once(part.entry).chain(part.undone));
        let parties = Parties {
            customers: customers.collect(),
            products: products.collect(),
        };
        self.around(book, &parties, live.chain(former)).await
    }

    /// These parties, and the days of these entries: what can be shown with credit notes that name them.
    pub async fn around(
        &self,
        book: BookKey,
        parties: &Parties,
        entries: impl Iterator<Item = EntryKey>,
    ) -> Result<AroundCredit, Failure> {
        let customers = parties.customers.iter().map(|key| Want::Customer(Named::Key(key.0)));
        let products = parties.products.iter().map(|key| Want::Product(Named::Key(key.0)));
        let mut wants: Vec<Want> = customers.chain(products).chain(entries.map(Want::Entry)).collect();
        wants.sort();
        wants.dedup();
        if wants.is_empty() {
            return Ok(AroundCredit::default());
        }
        let snapshot = gathered(&self.store.reader().await?, book, &wants).await?;
        let tables = snapshot.tables();
        let customer = |key: &CustomerKey| extract::customer(&snapshot, &Named::Key(key.0)).map(|view| (*key, view));
        let product = |key: &ProductKey| extract::product(&snapshot, &Named::Key(key.0)).map(|view| (*key, view));
        Ok(AroundCredit {
            customers: tables.customers.keys().filter_map(customer).collect(),
            products: tables.products.keys().filter_map(product).collect(),
            days: tables.entries.iter().map(|(key, entry)| (*key, entry.date)).collect(),
        })
    }

    /// The live credit notes that take figures of an invoice back, in order of creation; the invoice may be deleted.
    pub async fn credit_notes_for(&self, book: BookKey, invoice: &Named) -> Result<Vec<CreditNoteView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::InvoiceView(invoice.clone())]).await?;
        let live = snapshot.invoice(invoice).ok().flatten().map(|invoice| invoice.key);
        let stone = snapshot.buried_invoice(invoice);
        let Some(invoice) = live.or(stone.map(|stone| InvoiceKey(stone.document.number))) else {
            return Ok(Vec::new());
        };
        let snapshot = gathered(&reader, book, &[Want::CreditNotesOf(invoice)]).await?;
        let wants: Vec<Want> = snapshot
            .tables()
            .credit_notes
            .keys()
            .map(|key| Want::CreditNote(Named::Key(key.0)))
            .collect();
        let keys: Vec<CreditNoteKey> = snapshot.tables().credit_notes.keys().copied().collect();
        let snapshot = gathered(&reader, book, &wants).await?;
        Ok(keys
            .into_iter()
            .filter_map(|key| extract::credit_note(&snapshot, key))
            .collect())
    }
}
