//! Several commands in one commit, all or none; and a change of texts alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::annotating::Annotated;
use quittance_accounting::identity::{
    CreditNoteKey, DocumentId, DocumentKind, EntryKey, InvoiceKey, PaymentKey, RefundKey,
};
use quittance_accounting::invoice::Invoice;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::keeping::NewCustomer;
use quittance_accounting::ledger::{AccountChange, NewAccount};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;

use crate::access::Verb;
use crate::books::Books;
use crate::command::{Command, Crediting, Settlement};
use crate::extract;
use crate::failure::Failure;
use crate::input::{
    Context, CustomerInput, EntryInput, IdempotencyKey, InvoiceEdit, InvoiceInput, ListNote, Note, PaymentInput,
    RefundInput, ReversalInput, WriteOffInput,
};
use crate::ledger::{account_of, entry_of};
use crate::resources::{ResourceInput, ResourceView, view_of};
use crate::view::{BookView, CreditNoteView, EntryView, InvoiceView, PaymentView, RefundView};
use crate::write::Done;

/// One of several commands that stand or fall together. A later step may name what an earlier one makes.
#[derive(Clone, Debug)]
pub enum Step {
    /// Adds a customer.
    AddCustomer(CustomerInput),
    /// Adds a ledger account.
    AddAccount(NewAccount),
    /// Renames, renumbers, retires or brings back a ledger account.
    ChangeAccount(AccountChoice, AccountChange),
    /// Creates an invoice with this id.
    CreateInvoice(DocumentId, Box<InvoiceInput>),
    /// Edits an invoice.
    EditInvoice(Named, Box<InvoiceEdit>),
    /// Issues a draft.
    IssueInvoice(Named),
    /// Records that an invoice was sent; a draft is issued first.
    SendInvoice(Named),
    /// Records a payment.
    RecordPayment(Box<PaymentInput>),
    /// Allocates unapplied money of a payment to invoices, as of a day or today.
    AllocatePayment(Named, Vec<(Named, Part)>, Option<Date>),
    /// Frees what a payment settles of an invoice, as of a day or today.
    UnallocatePayment(Named, Named, Option<Date>),
    /// Withdraws what a payment settles of an invoice; hand-recorded money that came with it goes along.
    WithdrawParts(Named, Named),
    /// Undoes what a payment settles of an invoice with visible entries, as of a day or today.
    UndoParts(Named, Named, Option<Date>),
    /// Applies credit of a credit note to invoices, as of a day or today.
    ApplyCredit(Named, Vec<(Named, Part)>, Option<Date>),
    /// Frees what a credit note settles of an invoice, as of a day or today.
    UnapplyCredit(Named, Named, Option<Date>),
    /// Withdraws what a credit note settled of an invoice.
    WithdrawCredit(Named, Named),
    /// Voids a credit note as of a day or today.
    VoidCreditNote(Named, Option<Date>),
    /// Voids an invoice as of a date.
    VoidInvoice(Named, Option<Date>),
    /// Takes a void back.
    ReopenInvoice(Named),
    /// Deletes a payment.
    DeletePayment(Named),
    /// Gives money back, with this id.
    RecordRefund(DocumentId, Box<RefundInput>),
    /// Deletes a refund.
    DeleteRefund(Named),
    /// Gives a receivable up.
    WriteOff(Box<WriteOffInput>),
    /// Takes a write-off back.
    DeleteWriteOff(Named),
    /// Records an entry by hand, with this id.
    RecordEntry(DocumentId, Box<EntryInput>),
    /// Reverses an entry that was recorded by hand.
    ReverseEntry(Named, Box<ReversalInput>),
    /// Makes a resource, or replaces what it says.
    PutResource(Box<ResourceInput>),
    /// Puts items into a list of a dialect's own among the texts of a document.
    AddItems(Annotated, Arc<ListNote>),
    /// Closes the book through a day that is over.
    ClosePeriod(Date),
    /// Reopens the book back to an earlier day, or all of it, for a reason.
    ReopenPeriod(Option<Date>, String),
    /// A step under other rules than the rest.
    Under(&'static Rules, Box<Step>),
}

impl Step {
    /// What it does, as far as a role is concerned. Whether an edit is of a draft, the edit decides.
    fn verb(&self) -> Verb {
        match self {
            Step::AddCustomer(_) | Step::EditInvoice(..) | Step::PutResource(_) => Verb::WriteDraft,
            Step::CreateInvoice(_, input) if !input.issue => Verb::WriteDraft,
            Step::CreateInvoice(..)
            | Step::AddAccount(_)
            | Step::ChangeAccount(..)
            | Step::IssueInvoice(_)
            | Step::SendInvoice(_)
            | Step::RecordPayment(_)
            | Step::AllocatePayment(..)
            | Step::UnallocatePayment(..)
            | Step::WithdrawParts(..)
            | Step::UndoParts(..)
            | Step::ApplyCredit(..)
            | Step::UnapplyCredit(..)
            | Step::WithdrawCredit(..)
            | Step::VoidCreditNote(..)
            | Step::VoidInvoice(..)
            | Step::ReopenInvoice(_)
            | Step::DeletePayment(_)
            | Step::RecordRefund(..)
            | Step::DeleteRefund(_)
            | Step::WriteOff(_)
            | Step::DeleteWriteOff(_)
            | Step::RecordEntry(..)
            | Step::ReverseEntry(..)
            | Step::AddItems(..)
            | Step::ClosePeriod(_)
            | Step::ReopenPeriod(..) => Verb::Post,
            Step::Under(_, step) => step.verb(),
        }
    }

