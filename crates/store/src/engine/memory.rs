//! The in-memory model: complete snapshots and lists of events, nothing durable.
//!
//! It is the plainest thing that can stand behind the seam, and what the SQLite engine is compared with.

pub(super) mod lists;
mod replay;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;
use quittance_accounting::book::{Grant, Token, Tombstone};
use quittance_accounting::content::{Digest, Fate};
use quittance_accounting::identity::{
    BookKey, CreditNoteKey, DocumentId, DocumentKind, DocumentRef, EntryKey, PaymentKey,
};
use quittance_accounting::invoice::Invoice;
use quittance_accounting::journal::{Entry, Posting};
use quittance_accounting::kept::{BalanceKey, Deltas, Tally, TallyKey, Turnover};
use quittance_accounting::ledger::manual_ref;
use quittance_accounting::record::{Change, Record, RecordKey, Tables};
use quittance_accounting::resource::Resource;
use quittance_accounting::settlement::Payment;
use quittance_accounting::snapshot::{Named, NetChange, Snapshot, Want};

use super::{BookCommit, BookEntry, journal};
use crate::error::StoreError;
use crate::listing::{AccountQuery, AccountRow, EntryQuery, EntryRows};
use crate::listing::{InvoicePage, InvoiceQuery, PaymentPage, PaymentQuery, ResourceQuery};
use crate::log::{Event, Head};

use lists::within;
pub use replay::Replay;

/// Books in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    books: Mutex<MemoryBooks>,
}

/// Shared with readers: a commit copies a book first if somebody still reads it.
type MemoryBooks = BTreeMap<BookKey, Arc<MemoryBook>>;

#[derive(Clone, Debug)]
struct MemoryBook {
    id: DocumentId,
    head: Head,
    snapshot: Snapshot,
    kept: Deltas,
    events: Vec<Event>,
}

impl MemoryStore {
    fn books(&self) -> MutexGuard<'_, MemoryBooks> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self) -> MemoryUnit<'_> {
        MemoryUnit { store: self }
    }

    pub(super) fn reader(&self) -> MemoryReader {
        MemoryReader {
            books: self.books().clone(),
        }
    }
}

/// A unit of work in memory. It reads the shared state as it is: one writer at a time is the books' promise, and a commit onto
/// another head than the one it started from fails.
#[derive(Debug)]
pub struct MemoryUnit<'a> {
    store: &'a MemoryStore,
}

impl MemoryUnit<'_> {
    pub(super) fn next_book(&self) -> BookKey {
        BookKey(self.store.books().keys().last().map_or(1, |last| last.0 + 1))
    }

    pub(super) fn head(&self, book: BookKey) -> Option<Head> {
        self.store.books().get(&book).map(|book| book.head)
    }

    pub(super) fn event_hash(&self, book: BookKey, seq: i64) -> Option<Digest> {
        let books = self.store.books();
        let event = books.get(&book)?.events.iter().find(|event| event.seq == seq)?;
        Some(event.hash)
    }

    pub(super) fn gather(&self, book: BookKey, wants: &[Want], into: &mut Snapshot) {
        gather(&self.store.books(), book, wants, into);
    }

    pub(super) fn commit(self, commits: Vec<BookCommit>) -> Result<(), StoreError> {
        let mut books = self.store.books();
        for commit in &commits {
            let found = books.get(&commit.book).map(|book| book.head.seq);
            let expected = commit.opened.is_none().then_some(commit.head_before.seq);
            if found != expected {
                return Err(StoreError::RowCount {
                    table: "head",
                    expected: 1,
                    found: 0,
                });
            }
        }
        for commit in commits {
            let id = commit.opened.map(|entry| entry.id).unwrap_or(DocumentId::new(0, 0));
            let empty = || MemoryBook {
                id,
                head: Head::empty(),
                snapshot: Snapshot::complete(),
                kept: Deltas::default(),
                events: Vec::new(),
            };
            let book = books.entry(commit.book).or_insert_with(|| Arc::new(empty()));
            let book = Arc::make_mut(book);
            let change = |net: NetChange| match (net.before, net.after) {
                (_, Some(after)) => Some(Change::Put(after)),
                (Some(before), None) => Some(Change::Remove(before.key())),
                (None, None) => None,
            };
            let changes: Vec<Change> = commit.net.into_iter().filter_map(change).collect();
            book.snapshot.apply(&changes);
            book.snapshot.settle();
            for (key, delta) in commit.deltas.balances {
                let sum = book.kept.balances.entry(key).or_default();
                *sum = sum.plus(delta);
            }
            for (key, delta) in commit.deltas.tallies {
                let sum = book.kept.tallies.entry(key).or_default();
                *sum = sum.plus(delta);
            }
            book.events.extend(commit.events);
            book.head = commit.head_after;
        }
        Ok(())
    }
}

