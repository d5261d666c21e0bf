//! Gathering: which rows decisions want, worked out in rounds without touching a database.
//!
//! A [`Gathering`] names the lookups that can be made at once, is handed the rows they find, and names the next ones, until nothing
//! is left to look up: an invoice names its customer, lines, payments and entries; lines name products; entries name postings, and
//! those the kept balances. An engine carries a round out as suits it: SQLite steps one prepared statement per value, PostgreSQL
//! sends one statement per [`Seek`], all of them in one flight. However many invoices are wanted, there are at most five rounds.
//! Deliberately absent: SQL, connections, and waiting.

use std::collections::HashSet;

use jiff::civil::Date;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::book::{
    BookSettings, Customer, Grant, IdempotencyRecord, NumberUse, Period, Product, Series, Token, Tombstone,
};
use quittance_accounting::content::Content;
use quittance_accounting::exchange::KeptRate;
use quittance_accounting::identity::{
    CreditNoteKey, CustomerKey, DocumentId, DocumentKind, DocumentRef, EntryKey, InvoiceKey, PaymentKey, ProductKey,
    RefundKey, ResourceKey, WriteOffKey,
};
use quittance_accounting::invoice::{Invoice, LineItem};
use quittance_accounting::journal::{Entry, ManualEntry, Posting};
use quittance_accounting::kept::{BalanceKey, Turnover};
use quittance_accounting::ledger::manual_ref;
use quittance_accounting::money::Currency;
use quittance_accounting::record::{Record, RecordKey};
use quittance_accounting::resource::Resource;
use quittance_accounting::settlement::{
    Allocation, CreditLine, CreditNote, FormerAllocation, Payment, Refund, WriteOff,
};
use quittance_accounting::snapshot::{Named, Snapshot, Want};

use crate::beside::{BALANCE, read_balance};
use crate::error::StoreError;
use crate::field::{Cell, Field, kept_currency};
use crate::tables::{Stored, Table, key_cells, record_of};

macro_rules! seeks {
    ($($seek:ident in $table:expr, by $columns:expr;)*) => {
        /// A way to look rows up: the rows of a table, within a book, that have given values in given columns.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Seek {
            $($seek,)*
        }

        impl Seek {
            /// Every way; a way is at its own number.
            pub(crate) const ALL: &[Seek] = &[$(Seek::$seek),*];

            /// The table.
            pub(crate) fn table(self) -> &'static Table {
                match self {
                    $(Seek::$seek => &$table,)*
                }
            }

            /// The columns besides the book; none means all rows of the book.
            pub(crate) fn columns(self) -> &'static [&'static str] {
                match self {
                    $(Seek::$seek => $columns,)*
                }
            }
        }
    };
}

