//! Estimates: what something would cost, until an invoice is made of it. The books know only the invoice.

mod templates;

use jiff::civil::Date;
use quittance_accounting::resource::Replaces;
use quittance_accounting::snapshot::Named;
use quittance_books::resources::{ResourceInput, ResourceName, ResourceView};
use quittance_books::together::{Step, Together};
use quittance_books::{Failure, Verb};
use serde_json::{Map, Value, json};

use super::super::errors::{Fault, Operation};
use super::super::manners::ESTIMATE_SCOPES;
use super::super::mapping::estimates::{self, Estimate, Status};
use super::super::mapping::stored::{self, Searched};
use super::super::mapping::{incoming, outgoing};
use super::super::wire::requests;
use super::super::wire::requests::estimates as members;
use super::super::wire::shape;
use super::stored::{Stored, id_of};
use super::{Desk, Manner, Place, left, overtaken, shown};
use crate::http::Response;

const ESTIMATE: Stored = Stored {
    kind: "highlevel.estimate",
    missing: "Unable to find an estimate with the given estimate id",
};

/// What the count of estimates is kept as: one resource in a book.
const SERIES: &str = "highlevel.estimate_series";
const SERIES_WORD: &str = "estimates";

/// What the vendor has beside the estimates themselves: never an id.
const SIBLINGS: [&str; 4] = ["list", "number", "stats", "template"];

