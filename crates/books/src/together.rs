//! Several commands in one commit, all or none; and a change of texts alone.

use jiff::civil::Date;
use quittance_accounting::annotating::Annotated;
use quittance_accounting::identity::{DocumentId, DocumentKind, InvoiceKey};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::keeping::NewCustomer;
use quittance_accounting::ledger::{AccountChange, NewAccount};
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;

use crate::access::Verb;
use crate::books::Books;
use crate::command::{Command, Crediting, Settlement};
use crate::failure::Failure;
use crate::input::{
    Context, CustomerInput, EntryInput, InvoiceEdit, InvoiceInput, Note, PaymentInput, RefundInput, ReversalInput,
    WriteOffInput,
};
use crate::resources::ResourceInput;
use crate::view::InvoiceView;
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
            | Step::VoidInvoice(..)
            | Step::ReopenInvoice(_)
            | Step::DeletePayment(_)
            | Step::RecordRefund(..)
            | Step::DeleteRefund(_)
            | Step::WriteOff(_)
            | Step::DeleteWriteOff(_)
            | Step::RecordEntry(..)
            | Step::ReverseEntry(..) => Verb::Post,
        }
    }
}

impl Books {
    /// An id for a document that is made later, so that it can be named before.
    pub fn new_document_id(&self) -> DocumentId {
        self.draw_id()
    }

    /// Carries steps out in one commit, all or none: the invoices created, each as its own step left it; or the place of the step that
    /// was refused, and why.
    pub async fn together(
        &self,
        context: &Context,
        rules: &'static Rules,
        steps: Vec<Step>,
    ) -> Result<Vec<InvoiceView>, (usize, Failure)> {
        let done = self.carry_out(context, rules, steps, false).await?;
        let invoices = done.iter().filter(|done| done.subject.kind == DocumentKind::Invoice);
        let mut views: Vec<InvoiceView> = Vec::new();
        for done in invoices {
            let key = InvoiceKey(done.subject.number);
            let view = self.subject_view(done).map_err(|failure| (0, failure))?;
            match views.iter_mut().find(|known| known.invoice.key == key) {
                Some(known) => *known = view,
                None => views.push(view),
            }
        }
        Ok(views)
    }

    /// Carries steps that all change one invoice out in one commit, all or none: the invoice as the last of them left it.
    pub async fn together_on(
        &self,
        context: &Context,
        rules: &'static Rules,
        invoice: InvoiceKey,
        steps: Vec<Step>,
    ) -> Result<InvoiceView, (usize, Failure)> {
        let done = self.carry_out(context, rules, steps, false).await?;
        self.left(&done, invoice)
    }

    /// What [`Books::together_on`] would leave: the same road, left before the commit.
    pub async fn rehearse_on(
        &self,
        context: &Context,
        rules: &'static Rules,
        invoice: InvoiceKey,
        steps: Vec<Step>,
    ) -> Result<InvoiceView, (usize, Failure)> {
        let done = self.carry_out(context, rules, steps, true).await?;
        self.left(&done, invoice)
    }

    /// An invoice as the last of several commands that changed it left it.
    fn left(&self, done: &[Done], invoice: InvoiceKey) -> Result<InvoiceView, (usize, Failure)> {
        let last = done.iter().rposition(|done| done.invoices.contains(&invoice));
        let at = last.unwrap_or_default();
        let done = last.and_then(|at| done.get(at)).ok_or((at, Failure::Unavailable))?;
        let view = self.invoice_view(done, &done.extract.snapshot(), invoice);
        view.map_err(|failure| (at, failure))
    }

    async fn carry_out(
        &self,
        context: &Context,
        rules: &'static Rules,
        steps: Vec<Step>,
        rehearsed: bool,
    ) -> Result<Vec<Done>, (usize, Failure)> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let mut jobs = Vec::with_capacity(steps.len());
        for (at, step) in steps.into_iter().enumerate() {
            // A rehearsal leaves nothing behind, so whoever may look may rehearse.
            let verb = if rehearsed { Verb::Read } else { step.verb() };
            let command = self.command_of(context, step, rules);
            let command = command.map_err(|failure| (at, failure))?;
            let job = self.job(context, verb, command, None, false);
            let mut job = job.map_err(|failure| (at, failure))?;
            job.rehearsed = rehearsed;
            jobs.push(job);
        }
        self.writer().send_together(jobs).await
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