/// A reader in memory: it sees the books as they were when it was opened.
#[derive(Debug)]
pub struct MemoryReader {
    books: MemoryBooks,
}

impl MemoryReader {
    fn on<T: Default>(&self, book: BookKey, read: impl FnOnce(&MemoryBook) -> T) -> T {
        self.books.get(&book).map(|book| read(book)).unwrap_or_default()
    }

    /// Folds the records of a book; those of an empty one if it is not there.
    pub(crate) fn tables<T>(&self, book: BookKey, fold: impl FnOnce(&Tables) -> T) -> T {
        match self.books.get(&book) {
            Some(book) => fold(book.snapshot.tables()),
            None => fold(&Tables::default()),
        }
    }

    pub(super) fn directory(&self) -> Result<Vec<BookEntry>, StoreError> {
        let entry = |(key, book): (&BookKey, &Arc<MemoryBook>)| BookEntry {
            book: *key,
            id: book.id,
        };
        Ok(self.books.iter().map(entry).collect())
    }

    pub(super) fn head(&self, book: BookKey) -> Result<Option<Head>, StoreError> {
        Ok(self.on(book, |book| Some(book.head)))
    }

    pub(super) fn gather(&self, book: BookKey, wants: &[Want], into: &mut Snapshot) -> Result<(), StoreError> {
        gather(&self.books, book, wants, into);
        Ok(())
    }

    pub(super) fn token(&self, book: BookKey, digest: Digest) -> Result<Option<Token>, StoreError> {
        Ok(self.on(book, |book| {
            book.snapshot
                .tables()
                .tokens
                .values()
                .find(|token| token.digest == digest)
                .map(|token| Token::clone(token))
        }))
    }

    pub(super) fn tokens(&self, book: BookKey) -> Result<Vec<Token>, StoreError> {
        Ok(self.on(book, |book| {
            book.snapshot
                .tables()
                .tokens
                .values()
                .map(|token| Token::clone(token))
                .collect()
        }))
    }

    pub(super) fn grants(&self, book: BookKey) -> Result<Vec<Grant>, StoreError> {
        Ok(self.on(book, |book| {
            book.snapshot
                .tables()
                .grants
                .values()
                .map(|grant| Grant::clone(grant))
                .collect()
        }))
    }

    pub(super) fn invoices(&self, book: BookKey, query: &InvoiceQuery) -> Result<InvoicePage, StoreError> {
        Ok(self.on(book, |book| lists::page(book.snapshot.tables(), query)))
    }

    pub(super) fn documents(
        &self,
        book: BookKey,
        kind: DocumentKind,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        Ok(self.on(book, |book| {
            let tables = book.snapshot.tables();
            let keys: Vec<i64> = match kind {
                DocumentKind::Customer => tables.customers.keys().map(|key| key.0).collect(),
                DocumentKind::Product => tables.products.keys().map(|key| key.0).collect(),
                DocumentKind::Payment => {
                    let payments = tables.payments.values().filter(|payment| payment.witness.is_money());
                    payments.map(|payment| payment.key.0).collect()
                }
                DocumentKind::CreditNote => tables.credit_notes.keys().map(|key| key.0).collect(),
                DocumentKind::Invoice => tables.invoices.keys().map(|key| key.0).collect(),
                DocumentKind::Account => tables.accounts.keys().map(|key| key.0).collect(),
                DocumentKind::Refund => tables.refunds.keys().map(|key| key.0).collect(),
                DocumentKind::WriteOff => tables.write_offs.keys().map(|key| key.0).collect(),
                DocumentKind::Token => tables.tokens.keys().map(|key| key.0).collect(),
                DocumentKind::Resource => tables.resources.keys().map(|key| key.0).collect(),
                DocumentKind::ManualEntry => tables.manual_entries.keys().map(|key| key.0).collect(),
                DocumentKind::Book | DocumentKind::Line | DocumentKind::Request => Vec::new(),
            };
            keys.into_iter()
                .skip(offset.max(0) as usize)
                .take(limit.max(0) as usize)
                .collect()
        }))
    }

