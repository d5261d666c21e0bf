//! Schedules: invoices that recur. Kept, started, ended; what they make is made in `running`.

mod running;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use quittance_books::Verb;
use quittance_books::resources::ResourceView;
use quittance_books::view::InvoiceView;
use serde_json::{Value, json};

use super::super::errors::Fault;
use super::super::manners::SCHEDULE_SCOPES;
use super::super::mapping::schedules::{self, Schedule, Status};
use super::super::mapping::stored::{self, Searched};
use super::super::mapping::{incoming, outgoing};
use super::super::wire::requests;
use super::super::wire::shape;
use super::stored::{Change, Stored, id_of};
use super::{Desk, Manner, Place};
use crate::http::Response;

pub use running::run_due;

const SCHEDULE: Stored = Stored {
    kind: "highlevel.schedule",
    missing: "Unable to find a schedule with the given schedule id",
};

/// What can be asked of schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'r> {
    Create,
    List,
    Read(&'r str),
    Update(&'r str),
    Delete(&'r str),
    Start(&'r str),
    StartAnew(&'r str),
    AutoPayment(&'r str),
    Cancel(&'r str),
}

impl<'r> Call<'r> {
    /// What stands at a path below the schedules.
    pub(super) fn of(method: &str, rest: &[&'r str]) -> Option<Call<'r>> {
        match (method, rest) {
            ("POST", []) => Some(Call::Create),
            ("GET", []) => Some(Call::List),
            ("GET", [id]) if !id.is_empty() => Some(Call::Read(id)),
            ("PUT", [id]) if !id.is_empty() => Some(Call::Update(id)),
            ("DELETE", [id]) if !id.is_empty() => Some(Call::Delete(id)),
            ("POST", [id, "schedule"]) if !id.is_empty() => Some(Call::Start(id)),
            ("POST", [id, "updateAndSchedule"]) if !id.is_empty() => Some(Call::StartAnew(id)),
            ("POST", [id, "auto-payment"]) if !id.is_empty() => Some(Call::AutoPayment(id)),
            ("POST", [id, "cancel"]) if !id.is_empty() => Some(Call::Cancel(id)),
            _ => None,
        }
    }

    pub(super) fn manner(&self) -> Manner {
        let [read, write] = SCHEDULE_SCOPES.map(Some);
        let (scope, verb, place, members) = match self {
            Call::List => (read, Verb::Read, Place::Query, requests::stored::LIST_STORED),
            Call::Read(_) => (read, Verb::Read, Place::Query, requests::ALT),
            Call::Create => (write, Verb::WriteDraft, Place::Body, requests::stored::CREATE_SCHEDULE),
            // One that runs is changed with a view to what it posts.
            Call::Update(_) => (write, Verb::Post, Place::Body, requests::stored::UPDATE_SCHEDULE),
            Call::Delete(_) => (write, Verb::Post, Place::QueryElseBody, requests::ALT),
            Call::Start(_) => (write, Verb::Post, Place::Body, requests::stored::START_SCHEDULE),
            Call::StartAnew(_) => (write, Verb::Post, Place::Body, requests::MAYBE_ALT),
            Call::AutoPayment(_) => (write, Verb::Post, Place::Body, requests::stored::AUTO_PAYMENT),
            Call::Cancel(_) => (write, Verb::Post, Place::Body, requests::ALT),
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
            Call::Create => desk.create_schedule().await,
            Call::List => desk.list_schedules().await,
            Call::Read(id) => {
                let view = desk.stored(SCHEDULE, id).await?;
                Ok(desk.schedule_left(&view, &desk.made_by(&view).await?))
            }
            Call::Update(id) => desk.update_schedule(id).await,
            Call::Delete(id) => desk.delete_schedule(id).await,
            Call::Start(id) => desk.start_schedule(id, false).await,
            Call::StartAnew(id) => desk.start_schedule(id, true).await,
            Call::AutoPayment(id) => desk.auto_payment(id).await,
            Call::Cancel(id) => desk.cancel_schedule(id).await,
        }
    }
}

/// Invoices that a schedule made, by id, as the vendor shows them.
type Made = BTreeMap<String, Value>;

fn shown_invoice(view: &InvoiceView) -> Value {
    serde_json::to_value(outgoing::invoice(view)).unwrap_or_default()
}

fn cannot(verb: &str, status: Status) -> Fault {
    Fault::Rule(format!("Can not {verb} {} schedule", status.word()))
}

fn change_to(schedule: &Schedule) -> Change {
    let (body, belongs_to) = schedule.stored();
    Change { body, belongs_to }
}

impl Desk<'_> {
    fn zone(&self) -> TimeZone {
        stored::zone(&self.settings)
    }

    /// What a schedule says after the request: it must come to an invoice, the first with its setup fees and those after without.
    fn said_by_schedule(&self, before: Option<&Value>) -> Result<Value, Fault> {
        let said = stored::said(&self.members, before, &self.settings)?;
        let mut later = Schedule::draft(said.clone());
        later.timing()?;
        later.made = 1;
        let day = self.zone().to_datetime(self.app.now()).date();
        let later = later.request(day, day);
        if shape::list(&later, "items").is_empty() {
            let problem = "items must hold one that is no setup fee";
            return Err(Fault::Invalid(vec![problem.to_owned()]));
        }
        incoming::worth(&later, &self.settings)?;
        Ok(said)
    }

    async fn create_schedule(&self) -> Result<Response, Fault> {
        let schedule = Schedule::draft(self.said_by_schedule(None)?);
        let (body, _) = schedule.stored();
        let view = self.store(SCHEDULE, body).await?;
        Ok(self.schedule_left(&view, &Made::new()))
    }

    /// Changes a schedule. What it made is read before, so that no question to the books can make what was changed look unchanged.
    async fn change_schedule(
        &self,
        id: &str,
        change: impl Fn(Schedule) -> Result<Schedule, Fault>,
    ) -> Result<(ResourceView, Made), Fault> {
        let made = self.made_by(&self.stored(SCHEDULE, id).await?).await?;
        let change = |known: &ResourceView| change(Schedule::of(&known.body)).map(|schedule| change_to(&schedule));
        Ok((self.change_stored(SCHEDULE, id, change).await?, made))
    }

    async fn update_schedule(&self, id: &str) -> Result<Response, Fault> {
        let zone = self.zone();
        let today = zone.to_datetime(self.app.now()).date();
        let change = |mut schedule: Schedule| {
            schedule.said = self.said_by_schedule(Some(&schedule.said))?;
            match schedule.status {
                Status::Draft => {}
                Status::Scheduled | Status::Active => {
                    schedule.from = Some(today);
                    schedule.look_ahead(&zone);
                }
                status @ (Status::Canceled | Status::Completed) => return Err(cannot("update", status)),
            }
            Ok(schedule)
        };
        let (view, made) = self.change_schedule(id, change).await?;
        Ok(self.run_and_show(view, made).await)
    }

    /// Starts a schedule, or one that runs once more from today on: what is due by now is made at once.
    async fn start_schedule(&self, id: &str, anew: bool) -> Result<Response, Fault> {
        let zone = self.zone();
        let today = zone.to_datetime(self.app.now()).date();
        let change = |mut schedule: Schedule| {
            match (schedule.status, anew) {
                (Status::Draft, _) | (Status::Scheduled | Status::Active, true) => {}
                (status, false) => return Err(cannot("schedule", status)),
                (status, true) => return Err(cannot("update", status)),
            }
            for name in ["liveMode", "autoPayment"] {
                if let Some(value) = self.members.get(name).filter(|value| !value.is_null()) {
                    schedule.said[name] = value.clone();
                }
            }
            schedule.from = Some(today);
            schedule.look_ahead(&zone);
            if schedule.next.is_none() && schedule.made == 0 {
                return Err(Fault::Rule("Schedule has no execution left".to_owned()));
            }
            Ok(schedule)
        };
        let (view, made) = self.change_schedule(id, change).await?;
        Ok(self.run_and_show(view, made).await)
    }

    async fn run_and_show(&self, mut view: ResourceView, mut made: Made) -> Response {
        let id = id_of(&view);
        let tell = |left: ResourceView, invoice: &InvoiceView| {
            made.insert(invoice.invoice.id.hex(), shown_invoice(invoice));
            view = left;
        };
        // It is started, whatever becomes of its first invoice: what is refused now is tried again.
        if let Err(fault) = self.run_schedule(&id, tell).await {
            tracing::warn!(?fault, schedule = id, "a schedule could not make its invoice");
        }
        self.schedule_left(&view, &made)
    }

    async fn auto_payment(&self, id: &str) -> Result<Response, Fault> {
        if shape::text(&self.members, "id").map(str::to_ascii_lowercase) != Some(SCHEDULE.word(id)?) {
            return Err(Fault::Invalid(vec!["id must be the id of the schedule".to_owned()]));
        }
        let change = |mut schedule: Schedule| {
            match schedule.status {
                Status::Draft | Status::Scheduled | Status::Active => {}
                status @ (Status::Canceled | Status::Completed) => return Err(cannot("update", status)),
            }
            schedule.said["autoPayment"] = self.members.get("autoPayment").cloned().unwrap_or_default();
            Ok(schedule)
        };
        let (view, made) = self.change_schedule(id, change).await?;
        Ok(self.schedule_left(&view, &made))
    }

    async fn cancel_schedule(&self, id: &str) -> Result<Response, Fault> {
        let change = |mut schedule: Schedule| {
            match schedule.status {
                Status::Scheduled | Status::Active => {}
                status @ (Status::Draft | Status::Canceled | Status::Completed) => {
                    return Err(cannot("cancel", status));
                }
            }
            schedule.status = Status::Canceled;
            schedule.next = None;
            Ok(schedule)
        };
        let (view, made) = self.change_schedule(id, change).await?;
        Ok(self.schedule_left(&view, &made))
    }

    /// Deletes a schedule. What it made stands for itself; one that made something and ended stays as the record of it.
    async fn delete_schedule(&self, id: &str) -> Result<Response, Fault> {
        let may = |known: &ResourceView| {
            let schedule = Schedule::of(&known.body);
            match (schedule.status, schedule.made) {
                (status @ Status::Active, _) => Err(cannot("delete", status)),
                (Status::Canceled | Status::Completed, made) if made > 0 => {
                    Err(Fault::Rule("Can not delete schedule that has sent invoices".to_owned()))
                }
                (Status::Draft | Status::Scheduled | Status::Canceled | Status::Completed, _) => Ok(()),
            }
        };
        self.remove_stored(SCHEDULE, id, may).await?;
        Ok(Response::json(200, &json!({"success": true})))
    }

    /// The invoices that a schedule still names. One that was deleted since is not among them.
    async fn made_by(&self, view: &ResourceView) -> Result<Made, Fault> {
        let mut made = Made::new();
        for id in Schedule::of(&view.body).invoices {
            match self.invoice(&id).await {
                Ok(invoice) => {
                    made.insert(id, shown_invoice(&invoice));
                }
                Err(Fault::NoInvoice) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(made)
    }

    fn schedule_value(&self, view: &ResourceView, made: &Made) -> Value {
        let schedule = Schedule::of(&view.body);
        let invoices = schedule.invoices.iter().filter_map(|id| made.get(id).cloned());
        schedules::shown(view, &id_of(view), &schedule, invoices.collect(), &self.settings)
    }

    fn schedule_left(&self, view: &ResourceView, made: &Made) -> Response {
        Response::json(200, &self.schedule_value(view, made))
    }

    async fn list_schedules(&self) -> Result<Response, Fault> {
        let wanted = Searched::of(&self.members, &self.settings);
        let matches = |view: &ResourceView| {
            let schedule = Schedule::of(&view.body);
            wanted.finds(view, &id_of(view), &schedule.said, Some(schedule.status.word()))
        };
        let matches = wanted
            .is_any()
            .then_some(&matches as &(dyn Fn(&ResourceView) -> bool + Sync));
        let (found, total) = self.list_stored(SCHEDULE, matches).await?;
        let mut schedules = Vec::with_capacity(found.len());
        for view in &found {
            schedules.push(self.schedule_value(view, &self.made_by(view).await?));
        }
        Ok(Response::json(200, &json!({"schedules": schedules, "total": total})))
    }
}
