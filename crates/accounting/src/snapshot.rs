//! What a decision may look at: the records of one book, all of them or those that were gathered.
//!
//! A complete snapshot is the in-memory model of a book. A sparse one knows what it was given and answers a question beyond that
//! with [`Stop::Missing`], never with "there is none". Changes are applied to it as they are decided, so that the next command
//! of a batch sees them; what changed in the end is read from it at commit. Deliberately absent: deciding anything.

mod counters;
mod credits;
mod index;
mod refunds;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use jiff::civil::Date;

use crate::account::{AccountRole, LedgerAccount};
use crate::book::{
    BookSettings, Customer, Grant, IdempotencyRecord, NumberUse, Period, Product, Series, Token, Tombstone,
};
use crate::content::{Content, Digest};
use crate::exchange::Rate;
use crate::identity::{
    AccountKey, CreditNoteKey, CustomerKey, DocumentId, DocumentKind, DocumentRef, EntryKey, InvoiceKey, PaymentKey,
    ProductKey, RefundKey, ResourceKey, TokenKey, WriteOffKey,
};
use crate::invoice::Invoice;
use crate::journal::{JournalEntry, ManualEntry};
use crate::kept::{BalanceKey, Deltas, Turnover};
use crate::money::Currency;
use crate::record::{Change, Record, RecordKey, Tables};
use crate::refusal::{Flaw, Stop};
use crate::resource::Resource;
use crate::settlement::{Allocation, FormerAllocation, Payment, WriteOff};
pub use counters::Counters;
use index::Index;

/// How a client names an invoice, a customer, a product or a payment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// By its id everywhere.
    Id(DocumentId),
    /// By its number in the book.
    Key(i64),
    /// By the id that the client brought.
    External(String),
}

/// Something a decision needs to have been gathered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// The whole case of an invoice: lines, entries, allocations, live and former, with their payments, refunds, write-offs, the texts of all these,
    /// number, customer, texts, tombstone, and the kept balances that its entries stand in. What a plan may remove must be here:
    /// the removal of a record that was never loaded is no net change.
    Invoice(Named),
    /// What is shown of an invoice: its case without entries and balances.
    InvoiceView(Named),
    /// A customer and its texts.
    Customer(Named),
    /// A product and its texts.
    Product(Named),
    /// A payment with every part of it, and its texts.
    Payment(Named),
    /// A credit note with its lines, its texts, its number, and the payment record of its credit with every part of that; its tombstone.
    CreditNote(Named),
    /// The credit notes that take figures of an invoice back, with their lines and their credit.
    CreditNotesOf(InvoiceKey),
    /// A refund and its texts.
    Refund(Named),
    /// What was paid of a refund that was owed, with its texts.
    PayoutsOf(RefundKey),
    /// A write-off and its texts.
    WriteOff(Named),
    /// An entry with its postings, and the kept balances that it stands in.
    Entry(EntryKey),
    /// A manual entry with its entry and its texts; of a number that is not a manual entry's, that entry.
    ManualEntry(Named),
    /// A kept balance.
    Turnover(BalanceKey),
    /// All ledger accounts.
    Chart,
    /// Every period that was ever closed.
    Periods,
    /// The rate kept for a currency and a day: the last one from that day or before.
    Rate(Currency, Date),
    /// A number series.
    Series(String),
    /// A line of the number register.
    Number(String),
    /// A carried-out idempotency key, with the salt of its request.
    Idempotency(String),
    /// The idempotency keys under which a document was made, with the salts of their requests.
    Requests(DocumentRef),
    /// A token.
    Token(TokenKey),
    /// A thing of one dialect and what it says; its name is what [`Named::External`] holds.
    Resource(Named),
    /// What was granted under the digest of its text.
    Grant(Digest),
}

/// The records of one book that a decision may look at.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    complete: bool,
    gathered: HashSet<Want>,
    whole: HashSet<InvoiceKey>,
    whole_payments: HashSet<PaymentKey>,
    tables: Tables,
    index: Index,
    counters: Counters,
    balances: BTreeMap<BalanceKey, Turnover>,
    originals: BTreeMap<RecordKey, Option<Record>>,
    deltas: Deltas,
    on_the_way: VecDeque<OnTheWay>,
}

/// Changes that were taken out to be stored: the store may show what it held before them.
#[derive(Clone, Debug, Default)]
struct OnTheWay {
    changed: BTreeSet<RecordKey>,
    balances: BTreeMap<BalanceKey, Turnover>,
}

