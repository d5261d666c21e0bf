//! What a request asks for, in the order in which it is looked at: route, version, token, call limit, scope, location, members,
//! and then the books.
//!
//! Deliberately absent: the words of any refusal (`errors.rs`) and the tables of members (`wire::requests`).

mod tokens;

use quittance_accounting::book::BookSettings;
use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::input::{Context, CustomerInput, DeleteOptions};
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_books::view::{CustomerView, InvoiceView};
use quittance_books::{Actor, Failure, Verb};
use serde::Serialize;
use serde_json::{Map, Value};

use super::errors::{self, Fault, Operation};
use super::manners::{self, NAME};
use super::mapping::{self, incoming, outgoing};
use super::rules::RULES;
use super::wire::shape::{self, Member};
use super::wire::{self, requests};
use crate::app::App;
use crate::http::{Request, Response};

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

/// A request, as its method and path name it.
enum Call<'r> {
    Create,
    List,
    NextNumber,
    Read(&'r str),
    Delete(&'r str),
    Void(&'r str),
    Send(&'r str),
    Pay(&'r str),
}

impl Call<'_> {
    fn of<'r>(method: &str, segments: &[&'r str]) -> Option<Call<'r>> {
        let is_id = |id: &str| !id.is_empty() && !SIBLINGS.contains(&id);
        match (method, segments) {
            ("POST", ["invoices"]) => Some(Call::Create),
            ("GET", ["invoices"]) => Some(Call::List),
            ("GET", ["invoices", "generate-invoice-number"]) => Some(Call::NextNumber),
            ("GET", ["invoices", id]) if is_id(id) => Some(Call::Read(id)),
            ("DELETE", ["invoices", id]) if is_id(id) => Some(Call::Delete(id)),
            ("POST", ["invoices", id, "void"]) if is_id(id) => Some(Call::Void(id)),
            ("POST", ["invoices", id, "send"]) if is_id(id) => Some(Call::Send(id)),
            ("POST", ["invoices", id, "record-payment"]) if is_id(id) => Some(Call::Pay(id)),
            _ => None,
        }
    }

    /// The scope it takes and what it does as far as the token's role is concerned.
    fn reach(&self) -> (&'static str, Verb) {
        match self {
            Call::List | Call::NextNumber | Call::Read(_) => (manners::READ_SCOPE, Verb::Read),
            Call::Create => (manners::WRITE_SCOPE, Verb::WriteDraft),
            Call::Delete(_) | Call::Void(_) | Call::Send(_) | Call::Pay(_) => (manners::WRITE_SCOPE, Verb::Post),
        }
    }

    fn members(&self) -> &'static [Member] {
        match self {
            Call::NextNumber | Call::Read(_) | Call::Delete(_) | Call::Void(_) => requests::ALT,
            Call::List => requests::LIST,
            Call::Create => requests::CREATE,
            Call::Send(_) => requests::SEND,
            Call::Pay(_) => requests::PAY,
        }
    }

    /// The members of the request, wherever the vendor puts them. A delete has them in the query; for those who send them in a body,
    /// as one of the vendor's pages shows, what the query lacks is taken from there, and anything else in it is passed over.
    fn request(&self, request: &Request) -> Result<Map<String, Value>, Fault> {
        match self {
            Call::List | Call::NextNumber | Call::Read(_) => Ok(query(request)),
            Call::Create | Call::Void(_) | Call::Send(_) | Call::Pay(_) => body(request),
            Call::Delete(_) => {
                let mut members = query(request);
                let lacking: Vec<&str> = ["altId", "altType"]
                    .into_iter()
                    .filter(|name| !members.contains_key(*name))
                    .collect();
                if !lacking.is_empty() {
                    let mut body = body(request)?;
                    members.extend(lacking.iter().filter_map(|name| body.remove_entry(*name)));
                }
                Ok(members)
            }
        }
    }
}

/// Query members as texts; the first of a name counts, an empty one is as good as none.
fn query(request: &Request) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, value) in request.query_pairs().into_iter().filter(|(_, value)| !value.is_empty()) {
        members.entry(name).or_insert(Value::String(value));
    }
    members
}

/// Members of the body; none when it is empty, which it is on calls of the vendor's own clients that announce JSON.
fn body(request: &Request) -> Result<Map<String, Value>, Fault> {
    match request.json() {
        Ok(None) => Ok(Map::new()),
        Ok(Some(Value::Object(members))) => Ok(members),
        Ok(Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_))) => {
            Err(Fault::Invalid(vec!["the body must be an object".to_owned()]))
        }
        Err(error) => Err(Fault::Unreadable(error)),
    }
}

