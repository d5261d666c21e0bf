//! The facade: every command, and how the answer to it is put together.
//!
//! Access is checked first, then everything that chance gives is drawn, then the writer carries the command out. Questions are in
//! `queries.rs`.

mod credits;
mod parties;
mod periods;
mod settlements;

pub use periods::{PeriodView, Reopening};

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::annotating::Annotated;
use quittance_accounting::book::{BookSettings, Role};
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{BookKey, DocumentId, InvoiceKey, PaymentKey, RefundKey, WriteOffKey};
use quittance_accounting::issuing::{Hold, NewContent};
use quittance_accounting::keeping::{NewCustomer, NewProduct};
use quittance_accounting::money::Currency;
use quittance_accounting::rounding::Rounding;
use quittance_accounting::rules::Rules;
use quittance_accounting::snapshot::{Named, Snapshot};
use quittance_store::Store;
use sha2::Digest as _;

use crate::access::{Actor, Verb};
use crate::command::Command;
use crate::content::{MOST_CONTENT_BYTES, seal};
use crate::counts::Counts;
use crate::extract;
use crate::failure::Failure;
use crate::input::{
    Context, CustomerInput, DeleteOptions, IdempotencyKey, InvoiceEdit, InvoiceInput, Note, PaymentInput, ProductInput,
    RefundInput, WriteOffInput,
};
use crate::places::Places;
use crate::source::{Chance, Clock, draw_hex, draw_id};
use crate::tries::Lines;
use crate::view::{
    CustomerView, Deleted, DeletionPlan, InvoiceView, PaymentView, ProductView, RefundView, WriteOffView,
};
use crate::write::working_set::ShownBooks;
use crate::write::{Done, Job, Key, Writer};

/// The books of one store.
pub struct Books {
    pub(crate) store: Arc<Store>,
    pub(crate) shown: Arc<ShownBooks>,
    pub(crate) places: Places,
    pub(crate) counts: Counts,
    pub(crate) lines: Lines,
    writer: Writer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
}

impl std::fmt::Debug for Books {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Books")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// A new book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookInput {
    /// Its name.
    pub name: String,
    /// Its currency.
    pub currency: Currency,
    /// Its IANA time zone.
    pub zone: String,
    /// For how many days the texts of a deleted issued invoice stay on the disk.
    pub retention_days: i64,
}

/// A new token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInput {
    /// Its name.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// What it may reach; empty reaches everything.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Why a book cannot be opened under a zone name: it is no IANA zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownZone(pub String);

