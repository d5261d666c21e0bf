//! What a request asks for, checked in the framework's order: slash, credentials, role, method, document, body, rules.

use quittance_accounting::identity::{BookKey, DocumentKind};
use quittance_accounting::snapshot::Named;
use quittance_books::input::{Context, DeleteOptions, IdempotencyKey};
use quittance_books::view::{BookView, InvoiceView};
use quittance_books::{Actor, Failure, Verb};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::http::{Request, Response};

use super::errors::{self, Problem};
use super::manners::{self, DIALECT, MOST_NAME, Paging, Presented, SCOPE};
use super::mapping::filters::{self, Asked};
use super::mapping::reading::{self, Change, References, Setting};
use super::mapping::{fields, number_of, showing};
use super::rules::RULES;

/// A place that requests can be sent to. An id is `None` when its digits are more than any id has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Invoices,
    Invoice(Option<i64>),
    Pay(Option<i64>),
    Void(Option<i64>),
    Send(Option<i64>),
    Vendors,
    Products,
    Entities,
    Accounts,
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
        ["coa", "api", "v1", "invoice"] => (Some(Route::Invoices), true),
        ["coa", "api", "v1", "invoice", id] => (digits(id).map(Route::Invoice), true),
        ["coa", "api", "v1", "invoice", id, "pay"] => (digits(id).map(Route::Pay), true),
        ["coa", "api", "v1", "invoice", id, "void"] => (digits(id).map(Route::Void), true),
        ["coa", "api", "v1", "invoice", id, "send"] => (digits(id).map(Route::Send), true),
        ["coa", "api", "vendor"] => (Some(Route::Vendors), false),
        ["rr", "api", "v1", "product"] => (Some(Route::Products), false),
        ["coa", "api", "entity"] => (Some(Route::Entities), false),
        ["coa", "api", "account"] => (Some(Route::Accounts), false),
        _ => (None, false),
    };
    match (route, slash, segments.trailing_slash) {
        (Some(route), true, true) | (Some(route), false, false) => Found::Route(route),
        (Some(_), true, false) => Found::WithoutItsSlash,
        (Some(_), false, true) | (None, _, _) => Found::Nothing,
    }
}

fn digits(text: &str) -> Option<Option<i64>> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())
}

