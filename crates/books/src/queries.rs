//! Questions: everything that looks and changes nothing. Each is answered from one consistent state.

mod credits;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::book::{BookSettings, GrantKind, Token, Tombstone};
use quittance_accounting::identity::{
    BookKey, CustomerKey, DocumentId, DocumentKind, DocumentRef, InvoiceKey, PaymentKey, ProductKey, RefundKey,
    WriteOffKey,
};
use quittance_accounting::kept::{Tally, TallyKey, Turnover};
use quittance_accounting::plan::{EventKind, Receipt};
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_store::documents::DocumentQuery;
use quittance_store::listing::{Cut, InvoicePlace, InvoiceQuery, MOST_LOOKED_AT, PaymentOrder, PaymentQuery};
use quittance_store::parts::{PartPlace, PartQuery};
use quittance_store::{BookEntry, Event, Head, Reader, codec};

use crate::access::{Actor, TokenFault, actor, home_book, is_grant_text, token_digest};
use crate::books::Books;
use crate::counts::Counted;
use crate::extract;
use crate::failure::Failure;
use crate::places;
use crate::source::{day_in, zone};
use crate::view::{BookView, CustomerView, InvoiceView, PaymentView, ProductView, RefundView, Seal, WriteOffView};

pub use credits::{AroundCredit, Credit};

/// The most texts let go of in one round.
const MOST_TEXTS_AT_ONCE: i64 = 500;

/// How many numbers are looked up at once: more than one is only taken where clients brought numbers ahead of the count.
const NUMBERS_AT_ONCE: i64 = 16;

/// The customers and products that a document names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    /// Each once.
    pub customers: BTreeSet<CustomerKey>,
    /// Each once.
    pub products: BTreeSet<ProductKey>,
}

/// A page of invoices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceListing {
    /// In order.
    pub invoices: Vec<InvoiceView>,
    /// How many match in all, if asked for and if not too many would have to be looked at.
    pub total: Option<i64>,
    /// Where the page is short although others may match: why.
    pub cut: Option<Cut>,
    /// Where looking ended, if it ended before the page was full: what follows is asked for from there.
    pub goes_on_from: Option<InvoicePlace>,
}

impl InvoiceListing {
    /// How many match in all: `None` where nobody knows because too many would have to be looked at or put in order.
    pub fn counted(&self) -> Option<i64> {
        self.total.filter(|_| self.cut.is_none())
    }
}

/// A line of the trial balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialLine {
    /// The account.
    pub account: LedgerAccount,
    /// Its turnover over all time.
    pub turnover: Turnover,
}

/// A deletion as the deletion register shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionEntry {
    /// The event: who, when, through which dialect.
    pub event: Event,
    /// What the delete did.
    pub receipt: Receipt,
    /// Why, if a reason was given.
    pub reason: Option<String>,
    /// Where the log has it.
    pub seal: Seal,
}

impl Books {
    /// Every book's slot and id.
    pub async fn directory(&self) -> Result<Vec<BookEntry>, Failure> {
        Ok(self.store.reader().await?.directory().await?)
    }

    /// A book and its chart; `None` when there is no such book.
    pub async fn book(&self, book: BookKey) -> Result<Option<Arc<BookView>>, Failure> {
        Ok(self.book_now(book).await?.map(|(_, view)| view))
    }

    /// A book, and those of the parties that it has, as of one read. Nothing takes a customer or a product away again, so whoever has
    /// one of the numbers that were given out is there.
    pub async fn book_with(&self, book: BookKey, named: Parties) -> Result<Option<(Arc<BookView>, Parties)>, Failure> {
        let Some((head, view)) = self.book_now(book).await? else {
            return Ok(None);
        };
        let Parties {
            mut customers,
            mut products,
        } = named;
        customers.retain(|key| (1..=head.counters.customers).contains(&key.0));
        products.retain(|key| (1..=head.counters.products).contains(&key.0));
        Ok(Some((view, Parties { customers, products })))
    }