    /// Whether it moves the end of the closed span, so that a seal may be due afterwards.
    fn moves_periods(&self) -> bool {
        if let Step::Under(_, step) = self {
            return step.moves_periods();
        }
        matches!(self, Step::ClosePeriod(_) | Step::ReopenPeriod(..))
    }
}

/// What steps did, in one commit. Everything here is put together from what the commit returned: once it is there, no question to the
/// books can fail and make what was done look undone.
#[derive(Debug)]
pub struct Together(Vec<Done>);

impl Together {
    /// The step that last touched what is asked for.
    fn last<T>(&self, find: impl Fn(&Done) -> Option<T>) -> Option<T> {
        self.0.iter().rev().find_map(find)
    }

    /// An invoice as the last step that changed it left it; or why it cannot be shown, and the place of the step.
    pub fn invoice(&self, invoice: InvoiceKey) -> Result<InvoiceView, (usize, Failure)> {
        let last = self.0.iter().rposition(|done| done.invoices.contains(&invoice));
        let at = last.unwrap_or_default();
        let done = last.and_then(|at| self.0.get(at)).ok_or((at, Failure::Unavailable))?;
        invoice_of(done, invoice).map_err(|failure| (at, failure))
    }

    /// The invoices that steps were about, in order of the first of them, each as the last left it.
    pub fn invoices(&self) -> Result<Vec<InvoiceView>, Failure> {
        let mut views: Vec<InvoiceView> = Vec::new();
        for done in self.0.iter().filter(|done| done.subject.kind == DocumentKind::Invoice) {
            let key = InvoiceKey(done.subject.number);
            let view = invoice_of(done, key)?;
            match views.iter_mut().find(|known| known.invoice.key == key) {
                Some(known) => *known = view,
                None => views.push(view),
            }
        }
        Ok(views)
    }

    /// An invoice of this name as the last step that had it at hand left it.
    pub fn invoice_named(&self, named: &Named) -> Option<InvoiceView> {
        self.last(|done| {
            let snapshot = done.extract.snapshot();
            let mut known = snapshot.tables().invoices.values();
            let key = known.find(|invoice| is_named(named, invoice))?.key;
            extract::invoice(&snapshot, key, done.view.clone()?, done.at)
        })
    }

