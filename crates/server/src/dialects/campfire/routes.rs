//! What a request asks for, checked in the framework's order: slash, credentials, role, method, document, body, rules. Each area has a
//! file that answers its own routes.

use std::sync::Arc;

use quittance_accounting::identity::{BookKey, CustomerKey, DocumentKind, EntryKey, ProductKey};
use quittance_accounting::snapshot::{Counters, Named};
use quittance_books::input::{Context, IdempotencyKey};
use quittance_books::queries::Parties;
use quittance_books::together::Together;
use quittance_books::view::{BookView, InvoiceView};
use quittance_books::{Actor, Failure, Verb};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::http::{Request, Response};

use super::errors::{self, Problem};
use super::manners::{self, DIALECT, MOST_NAME, Presented, SCOPE};
use super::mapping::reading::References;
use super::mapping::{fields, number_of, showing};
use super::wire::InvoiceOut;

mod credits;
mod invoices;
mod ledger;
mod many;
mod parties;
mod paying;
mod payments;

/// An id as a path has it: `None` when its digits are more than any id has.
type Id = Option<i64>;

/// A place that requests can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Invoices,
    BulkCreate,
    BulkSearch,
    Invoice(Id),
    Pay(Id),
    CalculatePayment(Id),
    DefaultPayment(Id),
    Void(Id),
    Reopen(Id),
    Send(Id),
    Payment(Id, Id),
    Payments,
    CreditMemos,
    SearchCreditMemos,
    NextCreditMemo,
    CreditMemo(Id),
    VoidCreditMemo(Id),
    ReopenCreditMemo(Id),
    SendCreditMemo(Id),
    MarkCreditMemoUsed(Id),
    CreditMemoPayment(Id, Id),
    Vendors,
    Vendor(Id),
    Products,
    Product(Id),
    Entities,
    Accounts,
    Account(Id),
    JournalEntries,
    JournalEntry(Id),
}

/// What a path leads to.
enum Found {
    Route(Route),
    WithoutItsSlash,
    Nothing,
}

fn find(request: &Request) -> Found {
    let segments = request.segments();
    let (route, slash) = match segments.as_strs().as_slice() {
        ["coa", "api", "v1", "invoice", rest @ ..] => of_invoices(rest),
        ["coa", "api", "v1", "credit-memo", rest @ ..] => of_credit_memos(rest),
        ["coa", "api", "v1", "invoice-payments"] => (Some(Route::Payments), false),
        ["coa", "api", "vendor"] => (Some(Route::Vendors), false),
        ["coa", "api", "vendor", id] => (digits(id).map(Route::Vendor), false),
        ["rr", "api", "v1", "product"] => (Some(Route::Products), false),
        ["rr", "api", "v1", "product", id] => (digits(id).map(Route::Product), false),
        ["coa", "api", "entity"] => (Some(Route::Entities), false),
        ["coa", "api", "account"] => (Some(Route::Accounts), false),
        ["coa", "api", "account", id] => (digits(id).map(Route::Account), false),
        ["coa", "api", "journal_entry"] => (Some(Route::JournalEntries), false),
        ["coa", "api", "journal_entry", id] => (digits(id).map(Route::JournalEntry), false),
        _ => (None, false),
    };
    match (route, slash, segments.trailing_slash) {
        (Some(route), true, true) | (Some(route), false, false) => Found::Route(route),
        (Some(_), true, false) => Found::WithoutItsSlash,
        (Some(_), false, true) | (None, _, _) => Found::Nothing,
    }
}

/// The routes under the invoices, and whether each ends in a slash: the vendor's own list.
fn of_invoices(rest: &[&str]) -> (Option<Route>, bool) {
    match rest {
        [] => (Some(Route::Invoices), true),
        ["bulk-create"] => (Some(Route::BulkCreate), false),
        ["bulk-search"] => (Some(Route::BulkSearch), false),
        [id] => (digits(id).map(Route::Invoice), true),
        [id, "pay"] => (digits(id).map(Route::Pay), true),
        [id, "calculate-payment"] => (digits(id).map(Route::CalculatePayment), false),
        [id, "default-payment"] => (digits(id).map(Route::DefaultPayment), false),
        [id, "void"] => (digits(id).map(Route::Void), true),
        [id, "reopen"] => (digits(id).map(Route::Reopen), true),
        [id, "send"] => (digits(id).map(Route::Send), true),
        [id, "payment", payment, "void"] => {
            let ids = digits(id).zip(digits(payment));
            (ids.map(|(id, payment)| Route::Payment(id, payment)), true)
        }
        _ => (None, false),
    }
}

