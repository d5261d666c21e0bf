//! The write path: gather, decide, commit. The only place that opens a unit of work.
//!
//! A lane (`write/lanes.rs`) takes every command that is waiting, up to [`MOST_PER_BATCH`], as one batch: it gathers what they want
//! in one round, decides each in turn on an overlay that the next one sees, and commits all of it durably, once; then it answers
//! every caller (`write/batches.rs`). A refusal touches nothing. A batch that cannot commit is run again one command at a time, so that one bad command
//! costs nobody else. A batch of one is the ordinary case: group commit is not a mode but the way it works. What a batch came to
//! know of a book serves the next one too, as long as nobody else wrote to that book (`write/working_set.rs`). Where one lane has the
//! whole store, the next batch is decided while one is being committed (`write/ahead.rs`).

mod ahead;
mod batches;
mod lanes;
mod sight;
pub(crate) mod working_set;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use quittance_accounting::book::IdempotencyRecord;
use quittance_accounting::content::{Content, Digest};
use quittance_accounting::crediting::absent_credit_note;
use quittance_accounting::deletion::absent;
use quittance_accounting::identity::{
    BookKey, CreditNoteKey, DocumentKind, DocumentRef, EntryKey, InvoiceKey, PaymentKey, RefundKey, ResourceKey,
    WriteOffKey,
};
use quittance_accounting::numbering::following;
use quittance_accounting::plan::{Moment, Plan, Receipt};
use quittance_accounting::record::{Change, Record, RecordKey};
use quittance_accounting::refusal::{Refusal, Stop};
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_store::log::Unsealed;
use quittance_store::{Arrival, BookEntry, Head, Store, StoreError, codec};
use sha2::{Digest as _, Sha256};

use crate::command::{Command, Crediting};
use crate::extract::Extract;
use crate::failure::Failure;
use crate::source::{day_in, zone};
use crate::view::{BookView, Seal};
use sight::Sight;
use working_set::OpenBook;

pub(crate) use lanes::Writer;

/// The most commands in one batch: at 256 the cost of making a commit durable is already small beside the rest, and the first
/// caller of a batch does not wait long for the last.
pub const MOST_PER_BATCH: usize = 256;

/// The most rounds of gathering that one command may cause; a decision asks for one thing at a time, and no command asks for more
/// than its parts.
const MOST_ROUNDS: usize = 4096;

/// How many numbers are looked up ahead, at least. That they are free stays known from batch to batch, so that most batches which
/// number something have nothing to read: on PostgreSQL a wait and the lock before it, for one invoice as for many.
const NUMBERS_AHEAD: usize = 31;

/// What the writer is sent.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// `None` for a command that opens a book.
    pub(crate) book: Option<BookKey>,
    pub(crate) command: Command,
    pub(crate) entered_at: Timestamp,
    pub(crate) actor: String,
    pub(crate) source: &'static str,
    pub(crate) request_id: String,
    pub(crate) key: Option<Key>,
    /// Decide only: nothing is written.
    pub(crate) preview: bool,
    /// One of several that are carried out together, each on what the one before left, and then taken back before the commit.
    pub(crate) rehearsed: bool,
}

/// A client's key, and what is kept of the request that came with it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) key: String,
    /// Digest of the request: not for the log, where it would confirm a guess of the texts for ever.
    pub(crate) request: Digest,
    /// What the digest is hidden with.
    pub(crate) salt: String,
}

impl Key {
    /// The digest that the log may hold.
    fn sealed(&self, salt: &str) -> Digest {
        crate::content::digest(salt, &self.request.hex())
    }
}

/// What became of a command.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) book: BookKey,
    pub(crate) seal: Seal,
    pub(crate) subject: DocumentRef,
    pub(crate) receipt: Option<Receipt>,
    /// Of a preview, and of a delete that named the plan it expected.
    pub(crate) plan_digest: Option<Digest>,
    pub(crate) at: Timestamp,
    pub(crate) extract: Extract,
    /// The subject as it was, when the command took it away.
    pub(crate) gone: Option<Extract>,
    /// The invoices that the command changed and that are there.
    pub(crate) invoices: Vec<InvoiceKey>,
    pub(crate) view: Option<Arc<BookView>>,
    /// Carried out before, under the same key: nothing was done now.
    pub(crate) again: bool,
}