    /// A book as of its head: from memory, if the head that is read says that it still is so.
    async fn book_now(&self, book: BookKey) -> Result<Option<(Head, Arc<BookView>)>, Failure> {
        let Some(head) = self.store.head(book).await? else {
            return Ok(None);
        };
        if let Some(view) = self.shown.at(book, &head) {
            return Ok(Some((head, view)));
        }
        let reader = self.store.reader().await?;
        let Some(head) = reader.head(book).await? else {
            return Ok(None);
        };
        let snapshot = gathered(&reader, book, &[Want::Chart]).await?;
        let Some(view) = extract::book(book, &snapshot).map(Arc::new) else {
            return Ok(None);
        };
        self.shown.put(book, head, Arc::clone(&view));
        Ok(Some((head, view)))
    }

    /// The settings of a book.
    pub async fn settings(&self, book: BookKey) -> Result<Option<BookSettings>, Failure> {
        Ok(self.book(book).await?.map(|view| view.settings.clone()))
    }

    /// The end of a book's log.
    pub async fn head(&self, book: BookKey) -> Result<Option<Head>, Failure> {
        Ok(self.store.head(book).await?)
    }

    /// The actor that a token's text names now.
    pub async fn authenticate(&self, text: &str) -> Result<Result<Actor, TokenFault>, Failure> {
        if is_grant_text(text) {
            // Seldom, and large: boxed, so that asking for a token is not.
            return Box::pin(self.bearer(text, GrantKind::Access)).await;
        }
        let Some(book) = home_book(text) else {
            return Ok(Err(TokenFault::Unknown));
        };
        let token = self.store.token(book, token_digest(text)).await?;
        Ok(token.map_or(Err(TokenFault::Unknown), |token| actor(book, token, self.clock.now())))
    }

    /// The tokens of a book, without their secrets.
    pub async fn tokens(&self, book: BookKey) -> Result<Vec<Token>, Failure> {
        Ok(self.store.reader().await?.tokens(book).await?)
    }