/// The routes under the credit memos; only what is done to one ends in a slash, and a payment of one does not.
fn of_credit_memos(rest: &[&str]) -> (Option<Route>, bool) {
    match rest {
        [] => (Some(Route::CreditMemos), false),
        ["bulk-search"] => (Some(Route::SearchCreditMemos), false),
        ["next-credit-memo-number"] => (Some(Route::NextCreditMemo), false),
        [id] => (digits(id).map(Route::CreditMemo), false),
        [id, "void"] => (digits(id).map(Route::VoidCreditMemo), true),
        [id, "reopen"] => (digits(id).map(Route::ReopenCreditMemo), true),
        [id, "send"] => (digits(id).map(Route::SendCreditMemo), true),
        [id, "mark-used"] => (digits(id).map(Route::MarkCreditMemoUsed), false),
        [id, "payment", payment, "void"] => {
            let ids = digits(id).zip(digits(payment));
            (ids.map(|(id, payment)| Route::CreditMemoPayment(id, payment)), false)
        }
        _ => (None, false),
    }
}

fn digits(text: &str) -> Option<Id> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())
}

impl Route {
    /// The methods of the route, in the framework's order.
    fn allow(self) -> &'static str {
        match self {
            Route::Invoices
            | Route::CreditMemos
            | Route::Vendors
            | Route::Products
            | Route::Accounts
            | Route::JournalEntries => "GET, POST, HEAD, OPTIONS",
            Route::Invoice(_) | Route::CreditMemo(_) => "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
            Route::Vendor(_) | Route::Product(_) | Route::Account(_) => "GET, PUT, PATCH, HEAD, OPTIONS",
            Route::JournalEntry(_) => "GET, DELETE, HEAD, OPTIONS",
            Route::BulkCreate
            | Route::BulkSearch
            | Route::Pay(_)
            | Route::CalculatePayment(_)
            | Route::DefaultPayment(_)
            | Route::Void(_)
            | Route::Reopen(_)
            | Route::SearchCreditMemos
            | Route::VoidCreditMemo(_)
            | Route::ReopenCreditMemo(_)
            | Route::MarkCreditMemoUsed(_) => "POST, OPTIONS",
            Route::Payment(..) | Route::CreditMemoPayment(..) => "POST, DELETE, OPTIONS",
            Route::Send(_) | Route::SendCreditMemo(_) => "PUT, OPTIONS",
            Route::Payments | Route::NextCreditMemo | Route::Entities => "GET, HEAD, OPTIONS",
        }
    }

    /// The name of the route's view.
    fn name(self) -> &'static str {
        match self {
            Route::Invoices => "Invoice List",
            Route::BulkCreate => "Invoice Bulk Create",
            Route::BulkSearch => "Invoice Bulk Search",
            Route::Invoice(_) => "Invoice Instance",
            Route::Pay(_) => "Invoice Pay",
            Route::CalculatePayment(_) => "Invoice Calculate Payment",
            Route::DefaultPayment(_) => "Invoice Default Payment",
            Route::Void(_) => "Invoice Void",
            Route::Reopen(_) => "Invoice Reopen",
            Route::Send(_) => "Invoice Send",
            Route::Payment(..) => "Invoice Payment Void",
            Route::Payments => "Invoice Payment List",
            Route::CreditMemos => "Credit Memo List",
            Route::SearchCreditMemos => "Credit Memo Bulk Search",
            Route::NextCreditMemo => "Next Credit Memo Number",
            Route::CreditMemo(_) => "Credit Memo Instance",
            Route::VoidCreditMemo(_) => "Credit Memo Void",
            Route::ReopenCreditMemo(_) => "Credit Memo Reopen",
            Route::SendCreditMemo(_) => "Credit Memo Send",
            Route::MarkCreditMemoUsed(_) => "Credit Memo Mark Used",
            Route::CreditMemoPayment(..) => "Credit Memo Payment Void",
            Route::Vendors => "Vendor List",
            Route::Vendor(_) => "Vendor Instance",
            Route::Products => "Product List",
            Route::Product(_) => "Product Instance",
            Route::Entities => "Entity List",
            Route::Accounts => "Account List",
            Route::Account(_) => "Account Instance",
            Route::JournalEntries => "Journal Entry List",
            Route::JournalEntry(_) => "Journal Entry Instance",
        }
    }

    /// What a method does here, as far as a role is concerned. Where a draft can be written, whether it is one shows later. Who may
    /// only view may only read by `GET`, as the vendor has it, even where a `POST` writes nothing.
    fn verb(self, method: &str) -> Verb {
        match (self, method) {
            (_, "GET" | "HEAD" | "OPTIONS") => Verb::Read,
            (Route::Invoices | Route::BulkCreate | Route::Vendors | Route::Products, "POST") => Verb::WriteDraft,
            (Route::SearchCreditMemos, "POST") => Verb::WriteDraft,
            (Route::BulkSearch | Route::CalculatePayment(_) | Route::DefaultPayment(_), "POST") => Verb::WriteDraft,
            (Route::Invoice(_) | Route::Vendor(_) | Route::Product(_), "PUT" | "PATCH") => Verb::WriteDraft,
            _ => Verb::Post,
        }
    }
}