impl Done {
    /// Where the subject can be looked up: as it is, or as it was when the command took it away.
    pub(crate) fn subject_snapshot(&self) -> Snapshot {
        self.gone.as_ref().unwrap_or(&self.extract).snapshot()
    }
}

/// Jobs on one book that stand or fall together: what became of each, or which of them was refused and why.
pub(crate) type Outcomes = Result<Vec<Done>, (usize, Failure)>;

/// Carries a step of moving a book out, past the writer: no command can be waiting for a book that is not there yet.
pub(crate) async fn arrive(store: &Store, arrival: &Arrival) -> Result<(), StoreError> {
    store.begin().await?.arrive(arrival).await
}

async fn open(
    sight: &mut Sight<'_, '_>,
    books: &mut BTreeMap<BookKey, OpenBook>,
    job: &Job,
) -> Result<Option<BookKey>, Failure> {
    let Command::OpenBook(settings) = &job.command else {
        return Ok(job.book.filter(|book| books.contains_key(book)));
    };
    let first_free = sight.next_book().await?;
    let opened_here = books.keys().last().map_or(0, |last| last.0);
    let key = BookKey(first_free.0.max(opened_here + 1));
    let head = Head::empty();
    let mut book = OpenBook::at(head, Snapshot::sparse(head.counters));
    book.opened = Some(BookEntry {
        book: key,
        id: settings.id,
    });
    book.zone = zone(&settings.zone);
    books.insert(key, book);
    Ok(Some(key))
}

/// Decides jobs on one book in turn, all or none: when one is refused, those before it leave nothing behind. Where the first of several
/// was carried out before under its key, so were the others, in the same commit.
async fn decide_together(sight: &mut Sight<'_, '_>, books: &mut BTreeMap<BookKey, OpenBook>, jobs: &[Job]) -> Outcomes {
    let key = jobs.first().and_then(|job| job.book);
    let rehearsed = jobs.iter().any(|job| job.rehearsed);
    let taken_back = jobs.len() > 1 || rehearsed;
    if let Some(book) = key.and_then(|key| books.get_mut(&key)).filter(|_| taken_back) {
        book.mark();
    }
    let mut done = Vec::with_capacity(jobs.len());
    for (at, job) in jobs.iter().enumerate() {
        let decided = decide(sight, books, job).await;
        if let Some(book) = key.and_then(|key| books.get_mut(&key)) {
            book.numbers -= book.numbers.min(usize::from(job.command.takes_a_number()));
        }
        match decided {
            Ok(one) => {
                let again = one.again;
                done.push(one);
                if again {
                    break;
                }
            }
            Err(failure) => {
                if let Some(book) = key.and_then(|key| books.get_mut(&key)) {
                    book.roll_back();
                }
                return Err((at, failure));
            }
        }
    }
    if let Some(book) = key.and_then(|key| books.get_mut(&key)) {
        match rehearsed {
            true => book.roll_back(),
            false => book.forget_mark(),
        }
    }
    Ok(done)
}