impl Route {
    /// The methods of the route, in the framework's order.
    fn allow(self) -> &'static str {
        match self {
            Route::Invoices | Route::Vendors | Route::Products => "GET, POST, HEAD, OPTIONS",
            Route::Invoice(_) => "GET, PATCH, DELETE, HEAD, OPTIONS",
            Route::Pay(_) | Route::Void(_) => "POST, OPTIONS",
            Route::Send(_) => "PUT, OPTIONS",
            Route::Entities | Route::Accounts => "GET, HEAD, OPTIONS",
        }
    }

    /// The name of the route's view.
    fn name(self) -> &'static str {
        match self {
            Route::Invoices => "Invoice List",
            Route::Invoice(_) => "Invoice Instance",
            Route::Pay(_) => "Invoice Pay",
            Route::Void(_) => "Invoice Void",
            Route::Send(_) => "Invoice Send",
            Route::Vendors => "Vendor List",
            Route::Products => "Product List",
            Route::Entities => "Entity List",
            Route::Accounts => "Account List",
        }
    }

    /// What a method does here, as far as a role is concerned. Where a draft can be written, whether it is one shows later.
    fn verb(self, method: &str) -> Verb {
        match (self, method) {
            (_, "GET" | "HEAD" | "OPTIONS") => Verb::Read,
            (Route::Invoices | Route::Vendors | Route::Products, "POST") => Verb::WriteDraft,
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
            (Route::Invoices, "POST") => self.create_invoice().await,
            (Route::Invoices, _) => self.list_invoices().await,
            (Route::Invoice(id), "DELETE") => self.delete_invoice(id).await,
            (Route::Invoice(id), "PATCH") => self.change_invoice(id).await,
            (Route::Invoice(id), _) => self.read_invoice(id).await,
            (Route::Pay(id), _) => self.pay(id).await,
            (Route::Void(id), _) => self.void(id).await,
            (Route::Send(id), _) => self.send(id).await,
            (Route::Vendors, "POST") => self.create_vendor().await,
            (Route::Vendors, _) => self.list_vendors().await,
            (Route::Products, "POST") => self.create_product().await,
            (Route::Products, _) => self.list_products().await,
            (Route::Entities, _) => Ok(manners::json(200, &[showing::company(&self.book().await?)])),
            (Route::Accounts, _) => self.list_accounts().await,
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

    async fn book(&self) -> Result<BookView, Problem> {
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

    /// The name in the books of the invoice with this integer.
    fn named(&self, id: Option<i64>) -> Result<Named, Problem> {
        let number = id.and_then(|id| number_of(self.key(), id));
        number
            .map(Named::Key)
            .ok_or_else(|| errors::absent(DocumentKind::Invoice))
    }

    /// The live invoice with this integer. One that another dialect deleted and still shows is unknown here.
    async fn live(&self, id: Option<i64>) -> Result<(Named, InvoiceView), Problem> {
        let named = self.named(id)?;
        let view = self.app.books.invoice(self.key(), &named).await;
        let view = view.map_err(|failure| self.failed(failure))?;
        let view = view.filter(|view| view.deleted.is_none());
        view.map(|view| (named, view))
            .ok_or_else(|| errors::absent(DocumentKind::Invoice))
    }

    async fn read_invoice(&self, id: Option<i64>) -> Result<Response, Problem> {
        let (_, view) = self.live(id).await?;
        Ok(manners::json(200, &showing::invoice(&view)))
    }

    async fn list_invoices(&self) -> Result<Response, Problem> {
        let (book, paging) = (self.book().await?, Paging::of(self.request));
        let asked = filters::read(self.request, &book, paging, self.app.now());
        let (rows, count) = match asked.map_err(|errors| Problem::Said(400, errors))? {
            Asked::Nothing => (Vec::new(), 0),
            Asked::Query(query) => {
                let listing = self.app.books.invoices(self.key(), &query).await;
                let listing = listing.map_err(|failure| self.failed(failure))?;
                let rows = listing.invoices.iter().map(showing::row).collect();
                (rows, listing.total.unwrap_or_default())
            }
        };
        Ok(manners::json(200, &paging.page(self.request, count, rows)))
    }

    async fn create_invoice(&self) -> Result<Response, Problem> {
        let body = self.body()?;
        if !reading::asks_for_draft(&body) && !self.actor.may(Verb::Post) {
            return Err(errors::forbidden());
        }
        let said = |errors| Problem::Said(400, errors);
        let members = fields::object(&body).map_err(said)?;
        let book = self.book().await?;
        let known = self.known(References::of(members, &book)).await?;
        let setting = Setting {
            book: &book,
            known: &known,
            now: self.app.now(),
        };
        let input = reading::invoice(members, &setting).map_err(said)?;
        let key = self.idempotency_key()?;
        let made = self.app.books.create_invoice(&self.context(), &RULES, input, key).await;
        let view = made.map_err(|failure| self.failed(failure))?;
        Ok(manners::json(201, &showing::invoice(&view)))
    }

    /// Those of the references that name something.
    async fn known(&self, mut named: References) -> Result<References, Problem> {
        let number = |id: i64| Named::Key(number_of(self.key(), id).unwrap_or_default());
        for id in named.customers.clone() {
            let found = self.app.books.customer(self.key(), &number(id)).await;
            if found.map_err(|failure| self.failed(failure))?.is_none() {
                named.customers.remove(&id);
            }
        }
        for id in named.products.clone() {
            let found = self.app.books.product(self.key(), &number(id)).await;
            if found.map_err(|failure| self.failed(failure))?.is_none() {
                named.products.remove(&id);
            }
        }
        Ok(named)
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

    async fn change_invoice(&self, id: Option<i64>) -> Result<Response, Problem> {
        let (named, view) = self.live(id).await?;
        let books = &self.app.books;
        let is = showing::status_of(&view.invoice);
        let changed = match self.read(reading::change)? {
            Change::Nothing => Ok(view),
            Change::Status(wanted) if wanted == is => Ok(view),
            Change::Status("open") if is == "draft" => books.issue_invoice(&self.context(), &RULES, named).await,
            Change::Status("sent") if matches!(is, "draft" | "open") => {
                books.send_invoice(&self.context(), &RULES, named).await
            }
            Change::Status(wanted) => {
                let text = format!("The invoice is {is} and cannot be made {wanted} here.");
                return Err(errors::about("payment_status", text));
            }
        };
        let view = changed.map_err(|failure| self.failed(failure))?;
        Ok(manners::json(200, &showing::invoice(&view)))
    }

    /// A body is passed over, whatever it holds.
    async fn delete_invoice(&self, id: Option<i64>) -> Result<Response, Problem> {
        let named = self.named(id)?;
        let options = DeleteOptions::default();
        let gone = self
            .app
            .books
            .delete_invoice(&self.context(), &RULES, named, options)
            .await;
        let gone = gone.map_err(|failure| self.failed(failure))?;
        Ok(Response::empty(204).with("quittance-receipt", gone.seal.to_string()))
    }

    async fn pay(&self, id: Option<i64>) -> Result<Response, Problem> {
        let (named, _) = self.live(id).await?;
        let book = self.book().await?;
        let input = self.read(|members| reading::payment(members, &book, &named))?;
        let paid = self
            .app
            .books
            .record_payment(&self.context(), &RULES, input, None)
            .await;
        let (payment, _) = paid.map_err(|failure| self.failed(failure))?;
        Ok(manners::json(200, &showing::paid(&payment, self.key())))
    }

    async fn void(&self, id: Option<i64>) -> Result<Response, Problem> {
        let (named, _) = self.live(id).await?;
        let date = self.read(reading::void_date)?;
        let view = self.app.books.void_invoice(&self.context(), &RULES, named, date).await;
        let view = view.map_err(|failure| self.failed(failure))?;
        Ok(manners::json(200, &showing::invoice(&view)))
    }

    /// A body is passed over: whom the vendor mails it to is no business of the books.
    async fn send(&self, id: Option<i64>) -> Result<Response, Problem> {
        let named = self.named(id)?;
        let sent = self.app.books.send_invoice(&self.context(), &RULES, named).await;
        sent.map_err(|failure| self.failed(failure))?;
        Ok(Response::empty(200))
    }

    async fn create_vendor(&self) -> Result<Response, Problem> {
        let input = self.read(reading::vendor)?;
        let made = self.app.books.add_customer(&self.context(), input).await;
        let view = made.map_err(|failure| self.failed(failure))?;
        Ok(manners::json(201, &showing::vendor(&view, self.key())))
    }

    async fn list_vendors(&self) -> Result<Response, Problem> {
        let paging = Paging::of(self.request);
        let views = self.app.books.customers(self.key(), paging.offset, paging.limit).await;
        let views = views.map_err(|failure| self.failed(failure))?;
        let rows = views.iter().map(|view| showing::vendor(view, self.key())).collect();
        // Customers are never removed, so the highest number is their count.
        let count = self.counters().await?.customers;
        Ok(manners::json(200, &paging.page(self.request, count, rows)))
    }

    async fn create_product(&self) -> Result<Response, Problem> {
        let book = self.book().await?;
        let input = self.read(|members| reading::product(members, &book))?;
        let made = self.app.books.add_product(&self.context(), input).await;
        let view = made.map_err(|failure| self.failed(failure))?;
        Ok(manners::json(201, &showing::product(&view, self.key())))
    }

    async fn list_products(&self) -> Result<Response, Problem> {
        let paging = Paging::of(self.request);
        let views = self.app.books.products(self.key(), paging.offset, paging.limit).await;
        let views = views.map_err(|failure| self.failed(failure))?;
        let rows = views.iter().map(|view| showing::product(view, self.key())).collect();
        // Nor are products.
        let count = self.counters().await?.products;
        Ok(manners::json(200, &paging.page(self.request, count, rows)))
    }

    async fn counters(&self) -> Result<quittance_accounting::snapshot::Counters, Problem> {
        let head = self.app.books.head(self.key()).await;
        let head = head.map_err(|failure| self.failed(failure))?;
        Ok(head.map(|head| head.counters).unwrap_or_default())
    }

    async fn list_accounts(&self) -> Result<Response, Problem> {
        let (book, paging) = (self.book().await?, Paging::of(self.request));
        let rows = book.accounts.iter().map(|account| showing::account(account, book.key));
        let start = usize::try_from(paging.offset).unwrap_or(usize::MAX);
        let most = usize::try_from(paging.limit).unwrap_or(usize::MAX);
        let rows = rows.skip(start).take(most).collect();
        let count = i64::try_from(book.accounts.len()).unwrap_or(i64::MAX);
        Ok(manners::json(200, &paging.page(self.request, count, rows)))
    }
}