seeks! {
    Settings in BookSettings::TABLE, by &[];
    Chart in LedgerAccount::TABLE, by &[];
    Periods in Period::TABLE, by &[];
    Period in Period::TABLE, by &["closing"];
    Account in LedgerAccount::TABLE, by &["key"];
    Customer in Customer::TABLE, by &["key"];
    CustomerById in Customer::TABLE, by &["id"];
    CustomerByExternalId in Customer::TABLE, by &["external_id"];
    Product in Product::TABLE, by &["key"];
    ProductById in Product::TABLE, by &["id"];
    Invoice in Invoice::TABLE, by &["key"];
    InvoiceById in Invoice::TABLE, by &["id"];
    InvoiceByExternalId in Invoice::TABLE, by &["external_id"];
    Line in LineItem::TABLE, by &["invoice", "place"];
    LinesOfInvoice in LineItem::TABLE, by &["invoice"];
    Entry in Entry::TABLE, by &["key"];
    Posting in Posting::TABLE, by &["entry", "place"];
    PostingsOfEntry in Posting::TABLE, by &["entry"];
    ManualEntry in ManualEntry::TABLE, by &["key"];
    ManualEntryById in ManualEntry::TABLE, by &["id"];
    ManualEntryByExternalId in ManualEntry::TABLE, by &["external_id"];
    Payment in Payment::TABLE, by &["key"];
    PaymentById in Payment::TABLE, by &["id"];
    PaymentByExternalId in Payment::TABLE, by &["external_id"];
    Allocation in Allocation::TABLE, by &["payment", "place"];
    AllocationsOfPayment in Allocation::TABLE, by &["payment"];
    AllocationsOfInvoice in Allocation::TABLE, by &["invoice"];
    FormerAllocation in FormerAllocation::TABLE, by &["payment", "place"];
    FormerAllocationsOfPayment in FormerAllocation::TABLE, by &["payment"];
    FormerAllocationsOfInvoice in FormerAllocation::TABLE, by &["invoice"];
    CreditNote in CreditNote::TABLE, by &["key"];
    CreditNoteById in CreditNote::TABLE, by &["id"];
    CreditNoteByExternalId in CreditNote::TABLE, by &["external_id"];
    CreditNotesOfInvoice in CreditNote::TABLE, by &["invoice"];
    CreditLine in CreditLine::TABLE, by &["credit_note", "place"];
    LinesOfCreditNote in CreditLine::TABLE, by &["credit_note"];
    Refund in Refund::TABLE, by &["key"];
    RefundById in Refund::TABLE, by &["id"];
    RefundByExternalId in Refund::TABLE, by &["external_id"];
    RefundsOfInvoice in Refund::TABLE, by &["invoice"];
    PayoutsOfRefund in Refund::TABLE, by &["pays"];
    WriteOff in WriteOff::TABLE, by &["key"];
    WriteOffById in WriteOff::TABLE, by &["id"];
    WriteOffByExternalId in WriteOff::TABLE, by &["external_id"];
    WriteOffsOfInvoice in WriteOff::TABLE, by &["invoice"];
    Series in Series::TABLE, by &["prefix"];
    Number in NumberUse::TABLE, by &["number"];
    Tombstone in Tombstone::TABLE, by &["kind", "number"];
    TombstoneById in Tombstone::TABLE, by &["kind", "id"];
    Idempotency in IdempotencyRecord::TABLE, by &["key"];
    IdempotencyOfSubject in IdempotencyRecord::TABLE, by &["subject_kind", "subject_number"];
    Token in Token::TABLE, by &["key"];
    Resource in Resource::TABLE, by &["key"];
    ResourceById in Resource::TABLE, by &["id"];
    ResourceByName in Resource::TABLE, by &["name"];
    Grant in Grant::TABLE, by &["digest"];
    Content in Content::TABLE, by &["kind", "number"];
    Rate in KeptRate::TABLE, by &["currency", "day"];
    RateOn in KeptRate::TABLE, by &["currency", "day"];
    Balance in BALANCE, by &["account", "currency", "grain", "start"];
}

impl Seek {
    /// Its place in [`Seek::ALL`].
    pub(crate) fn place(self) -> usize {
        self as usize
    }

    /// Whether it finds, in place of equals of its last column, only the last row up to a value of that.
    pub(crate) fn takes_last(self) -> bool {
        self == Seek::RateOn
    }

