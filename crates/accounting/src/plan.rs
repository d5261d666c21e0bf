//! What a decision decided: the changes to make, and the receipt of a delete.
//!
//! A [`Plan`] is complete: whoever carries it out decides nothing. The [`Planner`] builds one: it hands out entry numbers, and
//! refuses any entry that would come or go in a closed period, in one place. Deliberately absent: carrying a plan out.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::book::NumberState;
use crate::content::Fate;
use crate::exchange::Valued;
use crate::identity::{
    AccountKey, CreditNoteKey, DocumentId, DocumentKind, DocumentRef, EntryKey, InvoiceKey, PaymentKey,
};
use crate::journal::{EntryKind, JournalEntry, Movements};
use crate::kept::{BalanceKey, Deltas, Grain, Turnover};
use crate::money::{Amount, Currency};
use crate::record::{Change, Record, RecordKey};
use crate::refusal::{Flaw, Refusal, Stop};
use crate::snapshot::{Counters, Snapshot};

/// When a command entered: an instant, and the civil day of it in the book's zone, taken once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: Timestamp,
    /// The day.
    pub today: Date,
}

/// What kind of event a plan becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A book was opened.
    BookOpened,
    /// Settings of the book changed.
    SettingsChanged,
    /// A customer was added.
    CustomerAdded,
    /// A customer was changed, put away or taken up again.
    CustomerChanged,
    /// A product was changed.
    ProductChanged,
    /// A product was added.
    ProductAdded,
    /// A ledger account was added.
    AccountAdded,
    /// A ledger account was renamed, renumbered, retired or brought back.
    AccountChanged,
    /// A journal entry was recorded by hand.
    EntryRecorded,
    /// A manual entry was reversed.
    EntryReversed,
    /// A manual entry was deleted.
    EntryDeleted,
    /// An invoice was created, as a draft or issued at once.
    InvoiceCreated,
    /// A draft was issued.
    InvoiceIssued,
    /// An invoice was sent; a draft was issued first.
    InvoiceSent,
    /// An invoice was edited.
    InvoiceEdited,
    /// An invoice was voided.
    InvoiceVoided,
    /// A void was taken back.
    InvoiceReopened,
    /// An invoice was put on hold, released, or marked as handed over.
    InvoiceHeld,
    /// An invoice was deleted.
    InvoiceDeleted,
    /// A deleted invoice was restored.
    InvoiceRestored,
    /// A payment was recorded.
    PaymentRecorded,
    /// Money of a payment was allocated to invoices.
    PaymentAllocated,
    /// Money of a payment no longer settles an invoice.
    PaymentUnallocated,
    /// A payment was changed.
    PaymentChanged,
    /// A payment was voided.
    PaymentVoided,
    /// A payment was deleted.
    PaymentDeleted,
    /// A provider began to collect money for an invoice.
    PaymentBegun,
    /// What a provider collected did not come.
    PaymentFailed,
    /// A provider or a bank said that money came, and it settled an invoice.
    PaymentConfirmed,
    /// A provider or a bank said that money came, and there was nothing to settle: it is unapplied.
    PaymentArrivedLate,
    /// A credit note was issued.
    CreditNoteIssued,
    /// Credit of a credit note was applied to invoices.
    CreditNoteApplied,
    /// Credit of a credit note no longer settles an invoice.
    CreditNoteUnapplied,
    /// A credit note was changed.
    CreditNoteChanged,
    /// A credit note was put on hold, released, or marked as handed over.
    CreditNoteHeld,
    /// A credit note was voided.
    CreditNoteVoided,
    /// The void of a credit note was taken back.
    CreditNoteReopened,
    /// A credit note was deleted.
    CreditNoteDeleted,
    /// A deleted credit note was restored.
    CreditNoteRestored,
    /// A refund was recorded.
    RefundRecorded,
    /// A refund was deleted.
    RefundDeleted,
    /// A receivable was given up.
    WrittenOff,
    /// A write-off was taken back.
    WriteOffDeleted,
    /// A period was closed.
    PeriodClosed,
    /// A period was reopened.
    PeriodReopened,
    /// What the reports of a closed period came to was noted.
    PeriodSealed,
    /// Texts of deleted documents are physically gone.
    ContentErased,
    /// A token was made.
    TokenMade,
    /// A token was revoked.
    TokenRevoked,
    /// The texts of a document changed, and nothing else.
    TextsChanged,
    /// A thing that only one dialect knows was made or changed.
    ResourcePut,
    /// A thing that only one dialect knows was removed.
    ResourceRemoved,
    /// Access was granted on a token for a short time.
    AccessGranted,
    /// A grant was taken back.
    AccessWithdrawn,
    /// A rate of a currency was kept for a day.
    RateKept,
}