    /// A live invoice, or a deleted one whose tombstone still shows it (`deleted` is set then, and `readable` on the tombstone says
    /// whether the dialect that deleted it shows it to its clients).
    pub async fn invoice(&self, book: BookKey, named: &Named) -> Result<Option<InvoiceView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Chart, Want::InvoiceView(named.clone())]).await?;
        let Some(view) = extract::book(book, &snapshot).map(Arc::new) else {
            return Ok(None);
        };
        let now = self.clock.now();
        let live = snapshot.invoice(named).ok().flatten().map(|invoice| invoice.key);
        Ok(match live {
            Some(key) => extract::invoice(&snapshot, key, view, now),
            None => snapshot
                .buried_invoice(named)
                .and_then(|stone| extract::deleted(&snapshot, stone, view, now)),
        })
    }

    /// What remains of a deleted invoice; `None` for a live one and for one that never was.
    pub async fn tombstone(&self, book: BookKey, named: &Named) -> Result<Option<Tombstone>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::InvoiceView(named.clone())]).await?;
        Ok(snapshot.buried_invoice(named).cloned())
    }

    /// The ids of invoices, live or deleted, by their numbers.
    pub async fn invoice_ids(
        &self,
        book: BookKey,
        keys: &[InvoiceKey],
    ) -> Result<BTreeMap<InvoiceKey, DocumentId>, Failure> {
        let numbers = keys.iter().map(|key| key.0);
        let snapshot = numbered(&self.store.reader().await?, book, numbers, Want::InvoiceView).await?;
        let tables = snapshot.tables();
        let live = tables.invoices.values().map(|invoice| (invoice.key, invoice.id));
        let deleted = tables
            .tombstones
            .values()
            .filter(|stone| stone.document.kind == DocumentKind::Invoice);
        let deleted = deleted.map(|stone| (InvoiceKey(stone.document.number), stone.id));
        Ok(live.chain(deleted).collect())
    }

    /// The ids of customers by their numbers.
    pub async fn customer_ids(
        &self,
        book: BookKey,
        keys: &[CustomerKey],
    ) -> Result<BTreeMap<CustomerKey, DocumentId>, Failure> {
        let numbers = keys.iter().map(|key| key.0);
        let snapshot = numbered(&self.store.reader().await?, book, numbers, Want::Customer).await?;
        let known = snapshot.tables().customers.values();
        Ok(known.map(|customer| (customer.key, customer.id)).collect())
    }

    /// The ids of products by their numbers.
    pub async fn product_ids(
        &self,
        book: BookKey,
        keys: &[ProductKey],
    ) -> Result<BTreeMap<ProductKey, DocumentId>, Failure> {
        let numbers = keys.iter().map(|key| key.0);
        let snapshot = numbered(&self.store.reader().await?, book, numbers, Want::Product).await?;
        let known = snapshot.tables().products.values();
        Ok(known.map(|product| (product.key, product.id)).collect())
    }

    /// A page of live invoices.
    pub async fn invoices(&self, book: BookKey, query: &InvoiceQuery) -> Result<InvoiceListing, Failure> {
        let reader = self.store.reader().await?;
        let by_number = places::numbered(&reader, book, query).await?;
        let query = by_number.as_ref().unwrap_or(query);
        let (nearer, deep_at) = self.places.nearer(&reader, book, query).await?;
        let mut asked = nearer.unwrap_or_else(|| query.clone());
        let counted = Counted::invoices(&query.filter).filter(|_| query.count);
        let (known, counted) = self.counted(&reader, book, counted).await?;
        asked.count &= known.is_none();
        let mut page = reader.invoices(book, &asked).await?;
        page.total = self.remember_count(book, known, counted, page.total);
        let looked_up_to = match page.cut {
            Some(Cut::LookedUpTo(key)) => Some(key),
            Some(Cut::NotInOrder) | None => None,
        };
        let wants = page.invoices.iter().chain(&looked_up_to);
        let wants = wants.map(|key| Want::InvoiceView(Named::Key(key.0)));
        let wants: Vec<Want> = std::iter::once(Want::Chart).chain(wants).collect();
        let snapshot = gathered(&reader, book, &wants).await?;
        let mut listing = InvoiceListing {
            invoices: Vec::new(),
            total: page.total,
            cut: page.cut,
            goes_on_from: None,
        };
        let Some(view) = extract::book(book, &snapshot).map(Arc::new) else {
            return Ok(listing);
        };
        let now = self.clock.now();
        let shown = |key: &InvoiceKey| extract::invoice(&snapshot, *key, Arc::clone(&view), now);
        listing.invoices = page.invoices.iter().filter_map(shown).collect();
        let last = looked_up_to.as_ref().and_then(shown);
        listing.goes_on_from = last.map(|last| places::place_of(&last, query.order));
        if let (Some(head), Some(last)) = (deep_at, listing.invoices.last()) {
            self.places.remember(book, head, query, listing.invoices.len(), last);
        }
        Ok(listing)
    }

    /// A customer.
    pub async fn customer(&self, book: BookKey, named: &Named) -> Result<Option<CustomerView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Customer(named.clone())]).await?;
        Ok(extract::customer(&snapshot, named))
    }

    /// A product.
    pub async fn product(&self, book: BookKey, named: &Named) -> Result<Option<ProductView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Product(named.clone())]).await?;
        Ok(extract::product(&snapshot, named))
    }

    /// A payment with its allocations.
    pub async fn payment(&self, book: BookKey, named: &Named) -> Result<Option<PaymentView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Payment(named.clone())]).await?;
        let found = snapshot.payment(named).ok().flatten();
        let key = found
            .filter(|payment| payment.witness.is_money())
            .map(|payment| payment.key);
        Ok(key.and_then(|key| extract::payment(&snapshot, key)))
    }

    /// A refund.
    pub async fn find_refund(&self, book: BookKey, named: &Named) -> Result<Option<RefundView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Refund(named.clone())]).await?;
        let found = snapshot.refund(named).ok().flatten();
        Ok(found.map(|refund| extract::refund(&snapshot, refund)))
    }

    /// What was paid of a refund that was owed.
    pub async fn payouts_of(&self, book: BookKey, refund: RefundKey) -> Result<Vec<RefundView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::PayoutsOf(refund)]).await?;
        let found = snapshot.payouts_of(refund).into_iter().flatten();
        Ok(found.map(|payout| extract::refund(&snapshot, payout)).collect())
    }

    /// A write-off.
    pub async fn find_write_off(&self, book: BookKey, named: &Named) -> Result<Option<WriteOffView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::WriteOff(named.clone())]).await?;
        let found = snapshot.write_off(named).ok().flatten();
        Ok(found.map(|write_off| extract::write_off(&snapshot, write_off)))
    }

    /// Customers in order of creation. Nothing removes a customer, so as many are passed over as the number says that the page begins
    /// after.
    pub async fn customers(&self, book: BookKey, offset: i64, limit: i64) -> Result<Vec<CustomerView>, Failure> {
        let query = DocumentQuery {
            kind: DocumentKind::Customer,
            descending: false,
            after: Some(offset.max(0)),
            limit,
        };
        self.customers_after(book, &query).await
    }

    /// A page of customers in order of creation, from where a page ended.
    pub async fn customers_after(&self, book: BookKey, query: &DocumentQuery) -> Result<Vec<CustomerView>, Failure> {
        let kind = DocumentKind::Customer;
        let (keys, snapshot) = self
            .page(book, DocumentQuery { kind, ..*query }, Want::Customer)
            .await?;
        let view = |key: &i64| extract::customer(&snapshot, &Named::Key(*key));
        Ok(keys.iter().filter_map(view).collect())
    }

    /// A page of payments in order of creation, from where a page ended.
    pub async fn payments_after(&self, book: BookKey, query: &DocumentQuery) -> Result<Vec<PaymentView>, Failure> {
        let kind = DocumentKind::Payment;
        let (keys, snapshot) = self.page(book, DocumentQuery { kind, ..*query }, Want::Payment).await?;
        let view = |key: &i64| extract::payment(&snapshot, PaymentKey(*key));
        Ok(keys.iter().filter_map(view).collect())
    }

    /// A page of refunds in order of creation, from where a page ended.
    pub async fn refunds_after(&self, book: BookKey, query: &DocumentQuery) -> Result<Vec<RefundView>, Failure> {
        let kind = DocumentKind::Refund;
        let (keys, snapshot) = self.page(book, DocumentQuery { kind, ..*query }, Want::Refund).await?;
        let refunds = &snapshot.tables().refunds;
        let found = keys.iter().filter_map(|key| refunds.get(&RefundKey(*key)));
        Ok(found.map(|refund| extract::refund(&snapshot, refund)).collect())
    }

    /// A page of write-offs in order of creation, from where a page ended.
    pub async fn write_offs_after(&self, book: BookKey, query: &DocumentQuery) -> Result<Vec<WriteOffView>, Failure> {
        let kind = DocumentKind::WriteOff;
        let (keys, snapshot) = self
            .page(book, DocumentQuery { kind, ..*query }, Want::WriteOff)
            .await?;
        let write_offs = &snapshot.tables().write_offs;
        let found = keys.iter().filter_map(|key| write_offs.get(&WriteOffKey(*key)));
        Ok(found
            .map(|write_off| extract::write_off(&snapshot, write_off))
            .collect())
    }

    /// Products in order of creation.
    pub async fn products(&self, book: BookKey, offset: i64, limit: i64) -> Result<Vec<ProductView>, Failure> {
        // Nor a product.
        let query = DocumentQuery {
            kind: DocumentKind::Product,
            descending: false,
            after: Some(offset.max(0)),
            limit,
        };
        let (keys, snapshot) = self.page(book, query, Want::Product).await?;
        let view = |key: &i64| extract::product(&snapshot, &Named::Key(*key));
        Ok(keys.iter().filter_map(view).collect())
    }

    /// The numbers of a page of documents, and the documents.
    async fn page(
        &self,
        book: BookKey,
        query: DocumentQuery,
        want: fn(Named) -> Want,
    ) -> Result<(Vec<i64>, Snapshot), Failure> {
        let reader = self.store.reader().await?;
        let keys = reader.documents_after(book, &query).await?;
        let snapshot = numbered(&reader, book, keys.iter().copied(), want).await?;
        Ok((keys, snapshot))
    }

    /// A page of payments, and how many match in all, if asked for.
    pub async fn list_payments(
        &self,
        book: BookKey,
        query: &PaymentQuery,
    ) -> Result<(Vec<PaymentView>, Option<i64>), Failure> {
        let reader = self.store.reader().await?;
        let counted = query.count.then(|| Counted::Payments(query.filter.clone()));
        let (known, counted) = self.counted(&reader, book, counted).await?;
        let count = query.count && known.is_none();
        let mut page = reader.payments(book, &PaymentQuery { count, ..query.clone() }).await?;
        page.total = self.remember_count(book, known, counted, page.total);
        Ok((shown_payments(&reader, book, &page.payments).await?, page.total))
    }

    /// A page of payments in order of creation, and the place from which it goes on, if it may. Where what is asked for stands in no index
    /// no more than [`MOST_LOOKED_AT`] are looked at for a page: it may then be short, and goes on from there.
    pub async fn payments_from(
        &self,
        book: BookKey,
        query: &PaymentQuery,
    ) -> Result<(Vec<PaymentView>, Option<PaymentKey>), Failure> {
        let reader = self.store.reader().await?;
        let one_more = PaymentQuery {
            order: PaymentOrder::Created,
            limit: query.limit.saturating_add(1),
            count: false,
            look_at: query.look_at.or(Some(MOST_LOOKED_AT)),
            ..query.clone()
        };
        let mut page = reader.payments(book, &one_more).await?;
        let room = usize::try_from(query.limit).unwrap_or_default();
        let mut place = page.looked_up_to;
        if page.payments.len() > room {
            page.payments.truncate(room);
            place = page.payments.last().copied();
        }
        Ok((shown_payments(&reader, book, &page.payments).await?, place))
    }

    /// A page of the parts of payments in the order in which their payments changed, each with its payment, and how many match in
    /// all, if asked for.
    pub async fn payment_parts(
        &self,
        book: BookKey,
        query: &PartQuery,
    ) -> Result<(Vec<(PartPlace, PaymentView)>, Option<i64>), Failure> {
        let reader = self.store.reader().await?;
        let counted = query.count.then(|| Counted::parts(query));
        let (known, counted) = self.counted(&reader, book, counted).await?;
        let count = query.count && known.is_none();
        let mut page = reader.parts(book, &PartQuery { count, ..query.clone() }).await?;
        page.total = self.remember_count(book, known, counted, page.total);
        let numbers = page.parts.iter().map(|part| part.payment.0);
        let snapshot = numbered(&reader, book, numbers, Want::Payment).await?;
        let shown = page
            .parts
            .iter()
            .filter_map(|part| Some((*part, extract::payment(&snapshot, part.payment)?)));
        Ok((shown.collect(), page.total))
    }

    /// Payments in order of creation.
    pub async fn payments(&self, book: BookKey, offset: i64, limit: i64) -> Result<Vec<PaymentView>, Failure> {
        let reader = self.store.reader().await?;
        let keys = reader.documents(book, DocumentKind::Payment, offset, limit).await?;
        let keys: Vec<PaymentKey> = keys.into_iter().map(PaymentKey).collect();
        shown_payments(&reader, book, &keys).await
    }

    /// The number that the next counted invoice of a series gets, as far as anybody can tell now: nothing is reserved.
    pub async fn next_number(&self, book: BookKey, prefix: &str, width: usize) -> Result<String, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Series(prefix.to_owned())]).await?;
        let next = snapshot.tables().series.get(prefix).map_or(1, |series| series.next);
        let mut first = next;
        loop {
            let number = |count: i64| format!("{prefix}{count:0width$}");
            let asked: Vec<String> = (first..first + NUMBERS_AT_ONCE).map(number).collect();
            let wants: Vec<Want> = asked.iter().cloned().map(Want::Number).collect();
            let register = gathered(&reader, book, &wants).await?;
            let free = |number: &String| !register.tables().numbers.contains_key(number);
            match asked.into_iter().find(free) {
                Some(number) => return Ok(number),
                None => first += NUMBERS_AT_ONCE,
            }
        }
    }

    /// The trial balance over all time, in order of account, from the kept balances.
    pub async fn trial_balance(&self, book: BookKey) -> Result<Vec<TrialLine>, Failure> {
        let accounts = self.turnovers(book, &[Date::MAX]).await?;
        let line = |(account, through): (LedgerAccount, Vec<Turnover>)| TrialLine {
            account,
            turnover: through.into_iter().next().unwrap_or_default(),
        };
        Ok(accounts.into_iter().map(line).collect())
    }

    /// Every account of the chart, in order, with what had been posted to it by the end of each of these days: all of one state.
    pub async fn turnovers(
        &self,
        book: BookKey,
        through: &[Date],
    ) -> Result<Vec<(LedgerAccount, Vec<Turnover>)>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Chart]).await?;
        let mut sums = Vec::with_capacity(through.len());
        for day in through {
            sums.push(reader.turnovers(book, *day).await?);
        }
        let of = |account: &LedgerAccount| {
            let each = sums.iter().map(|sums| sums.get(&account.key).copied());
            (account.clone(), each.map(Option::unwrap_or_default).collect())
        };
        Ok(snapshot.tables().accounts.values().map(of).collect())
    }

    /// The kept tallies of open invoices by due day, and what payments have settled of invoices, all together, in minor units: of one
    /// state, as it is kept.
    pub async fn open_and_settled(&self, book: BookKey) -> Result<(Vec<(TallyKey, Tally)>, i64), Failure> {
        let reader = self.store.reader().await?;
        let open = reader.tallies_by_due(book).await?;
        Ok((open, reader.paid_in_all(book).await?))
    }

    /// The kept tallies: of invoices by standing, due day and customer, and of what payments settled.
    pub async fn tallies(&self, book: BookKey) -> Result<Vec<(TallyKey, Tally)>, Failure> {
        Ok(self.store.reader().await?.tallies(book).await?)
    }

    /// Events after a seq, in order.
    pub async fn events(&self, book: BookKey, after: i64, limit: i64) -> Result<Vec<Event>, Failure> {
        Ok(self.store.reader().await?.events(book, after, limit).await?)
    }

    /// The newest events, newest first.
    pub async fn newest_events(&self, book: BookKey, limit: i64) -> Result<Vec<Event>, Failure> {
        Ok(self.store.reader().await?.newest_events(book, None, limit).await?)
    }

    /// The newest events of one kind, newest first.
    pub async fn newest_events_of(&self, book: BookKey, kind: EventKind, limit: i64) -> Result<Vec<Event>, Failure> {
        Ok(self
            .store
            .reader()
            .await?
            .newest_events(book, Some(kind.word()), limit)
            .await?)
    }

    /// The newest deletions, newest first: who, when, why, and what each moved.
    pub async fn deletions(&self, book: BookKey, limit: i64) -> Result<Vec<DeletionEntry>, Failure> {
        let kind = quittance_accounting::plan::EventKind::InvoiceDeleted.word();
        let events = self
            .store
            .reader()
            .await?
            .newest_events(book, Some(kind), limit)
            .await?;
        Ok(events.into_iter().filter_map(deletion).collect())
    }

    /// The deletion recorded under this seq; `None` when that event is no deletion.
    pub async fn deletion(&self, book: BookKey, seq: i64) -> Result<Option<DeletionEntry>, Failure> {
        let events = self.store.reader().await?.events(book, seq - 1, 1).await?;
        Ok(events.into_iter().filter(|event| event.seq == seq).find_map(deletion))
    }

    pub(crate) async fn texts_to_go(&self, book: BookKey) -> Result<Vec<DocumentRef>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[]).await?;
        let name = snapshot
            .settings()
            .map(|settings| settings.zone.clone())
            .unwrap_or_default();
        let today = day_in(&zone(&name), self.clock.now());
        Ok(reader.texts_to_go(book, today, MOST_TEXTS_AT_ONCE).await?)
    }
}