/// Answers a request in this dialect.
pub async fn answer(app: &App, request: &Request) -> Response {
    let segments = request.segments();
    if request.method == "POST" && segments.as_strs() == ["oauth", "token"] {
        return tokens::token(app, request).await;
    }
    let Some(call) = Call::of(request.method.as_str(), &segments.as_strs()) else {
        return errors::no_route(request);
    };
    if let Err(fault) = manners::check_version(request) {
        return fault.response();
    }
    let actor = match manners::identify(app, request).await {
        Ok(actor) => actor,
        Err(fault) => return fault.response(),
    };
    let verdict = manners::count(app, &actor);
    let answer = match verdict.allowed {
        true => answered(app, request, actor, &call).await,
        false => Err(Fault::TooManyCalls),
    };
    let answer = answer.unwrap_or_else(|fault| fault.response());
    manners::with_usage(answer, &verdict)
}

async fn answered(app: &App, request: &Request, actor: Actor, call: &Call<'_>) -> Result<Response, Fault> {
    let (scope, verb) = call.reach();
    if !actor.has_scope(scope) || !actor.may(verb) {
        return Err(Fault::Scope);
    }
    let settings = app.books.settings(actor.book).await.map_err(Fault::Books)?;
    let settings = settings.ok_or(Fault::Location)?;
    let members = call.request(request)?;
    let location = shape::text(&members, "altId").filter(|text| !text.is_empty());
    if location.is_some_and(|location| !manners::is_location(location, &settings)) {
        return Err(Fault::Location);
    }
    let problems = shape::problems(&members, call.members());
    if !problems.is_empty() {
        return Err(Fault::Invalid(problems));
    }
    let desk = Desk {
        app,
        context: Context {
            actor,
            source: NAME,
            request_id: request.request_id.clone(),
        },
        settings,
        members,
    };
    match call {
        Call::Create => desk.create().await,
        Call::List => desk.list().await,
        Call::NextNumber => desk.next_number().await,
        Call::Read(id) => desk.read(id).await,
        Call::Delete(id) => desk.delete(id).await,
        Call::Void(id) => desk.void(id).await,
        Call::Send(id) => desk.send(id).await,
        Call::Pay(id) => desk.pay(id).await,
    }
}

/// A request that may be carried out: who asks, in which location, with which members.
struct Desk<'a> {
    app: &'a App,
    context: Context,
    settings: BookSettings,
    members: Map<String, Value>,
}