    /// A refund that steps recorded or changed, as the last of them left it.
    pub fn refund(&self, id: DocumentId) -> Option<RefundView> {
        self.last(|done| {
            let snapshot = done.extract.snapshot();
            let refund = snapshot.tables().refunds.values().find(|refund| refund.id == id)?;
            Some(extract::refund(&snapshot, refund))
        })
    }

    /// The refunds that the steps recorded, in order.
    pub fn refunds(&self) -> Vec<RefundView> {
        let recorded = |done: &Done| {
            let snapshot = done.extract.snapshot();
            let key = RefundKey(done.subject.number);
            let of_refund = done.subject.kind == DocumentKind::Refund;
            snapshot
                .tables()
                .refunds
                .get(&key)
                .filter(|_| of_refund)
                .map(|refund| refund.id)
        };
        let ids = self.0.iter().filter_map(recorded);
        ids.filter_map(|id| self.refund(id)).collect()
    }

    /// The book, with the chart that the steps left.
    pub fn book(&self) -> Option<Arc<BookView>> {
        self.last(|done| done.view.clone())
    }

    /// The payment that the step at this place was about, as that left it.
    pub fn payment_at(&self, at: usize) -> Option<PaymentView> {
        let done = self.0.get(at)?;
        let of_payment = done.subject.kind == DocumentKind::Payment;
        of_payment.then(|| extract::payment(&done.subject_snapshot(), PaymentKey(done.subject.number)))?
    }

    /// A payment as the last step that touched it left it.
    pub fn payment(&self, payment: PaymentKey) -> Option<PaymentView> {
        self.last(|done| extract::payment(&done.extract.snapshot(), payment))
    }

    /// A credit note as the last step that touched it left it.
    pub fn credit_note(&self, note: CreditNoteKey) -> Option<CreditNoteView> {
        self.last(|done| extract::credit_note(&done.extract.snapshot(), note))
    }

    /// The ledger account that the last step about one left.
    pub fn account(&self) -> Option<LedgerAccount> {
        let of_account = |done: &&Done| done.subject.kind == DocumentKind::Account;
        self.0.iter().rfind(of_account).and_then(|done| account_of(done).ok())
    }

    /// The resource of this kind and word, as the last step that put it left it.
    pub fn resource(&self, kind: &str, word: &str) -> Option<ResourceView> {
        let name = format!("{kind}:{word}");
        self.last(|done| view_of(done).filter(|view| view.resource.name == name))
    }

    /// The entry by hand that the step at this place recorded, as that left it.
    pub fn entry_at(&self, at: usize) -> Option<EntryView> {
        self.0.get(at).and_then(|done| entry_of(done).ok())
    }

    /// The days of the entries that the steps posted for parts of payments and credit notes, and of others that were at hand.
    pub fn days(&self) -> BTreeMap<EntryKey, Date> {
        let of_step = |done: &Done| {
            let snapshot = done.extract.snapshot();
            let days = snapshot.tables().entries.iter().map(|(key, entry)| (*key, entry.date));
            days.collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_step).collect()
    }
}

/// How steps are carried out, other than simply.
enum Manner {
    /// And taken back before the commit.
    Rehearsed,
    /// Unless they were carried out under this key before.
    Once(IdempotencyKey),
}

fn is_named(named: &Named, invoice: &Invoice) -> bool {
    match named {
        Named::Id(id) => invoice.id == *id,
        Named::Key(key) => invoice.key.0 == *key,
        Named::External(text) => invoice.external_id.as_ref() == Some(text),
    }
}

/// An invoice as a command left it.
fn invoice_of(done: &Done, key: InvoiceKey) -> Result<InvoiceView, Failure> {
    let book = done.view.clone().ok_or(Failure::Unavailable)?;
    let kind = DocumentKind::Invoice;
    let view = extract::invoice(&done.extract.snapshot(), key, book, done.at);
    view.ok_or_else(|| Refusal::NotFound { kind }.into())
}

impl Books {
    /// An id for a document that is made later, so that it can be named before.
    pub fn new_document_id(&self) -> DocumentId {
        self.draw_id()
    }