fn deletion(event: Event) -> Option<DeletionEntry> {
    let body = codec::read_body(&event.body).ok()?;
    let seal = Seal {
        seq: event.seq,
        hash: event.hash,
    };
    body.receipt.map(|receipt| DeletionEntry {
        event,
        receipt,
        reason: body.reason,
        seal,
    })
}

async fn shown_payments(
    reader: &Reader<'_>,
    book: BookKey,
    payments: &[PaymentKey],
) -> Result<Vec<PaymentView>, Failure> {
    let snapshot = numbered(reader, book, payments.iter().map(|key| key.0), Want::Payment).await?;
    let shown = payments.iter().filter_map(|key| extract::payment(&snapshot, *key));
    Ok(shown.collect())
}

/// The documents that have these numbers, each looked up once.
async fn numbered(
    reader: &Reader<'_>,
    book: BookKey,
    numbers: impl Iterator<Item = i64>,
    want: fn(Named) -> Want,
) -> Result<Snapshot, Failure> {
    let wants: BTreeSet<Want> = numbers.map(|number| want(Named::Key(number))).collect();
    gathered(reader, book, &Vec::from_iter(wants)).await
}

pub(crate) async fn gathered(reader: &Reader<'_>, book: BookKey, wants: &[Want]) -> Result<Snapshot, Failure> {
    let mut snapshot = Snapshot::sparse(quittance_accounting::snapshot::Counters::default());
    reader.gather(book, wants, &mut snapshot).await?;
    Ok(snapshot)
}