async fn decide(
    sight: &mut Sight<'_, '_>,
    books: &mut BTreeMap<BookKey, OpenBook>,
    job: &Job,
) -> Result<Done, Failure> {
    let key = open(sight, books, job).await?.ok_or(Refusal::NotFound {
        kind: DocumentKind::Book,
    })?;
    let book = books.get_mut(&key).ok_or(Failure::Unavailable)?;
    if let Some(done) = replayed(sight, key, book, job).await? {
        return Ok(done);
    }
    let at = book.head.recorded_at(job.entered_at);
    let moment = Moment {
        at,
        today: day_in(&book.zone, at),
    };
    let mut plan = plan(sight, key, book, job, &moment).await?;
    forget_requests(sight, key, book, &mut plan).await?;
    let unknown = plan.unknown_balances(&book.snapshot);
    if !unknown.is_empty() {
        sight.load_balances(key, &unknown, book).await?;
    }
    plan.fill_balances(&book.snapshot);
    if book.opened.is_none() {
        check(sight, key, book, &plan).await?;
    }
    let expected = match &job.command {
        Command::DeleteInvoice { options, .. } => options.expected_plan,
        Command::Credit(Crediting::Delete { options, .. }) => options.expected_plan,
        _ => None,
    };
    let is_asked_for = plan.receipt.is_some() && (job.preview || expected.is_some());
    let plan_digest = is_asked_for.then(|| digest_of(&plan, book));
    if expected.is_some() && expected != plan_digest {
        return Err(Refusal::PlanMoved.into());
    }
    let before = plan.receipt.is_some().then(|| extract(&book.snapshot, &plan));
    if job.preview {
        let seal = Seal {
            seq: book.head.seq,
            hash: book.head.hash,
        };
        let extract = before.unwrap_or_else(|| extract(&book.snapshot, &plan));
        return Ok(Done {
            book: key,
            seal,
            subject: plan.subject,
            receipt: plan.receipt,
            plan_digest,
            at,
            extract,
            gone: None,
            invoices: Vec::new(),
            view: book.view(key),
            again: false,
        });
    }
    if let Some(idempotency) = &job.key {
        let record = IdempotencyRecord {
            key: idempotency.key.clone(),
            seq: book.head.seq + 1,
            request: idempotency.sealed(&idempotency.salt),
            subject: plan.subject,
            recorded_at: at,
        };
        let hidden = Content {
            document: record.texts(),
            salt: idempotency.salt.clone(),
            body: idempotency.request.hex(),
        };
        plan.changes
            .extend([Change::Put(record.into()), Change::Put(hidden.into())]);
    }
    let unsealed = Unsealed {
        actor: job.actor.clone(),
        source: job.source.to_owned(),
        request_id: job.request_id.clone(),
        kind: plan.kind,
        subject: plan.subject,
        body: codec::body(&plan, job.command.reason()),
    };
    let event = book.head.append(key, at, unsealed);
    let seal = Seal {
        seq: event.seq,
        hash: event.hash,
    };
    book.events.push(event);
    let gone = removes_subject(&plan).then(|| Extract::of(&book.snapshot, &[], &[plan.subject]));
    book.apply(&plan.changes);
    let extract = before.unwrap_or_else(|| extract(&book.snapshot, &plan));
    Ok(Done {
        book: key,
        seal,
        subject: plan.subject,
        invoices: changed_invoices(&plan),
        receipt: plan.receipt,
        plan_digest,
        at,
        extract,
        gone,
        view: book.view(key),
        again: false,
    })
}

/// Whether the document that a plan is about goes with it, and is no invoice: a deleted invoice has a receipt.
fn removes_subject(plan: &Plan) -> bool {
    let number = plan.subject.number;
    let subject = match plan.subject.kind {
        DocumentKind::Payment => RecordKey::Payment(PaymentKey(number)),
        DocumentKind::Refund => RecordKey::Refund(RefundKey(number)),
        DocumentKind::WriteOff => RecordKey::WriteOff(WriteOffKey(number)),
        DocumentKind::Resource => RecordKey::Resource(ResourceKey(number)),
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Customer
        | DocumentKind::Product
        | DocumentKind::Invoice
        | DocumentKind::Line
        | DocumentKind::CreditNote
        | DocumentKind::ManualEntry
        | DocumentKind::Request
        | DocumentKind::Token => return false,
    };
    let last = plan.changes.iter().rev().find(|change| change.key() == subject);
    matches!(last, Some(Change::Remove(_)))
}

/// The invoices that a plan puts.
fn changed_invoices(plan: &Plan) -> Vec<InvoiceKey> {
    let mut keys: Vec<InvoiceKey> = plan
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Put(Record::Invoice(invoice)) => Some(invoice.key),
            Change::Put(_) | Change::Remove(_) => None,
        })
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Decides, gathering what turns out to be missing.
async fn plan(
    sight: &mut Sight<'_, '_>,
    key: BookKey,
    book: &mut OpenBook,
    job: &Job,
    moment: &Moment,
) -> Result<Plan, Failure> {
    for _ in 0..MOST_ROUNDS {
        match job
            .command
            .decide(&book.snapshot, moment, &book.zone, book.head.seq + 1)
        {
            Ok(plan) => return Ok(plan),
            Err(stop) => resume(sight, key, book, stop).await?,
        }
    }
    Err(Failure::Unavailable)
}

/// Gathers what a decision lacks, or ends it.
async fn resume(sight: &mut Sight<'_, '_>, key: BookKey, book: &mut OpenBook, stop: Stop) -> Result<(), Failure> {
    match stop {
        Stop::Missing(Want::Number(number)) => {
            // Where invoices are numbered, the next of them will ask for the next number, in this batch or in a later one.
            let next = following(&number, book.numbers.saturating_sub(1).max(NUMBERS_AHEAD));
            let wants: Vec<Want> = next.chain([number.clone()]).map(Want::Number).collect();
            book.gather(sight, key, &wants).await
        }
        Stop::Missing(want) => book.gather(sight, key, &[want]).await,
        Stop::Refused(refusals) => Err(Failure::Refused(refusals)),
        Stop::Flawed(flaw) => Err(Failure::Flawed(flaw)),
    }
}