    /// Carries steps out in one commit, all or none: what they did; or the place of the step that was refused, and why.
    pub async fn all_or_none(
        &self,
        context: &Context,
        rules: &'static Rules,
        steps: Vec<Step>,
    ) -> Result<Together, (usize, Failure)> {
        self.carry_out(context, rules, steps, None).await.map(Together)
    }

    /// As [`Books::all_or_none`], once under a client's key: a repeat does nothing and is answered with the document of the first step as
    /// it is now.
    pub async fn all_or_none_once(
        &self,
        context: &Context,
        rules: &'static Rules,
        steps: Vec<Step>,
        key: Option<IdempotencyKey>,
    ) -> Result<Together, (usize, Failure)> {
        let manner = key.map(Manner::Once);
        self.carry_out(context, rules, steps, manner).await.map(Together)
    }

    /// As [`Books::all_or_none`]: the invoices that the steps were about, each as the last of them left it.
    pub async fn together(
        &self,
        context: &Context,
        rules: &'static Rules,
        steps: Vec<Step>,
    ) -> Result<Vec<InvoiceView>, (usize, Failure)> {
        let done = self.all_or_none(context, rules, steps).await?;
        done.invoices().map_err(|failure| (0, failure))
    }

    /// As [`Books::all_or_none`], of steps that all change one invoice: the invoice as the last of them left it.
    pub async fn together_on(
        &self,
        context: &Context,
        rules: &'static Rules,
        invoice: InvoiceKey,
        steps: Vec<Step>,
    ) -> Result<InvoiceView, (usize, Failure)> {
        self.all_or_none(context, rules, steps).await?.invoice(invoice)
    }

    /// What [`Books::together_on`] would leave: the same road, left before the commit.
    pub async fn rehearse_on(
        &self,
        context: &Context,
        rules: &'static Rules,
        invoice: InvoiceKey,
        steps: Vec<Step>,
    ) -> Result<InvoiceView, (usize, Failure)> {
        let done = self.carry_out(context, rules, steps, Some(Manner::Rehearsed)).await?;
        Together(done).invoice(invoice)
    }

    async fn carry_out(
        &self,
        context: &Context,
        rules: &'static Rules,
        steps: Vec<Step>,
        manner: Option<Manner>,
    ) -> Result<Vec<Done>, (usize, Failure)> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let (rehearsed, mut key) = match manner {
            None => (false, None),
            Some(Manner::Rehearsed) => (true, None),
            Some(Manner::Once(key)) => (false, Some(key)),
        };
        let moves_periods = steps.iter().any(Step::moves_periods) && !rehearsed;
        let mut jobs = Vec::with_capacity(steps.len());
        for (at, step) in steps.into_iter().enumerate() {
            // A rehearsal leaves nothing behind, so whoever may look may rehearse.
            let verb = if rehearsed { Verb::Read } else { step.verb() };
            let command = self.command_of(context, step, rules);
            let command = command.map_err(|failure| (at, failure))?;
            let job = self.job(context, verb, command, key.take(), false);
            let mut job = job.map_err(|failure| (at, failure))?;
            job.rehearsed = rehearsed;
            jobs.push(job);
        }
        let done = self.writer().send_together(jobs).await?;
        if moves_periods {
            // What is done is done, whatever comes of the seal: what cannot be made now is made when it is due next.
            let _sealed = self.seal_due_in(context).await;
        }
        Ok(done)
    }