    fn of_key(key: &RecordKey) -> Seek {
        match key {
            RecordKey::Settings(()) => Seek::Settings,
            RecordKey::Period(_) => Seek::Period,
            RecordKey::Account(_) => Seek::Account,
            RecordKey::Customer(_) => Seek::Customer,
            RecordKey::Product(_) => Seek::Product,
            RecordKey::Invoice(_) => Seek::Invoice,
            RecordKey::Line(_) => Seek::Line,
            RecordKey::Entry(_) => Seek::Entry,
            RecordKey::Posting(_) => Seek::Posting,
            RecordKey::ManualEntry(_) => Seek::ManualEntry,
            RecordKey::Payment(_) => Seek::Payment,
            RecordKey::Allocation(_) => Seek::Allocation,
            RecordKey::FormerAllocation(_) => Seek::FormerAllocation,
            RecordKey::CreditNote(_) => Seek::CreditNote,
            RecordKey::CreditLine(_) => Seek::CreditLine,
            RecordKey::Refund(_) => Seek::Refund,
            RecordKey::WriteOff(_) => Seek::WriteOff,
            RecordKey::Series(_) => Seek::Series,
            RecordKey::Number(_) => Seek::Number,
            RecordKey::Tombstone(_) => Seek::Tombstone,
            RecordKey::Idempotency(_) => Seek::Idempotency,
            RecordKey::Token(_) => Seek::Token,
            RecordKey::Resource(_) => Seek::Resource,
            RecordKey::Grant(_) => Seek::Grant,
            RecordKey::Rate(_) => Seek::Rate,
            RecordKey::Content(_) => Seek::Content,
        }
    }
}

/// One thing looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Lookup {
    /// The record with a key.
    Key(RecordKey),
    /// The rows with a number in the only column sought by.
    Of(Seek, i64),
    /// The row with an id in the only column sought by.
    Id(Seek, DocumentId),
    /// The row with a client's id in the only column sought by.
    External(Seek, String),
    /// The tombstone of the document with an id.
    Buried(DocumentKind, DocumentId),
    /// The idempotency keys under which a document was made.
    Requests(DocumentRef),
    /// Every ledger account.
    Chart,
    /// Every period.
    Periods,
    /// The rate kept for a currency and a day.
    Rate(Currency, Date),
    /// A kept balance.
    Balance(BalanceKey),
}

impl Lookup {
    fn seek(&self) -> Seek {
        match self {
            Lookup::Key(key) => Seek::of_key(key),
            Lookup::Of(seek, _) | Lookup::Id(seek, _) | Lookup::External(seek, _) => *seek,
            Lookup::Buried(..) => Seek::TombstoneById,
            Lookup::Requests(_) => Seek::IdempotencyOfSubject,
            Lookup::Chart => Seek::Chart,
            Lookup::Periods => Seek::Periods,
            Lookup::Rate(..) => Seek::RateOn,
            Lookup::Balance(_) => Seek::Balance,
        }
    }

    fn write(&self, values: &mut Vec<Cell>) {
        match self {
            Lookup::Key(key) => values.extend(key_cells(key)),
            Lookup::Of(_, number) => values.push(number.cell()),
            Lookup::Id(_, id) => values.push(id.cell()),
            Lookup::External(_, text) => values.push(text.cell()),
            Lookup::Buried(kind, id) => values.extend([kind.cell(), id.cell()]),
            Lookup::Requests(subject) => values.extend([subject.kind.cell(), subject.number.cell()]),
            Lookup::Chart | Lookup::Periods => {}
            Lookup::Rate(currency, day) => values.extend([currency.cell(), day.cell()]),
            Lookup::Balance(key) => values.extend([
                key.account.cell(),
                kept_currency(key.currency),
                key.grain.cell(),
                key.start.cell(),
            ]),
        }
    }
}

/// The lookups of a round that are made in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lookups {
    /// The way.
    pub(crate) seek: Seek,
    /// The values, one after the other: as many cells for each lookup as the way has columns.
    pub(crate) values: Vec<Cell>,
}

/// Gathering under way.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    /// What was looked up so far: wants overlap, and nothing changes while they are gathered.
    sought: HashSet<Lookup>,
    next: Vec<Lookups>,
    /// The names of invoices whose entries are wanted too, and the invoices found by them.
    whole: HashSet<Named>,
    whole_invoices: HashSet<InvoiceKey>,
    /// The names of invoices and credit notes that were not found yet.
    unfound: HashSet<(DocumentKind, Named)>,
    /// The names of credit notes that are wanted themselves.
    credit_notes: HashSet<Named>,
    /// The names of payments that are wanted themselves, with all their allocations.
    payments: HashSet<Named>,
    /// What has been gathered along.
    along: Vec<Want>,
    /// Allocations of wanted invoices, until it is known which payments are there.
    allocations: Vec<Record>,
    /// Balances that are looked up in the round under way and were not found yet, and those of the next round.
    balances: HashSet<BalanceKey>,
    next_balances: HashSet<BalanceKey>,
}