async fn check(sight: &mut Sight<'_, '_>, key: BookKey, book: &mut OpenBook, plan: &Plan) -> Result<(), Failure> {
    for _ in 0..MOST_ROUNDS {
        match plan.check(&book.snapshot) {
            Ok(()) => return Ok(()),
            Err(stop) => resume(sight, key, book, stop).await?,
        }
    }
    Err(Failure::Unavailable)
}

/// Completes a plan that removes texts: what would confirm a guess of them goes too.
async fn forget_requests(
    sight: &mut Sight<'_, '_>,
    key: BookKey,
    book: &mut OpenBook,
    plan: &mut Plan,
) -> Result<(), Failure> {
    for _ in 0..MOST_ROUNDS {
        match plan.forget_requests(&book.snapshot) {
            Ok(()) => return Ok(()),
            Err(stop) => resume(sight, key, book, stop).await?,
        }
    }
    Err(Failure::Unavailable)
}

/// The outcome of a command that was carried out before under the same key; a refusal when the key was used for another request.
async fn replayed(
    sight: &mut Sight<'_, '_>,
    key: BookKey,
    book: &mut OpenBook,
    job: &Job,
) -> Result<Option<Done>, Failure> {
    let Some(idempotency) = &job.key else {
        return Ok(None);
    };
    let found = match book.snapshot.idempotency(&idempotency.key) {
        Ok(found) => found.cloned(),
        Err(stop) => {
            resume(sight, key, book, stop).await?;
            book.snapshot.tables().idempotency.get(&idempotency.key).cloned()
        }
    };
    let Some(record) = found else { return Ok(None) };
    // Without a salt the document's texts are gone, and whether it is the same request cannot be told any more: then the answer is
    // the same for both, that there is no such document.
    if let Some(hidden) = book.snapshot.content(record.texts())
        && idempotency.sealed(&hidden.salt) != record.request
    {
        return Err(Refusal::KeyReused {
            subject: record.subject.number,
        }
        .into());
    }
    let named = Named::Key(record.subject.number);
    let want = match record.subject.kind {
        DocumentKind::Invoice => Some(Want::Invoice(named)),
        DocumentKind::Payment => Some(Want::Payment(named)),
        DocumentKind::Customer => Some(Want::Customer(named)),
        DocumentKind::Product => Some(Want::Product(named)),
        DocumentKind::Resource => Some(Want::Resource(named)),
        DocumentKind::ManualEntry => Some(Want::ManualEntry(named)),
        DocumentKind::CreditNote => Some(Want::CreditNote(named)),
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Refund
        | DocumentKind::WriteOff
        | DocumentKind::Line
        | DocumentKind::Token
        | DocumentKind::Request => None,
    };
    if let Some(want) = want {
        book.gather(sight, key, &[want]).await?;
    }
    refuse_gone(&book.snapshot, record.subject)?;
    let invoices: Vec<InvoiceKey> = match record.subject.kind {
        DocumentKind::Invoice => vec![InvoiceKey(record.subject.number)],
        DocumentKind::Payment | DocumentKind::CreditNote => {
            settled_by(&book.snapshot, PaymentKey(record.subject.number))
        }
        _ => vec![],
    };
    if matches!(record.subject.kind, DocumentKind::Payment | DocumentKind::CreditNote) {
        let wants: Vec<Want> = invoices.iter().map(|key| Want::Invoice(Named::Key(key.0))).collect();
        book.gather(sight, key, &wants).await?;
    }
    Ok(Some(Done {
        book: key,
        seal: Seal {
            seq: book.head.seq,
            hash: book.head.hash,
        },
        subject: record.subject,
        receipt: None,
        plan_digest: None,
        at: book.head.recorded_at(job.entered_at),
        extract: Extract::of(&book.snapshot, &invoices, &[record.subject]),
        gone: None,
        invoices: Vec::new(),
        view: book.view(key),
        again: true,
    }))
}