impl EventKind {
    /// Every kind with the word that names it in the log.
    pub const ALL: [(EventKind, &'static str); 55] = [
        (EventKind::BookOpened, "book.opened"),
        (EventKind::SettingsChanged, "book.settings_changed"),
        (EventKind::CustomerAdded, "customer.added"),
        (EventKind::CustomerChanged, "customer.changed"),
        (EventKind::ProductChanged, "product.changed"),
        (EventKind::ProductAdded, "product.added"),
        (EventKind::AccountAdded, "account.added"),
        (EventKind::AccountChanged, "account.changed"),
        (EventKind::EntryRecorded, "entry.recorded"),
        (EventKind::EntryReversed, "entry.reversed"),
        (EventKind::EntryDeleted, "entry.deleted"),
        (EventKind::InvoiceCreated, "invoice.created"),
        (EventKind::InvoiceIssued, "invoice.issued"),
        (EventKind::InvoiceSent, "invoice.sent"),
        (EventKind::InvoiceEdited, "invoice.edited"),
        (EventKind::InvoiceVoided, "invoice.voided"),
        (EventKind::InvoiceReopened, "invoice.reopened"),
        (EventKind::InvoiceHeld, "invoice.held"),
        (EventKind::InvoiceDeleted, "invoice.deleted"),
        (EventKind::InvoiceRestored, "invoice.restored"),
        (EventKind::PaymentRecorded, "payment.recorded"),
        (EventKind::PaymentAllocated, "payment.allocated"),
        (EventKind::PaymentUnallocated, "payment.unallocated"),
        (EventKind::PaymentChanged, "payment.changed"),
        (EventKind::PaymentVoided, "payment.voided"),
        (EventKind::PaymentDeleted, "payment.deleted"),
        (EventKind::PaymentBegun, "payment.begun"),
        (EventKind::PaymentFailed, "payment.failed"),
        (EventKind::PaymentConfirmed, "payment.confirmed"),
        (EventKind::PaymentArrivedLate, "payment.arrived_late"),
        (EventKind::CreditNoteIssued, "credit_note.issued"),
        (EventKind::CreditNoteApplied, "credit_note.applied"),
        (EventKind::CreditNoteUnapplied, "credit_note.unapplied"),
        (EventKind::CreditNoteChanged, "credit_note.changed"),
        (EventKind::CreditNoteHeld, "credit_note.held"),
        (EventKind::CreditNoteVoided, "credit_note.voided"),
        (EventKind::CreditNoteReopened, "credit_note.reopened"),
        (EventKind::CreditNoteDeleted, "credit_note.deleted"),
        (EventKind::CreditNoteRestored, "credit_note.restored"),
        (EventKind::RefundRecorded, "refund.recorded"),
        (EventKind::RefundDeleted, "refund.deleted"),
        (EventKind::WrittenOff, "invoice.written_off"),
        (EventKind::WriteOffDeleted, "write_off.deleted"),
        (EventKind::PeriodClosed, "period.closed"),
        (EventKind::PeriodReopened, "period.reopened"),
        (EventKind::PeriodSealed, "period.sealed"),
        (EventKind::ContentErased, "content.erased"),
        (EventKind::TokenMade, "token.made"),
        (EventKind::TokenRevoked, "token.revoked"),
        (EventKind::TextsChanged, "texts.changed"),
        (EventKind::ResourcePut, "resource.put"),
        (EventKind::ResourceRemoved, "resource.removed"),
        (EventKind::AccessGranted, "access.granted"),
        (EventKind::AccessWithdrawn, "access.withdrawn"),
        (EventKind::RateKept, "rate.kept"),
    ];

    /// The word that names it in the log.
    pub fn word(self) -> &'static str {
        EventKind::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, word)| word)
    }
}