/// What can be asked of estimates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'r> {
    Create,
    List,
    NextNumber,
    Visited,
    Update(&'r str),
    Delete(&'r str),
    Send(&'r str),
    Invoice(&'r str),
    Templates(templates::Call<'r>),
}

impl<'r> Call<'r> {
    /// What stands at a path below the estimates.
    pub(super) fn of(method: &str, rest: &[&'r str]) -> Option<Call<'r>> {
        let is_id = |id: &str| !id.is_empty() && !SIBLINGS.contains(&id);
        match (method, rest) {
            ("POST", []) => Some(Call::Create),
            ("GET", ["list"]) => Some(Call::List),
            ("GET", ["number", "generate"]) => Some(Call::NextNumber),
            ("PATCH", ["stats", "last-visited-at"]) => Some(Call::Visited),
            (_, ["template", rest @ ..]) => templates::Call::of(method, rest).map(Call::Templates),
            ("PUT", [id]) if is_id(id) => Some(Call::Update(id)),
            ("DELETE", [id]) if is_id(id) => Some(Call::Delete(id)),
            ("POST", [id, "send"]) if is_id(id) => Some(Call::Send(id)),
            ("POST", [id, "invoice"]) if is_id(id) => Some(Call::Invoice(id)),
            _ => None,
        }
    }

    pub(super) fn manner(&self) -> Manner {
        let [read, write] = ESTIMATE_SCOPES.map(Some);
        let (scope, verb, place, members) = match self {
            Call::List => (read, Verb::Read, Place::Query, members::LIST),
            Call::NextNumber => (read, Verb::Read, Place::Query, requests::ALT),
            Call::Visited => (None, Verb::WriteDraft, Place::Body, members::VISITED),
            Call::Create => (write, Verb::WriteDraft, Place::Body, members::CREATE),
            Call::Update(_) => (write, Verb::WriteDraft, Place::Body, members::UPDATE),
            Call::Delete(_) => (write, Verb::WriteDraft, Place::QueryElseBody, requests::ALT),
            Call::Send(_) => (write, Verb::WriteDraft, Place::Body, members::SEND),
            Call::Invoice(_) => (write, Verb::WriteDraft, Place::Body, members::INVOICE),
            Call::Templates(call) => return call.manner(),
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
            Call::Create => desk.create_estimate().await,
            Call::List => desk.list_estimates().await,
            Call::NextNumber => desk.next_estimate_number().await,
            Call::Visited => desk.estimate_visited().await,
            Call::Update(id) => desk.update_estimate(id).await,
            Call::Delete(id) => desk.delete_estimate(id).await,
            Call::Send(id) => desk.send_estimate(id).await,
            Call::Invoice(id) => desk.invoice_estimate(id).await,
            Call::Templates(call) => call.answer(desk).await,
        }
    }
}

/// Words what a step was refused for.
fn refused(operation: Operation) -> impl Fn((usize, Failure)) -> Fault {
    move |(_, failure)| Fault::Refused(operation, failure)
}

fn cannot(verb: &str, status: Status) -> Fault {
    Fault::Rule(format!("Can not {verb} {} estimate", status.word()))
}

/// What stands in the request apart from what the estimate says.
const ASIDE: [&str; 4] = ["estimateNumber", "estimateStatus", "sendEstimateDetails", "userId"];

impl Desk<'_> {
    fn estimate_value(&self, view: &ResourceView) -> Value {
        let estimate = Estimate::of(&view.body);
        estimates::shown(view, &id_of(view), &estimate, &self.settings, &self.context.request_id)
    }

    fn today(&self) -> Date {
        stored::zone(&self.settings).to_datetime(self.app.now()).date()
    }

    /// What an estimate says after the request, over what it said before or over the settings of the location.
    async fn said_by_estimate(&self, before: Option<&Value>) -> Result<Value, Fault> {
        let mut request = self.members.clone();
        for name in ASIDE {
            request.remove(name);
        }
        if before.is_none() {
            let defaults = self.defaults().await?;
            let issued = shape::day(&request, "issueDate").unwrap_or(self.today());
            let own = [
                ("title", Some(defaults.estimates_title().to_owned())),
                ("termsNotes", defaults.estimates_terms().map(str::to_owned)),
                ("estimateNumberPrefix", Some(defaults.estimate_prefix().to_owned())),
                ("issueDate", Some(issued.to_string())),
                ("expiryDate", Some(defaults.expiry(issued).to_string())),
            ];
            for (name, value) in own {
                if request.get(name).is_none_or(Value::is_null)
                    && let Some(value) = value
                {
                    request.insert(name.to_owned(), Value::from(value));
                }
            }
        }
        stored::said(&request, before, &self.settings)
    }

    /// The count of estimates: the next number, and what the resource that keeps it must be when it is changed.
    async fn estimate_series(&self) -> Result<(i64, Replaces), Fault> {
        let known = self
            .app
            .books
            .resource(self.book(), SERIES, ResourceName::Word(SERIES_WORD))
            .await;
        Ok(match known.map_err(Fault::Books)? {
            None => (1, Replaces::Nothing),
            Some(view) => {
                let next = view.body.get("next").and_then(Value::as_i64).unwrap_or(1);
                (next, Replaces::AsRead(view.resource.content))
            }
        })
    }

    /// The number that is asked for, or the next, and the step that moves the count past it.
    async fn take_number(&self, known: Option<i64>) -> Result<(i64, Option<Step>), Fault> {
        let asked = shape::whole(&self.members, "estimateNumber");
        let (next, replaces) = match (asked, known) {
            (None, Some(known)) => return Ok((known, None)),
            (Some(asked), Some(known)) if asked == known => return Ok((known, None)),
            (_, _) => self.estimate_series().await?,
        };
        let number = asked.unwrap_or(next);
        if number < next {
            return Ok((number, None));
        }
        let step = Step::PutResource(Box::new(ResourceInput {
            kind: SERIES,
            word: SERIES_WORD.to_owned(),
            belongs_to: None,
            body: json!({"next": number.saturating_add(1)}),
            replaces,
        }));
        Ok((number, Some(step)))
    }

    fn put_estimate(&self, word: String, estimate: &Estimate, replaces: Replaces) -> Step {
        Step::PutResource(Box::new(ResourceInput {
            kind: ESTIMATE.kind,
            word,
            belongs_to: None,
            body: estimate.stored(),
            replaces,
        }))
    }

    /// The estimate that steps left.
    fn estimate_left(&self, done: &Together, word: &str) -> Result<Value, Fault> {
        let view = left(done.resource(ESTIMATE.kind, word))?;
        Ok(self.estimate_value(&view))
    }

    async fn create_estimate(&self) -> Result<Response, Fault> {
        let said = self.said_by_estimate(None).await?;
        let mut tries = self.app.books.tries(self.book());
        while tries.another().await {
            let (number, step) = self.take_number(None).await?;
            let mut estimate = Estimate::new(said.clone(), number, self.app.now());
            if let Some(details) = shape::object(&self.members, "sendEstimateDetails") {
                self.sent(&mut estimate, details)?;
            }
            let word = self.app.books.new_document_id().hex();
            let put = self.put_estimate(word.clone(), &estimate, Replaces::Nothing);
            let steps = step.into_iter().chain([put]).collect();
            let done = self.carried_out(steps).await;
            if let Some(done) = done.map_err(refused(Operation::Create))? {
                return Ok(Response::json(201, &self.estimate_left(&done, &word)?));
            }
        }
        Err(overtaken())
    }

    async fn update_estimate(&self, id: &str) -> Result<Response, Fault> {
        let mut tries = self.app.books.tries(self.book());
        while tries.another().await {
            let view = self.stored(ESTIMATE, id).await?;
            let mut estimate = Estimate::of(&view.body);
            if estimate.status == Status::Invoiced {
                return Err(cannot("update", estimate.status));
            }
            estimate.said = self.said_by_estimate(Some(&estimate.said)).await?;
            let (number, step) = self.take_number(Some(estimate.number)).await?;
            estimate.number = number;
            estimate.change("Updated", self.app.now());
            if let Some(status) = shape::text(&self.members, "estimateStatus").and_then(Status::of) {
                estimate.status = status;
            }
            if let Some(details) = shape::object(&self.members, "sendEstimateDetails") {
                self.sent(&mut estimate, details)?;
            }
            let put = self.put_estimate(id_of(&view), &estimate, Replaces::AsRead(view.resource.content));
            let steps = step.into_iter().chain([put]).collect();
            let done = self.carried_out(steps).await;
            if let Some(done) = done.map_err(refused(Operation::Edit))? {
                return Ok(Response::json(200, &self.estimate_left(&done, &id_of(&view))?));
            }
        }
        Err(overtaken())
    }

    /// Notes that an estimate was sent. One that was accepted stays so.
    fn sent(&self, estimate: &mut Estimate, details: &Map<String, Value>) -> Result<(), Fault> {
        match estimate.status {
            Status::Draft | Status::Sent | Status::Viewed => estimate.status = Status::Sent,
            Status::Accepted => {}
            status @ (Status::Declined | Status::Invoiced) => return Err(cannot("send", status)),
        }
        estimate.sent_by = shape::text(details, "userId").map(str::to_owned);
        if let Some(live) = details.get("liveMode").filter(|live| live.is_boolean()) {
            estimate.said["liveMode"] = live.clone();
        }
        estimate.change("Sent", self.app.now());
        Ok(())
    }

    async fn send_estimate(&self, id: &str) -> Result<Response, Fault> {
        let change = |known: &ResourceView| {
            let mut estimate = Estimate::of(&known.body);
            self.sent(&mut estimate, &self.members)?;
            Ok(estimate.stored())
        };
        let view = self.change_stored(ESTIMATE, id, change).await?;
        Ok(Response::json(201, &self.estimate_value(&view)))
    }

    async fn estimate_visited(&self) -> Result<Response, Fault> {
        let id = shape::text(&self.members, "estimateId").unwrap_or_default();
        let now = self.app.now();
        let change = |known: &ResourceView| {
            let mut estimate = Estimate::of(&known.body);
            estimate.visited = Some(outgoing::instant(now));
            if estimate.status == Status::Sent {
                estimate.status = Status::Viewed;
            }
            estimate.change("Viewed", now);
            Ok(estimate.stored())
        };
        self.change_stored(ESTIMATE, id, change).await?;
        Ok(Response::json(200, &json!({})))
    }

    async fn delete_estimate(&self, id: &str) -> Result<Response, Fault> {
        let view = self.remove_stored(ESTIMATE, id, |_| Ok(())).await?;
        let mut shown = self.estimate_value(&view);
        shown["deleted"] = json!(true);
        Ok(Response::json(200, &shown))
    }

    /// Makes a draft of an estimate, in the same commit in which the estimate notes it.
    async fn invoice_estimate(&self, id: &str) -> Result<Response, Fault> {
        let defaults = self.defaults().await?;
        let today = self.today();
        let mut tries = self.app.books.tries(self.book());
        while tries.another().await {
            let view = self.stored(ESTIMATE, id).await?;
            let mut estimate = Estimate::of(&view.body);
            match estimate.status {
                Status::Draft | Status::Sent | Status::Viewed | Status::Accepted => {}
                status @ (Status::Declined | Status::Invoiced) => return Err(cannot("invoice", status)),
            }
            let request = estimate.request(today, defaults.due(today));
            let order = incoming::order(&request, &self.settings, &defaults)?;
            let (customer, contact) = self.contact_or_new(&order.contact_id, &order.contact).await?;
            let mut input = order.invoice;
            input.customer = Some(customer);
            let invoice = self.app.books.new_document_id();
            if shape::flag(&self.members, "markAsInvoiced") == Some(true) {
                estimate.status = Status::Invoiced;
            }
            estimate.invoice = Some(invoice.hex());
            estimate.change("Invoiced", self.app.now());
            let put = self.put_estimate(id_of(&view), &estimate, Replaces::AsRead(view.resource.content));
            let made = Step::CreateInvoice(invoice, Box::new(input));
            let steps = contact.into_iter().chain([made, put]).collect();
            let done = self.carried_out(steps).await;
            if let Some(done) = done.map_err(refused(Operation::Create))? {
                let made = left(done.invoice_named(&Named::Id(invoice)))?;
                let estimate = self.estimate_left(&done, &id_of(&view))?;
                return shown(200, &json!({"estimate": estimate, "invoice": outgoing::invoice(&made)}));
            }
        }
        Err(overtaken())
    }

    async fn next_estimate_number(&self) -> Result<Response, Fault> {
        let (next, _) = self.estimate_series().await?;
        let body = json!({"estimateNumber": next, "traceId": self.context.request_id});
        Ok(Response::json(200, &body))
    }

    async fn list_estimates(&self) -> Result<Response, Fault> {
        let wanted = Searched::of(&self.members, &self.settings);
        let matches = |view: &ResourceView| {
            let estimate = Estimate::of(&view.body);
            wanted.finds(view, &id_of(view), &estimate.said, Some(estimate.status.word()))
        };
        let matches = wanted
            .is_any()
            .then_some(&matches as &(dyn Fn(&ResourceView) -> bool + Sync));
        let (found, total) = self.list_stored(ESTIMATE, matches).await?;
        let shown: Vec<Value> = found.iter().map(|view| self.estimate_value(view)).collect();
        let body = json!({"estimates": shown, "total": total, "traceId": self.context.request_id});
        Ok(Response::json(200, &body))
    }
}