/// Refuses to show again what is not live any more.
fn refuse_gone(snapshot: &Snapshot, subject: DocumentRef) -> Result<(), Refusal> {
    let gone = match subject.kind {
        DocumentKind::Invoice => !snapshot.tables().invoices.contains_key(&InvoiceKey(subject.number)),
        DocumentKind::Payment => !snapshot.tables().payments.contains_key(&PaymentKey(subject.number)),
        DocumentKind::ManualEntry => !snapshot.tables().manual_entries.contains_key(&EntryKey(subject.number)),
        DocumentKind::CreditNote => !snapshot
            .tables()
            .credit_notes
            .contains_key(&CreditNoteKey(subject.number)),
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Customer
        | DocumentKind::Product
        | DocumentKind::Line
        | DocumentKind::Refund
        | DocumentKind::WriteOff
        | DocumentKind::Resource
        | DocumentKind::Token
        | DocumentKind::Request => false,
    };
    match subject.kind {
        _ if !gone => Ok(()),
        DocumentKind::Invoice => Err(absent(snapshot, &Named::Key(subject.number))),
        DocumentKind::CreditNote => Err(absent_credit_note(snapshot, &Named::Key(subject.number))),
        kind => Err(Refusal::NotFound { kind }),
    }
}

/// The invoices that a payment settles.
fn settled_by(snapshot: &Snapshot, payment: PaymentKey) -> Vec<InvoiceKey> {
    let allocations = snapshot
        .tables()
        .allocations
        .range((payment, i64::MIN)..=(payment, i64::MAX));
    allocations.map(|(_, allocation)| allocation.invoice).collect()
}

/// Copies what the answer needs: the subject, and the invoices that the plan is about.
fn extract(snapshot: &Snapshot, plan: &Plan) -> Extract {
    let tables = snapshot.tables();
    let number = plan.subject.number;
    let mut invoices: Vec<InvoiceKey> = match plan.subject.kind {
        DocumentKind::Invoice => vec![InvoiceKey(number)],
        DocumentKind::Payment | DocumentKind::CreditNote => settled_by(snapshot, PaymentKey(number)),
        DocumentKind::Refund => tables
            .refunds
            .get(&RefundKey(number))
            .and_then(|r| r.invoice)
            .into_iter()
            .collect(),
        DocumentKind::WriteOff => tables
            .write_offs
            .get(&WriteOffKey(number))
            .map(|w| w.invoice)
            .into_iter()
            .collect(),
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Customer
        | DocumentKind::Product
        | DocumentKind::Line
        | DocumentKind::Resource
        | DocumentKind::Token
        | DocumentKind::ManualEntry
        | DocumentKind::Request => vec![],
    };
    invoices.extend(changed_invoices(plan));
    invoices.sort();
    invoices.dedup();
    // A payment of a refund that was owed changes that one too.
    let refunds = plan.changes.iter().filter_map(|change| match change {
        Change::Put(Record::Refund(refund)) => Some(DocumentRef::from(refund.key)),
        Change::Put(_) | Change::Remove(_) => None,
    });
    let others = refunds.filter(|refund| *refund != plan.subject);
    let others: Vec<DocumentRef> = std::iter::once(plan.subject).chain(others).collect();
    Extract::of(snapshot, &invoices, &others)
}

/// Digest of what a delete was planned from: what would happen, the revision it was looked at in, and how far the book is closed. Kept
/// balances and the seq of the event are left out: they move with every other command.
fn digest_of(plan: &Plan, book: &OpenBook) -> Digest {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    if let Some(receipt) = &plan.receipt {
        add(&receipt.id.hex());
        add(&receipt.rules);
        for entry in &receipt.withdrawn {
            add(&format!("{:?}", entry.entry()));
        }
        add(&format!(
            "{:?} {:?} {:?}",
            receipt.payments, receipt.register, receipt.fate
        ));
        if !receipt.credits.is_empty() || !receipt.invoices.is_empty() {
            add(&format!("{:?} {:?}", receipt.credits, receipt.invoices));
        }
    }
    let tables = book.snapshot.tables();
    match plan.subject.kind {
        DocumentKind::CreditNote => {
            let credit = tables.payments.get(&PaymentKey(plan.subject.number));
            add(&format!("{:?}", credit.map(|credit| credit.updated_at)));
        }
        _ => {
            let invoice = tables.invoices.get(&InvoiceKey(plan.subject.number));
            add(&format!("{:?}", invoice.map(|invoice| invoice.revision)));
        }
    }
    add(&format!(
        "{:?}",
        book.snapshot.settings().map(|settings| settings.closed_through)
    ));
    Digest(hasher.finalize().into())
}