/// Answers a request.
pub async fn answer(app: &App, request: &Request) -> Response {
    let route = match find(request) {
        Found::Route(route) => route,
        Found::WithoutItsSlash => return manners::to_the_slash(request),
        Found::Nothing => return manners::not_found_page(),
    };
    let response = match Call::begin(app, request, route).await {
        Ok(call) => call.carry_out(route).await,
        Err(problem) => Err(problem),
    };
    let response = response.unwrap_or_else(errors::answer);
    if manners::is_page(&response) {
        response
    } else {
        response.with("allow", route.allow())
    }
}

/// Who presents themselves.
async fn identified(app: &App, request: &Request) -> Result<Actor, Problem> {
    match manners::presented(request) {
        Presented::Token(text) => app.identify(&text).await.map_err(errors::unidentified),
        Presented::Nothing => Err(errors::no_credentials()),
        Presented::Empty => Err(errors::empty_token()),
        Presented::Spaces => Err(errors::spaced_token()),
    }
}

/// A call that may be carried out.
struct Call<'a> {
    app: &'a App,
    request: &'a Request,
    actor: Actor,
}

impl<'a> Call<'a> {
    async fn begin(app: &'a App, request: &'a Request, route: Route) -> Result<Call<'a>, Problem> {
        // The framework chooses a form of answer before it looks at anything else.
        if !manners::takes_json(request) {
            return Err(errors::not_acceptable());
        }
        let actor = identified(app, request).await?;
        if !actor.has_scope(SCOPE) || !actor.may(route.verb(request.method.as_str())) {
            return Err(errors::forbidden());
        }
        if !route
            .allow()
            .split(", ")
            .any(|method| method == request.method.as_str())
        {
            return Err(errors::wrong_method(request));
        }
        Ok(Call { app, request, actor })
    }

    async fn carry_out(&self, route: Route) -> Result<Response, Problem> {
        if self.request.method.as_str() == "OPTIONS" {
            let kinds = ["application/json"];
            let about = json!({"name": route.name(), "description": "", "renders": kinds, "parses": kinds});
            return Ok(manners::json(200, &about));
        }
        match (route, self.request.method.as_str()) {
            (Route::Invoices, "POST") => invoices::create(self).await,
            (Route::Invoices, _) => invoices::list(self).await,
            (Route::BulkCreate, _) => many::create(self).await,
            (Route::BulkSearch, _) => many::search(self).await,
            (Route::Invoice(id), "DELETE") => invoices::delete(self, id).await,
            (Route::Invoice(id), "PUT") => invoices::change(self, id, true).await,
            (Route::Invoice(id), "PATCH") => invoices::change(self, id, false).await,
            (Route::Invoice(id), _) => invoices::read(self, id).await,
            (Route::Pay(id), _) => paying::pay(self, id).await,
            (Route::CalculatePayment(id), _) => paying::calculate(self, id).await,
            (Route::DefaultPayment(id), _) => paying::default(self, id).await,
            (Route::Void(id), _) => invoices::void(self, id).await,
            (Route::Reopen(id), _) => invoices::reopen(self, id).await,
            (Route::Send(id), _) => invoices::send(self, id).await,
            (Route::Payment(id, payment), "DELETE") => payments::delete(self, id, payment).await,
            (Route::Payment(id, payment), _) => payments::void(self, id, payment).await,
            (Route::Payments, _) => payments::list(self).await,
            (Route::CreditMemos, "POST") => credits::create(self).await,
            (Route::CreditMemos, _) => credits::list(self).await,
            (Route::SearchCreditMemos, _) => credits::search(self).await,
            (Route::NextCreditMemo, _) => credits::next_number(self).await,
            (Route::CreditMemo(id), "DELETE") => credits::delete(self, id).await,
            (Route::CreditMemo(id), "PUT") => credits::change(self, id, true).await,
            (Route::CreditMemo(id), "PATCH") => credits::change(self, id, false).await,
            (Route::CreditMemo(id), _) => credits::read(self, id).await,
            (Route::VoidCreditMemo(id), _) => credits::void(self, id).await,
            (Route::ReopenCreditMemo(id), _) => credits::reopen(self, id).await,
            (Route::SendCreditMemo(id), _) => credits::send(self, id).await,
            (Route::MarkCreditMemoUsed(id), _) => credits::mark_used(self, id).await,
            (Route::CreditMemoPayment(id, payment), "DELETE") => credits::delete_payment(self, id, payment).await,
            (Route::CreditMemoPayment(id, payment), _) => credits::void_payment(self, id, payment).await,
            (Route::Vendors, "POST") => parties::create_vendor(self).await,
            (Route::Vendors, _) => parties::list_vendors(self).await,
            (Route::Vendor(id), "PUT") => parties::change_vendor(self, id, true).await,
            (Route::Vendor(id), "PATCH") => parties::change_vendor(self, id, false).await,
            (Route::Vendor(id), _) => parties::read_vendor(self, id).await,
            (Route::Products, "POST") => parties::create_product(self).await,
            (Route::Products, _) => parties::list_products(self).await,
            (Route::Product(id), "PUT") => parties::change_product(self, id, true).await,
            (Route::Product(id), "PATCH") => parties::change_product(self, id, false).await,
            (Route::Product(id), _) => parties::read_product(self, id).await,
            (Route::Entities, _) => Ok(manners::json(200, &[showing::company(&*self.book().await?)])),
            (Route::Accounts, "POST") => ledger::create_account(self).await,
            (Route::Accounts, _) => ledger::list_accounts(self).await,
            (Route::Account(id), "PUT") => ledger::change_account(self, id, true).await,
            (Route::Account(id), "PATCH") => ledger::change_account(self, id, false).await,
            (Route::Account(id), _) => ledger::read_account(self, id).await,
            (Route::JournalEntries, "POST") => ledger::create_entry(self).await,
            (Route::JournalEntries, _) => ledger::list_entries(self).await,
            (Route::JournalEntry(id), "DELETE") => ledger::delete_entry(self, id).await,
            (Route::JournalEntry(id), _) => ledger::read_entry(self, id).await,
        }
    }

    fn key(&self) -> BookKey {
        self.actor.book
    }

    fn context(&self) -> Context {
        Context {
            actor: self.actor.clone(),
            source: DIALECT,
            request_id: self.request.request_id.clone(),
        }
    }

    fn failed(&self, failure: Failure) -> Problem {
        errors::failed(failure, self.key())
    }

    async fn book(&self) -> Result<Arc<BookView>, Problem> {
        let book = self.app.books.book(self.key()).await;
        book.map_err(|failure| self.failed(failure))?.ok_or(Problem::Broken)
    }

    /// The body's JSON; an empty body is an empty object.
    fn body(&self) -> Result<Value, Problem> {
        let request = self.request;
        if request.body.is_empty() && !request.body_too_large {
            return Ok(Value::Object(Map::new()));
        }
        if request.media_type().as_deref() != Some("application/json") {
            return Err(errors::wrong_media_type(request));
        }
        match request.json() {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(errors::detail(
                400,
                "JSON parse error - Expecting value: line 1 column 1 (char 0)",
            )),
            Err(error) => Err(errors::unreadable(&error, &request.body)),
        }
    }

    /// The body's object, read by `read`.
    fn read<T>(&self, read: impl FnOnce(&Map<String, Value>) -> Result<T, Value>) -> Result<T, Problem> {
        let body = self.body()?;
        fields::object(&body)
            .and_then(read)
            .map_err(|errors| Problem::Said(400, errors))
    }

    /// The number in the books of the document with this integer.
    fn number(&self, id: Id, kind: DocumentKind) -> Result<i64, Problem> {
        let number = id.and_then(|id| number_of(self.key(), id));
        number.ok_or_else(|| errors::absent(kind))
    }

    /// The name in the books of the invoice with this integer.
    fn named(&self, id: Id) -> Result<Named, Problem> {
        self.number(id, DocumentKind::Invoice).map(Named::Key)
    }

    /// The live invoice with this integer. One that another dialect deleted and still shows is unknown here.
    async fn live(&self, id: Id) -> Result<(Named, InvoiceView), Problem> {
        let named = self.named(id)?;
        let view = self.app.books.invoice(self.key(), &named).await;
        let view = view.map_err(|failure| self.failed(failure))?;
        let view = view.filter(|view| view.deleted.is_none());
        view.map(|view| (named, view))
            .ok_or_else(|| errors::absent(DocumentKind::Invoice))
    }

    /// An invoice as it is read by id.
    async fn shown(&self, view: &InvoiceView) -> Result<InvoiceOut, Problem> {
        let days = self.days_of(showing::dated(view)).await?;
        Ok(showing::invoice(view, &days))
    }

    /// The days that are shown with an invoice, asked for before it is written.
    async fn days_before(&self, view: &InvoiceView) -> Result<showing::Days, Problem> {
        self.days_of(showing::dated(view)).await
    }

    /// An invoice as a commit left it, whose days before are known. What the commit posted has its days with it; only what somebody
    /// else did in between is asked for, and left out where nobody answers: what was done must not look undone.
    async fn shown_after(&self, view: &InvoiceView, before: showing::Days, done: &Together) -> InvoiceOut {
        let mut days = before;
        days.extend(done.days());
        let unknown = showing::dated(view)
            .into_iter()
            .filter(|entry| !days.contains_key(entry));
        let more = self.days_of(unknown.collect()).await;
        days.extend(more.unwrap_or_default());
        showing::invoice(view, &days)
    }

    /// Invoices as they stand in a list.
    async fn rows(&self, views: &[InvoiceView]) -> Result<Vec<InvoiceOut>, Problem> {
        let days = self.days_of(views.iter().flat_map(showing::dated).collect()).await?;
        Ok(views.iter().map(|view| showing::row(view, &days)).collect())
    }

    /// The days that entries are dated.
    async fn days_of(&self, entries: Vec<EntryKey>) -> Result<showing::Days, Problem> {
        let days = self.app.books.entry_days(self.key(), &entries).await;
        days.map_err(|failure| self.failed(failure))
    }

    /// The book, and those of the references that name something in it.
    async fn book_knowing(&self, named: &References) -> Result<(Arc<BookView>, References), Problem> {
        let number = |id: &i64| number_of(self.key(), *id);
        let asked = Parties {
            customers: named.customers.iter().filter_map(number).map(CustomerKey).collect(),
            products: named.products.iter().filter_map(number).map(ProductKey).collect(),
        };
        let found = self.app.books.book_with(self.key(), asked).await;
        let (book, there) = found.map_err(|failure| self.failed(failure))?.ok_or(Problem::Broken)?;
        let is_customer = |id: &i64| number(id).is_some_and(|key| there.customers.contains(&CustomerKey(key)));
        let is_product = |id: &i64| number(id).is_some_and(|key| there.products.contains(&ProductKey(key)));
        let known = References {
            customers: named.customers.iter().copied().filter(is_customer).collect(),
            products: named.products.iter().copied().filter(is_product).collect(),
        };
        Ok((book, known))
    }

    fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, Problem> {
        let Some(value) = self.request.headers.get("idempotency-key") else {
            return Ok(None);
        };
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > MOST_NAME {
            let text = format!("Idempotency-Key must have 1 to {MOST_NAME} visible ASCII characters.");
            return Err(errors::detail(400, text));
        }
        Ok(Some(IdempotencyKey {
            key: key.to_owned(),
            request: self.request.body.to_vec(),
        }))
    }

    async fn counters(&self) -> Result<Counters, Problem> {
        let head = self.app.books.head(self.key()).await;
        let head = head.map_err(|failure| self.failed(failure))?;
        Ok(head.map(|head| head.counters).unwrap_or_default())
    }
}