/// What became of one record since the snapshot was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetChange {
    /// As it was; `None` when there was none.
    pub before: Option<Record>,
    /// As it is; `None` when there is none.
    pub after: Option<Record>,
}

impl Snapshot {
    /// The model of a whole book, empty.
    pub fn complete() -> Snapshot {
        Snapshot {
            complete: true,
            ..Snapshot::default()
        }
    }

    /// A snapshot that knows nothing yet but the counters.
    pub fn sparse(counters: Counters) -> Snapshot {
        Snapshot {
            counters,
            ..Snapshot::default()
        }
    }

    /// Takes in a record as the store has it. A record that was changed here meanwhile stays as it is here.
    pub fn load(&mut self, record: Record) {
        let key = record.key();
        if self.originals.contains_key(&key) || self.on_the_way.iter().any(|sent| sent.changed.contains(&key)) {
            return;
        }
        if let Some(known) = self.tables.remove(&key) {
            self.index.note(&known, false);
        }
        self.index.note(&record, true);
        self.tables.put(record);
    }

    /// Takes in a kept balance as the store has it.
    pub fn load_balance(&mut self, key: BalanceKey, stored: Turnover) {
        let moved = self.on_the_way.iter().filter_map(|sent| sent.balances.get(&key));
        let known = moved.fold(stored, |sum, moved| sum.plus(*moved));
        self.balances.insert(key, known);
    }

    /// Notes that all of `want` has been loaded: what is not there does not exist.
    pub fn note_gathered(&mut self, want: Want) {
        if let Want::Invoice(named) = &want
            && let Some(number) = self.find(DocumentKind::Invoice, named)
        {
            self.whole.insert(InvoiceKey(number));
        }
        if let Want::Payment(named) = &want
            && let Some(number) = self.find(DocumentKind::Payment, named)
        {
            self.whole_payments.insert(PaymentKey(number));
        }
        if let Want::CreditNote(named) = &want
            && let Some(number) = self.find(DocumentKind::CreditNote, named)
        {
            self.whole_payments.insert(PaymentKey(number));
        }
        self.gathered.insert(want);
    }

    /// Whether gathering `want` would bring nothing new: it was gathered, or what it names is here as changes left it.
    pub fn knows(&self, want: &Want) -> bool {
        let tables = &self.tables;
        self.has(want)
            || match want {
                Want::Invoice(named) | Want::InvoiceView(named) => {
                    let found = self.find(DocumentKind::Invoice, named);
                    found.is_some_and(|number| self.whole.contains(&InvoiceKey(number)))
                }
                Want::Customer(named) => self.find(DocumentKind::Customer, named).is_some(),
                Want::Product(named) => self.find(DocumentKind::Product, named).is_some(),
                Want::Resource(named) => self.find(DocumentKind::Resource, named).is_some(),
                Want::Series(prefix) => tables.series.contains_key(prefix),
                Want::Number(number) => tables.numbers.contains_key(number),
                Want::Idempotency(key) => tables.idempotency.contains_key(key),
                Want::Token(key) => tables.tokens.contains_key(key),
                Want::Payment(named) => {
                    let found = self.find(DocumentKind::Payment, named);
                    found.is_some_and(|number| self.whole_payments.contains(&PaymentKey(number)))
                }
                Want::CreditNote(named) => {
                    let found = self.find(DocumentKind::CreditNote, named);
                    found.is_some_and(|number| self.whole_payments.contains(&PaymentKey(number)))
                }
                Want::Refund(named) => self.find(DocumentKind::Refund, named).is_some(),
                Want::WriteOff(named) => self.find(DocumentKind::WriteOff, named).is_some(),
                Want::Entry(key) => tables.entries.contains_key(key),
                Want::Turnover(key) => self.knows_balance(key),
                Want::ManualEntry(_)
                | Want::CreditNotesOf(_)
                | Want::PayoutsOf(_)
                | Want::Requests(_)
                | Want::Chart
                | Want::Periods
                | Want::Rate(..) => false,
                Want::Grant(digest) => tables.grants.contains_key(digest),
            }
    }

    /// Roughly how much memory it takes, in records: a text counts as one more for every 256 bytes.
    pub fn weight(&self) -> usize {
        self.tables.len() + self.gathered.len() + self.balances.len() + self.index.text_bytes / 256
    }