impl Gathering {
    /// Begins to gather what is wanted; the settings of the book come along always.
    pub(crate) fn of(wants: &[Want]) -> Gathering {
        let mut gathering = Gathering::default();
        gathering.key(RecordKey::Settings(()));
        wants.iter().for_each(|want| gathering.want(want));
        gathering
    }

    /// Begins to gather kept balances and nothing else.
    pub(crate) fn of_balances(keys: &[BalanceKey]) -> Gathering {
        let mut gathering = Gathering::default();
        keys.iter().for_each(|key| gathering.balance(*key));
        gathering
    }

    /// The lookups of the next round; none when everything has been gathered.
    pub(crate) fn round(&mut self) -> Vec<Lookups> {
        self.balances = std::mem::take(&mut self.next_balances);
        std::mem::take(&mut self.next)
    }

    /// Takes in a row that a lookup of this round found.
    pub(crate) fn found(&mut self, seek: Seek, cells: &[Cell], into: &mut Snapshot) -> Result<(), StoreError> {
        if seek == Seek::Balance {
            let (key, kept) = read_balance(cells)?;
            self.balances.remove(&key);
            into.load_balance(key, kept);
            return Ok(());
        }
        let table = seek.table();
        let unknown = || StoreError::Engine {
            doing: "gathering",
            message: format!("no records in table {}", table.name),
        };
        let record = record_of(table.name, cells)?.ok_or_else(unknown)?;
        self.follow(seek, record, into);
        Ok(())
    }

    /// Takes in that every row of this round has been handed over.
    pub(crate) fn end_round(&mut self, into: &mut Snapshot) {
        for key in self.balances.drain() {
            into.load_balance(key, Turnover::default());
        }
        for (kind, named) in std::mem::take(&mut self.unfound) {
            match named {
                Named::Key(number) => self.key(RecordKey::Tombstone(DocumentRef { kind, number })),
                Named::Id(id) => self.look(Lookup::Buried(kind, id)),
                Named::External(_) => {}
            }
        }
    }

    /// Ends it: what was wanted and is not there does not exist.
    pub(crate) fn finish(self, wants: &[Want], into: &mut Snapshot) {
        for part in self.allocations {
            let payment = match &part {
                Record::Allocation(part) => part.payment,
                Record::FormerAllocation(part) => part.payment,
                _ => continue,
            };
            if into.tables().payments.contains_key(&payment) {
                into.load(part);
            }
        }
        for want in wants.iter().cloned().chain(self.along) {
            into.note_gathered(want);
        }
    }

