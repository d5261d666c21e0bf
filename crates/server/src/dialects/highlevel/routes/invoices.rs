//! Invoices: made, read, edited, deleted, voided, sent, paid, and what is written down about one.

mod listing;

use quittance_accounting::snapshot::Named;
use quittance_books::Verb;
use quittance_books::input::{DeleteOptions, InvoiceEdit, Note};
use quittance_books::together::Step;
use quittance_books::view::InvoiceView;
use serde_json::{Map, Value, json};

use super::super::errors::{Fault, Operation};
use super::super::manners::{self, NAME};
use super::super::mapping::editing::{self, Contact};
use super::super::mapping::{self, incoming, outgoing};
use super::super::rules::RULES;
use super::super::wire::shape;
use super::super::wire::{self, requests};
use super::{Desk, Manner, Place, left, overtaken, shown};
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
        let view = self.make(order).await?;
        shown(201, &outgoing::invoice(&view))
    }

    /// Makes an invoice, and its contact in the same commit where nobody has its id.
    async fn make(&self, order: incoming::Order) -> Result<InvoiceView, Fault> {
        let mut tries = self.app.books.tries(self.book());
        while tries.another().await {
            let (customer, contact) = self.contact_or_new(&order.contact_id, &order.contact).await?;
            let mut input = order.invoice.clone();
            input.customer = Some(customer);
            let id = self.app.books.new_document_id();
            let made = Step::CreateInvoice(id, Box::new(input));
            let steps = contact.into_iter().chain([made]).collect();
            let done = self.carried_out(steps).await;
            let done = done.map_err(|(_, failure)| Fault::Refused(Operation::Create, failure))?;
            if let Some(done) = done {
                return left(done.invoice_named(&Named::Id(id)));
            }
        }
        Err(overtaken())
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
        let view = self.edit(id, "invoiceItems", false).await?;
        shown(200, &outgoing::invoice(&view))
    }

    /// Edits what is there, sends it in the same commit if that is wanted, and both again if it changed meanwhile: what the request
    /// leaves out stays as it is.
    async fn edit(&self, id: &str, items: &'static str, send: bool) -> Result<InvoiceView, Fault> {
        let mut tries = self.app.books.tries(self.book());
        while tries.another().await {
            let (named, edit, contact) = self.edited(id, items).await?;
            let before = usize::from(contact.is_some());
            let edited = Step::EditInvoice(named.clone(), Box::new(edit));
            let sent = send.then(|| Step::SendInvoice(named.clone()));
            let steps = contact.into_iter().chain([edited]).chain(sent).collect();
            match self.carried_out(steps).await {
                Ok(Some(done)) => return left(done.invoice_named(&named)),
                Ok(None) => {}
                Err((at, failure)) if at > before => return Err(Fault::Refused(Operation::Send, failure)),
                Err((_, failure)) => return Err(Fault::Refused(Operation::Edit, failure)),
            }
        }
        Err(overtaken())
    }

    /// The edit that the request asks for, and the step that makes its contact where nobody has the id.
    async fn edited(&self, id: &str, items: &'static str) -> Result<(Named, InvoiceEdit, Option<Step>), Fault> {
        let view = self.invoice(id).await?;
        let (mut edit, contact) = editing::edit(&self.members, items, &view)?;
        let (customer, made) = match contact {
            None => (None, None),
            Some(Contact::Brought(id, new)) => {
                let (customer, made) = self.contact_or_new(&id, &new).await?;
                (Some(customer), made)
            }
            Some(Contact::Known(id)) => {
                let found = self.contact(&id).await?.ok_or_else(|| editing::no_contact(&id))?;
                (Some(Named::Key(found.customer.key.0)), None)
            }
        };
        if customer.is_some() {
            edit.customer = customer;
        }
        Ok((Named::Id(view.invoice.id), edit, made))
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
                self.make(order).await?
            }
            (Some(id), send) => self.edit(id, "items", send).await?,
        };
        let done = wire::Text2Pay {
            invoice: outgoing::invoice(&view),
            invoice_url: self.page_of(&view),
        };
        shown(200, &done)
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
        let view = self.note(id, name, configuration).await?;
        shown(200, &outgoing::invoice(&view))
    }

    /// A customer looked at the invoice. Which location it is in, the token says: the vendor's request does not.
    async fn visited(&self) -> Result<Response, Fault> {
        let id = shape::text(&self.members, "invoiceId").unwrap_or_default();
        let at = outgoing::instant(self.app.now());
        self.note(id, "lastVisitedAt", Value::from(at)).await?;
        Ok(Response::json(200, &json!({})))
    }

    async fn note(&self, id: &str, name: &str, value: Value) -> Result<InvoiceView, Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let note = Note {
            dialect: NAME,
            members: std::iter::once((name.to_owned(), value)).collect(),
        };
        let done = self.app.books.annotate_invoice(&self.context, named, note).await;
        done.map_err(|failure| Fault::Refused(Operation::Edit, failure))
    }
}
