//! What a request asks for, in the order in which it is looked at: route, version, token, call limit, scope, location, members,
//! and then the books.
//!
//! What there is to ask for stands in the files of the folder, one for each of the vendor's nouns. Deliberately absent: the words of
//! any refusal (`errors.rs`) and the tables of members (`wire::requests`).

mod estimates;
mod invoices;
mod schedules;
mod settings;
mod stored;
mod templates;
mod tokens;

use quittance_accounting::book::BookSettings;
use quittance_accounting::identity::{BookKey, DocumentId, DocumentKind};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::input::{Context, CustomerInput};
use quittance_books::together::{Step, Together};
use quittance_books::view::CustomerView;
use quittance_books::{Actor, Failure, Verb};
use serde::Serialize;
use serde_json::{Map, Value};

use super::errors::{self, Fault};
use super::manners::{self, NAME};
use super::rules::RULES;
use super::wire::shape::{self, Member};
use crate::app::App;
use crate::http::{Request, Response};

pub use schedules::run_due;

/// Where the members of a request stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the query.
    Query,
    /// In the body.
    Body,
    /// In the query; what it lacks of the location, in the body. The vendor's pages show a delete either way.
    QueryElseBody,
}

/// How a request is looked at before the books are.
struct Manner {
    /// The scope it takes; where the vendor asks for none, any of this dialect.
    scope: Option<&'static str>,
    /// What it does as far as the token's role is concerned.
    verb: Verb,
    /// Where its members stand.
    place: Place,
    /// What they may be.
    members: &'static [Member],
}

/// A request, as its method and path name it.
enum Call<'r> {
    Invoices(invoices::Call<'r>),
    Settings(settings::Call),
    Templates(templates::Call<'r>),
    Schedules(schedules::Call<'r>),
    Estimates(estimates::Call<'r>),
}

impl Call<'_> {
    fn of<'r>(method: &str, segments: &[&'r str]) -> Option<Call<'r>> {
        match segments {
            ["invoices", "settings"] => settings::Call::of(method).map(Call::Settings),
            ["invoices", "template", rest @ ..] => templates::Call::of(method, rest).map(Call::Templates),
            ["invoices", "schedule", rest @ ..] => schedules::Call::of(method, rest).map(Call::Schedules),
            ["invoices", "estimate", rest @ ..] => estimates::Call::of(method, rest).map(Call::Estimates),
            ["invoices", rest @ ..] => invoices::Call::of(method, rest).map(Call::Invoices),
            _ => None,
        }
    }

    fn manner(&self) -> Manner {
        match self {
            Call::Invoices(call) => call.manner(),
            Call::Settings(call) => call.manner(),
            Call::Templates(call) => call.manner(),
            Call::Schedules(call) => call.manner(),
            Call::Estimates(call) => call.manner(),
        }
    }
}

/// The members of a request, wherever the vendor puts them. What a delete has in its query counts; for those who send it in a body,
/// what the query lacks is taken from there, and anything else in it is passed over.
fn members_of(request: &Request, place: Place) -> Result<Map<String, Value>, Fault> {
    match place {
        Place::Query => Ok(query(request)),
        Place::Body => body(request),
        Place::QueryElseBody => {
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
    let manner = call.manner();
    let reached = match manner.scope {
        Some(scope) => actor.has_scope(scope),
        None => manners::is_in_reach(&actor),
    };
    if !reached || !actor.may(manner.verb) {
        return Err(Fault::Scope);
    }
    let settings = app.books.settings(actor.book).await.map_err(Fault::Books)?;
    let settings = settings.ok_or(Fault::Location)?;
    let members = members_of(request, manner.place)?;
    let location = shape::text(&members, "altId").filter(|text| !text.is_empty());
    if location.is_some_and(|location| !manners::is_location(location, &settings)) {
        return Err(Fault::Location);
    }
    let problems = shape::problems(&members, manner.members);
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
        host: request.header("host").map(str::to_owned),
    };
    match call {
        Call::Invoices(call) => call.answer(&desk).await,
        Call::Settings(call) => call.answer(&desk).await,
        Call::Templates(call) => call.answer(&desk).await,
        Call::Schedules(call) => call.answer(&desk).await,
        Call::Estimates(call) => call.answer(&desk).await,
    }
}

/// A request that may be carried out: who asks, in which location, with which members.
struct Desk<'a> {
    app: &'a App,
    context: Context,
    settings: BookSettings,
    members: Map<String, Value>,
    /// The name under which the client reached us.
    host: Option<String>,
}

impl Desk<'_> {
    fn book(&self) -> BookKey {
        self.context.actor.book
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

    /// Contacts are made elsewhere in the vendor's product; here the first document that names one makes it: how that names it, and the
    /// step that makes it in the same commit, where nobody has the id.
    async fn contact_or_new(&self, id: &str, new: &CustomerInput) -> Result<(Named, Option<Step>), Fault> {
        Ok(match self.contact(id).await? {
            Some(known) => (Named::Id(known.customer.id), None),
            None => (Named::External(id.to_owned()), Some(Step::AddCustomer(new.clone()))),
        })
    }

    /// Carries steps out in one commit; `None` when somebody else was faster and they must be made anew.
    async fn carried_out(&self, steps: Vec<Step>) -> Result<Option<Together>, (usize, Failure)> {
        match self.app.books.all_or_none(&self.context, &RULES, steps).await {
            Ok(done) => Ok(Some(done)),
            Err((_, failure)) if is_overtaken(&failure) => Ok(None),
            Err(refused) => Err(refused),
        }
    }
}

/// Whether somebody else changed meanwhile what was read, or made the contact that was to be made.
fn is_overtaken(failure: &Failure) -> bool {
    let is_contact = |reason: &Refusal| {
        let customer = DocumentKind::Customer;
        matches!(reason, Refusal::ExternalIdTaken { kind, .. } if *kind == customer)
    };
    let is_race = |reason: &Refusal| stored::is_race(reason) || is_contact(reason);
    failure.is_outrun() || matches!(failure, Failure::Refused(reasons) if reasons.iter().any(is_race))
}

/// The answer when others were faster again and again.
fn overtaken() -> Fault {
    Fault::Books(Failure::Unavailable)
}

/// What a commit left of something that it was about. Without it the commit would not be there.
fn left<T>(found: Option<T>) -> Result<T, Fault> {
    found.ok_or(Fault::Books(Failure::Unavailable))
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