impl Books {
    /// Opens the books in an SQLite file.
    pub fn open_sqlite(path: &Path, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Result<Books, Failure> {
        Books::over(Store::open_sqlite(path)?, clock, chance)
    }

    /// Opens the books in an SQLite file that is there, to ask and never to write.
    pub fn open_sqlite_for_reading(
        path: &Path,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Books, Failure> {
        Books::over(Store::open_sqlite_for_reading(path)?, clock, chance)
    }

    /// Opens the books in a PostgreSQL database, by its `postgres://` address.
    pub async fn open_postgres(
        address: &str,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Books, Failure> {
        Books::over(Store::open_postgres(address).await?, clock, chance)
    }

    /// Opens the books in a PostgreSQL database whose tables are at this program's version: none are made.
    pub async fn open_postgres_as_it_is(
        address: &str,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Books, Failure> {
        Books::over(Store::open_postgres_as_it_is(address).await?, clock, chance)
    }

    /// Whether an address is one of PostgreSQL.
    pub fn is_postgres(address: &str) -> bool {
        Store::is_postgres(address)
    }

    /// Brings the tables of a PostgreSQL database to this program's version as the role that owns them, and gives the role of
    /// servers, if one is named, what it needs.
    pub async fn migrate_postgres(address: &str, servers: Option<&str>) -> Result<(), Failure> {
        Ok(Store::migrate_postgres(address, servers).await?)
    }

    /// Books in memory, for tests and the simulator.
    pub fn in_memory(clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Result<Books, Failure> {
        Books::over(Store::in_memory(), clock, chance)
    }

    /// The books in a store.
    pub fn over(store: Store, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Result<Books, Failure> {
        let store = Arc::new(store);
        let shown = Arc::new(ShownBooks::default());
        let writer = Writer::start(Arc::clone(&store), Arc::clone(&shown)).map_err(|_| Failure::Unavailable)?;
        Ok(Books {
            store,
            shown,
            places: Places::default(),
            counts: Counts::default(),
            lines: Lines::default(),
            writer,
            clock,
            chance,
        })
    }

    /// The store, for benchmarks and for checks that read its files.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The instant it is, by the books' clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A request id, when a client brought none: 32 hex digits.
    pub fn new_request_id(&self) -> String {
        draw_hex(16, self.chance.as_ref())
    }

    /// Ends the writer after it has carried out what is waiting.
    pub fn finish(self) {
        self.writer.finish();
    }

    pub(crate) fn draw_hex(&self, bytes: usize) -> String {
        draw_hex(bytes, self.chance.as_ref())
    }

    pub(crate) fn draw_id(&self) -> DocumentId {
        draw_id(self.clock.now(), self.chance.as_ref())
    }

    pub(crate) async fn send(
        &self,
        context: &Context,
        verb: Verb,
        command: Command,
        key: Option<IdempotencyKey>,
        preview: bool,
    ) -> Result<Done, Failure> {
        let job = self.job(context, verb, command, key, preview)?;
        self.writer.send(job).await
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(crate) fn job(
        &self,
        context: &Context,
        verb: Verb,
        command: Command,
        key: Option<IdempotencyKey>,
        preview: bool,
    ) -> Result<Job, Failure> {
        if !context.actor.may(verb) {
            return Err(Failure::Forbidden(verb));
        }
        Ok(Job {
            book: Some(context.actor.book),
            command,
            entered_at: self.clock.now(),
            actor: context.actor.name.clone(),
            source: context.source,
            request_id: context.request_id.clone(),
            key: key.map(|key| Key {
                key: format!("{}:{}", context.source, key.key),
                request: Digest(sha2::Sha256::digest(&key.request).into()),
                salt: draw_hex(16, self.chance.as_ref()),
            }),
            preview,
            rehearsed: false,
        })
    }

    pub(crate) async fn act(&self, context: &Context, verb: Verb, command: Command) -> Result<Done, Failure> {
        self.send(context, verb, command, None, false).await
    }

    pub(crate) fn seal<T: serde::Serialize>(&self, texts: &T) -> Result<NewContent, Failure> {
        let sealed = seal(texts, draw_hex(16, self.chance.as_ref()));
        let bytes = sealed.body.len();
        if bytes > MOST_CONTENT_BYTES {
            Err(Failure::ContentTooLong { bytes })
        } else {
            Ok(sealed)
        }
    }

    pub(crate) fn subject_view(&self, done: &Done) -> Result<InvoiceView, Failure> {
        self.invoice_view(done, &done.extract.snapshot(), InvoiceKey(done.subject.number))
    }

    pub(crate) fn invoice_view(
        &self,
        done: &Done,
        snapshot: &Snapshot,
        key: InvoiceKey,
    ) -> Result<InvoiceView, Failure> {
        let book = done.view.clone().ok_or(Failure::Unavailable)?;
        extract::invoice(snapshot, key, book, done.at).ok_or_else(|| {
            let kind = quittance_accounting::identity::DocumentKind::Invoice;
            quittance_accounting::refusal::Refusal::NotFound { kind }.into()
        })
    }

    async fn act_on_invoice(&self, context: &Context, verb: Verb, command: Command) -> Result<InvoiceView, Failure> {
        let done = self.act(context, verb, command).await?;
        self.subject_view(&done)
    }

    /// Opens a book with the first chart of accounts.
    pub async fn open_book(&self, input: BookInput) -> Result<(BookKey, BookSettings), Failure> {
        let now = self.clock.now();
        let settings = BookSettings {
            id: draw_id(now, self.chance.as_ref()),
            name: input.name,
            currency: input.currency,
            zone: input.zone,
            closed_through: None,
            retention_days: input.retention_days.max(0),
            rounding: Rounding::USUAL,
            created_at: now,
        };
        let job = Job {
            book: None,
            command: Command::OpenBook(settings.clone()),
            entered_at: now,
            actor: "command line".to_owned(),
            source: "cli",
            request_id: self.new_request_id(),
            key: None,
            preview: false,
            rehearsed: false,
        };
        let done = self.writer.send(job).await?;
        Ok((done.book, settings))
    }

    /// Checks the name of a time zone.
    pub fn check_zone(name: &str) -> Result<(), UnknownZone> {
        jiff::tz::TimeZone::get(name)
            .map(|_| ())
            .map_err(|_| UnknownZone(name.to_owned()))
    }

    /// Adds a customer.
    pub async fn add_customer(&self, context: &Context, input: CustomerInput) -> Result<CustomerView, Failure> {
        let content = self.seal(&input.content)?;
        let id = draw_id(self.clock.now(), self.chance.as_ref());
        let command = Command::AddCustomer(NewCustomer {
            id,
            external_id: input.external_id,
            content,
        });
        let done = self.act(context, Verb::WriteDraft, command).await?;
        extract::customer(&done.extract.snapshot(), &Named::Key(done.subject.number)).ok_or(Failure::Unavailable)
    }

    /// Adds a product.
    pub async fn add_product(&self, context: &Context, input: ProductInput) -> Result<ProductView, Failure> {
        let content = self.seal(&input.content)?;
        let id = draw_id(self.clock.now(), self.chance.as_ref());
        let command = Command::AddProduct(NewProduct {
            id,
            account: input.account,
            content,
        });
        let done = self.act(context, Verb::WriteDraft, command).await?;
        extract::product(&done.extract.snapshot(), &Named::Key(done.subject.number)).ok_or(Failure::Unavailable)
    }

    /// Creates an invoice. With a key, a repeat of the same request answers the same invoice as it is now.
    pub async fn create_invoice(
        &self,
        context: &Context,
        rules: &'static Rules,
        input: InvoiceInput,
        key: Option<IdempotencyKey>,
    ) -> Result<InvoiceView, Failure> {
        let content = self.seal(&input.content)?;
        let id = draw_id(self.clock.now(), self.chance.as_ref());
        let verb = if input.issue { Verb::Post } else { Verb::WriteDraft };
        let command = Command::CreateInvoice {
            id,
            input: Box::new(input),
            content,
            rules,
        };
        let done = self.send(context, verb, command, key, false).await?;
        self.subject_view(&done)
    }

    /// Issues a draft.
    pub async fn issue_invoice(
        &self,
        context: &Context,
        rules: &'static Rules,
        named: Named,
    ) -> Result<InvoiceView, Failure> {
        self.act_on_invoice(context, Verb::Post, Command::IssueInvoice { named, rules })
            .await
    }

    /// Records that an invoice was sent; a draft is issued first.
    pub async fn send_invoice(
        &self,
        context: &Context,
        rules: &'static Rules,
        named: Named,
    ) -> Result<InvoiceView, Failure> {
        self.act_on_invoice(context, Verb::Post, Command::SendInvoice { named, rules })
            .await
    }

    /// Voids an invoice as of a date, or today.
    pub async fn void_invoice(
        &self,
        context: &Context,
        rules: &'static Rules,
        named: Named,
        date: Option<Date>,
    ) -> Result<InvoiceView, Failure> {
        self.act_on_invoice(context, Verb::Post, Command::VoidInvoice { named, date, rules })
            .await
    }

    /// Records that an invoice was sent, and a note on it.
    pub async fn send_invoice_noting(
        &self,
        context: &Context,
        rules: &'static Rules,
        named: Named,
        note: Note,
    ) -> Result<InvoiceView, Failure> {
        let command = self.noting(Command::SendInvoice { named, rules }, note);
        self.act_on_invoice(context, Verb::Post, command).await
    }

    /// Voids an invoice as of today, and writes a note on it.
    pub async fn void_invoice_noting(
        &self,
        context: &Context,
        rules: &'static Rules,
        named: Named,
        note: Note,
    ) -> Result<InvoiceView, Failure> {
        let date = None;
        let command = self.noting(Command::VoidInvoice { named, date, rules }, note);
        self.act_on_invoice(context, Verb::Post, command).await
    }

    /// Writes a note on an invoice and changes nothing else about it.
    pub async fn annotate_invoice(&self, context: &Context, named: Named, note: Note) -> Result<InvoiceView, Failure> {
        let (of, salt) = (Annotated::Invoice(named), self.draw_hex(16));
        self.act_on_invoice(context, Verb::Post, Command::Annotate { of, note, salt })
            .await
    }

    fn noting(&self, command: Command, note: Note) -> Command {
        Command::Noting {
            command: Box::new(command),
            note,
            salt: draw_hex(16, self.chance.as_ref()),
        }
    }

    /// Edits an invoice: all that it says is replaced. An issued one is posted anew, where the dialect's rules let it be edited; whoever
    /// may only write drafts edits drafts only.
    pub async fn edit_invoice(
        &self,
        context: &Context,
        rules: &'static Rules,
        named: Named,
        edit: InvoiceEdit,
    ) -> Result<InvoiceView, Failure> {
        let content = self.seal(&edit.content)?;
        let command = Command::EditInvoice {
            named,
            edit: Box::new(edit),
            content,
            drafts_only: !context.actor.may(Verb::Post),
            rules,
        };
        self.act_on_invoice(context, Verb::WriteDraft, command).await
    }

    /// Takes a void back: the mirror entry is withdrawn. What the void set free stays unapplied.
    pub async fn reopen_invoice(&self, context: &Context, named: Named) -> Result<InvoiceView, Failure> {
        self.act_on_invoice(context, Verb::Post, Command::ReopenInvoice { named })
            .await
    }

    /// Puts an invoice on hold through a day, releases it, or marks it as handed over; why stands among its texts.
    pub async fn hold_invoice(
        &self,
        context: &Context,
        named: Named,
        hold: Hold,
        handed_over: bool,
        reason: Option<String>,
    ) -> Result<InvoiceView, Failure> {
        let command = Command::HoldInvoice {
            named,
            hold,
            handed_over,
            reason,
            salt: self.draw_hex(16),
        };
        self.act_on_invoice(context, Verb::Post, command).await
    }

    /// Sets how documents of a book are rounded from now on.
    pub async fn change_rounding(&self, context: &Context, rounding: Rounding) -> Result<(), Failure> {
        let command = Command::ChangeRounding(rounding);
        self.act(context, Verb::Post, command).await.map(|_| ())
    }

    /// Deletes an invoice under a dialect's rules.
    pub async fn delete_invoice(
        &self,
        context: &Context,
        rules: &'static Rules,
        named: Named,
        options: DeleteOptions,
    ) -> Result<Deleted, Failure> {
        let done = self
            .act(context, Verb::Post, Command::DeleteInvoice { named, options, rules })
            .await?;
        let (Some(receipt), Some(book)) = (done.receipt, done.view) else {
            return Err(Failure::Unavailable);
        };
        Ok(Deleted {
            receipt,
            seal: done.seal,
            was: done.extract,
            key: InvoiceKey(done.subject.number),
            book,
            at: done.at,
        })
    }

    /// Plans the deletion of an invoice: the same road as the deed, left before commit.
    pub async fn plan_deletion(
        &self,
        context: &Context,
        rules: &'static Rules,
        named: Named,
    ) -> Result<DeletionPlan, Failure> {
        let command = Command::DeleteInvoice {
            named,
            options: DeleteOptions::default(),
            rules,
        };
        let done = self.send(context, Verb::Post, command, None, true).await?;
        let invoice = self.subject_view(&done)?;
        let (Some(receipt), Some(digest)) = (done.receipt, done.plan_digest) else {
            return Err(Failure::Unavailable);
        };
        Ok(DeletionPlan {
            invoice,
            receipt,
            digest,
        })
    }

    /// Restores a deleted invoice whose texts were kept.
    pub async fn restore_invoice(&self, context: &Context, named: Named) -> Result<InvoiceView, Failure> {
        self.act_on_invoice(context, Verb::Post, Command::RestoreInvoice { named })
            .await
    }

    /// Records a payment: the payment, and the invoices it settled as they are now.
    pub async fn record_payment(
        &self,
        context: &Context,
        rules: &'static Rules,
        input: PaymentInput,
        key: Option<IdempotencyKey>,
    ) -> Result<(PaymentView, Vec<InvoiceView>), Failure> {
        let content = self.seal(&input.content)?;
        let id = draw_id(self.clock.now(), self.chance.as_ref());
        let command = Command::RecordPayment {
            id,
            input: Box::new(input),
            content,
            rules,
        };
        let done = self.send(context, Verb::Post, command, key, false).await?;
        let snapshot = done.extract.snapshot();
        let payment = extract::payment(&snapshot, PaymentKey(done.subject.number));
        let payment = payment.ok_or(Failure::Unavailable)?;
        let settled = payment
            .allocations
            .iter()
            .map(|allocation| self.invoice_view(&done, &snapshot, allocation.invoice));
        let invoices = settled.collect::<Result<Vec<_>, _>>()?;
        Ok((payment, invoices))
    }

    /// Gives money back: the refund, and its invoice as it is now, if it has one.
    pub async fn record_refund(
        &self,
        context: &Context,
        input: RefundInput,
    ) -> Result<(RefundView, Option<InvoiceView>), Failure> {
        let content = self.seal(&input.content)?;
        let id = draw_id(self.clock.now(), self.chance.as_ref());
        let input = Box::new(input);
        let command = Command::RecordRefund { id, input, content };
        let done = self.act(context, Verb::Post, command).await?;
        let snapshot = done.extract.snapshot();
        let refund = snapshot.tables().refunds.get(&RefundKey(done.subject.number));
        let refund = extract::refund(&snapshot, refund.ok_or(Failure::Unavailable)?);
        let view = match refund.refund.invoice {
            Some(invoice) => Some(self.invoice_view(&done, &snapshot, invoice)?),
            None => None,
        };
        Ok((refund, view))
    }

    /// Gives a receivable up: the write-off, and its invoice as it is now.
    pub async fn write_off(
        &self,
        context: &Context,
        input: WriteOffInput,
    ) -> Result<(WriteOffView, InvoiceView), Failure> {
        let content = self.seal(&input.content)?;
        let id = draw_id(self.clock.now(), self.chance.as_ref());
        let input = Box::new(input);
        let command = Command::WriteOff { id, input, content };
        let done = self.act(context, Verb::Post, command).await?;
        let snapshot = done.extract.snapshot();
        let write_off = snapshot.tables().write_offs.get(&WriteOffKey(done.subject.number));
        let write_off = extract::write_off(&snapshot, write_off.ok_or(Failure::Unavailable)?);
        let view = self.invoice_view(&done, &snapshot, write_off.write_off.invoice)?;
        Ok((write_off, view))
    }

    /// Lets go of texts that are due: removes those whose retention is over, makes sure that what was removed is nowhere in the
    /// store's files, and states so in the log. Returns how many documents were confirmed. Safe to call at any time, and meant to
    /// be called at start, at the end and on a timer: that interval is the bound within which erased texts leave the disk.
    pub async fn erase_due(&self) -> Result<usize, Failure> {
        let mut confirmed = 0;
        for entry in self.directory().await? {
            let context = Context {
                actor: Actor::command_line(entry.book),
                source: "cli",
                request_id: self.new_request_id(),
            };
            confirmed += self.erase_due_in(&context).await?;
        }
        if confirmed == 0 {
            // Texts also leave with payments and by being replaced, of which no tombstone tells.
            self.writer.scrub().await?;
        }
        Ok(confirmed)
    }

    async fn erase_due_in(&self, context: &Context) -> Result<usize, Failure> {
        let due = self.texts_to_go(context.actor.book).await?;
        if due.is_empty() {
            return Ok(0);
        }
        match self.act(context, Verb::Post, Command::ReleaseTexts(due.clone())).await {
            Ok(_) | Err(Failure::Refused(_)) => {}
            Err(failure) => return Err(failure),
        }
        if !self.writer.scrub().await? {
            return Ok(0);
        }
        match self.act(context, Verb::Post, Command::ConfirmErased(due.clone())).await {
            Ok(_) => Ok(due.len()),
            Err(Failure::Refused(_)) => Ok(0),
            Err(failure) => Err(failure),
        }
    }
}