    pub(super) fn payments(&self, book: BookKey, query: &PaymentQuery) -> Result<PaymentPage, StoreError> {
        Ok(self.on(book, |book| lists::payments(book.snapshot.tables(), query)))
    }

    pub(super) fn resources(&self, book: BookKey, query: &ResourceQuery) -> Result<Vec<i64>, StoreError> {
        let wanted = |resource: &&Arc<Resource>| {
            resource.kind == query.kind
                && (query.belongs_to.is_none() || resource.belongs_to == query.belongs_to)
                && query.after.is_none_or(|after| match query.descending {
                    true => resource.key.0 < after,
                    false => resource.key.0 > after,
                })
        };
        Ok(self.on(book, |book| {
            let found = book.snapshot.tables().resources.values().filter(wanted);
            let keys = found.map(|resource| resource.key.0);
            let limit = query.limit.max(0) as usize;
            match query.descending {
                true => keys.rev().take(limit).collect(),
                false => keys.take(limit).collect(),
            }
        }))
    }

    pub(super) fn entries(&self, book: BookKey, query: &EntryQuery) -> Result<Vec<EntryRows>, StoreError> {
        let wanted = |entry: &&Entry| {
            query.kinds.as_ref().is_none_or(|kinds| kinds.contains(&entry.kind))
                && query.documents.is_none_or(|kind| entry.document.kind == kind)
                && within(Some(entry.date), &query.date)
        };
        Ok(self.on(book, |book| {
            let tables = book.snapshot.tables();
            let theirs = |entry: &&Entry| {
                let customer = query.customer.as_ref();
                customer.is_none_or(|of| journal::is_of_customer(tables, entry, of))
            };
            let own = |entry: &Entry| {
                let own = tables.postings.range((entry.key, i64::MIN)..=(entry.key, i64::MAX));
                (*entry, own.map(|(_, posting)| *posting).collect())
            };
            let mut found: Vec<&Entry> = tables.entries.values().filter(wanted).filter(theirs).collect();
            let order = |entry: &Entry| (query.by_date.then_some(entry.date), entry.key);
            found.sort_by_key(|entry| order(entry));
            let mut found = in_order(found, query.descending);
            if let Some(after) = query.after {
                let after = (query.by_date.then_some(after.date), after.key);
                found.retain(|entry| is_beyond(&order(entry), &after, query.descending));
            }
            page(found, query.offset, query.limit).into_iter().map(own).collect()
        }))
    }

    pub(super) fn postings_of(&self, book: BookKey, query: &AccountQuery) -> Result<Vec<AccountRow>, StoreError> {
        let wanted = |posting: &&Posting| posting.account == query.account && within(Some(posting.date), &query.date);
        Ok(self.on(book, |book| {
            let tables = book.snapshot.tables();
            let mut found: Vec<&Posting> = tables.postings.values().filter(wanted).collect();
            let order = |posting: &Posting| (posting.date, posting.entry, posting.place);
            found.sort_by_key(|posting| order(posting));
            let mut found = in_order(found, query.descending);
            if let Some(after) = query.after {
                let after = (after.date, after.entry, after.place);
                found.retain(|posting| is_beyond(&order(posting), &after, query.descending));
            }
            let with_head = |posting: &Posting| Some((*posting, *tables.entries.get(&posting.entry)?));
            page(found, query.offset, query.limit)
                .into_iter()
                .filter_map(with_head)
                .collect()
        }))
    }

    pub(super) fn balances(&self, book: BookKey) -> Result<Vec<(BalanceKey, Turnover)>, StoreError> {
        Ok(self.on(book, |book| {
            book.kept.balances.iter().map(|(key, sum)| (*key, *sum)).collect()
        }))
    }

