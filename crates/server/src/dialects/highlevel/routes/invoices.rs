//! Invoices: made, read, edited, deleted, voided, sent, paid, and what is written down about one.

mod listing;

use jiff::civil::Date;
use quittance_accounting::annotating::Annotated;
use quittance_accounting::refusal::{ExchangeRefusal, Refusal};
use quittance_accounting::snapshot::Named;
use quittance_books::input::{DeleteOptions, InvoiceEdit, InvoiceInput, Note};
use quittance_books::together::Step;
use quittance_books::view::InvoiceView;
use quittance_books::{Failure, Verb};
use serde_json::{Map, Value, json};

use super::super::errors::{Fault, Operation};
use super::super::manners::{self, NAME};
use super::super::mapping::editing::{self, Contact};
use super::super::mapping::{self, incoming, outgoing};
use super::super::rules::RULES;
use super::super::wire::shape;
use super::super::wire::{self, requests};
use super::{Desk, MOST_TRIES, Manner, Place, shown};
use crate::http::Response;

/// What the vendor has under `/invoices/` beside the invoices themselves: never an id.
const SIBLINGS: [&str; 7] = [
    "template",
    "schedule",
    "text2pay",
    "settings",
    "stats",
    "estimate",
    "generate-invoice-number",
];

/// What can be asked of invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'r> {
    Create,
    List,
    NextNumber,
    Text2Pay,
    Visited,
    Read(&'r str),
    Update(&'r str),
    Delete(&'r str),
    Void(&'r str),
    Send(&'r str),
    Pay(&'r str),
    LateFees(&'r str),
}

impl<'r> Call<'r> {
    /// What stands at a path below the invoices.
    pub(super) fn of(method: &str, rest: &[&'r str]) -> Option<Call<'r>> {
        let is_id = |id: &str| !id.is_empty() && !SIBLINGS.contains(&id);
        match (method, rest) {
            ("POST", []) => Some(Call::Create),
            ("GET", []) => Some(Call::List),
            ("GET", ["generate-invoice-number"]) => Some(Call::NextNumber),
            ("POST", ["text2pay"]) => Some(Call::Text2Pay),
            ("PATCH", ["stats", "last-visited-at"]) => Some(Call::Visited),
            ("GET", [id]) if is_id(id) => Some(Call::Read(id)),
            ("PUT", [id]) if is_id(id) => Some(Call::Update(id)),
            ("DELETE", [id]) if is_id(id) => Some(Call::Delete(id)),
            ("POST", [id, "void"]) if is_id(id) => Some(Call::Void(id)),
            ("POST", [id, "send"]) if is_id(id) => Some(Call::Send(id)),
            ("POST", [id, "record-payment"]) if is_id(id) => Some(Call::Pay(id)),
            ("PATCH", [id, "late-fees-configuration"]) if is_id(id) => Some(Call::LateFees(id)),
            _ => None,
        }
    }

    pub(super) fn manner(&self) -> Manner {
        let (read, write) = (Some(manners::READ_SCOPE), Some(manners::WRITE_SCOPE));
        let (scope, verb, place, members) = match self {
            Call::NextNumber | Call::Read(_) => (read, Verb::Read, Place::Query, requests::ALT),
            Call::List => (read, Verb::Read, Place::Query, requests::LIST),
            Call::Create => (write, Verb::WriteDraft, Place::Body, requests::CREATE),
            Call::Text2Pay => (write, Verb::WriteDraft, Place::Body, requests::TEXT2PAY),
            Call::Update(_) => (write, Verb::WriteDraft, Place::Body, requests::UPDATE),
            Call::Delete(_) => (write, Verb::Post, Place::QueryElseBody, requests::ALT),
            Call::Void(_) => (write, Verb::Post, Place::Body, requests::ALT),
            Call::Send(_) => (write, Verb::Post, Place::Body, requests::SEND),
            Call::Pay(_) => (write, Verb::Post, Place::Body, requests::PAY),
            Call::LateFees(_) => (None, Verb::Post, Place::Body, requests::LATE_FEES_OF),
            Call::Visited => (None, Verb::Post, Place::Body, requests::VISITED),
        };
        Manner {
            scope,
            verb,
            place,
            members,
        }
    }

    pub(super) async fn answer(&self, desk: &Desk<'_>) -> Result<Response, Fault> {
        match self {
            Call::Create => desk.create().await,
            Call::List => desk.list().await,
            Call::NextNumber => desk.next_number().await,
            Call::Text2Pay => desk.text2pay().await,
            Call::Visited => desk.visited().await,
            Call::Read(id) => desk.read(id).await,
            Call::Update(id) => desk.update(id).await,
            Call::Delete(id) => desk.delete(id).await,
            Call::Void(id) => desk.void(id).await,
            Call::Send(id) => desk.send(id).await,
            Call::Pay(id) => desk.pay(id).await,
            Call::LateFees(id) => desk.late_fees(id).await,
        }
    }
}

impl Desk<'_> {
    async fn create(&self) -> Result<Response, Fault> {
        let order = incoming::order(&self.members, &self.settings, &self.defaults().await?)?;
        let view = self.make(order, Operation::Create).await?;
        shown(201, &outgoing::invoice(&view))
    }

    async fn make(&self, order: incoming::Order, operation: Operation) -> Result<InvoiceView, Fault> {
        self.refuse_without_rate(&order.invoice, operation).await?;
        let customer = self.contact_or_new(&order.contact_id, order.contact, operation).await?;
        let mut input = order.invoice;
        input.customer = Some(Named::Id(customer.customer.id));
        let view = self.app.books.create_invoice(&self.context, &RULES, input, None).await;
        view.map_err(|failure| Fault::Refused(operation, failure))
    }

    /// Looks for a rate before a contact is made, so that a refusal leaves nothing behind.
    async fn refuse_without_rate(&self, invoice: &InvoiceInput, operation: Operation) -> Result<(), Fault> {
        let currency = invoice.currency;
        if currency == self.settings.currency {
            return Ok(());
        }
        let day = invoice.invoice_date.unwrap_or(Date::MAX);
        match self
            .app
            .books
            .rate_on(self.book(), currency, day)
            .await
            .map_err(Fault::Books)?
        {
            Some(_) => Ok(()),
            None => {
                let unknown = Refusal::from(ExchangeRefusal::NoRate { currency, day });
                Err(Fault::Refused(operation, unknown.into()))
            }
        }
    }

    async fn next_number(&self) -> Result<Response, Fault> {
        let defaults = self.defaults().await?;
        let prefix = defaults.invoice_prefix();
        let number = self
            .app
            .books
            .next_number(self.book(), prefix, RULES.numbering.width)
            .await;
        let number = number.map_err(Fault::Books)?;
        let digits = number.strip_prefix(prefix).unwrap_or(&number);
        let invoice_number = outgoing::number_value(digits);
        shown(200, &wire::NextNumber { invoice_number })
    }

    /// The live invoice that an id in a path or a body names.
    pub(super) async fn invoice(&self, id: &str) -> Result<InvoiceView, Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let view = self.app.books.invoice(self.book(), &named).await;
        let view = view.map_err(Fault::Books)?;
        view.filter(|view| view.deleted.is_none()).ok_or(Fault::NoInvoice)
    }

    async fn read(&self, id: &str) -> Result<Response, Fault> {
        shown(200, &outgoing::invoice_with_summary(&self.invoice(id).await?))
    }

    async fn update(&self, id: &str) -> Result<Response, Fault> {
        let view = self.edit(id, "invoiceItems").await?;
        shown(200, &outgoing::invoice(&view))
    }

    /// Edits what is there, and again if it changed meanwhile: what the request leaves out stays as it is.
    async fn edit(&self, id: &str, items: &'static str) -> Result<InvoiceView, Fault> {
        for _ in 0..MOST_TRIES {
            let (named, edit) = self.edited(id, items).await?;
            match self.app.books.edit_invoice(&self.context, &RULES, named, edit).await {
                Err(failure) if failure.is_outrun() => {}
                done => return done.map_err(|failure| Fault::Refused(Operation::Edit, failure)),
            }
        }
        Err(Fault::Books(Failure::Unavailable))
    }

    async fn edited(&self, id: &str, items: &'static str) -> Result<(Named, InvoiceEdit), Fault> {
        let view = self.invoice(id).await?;
        let (mut edit, contact) = editing::edit(&self.members, items, &view)?;
        let customer = match contact {
            None => None,
            Some(Contact::Brought(id, new)) => Some(self.contact_or_new(&id, *new, Operation::Edit).await?),
            Some(Contact::Known(id)) => {
                let found = self.contact(&id).await?;
                Some(found.ok_or_else(|| editing::no_contact(&id))?)
            }
        };
        if let Some(customer) = customer {
            edit.customer = Some(Named::Key(customer.customer.key.0));
        }
        Ok((Named::Id(view.invoice.id), edit))
    }

    /// Makes an invoice or edits the one that is named; sends it in the same commit if that is wanted.
    async fn text2pay(&self) -> Result<Response, Fault> {
        let send = shape::text(&self.members, "action") == Some("send");
        if send && !self.context.actor.may(Verb::Post) {
            return Err(Fault::Scope);
        }
        let view = match (shape::text(&self.members, "id"), send) {
            (None, _) => {
                let mut order = incoming::order(&self.members, &self.settings, &self.defaults().await?)?;
                order.invoice.issue = send;
                order.invoice.sent_at = send.then(|| self.app.now());
                self.make(order, Operation::Create).await?
            }
            (Some(id), false) => self.edit(id, "items").await?,
            (Some(id), true) => self.edit_and_send(id).await?,
        };
        let done = wire::Text2Pay {
            invoice: outgoing::invoice(&view),
            invoice_url: self.page_of(&view),
        };
        shown(200, &done)
    }

    async fn edit_and_send(&self, id: &str) -> Result<InvoiceView, Fault> {
        for _ in 0..MOST_TRIES {
            let (named, edit) = self.edited(id, "items").await?;
            let steps = vec![
                Step::EditInvoice(named.clone(), Box::new(edit)),
                Step::SendInvoice(named),
            ];
            match self.app.books.together(&self.context, &RULES, steps).await {
                Ok(views) => return views.into_iter().next().ok_or(Fault::NoInvoice),
                Err((_, failure)) if failure.is_outrun() => {}
                Err((0, failure)) => return Err(Fault::Refused(Operation::Edit, failure)),
                Err((_, failure)) => return Err(Fault::Refused(Operation::Send, failure)),
            }
        }
        Err(Fault::Books(Failure::Unavailable))
    }

    /// The page of an invoice: this server's own, at the address by which the client reached us.
    fn page_of(&self, view: &InvoiceView) -> String {
        let path = format!("/books/{}/invoices/{}", self.book().0, view.invoice.id.hex());
        match &self.host {
            Some(host) => format!("http://{host}{path}"),
            None => path,
        }
    }

    async fn delete(&self, id: &str) -> Result<Response, Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let options = DeleteOptions::default();
        let deleted = self
            .app
            .books
            .delete_invoice(&self.context, &RULES, named, options)
            .await;
        let refused = |failure| Fault::Refused(Operation::Delete, failure);
        let deleted = deleted.map_err(refused)?;
        let before = deleted.before().map_err(refused)?;
        let answer = shown(200, &outgoing::invoice(&before))?;
        Ok(answer.with("Quittance-Receipt", deleted.seal.to_string()))
    }

    async fn void(&self, id: &str) -> Result<Response, Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let view = self.app.books.void_invoice(&self.context, &RULES, named, None).await;
        let view = view.map_err(|failure| Fault::Refused(Operation::Void, failure))?;
        shown(200, &outgoing::invoice(&view))
    }

    async fn send(&self, id: &str) -> Result<Response, Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let view = self.app.books.send_invoice(&self.context, &RULES, named).await;
        let view = view.map_err(|failure| Fault::Refused(Operation::Send, failure))?;
        let sent = wire::Sent {
            invoice: outgoing::invoice(&view),
            sms_data: Map::new(),
            email_data: Map::new(),
        };
        shown(200, &sent)
    }

    async fn pay(&self, id: &str) -> Result<Response, Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let found = self
            .app
            .books
            .invoice(self.book(), &named)
            .await
            .map_err(Fault::Books)?;
        let currency = found.map_or(self.settings.currency, |view| view.invoice.currency);
        let input = incoming::payment(&self.members, named, currency)?;
        let recorded = self.app.books.record_payment(&self.context, &RULES, input, None).await;
        let (_, invoices) = recorded.map_err(|failure| Fault::Refused(Operation::Pay, failure))?;
        let view = invoices.first().ok_or(Fault::NoInvoice)?;
        let recorded = wire::Recorded {
            success: true,
            invoice: outgoing::invoice(view),
        };
        shown(200, &recorded)
    }

    async fn late_fees(&self, id: &str) -> Result<Response, Fault> {
        let name = "lateFeesConfiguration";
        let configuration = self.members.get(name).cloned().unwrap_or_default();
        self.note(id, name, configuration).await?;
        shown(200, &outgoing::invoice(&self.invoice(id).await?))
    }

    /// A customer looked at the invoice. Which location it is in, the token says: the vendor's request does not.
    async fn visited(&self) -> Result<Response, Fault> {
        let id = shape::text(&self.members, "invoiceId").unwrap_or_default();
        let at = outgoing::instant(self.app.now());
        self.note(id, "lastVisitedAt", Value::from(at)).await?;
        Ok(Response::json(200, &json!({})))
    }

    async fn note(&self, id: &str, name: &str, value: Value) -> Result<(), Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let note = Note {
            dialect: NAME,
            members: std::iter::once((name.to_owned(), value)).collect(),
        };
        let done = self
            .app
            .books
            .annotate(&self.context, Annotated::Invoice(named), note)
            .await;
        done.map_err(|failure| Fault::Refused(Operation::Edit, failure))
    }
}
