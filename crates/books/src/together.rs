//! Several commands in one commit, all or none; and a change of texts alone.

use jiff::civil::Date;
use quittance_accounting::annotating::Annotated;
use quittance_accounting::identity::{DocumentId, DocumentKind, InvoiceKey};
use quittance_accounting::keeping::NewCustomer;
use quittance_accounting::rules::Rules;
use quittance_accounting::snapshot::Named;

use crate::access::Verb;
use crate::books::Books;
use crate::command::{Command, Settlement};
use crate::failure::Failure;
use crate::input::{Context, CustomerInput, InvoiceEdit, InvoiceInput, Note, PaymentEdit, PaymentInput};
use crate::resources::ResourceInput;
use crate::view::InvoiceView;

/// One of several commands that stand or fall together. A later step may name what an earlier one makes.
#[derive(Clone, Debug)]
pub enum Step {
    /// Adds a customer.
    AddCustomer(CustomerInput),
    /// Creates an invoice with this id.
    CreateInvoice(DocumentId, Box<InvoiceInput>),
    /// Edits an invoice.
    EditInvoice(Named, Box<InvoiceEdit>),
    /// Records that an invoice was sent; a draft is issued first.
    SendInvoice(Named),
    /// Records a payment.
    RecordPayment(Box<PaymentInput>),
    /// Voids an invoice as of a date.
    VoidInvoice(Named, Option<Date>),
    /// Takes a void back.
    ReopenInvoice(Named),
    /// Changes a payment.
    ChangePayment(Named, Box<PaymentEdit>),
    /// Deletes a payment.
    DeletePayment(Named),
    /// Deletes a refund.
    DeleteRefund(Named),
    /// Takes a write-off back.
    DeleteWriteOff(Named),
    /// Makes a resource, or replaces what it says.
    PutResource(Box<ResourceInput>),
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
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let mut jobs = Vec::with_capacity(steps.len());
        for (at, step) in steps.into_iter().enumerate() {
            let command = self.command_of(step, rules).map_err(|failure| (at, failure))?;
            let job = self.job(context, Verb::Post, command, None, false);
            jobs.push(job.map_err(|failure| (at, failure))?);
        }
        let done = self.writer().send_together(jobs).await?;
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

    fn command_of(&self, step: Step, rules: &'static Rules) -> Result<Command, Failure> {
        Ok(match step {
            Step::AddCustomer(input) => Command::AddCustomer(NewCustomer {
                id: self.draw_id(),
                content: self.seal(&input.content)?,
                external_id: input.external_id,
            }),
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
                drafts_only: false,
                rules,
            },
            Step::SendInvoice(named) => Command::SendInvoice { named, rules },
            Step::RecordPayment(input) => Command::RecordPayment {
                id: self.draw_id(),
                content: self.seal(&input.content)?,
                input,
                rules,
            },
            Step::VoidInvoice(named, date) => Command::VoidInvoice { named, date, rules },
            Step::ReopenInvoice(named) => Command::ReopenInvoice { named },
            Step::ChangePayment(payment, edit) => Command::Settlement(Settlement::Change {
                payment,
                content: self.seal(&edit.content)?,
                edit,
                rules,
            }),
            Step::DeletePayment(payment) => Command::Settlement(Settlement::Delete { payment }),
            Step::DeleteRefund(refund) => Command::Settlement(Settlement::DeleteRefund { refund }),
            Step::DeleteWriteOff(write_off) => Command::Settlement(Settlement::DeleteWriteOff { write_off }),
            Step::PutResource(input) => self.put_command(*input)?,
        })
    }

    /// Writes members of a dialect's own among the texts of a document, and changes nothing else about it.
    pub async fn annotate(&self, context: &Context, of: Annotated, note: Note) -> Result<(), Failure> {
        let salt = self.draw_hex(16);
        let command = Command::Annotate { of, note, salt };
        self.act(context, Verb::Post, command).await.map(|_| ())
    }
}
