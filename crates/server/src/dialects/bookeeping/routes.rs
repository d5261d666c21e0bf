//! What a request asks for, and the order in which it is checked: key, call limits, route, reach of the key, id, body, existence, state.
//!
//! Promise: every request ends in an answer of the vendor's form. A method that a path does not have is answered like a path that
//! does not exist, and a slash at the end changes nothing. Deliberately absent: lists (`routes::lists`), the chart of accounts
//! (`routes::categories`) and the journal (`routes::transactions`).

mod categories;
mod lists;
mod transactions;

use std::sync::Arc;

use quittance_accounting::identity::DocumentId;
use quittance_accounting::snapshot::Named;
use quittance_books::input::{Context, DeleteOptions, Note};
use quittance_books::view::BookView;
use quittance_books::{Failure, Verb};
use serde_json::{Map, Value};

use super::errors::{Asked, Problem, of_failure};
use super::manners::{self, Kind, success};
use super::mapping::{self, incoming, outgoing};
use super::rules::{DIALECT, RULES};
use crate::app::App;
use crate::http::{Request, Response};

/// A request with its sender.
pub(crate) struct Call<'a> {
    app: &'a App,
    request: &'a Request,
    context: Context,
}

/// An operation, with the id that its path names.
enum Operation {
    ListInvoices,
    CreateInvoice,
    GetInvoice(String),
    UpdateInvoice(String),
    DeleteInvoice(String),
    SendInvoice(String),
    MarkAsPaid(String),
    CancelInvoice(String),
    ListCounterparties,
    CreateCounterparty,
    ListCategories,
    CreateCategory,
    GetCategory(String),
    ListAccounts,
    GetAccount(String),
    GetBalance(String),
    ListTransactions,
    CreateTransaction,
    GetTransaction(String),
    KeyInfo,
}

impl Operation {
    fn of(method: &str, path: &[&str]) -> Option<Operation> {
        let id = |text: &&str| (*text).to_owned();
        Some(match (method, path) {
            ("GET", ["invoices"]) => Operation::ListInvoices,
            ("POST", ["invoices"]) => Operation::CreateInvoice,
            ("GET", ["invoices", named]) => Operation::GetInvoice(id(named)),
            ("PATCH", ["invoices", named]) => Operation::UpdateInvoice(id(named)),
            ("DELETE", ["invoices", named]) => Operation::DeleteInvoice(id(named)),
            ("POST", ["invoices", named, "send"]) => Operation::SendInvoice(id(named)),
            ("POST", ["invoices", named, "mark-as-paid"]) => Operation::MarkAsPaid(id(named)),
            ("POST", ["invoices", named, "cancel"]) => Operation::CancelInvoice(id(named)),
            ("GET", ["counterparties"]) => Operation::ListCounterparties,
            ("POST", ["counterparties"]) => Operation::CreateCounterparty,
            ("GET", ["categories"]) => Operation::ListCategories,
            ("POST", ["categories"]) => Operation::CreateCategory,
            ("GET", ["categories", named]) => Operation::GetCategory(id(named)),
            ("GET", ["accounts"]) => Operation::ListAccounts,
            ("GET", ["accounts", named]) => Operation::GetAccount(id(named)),
            ("GET", ["accounts", named, "balance"]) => Operation::GetBalance(id(named)),
            ("GET", ["transactions"]) => Operation::ListTransactions,
            ("POST", ["transactions"]) => Operation::CreateTransaction,
            ("GET", ["transactions", named]) => Operation::GetTransaction(id(named)),
            ("GET", ["info", "api-key"]) => Operation::KeyInfo,
            _ => return None,
        })
    }

    fn verb(&self) -> Verb {
        match self {
            Operation::ListInvoices
            | Operation::GetInvoice(_)
            | Operation::ListCounterparties
            | Operation::ListCategories
            | Operation::GetCategory(_)
            | Operation::ListAccounts
            | Operation::GetAccount(_)
            | Operation::GetBalance(_)
            | Operation::ListTransactions
            | Operation::GetTransaction(_)
            | Operation::KeyInfo => Verb::Read,
            Operation::CreateInvoice | Operation::UpdateInvoice(_) | Operation::CreateCounterparty => Verb::WriteDraft,
            Operation::DeleteInvoice(_)
            | Operation::SendInvoice(_)
            | Operation::MarkAsPaid(_)
            | Operation::CancelInvoice(_)
            | Operation::CreateCategory
            | Operation::CreateTransaction => Verb::Post,
        }
    }
}