/// A kept balance before and after a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceEffect {
    /// Of this account.
    pub account: AccountKey,
    /// Of this day; `None` for all time.
    pub day: Option<Date>,
    /// In this currency; `None` is the book's.
    pub currency: Option<Currency>,
    /// Before.
    pub before: Turnover,
    /// After.
    pub after: Turnover,
}

/// What a delete did to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentEffect {
    /// The payment.
    pub payment: PaymentKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// What it had settled of the invoice.
    pub allocated: Amount,
    /// What is left of it; zero means that it is gone.
    pub amount_after: Amount,
    /// What of it settles nothing afterwards.
    pub unallocated_after: Amount,
}

/// What deleting an invoice did to a credit note that had been applied to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditEffect {
    /// The credit note.
    pub credit_note: CreditNoteKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// What it had settled of the invoice.
    pub applied: Amount,
    /// What of it settles nothing afterwards.
    pub left_after: Amount,
}

/// What deleting a credit note did to an invoice that it had been applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceEffect {
    /// The invoice.
    pub invoice: InvoiceKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// What the credit note had settled of it.
    pub applied: Amount,
    /// What it is open for afterwards.
    pub open_after: Amount,
}

/// What a delete did: the facts of its receipt. Seq and hash are added by the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The invoice or the credit note.
    pub document: DocumentRef,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The rules it was deleted under.
    pub rules: String,
    /// The entries withdrawn, as they stood: the equal and opposite of each counts on its own date.
    pub withdrawn: Vec<JournalEntry>,
    /// The receipts recorded for freed money whose only witness were entries that were withdrawn.
    pub recorded: Vec<JournalEntry>,
    /// Kept balances before and after, by account and day, then by account.
    pub balances: Vec<BalanceEffect>,
    /// What became of payments.
    pub payments: Vec<PaymentEffect>,
    /// What became of credit notes that settled the invoice.
    pub credits: Vec<CreditEffect>,
    /// What became of invoices that the credit note settled.
    pub invoices: Vec<InvoiceEffect>,
    /// Its line in the number register.
    pub register: Option<(String, NumberState)>,
    /// What becomes of its texts.
    pub fate: Fate,
}

/// Everything that follows from a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The kind of its event.
    pub kind: EventKind,
    /// The document it is about.
    pub subject: DocumentRef,
    /// What happens to the records, in order.
    pub changes: Vec<Change>,
    /// The receipt, for a delete.
    pub receipt: Option<Receipt>,
}

impl Receipt {
    /// The currency of its document, and of the sums of payments, credit notes and invoices in it, when that is not the book's: as
    /// the entries that go have it. Where none goes nothing was settled.
    pub fn foreign(&self) -> Option<Currency> {
        let mut postings = self.withdrawn.iter().flat_map(JournalEntry::postings);
        postings.find_map(|posting| posting.foreign.map(|money| money.currency))
    }
}

impl Plan {
    /// Balances that the receipt shows and the snapshot does not know: an entry may have come after its invoice was gathered. Load
    /// them, zero where the store has none, before [`Plan::fill_balances`].
    pub fn unknown_balances(&self, snapshot: &Snapshot) -> Vec<BalanceKey> {
        let shown = self.receipt.iter().flat_map(shown_balances);
        shown
            .map(|(key, _)| key)
            .filter(|key| !snapshot.knows_balance(key))
            .collect()
    }