    /// Loads a record and looks up what it leads to.
    fn follow(&mut self, seek: Seek, record: Record, into: &mut Snapshot) {
        match &record {
            Record::Customer(customer) => self.content(customer.key),
            Record::Product(product) => self.content(product.key),
            Record::Resource(resource) => self.content(resource.key),
            Record::Invoice(invoice) => self.case(seek, invoice),
            Record::Payment(payment) => self.payment(seek, payment),
            Record::Tombstone(tombstone) => {
                tombstone.documents().for_each(|document| self.content(document));
                tombstone.removed.iter().for_each(|removed| self.named_by(removed));
            }
            Record::Line(_) => self.named_by(&record),
            Record::Allocation(allocation) if seek == Seek::AllocationsOfInvoice => {
                self.document(RecordKey::Payment(allocation.payment), allocation.payment);
                if self.whole_invoices.contains(&allocation.invoice) {
                    self.requests(allocation.payment);
                }
                self.entry_of(allocation.invoice, allocation.entry);
                self.allocations.push(record);
                return;
            }
            Record::FormerAllocation(part) if seek == Seek::FormerAllocationsOfInvoice => {
                self.document(RecordKey::Payment(part.payment), part.payment);
                for entry in std::iter::once(part.entry).chain(part.undone) {
                    if let Some(invoice) = part.invoice {
                        self.entry_of(invoice, entry);
                    }
                }
                self.allocations.push(record);
                return;
            }
            Record::CreditNote(note) => self.credit_note(seek, note),
            Record::Refund(refund) => {
                self.content(refund.key);
                if seek == Seek::RefundsOfInvoice
                    && let Some(invoice) = refund.invoice
                {
                    self.entry_of(invoice, refund.entry);
                }
            }
            Record::WriteOff(write_off) => {
                self.content(write_off.key);
                if seek == Seek::WriteOffsOfInvoice {
                    self.entry_of(write_off.invoice, write_off.entry);
                }
            }
            Record::ManualEntry(manual) => {
                self.content(manual_ref(manual.key));
                self.entry(manual.key);
            }
            Record::Idempotency(request) => self.content(request.texts()),
            Record::Posting(posting) => BalanceKey::of(posting).for_each(|key| self.balance(key)),
            Record::Settings(_)
            | Record::Account(_)
            | Record::Allocation(_)
            | Record::FormerAllocation(_)
            | Record::CreditLine(_)
            | Record::Entry(_)
            | Record::Series(_)
            | Record::Number(_)
            | Record::Token(_)
            | Record::Grant(_)
            | Record::Period(_)
            | Record::Rate(_)
            | Record::Content(_) => {}
        }
        into.load(record);
    }

    /// A live invoice was found: what belongs to it is looked up.
    fn case(&mut self, seek: Seek, invoice: &Invoice) {
        let named = match seek {
            Seek::InvoiceById => Named::Id(invoice.id),
            Seek::InvoiceByExternalId => Named::External(invoice.external_id.clone().unwrap_or_default()),
            _ => Named::Key(invoice.key.0),
        };
        self.unfound.remove(&(DocumentKind::Invoice, named.clone()));
        let key = invoice.key;
        if self.whole.contains(&named) {
            self.whole_invoices.insert(key);
            self.requests(key);
            self.register_line(invoice);
        }
        self.customer_of(invoice);
        self.content(key);
        for seek in [
            Seek::LinesOfInvoice,
            Seek::AllocationsOfInvoice,
            Seek::FormerAllocationsOfInvoice,
            Seek::RefundsOfInvoice,
            Seek::WriteOffsOfInvoice,
        ] {
            self.look(Lookup::Of(seek, key.0));
        }
        let entries = invoice.issue_entry().into_iter().chain(invoice.void_entry());
        entries.for_each(|entry| self.entry_of(key, entry));
    }

    /// A payment was found, because it is wanted or because it settles an invoice.
    fn payment(&mut self, seek: Seek, payment: &Payment) {
        let named = match seek {
            Seek::PaymentById => Named::Id(payment.id),
            Seek::PaymentByExternalId => Named::External(payment.external_id.clone().unwrap_or_default()),
            _ => Named::Key(payment.key.0),
        };
        if payment.witness.is_money() {
            self.content(payment.key);
        } else {
            self.key(RecordKey::CreditNote(CreditNoteKey(payment.key.0)));
        }
        if self.payments.contains(&named) {
            self.look(Lookup::Of(Seek::AllocationsOfPayment, payment.key.0));
            self.look(Lookup::Of(Seek::FormerAllocationsOfPayment, payment.key.0));
        }
    }