impl Desk<'_> {
    fn book(&self) -> BookKey {
        self.context.actor.book
    }

    async fn create(&self) -> Result<Response, Fault> {
        let order = incoming::order(&self.members, &self.settings)?;
        let customer = self.contact_or_new(&order.contact_id, order.contact).await?;
        let mut input = order.invoice;
        input.customer = Some(Named::Id(customer.customer.id));
        let view = self.app.books.create_invoice(&self.context, &RULES, input, None).await;
        let view = view.map_err(|failure| Fault::Refused(Operation::Create, failure))?;
        shown(201, &outgoing::invoice(&view))
    }

    /// The contact that an id names: the id is this server's, or one that a client brought.
    async fn contact(&self, id: &str) -> Result<Option<CustomerView>, Fault> {
        if let Some(id) = DocumentId::from_hex(id) {
            let found = self.app.books.customer(self.book(), &Named::Id(id)).await;
            if let Some(found) = found.map_err(Fault::Books)? {
                return Ok(Some(found));
            }
        }
        let named = Named::External(id.to_owned());
        self.app.books.customer(self.book(), &named).await.map_err(Fault::Books)
    }

    /// Contacts are made elsewhere in the vendor's product; here the first invoice makes them.
    async fn contact_or_new(&self, id: &str, new: CustomerInput) -> Result<CustomerView, Fault> {
        if let Some(known) = self.contact(id).await? {
            return Ok(known);
        }
        let failure = match self.app.books.add_customer(&self.context, new).await {
            Ok(added) => return Ok(added),
            Err(failure) => failure,
        };
        // Two first invoices for one contact may arrive together: the later one finds what the earlier one made.
        if let Failure::Refused(refusals) = &failure
            && refusals
                .iter()
                .any(|refusal| matches!(refusal, Refusal::ExternalIdTaken { .. }))
            && let Some(known) = self.contact(id).await?
        {
            return Ok(known);
        }
        Err(Fault::Refused(Operation::Create, failure))
    }

    async fn next_number(&self) -> Result<Response, Fault> {
        let number = self.app.books.next_number(self.book(), &RULES.numbering).await;
        let invoice_number = outgoing::number_value(&number.map_err(Fault::Books)?);
        shown(200, &wire::NextNumber { invoice_number })
    }

    async fn read(&self, id: &str) -> Result<Response, Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let view = self
            .app
            .books
            .invoice(self.book(), &named)
            .await
            .map_err(Fault::Books)?;
        let live = view.filter(|view| view.deleted.is_none()).ok_or(Fault::NoInvoice)?;
        shown(200, &outgoing::invoice_with_summary(&live))
    }

    async fn delete(&self, id: &str) -> Result<Response, Fault> {
        let named = mapping::invoice_id(id).ok_or(Fault::NoInvoice)?;
        let options = DeleteOptions::default();
        let deleted = self
            .app
            .books
            .delete_invoice(&self.context, &RULES, named, options)
            .await;
        let deleted = deleted.map_err(|failure| Fault::Refused(Operation::Delete, failure))?;
        let answer = shown(200, &outgoing::invoice(&deleted.before))?;
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
        let input = incoming::payment(&self.members, named, self.settings.currency)?;
        let recorded = self.app.books.record_payment(&self.context, &RULES, input, None).await;
        let (_, invoices) = recorded.map_err(|failure| Fault::Refused(Operation::Pay, failure))?;
        let view = invoices.first().ok_or(Fault::NoInvoice)?;
        let recorded = wire::Recorded {
            success: true,
            invoice: outgoing::invoice(view),
        };
        shown(200, &recorded)
    }

    async fn list(&self) -> Result<Response, Fault> {
        let Some(query) = self.invoice_query().await? else {
            return shown(
                200,
                &wire::InvoiceList {
                    invoices: Vec::new(),
                    total: 0,
                },
            );
        };
        let search = shape::text(&self.members, "search").map(str::to_lowercase);
        let live = match shape::text(&self.members, "paymentMode") {
            Some("live") => Some(true),
            Some("test") => Some(false),
            Some(_) | None => None,
        };
        if search.is_none() && live.is_none() {
            let page = self
                .app
                .books
                .invoices(self.book(), &query)
                .await
                .map_err(Fault::Books)?;
            let total = page.total.unwrap_or(0);
            return page_of(&page.invoices, total);
        }
        let all = InvoiceQuery {
            offset: 0,
            limit: manners::MOST_SEARCHED,
            count: false,
            ..query.clone()
        };
        let page = self.app.books.invoices(self.book(), &all).await.map_err(Fault::Books)?;
        let found = |view: &InvoiceView| {
            let texts = || outgoing::searched(view).into_iter();
            live.is_none_or(|live| outgoing::is_live(view) == live)
                && search
                    .as_ref()
                    .is_none_or(|search| texts().any(|text| text.to_lowercase().contains(search)))
        };
        let matching: Vec<InvoiceView> = page.invoices.into_iter().filter(found).collect();
        let total = i64::try_from(matching.len()).unwrap_or(i64::MAX);
        let (offset, limit) = (usize::try_from(query.offset), usize::try_from(query.limit));
        let (offset, limit) = (offset.unwrap_or(usize::MAX), limit.unwrap_or(0));
        let rows: Vec<InvoiceView> = matching.into_iter().skip(offset).take(limit).collect();
        page_of(&rows, total)
    }

    /// The query of a list; `None` where no invoice can match.
    async fn invoice_query(&self) -> Result<Option<InvoiceQuery>, Fault> {
        let members = &self.members;
        let mut filter = InvoiceFilter {
            invoice_date: (shape::day(members, "startAt"), shape::day(members, "endAt")),
            ..InvoiceFilter::default()
        };
        match shape::text(members, "status") {
            None => {}
            // The vendor's own screens filter by it, though no invoice has it as its status.
            Some("overdue") => filter.overdue = Some((true, self.app.now())),
            Some(status) => match mapping::standings_of(status) {
                none if none.is_empty() => return Ok(None),
                standings => filter.standings = Some(standings),
            },
        }
        if let Some(id) = shape::text(members, "contactId") {
            match self.contact(id).await? {
                None => return Ok(None),
                Some(contact) => filter.customer = Some(contact.customer.key),
            }
        }
        let by_date = shape::text(members, "sortField").is_some();
        Ok(Some(InvoiceQuery {
            filter,
            order: if by_date {
                OrderBy::InvoiceDate
            } else {
                OrderBy::Created
            },
            descending: shape::text(members, "sortOrder") != Some("ascend"),
            offset: shape::count(members, "offset").unwrap_or(0),
            limit: shape::count(members, "limit").unwrap_or(manners::MOST_LISTED),
            count: true,
        }))
    }
}

fn page_of(views: &[InvoiceView], total: i64) -> Result<Response, Fault> {
    let invoices = views.iter().map(outgoing::invoice_with_summary).collect();
    shown(200, &wire::InvoiceList { invoices, total })
}

fn shown(status: u16, body: &impl Serialize) -> Result<Response, Fault> {
    match serde_json::to_value(body) {
        Ok(value) => Ok(Response::json(status, &value)),
        // Only a map with keys that are no texts cannot be written, and there is none in these shapes.
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Err(Fault::Books(Failure::Unavailable))
        }
    }
}