    /// Fills the balances of the receipt in, from the snapshot that the plan was decided on.
    pub fn fill_balances(&mut self, snapshot: &Snapshot) {
        let Some(receipt) = &mut self.receipt else { return };
        let effect = |(key, delta): (BalanceKey, Turnover)| {
            let before = snapshot.turnover(key);
            let day = (key.grain == Grain::Day).then_some(key.start);
            BalanceEffect {
                account: key.account,
                day,
                currency: key.currency,
                before,
                after: before.plus(delta),
            }
        };
        receipt.balances = shown_balances(receipt).into_iter().map(effect).collect();
    }

    /// Has what would confirm a guess of texts go with them: for every document whose texts the plan removes, the salts of the
    /// requests that made it.
    pub fn forget_requests(&mut self, snapshot: &Snapshot) -> Result<(), Stop> {
        // What is taken away and put again, as with a payment that is changed, does not go.
        let mut stays = BTreeMap::new();
        for change in &self.changes {
            if let RecordKey::Content(document) = change.key() {
                stays.insert(document, matches!(change, Change::Put(_)));
            }
        }
        let mut forgotten = Vec::new();
        for change in &self.changes {
            if let Change::Remove(RecordKey::Content(document)) = change
                && stays.get(document) == Some(&false)
            {
                for request in snapshot.requests(*document)? {
                    forgotten.push(Change::Remove(RecordKey::Content(request.texts())));
                }
            }
        }
        self.changes.extend(forgotten);
        Ok(())
    }

    /// Checks that the control accounts move exactly as their documents do, in every currency and in the book's, receivables invoice
    /// by invoice. Balanced entries are balanced by construction.
    pub fn check(&self, snapshot: &Snapshot) -> Result<(), Stop> {
        let receivable = snapshot.account_of(AccountRole::Receivable)?;
        let unapplied = snapshot.account_of(AccountRole::UnappliedPayments)?;
        let credits = snapshot.account_of(AccountRole::CustomerCredits)?;
        let mut seen: BTreeMap<RecordKey, Option<&Record>> = BTreeMap::new();
        for change in &self.changes {
            let key = change.key();
            let after = match change {
                Change::Put(record) => Some(record),
                Change::Remove(_) => None,
            };
            // Nothing else moves an account or what a document is open for.
            if let RecordKey::Posting(_) | RecordKey::Entry(_) | RecordKey::Invoice(_) | RecordKey::Payment(_) = key {
                seen.insert(key, after);
            }
        }
        let invoice_of = |entry: EntryKey, sign: i64| match seen.get(&RecordKey::Entry(entry)) {
            Some(Some(Record::Entry(head))) if sign > 0 => head.invoice,
            _ => snapshot.tables().entries.get(&entry).and_then(|head| head.invoice),
        };
        let mut controls = Controls::default();
        for (key, after) in &seen {
            let before = snapshot.tables().get(key);
            for (record, sign) in [(before.as_ref(), -1), (*after, 1)] {
                match record {
                    Some(Record::Posting(posting)) => {
                        let currency = posting.foreign.map(|money| money.currency);
                        if posting.account == receivable {
                            let invoice = invoice_of(posting.entry, sign);
                            controls.owed(invoice, currency, posting.signed(), sign, 0);
                        } else if posting.account == unapplied {
                            controls.count(AccountRole::UnappliedPayments, currency, posting.signed(), -sign, 0);
                        } else if posting.account == credits {
                            controls.count(AccountRole::CustomerCredits, currency, posting.signed(), -sign, 0);
                        }
                    }
                    Some(Record::Invoice(invoice)) => {
                        controls.owed(Some(invoice.key), invoice.foreign(), invoice.open_valued(), sign, 1);
                    }
                    Some(Record::Payment(payment)) => {
                        let left = payment.unapplied_valued();
                        controls.count(payment.witness.control(), payment.foreign(), left, sign, 1);
                    }
                    _ => {}
                }
            }
        }
        controls.check().map_err(Stop::Flawed)
    }
}