    pub(super) fn tallies(&self, book: BookKey) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        Ok(self.on(book, |book| {
            book.kept.tallies.iter().map(|(key, sum)| (*key, *sum)).collect()
        }))
    }

    pub(super) fn events(&self, book: BookKey, after: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
        let wanted = |event: &&Event| event.seq > after;
        Ok(self.on(book, |book| {
            book.events
                .iter()
                .filter(wanted)
                .take(limit.max(0) as usize)
                .cloned()
                .collect()
        }))
    }

    pub(super) fn newest_events(
        &self,
        book: BookKey,
        kind: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let wanted = |event: &&Event| kind.is_none_or(|kind| event.kind.word() == kind);
        Ok(self.on(book, |book| {
            book.events
                .iter()
                .rev()
                .filter(wanted)
                .take(limit.max(0) as usize)
                .cloned()
                .collect()
        }))
    }

    pub(super) fn texts_to_go(&self, book: BookKey, today: Date, limit: i64) -> Result<Vec<DocumentRef>, StoreError> {
        let due = |fate: Fate| match fate {
            Fate::Leaving => true,
            Fate::RetainedUntil(until) => until < today,
            Fate::Kept | Fate::Erased(_) => false,
        };
        Ok(self.on(book, |book| {
            let stones = book
                .snapshot
                .tables()
                .tombstones
                .values()
                .filter(|stone| due(stone.fate));
            stones.map(|stone| stone.document).take(limit.max(0) as usize).collect()
        }))
    }

    pub(super) fn scan(
        &self,
        book: BookKey,
        table: &'static str,
    ) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        Ok(self.on(book, |book| {
            let of_table = |record: &Record| crate::tables::table_of(record).name == table;
            book.snapshot.tables().iter().filter(of_table).map(Ok).collect()
        }))
    }
}

/// The same list from the last to the first, if that is asked for.
fn in_order<T>(mut found: Vec<T>, descending: bool) -> Vec<T> {
    if descending {
        found.reverse();
    }
    found
}

/// Whether something lies beyond a place in a list.
fn is_beyond<T: PartialOrd>(own: &T, place: &T, descending: bool) -> bool {
    if descending { own < place } else { own > place }
}

/// A page of a list; nothing is passed over and nothing handed out where less than nothing is asked for.
fn page<T>(found: Vec<T>, offset: i64, limit: i64) -> Vec<T> {
    let (offset, limit) = (offset.max(0) as usize, limit.max(0) as usize);
    found.into_iter().skip(offset).take(limit).collect()
}

/// Copies what is wanted from the whole model into a sparse snapshot.
fn gather(books: &MemoryBooks, book: BookKey, wants: &[Want], into: &mut Snapshot) {
    if let Some(book) = books.get(&book) {
        let gatherer = Gatherer {
            from: &book.snapshot,
            kept: &book.kept,
        };
        gatherer.key(&RecordKey::Settings(()), into);
        for want in wants {
            gatherer.want(want, into);
        }
    }
    for want in wants {
        into.note_gathered(want.clone());
    }
}

struct Gatherer<'a> {
    from: &'a Snapshot,
    kept: &'a Deltas,
}