    /// A credit note was found, because it is wanted, because it settles an invoice, or because it takes figures of one back.
    fn credit_note(&mut self, seek: Seek, note: &CreditNote) {
        let (key, credit) = (note.key, note.key.credit());
        let named = match seek {
            Seek::CreditNoteById => Named::Id(note.id),
            Seek::CreditNoteByExternalId => Named::External(note.external_id.clone().unwrap_or_default()),
            _ => Named::Key(key.0),
        };
        self.content(key);
        if seek == Seek::CreditNotesOfInvoice {
            self.look(Lookup::Of(Seek::LinesOfCreditNote, key.0));
            self.key(RecordKey::Payment(credit));
        }
        if self.credit_notes.contains(&named) {
            self.unfound.remove(&(DocumentKind::CreditNote, named));
            self.look(Lookup::Of(Seek::LinesOfCreditNote, key.0));
            self.payments.insert(Named::Key(credit.0));
            self.key(RecordKey::Payment(credit));
            self.look(Lookup::Of(Seek::AllocationsOfPayment, credit.0));
            self.look(Lookup::Of(Seek::FormerAllocationsOfPayment, credit.0));
            self.key(RecordKey::Number(note.number.clone()));
            self.along.push(Want::Number(note.number.clone()));
        }
    }

    /// The customer and the register line, or the product, that a record names.
    fn named_by(&mut self, record: &Record) {
        if let Record::Invoice(invoice) = record {
            self.customer_of(invoice);
            self.register_line(invoice);
        } else if let Record::Line(line) = record
            && let Some(product) = line.product
        {
            self.document(RecordKey::Product(product), product);
        }
    }

    fn customer_of(&mut self, invoice: &Invoice) {
        if let Some(customer) = invoice.customer {
            self.document(RecordKey::Customer(customer), customer);
            self.along.push(Want::Customer(Named::Key(customer.0)));
        }
    }

    /// What the register of numbers says of an invoice: only a command asks, so a list does not go there.
    fn register_line(&mut self, invoice: &Invoice) {
        if let Some(number) = &invoice.number {
            self.key(RecordKey::Number(number.clone()));
            self.along.push(Want::Number(number.clone()));
        }
    }

    /// An entry of an invoice, if its entries are wanted, and its postings.
    fn entry_of(&mut self, invoice: InvoiceKey, entry: EntryKey) {
        if self.whole_invoices.contains(&invoice) {
            self.entry(entry);
        }
    }

    fn entry(&mut self, entry: EntryKey) {
        self.key(RecordKey::Entry(entry));
        self.look(Lookup::Of(Seek::PostingsOfEntry, entry.0));
    }

    /// What a document was asked for with: when its texts go, that goes too.
    fn requests(&mut self, subject: impl Into<DocumentRef>) {
        let subject = subject.into();
        self.look(Lookup::Requests(subject));
        self.along.push(Want::Requests(subject));
    }

    fn look(&mut self, lookup: Lookup) {
        if self.sought.contains(&lookup) {
            return;
        }
        let seek = lookup.seek();
        let known = self.next.iter().position(|lookups| lookups.seek == seek);
        let place = known.unwrap_or_else(|| {
            let values = Vec::new();
            self.next.push(Lookups { seek, values });
            self.next.len() - 1
        });
        lookup.write(&mut self.next[place].values);
        self.sought.insert(lookup);
    }

    fn key(&mut self, key: RecordKey) {
        self.look(Lookup::Key(key));
    }

    fn content(&mut self, document: impl Into<DocumentRef>) {
        self.key(RecordKey::Content(document.into()));
    }

    fn document(&mut self, key: RecordKey, document: impl Into<DocumentRef>) {
        self.key(key);
        self.content(document);
    }

    fn balance(&mut self, key: BalanceKey) {
        let lookup = Lookup::Balance(key);
        if !self.sought.contains(&lookup) {
            self.next_balances.insert(key);
            self.look(lookup);
        }
    }

    fn named(
        &mut self,
        named: &Named,
        by_number: impl FnOnce(i64) -> RecordKey,
        by_id: Seek,
        by_external: Option<Seek>,
    ) {
        match (named, by_external) {
            (Named::Key(number), _) => self.key(by_number(*number)),
            (Named::Id(id), _) => self.look(Lookup::Id(by_id, *id)),
            (Named::External(text), Some(seek)) => self.look(Lookup::External(seek, text.clone())),
            (Named::External(_), None) => {}
        }
    }