/// How control accounts move, and how their documents do, in minor units.
type Moves = [i64; 2];

/// What a plan moves in the control accounts, by currency; `None` is the book's.
#[derive(Default)]
struct Controls {
    sums: BTreeMap<(AccountRole, Option<Currency>), Moves>,
    owed: BTreeMap<(Option<InvoiceKey>, Option<Currency>), Moves>,
}

impl Controls {
    /// Counts what an invoice is owed: by the account where `of` is 0, by the invoice where it is 1.
    fn owed(&mut self, invoice: Option<InvoiceKey>, currency: Option<Currency>, moved: Valued, sign: i64, of: usize) {
        for (currency, minor) in both(currency, moved) {
            self.owed.entry((invoice, currency)).or_default()[of] += sign * minor;
        }
        self.count(AccountRole::Receivable, currency, moved, sign, of);
    }

    /// Counts what a control account moves: by the account where `of` is 0, by its documents where it is 1.
    fn count(&mut self, role: AccountRole, currency: Option<Currency>, moved: Valued, sign: i64, of: usize) {
        for (currency, minor) in both(currency, moved) {
            self.sums.entry((role, currency)).or_default()[of] += sign * minor;
        }
    }

    fn check(self) -> Result<(), Flaw> {
        let differs = |[account, documents]: &Moves| account != documents;
        if let Some(((role, currency), [account, documents])) = self.sums.into_iter().find(|(_, sums)| differs(sums)) {
            return Err(Flaw::OutOfBalance {
                role,
                currency,
                account,
                documents,
            });
        }
        match self.owed.into_iter().find(|(_, sums)| differs(sums)) {
            Some(((invoice, currency), [account, documents])) => Err(Flaw::InvoiceOutOfBalance {
                invoice,
                currency,
                account,
                documents,
            }),
            None => Ok(()),
        }
    }
}

/// A sum in the book's currency, and in its own when that is another.
fn both(currency: Option<Currency>, sum: Valued) -> impl Iterator<Item = (Option<Currency>, i64)> {
    let foreign = currency.map(|currency| (Some(currency), sum.amount.minor()));
    std::iter::once((None, sum.booked.minor())).chain(foreign)
}

/// What withdrawing the entries of a receipt does to balances, by account and day, then by account.
fn shown_balances(receipt: &Receipt) -> Vec<(BalanceKey, Turnover)> {
    let mut moved = Deltas::default();
    for posting in receipt.withdrawn.iter().flat_map(JournalEntry::postings) {
        moved.replace(Some(&Record::Posting(*posting)), None);
    }
    for posting in receipt.recorded.iter().flat_map(JournalEntry::postings) {
        moved.replace(None, Some(&Record::Posting(*posting)));
    }
    let of_grain = |grain: Grain| moved.balances.iter().filter(move |(key, _)| key.grain == grain);
    let both = of_grain(Grain::Day).chain(of_grain(Grain::Ever));
    both.map(|(key, delta)| (*key, *delta)).collect()
}

/// Builds the changes of a plan.
#[derive(Debug)]
pub struct Planner<'a> {
    /// What is decided on.
    pub snapshot: &'a Snapshot,
    /// Numbers given out so far.
    pub counters: Counters,
    changes: Vec<Change>,
}