    /// Whether `want` has been gathered.
    pub fn has(&self, want: &Want) -> bool {
        self.complete || self.gathered.contains(want)
    }

    /// Applies changes in order.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            let key = change.key();
            let before = match change {
                Change::Put(record) => {
                    let given = self.counters;
                    self.counters.pass(&key);
                    // Of a number that was never given, the store has nothing.
                    let is_made = self.counters != given && !self.complete;
                    let before = self.tables.put(record.clone());
                    if let Some(old) = &before {
                        self.index.note(old, false);
                    } else if let Record::Invoice(invoice) = record {
                        self.whole.insert(invoice.key);
                        let requests = is_made.then(|| Want::Requests(invoice.key.into()));
                        self.gathered.extend(requests);
                    } else if let Record::Payment(payment) = record {
                        self.whole_payments.insert(payment.key);
                        let requests = is_made.then(|| Want::Requests(payment.key.into()));
                        self.gathered.extend(requests);
                    }
                    self.index.note(record, true);
                    self.deltas.replace(before.as_ref(), Some(record));
                    before
                }
                Change::Remove(key) => {
                    let before = self.tables.remove(key);
                    if let Some(old) = &before {
                        self.index.note(old, false);
                    }
                    self.deltas.replace(before.as_ref(), None);
                    before
                }
            };
            self.originals.entry(key).or_insert(before);
        }
    }

    /// What has changed since the snapshot was taken, in order of key; and what that does to the kept figures.
    pub fn net(&self) -> (Vec<NetChange>, &Deltas) {
        let changed = self.originals.iter().filter_map(|(key, before)| {
            let after = self.tables.get(key);
            (before != &after).then(|| NetChange {
                before: before.clone(),
                after,
            })
        });
        (changed.collect(), &self.deltas)
    }

    /// As [`Snapshot::net`], and from now on this is how things are: only what changes after is a change. What is loaded is of the
    /// store without these changes, until [`Snapshot::landed`] says that it has them.
    pub fn take_net(&mut self) -> (Vec<NetChange>, Deltas) {
        let mut changed = Vec::with_capacity(self.originals.len());
        let mut net = Vec::with_capacity(self.originals.len());
        for (key, before) in std::mem::take(&mut self.originals) {
            let after = self.tables.get(&key);
            if before != after {
                net.push(NetChange { before, after });
                changed.push(key);
            }
        }
        let deltas = self.settle();
        self.on_the_way.push_back(OnTheWay {
            changed: changed.into_iter().collect(),
            balances: deltas.balances.clone(),
        });
        (net, deltas)
    }

    /// The changes that were taken first, of those that had not landed yet, are in the store.
    pub fn landed(&mut self) {
        self.on_the_way.pop_front();
    }

    /// Forgets what it was before the changes: they are now how things are. Kept balances that are known move along, and what the
    /// changes did to the kept figures is handed out.
    pub fn settle(&mut self) -> Deltas {
        let deltas = std::mem::take(&mut self.deltas);
        for (key, delta) in &deltas.balances {
            if self.complete {
                let sum = self.balances.entry(*key).or_default();
                *sum = sum.plus(*delta);
            } else if let Some(sum) = self.balances.get_mut(key) {
                *sum = sum.plus(*delta);
            }
        }
        self.originals.clear();
        deltas
    }

    /// The records.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The counters.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Sets the counters back to what they were: the numbers given out since were given to nobody.
    pub fn set_counters(&mut self, counters: Counters) {
        self.counters = counters;
    }

    /// The settings of the book.
    pub fn settings(&self) -> Result<&BookSettings, Stop> {
        self.tables
            .settings
            .get(&())
            .map(Arc::as_ref)
            .ok_or(Stop::Flawed(Flaw::NoSettings))
    }

    /// A kept balance: what was loaded and what has been changed since. Zero where nothing was loaded.
    pub fn turnover(&self, key: BalanceKey) -> Turnover {
        let stored = self.balances.get(&key).copied().unwrap_or_default();
        stored.plus(self.deltas.balances.get(&key).copied().unwrap_or_default())
    }

    /// Whether a kept balance is known as the store has it: all of them are in a complete snapshot.
    pub fn knows_balance(&self, key: &BalanceKey) -> bool {
        self.complete || self.balances.contains_key(key)
    }

    fn find(&self, kind: DocumentKind, named: &Named) -> Option<i64> {
        match named {
            Named::Id(id) => self.index.ids.get(&(kind, *id)).copied(),
            Named::External(text) => self.index.externals.get(&(kind, text.clone())).copied(),
            Named::Key(number) => {
                let live = match kind {
                    DocumentKind::Invoice => self.tables.invoices.contains_key(&InvoiceKey(*number)),
                    DocumentKind::Customer => self.tables.customers.contains_key(&CustomerKey(*number)),
                    DocumentKind::Product => self.tables.products.contains_key(&ProductKey(*number)),
                    DocumentKind::Payment => self.tables.payments.contains_key(&PaymentKey(*number)),
                    DocumentKind::Refund => self.tables.refunds.contains_key(&RefundKey(*number)),
                    DocumentKind::WriteOff => self.tables.write_offs.contains_key(&WriteOffKey(*number)),
                    DocumentKind::Account => self.tables.accounts.contains_key(&AccountKey(*number)),
                    DocumentKind::Token => self.tables.tokens.contains_key(&TokenKey(*number)),
                    DocumentKind::Resource => self.tables.resources.contains_key(&ResourceKey(*number)),
                    DocumentKind::ManualEntry => self.tables.manual_entries.contains_key(&EntryKey(*number)),
                    DocumentKind::CreditNote => self.tables.credit_notes.contains_key(&CreditNoteKey(*number)),
                    DocumentKind::Book | DocumentKind::Line | DocumentKind::Request => false,
                };
                live.then_some(*number)
            }
        }
    }

    /// The live invoice of this name, `None` when there is none. Missing unless its whole case, or its view, was gathered.
    pub fn invoice(&self, named: &Named) -> Result<Option<&Invoice>, Stop> {
        if let Some(invoice) = self
            .find(DocumentKind::Invoice, named)
            .and_then(|n| self.tables.invoices.get(&InvoiceKey(n)))
        {
            return Ok(Some(invoice));
        }
        let known = self.has(&Want::Invoice(named.clone())) || self.has(&Want::InvoiceView(named.clone()));
        if known {
            Ok(None)
        } else {
            Err(Stop::Missing(Want::Invoice(named.clone())))
        }
    }

    /// As [`Snapshot::invoice`], and every record of its case is there too.
    pub fn whole_invoice(&self, named: &Named) -> Result<Option<&Invoice>, Stop> {
        match self.invoice(named)? {
            Some(invoice) if self.complete || self.whole.contains(&invoice.key) => Ok(Some(invoice)),
            Some(_) => Err(Stop::Missing(Want::Invoice(named.clone()))),
            None => Ok(None),
        }
    }

    /// The tombstone of a deleted invoice of this name. Call it after the live invoice was not found.
    pub fn buried_invoice(&self, named: &Named) -> Option<&Tombstone> {
        self.buried(DocumentKind::Invoice, named)
    }

    /// The tombstone of a deleted credit note of this name. Call it after the live one was not found.
    pub fn buried_credit_note(&self, named: &Named) -> Option<&Tombstone> {
        self.buried(DocumentKind::CreditNote, named)
    }

    fn buried(&self, kind: DocumentKind, named: &Named) -> Option<&Tombstone> {
        let number = match named {
            Named::Id(id) => *self.index.buried.get(&(kind, *id))?,
            Named::Key(number) => *number,
            Named::External(_) => return None,
        };
        let document = DocumentRef { kind, number };
        self.tables.tombstones.get(&document).map(Arc::as_ref)
    }

    /// The customer of this name.
    pub fn customer(&self, named: &Named) -> Result<Option<&Customer>, Stop> {
        let found = self
            .find(DocumentKind::Customer, named)
            .and_then(|n| self.tables.customers.get(&CustomerKey(n)));
        self.found(found.map(Arc::as_ref), || Want::Customer(named.clone()))
    }

    /// The product of this name.
    pub fn product(&self, named: &Named) -> Result<Option<&Product>, Stop> {
        let found = self
            .find(DocumentKind::Product, named)
            .and_then(|n| self.tables.products.get(&ProductKey(n)));
        self.found(found, || Want::Product(named.clone()))
    }

    /// The resource of this name.
    pub fn resource(&self, named: &Named) -> Result<Option<&Resource>, Stop> {
        let found = self
            .find(DocumentKind::Resource, named)
            .and_then(|n| self.tables.resources.get(&ResourceKey(n)));
        self.found(found.map(Arc::as_ref), || Want::Resource(named.clone()))
    }

    /// The payment of this name.
    pub fn payment(&self, named: &Named) -> Result<Option<&Payment>, Stop> {
        let found = self
            .find(DocumentKind::Payment, named)
            .and_then(|n| self.tables.payments.get(&PaymentKey(n)));
        self.found(found.map(Arc::as_ref), || Want::Payment(named.clone()))
    }

    /// As [`Snapshot::payment`], and every part of it is there too.
    pub fn whole_payment(&self, named: &Named) -> Result<Option<&Payment>, Stop> {
        match self.payment(named)? {
            Some(payment) if self.complete || self.whole_payments.contains(&payment.key) => Ok(Some(payment)),
            Some(_) => Err(Stop::Missing(Want::Payment(named.clone()))),
            None => Ok(None),
        }
    }

    /// The write-off of this name.
    pub fn write_off(&self, named: &Named) -> Result<Option<&WriteOff>, Stop> {
        let found = self
            .find(DocumentKind::WriteOff, named)
            .and_then(|n| self.tables.write_offs.get(&WriteOffKey(n)));
        self.found(found.map(Arc::as_ref), || Want::WriteOff(named.clone()))
    }

    /// The manual entry of this name.
    pub fn manual_entry(&self, named: &Named) -> Result<Option<&ManualEntry>, Stop> {
        let found = self
            .find(DocumentKind::ManualEntry, named)
            .and_then(|n| self.tables.manual_entries.get(&EntryKey(n)));
        self.found(found.map(Arc::as_ref), || Want::ManualEntry(named.clone()))
    }

    /// Whether a live document of this kind has the id that a client brought.
    pub fn external_is_taken(&self, kind: DocumentKind, text: &str) -> Result<bool, Stop> {
        if self.index.externals.contains_key(&(kind, text.to_owned())) {
            return Ok(true);
        }
        let named = Named::External(text.to_owned());
        let want = match kind {
            DocumentKind::Invoice => Want::InvoiceView(named),
            DocumentKind::Customer => Want::Customer(named),
            DocumentKind::Payment => Want::Payment(named),
            DocumentKind::Resource => Want::Resource(named),
            DocumentKind::Refund => Want::Refund(named),
            DocumentKind::WriteOff => Want::WriteOff(named),
            DocumentKind::CreditNote => Want::CreditNote(named),
            DocumentKind::ManualEntry => Want::ManualEntry(named),
            DocumentKind::Book
            | DocumentKind::Account
            | DocumentKind::Product
            | DocumentKind::Line
            | DocumentKind::Token
            | DocumentKind::Request => return Ok(false),
        };
        if self.has(&want) {
            Ok(false)
        } else {
            Err(Stop::Missing(want))
        }
    }

    /// The account with this number.
    pub fn account(&self, key: AccountKey) -> Result<Option<&LedgerAccount>, Stop> {
        self.found(self.tables.accounts.get(&key), || Want::Chart)
    }

    /// The account that plays a part: every chart has one of each.
    pub fn account_of(&self, role: AccountRole) -> Result<AccountKey, Stop> {
        if !self.has(&Want::Chart) {
            return Err(Stop::Missing(Want::Chart));
        }
        let found = self.index.roles.get(&role).and_then(BTreeSet::first);
        found.copied().ok_or(Stop::Flawed(Flaw::NoAccountOf(role)))
    }

    /// Every period that was ever closed, in order of closing.
    pub fn periods(&self) -> Result<impl Iterator<Item = &Period>, Stop> {
        if self.has(&Want::Periods) {
            Ok(self.tables.periods.values().map(Arc::as_ref))
        } else {
            Err(Stop::Missing(Want::Periods))
        }
    }

    /// The rate that the book keeps for a currency on a day. Rates are replaced and never removed, so the last one that is known here
    /// is the last.
    pub fn kept_rate(&self, currency: Currency, day: Date) -> Result<Option<Rate>, Stop> {
        let want = Want::Rate(currency, day);
        if !self.has(&want) {
            return Err(Stop::Missing(want));
        }
        let until = self.tables.rates.range((currency, Date::MIN)..=(currency, day));
        Ok(until.map(|(_, kept)| kept.rate).next_back())
    }

    /// The number series of a prefix.
    pub fn series(&self, prefix: &str) -> Result<Option<&Series>, Stop> {
        self.found(self.tables.series.get(prefix), || Want::Series(prefix.to_owned()))
    }

    /// The register line of a number.
    pub fn number(&self, number: &str) -> Result<Option<&NumberUse>, Stop> {
        self.found(self.tables.numbers.get(number), || Want::Number(number.to_owned()))
    }

    /// The record of an idempotency key.
    pub fn idempotency(&self, key: &str) -> Result<Option<&IdempotencyRecord>, Stop> {
        self.found(self.tables.idempotency.get(key), || Want::Idempotency(key.to_owned()))
    }

    /// The idempotency keys under which a document was made.
    pub fn requests(&self, subject: DocumentRef) -> Result<impl Iterator<Item = &IdempotencyRecord>, Stop> {
        let want = Want::Requests(subject);
        if !self.has(&want) {
            return Err(Stop::Missing(want));
        }
        let keys = self.index.requests.get(&subject).into_iter().flatten();
        Ok(keys.filter_map(|key| self.tables.idempotency.get(key)))
    }

    /// The token with this number.
    pub fn token(&self, key: TokenKey) -> Result<Option<&Token>, Stop> {
        self.found(self.tables.tokens.get(&key).map(Arc::as_ref), || Want::Token(key))
    }

    /// The grant with this digest.
    pub fn grant(&self, digest: Digest) -> Result<Option<&Grant>, Stop> {
        self.found(self.tables.grants.get(&digest).map(Arc::as_ref), || Want::Grant(digest))
    }

    /// The texts of a document that was gathered.
    pub fn content(&self, document: impl Into<DocumentRef>) -> Option<&Content> {
        self.tables.contents.get(&document.into()).map(Arc::as_ref)
    }

    /// An entry with its postings, whole.
    pub fn journal_entry(&self, key: EntryKey) -> Result<JournalEntry, Stop> {
        let entry = *self.tables.entries.get(&key).ok_or(Stop::Flawed(Flaw::NoEntry(key)))?;
        let postings = self
            .tables
            .postings
            .range((key, i64::MIN)..=(key, i64::MAX))
            .map(|(_, p)| *p)
            .collect();
        JournalEntry::assemble(entry, postings).map_err(|error| Stop::Flawed(Flaw::BadEntry(key, error)))
    }

    /// As [`Snapshot::journal_entry`], of an entry that need not have been gathered yet.
    pub fn wanted_entry(&self, key: EntryKey) -> Result<JournalEntry, Stop> {
        if self.tables.entries.contains_key(&key) || self.has(&Want::Entry(key)) {
            self.journal_entry(key)
        } else {
            Err(Stop::Missing(Want::Entry(key)))
        }
    }

    /// The parts of payments that settled an invoice and no longer do, each with its payment.
    pub fn former_allocations(&self, invoice: InvoiceKey) -> impl Iterator<Item = (&FormerAllocation, &Payment)> {
        let keys = self.index.former_allocations.get(&invoice).into_iter().flatten();
        keys.filter_map(|key| {
            let former = self.tables.former_allocations.get(key)?;
            Some((former, self.tables.payments.get(&former.payment)?.as_ref()))
        })
    }

    /// The allocations that settle an invoice, each with its payment.
    pub fn allocations(&self, invoice: InvoiceKey) -> impl Iterator<Item = (&Allocation, &Payment)> {
        let keys = self.index.allocations.get(&invoice).into_iter().flatten();
        keys.filter_map(|key| {
            let allocation = self.tables.allocations.get(key)?;
            Some((allocation, self.tables.payments.get(&allocation.payment)?.as_ref()))
        })
    }

    /// The write-offs of an invoice.
    pub fn write_offs(&self, invoice: InvoiceKey) -> impl Iterator<Item = &WriteOff> {
        let keys = self.index.write_offs.get(&invoice).into_iter().flatten();
        keys.filter_map(|key| self.tables.write_offs.get(key).map(Arc::as_ref))
    }

    fn found<'a, T>(&self, found: Option<&'a T>, want: impl FnOnce() -> Want) -> Result<Option<&'a T>, Stop> {
        if found.is_some() {
            return Ok(found);
        }
        let want = want();
        if self.has(&want) {
            Ok(None)
        } else {
            Err(Stop::Missing(want))
        }
    }
}