impl Gatherer<'_> {
    fn key(&self, key: &RecordKey, into: &mut Snapshot) {
        if let Some(record) = self.from.tables().get(key) {
            into.load(record);
        }
    }

    fn document(&self, key: RecordKey, document: impl Into<DocumentRef>, into: &mut Snapshot) {
        self.key(&key, into);
        self.key(&RecordKey::Content(document.into()), into);
    }

    fn want(&self, want: &Want, into: &mut Snapshot) {
        let tables = self.from.tables();
        match want {
            Want::Invoice(named) => self.invoice(named, true, into),
            Want::InvoiceView(named) => self.invoice(named, false, into),
            Want::Customer(named) => {
                if let Ok(Some(customer)) = self.from.customer(named) {
                    self.document(RecordKey::Customer(customer.key), customer.key, into);
                }
            }
            Want::Product(named) => {
                if let Ok(Some(product)) = self.from.product(named) {
                    self.document(RecordKey::Product(product.key), product.key, into);
                }
            }
            Want::Resource(named) => {
                if let Ok(Some(resource)) = self.from.resource(named) {
                    self.document(RecordKey::Resource(resource.key), resource.key, into);
                }
            }
            Want::Payment(named) => {
                if let Ok(Some(payment)) = self.from.payment(named) {
                    self.payment(payment.key, into);
                }
            }
            Want::CreditNote(named) => self.credit_note(named, into),
            Want::CreditNotesOf(invoice) => {
                if let Ok(notes) = self.from.credit_notes_of(*invoice) {
                    for (note, credit) in notes {
                        self.document(RecordKey::CreditNote(note.key), note.key, into);
                        self.key(&RecordKey::Payment(credit.key), into);
                        let lines = self.from.credit_lines(note.key);
                        lines.for_each(|line| into.load(line.clone().into()));
                    }
                }
            }
            Want::PayoutsOf(refund) => {
                for payout in self.from.payouts_of(*refund).into_iter().flatten() {
                    self.document(RecordKey::Refund(payout.key), payout.key, into);
                }
            }
            Want::Refund(named) => {
                if let Ok(Some(refund)) = self.from.refund(named) {
                    self.document(RecordKey::Refund(refund.key), refund.key, into);
                }
            }
            Want::WriteOff(named) => {
                if let Ok(Some(write_off)) = self.from.write_off(named) {
                    self.document(RecordKey::WriteOff(write_off.key), write_off.key, into);
                }
            }
            Want::Entry(key) => self.entry(*key, into),
            Want::ManualEntry(named) => self.manual_entry(named, into),
            Want::Turnover(key) => into.load_balance(*key, self.kept.balances.get(key).copied().unwrap_or_default()),
            Want::Chart => tables
                .accounts
                .values()
                .for_each(|account| into.load(account.clone().into())),
            Want::Periods => tables
                .periods
                .values()
                .for_each(|period| into.load(period.clone().into())),
            Want::Series(prefix) => self.key(&RecordKey::Series(prefix.clone()), into),
            Want::Number(number) => self.key(&RecordKey::Number(number.clone()), into),
            Want::Idempotency(key) => {
                if let Ok(Some(request)) = self.from.idempotency(key) {
                    self.document(RecordKey::Idempotency(key.clone()), request.texts(), into);
                }
            }
            Want::Requests(subject) => {
                self.requests(*subject, into);
            }
            Want::Token(key) => self.key(&RecordKey::Token(*key), into),
            Want::Grant(digest) => self.key(&RecordKey::Grant(*digest), into),
            Want::Rate(currency, day) => {
                let until = tables.rates.range((*currency, Date::MIN)..=(*currency, *day));
                until
                    .map(|(_, kept)| *kept)
                    .next_back()
                    .into_iter()
                    .for_each(|kept| into.load(kept.into()));
            }
        }
    }

    fn requests(&self, subject: DocumentRef, into: &mut Snapshot) {
        if let Ok(requests) = self.from.requests(subject) {
            requests.for_each(|r| self.document(RecordKey::Idempotency(r.key.clone()), r.texts(), into));
        }
        into.note_gathered(Want::Requests(subject));
    }

    fn manual_entry(&self, named: &Named, into: &mut Snapshot) {
        let found = self.from.manual_entry(named).ok().flatten().map(|manual| manual.key);
        if let Some(key) = found {
            self.document(RecordKey::ManualEntry(key), manual_ref(key), into);
        }
        match (found, named) {
            (Some(key), _) => self.entry(key, into),
            (None, Named::Key(number)) => self.entry(EntryKey(*number), into),
            (None, Named::Id(_) | Named::External(_)) => {}
        }
    }

    fn credit_note(&self, named: &Named, into: &mut Snapshot) {
        let Ok(Some((note, _))) = self.from.whole_credit_note(named) else {
            if let Some(tombstone) = self.from.buried_credit_note(named) {
                self.tombstone(tombstone, into);
            }
            return;
        };
        self.document(RecordKey::CreditNote(note.key), note.key, into);
        let lines = self.from.credit_lines(note.key);
        lines.for_each(|line| into.load(line.clone().into()));
        self.key(&RecordKey::Number(note.number.clone()), into);
        into.note_gathered(Want::Number(note.number.clone()));
        self.payment(note.key.credit(), into);
    }

    fn tombstone(&self, tombstone: &Tombstone, into: &mut Snapshot) {
        into.load(tombstone.clone().into());
        for document in tombstone.documents() {
            self.key(&RecordKey::Content(document), into);
        }
    }

    /// A payment, or the credit of a credit note with that.
    fn source(&self, payment: &Payment, into: &mut Snapshot) {
        self.document(RecordKey::Payment(payment.key), payment.key, into);
        if !payment.witness.is_money() {
            let note = CreditNoteKey(payment.key.0);
            self.document(RecordKey::CreditNote(note), note, into);
        }
    }

    fn payment(&self, key: PaymentKey, into: &mut Snapshot) {
        if let Some(payment) = self.from.tables().payments.get(&key) {
            self.source(payment, into);
        }
        let allocations = self.from.tables().allocations.range((key, i64::MIN)..=(key, i64::MAX));
        allocations.for_each(|(_, allocation)| into.load((*allocation).into()));
        let former = &self.from.tables().former_allocations;
        let former = former.range((key, i64::MIN)..=(key, i64::MAX));
        former.for_each(|(_, part)| into.load((*part).into()));
    }

    fn invoice(&self, named: &Named, whole: bool, into: &mut Snapshot) {
        let Ok(Some(invoice)) = self.from.invoice(named) else {
            if let Some(tombstone) = self.from.buried_invoice(named) {
                self.tombstone(tombstone, into);
                for record in &tombstone.removed {
                    self.named_by(record, into);
                    if let Record::Invoice(invoice) = record {
                        self.register_line(invoice, into);
                    }
                }
            }
            return;
        };
        let key = invoice.key;
        self.document(RecordKey::Invoice(key), key, into);
        self.named_by(&invoice.clone().into(), into);
        for (_, line) in self.from.tables().lines.range((key, i64::MIN)..=(key, i64::MAX)) {
            into.load(line.clone().into());
            self.named_by(&Record::Line(line.clone()), into);
        }
        let mut entries: Vec<_> = invoice.issue_entry().into_iter().chain(invoice.void_entry()).collect();
        for (allocation, payment) in self.from.allocations(key) {
            into.load((*allocation).into());
            self.source(payment, into);
            entries.push(allocation.entry);
            if whole {
                self.requests(payment.key.into(), into);
            }
        }
        for (part, payment) in self.from.former_allocations(key) {
            into.load((*part).into());
            self.source(payment, into);
            entries.push(part.entry);
            entries.extend(part.undone);
        }
        for refund in self.from.refund_records(key) {
            self.document(RecordKey::Refund(refund.key), refund.key, into);
            entries.push(refund.entry);
        }
        for write_off in self.from.write_offs(key) {
            self.document(RecordKey::WriteOff(write_off.key), write_off.key, into);
            entries.push(write_off.entry);
        }
        if whole {
            self.requests(key.into(), into);
            self.register_line(invoice, into);
            entries.into_iter().for_each(|entry| self.entry(entry, into));
        }
    }

    /// What the register of numbers says of an invoice.
    fn register_line(&self, invoice: &Invoice, into: &mut Snapshot) {
        if let Some(number) = &invoice.number {
            self.key(&RecordKey::Number(number.clone()), into);
            into.note_gathered(Want::Number(number.clone()));
        }
    }

    /// The customer or the product that a record names.
    fn named_by(&self, record: &Record, into: &mut Snapshot) {
        if let Record::Invoice(invoice) = record {
            if let Some(customer) = invoice.customer {
                self.document(RecordKey::Customer(customer), customer, into);
                into.note_gathered(Want::Customer(Named::Key(customer.0)));
            }
        } else if let Record::Line(line) = record
            && let Some(product) = line.product
        {
            self.document(RecordKey::Product(product), product, into);
        }
    }

    fn entry(&self, key: EntryKey, into: &mut Snapshot) {
        self.key(&RecordKey::Entry(key), into);
        for (_, posting) in self.from.tables().postings.range((key, i64::MIN)..=(key, i64::MAX)) {
            into.load((*posting).into());
            let mut keys = Deltas::default();
            keys.replace(None, Some(&Record::Posting(*posting)));
            for key in keys.balances.into_keys() {
                into.load_balance(key, self.kept.balances.get(&key).copied().unwrap_or_default());
            }
        }
    }
}