impl<'a> Planner<'a> {
    /// A planner with nothing planned.
    pub fn new(snapshot: &'a Snapshot) -> Planner<'a> {
        Planner {
            snapshot,
            counters: snapshot.counters(),
            changes: Vec::new(),
        }
    }

    /// The record that is planned to be put under this key, if one is.
    pub(crate) fn planned(&self, key: &RecordKey) -> Option<&Record> {
        let last = self.changes.iter().rev().find(|change| change.key() == *key)?;
        match last {
            Change::Put(record) => Some(record),
            Change::Remove(_) => None,
        }
    }

    /// Plans to put a record.
    pub fn put(&mut self, record: impl Into<Record>) {
        let record = record.into();
        self.counters.pass(&record.key());
        self.changes.push(Change::Put(record));
    }

    /// Plans to remove a record.
    pub fn remove(&mut self, key: RecordKey) {
        self.changes.push(Change::Remove(key));
    }

    /// Plans to record an entry, unless its date is closed. `None` when every movement is zero. An entry that moves the receivable
    /// of an invoice which is not its own document says so through [`Planner::post_on`].
    pub fn post(
        &mut self,
        date: Date,
        kind: EntryKind,
        document: DocumentRef,
        movements: impl Into<Movements>,
    ) -> Result<Option<EntryKey>, Stop> {
        let own = (document.kind == DocumentKind::Invoice).then_some(InvoiceKey(document.number));
        self.post_entry(date, kind, document, own, &movements.into())
    }

    /// As [`Planner::post`], for an entry of another document that moves what this invoice is open for.
    pub fn post_on(
        &mut self,
        invoice: InvoiceKey,
        date: Date,
        kind: EntryKind,
        document: DocumentRef,
        movements: impl Into<Movements>,
    ) -> Result<EntryKey, Stop> {
        let amount = Amount::ZERO;
        self.post_entry(date, kind, document, Some(invoice), &movements.into())?
            .ok_or_else(|| Refusal::AmountNotPositive { amount }.into())
    }

    fn post_entry(
        &mut self,
        date: Date,
        kind: EntryKind,
        document: DocumentRef,
        invoice: Option<InvoiceKey>,
        movements: &Movements,
    ) -> Result<Option<EntryKey>, Stop> {
        self.refuse_closed(date)?;
        let key = EntryKey(self.counters.entries.saturating_add(1));
        let built = JournalEntry::record(key, date, kind, document, invoice, movements);
        let Some(entry) = built.map_err(|error| Stop::Flawed(Flaw::BadEntry(key, error)))? else {
            return Ok(None);
        };
        self.put(*entry.entry());
        for posting in entry.postings() {
            self.put(*posting);
        }
        Ok(Some(key))
    }

    /// As [`Planner::post`] for movements that are never all zero.
    pub fn post_some(
        &mut self,
        date: Date,
        kind: EntryKind,
        document: DocumentRef,
        movements: impl Into<Movements>,
    ) -> Result<EntryKey, Stop> {
        let amount = Amount::ZERO;
        self.post(date, kind, document, movements)?
            .ok_or_else(|| Refusal::AmountNotPositive { amount }.into())
    }

    /// An entry that is planned to be recorded.
    pub(crate) fn posted(&self, key: EntryKey) -> Option<JournalEntry> {
        let mut head = None;
        let mut postings = Vec::new();
        for change in &self.changes {
            match change {
                Change::Put(Record::Entry(entry)) if entry.key == key => head = Some(*entry),
                Change::Put(Record::Posting(posting)) if posting.entry == key => postings.push(*posting),
                Change::Put(_) | Change::Remove(_) => {}
            }
        }
        JournalEntry::assemble(head?, postings).ok()
    }

    /// Plans to take an entry out of the live books, unless its date is closed.
    pub fn withdraw(&mut self, entry: &JournalEntry) -> Result<(), Stop> {
        self.refuse_closed(entry.entry().date)?;
        for posting in entry.postings() {
            self.remove(RecordKey::Posting((posting.entry, posting.place)));
        }
        self.remove(RecordKey::Entry(entry.entry().key));
        Ok(())
    }

    /// Refuses a date in a closed period.
    pub fn refuse_closed(&self, date: Date) -> Result<(), Stop> {
        match self.snapshot.settings()?.closed_through {
            Some(closed_through) if date <= closed_through => Err(Refusal::PeriodClosed {
                entry_date: date,
                closed_through,
            }
            .into()),
            Some(_) | None => Ok(()),
        }
    }

    /// The plan.
    pub fn finish(self, kind: EventKind, subject: impl Into<DocumentRef>) -> Plan {
        Plan {
            kind,
            subject: subject.into(),
            changes: self.changes,
            receipt: None,
        }
    }
}