    fn want(&mut self, want: &Want) {
        match want {
            Want::Invoice(named) => {
                self.whole.insert(named.clone());
                self.invoice(named);
            }
            Want::InvoiceView(named) => self.invoice(named),
            Want::Customer(named) => {
                let by_number = |number| RecordKey::Customer(CustomerKey(number));
                self.named(named, by_number, Seek::CustomerById, Some(Seek::CustomerByExternalId));
            }
            Want::Product(named) => {
                let by_number = |number| RecordKey::Product(ProductKey(number));
                self.named(named, by_number, Seek::ProductById, None);
            }
            Want::Payment(named) => {
                let by_number = |number| RecordKey::Payment(PaymentKey(number));
                self.named(named, by_number, Seek::PaymentById, Some(Seek::PaymentByExternalId));
                self.payments.insert(named.clone());
            }
            Want::ManualEntry(named) => {
                if let Named::Key(number) = named {
                    self.entry(EntryKey(*number));
                }
                let by_number = |number| RecordKey::ManualEntry(EntryKey(number));
                self.named(
                    named,
                    by_number,
                    Seek::ManualEntryById,
                    Some(Seek::ManualEntryByExternalId),
                );
            }
            Want::CreditNote(named) => {
                let by_number = |number| RecordKey::CreditNote(CreditNoteKey(number));
                let by_external = Some(Seek::CreditNoteByExternalId);
                self.named(named, by_number, Seek::CreditNoteById, by_external);
                self.credit_notes.insert(named.clone());
                self.unfound.insert((DocumentKind::CreditNote, named.clone()));
            }
            Want::CreditNotesOf(invoice) => self.look(Lookup::Of(Seek::CreditNotesOfInvoice, invoice.0)),
            Want::PayoutsOf(refund) => self.look(Lookup::Of(Seek::PayoutsOfRefund, refund.0)),
            Want::Turnover(key) => self.balance(*key),
            Want::Refund(named) => {
                let by_number = |number| RecordKey::Refund(RefundKey(number));
                self.named(named, by_number, Seek::RefundById, Some(Seek::RefundByExternalId));
            }
            Want::WriteOff(named) => {
                let by_number = |number| RecordKey::WriteOff(WriteOffKey(number));
                self.named(named, by_number, Seek::WriteOffById, Some(Seek::WriteOffByExternalId));
            }
            Want::Entry(key) => {
                self.key(RecordKey::Entry(*key));
                self.look(Lookup::Of(Seek::PostingsOfEntry, key.0));
            }
            Want::Chart => self.look(Lookup::Chart),
            Want::Periods => self.look(Lookup::Periods),
            Want::Series(prefix) => self.key(RecordKey::Series(prefix.clone())),
            Want::Number(number) => self.key(RecordKey::Number(number.clone())),
            Want::Requests(subject) => self.look(Lookup::Requests(*subject)),
            Want::Idempotency(key) => self.key(RecordKey::Idempotency(key.clone())),
            Want::Token(key) => self.key(RecordKey::Token(*key)),
            Want::Resource(named) => {
                let by_number = |number| RecordKey::Resource(ResourceKey(number));
                self.named(named, by_number, Seek::ResourceById, Some(Seek::ResourceByName));
            }
            Want::Grant(digest) => self.key(RecordKey::Grant(*digest)),
            Want::Rate(currency, day) => self.look(Lookup::Rate(*currency, *day)),
        }
    }

    fn invoice(&mut self, named: &Named) {
        let by_number = |number| RecordKey::Invoice(InvoiceKey(number));
        self.named(named, by_number, Seek::InvoiceById, Some(Seek::InvoiceByExternalId));
        self.unfound.insert((DocumentKind::Invoice, named.clone()));
    }
}