    fn command_of(&self, context: &Context, step: Step, rules: &'static Rules) -> Result<Command, Failure> {
        Ok(match step {
            Step::AddCustomer(input) => Command::AddCustomer(NewCustomer {
                id: self.draw_id(),
                content: self.seal(&input.content)?,
                external_id: input.external_id,
            }),
            Step::AddAccount(new) => Command::AddAccount(new),
            Step::ChangeAccount(account, change) => Command::ChangeAccount { account, change },
            Step::CreateInvoice(id, input) => Command::CreateInvoice {
                id,
                content: self.seal(&input.content)?,
                input,
                rules,
            },
            Step::EditInvoice(named, edit) => Command::EditInvoice {
                named,
                content: self.seal(&edit.content)?,
                edit,
                drafts_only: !context.actor.may(Verb::Post),
                rules,
            },
            Step::IssueInvoice(named) => Command::IssueInvoice { named, rules },
            Step::SendInvoice(named) => Command::SendInvoice { named, rules },
            Step::VoidInvoice(named, date) => Command::VoidInvoice { named, date, rules },
            Step::ReopenInvoice(named) => Command::ReopenInvoice { named },
            Step::WriteOff(input) => Command::WriteOff {
                id: self.draw_id(),
                content: self.seal(&input.content)?,
                input,
            },
            Step::RecordEntry(id, input) => Command::RecordEntry {
                id,
                content: self.seal(&input.content)?,
                input,
            },
            Step::ReverseEntry(named, input) => Command::ReverseEntry {
                named,
                id: self.draw_id(),
                content: self.seal(&input.content)?,
                input,
            },
            Step::PutResource(input) => self.put_command(*input)?,
            Step::AddItems(of, note) => Command::AddItems {
                of,
                note,
                salt: self.draw_hex(16),
            },
            Step::ClosePeriod(through) => Command::ClosePeriod(through),
            Step::ReopenPeriod(through, reason) => Command::ReopenPeriod { through, reason },
            Step::RecordPayment(input) => Command::RecordPayment {
                id: self.draw_id(),
                content: self.seal(&input.content)?,
                input,
                rules,
            },
            Step::AllocatePayment(payment, parts, on) => Command::Settlement(Settlement::Allocate {
                payment,
                parts,
                on,
                rules,
            }),
            Step::UnallocatePayment(payment, invoice, on) => {
                Command::Settlement(Settlement::Unallocate { payment, invoice, on })
            }
            Step::WithdrawParts(payment, invoice) => {
                Command::Settlement(Settlement::WithdrawParts { payment, invoice })
            }
            Step::UndoParts(payment, invoice, on) => {
                Command::Settlement(Settlement::UndoParts { payment, invoice, on })
            }
            Step::ApplyCredit(note, parts, on) => Command::Credit(Crediting::Apply { note, parts, on, rules }),
            Step::UnapplyCredit(note, invoice, on) => Command::Credit(Crediting::Unapply { note, invoice, on }),
            Step::WithdrawCredit(note, invoice) => Command::Credit(Crediting::Withdraw { note, invoice }),
            Step::VoidCreditNote(note, on) => Command::Credit(Crediting::Void { note, on }),
            Step::Under(rules, step) => self.command_of(context, *step, rules)?,
            Step::DeletePayment(payment) => Command::Settlement(Settlement::Delete { payment }),
            Step::RecordRefund(id, input) => Command::RecordRefund {
                id,
                content: self.seal(&input.content)?,
                input,
            },
            Step::DeleteRefund(refund) => Command::Settlement(Settlement::DeleteRefund { refund }),
            Step::DeleteWriteOff(write_off) => Command::Settlement(Settlement::DeleteWriteOff { write_off }),
        })
    }

    /// Writes members of a dialect's own among the texts of a document, and changes nothing else about it.
    pub async fn annotate(&self, context: &Context, of: Annotated, note: Note) -> Result<(), Failure> {
        let salt = self.draw_hex(16);
        let command = Command::Annotate { of, note, salt };
        self.act(context, Verb::Post, command).await.map(|_| ())
    }
}