/// Answers a request.
pub async fn answer(app: &App, request: &Request) -> Response {
    let actor = match manners::identify(app, request).await {
        Ok(actor) => actor,
        Err(problem) => return problem.response(),
    };
    let kind = if request.method == "GET" {
        Kind::Read
    } else {
        Kind::Write
    };
    let verdict = manners::count(app, &actor, kind, request);
    let response = if verdict.allowed {
        let context = Context {
            actor,
            source: DIALECT,
            request_id: request.request_id.clone(),
        };
        let call = Call { app, request, context };
        call.routed().await.unwrap_or_else(|problem| problem.response())
    } else {
        manners::too_many(&verdict)
    };
    manners::limited(response, &verdict, kind)
}

impl Call<'_> {
    async fn routed(&self) -> Result<Response, Problem> {
        let segments = self.request.segments();
        let method = self.request.method.as_str();
        let found = match segments.as_strs().as_slice() {
            ["public-api", "v1", rest @ ..] => Operation::of(method, rest),
            _ => None,
        };
        let operation = found.ok_or_else(|| Problem::no_route(method, &self.request.path))?;
        manners::allow(&self.context.actor, operation.verb())?;
        match operation {
            Operation::ListInvoices => self.list_invoices().await,
            Operation::CreateInvoice => self.create_invoice().await,
            Operation::GetInvoice(id) => self.get_invoice(&id).await,
            Operation::UpdateInvoice(id) => self.update_invoice(&id).await,
            Operation::DeleteInvoice(id) => self.delete_invoice(&id).await,
            Operation::SendInvoice(id) => self.send_invoice(&id).await,
            Operation::MarkAsPaid(id) => self.mark_as_paid(&id).await,
            Operation::CancelInvoice(id) => self.cancel_invoice(&id).await,
            Operation::ListCounterparties => self.list_counterparties().await,
            Operation::CreateCounterparty => self.create_counterparty().await,
            Operation::ListCategories => self.list_categories().await,
            Operation::CreateCategory => self.create_category().await,
            Operation::GetCategory(id) => self.get_category(&id).await,
            Operation::ListAccounts => self.list_accounts().await,
            Operation::GetAccount(id) => self.get_account(&id).await,
            Operation::GetBalance(id) => self.get_balance(&id).await,
            Operation::ListTransactions => self.list_transactions().await,
            Operation::CreateTransaction => self.create_transaction().await,
            Operation::GetTransaction(id) => self.get_transaction(&id).await,
            Operation::KeyInfo => self.key_info().await,
        }
    }

    fn body(&self) -> Result<Map<String, Value>, Problem> {
        incoming::body(self.request)
    }

    async fn book(&self) -> Result<Arc<BookView>, Problem> {
        let book = self.app.books.book(self.context.actor.book).await;
        let book = book.map_err(|failure| of_failure(&failure, Asked::Read))?;
        book.ok_or_else(Problem::internal)
    }

    fn id(text: &str) -> Result<DocumentId, Problem> {
        mapping::id(text, "id")
    }

    async fn create_invoice(&self) -> Result<Response, Problem> {
        let members = self.body()?;
        let book = self.book().await?;
        let (input, warnings) = incoming::invoice(&members, &book)?;
        let created = self.app.books.create_invoice(&self.context, &RULES, input, None);
        let view = created.await.map_err(refused(Asked::Create))?;
        Ok(success("Create an Invoice", &warnings, &outgoing::invoice(&view)))
    }

    async fn get_invoice(&self, id: &str) -> Result<Response, Problem> {
        let named = Named::Id(Self::id(id)?);
        let found = self.app.books.invoice(self.context.actor.book, &named).await;
        let found = found.map_err(refused(Asked::Read))?;
        // Another dialect may still show what it deleted; this one does not.
        let view = found
            .filter(|view| view.deleted.is_none())
            .ok_or_else(Problem::no_invoice)?;
        Ok(success("Get an Invoice", &[], &outgoing::invoice(&view)))
    }

    async fn update_invoice(&self, id: &str) -> Result<Response, Problem> {
        let named = Named::Id(Self::id(id)?);
        let members = self.body()?;
        let mut tries = self.app.books.tries(self.context.actor.book);
        while tries.another().await {
            let found = self.app.books.invoice(self.context.actor.book, &named).await;
            let view = found.map_err(refused(Asked::Read))?;
            let view = view
                .filter(|view| view.deleted.is_none())
                .ok_or_else(Problem::no_invoice)?;
            let (edit, warnings) = incoming::change(&members, &view)?;
            let named = Named::Key(view.invoice.key.0);
            match self.app.books.edit_invoice(&self.context, &RULES, named, edit).await {
                Ok(view) => return Ok(success("Update an Invoice", &warnings, &outgoing::invoice(&view))),
                Err(failure) if failure.is_outrun() => {}
                Err(failure) => return Err(of_failure(&failure, Asked::Update)),
            }
        }
        Err(of_failure(&Failure::Unavailable, Asked::Update))
    }

    /// A body is not read: the operation has none, and one that is sent all the same changes nothing.
    async fn delete_invoice(&self, id: &str) -> Result<Response, Problem> {
        let named = Named::Id(Self::id(id)?);
        let options = DeleteOptions::default();
        let deleted = self.app.books.delete_invoice(&self.context, &RULES, named, options);
        let deleted = deleted.await.map_err(refused(Asked::Delete))?;
        let response = success("Delete an Invoice", &[], &Map::<String, Value>::new());
        Ok(response.with("quittance-receipt", deleted.seal.to_string()))
    }

    async fn send_invoice(&self, id: &str) -> Result<Response, Problem> {
        let named = Named::Id(Self::id(id)?);
        let note = self.note("sendBy", None);
        let sent = self.app.books.send_invoice_noting(&self.context, &RULES, named, note);
        let view = sent.await.map_err(refused(Asked::Send))?;
        let warning = "No mail was sent: this server records that the invoice was sent and delivers nothing".to_owned();
        Ok(success("Send an Invoice", &[warning], &outgoing::invoice(&view)))
    }

    async fn mark_as_paid(&self, id: &str) -> Result<Response, Problem> {
        let named = Named::Id(Self::id(id)?);
        let members = self.body()?;
        let chart = self.chart().await?;
        let (input, warnings) = incoming::payment(&members, &chart, named, &self.context.actor.name)?;
        let recorded = self.app.books.record_payment(&self.context, &RULES, input, None);
        let (_, settled) = recorded.await.map_err(refused(Asked::MarkAsPaid))?;
        let view = settled.first().ok_or_else(Problem::internal)?;
        Ok(success("Mark an Invoice as Paid", &warnings, &outgoing::invoice(view)))
    }

    async fn cancel_invoice(&self, id: &str) -> Result<Response, Problem> {
        let named = Named::Id(Self::id(id)?);
        let reason = incoming::cancellation(&self.body()?)?;
        let note = self.note("cancellationBy", reason);
        let voided = self.app.books.void_invoice_noting(&self.context, &RULES, named, note);
        let view = voided.await.map_err(refused(Asked::Cancel))?;
        Ok(success("Cancel an Invoice", &[], &outgoing::invoice(&view)))
    }

    /// Who does it, under the vendor's member, and why.
    fn note(&self, by: &str, reason: Option<String>) -> Note {
        let reason = reason.map(|reason| ("cancellationReason".to_owned(), Value::from(reason)));
        let by = (by.to_owned(), Value::from(self.context.actor.name.clone()));
        Note {
            dialect: DIALECT,
            members: reason.into_iter().chain([by]).collect(),
        }
    }

    async fn create_counterparty(&self) -> Result<Response, Problem> {
        let (input, warnings) = incoming::counterparty(&self.body()?)?;
        // Before the commit: what is done is answered as done, whatever can be read afterwards.
        let project = self.book().await?.settings.id.hex();
        let added = self.app.books.add_customer(&self.context, input).await;
        let view = added.map_err(refused(Asked::Create))?;
        Ok(success(
            "Create a Counterparty",
            &warnings,
            &outgoing::counterparty(&view, &project),
        ))
    }

    async fn get_account(&self, id: &str) -> Result<Response, Problem> {
        let id = Self::id(id)?;
        let chart = self.chart().await?;
        let account = mapping::money_account(&chart, id).ok_or_else(Problem::no_account)?;
        Ok(success(
            "Get an Account",
            &[],
            &outgoing::money_account(&chart, account),
        ))
    }
}

/// Words a failure of what was asked for.
fn refused(asked: Asked) -> impl Fn(Failure) -> Problem {
    move |failure| of_failure(&failure, asked)
}
